// What the sweeps come to in words.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analyze/hop.h"
#include "analyze/words.h"

namespace whohungup {
namespace {

std::string_view does(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::Fin:
      return "closes the connection";
    case Mechanism::Rst:
      return "resets the connection";
    case Mechanism::Alert:
      return "answers with an alert";
    case Mechanism::Plaintext:
      return "answers without TLS";
    case Mechanism::Icmp:
      return "refuses by ICMP";
    default:
      return "drops the hello";
  }
}

std::string_view does_to_syn(Mechanism mechanism) {
  if (mechanism == Mechanism::Icmp) return "refuses the SYN by ICMP";
  return mechanism == Mechanism::Rst ? "refuses the SYN" : "drops the SYN";
}

std::string where(const HopVerdict& verdict) {
  if (!verdict.hop_known) return "somewhere before the server";
  if (verdict.before_hop == verdict.after_hop + 1)
    return verdict.after_hop == 0 ? "before or at hop 1"
                                  : fmt::format("at hop {} or between it and hop {}",
                                                verdict.after_hop, verdict.before_hop);
  return fmt::format("behind hop {} and before hop {}", verdict.after_hop, verdict.before_hop);
}

/// The proxy answers in the server's name. The router at its hop is that machine or the next.
std::string whose(const std::vector<HopSweep>& sweeps) {
  const auto known = std::find_if(sweeps.begin(), sweeps.end(),
                                  [](const HopSweep& sweep) { return !sweep.beside_peer.empty(); });
  return known == sweeps.end() ? ""
                               : fmt::format(" (at or before the router {})", known->beside_peer);
}

}  // namespace

std::string hop_summary(const HopTrace& trace, const HopVerdict& verdict) {
  const bool syn = trace.stage == Stage::Syn;
  const std::string_view what = syn ? does_to_syn(trace.mechanism) : does(trace.mechanism);
  const int server = verdict.sweeps.empty() ? 0 : verdict.sweeps.front().server_hops;
  switch (verdict.place) {
    case HopPlace::Here:
      return verdict.sweeps.front().facts.has(HopFact::BesideInterface)
                 ? "Something on this very machine answers in the server's name: no packet of "
                   "these "
                   "connections leaves it."
                 : fmt::format("This very machine keeps back the {}: nothing of it leaves.",
                               syn || server == 0 ? "SYN" : "hello");
    case HopPlace::Before:
      return fmt::format(
          "Somebody on the path {} {}{}, {}.", what, where(verdict),
          server > 0 ? fmt::format(" (the server is {} away)", count(server, "hop")) : "",
          verdict.way == HopWay::InPath   ? "in the way of the packets"
          : verdict.way == HopWay::OnPath ? "beside the path: the original goes on"
                                          : "in the way or beside it");
    case HopPlace::AtServer:
      return fmt::format(
          "The one who {} is the server or stands next to it{}: hops cannot tell "
          "them apart{}.",
          trace.mechanism == Mechanism::Silence && !syn ? "does not answer" : what,
          server > 0 ? fmt::format(", {} away", count(server, "hop")) : "",
          answer_may_be_lost(trace) ? ", and an answer that was lost on its way looks the same"
                                    : "");
    case HopPlace::Proxy:
      return fmt::format(
          "A proxy {} away{} is the TCP peer and {}, by itself or for what it met behind it; the "
          "path to the server's address goes on.",
          count(server, "hop"), whose(verdict.sweeps),
          trace.mechanism == Mechanism::Silence ? "does not answer" : what);
    case HopPlace::NoWay: {
      const std::string& from = verdict.sweeps.front().no_way_from;
      return from.empty() ? "The packets go in a circle between routers and never come to the "
                            "server: a matter of routes, nobody hangs up."
                          : fmt::format(
                                "The router {} says that it finds no way to the server: "
                                "the host is down, or a route is missing.",
                                from);
    }
    case HopPlace::Nobody:
      return "Nobody hung up: the handshake was completed at full hop limit.";
    case HopPlace::Unknown:
      break;
  }
  const auto all = [&](HopFact fact) {
    return !verdict.sweeps.empty() &&
           std::all_of(verdict.sweeps.begin(), verdict.sweeps.end(),
                       [&](const HopSweep& sweep) { return sweep.facts.has(fact); });
  };
  if (all(HopFact::Silence) && all(HopFact::AnswerLost))
    return "The server answered, and its answer was lost on the way back: where cannot be told, "
           "hops test the way there.";
  if (all(HopFact::Silence) && all(HopFact::OnlySmallReported))
    return fmt::format(
        "These hops do not tell who it was: behind hop {} routers report small packets only, so "
        "that no report of the hello is missing there.",
        verdict.sweeps.front().last_heard);
  return "These hops do not tell who it was.";
}

std::string_view to_string(HopKind kind) {
  constexpr std::array<std::string_view, 4> kNames{"udp", "syn", "control", "hello"};
  return kNames[static_cast<std::size_t>(kind)];
}
std::string_view to_string(HopAnswer answer) {
  constexpr std::array<std::string_view, 8> kNames{"nothing", "syn-ack", "refused",   "reset",
                                                   "closed",  "alert",   "handshake", "plaintext"};
  return kNames[static_cast<std::size_t>(answer)];
}
std::string_view to_string(HopPlace place) {
  constexpr std::array<std::string_view, 7> kNames{
      "this-machine", "before-server", "at-server", "proxy", "no-way", "nobody", "unknown"};
  return kNames[static_cast<std::size_t>(place)];
}
std::string_view to_string(HopWay way) {
  constexpr std::array<std::string_view, 3> kNames{"in-path", "on-path", "unknown"};
  return kNames[static_cast<std::size_t>(way)];
}

}  // namespace whohungup
