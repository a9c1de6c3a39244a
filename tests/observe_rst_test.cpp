// The questions about a reset, each with a story in which it is so and one that just misses, and
// on both sides of every threshold.
#include <gtest/gtest.h>

#include "tests/support/judged_story.h"

namespace whohungup::test {
namespace {

/// A server 12 hops and 20 ms away; the hello is 332 bytes, acknowledged at 0.0402.
constexpr std::string_view kAcked = R"(
server 203.0.113.5:443 ttl 52
0.000  > S
0.020  < SA
+0     > A
0.0201 > PA hello size 332
0.0402 < A
)";
/// The same with two more packets of the server before what follows.
constexpr std::string_view kTalkative = R"(
server 203.0.113.5:443 ttl 52
0.000  > S
0.020  < SA
+0     > A
0.0201 > PA hello size 600 cut 0 200
0.0401 < A
0.0402 > PA hello size 600 cut 200 400
0.0602 < A
0.0603 > PA hello size 600 cut 400 600
0.0803 < A
)";

Judged acked(const std::string& rest) { return judge_story(std::string(kAcked) + rest); }
Judged talkative(const std::string& rest) { return judge_story(std::string(kTalkative) + rest); }
bool acked_shows(Fact fact, const std::string& rest) { return acked(rest).has(fact); }
bool talkative_shows(Fact fact, const std::string& rest) { return talkative(rest).has(fact); }

// ── where it stands ───────────────────────────────────────────────────────────────────────────

TEST(ObserveRst, SeqIsExactOnlyAtTheNextNumber) {
  EXPECT_TRUE(acked_shows(Fact::RstSeqExact, "0.050 < RA\n"));
  EXPECT_FALSE(acked_shows(Fact::RstSeqExact, "0.050 < RA seq 2\n"));
  EXPECT_EQ(acked("0.050 < RA\n").frames(Fact::RstSeqExact), (std::vector<std::uint32_t>{4, 6}));
}

TEST(ObserveRst, SeqIsInTheWindowOfItsReceiverOrOutside) {
  // The client's last packet offers 502 << 7 = 64256 bytes.
  EXPECT_TRUE(acked_shows(Fact::RstSeqInWindow, "0.050 < RA seq 64257\n"));
  EXPECT_TRUE(acked_shows(Fact::RstSeqOutsideWindow, "0.050 < RA seq 64258\n"));
  EXPECT_FALSE(acked_shows(Fact::RstSeqOutsideWindow, "0.050 < RA seq 64257\n"));
}

TEST(ObserveRst, SeqIsStaleBelowWhatItsSenderHadSent) {
  const std::string answer = "0.041 < PA server-hello ccs appdata 900\n+0 > A\n";
  EXPECT_TRUE(acked_shows(Fact::RstSeqStale, answer + "0.050 < RA seq 1\n"));
  EXPECT_FALSE(acked_shows(Fact::RstSeqStale, answer + "0.050 < RA\n"));
}

TEST(ObserveRst, KnowsLostBytesWhenItStandsBehindSomeThatNeverCame) {
  EXPECT_TRUE(acked_shows(Fact::RstKnowsLostBytes, "0.050 < RA seq 8\n"));
  EXPECT_FALSE(acked_shows(Fact::RstKnowsLostBytes, "0.050 < RA\n"));
}

TEST(ObserveRst, DoesNotTakeAnInjectorsUsualGuessForLostBytes) {
  EXPECT_FALSE(acked_shows(Fact::RstKnowsLostBytes, "0.050 < RA seq 1461\n"));
  EXPECT_TRUE(acked_shows(Fact::RstKnowsLostBytes, "0.050 < RA seq 1460\n"));
}

TEST(ObserveRst, SaysWhatItAcknowledges) {
  EXPECT_TRUE(acked_shows(Fact::RstAcksHello, "0.050 < RA ack 333\n"));
  EXPECT_TRUE(acked_shows(Fact::RstAcksPartOfHello, "0.050 < RA ack 332\n"));
  EXPECT_TRUE(acked_shows(Fact::RstAcksNothing, "0.050 < RA ack 1\n"));
  EXPECT_TRUE(acked_shows(Fact::RstLacksAckFlag, "0.050 < R\n"));
}

