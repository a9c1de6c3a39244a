// See probe.h. The order matters: everything that needs a file or a privilege first, then the
// privileges go, then the first byte leaves.
#include "cli/probe.h"

#include <fmt/core.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <list>
#include <map>
#include <memory>
#include <thread>

#include "capture/byte_output.h"
#include "capture/pcapng_writer.h"
#include "capture/privileges.h"
#include "capture/saved.h"
#include "capture/source.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/probe_report.h"
#include "cli/read.h"
#include "cli/report/escape.h"
#include "cli/report/json.h"
#include "cli/report/story.h"
#include "cli/report/text.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

/// Addresses of all targets together: a name with more is not probed to the last.
constexpr std::size_t kMostAddresses = 16;
/// Connections of one run; a typing error in --count must not become an attack.
constexpr std::size_t kMostConnections = 1000;
/// Sockets made deaf to resets before privileges go; below the usual limit of 1024 descriptors.
constexpr std::size_t kMostPrepared = 512;

/// What will be done, in order.
struct Plan {
  std::list<Target> targets;  // attempts point into it
  std::vector<Attempt> attempts;
  std::vector<std::string> devices;  // by attempt
  std::vector<std::string> problems;
};

Peer source_for(const ProbeAsk& ask, const Peer& to, const Route& route) {
  if (ask.source.empty()) return route.source;
  const Resolved from = resolve(ask.source, 0, to.is_v6() ? Family::V6 : Family::V4);
  return from.peers.empty() ? Peer{} : from.peers.front();
}

/// curl's host:port:address, or an address alone.
std::string address_of(const std::string& resolve_word, const Target& target) {
  const std::string prefix = fmt::format("{}:{}:", target.host, target.port);
  std::string address =
      resolve_word.starts_with(prefix) ? resolve_word.substr(prefix.size()) : resolve_word;
  if (address.starts_with('[') && address.ends_with(']'))
    address = address.substr(1, address.size() - 2);
  return address;
}

std::vector<Peer> addresses_of(const ProbeAsk& ask, const Target& target, Plan& plan) {
  const Family family = ask.only_v4 ? Family::V4 : ask.only_v6 ? Family::V6 : Family::Any;
  std::vector<std::string> hosts{target.host};
  if (!ask.resolve.empty()) {
    hosts.clear();
    for (const std::string& word : ask.resolve) hosts.push_back(address_of(word, target));
  }
  std::vector<Peer> all;
  for (const std::string& host : hosts) {
    const Resolved resolved = resolve(host, target.port, family);
    if (!resolved.problem.empty()) plan.problems.push_back(resolved.problem);
    all.insert(all.end(), resolved.peers.begin(), resolved.peers.end());
  }
  return all;
}

void add_attempt(const ProbeAsk& ask, const Target& target, const Peer& to, Plan& plan) {
  Attempt attempt;
  attempt.target = &target;
  attempt.starttls = ask.starttls.empty() ? target.starttls : ask.starttls;
  if (attempt.starttls == "none") attempt.starttls.clear();
  attempt.to = to;
  Peer wanted;
  if (!ask.source.empty()) {
    wanted = source_for(ask, to, {});
    if (wanted.length == 0) {
      plan.problems.push_back(
          fmt::format("{} is no address to reach {} from", harmless(ask.source), to.ip()));
      return;
    }
  }
  const Route route = route_to(to, ask.source.empty() ? nullptr : &wanted);
  if (!route.problem.empty()) {
    plan.problems.push_back(route.problem);
    return;
  }
  attempt.source = route.source;
  plan.attempts.push_back(attempt);
  plan.devices.push_back(ask.device.empty() ? route.device : ask.device);
}

Plan make_plan(const ProbeAsk& ask) {
  Plan plan;
  for (const std::string& text : ask.targets) {
    const Target& target = plan.targets.emplace_back(read_target(text));
    for (const Peer& to : addresses_of(ask, target, plan))
      if (plan.attempts.size() < kMostAddresses) add_attempt(ask, target, to, plan);
  }
  if (plan.attempts.size() * ask.count > kMostConnections)
    throw UsageError(fmt::format("that would be {} connections; {} are the most of one run",
                                 plan.attempts.size() * ask.count, kMostConnections));
  return plan;
}

