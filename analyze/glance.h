// What the packets of one side show at a glance: gathered on the way to the landmarks, so that
// questions whose answer is no in most flows need not look at the packets again.
#pragma once

#include <algorithm>
#include <cstdint>

#include "analyze/ttl.h"
#include "dissect/conversation.h"

namespace whohungup {

/// What carries no bytes still bears the number of the next one its sender will send.
inline bool is_bare(const Placed& s) {
  return s.header.payload_len == 0 && !s.header.flags.has(TcpFlags::kRst | TcpFlags::kSyn) &&
         s.where != Placed::Where::OutsideWindow;
}

/// By the snap length.
inline bool is_cut(const Placed& s) { return s.header.captured_len < s.header.payload_len; }

/// Packets captured twice are passed over, but in `furthest_bare`.
class Glance {
 public:
  void add_place(const Placed& s) {
    if (is_bare(s) && s.offset > furthest_bare_) furthest_bare_ = s.offset;
  }
  void add(const Placed& s) {
    const SegmentHeader& h = s.header;
    std::uint32_t seen = bit(h.tcp_checksum);
    if (!h.flags.rst()) {
      seen |= bit(s.where) | std::uint32_t{h.flags.bits} << kFlagsAt;
      if (h.ttl != lowest_ttl_) {
        lowest_ttl_ = std::min<std::uint16_t>(lowest_ttl_, h.ttl);
        highest_ttl_ = std::max(highest_ttl_, h.ttl);
      }
    }
    seen_ |= seen;
    if (h.payload_len == 0) return;
    cut_ = cut_ || is_cut(s);
    largest_ = std::max(largest_, h.payload_len);
  }

  [[nodiscard]] bool cut() const { return cut_; }  // any of them
  /// Of the payloads, on the wire.
  [[nodiscard]] std::uint32_t largest() const { return largest_; }
  /// The furthest that a bare packet stands, by the number it bears; kUnknown is below any other.
  [[nodiscard]] std::int64_t furthest_bare() const { return furthest_bare_; }
  /// One left for the network card to finish counts as bad.
  [[nodiscard]] bool has_bad_checksums() const {
    return (seen_ & (bit(ChecksumState::Bad) | bit(ChecksumState::Unfinished))) != 0;
  }
  [[nodiscard]] bool has_good_checksums() const { return (seen_ & bit(ChecksumState::Good)) != 0; }

  // Of all but resets: who sent a reset is in question.
  [[nodiscard]] bool any() const { return (seen_ & kPlaces) != 0; }
  [[nodiscard]] bool has(Placed::Where where) const { return (seen_ & bit(where)) != 0; }
  [[nodiscard]] bool acks() const { return (seen_ & TcpFlags::kAck << kFlagsAt) != 0; }
  [[nodiscard]] int lowest_ttl() const { return lowest_ttl_; }
  /// All of them came with one TTL that no router has touched.
  [[nodiscard]] bool untouched() const {
    return lowest_ttl_ == highest_ttl_ && is_untouched(highest_ttl_);
  }
  [[nodiscard]] bool far() const {
    return !is_untouched(highest_ttl_) && !is_untouched(static_cast<std::uint8_t>(lowest_ttl_));
  }

 private:
  static constexpr std::uint32_t kPlaces = 0xff;
  static constexpr unsigned kChecksumsAt = 8, kFlagsAt = 16;
  static constexpr std::uint32_t bit(Placed::Where where) {
    return 1U << static_cast<unsigned>(where);
  }
  static constexpr std::uint32_t bit(ChecksumState state) {
    return 1U << (kChecksumsAt + static_cast<unsigned>(state));
  }

  std::int64_t furthest_bare_{Placed::kUnknown};
  std::uint32_t seen_{};  // places, states of checksums and flags, a bit each
  std::uint32_t largest_{};
  std::uint16_t lowest_ttl_{256};  // higher than any
  std::uint8_t highest_ttl_{};
  bool cut_{};
};

}  // namespace whohungup
