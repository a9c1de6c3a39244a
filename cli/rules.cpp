// `whohungup rules`: prints the facts and rules every verdict is made of. The documentation is
// the data.

#include <fmt/core.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <memory>

#include "analyze/rules.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/report/escape.h"
#include "cli/report/json_writer.h"
#include "cli/report/words.h"
#include "cli/rules.h"
#include "cli/rules_causes.h"
#include "cli/rules_names.h"

namespace whohungup {
namespace {

std::vector<Fact> all_facts() {
  std::vector<Fact> facts;
  for (std::size_t i = 0; i < kNumFacts; ++i) facts.push_back(static_cast<Fact>(i));
  return facts;
}

template <class Set>
bool contains(const Set& set, Fact fact) {
  if constexpr (requires { set.has(fact); })
    return set.has(fact);
  else
    return set.test(static_cast<std::size_t>(fact));
}

std::vector<Fact> facts_in(const FactSet& set) {
  std::vector<Fact> facts;
  for (const Fact fact : all_facts())
    if (contains(set, fact)) facts.push_back(fact);
  return facts;
}

std::vector<std::string> ids(const FactSet& set) {
  std::vector<std::string> out;
  for (const Fact fact : facts_in(set)) out.emplace_back(info(fact).id);
  return out;
}

std::string_view name(Group group) { return to_string(group); }

std::string questions(std::string_view title, const FactSet& set) {
  std::string out;
  for (const Fact fact : facts_in(set)) {
    if (out.empty()) out += fmt::format("{}\n", title);
    out += wrapped("  - ", fmt::format("{}: {}", info(fact).id, info(fact).question));
  }
  return out;
}

std::string opinion(const Rule& rule) {
  return fmt::format("{} {} (group {}, which counts once)", to_string(rule.weight),
                     to_string(rule.favours), name(rule.group));
}

std::string rule_text(const Rule& rule) {
  return fmt::format("rule {}: {}\n", rule.id, opinion(rule)) +
         wrapped("  because ", rule.because) + questions("when all of these are so", rule.when) +
         questions("unless one of these is so", rule.unless);
}

std::string fact_text(Fact fact) {
  std::string out = fmt::format("fact {}\n", info(fact).id) + wrapped("  ", info(fact).question);
  for (const Rule& rule : rules()) {
    const bool wanted = contains(rule.when, fact);
    if (wanted || contains(rule.unless, fact))
      out += wrapped("  - ", fmt::format("{} the rule {}, which {}", wanted ? "wanted by" : "stops",
                                         rule.id, opinion(rule)));
  }
  return out;
}

std::string code_text(std::string_view code) {
  return fmt::format("verdict {}\n  {}\n", code, describe_code(code));
}

std::string table_text() {
  std::string out = "Facts: questions that two engineers answer alike, each with its frames.\n\n";
  for (const Fact fact : all_facts())
    out += wrapped(fmt::format("{:<32}", info(fact).id), info(fact).question);
  out += "\nRules: opinions about who hung up, each resting on facts.\n";
  for (const Rule& rule : rules()) {
    out += fmt::format("\n{}: {}\n", rule.id, opinion(rule)) + wrapped("  because ", rule.because);
    std::string list;
    for (const std::string& id : ids(rule.when)) list += (list.empty() ? "" : ", ") + id;
    out += wrapped("  when    ", list);
    list.clear();
    for (const std::string& id : ids(rule.unless)) list += (list.empty() ? "" : ", ") + id;
    if (!list.empty()) out += wrapped("  unless  ", list);
  }
  return out;
}

std::string rule_json(JsonWriter& json, const Rule& rule) {
  json.open_object().field("type", "rule").field("id", rule.id);
  json.field("favours", to_string(rule.favours)).field("weight", to_string(rule.weight));
  json.text_or_null("group", name(rule.group)).field("when", ids(rule.when));
  json.field("unless", ids(rule.unless)).field("because", rule.because);
  return json.close_object().line();
}

std::string fact_json(JsonWriter& json, Fact fact) {
  json.open_object().field("type", "fact").field("id", info(fact).id);
  return json.field("question", info(fact).question).close_object().line();
}

std::string code_json(JsonWriter& json, std::string_view code) {
  json.open_object().field("type", "verdict").field("id", code);
  return json.field("meaning", describe_code(code)).close_object().line();
}

std::string everything(bool as_json) {
  if (!as_json) return table_text() + causes_text() + names_text();
  JsonWriter json;
  std::string out;
  for (const Fact fact : all_facts()) out += fact_json(json, fact);
  for (const Rule& rule : rules()) out += rule_json(json, rule);
  return out + causes_json() + names_json();
}

}  // namespace

std::optional<std::string> about_id(const std::string& id, bool as_json) {
  JsonWriter json;
  std::string out;  // a rule and a cause may share an id: both are told
  const auto add = [&](const std::string& text) {
    out += (out.empty() || as_json ? "" : "\n") + text;
  };
  if (const Rule* rule = find_rule(id)) add(as_json ? rule_json(json, *rule) : rule_text(*rule));
  for (const Fact fact : all_facts())
    if (info(fact).id == id) add(as_json ? fact_json(json, fact) : fact_text(fact));
  if (is_code(id)) add(as_json ? code_json(json, id) : code_text(id));
  if (const auto cause = about_cause(id, as_json)) add(*cause);
  if (const auto name = about_name(id, as_json)) add(*name);
  return out.empty() ? std::nullopt : std::optional(out);
}

namespace {

std::string one(const std::string& id, bool as_json) {
  if (auto text = about_id(id, as_json)) return *std::move(text);
  throw UsageError(fmt::format(
      "there is no fact, rule, verdict, sign, cause or other name called \"{}\"; `whohungup rules` "
      "lists them",
      harmless(id)));
}

}  // namespace

void add_rules(CLI::App& program, const TrailingWords&, Chosen& chosen) {
  struct Given {
    std::string id;
    bool json{};
  };
  const auto given = std::make_shared<Given>();
  CLI::App* command = program.add_subcommand(
      "rules", "Print the facts and rules every verdict is made of, and the causes");
  command->add_option("ID", given->id,
                      "One fact, rule, verdict code, sign, cause or other name alone");
  command->add_flag("--json", given->json, "NDJSON: one object a line");
  command->callback([given, &chosen] {
    chosen = [given] {
      Output out(false);
      out.write(given->id.empty() ? everything(given->json) : one(given->id, given->json));
      out.flush();
      return Exit::Completed;
    };
  });
}

}  // namespace whohungup