/// What goes where, and that nothing has gone yet.
std::string plan_text(const ProbeAsk& ask, const Plan& plan, const TlsClient::Roots& roots,
                      const SavedHello* saved) {
  std::string out;
  for (std::size_t i = 0; i < plan.attempts.size(); ++i) {
    const Attempt& attempt = plan.attempts[i];
    const ProbeHello hello = make_hello(ask, *attempt.target, roots, saved);
    out += wrapped(
        "",
        fmt::format(
            "{}: connect from {} to {} port {} over {}, {}send a ClientHello of {} bytes{}, "
            "{}; {}, wait {:g} s at most{}",
            ascii_only(attempt.target->text), attempt.source.ip(), attempt.to.ip(),
            attempt.to.port(), plan.devices[i],
            attempt.starttls.empty() ? "" : "ask for TLS in " + attempt.starttls + ", ",
            hello.bytes.size(), ask.split > 0 ? " in two segments" : "",
            hello.client && !ask.hello_only ? "finish the handshake" : "stop at the first answer",
            ask.passive ? "heed resets" : "ignore resets to see what the server does next",
            ask.timeout_s,
            ask.count > 1 ? fmt::format("; {} times, {:g} s apart", ask.count, ask.interval_s)
                          : std::string()));
  }
  return out;
}

/// The packets of all attempts as a pcapng: in memory, where they are judged, and in -w's file.
class Evidence {
 public:
  explicit Evidence(const std::string& path)
      : path_(path), memory_(write_to_memory(bytes_)), writer_(*memory_, section()) {
    if (!path.empty()) file_ = create_file(path, IfExists::Replace);
  }

  void add(const AttemptResult& result, const LiveCapture& capture) {
    writer_.add_key_log(result.key_log);
    for (const Caught& one : result.packets) {
      Packet packet;
      packet.at = one.at;
      packet.bytes = one.bytes;
      packet.wire_len = one.wire_len;
      packet.link = one.link;
      writer_.add_packet(packet, interface_of(capture, result.filter));
    }
    add_statistics(capture);
    keep();
  }

  void name(const std::string& address, const std::string& name) {
    const KnownName known{address, name};
    writer_.add_names({&known, 1});
  }

  void close() {
    if (file_) file_->flush();
  }

  [[nodiscard]] Bytes bytes() const { return bytes_; }
  [[nodiscard]] std::string title() const { return path_.empty() ? "probe" : path_; }

 private:
  static PcapngSection section() {
    utsname system{};
    uname(&system);
    return {.hardware = system.machine,
            .os = fmt::format("{} {}", system.sysname, system.release),
            .application = "whohungup " WHOHUNGUP_VERSION " probe"};
  }

  /// Running totals behind every attempt: a flow is judged knowing what was lost by then.
  void add_statistics(const LiveCapture& capture) {
    const auto known = interfaces_.find(&capture);
    if (known == interfaces_.end()) return;
    const LiveCapture::Losses losses = capture.losses();
    PcapngStatistics statistics;
    statistics.at = now();
    statistics.begin = began_;
    statistics.end = statistics.at;
    statistics.received = losses.received;
    statistics.dropped = losses.dropped_by_interface;
    statistics.dropped_by_os = losses.dropped_by_os;
    writer_.add_statistics(known->second, statistics);
  }

  static Time now() {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  }

  std::uint32_t interface_of(const LiveCapture& capture, const std::string& filter) {
    if (const auto known = interfaces_.find(&capture); known != interfaces_.end())
      return known->second;
    const std::string offloads = offloads_of(capture.device());
    const std::uint32_t number =
        writer_.add_interface({.link = capture.link(),
                               .name = capture.device(),
                               .description = offloads.empty() ? "" : "offloads: " + offloads,
                               .filter = filter});
    interfaces_[&capture] = number;
    return number;
  }