TEST(ObserveRst, FollowsAFinOfEitherSide) {
  EXPECT_TRUE(acked_shows(Fact::RstAfterFin, "0.050 < FA\n+0 > PA alert fatal 50\n0.07 < R\n"));
  EXPECT_FALSE(acked_shows(Fact::RstAfterFin, "0.050 < RA\n"));
}

// ── how far it travelled ──────────────────────────────────────────────────────────────────────

TEST(ObserveRst, ComparesItsTtlWithAcksAndDataBeforeTheSynAck) {
  const std::string proxied =
      "server 203.0.113.5:443 ttl 52\n0 > S\n0.02 < SA ttl 60 win 0\n+0 > A\n0.0201 > PA hello\n"
      "0.0402 < A\n";
  EXPECT_TRUE(judge_story(proxied + "0.05 < RA\n").has(Fact::RstTtlSame));
  EXPECT_TRUE(judge_story(proxied + "0.05 < RA ttl 60\n").has(Fact::RstTtlDiffers));
}

TEST(ObserveRst, TtlIsFarFromTwoHopsOnAndOnlyBesideTwoAcks) {
  EXPECT_FALSE(talkative_shows(Fact::RstTtlFar, "0.09 < RA ttl 53\n"));
  EXPECT_TRUE(talkative_shows(Fact::RstTtlFar, "0.09 < RA ttl 54\n"));
  EXPECT_FALSE(acked_shows(Fact::RstTtlFar, "0.05 < RA ttl 54\n"));
  EXPECT_TRUE(acked_shows(Fact::RstTtlDiffers, "0.05 < RA ttl 54\n"));
}

TEST(ObserveRst, SeesASecondStackAtTheSameDistance) {
  EXPECT_TRUE(acked_shows(Fact::RstOtherStack, "0.05 < RA ttl 116\n"));   // 128 - 12
  EXPECT_FALSE(acked_shows(Fact::RstOtherStack, "0.05 < RA ttl 117\n"));  // 128 - 11
  EXPECT_FALSE(acked_shows(Fact::RstUndecremented, "0.05 < RA ttl 116\n"));
}

TEST(ObserveRst, IsUndecrementedAtAnInitialTtlOnly) {
  EXPECT_TRUE(acked_shows(Fact::RstUndecremented, "0.05 < RA ttl 64\n"));
  EXPECT_TRUE(acked_shows(Fact::RstUndecremented, "0.05 < RA ttl 255\n"));
  EXPECT_FALSE(acked_shows(Fact::RstUndecremented, "0.05 < RA ttl 63\n"));
}

TEST(ObserveRst, IsTooNearBelowHalfTheDistance) {
  EXPECT_TRUE(acked_shows(Fact::RstTooNear, "0.05 < RA ttl 59\n"));   // 5 of 12 hops
  EXPECT_FALSE(acked_shows(Fact::RstTooNear, "0.05 < RA ttl 58\n"));  // 6 of 12
}

// ── what its header looks like ────────────────────────────────────────────────────────────────

TEST(ObserveRst, ContinuesItsSenderWhenAHostResetsItsOwnConnection) {
  const Judged judged = acked("0.190 < RA\n");
  EXPECT_TRUE(judged.has(Fact::RstContinuesSender));
  EXPECT_TRUE(judged.has(Fact::RstIpIdContinues));
  EXPECT_TRUE(judged.has(Fact::RstTimestampOnLine));
  EXPECT_EQ(judged.says(), "server.rst.client_hello strong");
}

TEST(ObserveRst, IpIdContinuesForSixteenSteps) {
  const auto with_id = [](int id) { return "0.050 < RA id " + std::to_string(id) + "\n"; };
  const int last =
      std::stoi(acked("0.050 < RA\n").detail(Fact::RstIpIdContinues).substr(8, 4), nullptr, 16) - 1;
  EXPECT_TRUE(acked_shows(Fact::RstIpIdContinues, with_id(last + 16)));
  EXPECT_FALSE(acked_shows(Fact::RstIpIdContinues, with_id(last + 17)));
}

