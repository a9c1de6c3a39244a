// See probe.h. The order matters: everything that needs a file or a privilege first, then the
// privileges go, then the first byte leaves.
#include "cli/probe.h"

#include <fmt/core.h>

#include <algorithm>
#include <thread>

#include "capture/privileges.h"
#include "capture/saved.h"
#include "cli/interrupt.h"
#include "cli/next_command.h"
#include "cli/output.h"
#include "cli/probe_bundle.h"
#include "cli/probe_conclude.h"
#include "cli/probe_plan.h"
#include "cli/probe_report.h"
#include "cli/probe_run.h"
#include "cli/read.h"
#include "cli/report/escape.h"
#include "cli/report/json.h"
#include "cli/report/story.h"
#include "cli/report/text.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

/// Tells each judged flow, and what the probe itself saw of it.
class ProbeReport : public Report {
 public:
  ProbeReport(const ProbeAsk& ask, Output& out, std::vector<JudgedAttempt>& all)
      : ask_(ask), out_(out), all_(all), told_(all.size()) {}

  void flow(const JudgedFlow& flow) override {
    std::size_t index = 0;
    while (index < all_.size() && (told_[index] || !is_flow_of(all_[index], flow.talk))) ++index;
    if (index == all_.size()) return;
    told_[index] = true;
    JudgedAttempt& one = all_[index];
    take(one, flow);
    Judgement judgement = flow.judgement;
    judgement.verdict.next =
        with_next_commands(std::move(judgement.verdict.next), ask_, one.attempt.target.text,
                           name_is_ambiguous(one) ? one.attempt.to.ip() : std::string());
    tell({flow.index, flow.talk, judgement, flow.notes}, one);
  }
  void end(const Totals&, const FlowCounts&, const CaptureNotes&) override {}

  /// The connections of which no packets could be judged.
  void tell_the_rest() {
    for (std::size_t i = 0; i < all_.size(); ++i)
      if (!told_[i] && all_[i].result.problem.empty()) alone(all_[i]);
  }

 private:
  void tell(const JudgedFlow& flow, const JudgedAttempt& one) {
    if (ask_.json) {
      out_.write(flow_line(json_, flow));
      out_.write(probe_line(json_, one));
    } else if (all_.size() == 1 || ask_.verbose) {
      out_.write(purpose_text(one));
      out_.write(story(flow, Style(ask_.colour), ask_.numeric));
      out_.write(probe_text(one, Style(ask_.colour), ask_.passive) + (all_.size() > 1 ? "\n" : ""));
    } else {
      out_.write(table_line(flow, ask_.numeric || name_is_ambiguous(one), Style(ask_.colour)) +
                 "\n");
    }
  }

  /// Several addresses of one name were probed: the name does not tell which this was.
  [[nodiscard]] bool name_is_ambiguous(const JudgedAttempt& one) const {
    return std::any_of(all_.begin(), all_.end(), [&](const JudgedAttempt& other) {
      return other.attempt.target.text == one.attempt.target.text &&
             other.attempt.to.ip() != one.attempt.to.ip();
    });
  }

  void alone(const JudgedAttempt& one) {
    if (ask_.json) return out_.write(probe_line(json_, one));
    out_.write(purpose_text(one));
    out_.write(wrapped("", harmless(one.summary)));
    const Style style(ask_.colour);
    const std::string code = fmt::format("{} ({})", one.code, one.confidence);
    out_.write((one.failed ? style.bad(code) : style.good(code)) + "\n\n");
    out_.write(fmt::format("{} port {} → {} port {}\n", one.attempt.source.ip(),
                           one.result.local_port, one.attempt.to.ip(), one.attempt.to.port()));
    out_.write(probe_text(one, style, ask_.passive));
  }

  const ProbeAsk& ask_;
  Output& out_;
  std::vector<JudgedAttempt>& all_;
  std::vector<bool> told_;
  JsonWriter json_;
};

