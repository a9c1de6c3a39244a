#include "cli/compare_middle.h"

#include <algorithm>

#include "analyze/landmarks.h"

namespace whohungup {
namespace {

constexpr std::int32_t kNone = Sighting::kNone;

std::string_view segment_name(Side towards) {
  return towards == Side::Client ? "between the client and the capture in the middle"
                                 : "between the capture in the middle and the server";
}

MiddleSaid said(Side towards, std::string_view what) {
  return {true, towards, std::string(what) + " " + std::string(segment_name(towards)) + "."};
}

/// Whether the middle saw the packet that an end's capture holds.
bool middle_saw(const Pairing& pairing, Side end, std::int32_t segment) {
  const Sighting* s = pairing.of(end, segment);
  return s != nullptr && s->at(other(end)) != kNone;
}

}  // namespace

MiddleSaid place_by_middle(const ThreeCaptures& three) {
  const Observations& facts = three.joint.judgement.facts;
  const Event& event = three.joint.judgement.verdict.event;
  const Side base = three.joint.judged_from;
  const bool ended_before = three.before.joined == Joined::Terminated;
  const bool ended_behind = three.behind.joined == Joined::Terminated;
  if (ended_before != ended_behind)
    return said(ended_before ? Side::Client : Side::Server,
                "What ends the one connection and opens the other stands");
  if (ended_before) return {true, std::nullopt, {}};
  const Pairing before = pair_packets(three.before), behind = pair_packets(three.behind);
  // The end whose capture holds what happened is one end of the pair that holds the middle.
  const Pairing& with_base = base == Side::Client ? before : behind;
  if ((facts.has(Fact::EndingNeverLeft) || facts.has(Fact::EndingChanged)) && event.segment) {
    const auto segment = static_cast<std::int32_t>(*event.segment);
    const Sighting* s = with_base.of(base, segment);
    const bool same = middle_saw(with_base, base, segment) && !s->changes.has(Change::Flags) &&
                      !s->changes.has(Change::Payload);
    const std::string_view what = facts.has(Fact::EndingChanged)
                                      ? "The packet that ended it was changed"
                                      : "The packet that ended it was made";
    return said(same ? other(base) : base, what);
  }
  const auto lost = [&](Side sender, std::string_view what) -> MiddleSaid {
    const Pairing& with_sender = sender == Side::Client ? before : behind;
    for (const Sighting& s : three.pairing.packets) {
      if (s.claims != sender || s.fate != Fate::Lost || s.at(sender) == kNone) continue;
      if (at(three.ends.at(sender), s.at(sender)).header.payload_len == 0) continue;
      return said(middle_saw(with_sender, sender, s.at(sender)) ? other(sender) : sender, what);
    }
    return {true, std::nullopt, {}};
  };
  if (facts.has(Fact::HelloNeverArrived)) return lost(Side::Client, "The hello was swallowed");
  if (facts.has(Fact::ReplyNeverArrived))
    return lost(Side::Server, "The server's answer was swallowed");
  return {true, std::nullopt, {}};
}

}  // namespace whohungup
