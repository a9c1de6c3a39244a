// What of a connection this machine kept back, by its packets and by what its socket sent.
#include "cli/passage.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/support/story.h"

namespace whohungup {
namespace {

/// A socket on port 40000 that sent so many bytes, and the packets that passed.
Passage passed(const std::string& packets, std::uint64_t sent, int connect_error = 0) {
  AttemptResult result;
  result.local_port = 40000;
  result.socket.sent = sent;
  result.socket.connect_error = connect_error;
  const story::Capture capture =
      story::tell("client 192.0.2.10:40000\nserver 203.0.113.5:443\n" + packets);
  for (const Packet& packet : capture.packets())
    result.packets.push_back(
        {packet.at, {packet.bytes.begin(), packet.bytes.end()}, packet.wire_len, packet.link});
  return passage_of(result, 443);
}

const std::string kUp = "0 > S\n0.02 < SA\n0.0201 > A\n";
const std::string kHello = "0.021 > PA hello size 332\n";
const std::string kAnswer = "0.042 < PA server-hello ccs appdata 900\n";

TEST(Passage, KeepsNothingBackOfAConnectionThatWorks) {
  const Passage passage =
      passed(kUp + kHello + kAnswer + "0.0421 > A\n1 > FA\n1.02 < FA\n1.0201 > A\n", 332);
  EXPECT_FALSE(passage.never_left || passage.not_let_in || passage.beside);
}

TEST(Passage, MissesTheHelloThatNeverLeft) {
  EXPECT_TRUE(passed(kUp + "3 > FA seq 333\n", 332).never_left);
  EXPECT_FALSE(passed(kUp + kHello + "3 > FA\n", 332).never_left) << "it left, and was lost later";
}

TEST(Passage, DoesNotMissWhatTheKernelHadNoRoomOrNoReasonToSend) {
  EXPECT_FALSE(passed("0 > S\n0.02 < SA win 0\n0.0201 > A\n3 > FA\n", 332).never_left)
      << "the server has no room";
  EXPECT_FALSE(passed(kUp + "0.0202 < RA\n", 332).never_left) << "there is no connection any more";
  EXPECT_FALSE(passed(kUp + "0.0202 < RA\n0.0203 > PA hello size 332\n", 332).never_left);
}

TEST(Passage, SeesAnswersThatOurOwnTcpWasNeverGiven) {
  EXPECT_TRUE(passed(kUp + kHello + kAnswer + "3 > FA ack 1\n", 332).not_let_in);
  EXPECT_FALSE(passed(kUp + kHello + kAnswer + "0.1 > FA ack 1\n", 332).not_let_in)
      << "it left before an acknowledgement was due";
  EXPECT_FALSE(
      passed(kUp + kHello + "3 > FA\n7 < PA server-hello ccs appdata 900\n7.0001 > R\n", 332)
          .not_let_in)
      << "late, when we had left";
}

TEST(Passage, SeesAFirewallThatRefusesAnAnswerInOurName) {
  EXPECT_TRUE(passed(kUp + kHello + kAnswer + "0.0421 > R\n0.222 < R\n", 332).not_let_in);
}

TEST(Passage, SeesSynAcksThatWereNotLetIn) {
  EXPECT_TRUE(passed("0 > S\n0.02 < SA\n1 > S seq 0\n1.02 < SA seq 0\n", 0, ETIMEDOUT).not_let_in);
  EXPECT_FALSE(passed("0 > S\n1 > S seq 0\n", 0, ETIMEDOUT).not_let_in);
}

TEST(Passage, TellsAConnectionBesideTheInterfaceFromASynThatNeverLeft) {
  const Passage connected = passed("", 332);
  EXPECT_TRUE(connected.beside && !connected.never_left);
  const Passage refused = passed("", 0, ECONNREFUSED);
  EXPECT_TRUE(refused.never_left && !refused.beside);
}

}  // namespace
}  // namespace whohungup
