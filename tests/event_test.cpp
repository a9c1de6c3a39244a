// Which packet ended it first, and how far the handshake had got: every corner case that
// CONTRACT.md names, one story each.
#include "analyze/event.h"

#include <gtest/gtest.h>

#include "tests/support/judged_story.h"

namespace whohungup::test {
namespace {

using std::chrono::seconds;

/// SYN, SYN+ACK and ACK over a path of 20 ms.
constexpr std::string_view kOpen = R"(
server 203.0.113.5:443 ttl 52
0.000 > S
0.020 < SA
+0    > A
)";

std::string opened(std::string_view rest) { return std::string(kOpen) + std::string(rest); }

/// "rst.client_hello by server, frame 5"
std::string event_of(const std::string& story, const Around& around = {}) {
  const Judged judged = judge_story(story, around);
  const Event& event = judged.verdict().event;
  std::string text(to_string(event.mechanism));
  text.append(".").append(to_string(event.stage));
  if (event.claims) text.append(*event.claims == Side::Server ? " by server" : " by client");
  return text + ", frame " + std::to_string(number(event.frame));
}

// ── FIN ───────────────────────────────────────────────────────────────────────────────────────

TEST(Event, OfAFinBeforeTheHelloIsAtAcceptEvenIfTheHelloWasOnItsWay) {
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.0405 < FA ack 1\n")),
            "fin.accepted by server, frame 5");
}

TEST(Event, OfAFinThatAcknowledgesTheHelloIsAfterTheHello) {
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.0402 < A\n0.0405 < FA\n")),
            "fin.client_hello by server, frame 6");
}

TEST(Event, OfAFinThatAcknowledgesOnlyPartOfTheHelloIsAfterTheHello) {
  EXPECT_EQ(event_of(opened("0.0201 > A hello size 2000 cut 0 1448\n0.0202 > PA hello size 2000 "
                            "cut 1448 2000\n0.0405 < FA ack 1449\n")),
            "fin.client_hello by server, frame 6");
}

TEST(Event, OfAFinAfterAnAckOfTheHelloIsAfterTheHelloWhateverTheFinSays) {
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.0402 < A\n0.0405 < FA ack 1\n")),
            "fin.client_hello by server, frame 6");
}

// Two directions captured by two clocks, and the file sorted by time.
TEST(Event, OfTwoFinsIsTheOneThatTheOtherAcknowledgesThoughItWasCapturedBeforeTheSyn) {
  EXPECT_EQ(
      event_of("server 203.0.113.5:443 ttl 52\n0.000 < SA seq 0 ack 1\n0.001 < A seq 1 ack 333\n"
               "0.002 < FA seq 1 ack 333\n0.005 > S seq 0\n0.006 > A seq 1 ack 1\n"
               "0.007 > PA hello seq 1 ack 1\n0.008 > FA seq 333 ack 2\n"),
      "fin.client_hello by server, frame 3");
}

TEST(Event, OfAClientsFinIsAfterTheHelloItStandsBehindThoughItWasCapturedBeforeIt) {
  EXPECT_EQ(event_of(opened(
                "0.0201 > FA seq 333 ack 1\n0.0202 > PA hello seq 1 ack 1\n0.0402 < A ack 334\n")),
            "fin.client_hello by client, frame 4");
}

TEST(Event, OfAHelloIsNoSilenceThatOnlyAWrongTimeStampMakesLong) {
  const std::string made = "server 203.0.113.5:443 ttl 52\n50.000 > S\n50.020 < SA\n+0 > A\n";
  EXPECT_EQ(event_of(made + "10.021 > PA hello\n50.040 < A\n52.000 > FA\n"),
            "fin.client_hello by client, frame 6");
  EXPECT_EQ(event_of(made + "50.021 > PA hello\n50.040 < A\n54.000 > FA\n"),
            "silence.client_hello, frame 4");
}

TEST(Event, OfAFinIsNotTheResetThatFollowsIt) {
  EXPECT_EQ(
      event_of(opened("0.0201 > PA hello\n0.0402 < FA\n+0 > PA alert fatal 50\n0.0605 < R\n")),
      "fin.client_hello by server, frame 5");
}

