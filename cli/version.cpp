// What --version prints.

#include <fmt/core.h>
#include <openssl/crypto.h>

#include <CLI/Version.hpp>

#include "capture/versions.h"
#include "cli/command.h"

namespace whohungup {

std::string version_text() {
  std::string text = "whohungup " WHOHUNGUP_VERSION "\n";
  for (const std::string& library : capture_library_versions()) text += "  " + library + "\n";
  text += fmt::format("  {}\n", OpenSSL_version(OPENSSL_VERSION));
  text += fmt::format("  fmt {}.{}.{}\n", FMT_VERSION / 10000, FMT_VERSION / 100 % 100,
                      FMT_VERSION % 100);
  text += "  CLI11 " CLI11_VERSION "\n";
#if defined(__clang__)
  text += "  built by clang " __clang_version__;
#else
  text += "  built by gcc " __VERSION__;
#endif
  return text;
}

}  // namespace whohungup
