// The questions about the capture, the connection, the hello and the ending, each with a story in
// which it is so and one that just misses.
#include <gtest/gtest.h>

#include "tests/support/judged_story.h"

namespace whohungup::test {
namespace {

using std::chrono::seconds;

constexpr std::string_view kOpen = "server 203.0.113.5:443 ttl 52\n0 > S\n0.02 < SA\n+0 > A\n";
Judged opened(const std::string& rest, const Around& around = {}) {
  return judge_story(std::string(kOpen) + rest, around);
}

// ── the capture ───────────────────────────────────────────────────────────────────────────────

TEST(ObserveCapture, MissesTheStart) {
  EXPECT_TRUE(
      judge_story("server 203.0.113.5:443\n0 > PA hello\n0.02 < FA\n").has(Fact::StartMissing));
  EXPECT_FALSE(opened("0.021 > PA hello\n0.05 < FA\n").has(Fact::StartMissing));
}

TEST(ObserveCapture, HasAHoleWhereLaterBytesCameAndEarlierNeverDid) {
  const std::string story =
      "0.021 > PA hello\n0.04 < PA server-hello cut 0 60 lost\n0.041 < PA "
      "server-hello cut 60 120\n+0 > A ack 1\n5 > FA ack 1\n";
  EXPECT_TRUE(opened(story).has(Fact::ServerStreamHole));
  EXPECT_FALSE(
      opened(story + "5.1 < PA seq 1 server-hello cut 0 60\n").has(Fact::ServerStreamHole));
}

TEST(ObserveCapture, HasAHoleWhereBytesWereAcknowledgedThatItNeverSaw) {
  EXPECT_TRUE(opened("0.021 > PA hello\n0.041 < PA server-hello lost\n+0 > A\n0.5 > FA\n")
                  .has(Fact::ServerStreamHole));
}

TEST(ObserveCapture, HasAHoleWhereTheEndingKnowsOfBytesThatCameOnlyLater) {
  // A forged alert was answered, and neither it nor its FIN was captured; the server's own bytes
  // come in its place (lab: forged-alert-beside with a frame lost).
  const auto told = [](const char* server_hello) {
    return opened(std::string("0.021 > PA hello\n0.0405 > FA ack 9\n") + server_hello);
  };
  EXPECT_TRUE(told("0.060 < PA seq 1 server-hello\n").has(Fact::ServerStreamHole));
  EXPECT_EQ(told("0.060 < PA seq 1 server-hello\n").verdict().confidence, Confidence::Suggested);
  // So close together they may only have been captured in the wrong order.
  EXPECT_FALSE(told("0.041 < PA seq 1 server-hello\n").has(Fact::ServerStreamHole));
}

TEST(ObserveCapture, SeesOneDirectionOnly) {
  const Judged judged = judge_story(
      "server 203.0.113.5:443\n0 > S\n0.02 < SA lost\n+0 > A\n0.021 > PA hello\n0.04 < PA "
      "server-hello lost\n+0 > A\n0.1 > FA\n");
  EXPECT_TRUE(judged.has(Fact::OneWayOnly));
  EXPECT_EQ(judged.verdict().actor, Actor::Unknown);
  EXPECT_FALSE(judge_story("server 203.0.113.5:443\n0 > S\n1 > S seq 0\n").has(Fact::OneWayOnly));
}

TEST(ObserveCapture, ReportsWhatTheCaptureLost) {
  const std::string story = "0.021 > PA hello\n0.04 < A\n0.05 < FA\n";
  EXPECT_TRUE(opened(story, {.dropped = 1}).has(Fact::CaptureDroppedFrames));
  EXPECT_FALSE(opened(story, {.dropped = 0}).has(Fact::CaptureDroppedFrames));
  EXPECT_FALSE(opened(story).has(Fact::CaptureDroppedFrames));
  EXPECT_TRUE(opened(story, {.complete = false}).has(Fact::CaptureDamaged));
}

TEST(ObserveCapture, SeesFramesTheSnapLengthCut) {
  EXPECT_TRUE(judge_story("snaplen 96\n" + std::string(kOpen) + "0.021 > PA hello\n0.05 < FA\n")
                  .has(Fact::FramesCut));
}

TEST(ObserveCapture, KnowsWhereItWasTaken) {
  EXPECT_TRUE(opened("0.021 > PA hello\n0.05 < FA\n").has(Fact::CapturedAtClient));
  const Judged server = judge_story(
      "client 192.0.2.10:40000 ttl 52\nserver 203.0.113.5:443 ttl 64\n0 > S\n+0 < SA\n0.02 > "
      "A\n0.021 > PA "
      "hello\n+0 < FA\n");
  EXPECT_TRUE(server.has(Fact::CapturedAtServer));
  EXPECT_FALSE(server.has(Fact::CapturedAtClient));
}

TEST(ObserveCapture, SuspectsATranslatorFromTenMillisecondsWithoutAHop) {
  const auto remade = [](const char* syn_ack) {
    return judge_story(std::string("server 203.0.113.5:443 ttl 64\n0 > S\n") + syn_ack +
                       " < SA\n+0 > A\n+0.001 > PA hello\n+0.001 < A\n+0.001 < FA\n");
  };
  EXPECT_TRUE(remade("0.010").has(Fact::PacketsRemade));
  EXPECT_FALSE(remade("0.0099").has(Fact::PacketsRemade));
  EXPECT_TRUE(remade("0.0099").has(Fact::NoHopBetween));
  EXPECT_EQ(remade("0.010").verdict().confidence, Confidence::Suggested);
  EXPECT_EQ(remade("0.001").verdict().confidence, Confidence::Strong);
}

TEST(ObserveCapture, TakesTwoBadChecksumsOfOneSideForOffload) {
  const std::string one = "server 203.0.113.5:443 ttl 52\n0 > S badsum\n0.02 < SA\n+0 > A\n";
  const std::string two = "server 203.0.113.5:443 ttl 52\n0 > S badsum\n0.02 < SA\n+0 > A badsum\n";
  EXPECT_FALSE(judge_story(one + "0.05 < FA\n").has(Fact::ChecksumOffloadLikely));
  EXPECT_FALSE(judge_story(two + "0.021 > PA hello\n0.05 < FA\n").has(Fact::ChecksumOffloadLikely))
      << "one good checksum of that side speaks against it";
  EXPECT_TRUE(judge_story(two + "0.05 < FA\n").has(Fact::ChecksumOffloadLikely));
}

TEST(ObserveCapture, LetsAResetWithAWrongChecksumEndNothing) {
  const std::string hello =
      "server 203.0.113.5:443 ttl 52\n0 > S\n0.02 < SA\n+0 > A\n+0 > PA hello\n";
  const auto forged = judge_story(hello + "+0.001 < RA forged badsum\n+4 < A\n");
  EXPECT_TRUE(forged.has(Fact::ChecksumRefused));
  EXPECT_FALSE(forged.has(Fact::RstEndedIt));
  EXPECT_FALSE(forged.has(Fact::ServerRstSeen));
  const auto bare_fin = judge_story(hello + "+0.001 < FA forged badsum\n+4 < A\n");
  EXPECT_TRUE(bare_fin.has(Fact::ChecksumRefused));
  EXPECT_FALSE(bare_fin.has(Fact::FinEndedIt));
}

TEST(ObserveCapture, BelievesAResetWithAWrongChecksumWhereAllOfThatSideAreWrong) {
  const auto one = judge_story(
      "server 203.0.113.5:443 ttl 52\n0 > S\n0.02 < SA badsum\n+0 > A\n+0 > PA hello\n"
      "+0.001 < RA badsum\n");
  EXPECT_TRUE(one.has(Fact::RstEndedIt));
  EXPECT_FALSE(one.has(Fact::ChecksumRefused));
}

TEST(ObserveCapture, CapsWhatRestsOnDataWithAWrongChecksum) {
  const auto with = [](const std::string& words) {
    return judge_story(
        "server 203.0.113.5:443 ttl 52\n0 > S\n0.02 < SA\n+0 > A\n+0 > PA hello\n+0.02 < A\n"
        "+0.001 < PA alert fatal 40 " +
        words + "\n");
  };
  EXPECT_TRUE(with("badsum").has(Fact::EndingChecksumWrong));
  EXPECT_EQ(with("badsum").verdict().confidence, Confidence::Suggested);
  EXPECT_FALSE(with("").has(Fact::EndingChecksumWrong));
  EXPECT_EQ(with("").verdict().confidence, Confidence::Strong);
}

TEST(ObserveCapture, SeesSegmentsBiggerThanTheMss) {
  EXPECT_TRUE(opened("0.021 > PA hello size 1461\n0.05 < FA\n").has(Fact::OffloadSizedSegments));
  EXPECT_FALSE(opened("0.021 > PA hello size 1460\n0.05 < FA\n").has(Fact::OffloadSizedSegments));
}

TEST(ObserveCapture, HasTimesThatGoBackFromAMillisecondOn) {
  EXPECT_FALSE(opened("0.021 > PA hello\n0.0201 < A\n0.05 < FA\n").has(Fact::TimesGoBack));
  EXPECT_FALSE(opened("0.025 > PA hello\n0.0240 < A\n0.05 < FA\n").has(Fact::TimesGoBack));
  const Judged judged = opened("0.0251 > PA hello\n0.0240 < A\n0.05 < FA\n");
  EXPECT_TRUE(judged.has(Fact::TimesGoBack));
  EXPECT_EQ(judged.says(), "server.fin.client_hello suggested");
}

TEST(ObserveCapture, EndsInFlightBeforeThreeSeconds) {
  const std::string story = "0.021 > PA hello\n0.04 < A\n";
  const auto ends = [&](Duration waits_on) {
    return opened(story, {.waits_on = waits_on}).has(Fact::CaptureEndsInFlight);
  };
  EXPECT_TRUE(ends(seconds{2}));
  EXPECT_FALSE(ends(seconds{3}));
  EXPECT_EQ(opened(story).says(), "unknown.silence.client_hello undetermined");
}

// ── the connection ────────────────────────────────────────────────────────────────────────────

TEST(ObserveConnect, ARefusalHasNoSynAck) {
  EXPECT_TRUE(judge_story("server 203.0.113.5:443\n0 > S\n0.02 < RA\n").has(Fact::SynRefused));
  const Judged both = judge_story("server 203.0.113.5:443\n0 > S\n0.01 < RA forged\n0.02 < SA\n");
  EXPECT_TRUE(both.has(Fact::SynAnsweredTwice));
  EXPECT_FALSE(both.has(Fact::SynRefused));
}

TEST(ObserveConnect, ASynAckRepeatedAfterItsAckIsLate) {
  EXPECT_TRUE(opened("0.5 < SA seq 0\n1 > FA\n").has(Fact::SynAckResentLate));
  EXPECT_FALSE(opened("1 > FA\n").has(Fact::SynAckResentLate));
}

TEST(ObserveConnect, WindowZeroInTheSynAckIsAProxys) {
  EXPECT_TRUE(judge_story("server 203.0.113.5:443\n0 > S\n0.02 < SA win 0\n+0 > A\n0.05 < FA\n")
                  .has(Fact::SynProxyLikely));
  EXPECT_FALSE(opened("0.05 < FA\n").has(Fact::SynProxyLikely));
}

TEST(ObserveConnect, AnIcmpErrorBearsAnAddressAndAKind) {
  const Judged server =
      judge_story("server 203.0.113.5:443\n0 > S\n0.01 < icmp 3 3 from 203.0.113.5\n");
  EXPECT_TRUE(server.has(Fact::IcmpFromServer));
  EXPECT_TRUE(server.has(Fact::IcmpHardError));
  const Judged router =
      judge_story("server 203.0.113.5:443\n0 > S\n0.01 < icmp 11 0 from 198.51.100.1\n");
  EXPECT_TRUE(router.has(Fact::IcmpFromElsewhere));
  EXPECT_TRUE(router.has(Fact::IcmpTimeExceeded));
  EXPECT_FALSE(router.has(Fact::IcmpHardError));
}

// ── the hello ─────────────────────────────────────────────────────────────────────────────────

TEST(ObserveHello, IsInTheHazardZoneFrom256To511) {
  const auto hazard = [](int record) {
    return opened("0.021 > PA hello tls12 size " + std::to_string(record + 5) + "\n0.05 < FA\n")
        .has(Fact::HelloInHazardZone);
  };
  EXPECT_FALSE(hazard(255));
  EXPECT_TRUE(hazard(256));
  EXPECT_TRUE(hazard(511));
  EXPECT_FALSE(hazard(512));
}

TEST(ObserveHello, IsBiggerThanASegmentBeyondTheMss) {
  EXPECT_TRUE(opened("0.021 > PA hello size 1461\n0.05 < FA\n").has(Fact::HelloBeyondSegment));
  EXPECT_FALSE(opened("0.021 > PA hello size 1460\n0.05 < FA\n").has(Fact::HelloBeyondSegment));
}

TEST(ObserveHello, IsAcknowledgedWholeOrInPart) {
  const std::string hello = "0.021 > PA hello size 332\n";
  EXPECT_TRUE(opened(hello + "0.04 < A ack 333\n0.05 < FA\n").has(Fact::HelloAcked));
  const Judged part = opened(hello + "0.04 < A ack 332\n5 > FA\n");
  EXPECT_TRUE(part.has(Fact::HelloPartlyAcked));
  EXPECT_FALSE(part.has(Fact::HelloAcked));
  EXPECT_EQ(part.says(), "unknown.silence.client_hello undetermined");
}

TEST(ObserveHello, IsFollowedBySilenceFromThreeSecondsOn) {
  const std::string hello = "0.021 > PA hello\n0.04 < A\n";
  EXPECT_TRUE(opened(hello + "3.021 > FA\n").has(Fact::SilenceAfterHello));
  EXPECT_FALSE(opened(hello + "3.0209 > FA\n").has(Fact::SilenceAfterHello));
}

TEST(ObserveHello, LaterBytesThatWereNeverTakenWeakenTheCaseAgainstTheServer) {
  const std::string hello = "0.021 > PA hello size 332\n0.04 < A ack 333\n";
  const Judged plain = opened(hello + "5 > FA\n");
  EXPECT_EQ(plain.says(), "server.silence.client_hello strong");
  const Judged later =
      opened(hello + "0.05 > PA appdata 40\n0.25 > PA seq 333 appdata 40\n5 > FA\n");
  EXPECT_TRUE(later.has(Fact::LaterBytesUnacked));
  EXPECT_EQ(later.says(), "server.silence.client_hello suggested");
}

// ── the ending ────────────────────────────────────────────────────────────────────────────────

TEST(ObserveEnding, AServerThatSendsOnBeyondItsFinDidNotSendIt) {
  const std::string fin = "0.021 > PA hello\n0.041 < A\n0.045 < FA forged ttl 60\n";
  const Judged on = opened(fin + "0.060 < PA server-hello\n");
  EXPECT_TRUE(on.has(Fact::ServerBytesBeyondFin));
  EXPECT_NE(on.verdict().actor, Actor::Server);
  EXPECT_FALSE(opened(fin + "0.0479 < PA server-hello\n").has(Fact::ServerBytesBeyondFin));
}

TEST(ObserveEnding, EveryFactCitesAFrameOfTheFlow) {
  for (const char* story :
       {"0.021 > PA hello\n0.041 < A\n0.05 < FA\n", "0.021 > PA hello\n0.041 < RA ttl 60 forged\n",
        "0.05 > FA\n0.07 < FA\n", "0.021 > PA hello\n0.041 < PA alert fatal 40\n0.042 < FA\n"}) {
    const Judged judged = opened(story, {.dropped = 3, .complete = false});
    EXPECT_GT(judged.judgement.facts.seen.size(), 3U);
    for (const Observation& seen : judged.judgement.facts.seen) {
      EXPECT_FALSE(seen.frames.empty()) << info(seen.fact).id;
      for (const FrameNo frame : seen.frames) EXPECT_LE(number(frame), 7U);
    }
  }
}

}  // namespace
}  // namespace whohungup::test