TEST(Event, OfAServerThatStopsInItsOwnHandshakeIsInIt) {
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.0402 < PA server-hello\n0.0405 < FA\n")),
            "fin.server_hello by server, frame 6");
}

TEST(Event, OfASecondHelloThatIsNotAnsweredIsInTheServersHandshake) {
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.0402 < PA hello-retry-request\n"
                            "+0 > PA hello\n0.0605 < FA\n")),
            "fin.server_hello by server, frame 7");
}

TEST(Event, IsTheClientsFinWhereThatCameFirst) {
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.0402 < A\n0.500 > FA\n0.520 < FA\n+0 > A\n")),
            "fin.client_hello by client, frame 6");
}

TEST(Event, IsNotAFinThatItsReceiverCouldNotTakeForAHole) {
  const std::string story = opened(
      "0.0201 > PA hello\n0.0402 < A\n0.0404 < PA server-hello lost\n0.0405 < FA\n+0 > A ack 1\n"
      "3.5 > FA ack 1\n3.52 < A\n");
  EXPECT_EQ(event_of(story), "silence.client_hello, frame 4");
}

TEST(Event, IsAFinBehindAHoleOfTheCaptureIfItsReceiverAcknowledgedIt) {
  const std::string story =
      opened("0.0201 > PA hello\n0.0402 < A\n0.0404 < PA server-hello lost\n0.0405 < FA\n+0 > A\n");
  EXPECT_EQ(event_of(story), "fin.client_hello by server, frame 6");
}

// ── reset ─────────────────────────────────────────────────────────────────────────────────────

TEST(Event, OfABareResetAfterTheHelloCountsAsAnswerToTheHello) {
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.0402 < R\n")),
            "rst.client_hello by server, frame 5");
}

TEST(Event, OfABareResetBeforeTheHelloIsAtAccept) {
  EXPECT_EQ(event_of(opened("0.0402 < R\n")), "rst.accepted by server, frame 4");
}

TEST(Event, OfAResetThatAcknowledgesNothingOfTheHelloIsAtAccept) {
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.0402 < RA ack 1\n")),
            "rst.accepted by server, frame 5");
}

TEST(Event, OfAResetThatAcknowledgesTheHelloIsAfterTheHello) {
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.0402 < A\n0.190 < RA\n")),
            "rst.client_hello by server, frame 6");
}

TEST(Event, OfARefusedSynIsARefusal) {
  EXPECT_EQ(event_of("server 203.0.113.5:443 ttl 52\n0 > S\n0.02 < RA\n"),
            "rst.syn by server, frame 2");
}

TEST(Event, IsTheFirstRefusalOfManySyns) {
  EXPECT_EQ(event_of("server 203.0.113.5:443 ttl 52\n0 > S\n0.02 < RA\n0.5 > S seq 0\n0.52 < RA\n"),
            "rst.syn by server, frame 2");
}

TEST(Event, IsNotAResetThatItsReceiverDidNotTake) {
  // Ahead of the next number, so RFC 5961 has the client ask back; the handshake goes on.
  const std::string story = opened(
      "0.0201 > PA hello\n0.030 < RA seq 3000 forged\n+0.00001 > A ack 1\n0.0402 < PA "
      "server-hello ccs appdata 900\n+0.001 > PA ccs appdata 53\n0.0605 < PA appdata 255\n");
  EXPECT_EQ(event_of(story), "none.established, frame 8");
}

TEST(Event, IsAnExactResetEvenIfTheHandshakeWentOn) {
  const std::string story = opened(
      "0.0201 > PA hello\n0.030 < RA ttl 61 forged\n0.0402 < PA server-hello ccs appdata "
      "900\n+0.001 > PA ccs appdata 53\n0.0605 < PA appdata 255\n");
  EXPECT_EQ(event_of(story), "rst.client_hello by server, frame 5");
}

