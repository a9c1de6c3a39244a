// What a trace says of this very machine, of a proxy at the server's address and of a closed port.
#include <gtest/gtest.h>

#include "tests/support/hop_probes.h"

namespace whohungup {
namespace {

using test::probe;

HopIcmp icmp(const std::string& reporter, std::uint8_t type) {
  HopIcmp one;
  one.reporter = reporter;
  one.type = type;
  return one;
}

/// SYNs that are answered with two hops, and hellos with one and two.
HopTrace connected(Mechanism mechanism, HopAnswer to_hello) {
  HopTrace trace{"10.9.2.2", mechanism, Stage::ClientHello, true, {}};
  for (unsigned sweep = 0; sweep < 2; ++sweep) {
    trace.probes.push_back(probe(HopKind::Syn, 1, sweep));
    trace.probes.back().icmp.push_back(icmp("10.9.0.1", 11));
    trace.probes.push_back(probe(HopKind::Syn, 2, sweep, HopAnswer::SynAck));
    trace.probes.push_back(probe(HopKind::Hello, 1, sweep));
    trace.probes.push_back(probe(HopKind::Hello, 2, sweep, to_hello));
  }
  return trace;
}

TEST(HopsAtHome, SayThatHellosNeverLeftThisMachine) {
  HopTrace trace = connected(Mechanism::Silence, HopAnswer::Nothing);
  EXPECT_NE(judge_hops(trace).place, HopPlace::Here);
  for (HopProbe& one : trace.probes) one.never_left = one.kind == HopKind::Hello;
  const HopVerdict verdict = judge_hops(trace);
  EXPECT_EQ(verdict.place, HopPlace::Here);
  EXPECT_EQ(verdict.rule, "hop-kept-here");
  EXPECT_EQ(verdict.summary, "This very machine keeps back the hello: nothing of it leaves.");
}

TEST(HopsAtHome, SayThatNoSynLeftThisMachine) {
  HopTrace trace{"10.9.2.2", Mechanism::Silence, Stage::Syn, true, {}};
  for (int hops = 1; hops <= 5; ++hops) {
    trace.probes.push_back(probe(HopKind::Syn, hops, 0));
    trace.probes.back().never_left = true;
  }
  const HopVerdict verdict = judge_hops(trace);
  EXPECT_EQ(verdict.rule, "hop-syn-kept-here");
  EXPECT_EQ(verdict.confidence, Confidence::Suggested) << "another interface may lead there";
  EXPECT_EQ(verdict.summary, "This very machine keeps back the SYN: nothing of it leaves.");
}

TEST(HopsAtHome, SayThatSomethingHereAnswersInTheServersName) {
  HopTrace trace{"10.9.2.2", Mechanism::Rst, Stage::ClientHello, true, {}};
  for (int hops = 1; hops <= 3; ++hops) {
    trace.probes.push_back(probe(HopKind::Syn, hops, 0));
    trace.probes.back().beside = true;
  }
  EXPECT_EQ(judge_hops(trace).rule, "hop-answered-here");
  EXPECT_EQ(judge_hops(trace).summary,
            "Something on this very machine answers in the server's name: no packet of these "
            "connections leaves it.");
}

TEST(HopsOfAProxy, NameItsOwnAddressAndDoNotCallTheAnswerItsOwn) {
  HopTrace trace = connected(Mechanism::Rst, HopAnswer::Reset);
  for (int hops = 1; hops <= 4; ++hops) {
    trace.probes.push_back(probe(HopKind::Udp, hops, 0));
    trace.probes.back().icmp.push_back(icmp("10.9.0." + std::to_string(hops), 11));
  }
  const HopVerdict verdict = judge_hops(trace);
  EXPECT_EQ(verdict.place, HopPlace::Proxy);
  EXPECT_EQ(verdict.summary,
            "A proxy 2 hops away (at or before the router 10.9.0.2) is the TCP peer and resets the "
            "connection, by itself or for what it met behind it; the path to the server's address "
            "goes on.");
  EXPECT_EQ(verdict.because.find("its own"), std::string_view::npos);
  EXPECT_EQ(hop_table(trace)[1].own, "10.9.0.2");
}

TEST(HopsOfAClosedPort, SpeakOfSynsAndNotOfHellos) {
  HopTrace trace{"10.9.2.2", Mechanism::Rst, Stage::Syn, true, {}};
  for (unsigned sweep = 0; sweep < 2; ++sweep)
    trace.probes.push_back(probe(HopKind::Syn, 1, sweep, HopAnswer::Refused));
  EXPECT_EQ(judge_hops(trace).place, HopPlace::Unknown) << "a router at hop 1 could do that";
  trace.probes.push_back(probe(HopKind::Udp, 1, 0));
  trace.probes.back().icmp.push_back(icmp("10.9.2.2", 3));
  const HopVerdict verdict = judge_hops(trace);
  EXPECT_EQ(verdict.rule, "hop-server-refuses");
  EXPECT_EQ(verdict.because.find("hello"), std::string_view::npos);
}

}  // namespace
}  // namespace whohungup