  void keep() {
    if (!file_) return;
    file_->write(Bytes(bytes_).subspan(written_));
    written_ = bytes_.size();
  }

  std::string path_;
  std::vector<std::uint8_t> bytes_;
  std::unique_ptr<ByteOutput> memory_, file_;
  PcapngWriter writer_;
  std::map<const LiveCapture*, std::uint32_t> interfaces_;
  std::size_t written_{};
  Time began_{now()};
};

/// Tells each judged flow, and what the probe itself saw of it.
class ProbeReport : public Report {
 public:
  ProbeReport(const ProbeAsk& ask, Output& out, std::vector<Told>& all)
      : ask_(ask), out_(out), all_(all) {}

  void flow(const JudgedFlow& flow) override {
    const auto told = std::find_if(all_.begin(), all_.end(), [&](const Told& one) {
      return one.result.local_port == flow.talk.client.port && !one.judged;
    });
    if (told == all_.end()) return;
    told->judged = true;
    told->code = flow.verdict().code();
    told->confidence = to_string(flow.verdict().confidence);
    told->summary = flow.verdict().summary;
    // A hello that was answered and left alone on purpose was not hung up on.
    told->failed = flow.verdict().failed() && !(told->result.ended == Ended::FirstAnswer &&
                                                flow.verdict().event.claims != Side::Server);
    if (ask_.json) {
      out_.write(flow_line(json_, flow));
      out_.write(probe_line(json_, *told));
    } else if (all_.size() == 1 || ask_.verbose) {
      out_.write(story(flow, Style(ask_.colour), ask_.numeric));
      out_.write(probe_text(*told, Style(ask_.colour), ask_.passive) +
                 (all_.size() > 1 ? "\n" : ""));
    } else {
      out_.write(table_line(flow, ask_.numeric, Style(ask_.colour)) + "\n");
    }
  }
  void end(const Totals&, const FlowCounts&, const CaptureNotes&) override {}

  /// An attempt of which no packets can be judged.
  void alone(Told& told) {
    conclude_from_socket(told);
    if (ask_.json) {
      out_.write(probe_line(json_, told));
      return;
    }
    out_.write(wrapped("", harmless(told.summary)));
    const Style style(ask_.colour);
    const std::string code = fmt::format("{} ({})", told.code, told.confidence);
    out_.write((told.failed ? style.bad(code) : style.good(code)) + "\n");
    out_.write(probe_text(told, style, ask_.passive));
  }

 private:
  const ProbeAsk& ask_;
  Output& out_;
  std::vector<Told>& all_;
  JsonWriter json_;
};

/// One capture for each device the routes use, opened while that is still allowed.
std::map<std::string, std::unique_ptr<LiveCapture>> open_captures(const ProbeAsk& ask, Plan& plan) {
  std::map<std::string, std::unique_ptr<LiveCapture>> captures;
  if (ask.no_capture || !LiveCapture::permitted()) return captures;
  for (std::size_t i = 0; i < plan.attempts.size(); ++i) {
    auto& capture = captures[plan.devices[i]];
    if (!capture) capture = LiveCapture::open(plan.devices[i]);
    plan.attempts[i].capture = capture.get();
  }
  return captures;
}