TEST(Event, IsNotTheClientsResetOfAStrayAckBeforeTheConnection) {
  const std::string story =
      "server 203.0.113.5:443 ttl 52\n0 > S\n0.02 < A seq 777 ack 555\n+0 > R seq 555\n1.0 > S seq "
      "0\n1.02 < SA\n+0 > A\n+0.001 > PA hello\n1.05 < FA\n";
  EXPECT_EQ(event_of(story), "fin.client_hello by server, frame 8");
}

TEST(Event, OfAClientThatResetsInTheServersHandshakeIsThere) {
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.0402 < PA server-hello ccs appdata 900\n0.045 > "
                            "RA\n")),
            "rst.server_hello by client, frame 6");
}

// ── alert ─────────────────────────────────────────────────────────────────────────────────────

TEST(Event, OfAFatalAlertIsTheAlertAndNotTheFin) {
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.0402 < PA alert fatal 40\n0.0403 < FA\n")),
            "alert.client_hello by server, frame 5");
}

TEST(Event, OfAFatalAlertInTheFinItselfIsTheAlert) {
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.0402 < FPA alert fatal 40\n")),
            "alert.client_hello by server, frame 5");
}

TEST(Event, OfAWarningAndAFinIsTheFin) {
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.0402 < PA alert warning 112\n0.0403 < FA\n")),
            "fin.client_hello by server, frame 6");
}

TEST(Event, OfACloseNotifyAndAFinIsTheFin) {
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.0402 < PA alert warning 0\n0.0403 < FA\n")),
            "fin.client_hello by server, frame 6");
}

TEST(Event, IsNotAWarningTheHandshakeOutlives) {
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.0402 < PA alert warning 112 server-hello ccs "
                            "appdata 900\n+0.001 > PA ccs appdata 53\n0.0605 < PA appdata 255\n")),
            "none.established, frame 6");
}

TEST(Event, OfAClientThatRejectsTheCertificateIsItsAlert) {
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.0402 < PA server-hello\n0.0405 > PA alert fatal "
                            "48\n0.0406 > FA\n0.0605 < FA\n")),
            "alert.server_hello by client, frame 6");
}

TEST(Event, OfAnEncryptedRecordAsLongAsAnAlertIsTheAlertItMustBe) {
  // 19 bytes sealed, before the client's Finished: no handshake message is that short.
  const Judged judged =
      judge_story(opened("0.0201 > PA hello\n0.0402 < PA server-hello ccs appdata 900\n0.0405 > PA "
                         "ccs appdata 19\n0.0406 > FA\n0.0605 < FA\n"));
  EXPECT_EQ(judged.verdict().code(), "client.alert.server_hello");
  EXPECT_TRUE(judged.verdict().event.sealed);
  EXPECT_NE(judged.verdict().summary.find("sealed"), std::string::npos);
}

// ── plaintext ─────────────────────────────────────────────────────────────────────────────────

TEST(Event, OfAnAnswerThatIsNoTlsIsThatAnswer) {
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.0402 < PA text \"HTTP/1.1 400 Bad "
                            "Request\\r\\n\\r\\n\"\n0.0403 < FA\n")),
            "plaintext.client_hello by server, frame 5");
}

TEST(Event, OfAGreetingBeforeTheHelloIsTheGreetingAsAnswerToIt) {
  EXPECT_EQ(
      event_of(opened("0.0402 < PA text \"SSH-2.0-OpenSSH_9.2\\r\\n\"\n0.041 > PA hello\n0.0605 < "
                      "A\n0.061 < FA\n")),
      "plaintext.client_hello by server, frame 4");
}

TEST(Event, IsUndecidedWithFewerBytesThanARecordHeader) {
  // Three bytes that may yet become a TLS record.
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.0402 < PA bytes 160303\n0.0403 < FA\n")),
            "fin.server_hello by server, frame 6");
}

