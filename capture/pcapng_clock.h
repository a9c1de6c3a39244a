// The time stamps of a pcapng interface: 64 bits counted in units and from a start that the
// interface's description gives.
#pragma once

#include <cstdint>

#include "capture/capture_file.h"
#include "capture/packet.h"

namespace whohungup::pcapng {

/// Turns the stamps of one interface into times.
class Clock {
 public:
  /// `resolution` as if_tsresol gives it: 10^-n seconds, or 2^-n with the top bit set; `offset`
  /// seconds are added to every stamp (if_tsoffset).
  constexpr explicit Clock(std::uint8_t resolution = 6, std::int64_t offset = 0)
      : offset_(offset), binary_((resolution & 0x80) != 0), exponent_(resolution & 0x7f) {
    // What a 64-bit counter cannot count is taken for the finest unit it can.
    if (binary_ && exponent_ > 63) exponent_ = 63;
    if (!binary_ && exponent_ > 19) exponent_ = 19;
    units_ = binary_ ? std::uint64_t{1} << exponent_ : power_of_ten(exponent_);
    if (!binary_ && exponent_ <= 9 && offset >= -kPlainOffset && offset <= kPlainOffset) {
      nanoseconds_ = 1'000'000'000 / units_;
      plain_limit_ = static_cast<std::uint64_t>(kPlainLast) / nanoseconds_;
    }
  }

  [[nodiscard]] constexpr Time time(std::uint64_t stamp) const {
    if (stamp < plain_limit_) [[likely]]
      return Time(
          Duration(static_cast<std::int64_t>(stamp * nanoseconds_) + offset_ * 1'000'000'000));
    return any_time(stamp);
  }

 private:
  static constexpr std::int64_t kPlainOffset = 2'000'000'000;            // 63 years
  static constexpr std::int64_t kPlainLast = 6'000'000'000'000'000'000;  // the year 2160

  static constexpr std::uint64_t power_of_ten(unsigned n) {
    std::uint64_t power = 1;
    while (n-- > 0) power *= 10;
    return power;
  }

  [[nodiscard]] constexpr Time any_time(std::uint64_t stamp) const {
    const std::uint64_t seconds = stamp / units_;
    const std::uint64_t fraction = stamp % units_;
    constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
    std::int64_t whole = static_cast<std::int64_t>(seconds < kMost ? seconds : kMost);
    if (offset_ > -static_cast<std::int64_t>(kMost) && offset_ < static_cast<std::int64_t>(kMost))
      whole += offset_;
    else
      whole = offset_;  // no sum to speak of: it is out of every range
    return time_from(whole, nanoseconds_of(fraction));
  }

  [[nodiscard]] constexpr std::int64_t nanoseconds_of(std::uint64_t fraction) const {
    if (!binary_ && exponent_ <= 9)
      return static_cast<std::int64_t>(fraction * (1'000'000'000 / units_));
    if (!binary_) return static_cast<std::int64_t>(fraction / (units_ / 1'000'000'000));
    // 34 bits of fraction times 10^9 fit in 64; what is cut off is under a tenth of a nanosecond.
    const unsigned kept = exponent_ < 34 ? exponent_ : 34;
    return static_cast<std::int64_t>(((fraction >> (exponent_ - kept)) * 1'000'000'000) >> kept);
  }

  std::int64_t offset_;
  bool binary_;
  unsigned exponent_;
  std::uint64_t units_{};
  std::uint64_t nanoseconds_{};  // in a unit, if that is a whole number
  std::uint64_t plain_limit_{};  // stamps below need no care; 0: all do
};

}  // namespace whohungup::pcapng
