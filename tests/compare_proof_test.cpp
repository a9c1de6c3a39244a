// What two captures have to show before anything is proven by them: that the one which lacks a
// packet was running, takes such packets and was made at its end, and that whoever left was given
// no cause which they do not hold.
#include <gtest/gtest.h>

#include "analyze/compare.h"
#include "tests/support/two_ends.h"

namespace whohungup {
namespace {

using namespace test;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// The look-alike that is left open, or an empty text.
std::string_view left_open(const Path& path, std::string_view id) {
  for (const LookAlike& one : path.joint.judgement.verdict.look_alikes)
    if (one.id == id && one.status == LookAlike::Status::Possible) return one.why;
  return {};
}

void swallow_hello(Path& path) {
  path.repeat_hello([&](const Segment& hello) { path.send(hello, Path::AtSenderOnly); });
}

// ── a hello that never arrived ────────────────────────────────────────────────────────────────

TEST(CompareProof, ASwallowedHelloIsProvenOnceTheServersCaptureIsSeenToHaveRunOn) {
  Path path;
  path.open();
  swallow_hello(path);
  path.client(FA);
  path.close();
  EXPECT_EQ(path.verdict(), "middlebox.silence.client_hello proven");
}

TEST(CompareProof, AHelloSwallowedWhereTheServersCaptureEndsIsStrongAndSaysWhatWouldDecide) {
  Path path;
  path.open();
  path.server_stopped = path.talk.now + path.way;
  swallow_hello(path);
  path.close();
  EXPECT_EQ(path.verdict(), "middlebox.silence.client_hello strong");
  EXPECT_NE(left_open(path, "capture-stopped"), "");
  EXPECT_NE(path.joint.judgement.verdict.next.front().find("dumpcap"), std::string::npos);
}

TEST(CompareProof, OneCopyThatWasDueInTimeIsNoProofThatTheNextWouldHaveBeenMissing) {
  Path path;
  path.open();
  path.server_stopped = path.talk.now + path.way + milliseconds{900};
  swallow_hello(path);  // a second apart
  path.close();
  EXPECT_EQ(path.verdict(), "middlebox.silence.client_hello strong");
}

TEST(CompareProof, ACaptureOfSynFinAndRstAloneDoesNotShowThatTheHelloNeverCame) {
  Path path;
  path.client(S);
  path.wait(path.way);
  path.server(SA);
  path.wait(path.way);
  path.client(A, {}, Path::AtSenderOnly);
  swallow_hello(path);
  path.client(FA);
  path.close();
  EXPECT_EQ(path.verdict(), "middlebox.silence.client_hello strong");
  EXPECT_NE(left_open(path, "capture-filtered"), "");
}

// ── a reset that its sender's capture lacks ───────────────────────────────────────────────────

/// The same connection with a reset from the server's side that its capture lacks, and that came so
/// many hops less far than the server's other packets.
void reset_nearer_by(int hops, Path& path) {
  path.open_and_greet();
  path.server(A);
  path.wait(milliseconds{30});
  Segment reset = path.talk.server_says(RA);
  reset.header.ip_id = 40000;
  reset.header.has_timestamps = false;
  reset.header.at += path.way;
  path.arrive(reset, Path::kHops - hops);
}

TEST(CompareProof, AResetFromFarTooNearIsProvenWhereTheServersCaptureRanOn) {
  Path path;
  reset_nearer_by(3, path);
  path.close();
  EXPECT_EQ(path.verdict(), "middlebox.rst.client_hello proven");
}

TEST(CompareProof, AResetFromTooNearIsNotProvenWhereTheServersCaptureHadStopped) {
  Path path;
  path.server_stopped = path.talk.now + 4 * path.way + milliseconds{5};
  reset_nearer_by(3, path);
  path.close();
  EXPECT_EQ(path.verdict(), "middlebox.rst.client_hello strong");
  EXPECT_NE(left_open(path, "capture-stopped"), "");
}

TEST(CompareProof, OneHopIsNoProofWhereTheServersCaptureHoldsNoResetAtAll) {
  Path path;
  reset_nearer_by(1, path);
  path.close();
  EXPECT_EQ(path.verdict(), "middlebox.rst.client_hello strong");
  EXPECT_NE(left_open(path, "capture-filtered"), "");
}

TEST(CompareProof, OneHopIsProofWhereTheServersCaptureHoldsOtherResets) {
  Path path;
  path.server_holds.resets = true;
  reset_nearer_by(1, path);
  path.close();
  EXPECT_EQ(path.verdict(), "middlebox.rst.client_hello proven");
}

TEST(CompareProof, AResetWhoseChecksumWasWrongWhereItWasSentWasSent) {
  Path path;
  path.open_and_greet();
  path.server(A);
  Segment reset = path.talk.server_says(RA);
  reset.header.tcp_checksum = ChecksumState::Bad;
  path.send(reset, Path::AtSenderOnly);
  reset.header.tcp_checksum = ChecksumState::Good;
  path.send(reset, Path::AtReceiverOnly);
  path.wait(milliseconds{50});
  path.server(PA, server_hello());  // its host goes on
  path.close();
  EXPECT_FALSE(path.has(Fact::EndingNeverLeft));
  EXPECT_NE(path.joint.judgement.verdict.actor, Actor::Middlebox);
}

// ── who left, and on what ─────────────────────────────────────────────────────────────────────

TEST(CompareProof, TheClientThatAnswersAFinItsCaptureLacksDidNotHangUp) {
  Path path;
  path.open_and_greet();
  path.server(A);
  path.server(FA, {}, Path::AtSenderOnly);
  path.wait(path.way);
  path.client(FA);
  path.wait(path.way);
  path.server(A);
  path.close();
  EXPECT_EQ(path.verdict(), "server.fin.client_hello proven");
}

TEST(CompareProof, TheClientThatAcknowledgesWhatNoCaptureHoldsIsNotProvenToHaveLeftFirst) {
  Path path;
  path.open_and_greet();
  path.server(A);
  Segment leaving = path.talk.client_says(FA);
  ++leaving.header.ack.value;  // a FIN in the server's name, which its capture missed
  path.send(leaving);
  path.wait(path.way);
  path.server(PA, server_hello());  // whose bytes cover that FIN
  path.close();
  EXPECT_LT(path.joint.judgement.verdict.confidence, Confidence::Proven);
}

TEST(CompareProof, AClientsResetWithoutAckIsTheAnswerOfAHostThatHasNoSuchConnection) {
  Path path;
  path.client(S);
  path.wait(path.way);
  path.server(SA);
  path.wait(path.way);
  path.client(R);
  path.close();
  EXPECT_LT(path.joint.judgement.verdict.confidence, Confidence::Strong);
}

TEST(CompareProof, AClientThatLeavesAndIsAcknowledgedIsProvenToHaveLeft) {
  Path path;
  path.open_and_greet();
  path.server(A);
  path.wait(milliseconds{30});
  path.client(FA);
  path.wait(path.way);
  path.server(A);
  path.close();
  EXPECT_EQ(path.verdict(), "client.fin.client_hello proven");
}

TEST(CompareProof, AServersCaptureFromTheMiddleDoesNotProveThatTheServerEndedIt) {
  Path path;
  path.before_server = 1;
  path.open_and_greet();
  path.server(RA);
  path.close();
  EXPECT_NE(path.verdict(), "server.rst.client_hello proven");
}

TEST(CompareProof, ACaptureThatLacksWhatAServerAcknowledgedIsKnownToTakeNotAll) {
  for (const bool taken : {true, false}) {
    Path path;
    path.open_and_greet();
    path.client(PA, record(23, 60), taken ? Path::Both : Path::AtSenderOnly);
    path.wait(path.way);
    path.server(A);
    path.close();
    KindsHeld held;
    held.add(path.ends->server);
    EXPECT_EQ(held.gaps, !taken);
  }
}

}  // namespace
}  // namespace whohungup