TEST(Event, OfARefusedStarttlsIsTheRefusal) {
  const std::string story =
      "server 203.0.113.5:143 ttl 52\n0 > S\n0.02 < SA\n+0 > A\n0.041 < PA text \"* OK IMAP4rev1 "
      "ready\\r\\n\"\n+0.001 > PA text \"a STARTTLS\\r\\n\"\n0.062 < PA text \"a BAD command "
      "unknown\\r\\n\"\n+0.001 > FA\n0.083 < FA\n";
  EXPECT_EQ(event_of(story), "plaintext.accepted by server, frame 6");
}

TEST(Event, OfADialogueThatDiesIsAtAccept) {
  const std::string story =
      "server 203.0.113.5:143 ttl 52\n0 > S\n0.02 < SA\n+0 > A\n0.041 < PA text \"* OK IMAP4rev1 "
      "ready\\r\\n\"\n+0.001 > PA text \"a STARTTLS\\r\\n\"\n0.062 < FA\n";
  EXPECT_EQ(event_of(story), "fin.accepted by server, frame 6");
}

// ── ICMP ──────────────────────────────────────────────────────────────────────────────────────

TEST(Event, OfAnUnreachableSynIsTheIcmpError) {
  EXPECT_EQ(event_of("server 203.0.113.5:443 ttl 52\n0 > S\n0.01 < icmp 3 13 from 198.51.100.1\n"),
            "icmp.syn, frame 2");
}

TEST(Event, OfAnUnreachableHelloIsTheIcmpErrorAfterWhichNothingCame) {
  EXPECT_EQ(
      event_of(opened("0.0201 > PA hello\n0.030 < icmp 3 13 from 198.51.100.1\n0.25 > PA seq 1 "
                      "hello\n0.26 < icmp 3 13 from 198.51.100.1\n")),
      "icmp.client_hello, frame 5");
}

TEST(Event, IsNoIcmpErrorThatTheServerAnswersAfter) {
  EXPECT_EQ(
      event_of(opened("0.0201 > PA hello\n0.030 < icmp 3 13 from 198.51.100.1\n0.25 > PA seq 1 "
                      "hello\n0.28 < FA\n")),
      "fin.client_hello by server, frame 7");
}

TEST(Event, IsATimeExceededOnlyWhereNothingElseEndedIt) {
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.030 < icmp 11 0 from 198.51.100.1\n1.0 > RA\n")),
            "rst.client_hello by client, frame 6");
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.030 < icmp 11 0 from 198.51.100.1\n"),
                     {.waits_on = seconds{5}}),
            "icmp.client_hello, frame 5");
}

// ── silence ───────────────────────────────────────────────────────────────────────────────────

TEST(Event, OfAClientThatGivesUpAfterThreeSecondsIsSilence) {
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.0402 < A\n3.0201 > FA\n")),
            "silence.client_hello, frame 4");
}

TEST(Event, OfAClientThatLeavesSoonerIsItsFin) {
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.0402 < A\n3.0200 > FA\n")),
            "fin.client_hello by client, frame 6");
}

TEST(Event, OfAClientThatGivesUpCountsFromTheFirstHelloAndNotFromItsCopies) {
  EXPECT_EQ(
      event_of(opened("0.0201 > PA hello\n1.0 > PA seq 1 hello\n2.9 > PA seq 1 hello\n3.1 > FA\n")),
      "silence.client_hello, frame 4");
}

TEST(Event, OfASynWithoutAnswerIsSilence) {
  EXPECT_EQ(event_of("server 203.0.113.5:443\n0 > S\n1 > S seq 0\n3 > S seq 0\n"),
            "silence.syn, frame 1");
}

TEST(Event, OfAServerThatStopsInMidRecordIsSilenceInItsHandshake) {
  EXPECT_EQ(
      event_of(opened("0.0201 > PA hello\n0.0402 < PA server-hello cut 0 40\n+0 > A\n5.0 > FA\n")),
      "silence.server_hello, frame 5");
}

TEST(Event, OfAClientThatThinksTooLongAfterAWholeAnswerIsItsOwn) {
  EXPECT_EQ(event_of(opened("0.0201 > PA hello\n0.0402 < PA server-hello\n+0 > A\n5.0 > FA\n")),
            "fin.server_hello by client, frame 7");
}