TEST(ObserveRst, IpIdIsOffALineOfThreeByMoreThanAThousand) {
  const Judged on = talkative("0.09 < RA\n");
  const int last = std::stoi(on.detail(Fact::RstIpIdContinues).substr(8, 4), nullptr, 16) - 1;
  const auto with_id = [&](int ahead) {
    return "0.09 < RA id " + std::to_string(last + ahead) + "\n";
  };
  EXPECT_FALSE(talkative_shows(Fact::RstIpIdOffLine, with_id(1000)));
  EXPECT_TRUE(talkative_shows(Fact::RstIpIdOffLine, with_id(1001)));
  EXPECT_TRUE(talkative_shows(Fact::RstIpIdOffLine, "0.09 < RA id 0\n"));
  // A reset without ACK has no connection and so no counter (diagnosis.md §0.1).
  EXPECT_FALSE(talkative_shows(Fact::RstIpIdOffLine, "0.09 < R id 0\n"));
  // One packet is no line.
  EXPECT_FALSE(acked_shows(Fact::RstIpIdOffLine, "0.05 < RA id 0\n"));
}

TEST(ObserveRst, LacksTimestampsOnlyWithTheAckFlag) {
  EXPECT_TRUE(acked_shows(Fact::RstLacksTimestamp, "0.05 < RA nots\n"));
  EXPECT_FALSE(acked_shows(Fact::RstLacksTimestamp, "0.05 < R\n"));
  EXPECT_FALSE(acked_shows(Fact::RstLacksTimestamp, "0.05 < RA\n"));
}

TEST(ObserveRst, TimestampIsOffTheClockByMoreThanTwoSeconds) {
  const std::string clocked =
      "server 203.0.113.5:443 ttl 52 clock 1000000\n0 > S\n0.02 < SA\n+0 > A\n"
      "0.0201 > PA hello\n0.0402 < A tsval 1000040\n";
  const auto off = [&](std::uint32_t tsval) {
    return judge_story(clocked + "0.0502 < RA tsval " + std::to_string(tsval) + "\n")
        .has(Fact::RstTimestampOffLine);
  };
  EXPECT_FALSE(off(1000040 + 10 + 2000));
  EXPECT_TRUE(off(1000040 + 10 + 2002));
  EXPECT_TRUE(off(1000040 - 2001));
  EXPECT_FALSE(off(1000040 - 1999));
}

TEST(ObserveRst, TimestampIsOffWhenItEchoesWhatWasNeverSent) {
  EXPECT_TRUE(acked_shows(Fact::RstTimestampOffLine, "0.05 < RA tsecr 1234\n"));
  EXPECT_FALSE(acked_shows(Fact::RstTimestampOffLine, "0.05 < RA\n"));
}

TEST(ObserveRst, CopiesTheWindowOfWhatItAnswers) {
  EXPECT_TRUE(acked_shows(Fact::RstWindowOfPeer, "0.05 < RA win 502\n"));
  EXPECT_FALSE(acked_shows(Fact::RstWindowOfPeer, "0.05 < RA win 501\n"));
}

TEST(ObserveRst, CopiesTheIpIdOfWhatItAnswersOrTakesTheNext) {
  const std::string story =
      "client 192.0.2.10:40000 id 4660\nserver 203.0.113.5:443 ttl 52\n0 > S id 4660\n0.02 < "
      "SA\n+0 > A "
      "id 4661\n0.0201 > PA hello id 4662\n";
  const auto copies = [&](int id) {
    return judge_story(story + "0.04 < RA ttl 60 forged id " + std::to_string(id) + "\n")
        .has(Fact::RstIpIdOfTrigger);
  };
  EXPECT_TRUE(copies(4662));
  EXPECT_TRUE(copies(4663));
  EXPECT_FALSE(copies(4664));
  EXPECT_FALSE(copies(4661));
}

