// See rules_names.h. The documentation is the data.
#include "cli/rules_names.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <vector>

#include "analyze/causes.h"
#include "analyze/explain_endings.h"
#include "analyze/hop.h"
#include "analyze/look_alike.h"
#include "analyze/signature_names.h"
#include "cli/report/json_writer.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

struct Named {
  std::string_view kind;  // the type in NDJSON
  std::string id, text;
};

/// Words that a verdict, a trace or a clue may bear beside its id.
constexpr std::array<std::array<std::string_view, 3>, 16> kWords{{
    {"confidence", "proven", "No other reading of these packets is left."},
    {"confidence", "strong", "Several signs point one way and none against it."},
    {"confidence", "suggested", "There is a reason to think so, and no more."},
    {"confidence", "undetermined", "The packets do not tell."},
    {"weight", "decides", "One such rule or clue outweighs any number of lighter ones."},
    {"weight", "points", "Speaks for it strongly, and can be outweighed."},
    {"weight", "hints", "Speaks for it a little; a cause that is only hinted at stays open."},
    {"place", "before-server", "Who ended it stands on the path: he is not the server."},
    {"place", "at-server", "It is the server or what stands next to it: hops cannot tell which."},
    {"place", "proxy", "Who answers TCP stands before the path's end and ended it himself."},
    {"place", "no-way", "A router finds no way to the server: nobody hung up."},
    {"way", "in-path", "What he acts on does not go on: the packets pass through him."},
    {"way", "on-path", "What he acts on goes on all the same: he stands beside the path."},
    {"status", "supported", "Something speaks for this cause and nothing excludes it."},
    {"status", "open", "Nothing decides: it may be so."},
    {"status", "refuted", "What was seen excludes this cause."},
}};

std::string list(std::initializer_list<HopFact> facts) {
  std::string out;
  for (const HopFact fact : facts) out += fmt::format("{}{}", out.empty() ? "" : ", ", id(fact));
  return out;
}

std::string hop_rule_text(const HopRule& rule) {
  std::string out =
      fmt::format("{}{}, {} at most, because {}.", to_string(rule.place),
                  rule.way == HopWay::Unknown ? "" : fmt::format(", {}", to_string(rule.way)),
                  to_string(rule.at_most), rule.because);
  if (rule.when.size() > 0) out += fmt::format(" When {}.", list(rule.when));
  if (rule.unless.size() > 0) out += fmt::format(" Unless {}.", list(rule.unless));
  return out;
}

std::string theory_text(const CommonTheory& theory) {
  std::string causes;
  for (const std::string_view cause : theory.causes)
    if (!cause.empty()) causes += fmt::format("{}{}", causes.empty() ? "" : ", ", cause);
  return fmt::format("People suspect first: {}. It comes to these causes: {}.", theory.name,
                     causes);
}

std::vector<Named> all_names() {
  std::vector<Named> all;
  const auto add = [&](std::string_view kind, std::string_view id, std::string text) {
    all.push_back({kind, std::string(id), std::move(text)});
  };
  for (std::size_t i = 0; i < kNumHopFacts; ++i)
    add("hop-fact", id(static_cast<HopFact>(i)), std::string(question(static_cast<HopFact>(i))));
  for (const HopRule& rule : hop_rules()) add("hop-rule", rule.id, hop_rule_text(rule));
  for (std::size_t i = 0; i < kNumVariants; ++i) {
    const VariantInfo& probe = info(static_cast<Variant>(i));
    add("matrix-probe", probe.id, fmt::format("{}: {}", probe.does, probe.settles));
  }
  for (const CommonTheory& theory : common_theories())
    add("theory", theory.id, theory_text(theory));
  for (const LookAlikeKind& one : look_alike_kinds())
    add("look-alike", one.id, std::string(one.means));
  for (std::size_t i = 0; i < kNumEndings; ++i) {
    const EndingRow& row = ending_row(static_cast<PrintedEnding>(i));
    add("ending", row.id, fmt::format("{}{}{}", row.means, row.not_.empty() ? "" : " ", row.not_));
  }
  for (const auto& [kind, word, means] : kWords) add(kind, word, std::string(means));
  for (const TamperingStage& one : tampering_stages())
    add("tampering-stage", one.id, fmt::format("{} In our codes: {}.", one.means, one.event));
  for (const TamperingName& one : tampering_names()) add("signature", one.name, meaning(one));
  return all;
}

/// Radar's interface writes post_psh and later_in_flow.
bool radar_writes(std::string_view id) {
  return id.starts_with("post_") || id.starts_with("later_");
}

std::string text_of(const Named& one) {
  return fmt::format("{} {}\n", one.kind, one.id) + wrapped("  ", one.text);
}

std::string json_of(JsonWriter& json, const Named& one) {
  json.open_object().field("type", one.kind).field("id", one.id);
  return json.field("meaning", one.text).close_object().line();
}

}  // namespace

std::string names_text() {
  std::string out =
      "\nOther names: what `trace` asks and concludes, the probes of `diagnose`, look-alikes,\n"
      "what people suspect first, how texts say it ended, words that stand beside verdicts, and "
      "the\n"
      "published signatures of tampering.\n";
  for (const Named& one : all_names()) out += "\n" + text_of(one);
  return out;
}

std::string names_json() {
  JsonWriter json;
  std::string out;
  for (const Named& one : all_names()) out += json_of(json, one);
  return out;
}

std::optional<std::string> about_name(const std::string& id, bool as_json) {
  JsonWriter json;
  std::string out;
  const TamperingName* const signature = tampering_named(id);
  std::string wanted(signature != nullptr ? signature->name : id);
  if (signature == nullptr && radar_writes(id))
    std::replace(wanted.begin(), wanted.end(), '_', '-');
  for (const Named& one : all_names())
    if (one.id == wanted)
      out += as_json ? json_of(json, one) : (out.empty() ? "" : "\n") + text_of(one);
  return out.empty() ? std::nullopt : std::optional(out);
}

}  // namespace whohungup
