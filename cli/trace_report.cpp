// See trace_report.h.
#include "cli/trace_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cli/next_command.h"
#include "cli/report/escape.h"
#include "cli/report/json_writer.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view with = ", ") {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : std::string(with)) + word;
  return out;
}

std::string router(const TraceTold& told, const HopRow& row) {
  if (row.reporters.empty()) return "*";
  std::vector<std::string> list;
  for (const std::string& reporter : row.reporters) {
    const auto name = told.names.find(reporter);
    list.push_back(name == told.names.end()
                       ? reporter
                       : fmt::format("{} ({})", ascii_only(name->second), reporter));
  }
  if (told.verdict.place == HopPlace::Proxy && !row.own.empty())
    return fmt::format("{}, as {}", row.own, row.reporters.front());
  return joined(list, " or ");
}

/// "syn, control": of what a router reported the expiry.
std::string expired_here(const HopRow& row) {
  std::vector<std::string> list;
  if (row.udp > 0) list.emplace_back("udp");
  if (row.syn > 0) list.emplace_back("syn");
  if (row.control > 0) list.emplace_back("control");
  if (row.hello > 0) list.emplace_back("hello");
  return joined(list, " ");
}

std::string row_text(const TraceTold& told, const HopRow& row, const Style& style) {
  std::string line = fmt::format(
      "{:>3}  {:<40} {:>8}  {:<22} {}", row.hops, keep_begin(router(told, row), 40),
      row.round_trip ? amount(*row.round_trip) : "", expired_here(row), joined(row.answers));
  while (line.ends_with(' ')) line.pop_back();
  const HopVerdict& verdict = told.verdict;
  const bool here = verdict.hop_known && row.hops > verdict.after_hop &&
                    row.hops <= verdict.before_hop && verdict.place == HopPlace::Before;
  line = here ? style.bad(line) + "   <" : line;
  line += '\n';
  if (!row.changed.empty())
    line += wrapped("     ", "changed on the way here: " + harmless(joined(row.changed)));
  return line;
}

/// The same with more patience.
std::string trace_again(const TraceAsk& ask, const std::string& target) {
  std::string out = next_command("trace", ask.probe, target);
  if (!ask.control.empty()) out += " --control " + shell_word(ask.control);
  if (ask.most_hops != TraceAsk{}.most_hops) out += fmt::format(" --max-hops {}", ask.most_hops);
  return out + " --sweeps 5 --wait 3";
}

bool reports_are_small(const HopVerdict& verdict) {
  return std::any_of(verdict.sweeps.begin(), verdict.sweeps.end(), [](const HopSweep& sweep) {
    return sweep.facts.has(HopFact::OnlySmallReported);
  });
}

/// What to run or ask next, one line.
std::string next_step(const TraceTold& told) {
  const ProbeAsk& ask = told.ask.probe;
  const std::string& target = told.baseline.attempt.target.text;
  switch (told.verdict.place) {
    case HopPlace::Before:
      return fmt::format(
          "ask who runs the hops beside it, with the packets {}; repeat from another network",
          ask.write.empty() ? "that -w FILE writes" : "in " + shell_word(ask.write));
    case HopPlace::Here:
    case HopPlace::AtServer:
    case HopPlace::Proxy:
      return next_command("diagnose", ask, target);
    case HopPlace::NoWay:
      return "ask who runs that router about its route to the server, and whether the host is up";
    case HopPlace::Nobody:
      return "nothing: it was completed";
    case HopPlace::Unknown:
      // More patience would show the same.
      if (told.trace.answer_lost || reports_are_small(told.verdict))
        return "capture at both ends, and bring them together: whohungup compare CLIENT SERVER";
      return trace_again(told.ask, target);
  }
  return {};
}

std::vector<HopFact> facts_of(const HopSweep& sweep) {
  std::vector<HopFact> list;
  for (std::size_t i = 0; i < kNumHopFacts; ++i)
    if (sweep.facts.has(static_cast<HopFact>(i))) list.push_back(static_cast<HopFact>(i));
  return list;
}

std::string sweep_text(const HopSweep& sweep) {
  std::string text = fmt::format("source port {}: ", sweep.port);
  text += sweep.server_hops > 0
              ? fmt::format("SYNs are answered from {}",
                            counted(static_cast<std::uint64_t>(sweep.server_hops), "hop"))
              : "no SYN was answered";
  // Without a connection there was no hello: then it is the SYN that was refused or heard of.
  const std::string_view what = sweep.server_hops > 0 ? "the hello" : "the SYN";
  if (sweep.answer_hops > 0)
    text += sweep.server_hops > 0 ? fmt::format(", the hello from {}", sweep.answer_hops)
                                  : fmt::format(", one was refused from {}", sweep.answer_hops);
  if (sweep.last_heard > 0)
    text += fmt::format("; {} was reported up to hop {}", what, sweep.last_heard);
  if (sweep.copied_hops)
    text += fmt::format("; the answer copies the hello's hop limit, from about hop {}",
                        *sweep.copied_hops);
  return text;
}

void write_optional_ms(JsonWriter& json, std::string_view key,
                       const std::optional<Duration>& time) {
  json.key(key);
  if (time)
    json.number_text(
        fmt::format("{:.3f}", std::chrono::duration<double, std::milli>(*time).count()));
  else
    json.value(nullptr);
}

