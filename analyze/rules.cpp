// The table, put together of its parts: rules_endpoints.h, rules_middlebox.h, rules_two_captures.h
// and rules_unknown.h. To add a rule: write a story in samples/ in which it should fire, add the
// row there, add a question to fact.h only if no existing one will do, and run the tests.
//
// A rule that favours Unknown says that nobody can be named from these packets, and why.
#include "analyze/rules.h"

#include <algorithm>
#include <array>

#include "analyze/rules_endpoints.h"
#include "analyze/rules_middlebox.h"
#include "analyze/rules_two_captures.h"
#include "analyze/rules_unknown.h"

namespace whohungup {
namespace {

using enum Fact;

constexpr auto kRules = [] {
  std::array<Rule, kEndpointRules.size() + kMiddleboxRules.size() + kTwoCaptureRules.size() +
                       kUnknownRules.size()>
      all{};
  auto* end = std::copy(kEndpointRules.begin(), kEndpointRules.end(), all.begin());
  end = std::copy(kMiddleboxRules.begin(), kMiddleboxRules.end(), end);
  end = std::copy(kTwoCaptureRules.begin(), kTwoCaptureRules.end(), end);
  std::copy(kUnknownRules.begin(), kUnknownRules.end(), end);
  return all;
}();

static_assert(kRules.size() <= RulesByFact::kMostRules);

/// In how many rules each fact is a condition.
constexpr auto kUses = [] {
  std::array<std::size_t, kNumFacts> uses{};
  for (const Rule& rule : kRules)
    rule.when.for_each([&](Fact fact) { ++uses[static_cast<std::size_t>(fact)]; });
  return uses;
}();

/// The condition that the fewest other rules have: where it fails, none of those is looked at.
constexpr std::size_t key_of(const Rule& rule) {
  std::size_t key = kNumFacts;
  rule.when.for_each([&](Fact fact) {
    const auto at = static_cast<std::size_t>(fact);
    if (key == kNumFacts || kUses[at] < kUses[key]) key = at;
  });
  return key;
}

constexpr std::array kCaps{
    Cap{StartMissing, Confidence::Strong, "the start of the connection was not captured"},
    Cap{ClientStreamHole, Confidence::Suggested,
        "bytes of the client are missing from the capture"},
    Cap{ServerStreamHole, Confidence::Suggested,
        "bytes of the server are missing from the capture"},
    Cap{CaptureDroppedFrames, Confidence::Strong, "the capture lost frames"},
    Cap{CaptureDamaged, Confidence::Strong, "the capture file is damaged"},
    Cap{RecordingBounded, Confidence::Strong, "not all packets of the flow were examined"},
    Cap{OneWayOnly, Confidence::Undetermined, "only one direction was captured"},
    Cap{EndingChecksumWrong, Confidence::Suggested,
        "the checksum of what ended it is wrong, and no host takes such a packet"},
    Cap{ServerFinUnseen, Confidence::Undetermined,
        "the client acknowledges a FIN of the server's that was not captured"},
    Cap{ServerWordsCut, Confidence::Suggested,
        "what the server said before is cut off, and may be why"},
    Cap{CaptureMayHaveStopped, Confidence::Strong,
        "the capture at the other end holds nothing later, and may have been stopped just then"},
    Cap{EndingMayBeLost, Confidence::Suggested,
        "nothing shows that what the server said last ever reached the client"},
    Cap{FinishUnseen, Confidence::Undetermined,
        "records of the handshake are cut or missing, so that it may have been finished"},
    Cap{RstKnowsLostBytes, Confidence::Suggested,
        "bytes the server sent before its reset never arrived here, and may have said why"},
    Cap{RstAheadOfCapture, Confidence::Suggested,
        "by the reset's number the server sent bytes that are not here, or the number is a guess"},
    Cap{HelloUnseen, Confidence::Undetermined,
        "what the client sent first is missing, so that nobody can tell how far it had got"},
    Cap{ClientFinUnseen, Confidence::Undetermined,
        "the server acknowledges a FIN of the client's that was not captured"},
    Cap{ClientSocketGone, Confidence::Undetermined,
        "the client's connection was gone before its reset, and what ended it was not captured"},
    Cap{AlertMayBeGoodbye, Confidence::Suggested,
        "what the alert behind the finished handshake says is sealed, and it may be a good-bye"},
    Cap{TimesGoBack, Confidence::Suggested,
        "time stamps run backwards inside the flow, so that neither they nor the order of its "
        "packets "
        "tell for certain what came first"},
    Cap{CaptureEndsInFlight, Confidence::Undetermined, "the capture ends in mid-handshake"},
};

constexpr RulesByFact kByFact = [] {
  std::array<std::size_t, kRules.size()> keys{};
  for (std::size_t row = 0; row < kRules.size(); ++row) keys[row] = key_of(kRules[row]);
  RulesByFact sorted;
  std::size_t next = 0;
  for (std::size_t fact = 0; fact <= kNumFacts; ++fact) {
    sorted.begins[fact] = static_cast<std::uint8_t>(next);
    for (std::size_t row = 0; row < kRules.size(); ++row)
      if (keys[row] == fact) sorted.rows[next++] = static_cast<std::uint8_t>(row);
    if (fact < kNumFacts && next > sorted.begins[fact]) sorted.keys.add(static_cast<Fact>(fact));
  }
  sorted.begins[kNumFacts + 1] = static_cast<std::uint8_t>(next);
  for (const Cap& cap : kCaps) sorted.limits.add(cap.fact);
  return sorted;
}();

}  // namespace

std::span<const Rule> rules() { return kRules; }
std::span<const Cap> caps() { return kCaps; }

const RulesByFact& rules_by_fact() { return kByFact; }

const Rule* find_rule(std::string_view id) {
  const auto* found =
      std::find_if(kRules.begin(), kRules.end(), [&](const Rule& rule) { return rule.id == id; });
  return found == kRules.end() ? nullptr : found;
}

std::string_view to_string(Group group) {
  switch (group) {
    case Group::Address:
      return "address";
    case Group::Ttl:
      return "ttl";
    case Group::Timing:
      return "timing";
    case Group::HeaderShape:
      return "header-shape";
    case Group::Sequence:
      return "sequence";
    case Group::Multiplicity:
      return "multiplicity";
    case Group::State:
      return "state";
    case Group::Content:
      return "content";
  }
  return {};
}

}  // namespace whohungup
