// See surroundings.h.
#include "analyze/surroundings.h"

#include <algorithm>
#include <span>

namespace whohungup {
namespace {

using Where = Placed::Where;

/// Whether a packet says how far the streams had got.
bool counts(const Placed& s) {
  return !s.header.flags.rst() && s.where != Where::Duplicate && s.where != Where::OutsideWindow;
}

const Placed* find_trigger(const Conversation& talk, std::size_t reset) {
  for (std::size_t i = reset; i-- > 0;) {
    const Placed& s = talk.segments[i];
    if (s.claims != talk.segments[reset].claims && counts(s)) return &s;
  }
  return nullptr;
}

/// Nothing was closed before the reset, its sender had said nothing, and what it answers is the
/// furthest that the other side ever acknowledged: then no packet before it says more. So it is
/// with most refusals.
bool answers_in_silence(const Conversation& talk, const Landmarks& marks, std::size_t reset,
                        const Placed* trigger) {
  const Side claims = talk.segments[reset].claims;
  return marks.first_close == static_cast<std::int32_t>(reset) && !marks.seen_twice &&
         talk.side(claims).sent_end <= 0 && marks.of(claims).furthest_bare() <= 0 &&
         trigger != nullptr && trigger->ack_offset == talk.side(other(claims)).acked;
}

}  // namespace

Surroundings find_surroundings(const Conversation& talk, const Landmarks& marks,
                               std::size_t reset) {
  Surroundings around;
  around.trigger = find_trigger(talk, reset);
  if (answers_in_silence(talk, marks, reset, around.trigger)) {
    around.expected = around.trigger->ack_offset;
    return around;
  }
  static_assert(Placed::kUnknown == INT64_MIN);  // so that any number is greater than none
  for (const Placed& s : std::span(talk.segments).first(reset)) {
    const bool fin = s.header.flags.fin();
    if (fin && around.fin == nullptr) around.fin = &s;
    if (!counts(s)) continue;
    if (s.claims != talk.segments[reset].claims)
      around.expected = std::max(around.expected, s.ack_offset);
    else if (s.offset != Placed::kUnknown)
      around.sent = std::max(around.sent, s.end() + (fin ? 1 : 0));
  }
  return around;
}

}  // namespace whohungup