TEST(ObserveRst, SeesOtherBitsThanAllTheOthers) {
  EXPECT_TRUE(acked_shows(Fact::RstDfDiffers, "0.05 < RA nodf\n"));
  EXPECT_FALSE(acked_shows(Fact::RstDfDiffers, "0.05 < RA\n"));
  EXPECT_TRUE(acked_shows(Fact::RstTosDiffers, "0.05 < RA tos 32\n"));
  EXPECT_FALSE(acked_shows(Fact::RstTosDiffers, "0.05 < RA tos 2\n"));  // ECN alone
  EXPECT_TRUE(acked_shows(Fact::RstReservedBits, "0.05 < RA reserved 7\n"));
  EXPECT_FALSE(acked_shows(Fact::RstReservedBits, "0.05 < RA\n"));
}

TEST(ObserveRst, SeesItsPayloadAndKnowsOne) {
  EXPECT_TRUE(acked_shows(Fact::RstKnownPayload, "0.05 < RA bytes 01020304050607080900\n"));
  const Judged other = acked("0.05 < RA text \"No flow found for ACK\"\n");
  EXPECT_TRUE(other.has(Fact::RstHasPayload));
  EXPECT_FALSE(other.has(Fact::RstKnownPayload));
}

// ── when, and how many ────────────────────────────────────────────────────────────────────────

TEST(ObserveRst, CameBeforeHalfARoundTrip) {
  const std::string open =
      "server 203.0.113.5:443 ttl 52\n0 > S\n0.02 < SA\n+0 > A\n0.03 > PA hello size 332\n";
  EXPECT_TRUE(
      judge_story(open + "0.0399 < RA ack 333 ttl 60 forged\n").has(Fact::RstBeforeRoundTrip));
  EXPECT_FALSE(
      judge_story(open + "0.0400 < RA ack 333 ttl 60 forged\n").has(Fact::RstBeforeRoundTrip));
  // One that acknowledges nothing may answer the packet before.
  EXPECT_FALSE(
      judge_story(open + "0.0399 < RA ack 1 ttl 60 forged\n").has(Fact::RstBeforeRoundTrip));
}

TEST(ObserveRst, DoesNotMeasureWithARoundTripBelowTwoMilliseconds) {
  const auto before = [](const char* syn_ack) {
    return judge_story(
               std::string("server 203.0.113.5:443 ttl 52\n0 > S\n") + syn_ack +
               " < SA\n+0 > A\n0.03 > PA hello size 332\n0.0301 < RA ack 333 ttl 60 forged\n")
        .has(Fact::RstBeforeRoundTrip);
  };
  EXPECT_TRUE(before("0.0020"));
  EXPECT_FALSE(before("0.0019"));
}

TEST(ObserveRst, DoesNotMeasureWithASynThatWasRepeated) {
  EXPECT_FALSE(
      judge_story("server 203.0.113.5:443 ttl 52\n0 > S\n1 > S seq 0\n1.02 < SA\n+0 > A\n1.03 > "
                  "PA hello size 332\n1.031 < RA ack 333 ttl 60 forged\n")
          .has(Fact::RstBeforeRoundTrip));
}

TEST(ObserveRst, IsRepeatedWithinFiveMillisecondsAndUnprovoked) {
  const std::string first = "0.050 < RA forged id 77\n";
  EXPECT_TRUE(acked_shows(Fact::RstRepeated, first + "+0.0049 < RA forged id 77\n"));
  EXPECT_FALSE(acked_shows(Fact::RstRepeated, first + "+0.0050 < RA forged id 77\n"));
  EXPECT_FALSE(acked_shows(Fact::RstRepeated, first + "+0.001 < RA forged id 78\n"));
  EXPECT_FALSE(acked_shows(Fact::RstRepeated,
                           first + "+0.001 > A seq 333 ack 1\n+0.001 < RA forged id 77\n"));
}

