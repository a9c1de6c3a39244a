// What the packets of both sides show at a glance: gathered in one pass, for the questions about
// the capture.
#pragma once

#include <cstdint>

#include "analyze/landmarks.h"
#include "analyze/sender.h"
#include "dissect/conversation.h"

namespace whohungup {

/// Of each side, and of both.
struct Tour {
  struct OneSide {
    int bad{}, good{};  // checksums; one left for the network card to finish counts as bad
    // Of all but resets: who sent a reset is in question.
    int packets{};
    bool ahead{}, acks{};  // any of them
    std::uint8_t lowest_ttl{255}, highest_ttl{};
    /// The furthest that a packet without bytes stands, by the number it bears.
    std::int64_t furthest_bare{Placed::kUnknown};

    /// All of them came with one TTL that no router has touched.
    [[nodiscard]] bool untouched() const {
      return lowest_ttl == highest_ttl && is_untouched(lowest_ttl);
    }
    [[nodiscard]] bool far() const {
      return !is_untouched(highest_ttl) && !is_untouched(lowest_ttl);
    }
  };
  OneSide sides[2];
  FrameNo cut{}, cut_later{}, twice{}, twice_of{}, oversized{};
  std::uint32_t oversize{};

  [[nodiscard]] const OneSide& of(Side side) const { return sides[static_cast<std::size_t>(side)]; }
};

Tour look_around(const Conversation&, const Landmarks&);

/// What carries no bytes still bears the number of the next one its sender will send.
inline bool is_bare(const Placed& s) {
  return s.header.payload_len == 0 && !s.header.flags.has(TcpFlags::kRst | TcpFlags::kSyn) &&
         s.offset != Placed::kUnknown && s.where != Placed::Where::OutsideWindow;
}

}  // namespace whohungup
