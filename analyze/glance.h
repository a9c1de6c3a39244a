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
struct Glance {
  std::uint8_t checksums{};  // a bit for each ChecksumState
  bool cut{};                // any of them
  std::uint32_t largest{};   // of the payloads, on the wire
  /// The furthest that a bare packet stands, by the number it bears; kUnknown is below any other.
  std::int64_t furthest_bare{Placed::kUnknown};

  // Of all but resets: who sent a reset is in question.
  TcpFlags flags;         // that any of them bears
  std::uint8_t places{};  // a bit for each Placed::Where
  std::uint8_t lowest_ttl{255}, highest_ttl{};

  void add_place(const Placed& s) {
    if (is_bare(s)) furthest_bare = std::max(furthest_bare, s.offset);
  }
  void add(const Placed& s) {
    const SegmentHeader& h = s.header;
    checksums |= bit(h.tcp_checksum);
    cut |= is_cut(s);
    largest = std::max(largest, h.payload_len);
    if (h.flags.rst()) return;
    flags.bits |= h.flags.bits;
    places |= bit(s.where);
    lowest_ttl = std::min(lowest_ttl, h.ttl);
    highest_ttl = std::max(highest_ttl, h.ttl);
  }

  /// Whether there are any but resets.
  [[nodiscard]] bool any() const { return places != 0; }
  [[nodiscard]] bool has(Placed::Where where) const { return (places & bit(where)) != 0; }
  /// One left for the network card to finish counts as bad.
  [[nodiscard]] bool has_bad_checksums() const {
    return (checksums & (bit(ChecksumState::Bad) | bit(ChecksumState::Unfinished))) != 0;
  }
  [[nodiscard]] bool has_good_checksums() const {
    return (checksums & bit(ChecksumState::Good)) != 0;
  }
  /// All of them came with one TTL that no router has touched.
  [[nodiscard]] bool untouched() const {
    return lowest_ttl == highest_ttl && is_untouched(lowest_ttl);
  }
  [[nodiscard]] bool far() const { return !is_untouched(highest_ttl) && !is_untouched(lowest_ttl); }

 private:
  template <class Enum>
  static constexpr std::uint8_t bit(Enum one) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(one));
  }
};

}  // namespace whohungup
