// See probe_plan.h.
#include "cli/probe_plan.h"

#include <fmt/core.h>

#include <utility>

#include "cli/report/escape.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

/// Connections of one run; a typing error in --count must not become an attack.
constexpr std::size_t kMostConnections = 1000;

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

/// Why nobody can be connected to there, whatever the routes say; empty where somebody may be.
std::string no_place(const Peer& to) {
  const std::string ip = to.ip();
  if (ip == "0.0.0.0" || ip == "::") return ip + " is no address of anybody's";
  if (ip.starts_with("fe80:") && ip.find('%') == std::string::npos)
    return fmt::format("{0} is on every link; say on which: {0}%eth0", ip);
  return {};
}

void add_attempt(const ProbeAsk& ask, const Target& target, const Peer& to, Plan& plan) {
  if (std::string why = no_place(to); !why.empty()) {
    plan.problems.push_back(std::move(why));
    return;
  }
  Attempt attempt;
  attempt.target = target;
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
  attempt.device = ask.device.empty() ? route.device : ask.device;
  plan.attempts.push_back(attempt);
}

}  // namespace

Plan make_plan(const ProbeAsk& ask, std::size_t most_addresses) {
  Plan plan;
  std::size_t left_out = 0;
  for (const std::string& text : ask.targets) {
    const Target target = read_target(text);
    for (const Peer& to : addresses_of(ask, target, plan))
      if (plan.attempts.size() < most_addresses)
        add_attempt(ask, target, to, plan);
      else
        ++left_out;
  }
  if (left_out > 0)
    plan.problems.push_back(
        fmt::format("{} more left out: {} addresses are tried in one run; --resolve names others",
                    left_out, most_addresses));
  if (plan.attempts.size() * ask.count > kMostConnections)
    throw UsageError(fmt::format("that would be {} connections; {} are the most of one run",
                                 plan.attempts.size() * ask.count, kMostConnections));
  return plan;
}

std::string plan_text(const ProbeAsk& ask, const Plan& plan, const TlsClient::Roots& roots,
                      const SavedHello* saved) {
  std::string out;
  for (const Attempt& attempt : plan.attempts) {
    const ProbeHello hello = make_hello(ask, attempt.target, roots, saved);
    out += wrapped(
        "",
        fmt::format(
            "{}: connect from {} to {} port {} over {}, {}send a ClientHello of {} bytes{}, "
            "{}; {}, wait {:g} s at most{}",
            ascii_only(attempt.target.text), attempt.source.ip(), attempt.to.ip(),
            attempt.to.port(), attempt.device,
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

}  // namespace whohungup
