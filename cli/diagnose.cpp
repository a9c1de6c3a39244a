// See diagnose.h. As in probe.cpp, everything that needs a file or a privilege comes first; then
// the privileges go, and then the first byte leaves.
#include "cli/diagnose.h"

#include <fmt/core.h>

#include <algorithm>
#include <random>

#include "cli/diagnose_local.h"
#include "cli/diagnose_probes.h"
#include "cli/diagnose_report.h"
#include "cli/diagnose_run.h"
#include "cli/next_command.h"
#include "cli/output.h"
#include "cli/probe_bundle.h"
#include "cli/probe_plan.h"
#include "cli/report/escape.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

/// Addresses a name may have; the matrix is about one of them.
constexpr std::size_t kMostAddresses = 8;
/// Connections for which sockets deaf to resets are kept.
constexpr std::size_t kMostDeaf = 16;

std::uint64_t some_seed(std::uint64_t wanted) {
  if (wanted != 0) return wanted;
  return std::random_device{}() % 1000000U + 1;  // short, so that people can repeat it
}

std::vector<Examined::NotTried> not_tried(const Probes& probes, const Attempt& to) {
  std::vector<Examined::NotTried> all;
  for (std::size_t i = 0; i < kNumVariants; ++i) {
    const auto variant = static_cast<Variant>(i);
    std::string why;
    if (!waits_for_a_reason(variant) && !probes.prepare(variant, to, why))
      all.push_back({variant, why});
  }
  return all;
}

/// What would be tried, and what not and why.
std::string plan_text(const DiagnoseAsk& ask, const Probes& probes,
                      const std::vector<Attempt>& to) {
  std::string out = fmt::format("{}, {:g} s apart, at most {:g} s together:\n",
                                ascii_only(to[0].target.text), ask.pause_s, ask.budget_s);
  for (const Attempt& one : to)
    out += fmt::format("  connects from {} to {} port {} over {}{}\n", one.source.ip(), one.to.ip(),
                       one.to.port(), one.device,
                       one.starttls.empty() ? "" : ", asking for TLS in " + one.starttls);
  for (std::size_t i = 0; i < kNumVariants; ++i) {
    const auto variant = static_cast<Variant>(i);
    std::string why_not;
    const bool waits = waits_for_a_reason(variant);
    const auto made = probes.prepare(variant, to[0], why_not);
    std::string text(info(variant).does);
    if (made && info(variant).hello) text += fmt::format(" ({} bytes)", made->hello.bytes.size());
    if (waits)
      text += variant == Variant::OtherWay  ? ", if a greeting comes or is missing"
              : variant == Variant::Patient ? ", if no answer comes"
                                            : ", if a reset comes";
    else if (!made)
      text = fmt::format("not tried: {}", why_not);
    out += wrapped(fmt::format("  {:<15} ", info(variant).id), text);
  }
  return out;
}

/// Progress on a terminal: one line that is drawn over.
class Live {
 public:
  explicit Live(bool wanted) : wanted_(wanted) {}
  ~Live() { clear(); }
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  /// What was looked at on this machine, before the first probe.
  void show(const LocalLook& local) const {
    if (!wanted_) return;
    std::string text;
    for (const LocalNote& note : local.notes)
      text += wrapped(note.suspicious ? "  ! " : "    ", note.text);
    fmt::print(stderr, "Was it us? Before the first probe:\n{}", text);
  }
  void show(const Examined& all, std::size_t to_come) {
    if (!wanted_) return;
    clear();
    const std::string left = to_come > 0 ? fmt::format(" of {}", all.tries.size() + to_come) : "";
    const Diagnosis so_far = diagnose(all.trials, all.around);
    fmt::print(
        stderr, "{}\n  {}{}; so far: {}", try_text(all), counted(all.tries.size(), "probe"), left,
        so_far.named() != nullptr ? keep_begin(so_far.conclusion, 70) : "nothing stands out yet");
    static_cast<void>(std::fflush(stderr));
    drawn_ = true;
  }
  /// A line between what was shown and the report.
  void done() {
    clear();
    if (wanted_) fmt::print(stderr, "\n");
  }

 private:
  void clear() {
    if (drawn_) fmt::print(stderr, "\r\x1b[K");
    drawn_ = false;
  }

  bool wanted_, drawn_{};
};

bool capture_dropped(const Examined& all) {
  return std::any_of(all.tries.begin(), all.tries.end(), [](const Examined::Try& one) {
    return one.judged.judgement && one.judged.judgement->facts.has(Fact::CaptureDroppedFrames);
  });
}

std::vector<RuledTry> ruled_tries(const Examined& all) {
  std::vector<RuledTry> tries;
  for (std::size_t i = 0; i < all.tries.size(); ++i) {
    const Outcome& outcome = all.trials[i].outcome;
    const bool hello = info(all.tries[i].variant).hello;
    tries.push_back({all.tries[i].rules, hello ? !outcome.answered() : !outcome.connected(),
                     all.tries[i].judged.result.resets_ignored.has_value(), outcome.kept_back()});
  }
  return tries;
}

