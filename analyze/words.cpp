// See words.h.
#include "analyze/words.h"

namespace whohungup {
namespace {

/// In milliseconds as double numbers are rounded: for what lies just between two numbers, for what
/// is negative and for what is very long.
std::string say_in_doubles(Duration time) {
  const double ms = std::chrono::duration<double, std::milli>(time).count();
  const double size = ms < 0 ? -ms : ms;
  if (size < 0.1) return fmt::format(FMT_COMPILE("{:.3f} ms"), ms);
  if (size < 10) return fmt::format(FMT_COMPILE("{:.1f} ms"), ms);
  if (size < 1000) return fmt::format(FMT_COMPILE("{:.0f} ms"), ms);
  return fmt::format(FMT_COMPILE("{:.1f} s"), ms / 1000);
}

/// What is counted in a text, and with how many decimals.
struct Scale {
  std::uint64_t nanoseconds{};
  std::size_t decimals{};
  std::string_view unit;
};

constexpr Scale scale_of(std::uint64_t nanoseconds) {
  if (nanoseconds < 100'000) return {1'000, 3, " ms"};
  if (nanoseconds < 10'000'000) return {100'000, 1, " ms"};
  if (nanoseconds < 1'000'000'000) return {1'000'000, 0, " ms"};
  return {100'000'000, 1, " s"};
}

}  // namespace

char* write_said(char* to, Duration time) {
  constexpr Duration kLong = std::chrono::hours{1};
  const auto nanoseconds = static_cast<std::uint64_t>(time.count());
  const Scale scale = scale_of(nanoseconds);
  const std::uint64_t rest = nanoseconds % scale.nanoseconds;
  if (time < Duration{} || time > kLong || 2 * rest == scale.nanoseconds)
    return piece::write(to, say_in_doubles(time));
  const std::uint64_t rounded =
      nanoseconds / scale.nanoseconds + (2 * rest > scale.nanoseconds ? 1 : 0);
  const std::uint64_t one = scale.decimals == 3 ? 1000 : scale.decimals == 1 ? 10 : 1;
  to = write_number(to, rounded / one);
  if (scale.decimals > 0) {
    *to++ = '.';
    write_digits(to, scale.decimals, rounded % one);
    to += scale.decimals;
  }
  return piece::write(to, scale.unit);
}

std::string say(Duration time) {
  char text[kLongestSaid];
  return {text, write_said(text, time)};
}

}  // namespace whohungup