TEST(ObserveRst, IsNotRepeatedWhenAStackWithoutStateAnswersTwoPackets) {
  EXPECT_FALSE(acked_shows(Fact::RstRepeated, "0.050 < R seq 1\n+0.001 < R seq 1\n"));
}

TEST(ObserveRst, StepsBeyondAnythingSentOrAcknowledgedWithinTwoSeconds) {
  const std::string first = "0.050 < RA forged\n";
  EXPECT_TRUE(acked_shows(Fact::RstSeqSteps, first + "+0.001 < RA forged seq 1461\n"));
  EXPECT_TRUE(acked_shows(Fact::RstSeqSteps, first + "+0.001 < RA forged seq 4\n"));
  EXPECT_FALSE(acked_shows(Fact::RstSeqSteps, first + "+0.001 < RA forged seq 3\n"));
  EXPECT_TRUE(acked_shows(Fact::RstSeqSteps, first + "+1.9999 < RA forged seq 1461\n"));
  EXPECT_FALSE(acked_shows(Fact::RstSeqSteps, first + "+2.0000 < RA forged seq 1461\n"));
}

TEST(ObserveRst, DoesNotStepWhereItsSenderSaidAsMuchBetween) {
  EXPECT_FALSE(
      acked_shows(Fact::RstSeqSteps,
                  "0.050 < RA forged\n+0.001 < PA server-hello seq 1\n+0.001 < RA forged\n"));
}

TEST(ObserveRst, DoesNotStepWhereTheClientResetsBetween) {
  EXPECT_FALSE(acked_shows(Fact::RstSeqSteps,
                           "0.050 < RA forged\n+0.001 > R\n+0.001 < RA forged seq 1461\n"));
}

TEST(ObserveRst, ChangesItsMindAboutWhatItReceived) {
  EXPECT_TRUE(acked_shows(Fact::RstAckChanges, "0.050 < RA forged\n+0.001 < RA forged ack 1\n"));
  EXPECT_FALSE(acked_shows(Fact::RstAckChanges, "0.050 < RA forged\n+0.001 < RA forged\n"));
}

TEST(ObserveRst, ProvokesAChallenge) {
  EXPECT_TRUE(
      acked_shows(Fact::ChallengeAckProvoked, "0.050 < RA seq 3000 forged\n+0.0001 > A ack 1\n"));
  EXPECT_FALSE(
      acked_shows(Fact::ChallengeAckProvoked, "0.050 < RA seq 3000 forged\n+0.006 > A ack 1\n"));
}

// ── other neighbours ──────────────────────────────────────────────────────────────────────────

TEST(ObserveRst, CameFromAnotherEthernetAddressThanTwoOrMoreOthers) {
  EXPECT_TRUE(talkative_shows(Fact::RstMacDiffers, "0.09 < RA mac 99\n"));
  EXPECT_FALSE(talkative_shows(Fact::RstMacDiffers, "0.09 < RA\n"));
  EXPECT_FALSE(acked_shows(Fact::RstMacDiffers, "0.05 < RA mac 99\n"));  // one other is no habit
}

// ── after it ──────────────────────────────────────────────────────────────────────────────────

TEST(ObserveAfter, BytesBeyondTheResetCountWhenTheyLeftLater) {
  const std::string reset = "0.050 < RA ttl 60 forged\n";
  EXPECT_TRUE(acked_shows(Fact::ServerBytesBeyondRst, reset + "0.080 < PA server-hello\n"));
  // Within a round trip it may have been overtaken, unless its own clock says otherwise.
  EXPECT_TRUE(acked_shows(Fact::ServerBytesBeyondRst, reset + "0.0601 < PA server-hello\n"));
  EXPECT_FALSE(acked_shows(Fact::ServerBytesBeyondRst, reset + "0.0520 < PA server-hello\n"));
}

