// What the sweeps of `trace` come to: each pitfall of diagnosis.md §3.1 as a handful of probes.
#include "analyze/hop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "analyze/hop_read.h"
#include "tests/support/frame_bytes.h"
#include "tests/support/hop_probes.h"

namespace whohungup {
namespace {

using test::probe;

constexpr int kServer = 6;  // hops to the one who answers SYNs, as in the lab

HopIcmp expiry(int hop) {
  HopIcmp icmp;
  icmp.reporter = "10.9.0." + std::to_string(hop);
  icmp.type = 11;
  icmp.after = std::chrono::milliseconds(4 * hop);
  return icmp;
}

/// Two sweeps along a path whose routers all report; `hello` says what a hello with so many hops
/// brings back.
template <class Hello>
HopTrace trace_of(Mechanism mechanism, Stage stage, Hello&& hello, int path_hops = kServer) {
  HopTrace trace{"10.9.2.2", mechanism, stage, true, {}};
  for (int hops = 1; hops < path_hops; ++hops) {
    HopProbe one = probe(HopKind::Udp, hops, 0);
    one.icmp.push_back(expiry(hops));
    trace.probes.push_back(one);
    one.large = true;
    trace.probes.push_back(one);
  }
  for (unsigned sweep = 0; sweep < 2; ++sweep) {
    for (int hops = 1; hops <= kServer; ++hops) {
      HopProbe one = probe(HopKind::Syn, hops, sweep);
      if (hops < kServer)
        one.icmp.push_back(expiry(hops));
      else
        one.answer = HopAnswer::SynAck;
      trace.probes.push_back(one);
    }
    for (int hops = 1; hops < 2 * kServer + 2; ++hops) {
      HopProbe one = probe(HopKind::Hello, hops, sweep);
      if (hops > kServer && mechanism != Mechanism::Rst) break;
      hello(one);
      const bool again = hops < kServer && (ends(one.answer) || !one.time_exceeded());
      for (int turn = 0; turn < (again ? 3 : 1); ++turn) trace.probes.push_back(one);
    }
  }
  return trace;
}

/// A box behind hop 3: what is beside the path lets the hello go on.
auto box_behind_3(bool in_path, HopAnswer answer, bool server_answers = true) {
  return [=](HopProbe& one) {
    const bool seen = one.hops > 3, goes_on = !in_path || !seen;
    if (one.hops < kServer && goes_on) one.icmp.push_back(expiry(one.hops));
    if (one.hops >= kServer && goes_on && server_answers) one.acked = one.handshake = true;
    if (seen) one.answer = answer;
    if (seen) one.answer_ttl = 61;
  };
}

TEST(Hops, ProveABoxBesideThePathByAHelloThatExpiredAndWasAnswered) {
  const HopVerdict verdict = judge_hops(
      trace_of(Mechanism::Rst, Stage::ClientHello, box_behind_3(false, HopAnswer::Reset)));
  EXPECT_EQ(verdict.rule, "hop-beside");
  EXPECT_EQ(verdict.place, HopPlace::Before);
  EXPECT_EQ(verdict.way, HopWay::OnPath);
  EXPECT_EQ(verdict.confidence, Confidence::Proven);
  EXPECT_EQ(verdict.after_hop, 3);
  EXPECT_EQ(verdict.before_hop, 4);
  EXPECT_EQ(
      verdict.summary,
      "Somebody on the path resets the connection at hop 3 or between it and hop 4 (the server "
      "is 6 hops away), beside the path: the original goes on.");
}

TEST(Hops, ProveABoxInThePathByWhatIsNotReportedBehindIt) {
  for (const auto& [mechanism, answer] : {std::pair{Mechanism::Rst, HopAnswer::Reset},
                                          {Mechanism::Fin, HopAnswer::Closed},
                                          {Mechanism::Alert, HopAnswer::Alert},
                                          {Mechanism::Plaintext, HopAnswer::Plaintext}}) {
    const HopVerdict verdict =
        judge_hops(trace_of(mechanism, Stage::ClientHello, box_behind_3(true, answer)));
    EXPECT_EQ(verdict.rule, "hop-instead");
    EXPECT_EQ(verdict.confidence, Confidence::Proven);
    EXPECT_EQ(verdict.after_hop, 3);
  }
}

TEST(Hops, SayNothingBecauseIcmpIsMissing) {
  // No router reports anything: an answer before the server is all there is, and its way is
  // unknown.
  HopTrace trace =
      trace_of(Mechanism::Rst, Stage::ClientHello, box_behind_3(true, HopAnswer::Reset));
  for (HopProbe& one : trace.probes) one.icmp.clear();
  const HopVerdict verdict = judge_hops(trace);
  EXPECT_EQ(verdict.rule, "hop-before");
  EXPECT_EQ(verdict.way, HopWay::Unknown);
  // And a silence of all routers is no drop.
  HopTrace silent =
      trace_of(Mechanism::Silence, Stage::ClientHello, box_behind_3(true, HopAnswer::Nothing));
  for (HopProbe& one : silent.probes) one.icmp.clear();
  EXPECT_EQ(judge_hops(silent).place, HopPlace::Unknown);
}

TEST(Hops, FindWhereHellosAreDropped) {
  const HopVerdict verdict = judge_hops(
      trace_of(Mechanism::Silence, Stage::ClientHello, box_behind_3(true, HopAnswer::Nothing)));
  EXPECT_EQ(verdict.rule, "hop-drop");
  EXPECT_EQ(verdict.after_hop, 3);
  EXPECT_EQ(verdict.before_hop, 4);
  EXPECT_EQ(verdict.confidence, Confidence::Strong) << "silence is never proof";
}

/// Control hellos that expire and are left alone; or are reset, too.
void add_controls(HopTrace& trace, HopAnswer answer) {
  for (unsigned sweep = 0; sweep < 2; ++sweep)
    for (int hops = 1; hops < kServer; ++hops) {
      HopProbe one = probe(HopKind::Control, hops, sweep);
      one.icmp.push_back(expiry(hops));
      if (hops > 3) one.answer = answer;
      trace.probes.push_back(one);
    }
}

/// Hop 4 and those behind it report SYNs and small datagrams, and nothing as large as a hello.
HopTrace reports_small_behind_3(HopTrace trace) {
  for (HopProbe& one : trace.probes)
    if (one.hops > 3 && (one.large || one.kind == HopKind::Control)) one.icmp.clear();
  return trace;
}

TEST(Hops, CallNobodyADropperWhereOnlySmallPacketsAreReported) {
  const HopVerdict verdict = judge_hops(reports_small_behind_3(
      trace_of(Mechanism::Silence, Stage::ClientHello, box_behind_3(true, HopAnswer::Nothing))));
  EXPECT_EQ(verdict.place, HopPlace::Unknown) << "missing ICMP scores nothing";
  EXPECT_EQ(verdict.summary,
            "These hops do not tell who it was: behind hop 3 routers report small packets only, so "
            "that no report of the hello is missing there.");
}

TEST(Hops, DoNotProveABoxInThePathWhereOnlySmallPacketsAreReported) {
  const HopVerdict verdict = judge_hops(reports_small_behind_3(
      trace_of(Mechanism::Rst, Stage::ClientHello, box_behind_3(true, HopAnswer::Reset))));
  EXPECT_EQ(verdict.rule, "hop-before");
  EXPECT_EQ(verdict.way, HopWay::Unknown);
}

TEST(Hops, FindADropperBehindARouterThatReportsSmallPacketsOnly) {
  HopTrace trace =
      trace_of(Mechanism::Silence, Stage::ClientHello, box_behind_3(true, HopAnswer::Nothing));
  for (HopProbe& one : trace.probes)
    if (one.large && one.hops == 4) one.icmp.clear();
  add_controls(trace, HopAnswer::Nothing);
  for (HopProbe& one : trace.probes)
    if (one.kind == HopKind::Control && one.hops == 4) one.icmp.clear();
  const HopVerdict verdict = judge_hops(trace);
  EXPECT_EQ(verdict.rule, "hop-drop");
  EXPECT_EQ(verdict.after_hop, 3);
  EXPECT_EQ(verdict.before_hop, 5);
}

TEST(Hops, AskNoRouterOffTheSynsWayWhetherItReportsLargePackets) {
  HopTrace trace =
      trace_of(Mechanism::Silence, Stage::ClientHello, box_behind_3(true, HopAnswer::Nothing));
  for (HopProbe& one : trace.probes)
    if (one.large && one.hops > 3) one.icmp[0].reporter = "10.9.7.7";
  EXPECT_EQ(judge_hops(trace).place, HopPlace::Unknown);
}

/// The hello reaches the server, and nothing comes.
HopTrace silent_server() {
  return trace_of(Mechanism::Silence, Stage::ClientHello, [](HopProbe& one) {
    if (one.hops < kServer) one.icmp.push_back(expiry(one.hops));
    if (one.hops >= kServer) one.acked = true;
  });
}

TEST(Hops, DoNotCallAServerSilentWhoseAnswerWasLost) {
  HopTrace trace = silent_server();
  trace.answer_lost = true;
  const HopVerdict verdict = judge_hops(trace);
  EXPECT_EQ(verdict.place, HopPlace::Unknown);
  EXPECT_EQ(verdict.rule, "hop-answer-lost-somewhere");
  EXPECT_EQ(verdict.summary,
            "The server answered, and its answer was lost on the way back: where cannot be told, "
            "hops test the way there.");
  HopTrace proxied = trace_of(
      Mechanism::Silence, Stage::ClientHello,
      [](HopProbe& one) { one.acked = one.hops >= kServer; }, kServer + 3);
  proxied.answer_lost = true;
  EXPECT_EQ(judge_hops(proxied).place, HopPlace::Unknown);
}

TEST(Hops, CallAServerSilentStronglyOnlyWhereNoAnswerCanBeLost) {
  HopTrace trace = silent_server();
  const HopVerdict may_be_lost = judge_hops(trace);
  EXPECT_EQ(may_be_lost.rule, "hop-server-silent");
  EXPECT_EQ(may_be_lost.confidence, Confidence::Suggested);
  EXPECT_TRUE(may_be_lost.summary.ends_with(
      "hops cannot tell them apart, and an answer that was lost on its way looks the same."));
  trace.nothing_lost = true;
  EXPECT_EQ(judge_hops(trace).confidence, Confidence::Strong);
  EXPECT_TRUE(judge_hops(trace).summary.ends_with("hops cannot tell them apart."));
}

TEST(Hops, DoNotCallARouterThatLimitsItsIcmpADropper) {
  // Hop 4 reported the SYN once and the hello never; hop 5 reports the hello.
  const HopVerdict verdict =
      judge_hops(trace_of(Mechanism::Silence, Stage::ClientHello, [](HopProbe& one) {
        if (one.hops < kServer && one.hops != 4) one.icmp.push_back(expiry(one.hops));
        if (one.hops >= kServer) one.acked = true;
      }));
  EXPECT_EQ(verdict.rule, "hop-server-silent");
  EXPECT_EQ(verdict.place, HopPlace::AtServer);
}

TEST(Hops, LeaveTheServerAndItsNeighbourUndecided) {
  const HopVerdict verdict =
      judge_hops(trace_of(Mechanism::Rst, Stage::ClientHello, [](HopProbe& one) {
        if (one.hops < kServer) one.icmp.push_back(expiry(one.hops));
        if (one.hops >= kServer) one.answer = HopAnswer::Reset;
        if (one.hops >= kServer) one.answer_ttl = 59;
      }));
  EXPECT_EQ(verdict.rule, "hop-server");
  EXPECT_FALSE(verdict.hop_known);
  EXPECT_EQ(
      verdict.summary,
      "The one who resets the connection is the server or stands next to it, 6 hops away: hops "
      "cannot tell them apart.");
}

TEST(Hops, RecogniseATransparentProxyByHowNearSynsAreAnswered) {
  const HopVerdict verdict = judge_hops(trace_of(
      Mechanism::Fin, Stage::Accepted,
      [](HopProbe& one) {
        if (one.hops < kServer) one.icmp.push_back(expiry(one.hops));
        if (one.hops >= kServer) one.answer = HopAnswer::Closed;
      },
      kServer + 3));
  EXPECT_EQ(verdict.rule, "hop-proxy-at-accept");
  EXPECT_EQ(verdict.place, HopPlace::Proxy) << "not: a middlebox before the server";
}

TEST(Hops, SeeNoProxyWhereARouterGivesOnlyTcpMoreHops) {
  // SYNs reach the server two hops sooner than datagrams, and expire two routers farther on.
  HopTrace trace{"10.9.2.2", Mechanism::Rst, Stage::ClientHello, true, {}};
  for (int hops = 1; hops < kServer; ++hops) {
    HopProbe one = probe(HopKind::Udp, hops, 0);
    one.icmp.push_back(expiry(hops));
    trace.probes.push_back(one);
  }
  for (unsigned sweep = 0; sweep < 2; ++sweep)
    for (int hops = 1; hops <= kServer - 2; ++hops)
      for (const HopKind kind : {HopKind::Syn, HopKind::Hello}) {
        HopProbe one = probe(kind, hops, sweep);
        if (hops < kServer - 2)
          one.icmp.push_back(expiry(hops + 2));
        else
          one.answer = kind == HopKind::Syn ? HopAnswer::SynAck : HopAnswer::Reset;
        trace.probes.push_back(one);
      }
  EXPECT_EQ(judge_hops(trace).place, HopPlace::AtServer);
}

TEST(Hops, DoNotTakeACloseAtAcceptForAnAnswerToTheHello) {
  // Found in the lab: the FIN is on its way when a hello with one hop leaves.
  const HopVerdict verdict =
      judge_hops(trace_of(Mechanism::Fin, Stage::Accepted, [](HopProbe& one) {
        if (one.hops < kServer) one.icmp.push_back(expiry(one.hops));
        one.answer = HopAnswer::Closed;
      }));
  EXPECT_EQ(verdict.place, HopPlace::Unknown);
  EXPECT_EQ(verdict.summary, "These hops do not tell who it was.");
}

/// As a socket without packets has it: routers' reports cut the listening short.
HopTrace heard_by_socket(Mechanism mechanism, Stage stage, HopTrace trace, Duration answers_after) {
  using std::chrono::milliseconds;
  trace.captured = false;
  trace.mechanism = mechanism;
  trace.stage = stage;
  for (HopProbe& one : trace.probes) {
    one.listened = one.time_exceeded() != nullptr ? milliseconds(60) : milliseconds(1000);
    if (ends(one.answer)) one.after = answers_after;
  }
  return trace;
}

TEST(Hops, TellABoxFromAnEndAtAcceptByTheHellosThatAreLeftAlone) {
  const HopTrace trace = trace_of(Mechanism::Rst, Stage::Accepted, [](HopProbe& one) {
    if (one.hops < kServer) one.icmp.push_back(expiry(one.hops));
    if (one.hops > 3) one.answer = HopAnswer::Reset;
  });
  using std::chrono::milliseconds;
  const HopVerdict quick =
      judge_hops(heard_by_socket(Mechanism::Rst, Stage::Accepted, trace, milliseconds(20)));
  EXPECT_EQ(quick.place, HopPlace::Before);
  EXPECT_EQ(quick.after_hop, 3);
  EXPECT_EQ(quick.confidence, Confidence::Suggested);
  // A server that closes a while behind accept is heard only where nothing ends the wait sooner.
  const HopVerdict slow =
      judge_hops(heard_by_socket(Mechanism::Rst, Stage::Accepted, trace, milliseconds(200)));
  EXPECT_EQ(slow.place, HopPlace::Unknown);
}

TEST(Hops, SuggestADropperWithoutPacketsWhereTheSocketIsToldOfExpiryBeforeHim) {
  using std::chrono::milliseconds;
  const HopTrace trace =
      trace_of(Mechanism::Silence, Stage::ClientHello, box_behind_3(true, HopAnswer::Nothing));
  const HopVerdict told =
      judge_hops(heard_by_socket(Mechanism::Silence, Stage::ClientHello, trace, milliseconds(0)));
  EXPECT_EQ(told.rule, "hop-drop-untold");
  EXPECT_EQ(told.confidence, Confidence::Suggested);
  EXPECT_EQ(told.after_hop, 3);
  // A socket that is told of no hello's expiry may be deaf to it.
  HopTrace deaf = trace;
  for (HopProbe& one : deaf.probes)
    if (one.kind == HopKind::Hello) one.icmp.clear();
  EXPECT_EQ(
      judge_hops(heard_by_socket(Mechanism::Silence, Stage::ClientHello, deaf, milliseconds(0)))
          .place,
      HopPlace::Unknown);
}

TEST(Hops, DoNotCallWhoCopiesTheHopLimitNear) {
  // Beside hop 3; its resets leave with what the hello had left there and need two hops back.
  const HopVerdict verdict =
      judge_hops(trace_of(Mechanism::Rst, Stage::ClientHello, [](HopProbe& one) {
        if (one.hops < kServer) one.icmp.push_back(expiry(one.hops));
        if (one.hops >= kServer) one.acked = one.handshake = true;
        if (one.hops < 6) return;
        one.answer = HopAnswer::Reset;
        one.answer_ttl = static_cast<std::uint8_t>(one.hops - 5);
      }));
  EXPECT_EQ(verdict.rule, "hop-copy-beside");
  EXPECT_EQ(verdict.place, HopPlace::Before);
  EXPECT_EQ(verdict.after_hop, 3);
  EXPECT_LE(verdict.confidence, Confidence::Strong);
}

TEST(Hops, ConcludeNothingWherePortsDisagree) {
  HopTrace trace =
      trace_of(Mechanism::Rst, Stage::ClientHello, box_behind_3(false, HopAnswer::Reset));
  for (HopProbe& one : trace.probes)
    if (one.sweep == 1 && one.kind == HopKind::Hello && one.hops < kServer)
      one.answer = HopAnswer::Nothing;
  const HopVerdict verdict = judge_hops(trace);
  EXPECT_EQ(verdict.place, HopPlace::Unknown);
  EXPECT_TRUE(verdict.summary.starts_with("Different source ports come to different ends"));
}

TEST(Hops, ProveNothingFromTheSocketAloneNorFromOnePort) {
  HopTrace trace =
      trace_of(Mechanism::Rst, Stage::ClientHello, box_behind_3(false, HopAnswer::Reset));
  trace.captured = false;
  EXPECT_EQ(judge_hops(trace).confidence, Confidence::Suggested);
  trace.captured = true;
  std::erase_if(trace.probes, [](const HopProbe& one) { return one.sweep == 1; });
  EXPECT_EQ(judge_hops(trace).confidence, Confidence::Strong);
}

TEST(Hops, TellAnAnswerToTheHelloFromACloseAtAcceptWithoutPacketsByTheControl) {
  // A socket calls a reset that answers the hello and one at accept by the same name.
  HopTrace filter =
      trace_of(Mechanism::Rst, Stage::Accepted, box_behind_3(false, HopAnswer::Reset));
  filter.captured = false;
  HopTrace at_accept = filter;
  add_controls(filter, HopAnswer::Nothing);
  add_controls(at_accept, HopAnswer::Reset);
  EXPECT_EQ(judge_hops(filter).place, HopPlace::Before);
  EXPECT_EQ(judge_hops(filter).confidence, Confidence::Suggested);
  EXPECT_NE(judge_hops(at_accept).place, HopPlace::Before);
  filter.captured = true;  // packets do not need that inference
  EXPECT_NE(judge_hops(filter).place, HopPlace::Before);
}

/// SYNs that nothing answers; from hop 3 on a router says what it says.
HopTrace refused_by(std::uint8_t code) {
  HopTrace trace{"10.9.2.2", Mechanism::Icmp, Stage::Syn, true, {}};
  for (unsigned sweep = 0; sweep < 2; ++sweep)
    for (int hops = 1; hops <= 6; ++hops) {
      HopProbe one = probe(HopKind::Syn, hops, sweep);
      one.icmp.push_back(expiry(std::min(hops, 3)));
      if (hops > 3) one.icmp.back().type = 3, one.icmp.back().code = code;
      trace.probes.push_back(one);
    }
  return trace;
}

TEST(Hops, DoNotAccuseARouterThatFindsNoWay) {
  constexpr std::uint8_t kHostUnreachable = 1;
  const HopVerdict verdict = judge_hops(refused_by(kHostUnreachable));
  EXPECT_EQ(verdict.place, HopPlace::NoWay);
  EXPECT_EQ(verdict.rule, "hop-no-way");
  EXPECT_EQ(verdict.summary,
            "The router 10.9.0.3 says that it finds no way to the server: the host is down, or a "
            "route is missing.");
}

TEST(Hops, SayOfARouterThatRefusesTheSynThatItDoes) {
  constexpr std::uint8_t kAdminProhibited = 13;
  const HopVerdict verdict = judge_hops(refused_by(kAdminProhibited));
  EXPECT_EQ(verdict.rule, "hop-icmp");
  EXPECT_EQ(verdict.summary,
            "Somebody on the path refuses the SYN by ICMP at hop 3 or between it and hop 4, in the "
            "way of the packets.");
}

TEST(Hops, TakeAnErrorAboutSizeForNoRefusal) {
  constexpr std::uint8_t kFragmentationNeeded = 4;
  EXPECT_EQ(judge_hops(refused_by(kFragmentationNeeded)).place, HopPlace::Unknown);
}

TEST(Hops, SeePacketsThatGoInACircle) {
  HopTrace trace{"10.9.2.2", Mechanism::Icmp, Stage::Syn, true, {}};
  for (unsigned sweep = 0; sweep < 2; ++sweep)
    for (int hops = 1; hops <= 12; ++hops) {
      HopProbe one = probe(HopKind::Syn, hops, sweep);
      one.icmp.push_back(expiry(hops < 3 ? hops : 3 + hops % 2));
      trace.probes.push_back(one);
    }
  const HopVerdict verdict = judge_hops(trace);
  EXPECT_EQ(verdict.rule, "hop-circle");
  EXPECT_EQ(verdict.place, HopPlace::NoWay);
}

TEST(Hops, TakeAnEmptyTrace) {
  const HopVerdict verdict = judge_hops({"10.9.2.2", Mechanism::Silence, Stage::Syn, true, {}});
  EXPECT_EQ(verdict.place, HopPlace::Unknown);
  EXPECT_TRUE(hop_table({}).empty());
}

TEST(HopTable, NamesTheRouterWhereARefusalInTheServersNameCameFromItsHop) {
  HopTrace trace{"10.9.2.2", Mechanism::Rst, Stage::Syn, true, {}};
  for (int hops = 1; hops <= 3; ++hops) {
    HopProbe datagram = probe(HopKind::Udp, hops, 0), syn = probe(HopKind::Syn, hops, 0);
    if (hops < 3) datagram.icmp.push_back(expiry(hops));
    if (hops == 1) syn.icmp.push_back(expiry(hops));
    if (hops > 1) syn.answer = HopAnswer::Refused;
    trace.probes.push_back(syn);
    trace.probes.push_back(datagram);
  }
  const auto table = hop_table(trace);
  EXPECT_EQ(table[1].reporters, std::vector<std::string>{"10.9.0.2"}) << "no router bears it";
  EXPECT_EQ(table[1].answers, std::vector<std::string>{"refused"});
  EXPECT_EQ(table[2].reporters, std::vector<std::string>{"10.9.2.2"}) << "nobody else is known";
}

TEST(HopTable, NamesSplitWaysAndChangesOnce) {
  HopTrace trace = trace_of(Mechanism::Rst, Stage::ClientHello, [](HopProbe& one) {
    if (one.hops < kServer) one.icmp.push_back(expiry(one.hops));
    if (!one.icmp.empty() && one.hops >= 2) one.icmp[0].changed = {"traffic class 0x00 → 0x28"};
    if (one.sweep == 1 && one.hops == 3) one.icmp[0].reporter = "10.9.0.33";
  });
  const auto table = hop_table(trace);
  EXPECT_EQ(table[2].reporters, (std::vector<std::string>{"10.9.0.3", "10.9.0.33"}));
  EXPECT_EQ(table[kServer - 1].reporters, std::vector<std::string>{"10.9.2.2"})
      << "who answers SYNs";
  EXPECT_EQ(table[1].changed.size(), 1U);
  EXPECT_TRUE(table[2].changed.empty()) << "it was changed before hop 2";
  EXPECT_TRUE(judge_hops(trace).paths_differ);
}

TEST(HopRules, HaveUniqueIdsAndNeverProveWithoutPackets) {
  std::set<std::string_view> ids;
  for (const HopRule& rule : hop_rules()) {
    EXPECT_TRUE(ids.insert(rule.id).second) << rule.id;
    if (rule.at_most != Confidence::Proven) continue;
    const auto wants = [&](HopFact fact) {
      return std::find(rule.when.begin(), rule.when.end(), fact) != rule.when.end();
    };
    EXPECT_TRUE(wants(HopFact::Captured) && wants(HopFact::AnswerRepeated)) << rule.id;
    EXPECT_EQ(rule.place, HopPlace::Before);
  }
  for (std::size_t i = 0; i < kNumHopFacts; ++i)
    EXPECT_TRUE(ids.insert(id(static_cast<HopFact>(i))).second) << i;
}

}  // namespace
}  // namespace whohungup
