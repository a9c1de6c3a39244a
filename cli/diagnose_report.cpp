// See diagnose_report.h. The order is that of a reader in a hurry: what it is, whom to ask, what it
// rests on.
#include "cli/diagnose_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "analyze/chance.h"
#include "cli/diagnose_words.h"
#include "cli/report/escape.h"
#include "cli/report/words.h"
#include "dissect/tls_alert.h"

namespace whohungup {
namespace {

using Status = Finding::Status;

/// "FIN 3, answered 1", the most frequent first.
template <class Of>
std::string tally(const Row& row, Of&& of) {
  std::map<std::string, std::size_t> counts;
  for (const Outcome* one : row.all()) ++counts[of(*one)];
  std::vector<std::pair<std::string, std::size_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  if (sorted.size() == 1) return sorted.front().first;
  std::string out;
  for (const auto& [text, count] : sorted)
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", text, count);
  return out;
}

/// The verdict most tries came to, a failure before a success; "…" behind it: there were others.
std::string usual_code(const Row& row) {
  std::map<std::string, std::size_t> counts;
  for (const Outcome* one : row.all()) ++counts[one->code];
  const auto rank = [](const auto& entry) {
    return std::pair(entry.second, !entry.first.starts_with("nobody."));
  };
  const auto most =
      std::max_element(counts.begin(), counts.end(),
                       [&](const auto& one, const auto& other) { return rank(one) < rank(other); });
  return most->first + (counts.size() > 1 ? " …" : "");
}

/// Why a probe of the matrix is missing, where the rest of the matrix was tried.
std::string not_tried_text(const Examined& all, Variant variant) {
  const bool tried_wider = Matrix(all.trials)[Variant::Http].tries() > 0;
  for (const Examined::NotTried& one : all.not_tried)
    if (one.variant == variant && tried_wider)
      return wrapped(fmt::format("  {:<15} {:>3}  ", info(variant).id, 0), "not tried: " + one.why);
  return {};
}

std::string matrix_text(const Examined& all, const Style& style) {
  const Matrix matrix(all.trials);
  std::string out = style.bold("The matrix") + "\n";
  out += fmt::format("  {:<15} {:>3}  {:<24} {:<29} {}\n", "probe", "n", "outcome", "verdict",
                     "what it shows");
  for (std::size_t i = 0; i < kNumVariants; ++i) {
    const auto variant = static_cast<Variant>(i);
    const Row& row = matrix[variant];
    if (row.tries() == 0) {
      out += not_tried_text(all, variant);
      continue;
    }
    const std::string outcome = tally(row, [](const Outcome& one) { return ending_text(one); });
    const std::string code = usual_code(row);
    const std::string front = fmt::format("  {:<15} {:>3}  {} {} ", info(variant).id, row.tries(),
                                          padded(outcome, 24), padded(code, 29));
    out += front + shows(variant, row, matrix[Variant::Baseline]) + "\n";
  }
  return out;
}

std::string addresses_text(const Examined& all) {
  if (all.addresses.size() < 2) return {};
  std::string out = "  Its addresses, by the baseline:\n";
  for (std::size_t i = 0; i < all.addresses.size(); ++i) {
    Row row;
    for (const Trial& trial : all.trials)
      if (trial.address == i && trial.variant == Variant::Baseline) row.add(trial.outcome);
    if (row.tries() == 0) continue;
    out += fmt::format("    {:<39} {:>3}  {}\n", all.addresses[i].to.ip(), row.tries(),
                       tally(row, [](const Outcome& one) { return ending_text(one); }));
  }
  return out;
}

std::string how_it_was_run(const Examined& all) {
  std::string out = fmt::format("{} in {}, from {} UTC on, in random order (--seed {}).",
                                counted(all.tries.size(), "connection"), amount(all.took),
                                clock_time(all.began), all.seed);
  if (!all.stopped.empty()) out += fmt::format(" No more were made: {}.", all.stopped);
  return wrapped("  ", out);
}

/// When what failed began, for who looks into a server's log: the baselines, or what else failed.
std::string times_text(const Examined& all) {
  constexpr std::size_t kMost = 8;
  const auto times = [&](bool baselines) {
    std::vector<std::string> list;
    for (std::size_t i = 0; i < all.tries.size(); ++i) {
      const Outcome& outcome = all.trials[i].outcome;
      const bool failed = info(all.tries[i].variant).hello
                              ? !outcome.answered() || outcome.ending == Ending::Broken
                              : !outcome.connected();
      if (failed && (!baselines || all.tries[i].variant == Variant::Baseline))
        list.push_back(clock_time(all.tries[i].began));
    }
    return list;
  };
  const std::vector<std::string> baselines = times(true), others = times(false);
  const std::vector<std::string>& list = baselines.empty() ? others : baselines;
  if (!all.diagnosis.fails || list.empty()) return {};
  std::string out = fmt::format(
      "{} at", baselines.empty() ? "Connections failed" : "The hello as asked for failed");
  for (std::size_t i = 0; i < std::min(list.size(), kMost); ++i)
    out += fmt::format("{} {}", i == 0 ? "" : ",", list[i]);
  if (list.size() > kMost) out += fmt::format(" and {} more", counted(list.size() - kMost, "time"));
  return wrapped("  ", out + " UTC.");
}

std::string clue_text(const SeenClue& clue) {
  std::string out(clue.clue->because);
  if (clue.chance >= kRareEnough)
    out +=
        fmt::format(" (seen too seldom to be sure: chance does that in {})", percent(clue.chance));
  return out;
}

std::string finding_text(const Finding& one) {
  const SeenClue* first = nullptr;
  if (one.status == Status::Refuted)
    first = &one.refutes.front();
  else if (!one.supports.empty())
    first = &one.supports.front();
  const std::string word = one.status == Status::Supported
                               ? fmt::format("supported ({})", to_string(one.weight))
                               : std::string(to_string(one.status));
  return wrapped(fmt::format("  {:<19} ", word),
                 fmt::format("{}{}{}", one.cause->name, first != nullptr ? ": " : "",
                             first != nullptr ? clue_text(*first) : ""));
}

std::string causes_text(const Examined& all, const Style& style, bool everything) {
  std::string out = style.bold("The causes") + "\n";
  std::size_t left_out = 0;
  for (const Finding& one : all.diagnosis.findings) {
    const bool tell = everything || one.status == Status::Supported || !one.supports.empty();
    if (tell && (everything || one.status != Status::Refuted))
      out += finding_text(one);
    else
      ++left_out;
  }
  if (left_out > 0)
    out += fmt::format("  {} refuted or without any sign for them; -v tells all\n",
                       counted(left_out, "more cause"));
  return out;
}

std::string theories_text(const Examined& all, const Style& style) {
  std::string out = style.bold("What people suspect first") + "\n";
  for (const TheoryFinding& one : all.diagnosis.theories)
    out += wrapped(fmt::format("  {:<10} ", to_string(one.status)),
                   fmt::format("{}. {}", one.theory->name, one.why));
  return out;
}

std::string asks_text(const Examined& all, const Style& style) {
  if (all.diagnosis.asks.empty()) return {};
  std::string out = style.bold("Whom to ask") + "\n";
  for (const Ask& one : all.diagnosis.asks)
    out += wrapped(fmt::format("  {}: ", one.whom), one.what);
  return out;
}

std::string next_text(const Examined& all, const Style& style) {
  if (all.next.empty()) return {};
  std::string out = "\n" + style.bold("Next") + "\n";
  for (const std::string& step : all.next) out += step_text("  ", harmless(step));
  return out;
}

std::string local_text(const LocalLook& local, const Style& style) {
  const auto any = [&](auto is) { return std::any_of(local.notes.begin(), local.notes.end(), is); };
  std::string out = style.bold("Was it us?") + "\n";
  if (any([](const LocalNote& note) { return note.suspicious; }))
    out += "  Perhaps: see what is marked.\n";
  else if (any([](const LocalNote& note) { return note.open; }))
    out += "  Hardly: a rule counted packets, but not as the probes failed.\n";
  else
    out += "  Nothing that was looked at here speaks for it.\n";
  for (const LocalNote& note : local.notes)
    out += wrapped(note.suspicious ? "  ! " : "    ", note.text);
  return out;
}

void write_clues(JsonWriter& json, std::string_view key, const std::vector<SeenClue>& clues) {
  json.key(key).open_array();
  for (const SeenClue& one : clues) {
    json.open_object().field("weight", to_string(one.weight)).field("text", one.clue->because);
    json.key("signs").open_array();
    one.clue->when.for_each([&](Sign sign) { json.value(info(sign).id); });
    json.close_array();
    json.key("chance").number_text(fmt::format("{:.4g}", one.chance)).close_object();
  }
  json.close_array();
}

void write_finding(JsonWriter& json, const Finding& one) {
  json.open_object().field("cause", one.cause->id).field("name", one.cause->name);
  json.text_or_null("within", one.cause->within).field("status", to_string(one.status));
  if (one.supports.empty())
    json.key("weight").value(nullptr);
  else
    json.field("weight", to_string(one.weight));
  write_clues(json, "supports", one.supports);
  write_clues(json, "refutes", one.refutes);
  json.text_or_null("remains", one.cause->remains).close_object();
}

void write_row(JsonWriter& json, Variant variant, const Row& row, const Row& base) {
  json.open_object().field("probe", info(variant).id).field("tries", row.tries());
  json.field("answered", row.answered());
  json.key("outcomes").open_object();
  std::map<std::string, std::size_t> counts;
  for (const Outcome* one : row.all()) ++counts[std::string(to_string(one->ending))];
  for (const auto& [ending, count] : counts) json.field(ending, count);
  json.close_object();
  json.key("chance").number_text(fmt::format("{:.4g}", chance_of_difference(row, base)));
  json.field("shows", shows(variant, row, base)).close_object();
}

}  // namespace

std::string diagnosis_text(const Examined& all, const LocalLook& local, const Style& style,
                           bool everything) {
  const Diagnosis& diagnosis = all.diagnosis;
  std::string out =
      style.bold(fmt::format("{} ({} port {})", ascii_only(all.addresses[0].target.text),
                             all.addresses[0].to.ip(), all.addresses[0].to.port())) +
      "\n\n";
  out += wrapped("  ", harmless(diagnosis.conclusion));
  if (!diagnosis.place.empty()) out += wrapped("  ", diagnosis.place);
  if (const Finding* named = diagnosis.named(); named != nullptr && !named->cause->remains.empty())
    out += wrapped("  Still open: ", named->cause->remains);
  out += "\n" + local_text(local, style);
  if (const std::string asks = asks_text(all, style); !asks.empty()) out += "\n" + asks;
  out += next_text(all, style);
  out +=
      "\n" + matrix_text(all, style) + addresses_text(all) + how_it_was_run(all) + times_text(all);
  out += "\n" + theories_text(all, style);
  return out + "\n" + causes_text(all, style, everything);
}

std::string try_text(const Examined& all) {
  const Examined::Try& last = all.tries.back();
  const Outcome& outcome = all.trials.back().outcome;
  return fmt::format("{:<15} {:<24} {}", info(last.variant).id, ending_text(outcome), outcome.code);
}

std::string trial_line(JsonWriter& json, const Examined& all) {
  const Examined::Try& one = all.tries.back();
  const Outcome& outcome = all.trials.back().outcome;
  json.open_object().field("schema", "whohungup/1").field("type", "trial");
  json.field("number", all.tries.size()).field("probe", info(one.variant).id);
  json.key("server").open_object().field("ip", one.judged.attempt.to.ip());
  json.field("port", one.judged.attempt.to.port()).close_object();
  json.field("client_port", one.judged.result.local_port).field("begin", rfc3339(one.began));
  json.key("duration_s").number_text(seconds(one.took));
  json.field("outcome", to_string(outcome.ending)).field("answered", outcome.answered());
  json.text_or_null("code", outcome.code);
  json.field("confidence", one.judged.confidence)
      .field("from", one.judged.judged ? "packets" : "socket");
  json.key("alert");
  outcome.alert != 0 ? json.value(outcome.alert) : json.value(nullptr);
  json.text_or_null("said", outcome.said);
  json.field("hello_bytes", one.judged.result.hello_bytes);
  json.key("frames").open_array();
  if (one.judged.judgement)
    for (const FrameNo frame : one.judged.judgement->verdict.cited) json.value(frame);
  return json.close_array().close_object().line();
}

std::string diagnosis_line(JsonWriter& json, const Examined& all, const LocalLook& local,
                           const std::string& target) {
  const Diagnosis& diagnosis = all.diagnosis;
  const Finding* named = diagnosis.named();
  json.open_object().field("schema", "whohungup/1").field("type", "diagnosis");
  json.field("target", target).field("fails", diagnosis.fails);
  json.text_or_null("cause", named != nullptr ? named->cause->id : std::string_view());
  if (named != nullptr)
    json.field("weight", to_string(named->weight));
  else
    json.key("weight").value(nullptr);
  json.field("decider", to_string(diagnosis.decider)).field("conclusion", diagnosis.conclusion);
  json.text_or_null("place", diagnosis.place);
  json.key("asks").open_array();
  for (const Ask& ask : diagnosis.asks)
    json.open_object().field("whom", ask.whom).field("what", ask.what).close_object();
  json.close_array().field("next", all.next).key("causes").open_array();
  for (const Finding& one : diagnosis.findings) write_finding(json, one);
  json.close_array().key("theories").open_array();
  for (const TheoryFinding& one : diagnosis.theories)
    json.open_object()
        .field("id", one.theory->id)
        .field("name", one.theory->name)
        .field("status", to_string(one.status))
        .field("why", one.why)
        .close_object();
  json.close_array().key("matrix").open_array();
  const Matrix matrix(all.trials);
  for (std::size_t i = 0; i < kNumVariants; ++i)
    if (const auto variant = static_cast<Variant>(i); matrix[variant].tries() > 0)
      write_row(json, variant, matrix[variant], matrix[Variant::Baseline]);
  json.close_array().key("not_tried").open_array();
  for (const Examined::NotTried& one : all.not_tried)
    json.open_object().field("probe", info(one.variant).id).field("why", one.why).close_object();
  json.close_array().key("signs").open_array();
  diagnosis.signs.set.for_each([&](Sign sign) { json.value(info(sign).id); });
  json.close_array().key("local").open_array();
  for (const LocalNote& note : local.notes)
    json.open_object()
        .field("id", note.id)
        .field("suspicious", note.suspicious)
        .field("text", note.text)
        .close_object();
  json.close_array().field("connections", all.tries.size()).field("seed", all.seed);
  json.text_or_null("stopped", all.stopped).field("begin", rfc3339(all.began));
  json.key("duration_s").number_text(seconds(all.took)).field("problems", all.problems);
  return json.close_object().line();
}

}  // namespace whohungup