TEST(Event, IsInFlightWhereTheCaptureEndsTooSoon) {
  const std::string story = opened("0.0201 > PA hello\n0.0402 < A\n");
  EXPECT_TRUE(judge_story(story, {.waits_on = seconds{2}}).verdict().event.in_flight);
  EXPECT_FALSE(judge_story(story, {.waits_on = seconds{3}}).verdict().event.in_flight);
}

// ── completed ─────────────────────────────────────────────────────────────────────────────────

constexpr std::string_view kFinished =
    "0.0201 > PA hello\n0.0402 < PA server-hello ccs appdata 900\n+0.001 > PA ccs appdata 53\n";

TEST(Event, OfACompletedHandshakeIsNoneHoweverItWasClosed) {
  const std::string data = opened(kFinished) + "0.062 < PA appdata 255\n+0 > PA appdata 90\n";
  for (const char* end : {"0.1 < FA\n", "0.1 < RA\n", "0.1 > FA\n", "0.1 > RA\n", "0.1 > R\n"})
    EXPECT_EQ(event_of(data + end), "none.established, frame 6") << end;
}

TEST(Event, OfAHandshakeTheClientClosedAtOnceIsNone) {
  EXPECT_EQ(event_of(opened(kFinished) + "+0.001 > FA\n0.062 < FA\n"), "none.established, frame 6");
}

TEST(Event, OfAServerThatTurnsTheFinishedAwayIsEstablished) {
  EXPECT_EQ(event_of(opened(kFinished) + "0.062 < FA\n"), "fin.established by server, frame 7");
  EXPECT_EQ(event_of(opened(kFinished) + "0.062 < RA\n"), "rst.established by server, frame 7");
}

TEST(Event, OfAnAlertSizedRecordAfterFinishedIsTheAlertWhateverFollowsIt) {
  for (const char* end : {"0.0621 < FA\n", "0.0621 < RA\n", "0.0621 < R\n", "0.0621 > FA\n",
                          "0.0621 > RA\n", "0.0621 > PA appdata 19\n0.0622 > FA\n", ""}) {
    const Judged judged = judge_story(opened(kFinished) + "0.062 < PA appdata 19\n" + end);
    EXPECT_EQ(judged.verdict().code(), "server.alert.established") << end;
    EXPECT_TRUE(judged.verdict().event.sealed);
    EXPECT_TRUE(judged.has(Fact::SealedAlertSized));
    EXPECT_TRUE(judged.has(Fact::AlertMayBeGoodbye));
    EXPECT_EQ(judged.verdict().confidence, Confidence::Suggested) << end;
  }
}

TEST(Event, OfAnAlertSizedRecordIsNoGoodbyeWhereTheClientWasAskedForACertificate) {
  for (const char* certificate : {"appdata 25 appdata 53", "appdata 1200 appdata 281 appdata 53"}) {
    const Judged judged = judge_story(
        opened("0.0201 > PA hello\n0.0402 < PA server-hello ccs appdata 900\n+0.001 > PA ccs ") +
        certificate + "\n0.062 < PA appdata 19\n0.0621 < RA\n");
    EXPECT_EQ(judged.verdict().code(), "server.alert.established");
    EXPECT_FALSE(judged.has(Fact::AlertMayBeGoodbye));
    EXPECT_EQ(judged.verdict().confidence, Confidence::Strong);
  }
}

TEST(Event, OfAGoodbyeThatAnswersTheClientsIsNone) {
  const std::string story =
      opened(kFinished) + "+0.001 > PA appdata 19\n0.065 < PA appdata 19\n0.0651 < FA\n";
  EXPECT_EQ(event_of(story), "none.established, frame 6");
}

TEST(Event, OfASessionThatIdledBeforeTheServerClosedIsNone) {
  EXPECT_EQ(event_of(opened(kFinished) + "3.05 < FA\n"), "none.established, frame 6");
}

