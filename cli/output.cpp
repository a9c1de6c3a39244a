#include "cli/output.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "capture/source.h"
#include "cli/command.h"
#include "cli/report/style.h"

namespace whohungup {
namespace {

[[noreturn]] void refuse(int error) {
  throw CaptureError(fmt::format("cannot write to standard output: {}", std::strerror(error)));
}

}  // namespace

void hold_standard_descriptors() {
  // open() takes the lowest number that is free: each in turn. What is written to standard output
  // is to fail; what is written to standard error has never been worth failing for.
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(descriptor, F_GETFD) < 0)
      static_cast<void>(::open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY));
}

Output::Output(bool live) : live_(live) {
  // A flow's object is five kilobytes: with stdio's own four each would be a system call or two.
  static std::array<char, std::size_t{64} << 10U> buffer;
  if (!live && !is_terminal(1)) std::setvbuf(stdout, buffer.data(), _IOFBF, buffer.size());
}

void Output::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) refuse(errno);
  if (live_) flush();
}

void Output::flush() {
  if (std::fflush(stdout) != 0) refuse(errno);
}

void refuse_to_replace(const std::string& output, const std::vector<std::string>& inputs) {
  struct stat there {};
  if (::stat(output.c_str(), &there) != 0 || !S_ISREG(there.st_mode)) return;
  for (const std::string& input : inputs) {
    struct stat one {};
    const bool known = (input == "-" ? ::fstat(0, &one) : ::stat(input.c_str(), &one)) == 0;
    if (known && one.st_dev == there.st_dev && one.st_ino == there.st_ino)
      throw UsageError(fmt::format("-w {} would destroy the input; choose another name", output));
  }
}

std::size_t columns_wanted() {
  if (!is_terminal(1)) return kColumns;
  std::size_t columns = 0;
  const char* told = std::getenv("COLUMNS");
  if (told != nullptr) columns = std::strtoul(told, nullptr, 10);
  winsize size{};
  if (columns == 0 && ::ioctl(1, TIOCGWINSZ, &size) == 0) columns = size.ws_col;
  // The ladder's numbers take 66. A terminal of 0 columns does not know.
  constexpr std::size_t kLeast = 66;
  return columns == 0 ? kColumns : std::clamp(columns, kLeast, kColumns);
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
