// See trace.h. First the connection at full hop limit, then the sweeps.
#include "cli/trace.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netdb.h>
#include <resolv.h>

#include <algorithm>
#include <array>
#include <memory>
#include <thread>

#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/probe_plan.h"
#include "cli/trace_report.h"
#include "cli/trace_shoot.h"

namespace whohungup {
namespace {

/// A hello that was answered early, or not heard of, is asked about again so often: with the first
/// one that makes three (diagnosis.md §8.3).
constexpr int kAgain = 2;
/// The path's end is looked for by datagrams so far behind who answers SYNs: a proxy stands at most
/// so many hops before the server that the difference shows within them.
constexpr int kBehind = 4;
/// Behind so many silent hops the end of the path is not waited for any longer.
constexpr int kSilentHops = 5;
/// Behind so many SYNs that are refused by ICMP no more are sent.
constexpr int kRefusals = 3;
/// Behind so many connections without a packet on the interface no more are made.
constexpr int kBesides = 3;

class Tracer {
 public:
  Tracer(const TraceAsk& ask, HopShooter& shooter, HopTrace& trace)
      : ask_(ask), shooter_(shooter), trace_(trace) {}

  void run() {
    for (unsigned sweep = 0; sweep < ask_.sweeps && !interrupted(); ++sweep) {
      shooter_.begin_sweep(sweep);
      sweep_ = sweep;
      server_ = syn_sweep();
      if (sweep == 0) datagrams();
      if (server_ == 0) continue;
      control_sweep();
      hello_sweep();
      behind_the_server();
    }
    clear_progress();
  }

 private:
  const HopProbe& keep(HopProbe probe) {
    if (probe.told && probe.icmp.empty()) name_reporter(probe);
    trace_.probes.push_back(std::move(probe));
    return trace_.probes.back();
  }

  /// Without packets a hello's ICMP error has no name; who reported the expiry of a SYN with as
  /// many hops is taken to have reported this one's.
  void name_reporter(HopProbe& probe) const {
    for (const HopProbe& other : trace_.probes)
      if (other.sweep == sweep_ && other.hops == probe.hops && other.kind == HopKind::Syn)
        if (const HopIcmp* icmp = other.time_exceeded()) {
          probe.icmp.push_back(*icmp);
          probe.icmp.back().after.reset();
          return;
        }
  }

