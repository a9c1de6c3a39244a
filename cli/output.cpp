#include "cli/output.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "capture/source.h"

namespace whohungup {
namespace {

[[noreturn]] void refuse(int error) {
  throw CaptureError(fmt::format("cannot write to standard output: {}", std::strerror(error)));
}

}  // namespace

void Output::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) refuse(errno);
  if (live_) flush();
}

void Output::flush() {
  if (std::fflush(stdout) != 0) refuse(errno);
}

bool is_terminal(int descriptor) { return isatty(descriptor) == 1; }

bool colour_wanted(const std::string& when) {
  if (when != "auto") return when == "always";
  const char* no_colour = std::getenv("NO_COLOR");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  const char* terminal = std::getenv("TERM");
  return is_terminal(1) && (terminal == nullptr || std::string_view(terminal) != "dumb");
}

}  // namespace whohungup