TEST(ObserveAfter, BytesWithoutAClockMustComeARoundTripLaterThanABareReset) {
  const std::string plain =
      "client 192.0.2.10:40000 nots\nserver 203.0.113.5:443 ttl 52 nots\n0 > S\n0.02 < SA\n+0 > "
      "A\n0.0201 > PA "
      "hello\n0.0401 < A\n";
  const auto beyond = [&](const std::string& rest) {
    return judge_story(plain + rest).has(Fact::ServerBytesBeyondRst);
  };
  EXPECT_TRUE(beyond("0.050 < R ttl 60 forged\n0.0701 < PA server-hello\n"));
  EXPECT_FALSE(beyond("0.050 < R ttl 60 forged\n0.0699 < PA server-hello\n"));
  // One with ACK stands behind the last byte ever sent: nothing beyond it was on its way.
  EXPECT_TRUE(beyond("0.050 < RA ttl 60 forged\n0.0530 < PA server-hello\n"));
  EXPECT_FALSE(beyond("0.050 < RA ttl 60 forged\n0.0529 < PA server-hello\n"));
}

TEST(ObserveAfter, AnswersAfterTheResetTakeInWhatItAcknowledged) {
  const std::string reset = "0.050 < RA forged\n";
  EXPECT_TRUE(acked_shows(Fact::ServerAnswersAfterRst, reset + "0.080 < PA server-hello\n"));
  EXPECT_FALSE(acked_shows(Fact::ServerAnswersAfterRst, reset + "0.080 < PA server-hello ack 1\n"));
  EXPECT_FALSE(acked_shows(Fact::ServerAnswersAfterRst, reset + "0.080 < FA\n"));
}

TEST(ObserveAfter, BytesBelowTheResetWereSentBeforeIt) {
  // A genuine reset behind an alert, captured in the wrong order.
  EXPECT_FALSE(acked_shows(Fact::ServerBytesBeyondRst,
                           "0.050 < RA seq 8\n0.090 < PA alert fatal 40 seq 1\n"));
}

TEST(ObserveAfter, BytesFromAnotherDistanceAreNotTheServers) {
  EXPECT_TRUE(acked_shows(Fact::ServerBytesBeyondRst,
                          "0.050 < RA ttl 60 forged\n0.090 < PA ttl 51 server-hello\n"));
  EXPECT_FALSE(acked_shows(Fact::ServerBytesBeyondRst,
                           "0.050 < RA ttl 60 forged\n0.090 < PA ttl 50 server-hello\n"));
}

TEST(ObserveAfter, RepetitionOfWhatWasSentBeforeIsNothingNew) {
  EXPECT_FALSE(acked_shows(
      Fact::ServerBytesBeyondRst,
      "0.041 < PA server-hello\n0.050 < RA seq 1 ttl 60 forged\n0.300 < PA seq 1 server-hello\n"));
}

TEST(ObserveAfter, AnAckOnTheServersClockShowsItAlive) {
  EXPECT_TRUE(acked_shows(Fact::ServerAcksAfterRst, "0.050 < RA ttl 60 forged\n0.100 < A\n"));
  EXPECT_FALSE(acked_shows(Fact::ServerAcksAfterRst, "0.050 < RA ttl 60 forged\n0.0505 < A\n"));
}

TEST(ObserveAfter, TheHandshakeMayFinishAllTheSame) {
  EXPECT_TRUE(
      acked_shows(Fact::FinishedAfterRst,
                  "0.050 < RA ttl 60 forged\n0.080 < PA server-hello ccs appdata 900\n+0.001 > "
                  "PA ccs appdata 53\n0.11 < PA appdata 255\n"));
}

TEST(ObserveAfter, TwoServersBytesInOnePlaceDisagree) {
  const std::string reply = "0.041 < PA text \"HTTP/1.1 302 Found\\r\\n\"\n";
  EXPECT_TRUE(acked_shows(Fact::ServerBytesDisagree, reply + "0.060 < PA seq 1 text \"HTTP/1.1 200 "
                                                             "OKAY!\\r\\n\"\n"));
  EXPECT_FALSE(acked_shows(Fact::ServerBytesDisagree, reply +
                                                          "0.300 < PA seq 1 text \"HTTP/1.1 302 "
                                                          "Found\\r\\n\"\n"));
}

}  // namespace
}  // namespace whohungup::test
