// Small ways to say numbers: milliseconds, counts, places in a stream as Wireshark prints them.
#pragma once

#include <fmt/compile.h>

#include <string>
#include <string_view>

#include "capture/packet.h"

namespace whohungup {

/// "0.2 ms", "31 ms", "3.1 s".
inline std::string say(Duration time) {
  const double ms = std::chrono::duration<double, std::milli>(time).count();
  const double size = ms < 0 ? -ms : ms;
  if (size < 0.1) return fmt::format(FMT_COMPILE("{:.3f} ms"), ms);
  if (size < 10) return fmt::format(FMT_COMPILE("{:.1f} ms"), ms);
  if (size < 1000) return fmt::format(FMT_COMPILE("{:.0f} ms"), ms);
  return fmt::format(FMT_COMPILE("{:.1f} s"), ms / 1000);
}

/// "1 byte", "47 bytes".
template <class Number>
std::string count(Number number, std::string_view noun) {
  return fmt::format(FMT_COMPILE("{} {}{}"), number, noun, number == 1 ? "" : "s");
}

}  // namespace whohungup
