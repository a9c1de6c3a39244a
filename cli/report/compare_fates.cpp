// What became of one packet between two captures, in words.
#include <fmt/core.h>

#include "analyze/landmarks.h"
#include "cli/report/compare_report.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

constexpr std::int32_t kNone = Sighting::kNone;

/// Why the other capture cannot hold a packet.
std::string beyond_words(const ComparedFlow& flow, const Sighting& s) {
  const Side lacks = s.at(Side::Client) == kNone ? Side::Client : Side::Server;
  const Ends& ends = *flow.ends;
  if (ends.at(lacks).side(s.claims).packets == 0)
    return fmt::format("the {}'s capture holds nothing that the {} sent", word_for(lacks),
                       word_for(s.claims));
  const Time moment = ends.common(other(lacks), at(ends.at(other(lacks)), s.at(other(lacks))).at());
  return fmt::format("{} the {}'s capture",
                     moment < ends.common(lacks, ends.span(lacks).begin) ? "before the beginning of"
                                                                         : "after the end of",
                     word_for(lacks));
}

std::string scale_words(std::uint8_t scale) {
  return scale == SegmentHeader::kNoScale ? "none" : std::to_string(scale);
}

/// "1460 to 1400", where a change has numbers that people know.
std::string values(Change change, const SegmentHeader& sent, const SegmentHeader& received) {
  switch (change) {
    case Change::Ttl:
      return fmt::format("{} to {}", sent.ttl, received.ttl);
    case Change::Dscp:
      return fmt::format("{} to {}", sent.tos >> 2U, received.tos >> 2U);
    case Change::Mss:
      return fmt::format("{} to {}", sent.mss, received.mss);
    case Change::WindowScale:
      return scale_words(sent.window_scale) + " to " + scale_words(received.window_scale);
    case Change::Window:
      return fmt::format("{} to {}", sent.window, received.window);
    case Change::Flags:
      return to_string(sent.flags) + " to " + to_string(received.flags);
    default:
      return {};
  }
}

/// What this packet alone suffered; what all of its direction suffer is said of the path.
std::string change_words(const ComparedFlow& flow, const Sighting& s) {
  Changes own = s.changes;
  own.remove(flow.pairing->always[static_cast<std::size_t>(s.claims)]);
  if (own.empty()) return {};
  if (!own.on_the_way()) return "cut into other segments";
  const SegmentHeader& sent = at(flow.ends->at(s.claims), s.at(s.claims)).header;
  const SegmentHeader& received = at(flow.ends->at(other(s.claims)), s.at(other(s.claims))).header;
  std::string text;
  for (std::size_t i = 0; i < kNumChanges; ++i) {
    const auto change = static_cast<Change>(i);
    if (!own.has(change)) continue;
    text += (text.empty() ? "" : ", ") + std::string(to_string(change));
    if (const std::string both = values(change, sent, received); !both.empty())
      text += fmt::format(" ({})", both);
  }
  return "changed: " + text;
}

/// Which way, and with how many hops to live it left.
std::string lost_words(const ComparedFlow& flow, const Sighting& s) {
  std::string text = fmt::format("lost on the way to the {}", word_for(other(s.claims)));
  if (s.at(s.claims) == kNone) return text;
  const std::uint8_t ttl = at(flow.ends->at(s.claims), s.at(s.claims)).header.ttl;
  if (!may_expire(*flow.ends, *flow.pairing, s.claims, ttl))
    return fmt::format("{} (TTL {})", text, ttl);
  const auto hops = flow.pairing->hops[static_cast<std::size_t>(s.claims)];
  return fmt::format(
      "{}: TTL {} is {}", text, ttl,
      hops && *hops > 0
          ? fmt::format("too little for {}", counted(static_cast<std::uint64_t>(*hops), "hop"))
          : std::string("less than any that arrived had"));
}

}  // namespace

std::string fate_words(const ComparedFlow& flow, const Sighting& s) {
  const std::string_view sender = word_for(s.claims), receiver = word_for(other(s.claims));
  switch (s.fate) {
    case Fate::Both:
      return change_words(flow, s);
    case Fate::Lost:
      return lost_words(flow, s);
    case Fate::Made: {
      const MadeBecause why = why_made(*flow.ends, *flow.pairing, s);
      return fmt::format("made on the way, the {} never sent it: {}", sender, describe(why));
    }
    case Fate::MissedThere:
      return fmt::format("received, but missing in the {}'s capture", receiver);
    case Fate::MissedHere:
      return fmt::format("sent, but missing in the {}'s capture", sender);
    case Fate::Unclear:
      return fmt::format("not in the {}'s capture",
                         word_for(s.at(Side::Client) == kNone ? Side::Client : Side::Server));
    case Fate::BeyondCapture:
      return beyond_words(flow, s);
    case Fate::NotKept:
      return "not compared: after the handshake, or too late";
  }
  return {};
}

}  // namespace whohungup