void wait_between(double seconds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!interrupted() && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

std::vector<JudgedAttempt> run_all(const ProbeAsk& ask, const Plan& plan,
                                   const TlsClient::Roots& roots, const SavedHello* saved,
                                   ProbeSession& session) {
  std::vector<JudgedAttempt> all;
  for (unsigned turn = 0; turn < ask.count; ++turn)
    for (const Attempt& attempt : plan.attempts) {
      if (interrupted()) return all;
      if (!all.empty()) wait_between(ask.interval_s);
      all.push_back(
          session.run_and_judge(ask, attempt, make_hello(ask, attempt.target, roots, saved)));
    }
  return all;
}

/// The first line where packets could not be captured: what to run, and that root is not it.
void say_how_to_capture(const ProbeAsk& ask, Output& out) {
  const std::string text = fmt::format(
      "No packets are captured, so nothing can be proven. `{}` lets it, once; no root is needed "
      "after that.\n",
      command_that_grants_capture());
  if (ask.json)
    fmt::print(stderr, "whohungup: {}", text);
  else
    out.write(text + "\n");
}

/// What no connection could even be tried for.
void complain(const std::vector<std::string>& problems) {
  for (const std::string& problem : problems) fmt::print(stderr, "whohungup: {}\n", problem);
}

Exit status_of(const std::vector<JudgedAttempt>& all, const Plan& plan) {
  const auto any = [&](auto&& is) { return std::any_of(all.begin(), all.end(), is); };
  if (any([](const JudgedAttempt& one) { return one.failed; })) return Exit::HungUp;
  if (!plan.problems.empty() ||
      any([](const JudgedAttempt& one) { return !one.result.problem.empty(); }))
    return Exit::CannotRead;
  return all.empty() ? Exit::NothingToJudge : Exit::Completed;
}

/// Judges what was caught all together, by the very way a saved capture goes, so that `read` says
/// the same of -w's file; then what was not caught.
void judge_and_tell(const ProbeAsk& ask, const Plan& plan, const Evidence& evidence,
                    std::vector<JudgedAttempt>& all, Output& out) {
  ProbeReport report(ask, out, all);
  const auto source = open_saved_bytes(evidence.bytes(), evidence.title());
  judge_source(*source, judging_options(plan.attempts), report);
  report.tell_the_rest();
  if (!ask.json && all.size() > 1) out.write("\n" + difference_text(all));
}

/// What the probe itself knows of each connection, beside the packets.
std::string own_lines(const std::vector<JudgedAttempt>& all) {
  std::string lines;
  JsonWriter json;
  for (const JudgedAttempt& one : all) lines += probe_line(json, one);
  return lines;
}

void say_what_was_dropped(const Dropped& dropped) {
  fmt::print(stderr, "whohungup: gave up{}{}{}\n", dropped.root ? " root," : "",
             dropped.capabilities ? " capabilities," : "",
             dropped.system_calls ? " and the system calls it does not need" : " nothing else");
}

}  // namespace

Exit probe(const ProbeAsk& ask) {
  std::optional<SavedHello> saved;
  if (!ask.hello_file.empty()) saved = read_saved_hello(ask);
  const SavedHello* given = saved ? &*saved : nullptr;
  const TlsClient::Roots roots;
  Output out(false);

  if (ask.print_hello) {
    for (const std::string& text : ask.targets)
      out.write(hello_text(make_hello(ask, read_target(text), roots, given)));
    out.flush();
    return Exit::Completed;
  }
  const Plan plan = make_plan(ask);
  complain(plan.problems);
  for (const Attempt& attempt : plan.attempts)      // wishes that cannot be met are refused before
    make_hello(ask, attempt.target, roots, given);  // anything is sent
  if (ask.dry_run) {
    out.write(plan_text(ask, plan, roots, given));
    out.flush();
    return plan.attempts.empty() ? Exit::CannotRead : Exit::Completed;
  }
  if (plan.attempts.empty()) return Exit::CannotRead;

  // What needs a privilege is opened now; beyond this line there is none left.
  std::optional<FolderKeeper> keeper;
  make_bundle_folder(ask, keeper);
  ProbeSession session({plan.attempts, plan.attempts.size() * ask.count, !ask.no_capture,
                        !ask.passive, ask.write, keeper ? keeper->path() : ""});
  if (ask.verbose && !ask.quiet) say_what_was_dropped(session.dropped());
  if (!session.captures()) say_how_to_capture(ask, out);
  if (!session.captures() && !ask.write.empty())
    complain({harmless(ask.write) + " is not written: there are no packets for it"});
  out.flush();

  std::vector<JudgedAttempt> all = run_all(ask, plan, roots, given, session);
  session.evidence().close();
  for (const JudgedAttempt& one : all)
    if (!one.result.problem.empty()) complain({one.result.problem});
  judge_and_tell(ask, plan, session.evidence(), all, out);
  out.flush();
  if (keeper)
    write_session_bundle(ask, plan.attempts, session.evidence(), {"probe.json", own_lines(all)},
                         *keeper);
  return status_of(all, plan);
}

}  // namespace whohungup