/// Returns the trials as NDJSON.
std::string examine(const DiagnoseAsk& ask, Probes& probes, ProbeSession& session,
                    HomeKeeper& at_home, RuleWatch& rules, const LocalLook& local, Examined& all,
                    Output& out) {
  std::string lines;
  std::size_t told = 0;
  JsonWriter json;
  Live live(!ask.probe.quiet && is_terminal(2) && !ask.probe.json);
  live.show(local);
  run_matrix(ask, probes, session, at_home, rules, all,
             [&](const Examined& so_far, std::size_t to_come) {
               lines += trial_line(json, so_far);
               if (ask.probe.json) out.write(std::string_view(lines).substr(told));
               told = lines.size();
               live.show(so_far, to_come);
             });
  live.done();
  return lines;
}

/// Commands for what the conclusion leaves to be run; empty where it leaves nothing.
std::vector<std::string> next_of(const DiagnoseAsk& ask, const Examined& all) {
  const Diagnosis& diagnosis = all.diagnosis;
  std::string told = diagnosis.conclusion + diagnosis.place + all.stopped;
  if (const Finding* named = diagnosis.named()) told += named->cause->remains;
  for (const Ask& one : diagnosis.asks) told += one.what;
  const auto speaks_of = [&](std::string_view what) {
    return diagnosis.fails && told.find(what) != std::string::npos;
  };
  const std::string& target = ask.probe.targets.front();
  const std::string address = all.addresses.size() > 1 ? all.addresses[0].to.ip() : "";
  std::vector<std::string> next;
  if (speaks_of("whohungup trace"))
    next.push_back(next_command("trace", ask.probe, target, address));
  if (speaks_of("--thorough") && !ask.thorough) {
    std::string again = next_command("diagnose", ask.probe, target);
    if (!ask.other_name.empty()) again += " --other-name " + shell_word(ask.other_name);
    next.push_back(again + " --thorough");
  }
  constexpr std::string_view kTimeout = "--timeout ";
  if (const std::size_t at = told.find(kTimeout); speaks_of(kTimeout)) {
    const std::size_t end = told.find_first_not_of("0123456789", at + kTimeout.size());
    next.push_back(next_command("diagnose", ask.probe, target) + " " + told.substr(at, end - at));
  }
  return next;
}

Exit status_of(const Examined& all) {
  if (all.trials.empty()) return all.problems.empty() ? Exit::NothingToJudge : Exit::CannotRead;
  return all.diagnosis.fails ? Exit::HungUp : Exit::Completed;
}

}  // namespace

Exit diagnose_target(const DiagnoseAsk& ask) {
  const TlsClient::Roots roots;
  Output out(ask.probe.json);
  const Plan plan = make_plan(ask.probe, kMostAddresses);
  for (const std::string& problem : plan.problems) fmt::print(stderr, "whohungup: {}\n", problem);
  if (plan.attempts.empty()) return Exit::CannotRead;
  Probes probes(ask, roots);
  std::string why_not;
  if (!probes.prepare(Variant::Baseline, plan.attempts[0], why_not)) throw UsageError(why_not);
  if (ask.probe.dry_run) {
    out.write(plan_text(ask, probes, plan.attempts));
    out.flush();
    return Exit::Completed;
  }

  LocalLook local = look_at_home(plan.attempts);
  HomeKeeper at_home;
  RuleWatch rules(at_home);
  Examined all;
  all.addresses = plan.attempts;
  all.problems = plan.problems;
  all.around = probes.circumstances(plan.attempts[0], plan.attempts.size());
  all.around.clock_doubtful = local.clock_doubtful;
  all.not_tried = not_tried(probes, plan.attempts[0]);
  all.seed = some_seed(ask.seed);
  std::optional<FolderKeeper> keeper;
  make_bundle_folder(ask.probe, keeper);
  ProbeSession session({.attempts = plan.attempts,
                        .connections = kMostDeaf,
                        .capture = !ask.probe.no_capture,
                        .deaf = true,
                        .packets_file = ask.probe.write,
                        .folder = keeper ? keeper->path() : ""});
  all.began = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());

  const std::string trials = examine(ask, probes, session, at_home, rules, local, all, out);
  session.evidence().close();
  add_firewall(local, all.addresses[0].to, rules, ruled_tries(all));
  add_passage(local, all.addresses[0].device, all.trials);
  suspect_clock(local, all.trials);
  add_capture(local, session.captures(), capture_dropped(all));
  all.around.local_rule_hit = local.rule_hit;
  all.around.local_rule = ascii_only(local.rule);
  all.diagnosis = diagnose(all.trials, all.around);
  all.next = next_of(ask, all);
  for (const std::string& problem : all.problems) fmt::print(stderr, "whohungup: {}\n", problem);
  if (all.trials.empty()) return status_of(all);
  JsonWriter json;
  const std::string& target = ask.probe.targets.front();
  out.write(ask.probe.json ? diagnosis_line(json, all, local, target)
                           : diagnosis_text(all, local, Style(ask.probe.colour), ask.show_refuted));
  out.flush();
  if (keeper)
    write_session_bundle(ask.probe, all.addresses, session.evidence(),
                         {"diagnosis.json", trials + diagnosis_line(json, all, local, target)},
                         *keeper);
  return status_of(all);
}

}  // namespace whohungup
