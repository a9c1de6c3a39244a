// See rules_causes.h. The documentation is the data.
#include "cli/rules_causes.h"

#include <fmt/core.h>

#include "analyze/causes.h"
#include "cli/report/json_writer.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

std::vector<std::string> ids(const SignSet& set) {
  std::vector<std::string> out;
  set.for_each([&](Sign sign) { out.emplace_back(info(sign).id); });
  return out;
}

std::string list(const SignSet& set) {
  std::string out;
  set.for_each(
      [&](Sign sign) { out += fmt::format("{}{}", out.empty() ? "" : ", ", info(sign).id); });
  return out;
}

std::string clue_text(std::string_view verb, const Clue& clue, bool supports) {
  std::string out =
      wrapped(fmt::format("  {} ", verb),
              fmt::format("{}{}", supports ? std::string(to_string(clue.weight)) + ": " : "",
                          clue.because));
  out += wrapped("    when    ", list(clue.when));
  if (!clue.unless.empty()) out += wrapped("    unless  ", list(clue.unless));
  return out;
}

std::string cause_text(const Cause& cause) {
  std::string out = fmt::format("cause {}: {}\n", cause.id, cause.name);
  out += wrapped("  ", cause.says);
  if (!cause.within.empty()) out += fmt::format("  a case of {}\n", cause.within);
  for (const Clue& clue : cause.supports)
    if (!clue.because.empty()) out += clue_text("supported", clue, true);
  for (const Clue& clue : cause.refutes)
    if (!clue.because.empty()) out += clue_text("refuted", clue, false);
  if (!cause.remains.empty()) out += wrapped("  left open: ", cause.remains);
  for (const Ask& ask : cause.asks)
    if (!ask.whom.empty()) out += wrapped(fmt::format("  ask {}: ", ask.whom), ask.what);
  return out;
}

void write_clues(JsonWriter& json, std::string_view key, std::span<const Clue> clues) {
  json.key(key).open_array();
  for (const Clue& clue : clues) {
    if (clue.because.empty()) continue;
    json.open_object().field("weight", to_string(clue.weight)).field("when", ids(clue.when));
    json.field("unless", ids(clue.unless)).field("because", clue.because).close_object();
  }
  json.close_array();
}

std::string cause_json(JsonWriter& json, const Cause& cause) {
  json.open_object().field("type", "cause").field("id", cause.id).field("name", cause.name);
  json.text_or_null("within", cause.within).field("says", cause.says);
  write_clues(json, "supports", cause.supports);
  write_clues(json, "refutes", cause.refutes);
  json.text_or_null("remains", cause.remains).key("asks").open_array();
  for (const Ask& ask : cause.asks)
    if (!ask.whom.empty())
      json.open_object().field("whom", ask.whom).field("what", ask.what).close_object();
  return json.close_array().close_object().line();
}

std::string sign_text(Sign sign) {
  std::string out = fmt::format("sign {}\n", info(sign).id) + wrapped("  ", info(sign).question);
  for (const Cause& cause : causes()) {
    bool for_it = false, against = false;
    for (const Clue& clue : cause.supports) for_it = for_it || clue.when.has(sign);
    for (const Clue& clue : cause.refutes) against = against || clue.when.has(sign);
    if (for_it || against)
      out += fmt::format("  - {} {}\n",
                         for_it && against ? "speaks for and against"
                         : for_it          ? "speaks for"
                                           : "speaks against",
                         cause.id);
  }
  return out;
}

std::string sign_json(JsonWriter& json, Sign sign) {
  json.open_object().field("type", "sign").field("id", info(sign).id);
  return json.field("question", info(sign).question).close_object().line();
}

}  // namespace

std::string causes_text() {
  std::string out =
      "\nSigns: questions about all probes of a diagnosis, which causes are argued from.\n\n";
  for (std::size_t i = 0; i < kNumSigns; ++i) {
    const SignInfo& sign = info(static_cast<Sign>(i));
    out += wrapped(fmt::format("{:<32}", sign.id), sign.question);
  }
  out += "\nCauses: what `whohungup diagnose` can conclude.\n";
  for (const Cause& cause : causes()) out += "\n" + cause_text(cause);
  return out;
}

std::string causes_json() {
  JsonWriter json;
  std::string out;
  for (std::size_t i = 0; i < kNumSigns; ++i) out += sign_json(json, static_cast<Sign>(i));
  for (const Cause& cause : causes()) out += cause_json(json, cause);
  return out;
}

std::optional<std::string> about_cause(const std::string& id, bool as_json) {
  JsonWriter json;
  if (const Cause* cause = find_cause(id))
    return as_json ? cause_json(json, *cause) : cause_text(*cause);
  for (std::size_t i = 0; i < kNumSigns; ++i)
    if (const auto sign = static_cast<Sign>(i); info(sign).id == id)
      return as_json ? sign_json(json, sign) : sign_text(sign);
  return std::nullopt;
}

}  // namespace whohungup
