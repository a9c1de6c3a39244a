// Verdicts that real servers and boxes once drew wrongly out of the program: each story is one of
// the lab's scenarios, retold with the packets that mattered.
#include "analyze/judge.h"

#include <gtest/gtest.h>

#include "tests/support/judged_story.h"

namespace whohungup::test {
namespace {

using std::chrono::seconds;

/// Five hops and 28 ms to the server; the box that speaks in its name sits two hops away.
constexpr std::string_view kOpen = R"(
server 203.0.113.5:443 ttl 59
0.0000 > S
0.0280 < SA
+0     > A
0.0285 > PA hello size 318
)";

std::string opened(std::string_view rest) { return std::string(kOpen) + std::string(rest); }

// ── what is not a reset, and not the server's ─────────────────────────────────────────────────

constexpr std::string_view kForgedAlert =
    "0.0422 < PA alert fatal 40 ttl 62 nots id 0 forged\n+0 > A ack 8\n"
    "+0.0001 < FA seq 8 ttl 62 nots id 0 forged\n";

TEST(JudgeLab, LetsNoCompanionVouchForTheEnding) {
  // The FIN behind the alert bears the same TTL, for it was made in the same place.
  const Judged judged = judge_story(opened(kForgedAlert));
  EXPECT_EQ(judged.says(), "middlebox.alert.client_hello suggested");
  EXPECT_FALSE(judged.has(Fact::EndingTtlSame));
  EXPECT_EQ(judged.frames(Fact::EndingTtlDiffers), (std::vector<std::uint32_t>{2, 5}));
  EXPECT_EQ(judged.frames(Fact::EndingLacksTimestamp), (std::vector<std::uint32_t>{2, 5}));
}

TEST(JudgeLab, NamesNobodyForAnAlertThatLacksOnlyTheTtlOfTheOthers) {
  EXPECT_EQ(verdict_of(opened("0.0422 < PA alert fatal 40 ttl 62\n+0 > A\n+0.0001 < FA ttl 62\n")),
            "unknown.alert.client_hello undetermined");
}

TEST(JudgeLab, BelievesTheServersAlertWithItsOwnTtl) {
  EXPECT_EQ(verdict_of(opened("0.0565 < PA alert fatal 40\n+0 > A\n+0.0001 < FA\n")),
            "server.alert.client_hello strong");
}

TEST(JudgeLab, ProvesAnAlertForgedWhereTheServerHasOtherBytesInItsPlace) {
  const Judged judged = judge_story(
      opened(std::string(kForgedAlert) + "0.0549 < A seq 1\n0.0570 < PA server-hello seq 1\n"));
  EXPECT_EQ(judged.says(), "middlebox.alert.client_hello proven");
  EXPECT_EQ(judged.frames(Fact::EndingContradicted), (std::vector<std::uint32_t>{2, 5, 9}));
}

TEST(JudgeLab, ProvesAFinForgedWhereTheServerWentOnBeyondIt) {
  EXPECT_EQ(verdict_of(opened("0.0508 < FA ttl 62 nots id 0 forged\n+0.002 > FA ack 2\n"
                              "0.0640 < A\n0.0727 < PA server-hello\n")),
            "middlebox.fin.client_hello proven");
}

TEST(JudgeLab, DoesNotCallAFinForgedThatLooksLikeTheServers) {
  const Judged judged = judge_story(opened("0.0565 < FA\n0.0727 < PA server-hello seq 1\n"));
  EXPECT_FALSE(judged.has(Fact::EndingContradicted));
  EXPECT_NE(judged.verdict().confidence, Confidence::Proven);
}

// ── resets that imitate ───────────────────────────────────────────────────────────────────────

TEST(JudgeLab, ProvesAResetForgedThatMirrorsTheHello) {
  EXPECT_EQ(verdict_of(opened("0.0425 < RA ttl 59 nots nodf id 4660 win 502 forged\n"
                              "0.0592 < A\n+0 > R\n0.0656 < PA server-hello\n")),
            "middlebox.rst.client_hello proven");
}

TEST(JudgeLab, TakesNoCopiedClockForTheServersOwn) {
  // The reset copies TSval and TSecr from the SYN+ACK, though the time ran on and it acknowledges
  // the hello.
  const Judged judged = judge_story(
      "client 192.0.2.10:40000 clock 5000\nserver 203.0.113.5:443 ttl 59 clock 70000\n0 > S\n"
      "0.028 < SA tsval 70000\n+0 > A\n0.0346 > PA hello size 318\n"
      "0.0483 < RA tsval 70000 tsecr 5000 id 1 forged\n0.0614 < A tsval 70034\n+0 > R\n"
      "0.0765 < PA server-hello tsval 70049\n");
  EXPECT_FALSE(judged.has(Fact::RstContinuesSender));
  EXPECT_EQ(judged.says(), "middlebox.rst.client_hello proven");
}

TEST(JudgeLab, LetsTheDistanceStandAgainstProofWhereTheServerNeverTookTheHelloIn) {
  // A packet filter on the server itself may reset and swallow; then the server sees an idle
  // client.
  EXPECT_EQ(verdict_of(opened("0.0570 < RA nots id 0 forged\n8.0 < PA alert fatal 80 ack 1\n")),
            "middlebox.rst.client_hello strong");
}

// ── answers that were lost ────────────────────────────────────────────────────────────────────

TEST(JudgeLab, KnowsFromANumberThatTheAnswerWasSent) {
  // Frame 7 carries nothing and stands at 786: 785 bytes before it never came.
  const Judged judged = judge_story(
      opened("0.0563 < A\n0.0570 < PA server-hello lost\n4.034 > FA ack 1\n4.103 < A seq 786\n"));
  EXPECT_EQ(judged.says(), "unknown.silence.client_hello undetermined");
  EXPECT_EQ(judged.frames(Fact::ServerStreamHole), (std::vector<std::uint32_t>{7}));
}

TEST(JudgeLab, BlamesNoClientThatNeverGotTheAnswer) {
  const Judged judged =
      judge_story(opened("0.0286 < A\n0.029 < PA server-hello\n0.26 < PA server-hello seq 1\n"
                         "0.96 < PA server-hello seq 1\n4.033 > FA ack 1\n4.07 < A\n"));
  EXPECT_EQ(judged.says(), "unknown.silence.server_hello undetermined");
  EXPECT_TRUE(judged.has(Fact::AnswerUnacked));
}

TEST(JudgeLab, StillBlamesTheClientThatGotTheAnswerAndThoughtTooLong) {
  EXPECT_EQ(verdict_of(opened("0.057 < PA server-hello\n+0 > A\n4.033 > FA\n4.07 < A\n")),
            "client.fin.server_hello proven");
}

TEST(JudgeLab, NamesNobodyWhereTheServersFinWasNotCaptured) {
  const Judged judged =
      judge_story(opened("0.0563 < A\n0.0565 < FA lost\n0.0567 > FA ack 2\n0.085 < A seq 2\n"));
  EXPECT_EQ(judged.says(), "unknown.fin.client_hello undetermined");
  EXPECT_EQ(judged.frames(Fact::ServerFinUnseen), (std::vector<std::uint32_t>{6}));
}

TEST(JudgeLab, TakesNoAcknowledgementOfASynForOneOfAFin) {
  // Somebody repeats the hello from the SYN's number on; what the server acknowledged is the SYN.
  const Judged judged = judge_story(opened("0.060 > PA seq 0 hello\n0.085 < RA\n"));
  EXPECT_FALSE(judged.has(Fact::ClientFinUnseen));
}

TEST(JudgeLab, DoesNotSayThatAFinCameWithoutAnswerWhereBytesBeforeItAreMissing) {
  const Judged judged = judge_story(
      opened("0.0563 < A\n0.0564 < PA alert fatal 40 lost\n0.0565 < FA\n+0 > FA ack 9\n"));
  EXPECT_FALSE(judged.has(Fact::FinBeforeAnyAnswer));
  EXPECT_EQ(judged.verdict().summary.find("without a byte"), std::string::npos);
}

TEST(JudgeLab, OrdersTwoFinsByWhatTheyAcknowledge) {
  // Captured in the wrong order: the client's FIN acknowledges the server's.
  EXPECT_EQ(verdict_of(opened("0.0563 < A\n0.0565 > FA ack 2\n0.0566 < FA ack 319\n0.085 < A\n")),
            "server.fin.client_hello strong");
}

TEST(JudgeLab, KnowsFromTheFinsNumberThatTheAnswerWasLostThoughTheHelloIsCut) {
  const Judged judged =
      judge_story("snaplen 96\n" + opened("0.0563 < A\n0.0570 < PA text \"HTTP/1.1 400 Bad "
                                          "Request\\r\\n\" lost\n0.0571 < FA\n+0 > A "
                                          "ack 1\n4.034 > FA ack 1\n4.103 < A\n"));
  EXPECT_EQ(judged.says(), "unknown.silence.client_hello undetermined");
}

TEST(JudgeLab, CallsAFinAnEndingOfAConnectionThatWasMade) {
  EXPECT_EQ(
      judge_story("server 203.0.113.5:443 ttl 59\n0 > S\n0.028 < SA\n0.03 < FA\n").verdict().code(),
      "server.fin.accepted");
}

// ── good-byes ─────────────────────────────────────────────────────────────────────────────────

TEST(JudgeLab, TakesAClientThatSaidGoodbyeBehindItsFinishedForTheOneWhoClosed) {
  const std::string flight = opened(
      "0.0563 < A\n0.057 < PA server-hello ccs appdata 900\n+0.001 > PA ccs appdata 69 appdata "
      "19\n");
  EXPECT_EQ(verdict_of(flight + "0.086 < PA appdata 19\n+0 < FA\n0.1 > FA\n0.13 < A\n"),
            "nobody.none.established strong");
}

TEST(JudgeLab, SaysNothingOfASealedAlertBehindDataThatBothSidesExchanged) {
  // The server's handshake is missing from the capture; what came later shows that it was finished.
  const Judged judged =
      judge_story(opened("0.0563 < A\n0.057 < PA server-hello ccs appdata 900 lost\n"
                         "0.058 > PA ccs appdata 69 ack 1006\n0.0865 < PA appdata 255\n+0 > A\n"
                         "0.0870 > PA appdata 90\n0.12 < PA appdata 19\n+0 > FA\n+0.03 < FA\n"));
  EXPECT_EQ(judged.verdict().code(), "nobody.none.established");
}

TEST(JudgeLab, CallsNothingBrokenOffWhereTheSnapLengthHidesTheFinish) {
  for (const char* end : {"0.1 > FA\n", "0.1 > RA\n"}) {
    const Judged judged = judge_story(
        "snaplen 96\n" +
        opened("0.0563 < A\n0.057 < PA server-hello tls12 handshake 11 900 handshake 14 0\n0.058 > "
               "PA handshake 16 66 ccs sealed 22 40\n") +
        end);
    EXPECT_EQ(judged.verdict().actor, Actor::Unknown) << end;
    EXPECT_TRUE(judged.has(Fact::FinishUnseen)) << end;
  }
}

// ── crossing packets ──────────────────────────────────────────────────────────────────────────

TEST(JudgeLab, KeepsAtAcceptWhatEndedBeforeTheHelloArrived) {
  // The banner acknowledges 1 and the client leaves; the hello arrives long after that.
  EXPECT_EQ(verdict_of(opened("0.0960 < PA text \"SSH-2.0-OpenSSH_9.2\\r\\n\" ack 1\n+0 > A\n"
                              "+0.0002 > FA\n0.82 > PA seq 1 hello size 318\n0.856 < A\n")),
            "server.plaintext.accepted strong");
}

}  // namespace
}  // namespace whohungup::test