  void pause() const {
    const auto until = std::chrono::steady_clock::now() +
                       std::chrono::duration<double>(std::max(ask_.interval_s, 0.0));
    while (!interrupted() && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }

  /// The fewest hops with which a SYN is answered; 0: none is.
  int syn_sweep() {
    int silent = 0, refused = 0;
    for (int hops = 1; hops <= most() && !interrupted(); ++hops) {
      progress("SYN", hops);
      const HopProbe& probe = keep(shooter_.syn(hops));
      if (probe.answer == HopAnswer::SynAck) return hops;
      if (probe.answer == HopAnswer::Refused) return 0;
      if (probe.beside && hops >= kBesides) return 0;
      refused = std::any_of(probe.icmp.begin(), probe.icmp.end(),
                            [](const HopIcmp& icmp) { return !icmp.time_exceeded(); })
                    ? refused + 1
                    : refused;
      // Who refuses by ICMP does so again, whatever the hop limit.
      if (trace_.stage == Stage::Syn && refused >= kRefusals) return 0;
      silent = probe.icmp.empty() ? silent + 1 : 0;
      // Where no connection can be made, silence has no end to wait for.
      if (trace_.stage == Stage::Syn && silent >= kSilentHops) return 0;
    }
    return 0;
  }

  void datagrams() {
    int silent = 0;
    const int last = server_ > 0 ? std::min(most(), server_ + kBehind) : most();
    for (int hops = 1; hops <= last && !interrupted(); ++hops) {
      progress("datagram", hops);
      const HopProbe& probe = keep(shooter_.datagram(hops));
      silent = probe.icmp.empty() ? silent + 1 : 0;
      if (!probe.icmp.empty() && probe.icmp.front().reporter == trace_.server) return;
      if (silent >= kSilentHops) return;
    }
  }

  void control_sweep() {
    for (int hops = 1; hops < server_ && !interrupted(); ++hops) {
      progress("control", hops);
      if (!keep(shooter_.hello(hops, true)).sent) return;
    }
  }

  void hello_sweep() {
    for (int hops = 1; hops <= server_ && !interrupted(); ++hops) {
      progress("hello", hops);
      pause();
      const HopProbe& probe = keep(shooter_.hello(hops, false));
      const bool answered = ends(probe.answer);
      const bool unheard = probe.time_exceeded() == nullptr && reported(hops);
      if (hops < server_ && (answered || unheard)) again(hops);
      if (hops < server_ && unheard) something_as_large(hops);
    }
  }

  /// Where only SYNs were reported, whether anything as large as the hello is.
  void something_as_large(int hops) {
    constexpr int kTries = 2;  // routers count their ICMP
    for (int turn = 0; turn < kTries && !interrupted() && !reported_large(hops); ++turn)
      keep(shooter_.datagram(hops, true));
  }

  [[nodiscard]] bool reported_large(int hops) const {
    return std::any_of(trace_.probes.begin(), trace_.probes.end(), [&](const HopProbe& probe) {
      return probe.hops == hops && probe.time_exceeded() != nullptr &&
             (probe.large || (probe.kind == HopKind::Control && probe.sweep == sweep_));
    });
  }

  /// The same once more, and whether so few hops still do not reach who answers SYNs.
  void again(int hops) {
    for (int turn = 0; turn < kAgain && !interrupted(); ++turn) {
      pause();
      keep(shooter_.hello(hops, false));
    }
    if (keep(shooter_.syn(hops)).answer == HopAnswer::SynAck) server_ = std::min(server_, hops);
  }

  /// Whether another packet was reported to have expired there in this sweep.
  [[nodiscard]] bool reported(int hops) const {
    return std::any_of(trace_.probes.begin(), trace_.probes.end(), [&](const HopProbe& probe) {
      return probe.sweep == sweep_ && probe.hops == hops && probe.kind != HopKind::Hello &&
             probe.kind != HopKind::Udp && probe.time_exceeded() != nullptr;
    });
  }

  /// A reset that is missing at the server's distance, or bears hardly any hops, may copy the hop
  /// limit of the hello: then it comes, or grows, with more hops.
  void behind_the_server() {
    if (trace_.mechanism != Mechanism::Rst) return;
    int more = 0, last_ttl = 255;
    for (const HopProbe& probe : trace_.probes)
      if (probe.sweep == sweep_ && probe.kind == HopKind::Hello && ends(probe.answer)) {
        ++more;
        last_ttl = probe.answer_ttl.value_or(255);
      }
    if (more > 0 && last_ttl > server_) return;
    const int last = std::min(2 * server_ + 2, 60);
    for (int hops = server_ + 1, found = more; hops <= last && found < 3 && !interrupted();
         ++hops) {
      progress("hello", hops);
      pause();
      if (ends(keep(shooter_.hello(hops, false)).answer)) ++found;
    }
  }

  [[nodiscard]] int most() const { return static_cast<int>(ask_.most_hops); }

  void progress(std::string_view what, int hops) const {
    if (ask_.probe.quiet || !is_terminal(2)) return;
    fmt::print(stderr, "\r\x1b[Ksweep {} of {}: {} with {} hops", sweep_ + 1, ask_.sweeps, what,
               hops);
  }
  void clear_progress() const {
    if (!ask_.probe.quiet && is_terminal(2)) fmt::print(stderr, "\r\x1b[K");
  }

  const TraceAsk& ask_;
  HopShooter& shooter_;
  HopTrace& trace_;
  unsigned sweep_{};
  int server_{};
};

/// The names of routers. The resolver is told to be brief: a trace has many.
std::map<std::string, std::string> names_of(const HopTrace& trace) {
  std::map<std::string, std::string> names;
  // Not by RES_OPTIONS: glibc reads them no second time, and the target's name was looked up
  // before.
  ::res_init();
  _res.retrans = 1;  // seconds
  _res.retry = 1;
  int failed = 0;
  for (const HopRow& row : hop_table(trace))
    for (const std::string& reporter : row.reporters) {
      constexpr int kPatience = 3;  // a resolver that does not answer, does not answer
      if (names.count(reporter) != 0 || failed >= kPatience || interrupted()) continue;
      addrinfo hints{}, *found = nullptr;
      hints.ai_flags = AI_NUMERICHOST;
      if (::getaddrinfo(reporter.c_str(), nullptr, &hints, &found) != 0) continue;
      std::array<char, NI_MAXHOST> name{};
      const int error = ::getnameinfo(found->ai_addr, found->ai_addrlen, name.data(), name.size(),
                                      nullptr, 0, NI_NAMEREQD);
      ::freeaddrinfo(found);
      if (error == 0) names[reporter] = name.data();
      if (error == EAI_AGAIN) ++failed;
    }
  return names;
}

/// Whether the server still said, a while behind all that it was sent, that its next byte is the
/// one behind those that came: an answer that was lost would have taken numbers.
bool said_nothing_else(const Conversation& talk) {
  constexpr Duration kAWhile = std::chrono::seconds(1);
  Time last{};
  for (const Placed& segment : talk.segments)
    if (segment.is(Side::Client) && segment.header.payload_len > 0 &&
        segment.where != Placed::Where::Repeat)
      last = segment.at();
  return std::any_of(talk.segments.begin(), talk.segments.end(), [&](const Placed& segment) {
    return segment.is(Side::Server) && segment.header.payload_len == 0 &&
           segment.where == Placed::Where::InOrder && segment.header.flags.ack() &&
           !segment.header.flags.has(TcpFlags::kRst | TcpFlags::kSyn) &&
           segment.offset == talk.side(Side::Server).sent_end && segment.at() - last > kAWhile;
  });
}

void take_baseline(const JudgedAttempt& baseline, HopTrace& trace) {
  if (baseline.judgement) {
    trace.mechanism = baseline.judgement->verdict.event.mechanism;
    trace.stage = baseline.judgement->verdict.event.stage;
    const Observations& facts = baseline.judgement->facts;
    for (const Fact lost : {Fact::ServerStreamHole, Fact::RstAheadOfCapture, Fact::AnswerUnacked,
                            Fact::AnswerUntaken})
      trace.answer_lost = trace.answer_lost || facts.has(lost);
    trace.nothing_lost =
        !trace.answer_lost && baseline.talk.has_value() && said_nothing_else(*baseline.talk);
    return;
  }
  // From the socket alone: the code has the two words behind its actor.
  const auto has = [&](std::string_view word) {
    return baseline.code.find(word) != std::string::npos;
  };
  for (int m = 0; m <= static_cast<int>(Mechanism::None); ++m)
    if (has(fmt::format(".{}.", to_string(static_cast<Mechanism>(m)))))
      trace.mechanism = static_cast<Mechanism>(m);
  for (int s = 0; s <= static_cast<int>(Stage::Established); ++s)
    if (baseline.code.ends_with(fmt::format(".{}", to_string(static_cast<Stage>(s)))))
      trace.stage = static_cast<Stage>(s);
}

}  // namespace

Exit trace(const TraceAsk& ask) {
  std::optional<SavedHello> saved;
  if (!ask.probe.hello_file.empty()) saved = read_saved_hello(ask.probe);
  const TlsClient::Roots roots;
  Plan plan = make_plan(ask.probe);
  for (const std::string& problem : plan.problems) fmt::print(stderr, "whohungup: {}\n", problem);
  if (plan.attempts.empty()) return Exit::CannotRead;
  const Attempt attempt = plan.attempts.front();
  ProbeAsk control = ask.probe;
  control.sni = ask.control.empty() ? "example.com" : ask.control;
  const auto hello = [&](bool for_control) {
    return for_control ? make_hello(control, attempt.target, roots, nullptr)
                       : make_hello(ask.probe, attempt.target, roots, saved ? &*saved : nullptr);
  };
  hello(true);  // wishes that cannot be met are refused before anything is sent
  hello(false);

  std::unique_ptr<LiveCapture> capture;
  if (!ask.probe.no_capture && LiveCapture::permitted())
    capture = LiveCapture::open(attempt.device);
  // Without packets only a socket that hears resets can tell of one.
  ProbeAsk baseline_ask = ask.probe;
  baseline_ask.passive = baseline_ask.passive || capture == nullptr;
  ProbeSession session(
      {{attempt}, 1, !ask.probe.no_capture, !baseline_ask.passive, ask.probe.write});
  Output out(false);
  if (!session.captures() && !ask.probe.quiet)
    fmt::print(stderr, "whohungup: no packets are captured; `{}` lets it, once\n",
               command_that_grants_capture());
  const JudgedAttempt baseline = session.run_and_judge(baseline_ask, attempt, hello(false));
  if (!baseline.result.problem.empty()) {
    fmt::print(stderr, "whohungup: {}\n", baseline.result.problem);
    return Exit::CannotRead;
  }
  HopTrace trace;
  trace.server = attempt.to.ip();
  trace.captured = session.captures();
  take_baseline(baseline, trace);
  HopShooter shooter(ask, attempt, session, capture.get(), hello);
  Tracer(ask, shooter, trace).run();
  session.evidence().close();

  const HopVerdict verdict = judge_hops(trace);
  const TraceTold told{ask,
                       baseline,
                       trace,
                       verdict,
                       ask.probe.numeric ? std::map<std::string, std::string>{} : names_of(trace),
                       *control.sni};
  out.write(ask.probe.json ? trace_json(told) : trace_text(told, Style(ask.probe.colour)));
  out.flush();
  if (trace.probes.empty()) return Exit::NothingToJudge;
  return baseline.failed ? Exit::HungUp : Exit::Completed;
}

}  // namespace whohungup