TEST(Event, OfATls12HandshakeTheServerFinishedIsNoneEvenIfItClosesAtOnce) {
  const std::string story = opened(
      "0.0201 > PA hello tls12\n0.0402 < PA server-hello tls12 handshake 11 900 handshake 14 0\n"
      "+0.001 > PA handshake 16 66 ccs sealed 22 40\n0.062 < PA ccs sealed 22 40\n0.0621 < FA\n");
  EXPECT_EQ(event_of(story), "none.established, frame 7");
}

TEST(Event, OfAHandshakeWhoseRecordsWereCutAwayIsNoneIfDataFollowed) {
  // The snap length took both sides' Finished; the client's data and the server's answer remain.
  const std::string story =
      "snaplen 120\n" + opened(
                            "0.0201 > PA hello tls12\n0.0402 < PA server-hello tls12 ccs sealed 22 "
                            "40\n+0.001 > PA ccs "
                            "sealed 22 40\n+0.001 > PA appdata 500\n0.065 < PA appdata "
                            "170\n+0.0001 < FA\n0.067 > FA\n");
  EXPECT_EQ(judge_story(story).verdict().code(), "nobody.none.established");
}

// ── probes and the rest of older connections ──────────────────────────────────────────────────

TEST(Event, OfAHealthProbeIsTheClientsFinAtAcceptAndNoFailure) {
  const Judged judged = judge_story(opened("0.0202 > FA\n0.041 < FA\n+0 > A\n"));
  EXPECT_EQ(judged.verdict().code(), "client.fin.accepted");
  EXPECT_TRUE(judged.has(Fact::HealthProbe));
  EXPECT_FALSE(judged.verdict().failed());
}

TEST(Event, OfAClientThatWaitsInVainForAGreetingIsSilence) {
  const std::string start = "server 203.0.113.5:25 ttl 52\n0 > S\n0.02 < SA\n+0 > A\n";
  const Judged patient = judge_story(start + "8.03 > FA\n8.05 < A\n");
  EXPECT_EQ(patient.says(), "unknown.silence.accepted undetermined");
  EXPECT_FALSE(patient.has(Fact::HealthProbe));
  EXPECT_EQ(patient.verdict().summary,
            "The connection was made, and the greeting that a server owes here did not come for "
            "8.0 s, until the client gave up.");
  EXPECT_TRUE(judge_story(start + "2.03 > FA\n2.05 < A\n").has(Fact::HealthProbe));
  EXPECT_TRUE(judge_story("server 203.0.113.5:443 ttl 52\n0 > S\n0.02 < SA\n+0 > A\n8.03 > FA\n")
                  .has(Fact::HealthProbe));
}

TEST(Event, OfARequestForTlsThatIsNotAnsweredSaysSo) {
  const Judged judged = judge_story(
      "server 203.0.113.5:25 ttl 52\n0 > S\n0.02 < SA\n+0 > A\n0.03 < PA text \"220 hi\\r\\n\"\n"
      "+0 > PA text \"EHLO a.example\\r\\n\"\n0.05 < PA text \"250 STARTTLS\\r\\n\"\n"
      "+0 > PA text \"STARTTLS\\r\\n\"\n0.07 < A\n8.07 > FA\n8.09 < A\n");
  EXPECT_EQ(judged.says(), "unknown.silence.accepted undetermined");
  EXPECT_EQ(judged.verdict().summary,
            "The request for TLS in the smtp dialogue was not answered for 8.0 s, until the client "
            "gave up.");
}

TEST(Event, OfAScannerThatResetsTheSynAckIsNoFailureEither) {
  const Judged judged =
      judge_story("server 203.0.113.5:443 ttl 52\n0 > S\n0.02 < SA\n+0 > R seq 1\n");
  EXPECT_EQ(judged.verdict().code(), "client.rst.syn");
  EXPECT_FALSE(judged.verdict().failed());
}

TEST(Event, SurvivesACaptureThatBeginsInTheMiddle) {
  EXPECT_EQ(event_of("server 203.0.113.5:443 ttl 52\n0 > PA hello\n0.02 < A\n0.03 < FA\n"),
            "fin.client_hello by server, frame 3");
}

}  // namespace
}  // namespace whohungup::test
