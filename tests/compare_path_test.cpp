// What the path does to packets of a connection captured at both ends: which of equal ones is
// which, how far they can come, what is changed in all of them, and what ends it after the
// handshake.
#include <gtest/gtest.h>

#include "analyze/compare.h"
#include "tests/support/two_ends.h"

namespace whohungup {
namespace {

using namespace test;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

void finish_handshake(Path& path) {
  path.open_and_greet();
  path.server(PA, server_hello());
  path.wait(path.way);
  for (const bool client : {true, false}) {
    for (const ByteString& bytes : {record(20, 1, 1), record(22, 40)})
      client ? path.client(PA, bytes) : path.server(PA, bytes);
    path.wait(path.way);
  }
}

/// The frames that one end's capture has of the resets, in pairs with the other's.
std::vector<std::pair<std::int32_t, std::int32_t>> resets(const Path& path) {
  std::vector<std::pair<std::int32_t, std::int32_t>> found;
  for (const Sighting& s : path.pairing.packets) {
    const Side end = s.client != Sighting::kNone ? Side::Client : Side::Server;
    const auto& segments = path.ends->at(end).segments;
    if (segments[static_cast<std::size_t>(s.at(end))].header.flags.rst())
      found.emplace_back(s.client, s.server);
  }
  std::sort(found.begin(), found.end());
  return found;
}

TEST(ComparePath, EqualResetsAreNotPairedCrosswise) {
  Path path;
  path.open_and_greet();
  Segment reset = path.talk.server_says(R);
  reset.header.ip_id = 0;  // as Linux sends them
  for (int copy = 0; copy < 3; ++copy) {
    path.send(reset);
    reset.header.at += microseconds{300};
  }
  path.close();
  const auto pairs = resets(path);
  ASSERT_EQ(pairs.size(), 3U);
  EXPECT_LT(pairs[0].second, pairs[1].second);
  EXPECT_LT(pairs[1].second, pairs[2].second);
}

TEST(ComparePath, OfTwoEqualResetsTheOneFromTheWrongDistanceIsTheOneWithoutASender) {
  Path path;
  path.open_and_greet();
  path.server(A);
  Segment reset = path.talk.server_says(R);
  reset.header.ip_id = 0;
  Segment twin = reset;
  twin.header.at -= milliseconds{5};
  path.forge(twin, true);
  path.send(reset);
  path.close();
  const Sighting* alone = nullptr;
  for (const Sighting& s : path.pairing.packets)
    if (s.claims == Side::Server && s.server == Sighting::kNone) alone = &s;
  ASSERT_NE(alone, nullptr);
  const Placed& packet = path.ends->client.segments[static_cast<std::size_t>(alone->client)];
  EXPECT_EQ(packet.header.ttl, 64 - 2);
}

TEST(ComparePath, OfAResetThatThePathDoubledTheFirstIsTheServersOwn) {
  Path path;
  path.open_and_greet();
  path.server(A);
  const Segment reset = path.talk.server_says(RA);
  path.send(reset, Path::AtSenderOnly);
  Segment arrived = reset;
  arrived.header.at -= microseconds{80};  // a little faster than others; its copy as fast
  for (int copy = 0; copy < 2; ++copy) {
    path.send(arrived, Path::AtReceiverOnly);
    arrived.header.at += microseconds{80};
  }
  path.close();
  EXPECT_EQ(path.verdict(), "server.rst.client_hello proven");
}

TEST(ComparePath, AServerWhoseResetsHaveAnotherFirstTtlIsStillTheServer) {
  Path path;
  path.open_and_greet();
  path.server(A);
  Segment reset = path.talk.server_says(RA);
  path.send_with_ttl(reset, 128);
  reset.header.ttl = 128 - Path::kHops;
  path.arrive(reset);
  path.close();
  EXPECT_EQ(path.verdict(), "server.rst.client_hello proven");
}

TEST(ComparePath, AHelloThatLeftWithTooFewHopsWasNotSwallowed) {
  Path path;
  path.open();
  path.repeat_hello([&](const Segment& hello) { path.send_with_ttl(hello, 3); });
  path.close();
  EXPECT_EQ(path.number(Fate::Lost), 4U);
  EXPECT_FALSE(path.has(Fact::HelloNeverArrived));
  EXPECT_NE(path.joint.judgement.verdict.actor, Actor::Middlebox);
  EXPECT_TRUE(may_expire(*path.ends, path.pairing, Side::Client, 3));
  EXPECT_FALSE(may_expire(*path.ends, path.pairing, Side::Client, 64));
}

TEST(ComparePath, AFinishedThatOnlyTheServersCaptureHoldsFinishedTheHandshake) {
  for (const std::uint16_t leaves : {RA, FA}) {
    Path path;
    path.open_and_greet();
    path.server(PA, server_hello());
    for (const ByteString& bytes : {record(20, 1, 1), record(23, 60)}) path.server(PA, bytes);
    path.wait(path.way);
    path.client(A);
    path.client(PA, record(20, 1, 1));
    path.client(PA, record(23, 53), Path::AtReceiverOnly);  // its Finished, missed by its capture
    path.wait(path.way);
    path.server(PA, record(23, 250));  // tickets
    path.wait(path.way);
    path.client(leaves);
    path.close();
    EXPECT_NE(path.verdict().substr(0, 6), "client") << path.verdict();
  }
}

TEST(ComparePath, SaysOnceWhatIsChangedInEveryPacket) {
  Path path;
  path.bleached = 0x48;
  path.open_and_greet();
  path.server(A);
  path.server(FA);
  path.close();
  EXPECT_TRUE(path.pairing.always[0].has(Change::Dscp));
  EXPECT_FALSE(path.pairing.always[0].has(Change::Payload));
}

TEST(ComparePath, AResetThatNeverArrivedIsSaidToBeLostInTheHeadline) {
  Path path;
  path.open_and_greet();
  path.server(A);
  path.server(RA, {}, Path::AtSenderOnly);
  path.wait(seconds{5});
  path.client(FA);
  path.close();
  const std::string& summary = path.joint.judgement.verdict.summary;
  EXPECT_NE(summary.find("never reached the client"), std::string::npos) << summary;
}

// ── which flow is which ───────────────────────────────────────────────────────────────────────

/// A flow of which nothing but its SYNs' numbers, its port and its beginning is known.
FlowPrint bare_print(std::uint8_t host, std::uint16_t port, std::uint32_t number, Time begin) {
  FlowPrint print;
  print.client = {{{10, 0, 0, host}, false}, static_cast<std::uint16_t>(40000 + host)};
  print.server = {{{10, 1, 0, host}, false}, port};
  print.isn = {number, number + 1};
  print.isn_seen = {true, true};
  print.begin = print.last = begin;
  print.judged = true;
  return print;
}

TEST(ComparePath, AFlowThatIsAloneOnItsPortAtBothEndsMayBeOneAndNothingIsCertain) {
  const Time moment{seconds{100}};
  const FlowMatch match = match_flows({bare_print(1, 993, 7, moment)},
                                      {bare_print(2, 993, 70, moment + milliseconds{300})});
  ASSERT_EQ(match.matched, 1U);
  EXPECT_FALSE(match.pairs[0].certain);
  EXPECT_EQ(match.pairs[0].joined, Joined::Terminated);
}

TEST(ComparePath, FlowsThatShareTheirPortOrBeganAtAnotherTimeStayAlone) {
  const Time moment{seconds{100}};
  EXPECT_EQ(match_flows({bare_print(1, 993, 7, moment)},
                        {bare_print(2, 993, 70, moment), bare_print(3, 993, 90, moment)})
                .matched,
            0U);
  EXPECT_EQ(
      match_flows({bare_print(1, 993, 7, moment)}, {bare_print(2, 993, 70, moment + seconds{3})})
          .matched,
      0U);
  EXPECT_EQ(match_flows({bare_print(1, 993, 7, moment)}, {bare_print(2, 465, 70, moment)}).matched,
            0U);
}

// ── after the handshake ───────────────────────────────────────────────────────────────────────

TEST(ComparePath, TellsWhetherTheResetAfterTheHandshakeWasTheServers) {
  Path path;
  finish_handshake(path);
  path.server(PA, record(23, 100));
  path.wait(seconds{1});
  path.server(RA);
  path.close();
  EXPECT_EQ(path.joint.judgement.verdict.code(), "nobody.none.established");
  const Sighting* end = later_ending(*path.ends, path.pairing);
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->fate, Fate::Both);
  EXPECT_NE(path.joint.judgement.verdict.summary.find("Later the server reset it"),
            std::string::npos)
      << path.joint.judgement.verdict.summary;
}

TEST(ComparePath, TellsThatTheResetAfterTheHandshakeWasMadeOnTheWay) {
  Path path;
  finish_handshake(path);
  path.server(PA, record(23, 100));
  path.wait(seconds{1});
  for (const bool to_client : {true, false}) {
    Segment reset = to_client ? path.talk.server_says(RA) : path.talk.client_says(RA);
    reset.header.ip_id = 40000;  // of the box's own counter
    path.forge(reset, to_client);
  }
  path.close();
  const Sighting* end = later_ending(*path.ends, path.pairing);
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->fate, Fate::Made);
  EXPECT_NE(path.joint.judgement.verdict.summary.find("made on the way"), std::string::npos)
      << path.joint.judgement.verdict.summary;
}

TEST(ComparePath, WhatWasForgottenAfterTheHandshakeIsNotMissing) {
  FlowTable::Options forgetful;
  forgetful.tell_settled = true;
  Path path(forgetful);
  finish_handshake(path);
  path.server(PA, record(23, 100));
  path.wait(seconds{1});
  path.server(RA);
  path.close();
  EXPECT_TRUE(path.server_told.told[0].told_settled);
  EXPECT_EQ(path.number(Fate::NotKept), 1U);
  EXPECT_EQ(path.number(Fate::Unclear), 0U);
}

TEST(ComparePath, AnAnswerToTheClientsFinishedThatNeverArrivedIsLostAndNotUncompared) {
  Path path;
  finish_handshake(path);
  path.server(PA, record(23, 100), Path::AtSenderOnly);
  path.wait(seconds{1});
  path.close();
  EXPECT_EQ(path.number(Fate::Lost), 1U);
  EXPECT_EQ(path.number(Fate::NotKept), 0U);
}

}  // namespace
}  // namespace whohungup