void wait_between(double seconds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!interrupted() && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

using Dials = std::vector<std::unique_ptr<Dial>>;

/// The sockets of all connections, in the order of run_all(), made while they may be made deaf.
Dials prepare_dials(const ProbeAsk& ask, const Plan& plan) {
  Dials dials;
  for (unsigned turn = 0; turn < ask.count; ++turn)
    for (const Attempt& attempt : plan.attempts)
      if (dials.size() < kMostPrepared) dials.push_back(make_dial(ask, attempt));
  return dials;
}

std::vector<Told> run_all(const ProbeAsk& ask, const Plan& plan, const TlsClient::Roots& roots,
                          const SavedHello* saved, Dials& dials, Evidence& evidence) {
  std::vector<Told> all;
  for (unsigned turn = 0; turn < ask.count; ++turn)
    for (const Attempt& attempt : plan.attempts) {
      if (interrupted()) return all;
      if (!all.empty()) wait_between(ask.interval_s);
      Told told;
      told.attempt = attempt;
      const std::unique_ptr<Dial> dial =
          all.size() < dials.size() ? std::move(dials[all.size()]) : make_dial(ask, attempt);
      told.result =
          run_attempt(ask, attempt, *dial, make_hello(ask, *attempt.target, roots, saved));
      if (attempt.capture != nullptr) evidence.add(told.result, *attempt.capture);
      all.push_back(std::move(told));
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

ReadOptions judging_options(const ProbeAsk& ask, const Plan& plan) {
  ReadOptions options;
  for (const Attempt& attempt : plan.attempts) options.ports.push_back(attempt.to.port());
  options.all = true;
  options.json = ask.json;
  options.verbose = true;
  options.quiet = true;
  options.interruptible = false;
  return options;
}

/// What no connection could even be tried for.
void complain(const std::vector<std::string>& problems) {
  for (const std::string& problem : problems) fmt::print(stderr, "whohungup: {}\n", problem);
}

Exit status_of(const std::vector<Told>& all, const Plan& plan) {
  const bool any_problem =
      !plan.problems.empty() || std::any_of(all.begin(), all.end(), [](const Told& told) {
        return !told.result.problem.empty();
      });
  if (std::any_of(all.begin(), all.end(), [](const Told& told) { return told.failed; }))
    return Exit::HungUp;
  if (any_problem) return Exit::CannotRead;
  return all.empty() ? Exit::NothingToJudge : Exit::Completed;
}

/// Judges what was caught, by the very way a saved capture goes; then what was not caught.
void judge_and_tell(const ProbeAsk& ask, const Plan& plan, const Evidence& evidence,
                    std::vector<Told>& all, Output& out) {
  ProbeReport report(ask, out, all);
  const auto source = open_saved_bytes(evidence.bytes(), evidence.title());
  judge_source(*source, judging_options(ask, plan), report);
  for (Told& told : all)
    if (!told.judged && told.result.problem.empty()) report.alone(told);
  if (!ask.json && all.size() > 1) out.write("\n" + difference_text(all));
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
  Plan plan = make_plan(ask);
  complain(plan.problems);
  for (const Attempt& attempt : plan.attempts)       // wishes that cannot be met are refused before
    make_hello(ask, *attempt.target, roots, given);  // anything is sent
  if (ask.dry_run) {
    out.write(plan_text(ask, plan, roots, given));
    out.flush();
    return plan.attempts.empty() ? Exit::CannotRead : Exit::Completed;
  }
  if (plan.attempts.empty()) return Exit::CannotRead;

  // What needs a privilege is opened now; beyond drop_privileges() there is none left.
  const auto captures = open_captures(ask, plan);
  Dials dials = prepare_dials(ask, plan);
  Evidence evidence(ask.write);
  for (const Attempt& attempt : plan.attempts)
    if (!attempt.target->is_address) evidence.name(attempt.to.ip(), attempt.target->host);
  const Dropped dropped = drop_privileges();
  if (ask.verbose && !ask.quiet)
    fmt::print(stderr, "whohungup: gave up{}{}{}\n", dropped.root ? " root," : "",
               dropped.capabilities ? " capabilities," : "",
               dropped.system_calls ? " and dangerous system calls" : " nothing else");
  if (captures.empty()) say_how_to_capture(ask, out);
  out.flush();

  std::vector<Told> all = run_all(ask, plan, roots, given, dials, evidence);
  evidence.close();
  for (const Told& told : all)
    if (!told.result.problem.empty()) complain({told.result.problem});
  judge_and_tell(ask, plan, evidence, all, out);
  out.flush();
  return status_of(all, plan);
}

}  // namespace whohungup