void write_hops(JsonWriter& json, const TraceTold& told) {
  json.key("hops").open_array();
  for (const HopRow& row : hop_table(told.trace)) {
    std::vector<std::string> addresses = row.reporters;
    if (told.verdict.place == HopPlace::Proxy && !row.own.empty()) addresses.push_back(row.own);
    json.open_object().field("hop", row.hops).field("addresses", addresses);
    json.key("names").open_array();
    for (const std::string& reporter : row.reporters)
      if (const auto name = told.names.find(reporter); name != told.names.end())
        json.value(name->second);
    json.close_array();
    write_optional_ms(json, "round_trip_ms", row.round_trip);
    json.key("expired").open_object().field("udp", row.udp).field("syn", row.syn);
    json.field("control", row.control).field("hello", row.hello).close_object();
    json.field("changed", row.changed).field("answers", row.answers).close_object();
  }
  json.close_array();
}

void write_sweeps(JsonWriter& json, const HopVerdict& verdict) {
  const auto or_null = [&](std::string_view key, int value) {
    json.key(key);
    if (value > 0)
      json.value(value);
    else
      json.value(nullptr);
  };
  json.key("sweeps").open_array();
  for (const HopSweep& sweep : verdict.sweeps) {
    json.open_object().field("source_port", static_cast<unsigned>(sweep.port));
    or_null("server_hops", sweep.server_hops);
    or_null("path_hops", sweep.path_hops);
    or_null("answer_hops", sweep.answer_hops);
    or_null("last_heard", sweep.last_heard);
    json.key("facts").open_array();
    for (const HopFact fact : facts_of(sweep)) json.value(id(fact));
    json.close_array().close_object();
  }
  json.close_array();
}

void write_probes(JsonWriter& json, const HopTrace& trace) {
  json.key("probes").open_array();
  for (const HopProbe& probe : trace.probes) {
    json.open_object().field("kind", to_string(probe.kind));
    json.field("hops", static_cast<unsigned>(probe.hops)).field("sweep", probe.sweep);
    json.field("port", static_cast<unsigned>(probe.port)).field("sent", probe.sent);
    if (probe.large) json.field("large", true);
    json.field("answer", to_string(probe.answer)).field("acked", probe.acked);
    json.key("ttl");
    if (probe.answer_ttl)
      json.value(static_cast<unsigned>(*probe.answer_ttl));
    else
      json.value(nullptr);
    write_optional_ms(json, "after_ms", probe.after);
    json.key("icmp").open_array();
    for (const HopIcmp& icmp : probe.icmp) {
      json.open_object().field("reporter", icmp.reporter);
      json.field("type", static_cast<unsigned>(icmp.type));
      json.field("code", static_cast<unsigned>(icmp.code));
      write_optional_ms(json, "after_ms", icmp.after);
      json.field("changed", icmp.changed).close_object();
    }
    json.close_array().field("frames", probe.frames).close_object();
  }
  json.close_array();
}

}  // namespace

std::string trace_text(const TraceTold& told, const Style& style) {
  const JudgedAttempt& baseline = told.baseline;
  std::string out = style.bold(fmt::format("{} at {}", ascii_only(baseline.attempt.target.text),
                                           told.trace.server)) +
                    "\n";
  out += wrapped("at full hop limit  ", fmt::format("{} ({})", baseline.code, baseline.confidence));
  out +=
      "\nhop  router                                   round    expired here           answers\n";
  std::string rows;
  int last = 0;
  for (const HopRow& row : hop_table(told.trace)) {
    rows += row_text(told, row, style);
    last = row.hops;
  }
  static_cast<void>(last);
  out += rows + "\n";
  for (const HopSweep& sweep : told.verdict.sweeps) out += wrapped("  ", sweep_text(sweep));
  if (told.verdict.paths_differ)
    out += wrapped("  ", "source ports take different ways (ECMP): a hop may be several routers");
  if (!told.trace.captured)
    out += wrapped("  ",
                   "without packets (no privilege) only the socket was heard: no hop limits of "
                   "answers, no changes on the way, and nothing can be proven");
  const std::string code = fmt::format(
      "{}{} ({})", to_string(told.verdict.place),
      told.verdict.way == HopWay::Unknown ? "" : fmt::format(", {}", to_string(told.verdict.way)),
      to_string(told.verdict.confidence));
  out += "\n" + wrapped("", harmless(told.verdict.summary));
  out += (told.verdict.place == HopPlace::Before ? style.bad(code) : style.bold(code)) + "\n";
  if (!told.verdict.rule.empty())
    out += wrapped("because  ", fmt::format("{} [{}]", told.verdict.because, told.verdict.rule));
  return out + step_text("next     ", next_step(told));
}

std::string trace_json(const TraceTold& told) {
  const HopVerdict& verdict = told.verdict;
  JsonWriter json;
  json.open_object().field("schema", "whohungup/1").field("type", "trace");
  json.field("target", told.baseline.attempt.target.text).field("server", told.trace.server);
  json.field("port", static_cast<unsigned>(told.baseline.attempt.to.port()));
  json.field("captured", told.trace.captured).field("control", told.control);
  json.key("baseline").open_object().field("code", told.baseline.code);
  json.field("confidence", told.baseline.confidence).field("summary", told.baseline.summary);
  json.close_object();
  json.key("verdict").open_object().field("place", to_string(verdict.place));
  json.field("way", to_string(verdict.way)).field("confidence", to_string(verdict.confidence));
  json.text_or_null("rule", verdict.rule);
  json.key("after_hop");
  if (verdict.hop_known)
    json.value(verdict.after_hop).field("before_hop", verdict.before_hop);
  else
    json.value(nullptr).field("before_hop", nullptr);
  json.field("paths_differ", verdict.paths_differ);
  json.field("summary", verdict.summary).text_or_null("because", verdict.because).close_object();
  write_hops(json, told);
  write_sweeps(json, verdict);
  write_probes(json, told.trace);
  return json.field("next", next_step(told)).close_object().line();
}

}  // namespace whohungup
