// The table, put together of its three parts: rules_endpoints.h, rules_middlebox.h and
// rules_unknown.h. To add a rule: write a story in samples/ in which it should fire, add the row
// there, add a question to fact.h only if no existing one will do, and run the tests.
//
// A rule that favours Unknown says that nobody can be named from these packets, and why.
#include "analyze/rules.h"

#include <algorithm>
#include <array>

#include "analyze/rules_endpoints.h"
#include "analyze/rules_middlebox.h"
#include "analyze/rules_unknown.h"

namespace whohungup {
namespace {

using enum Fact;

constexpr auto kRules = [] {
  std::array<Rule, kEndpointRules.size() + kMiddleboxRules.size() + kUnknownRules.size()> all{};
  auto* end = std::copy(kEndpointRules.begin(), kEndpointRules.end(), all.begin());
  end = std::copy(kMiddleboxRules.begin(), kMiddleboxRules.end(), end);
  std::copy(kUnknownRules.begin(), kUnknownRules.end(), end);
  return all;
}();

/// The questions about the ending, the more telling first.
constexpr std::array kEndings{NothingEndedIt, SilenceEndedIt, IcmpEndedIt,      RstEndedIt,
                              FinEndedIt,     AlertEndedIt,   PlaintextEndedIt, ServerEndedIt,
                              ClientEndedIt,  Fact::Count};
static_assert(kRules.size() < 256, "rows are numbered in a byte");

constexpr std::size_t ending_of(const Rule& rule) {
  std::size_t i = 0;
  while (kEndings[i] != Fact::Count && !rule.when.has(kEndings[i])) ++i;
  return i;
}

/// Row numbers by ending; `begins[i]` is where the i-th list begins.
struct RowsByEnding {
  std::array<std::uint8_t, kRules.size()> rows{};
  std::array<std::size_t, kEndings.size() + 1> begins{};
};
constexpr RowsByEnding sort_rows() {
  RowsByEnding sorted;
  std::size_t next = 0;
  for (std::size_t ending = 0; ending < kEndings.size(); ++ending) {
    sorted.begins[ending] = next;
    for (std::size_t row = 0; row < kRules.size(); ++row)
      if (ending_of(kRules[row]) == ending) sorted.rows[next++] = static_cast<std::uint8_t>(row);
  }
  sorted.begins[kEndings.size()] = next;
  return sorted;
}
constexpr RowsByEnding kByEnding = sort_rows();

constexpr std::array kCaps{
    Cap{StartMissing, Confidence::Strong, "the start of the connection was not captured"},
    Cap{ClientStreamHole, Confidence::Strong, "bytes of the client are missing from the capture"},
    Cap{ServerStreamHole, Confidence::Suggested,
        "bytes of the server are missing from the capture"},
    Cap{CaptureDroppedFrames, Confidence::Strong, "the capture lost frames"},
    Cap{CaptureDamaged, Confidence::Strong, "the capture file is damaged"},
    Cap{RecordingBounded, Confidence::Strong, "not all packets of the flow were examined"},
    Cap{OneWayOnly, Confidence::Undetermined, "only one direction was captured"},
    Cap{ServerFinUnseen, Confidence::Undetermined,
        "the client acknowledges a FIN of the server's that was not captured"},
    Cap{FinishUnseen, Confidence::Undetermined,
        "records of the handshake are cut or missing, so that it may have been finished"},
    Cap{CaptureEndsInFlight, Confidence::Undetermined, "the capture ends in mid-handshake"},
};

}  // namespace

std::span<const Rule> rules() { return kRules; }
std::span<const Cap> caps() { return kCaps; }

std::span<const Fact> endings() { return kEndings; }

std::span<const std::uint8_t> rules_under(Fact ending) {
  std::size_t i = 0;
  while (kEndings[i] != ending && kEndings[i] != Fact::Count) ++i;
  return std::span(kByEnding.rows)
      .subspan(kByEnding.begins[i], kByEnding.begins[i + 1] - kByEnding.begins[i]);
}

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
