// Two captures of one hand-made connection: what was lost, made, changed or only not captured.
#include "analyze/compare.h"

#include <gtest/gtest.h>

#include <random>

#include "analyze/compare_match.h"
#include "tests/support/two_ends.h"

namespace whohungup {
namespace {

using namespace test;
using std::chrono::milliseconds;
using std::chrono::seconds;

// ── pairing ───────────────────────────────────────────────────────────────────────────────────

TEST(Compare, FindsEveryPacketOfAnUntouchedConnectionAtBothEnds) {
  Path path;
  path.open_and_greet();
  path.server(A);
  path.server(RA);
  path.close();
  EXPECT_EQ(path.number(Fate::Both), 6U);
  EXPECT_EQ(path.pairing.packets.size(), 6U);
  EXPECT_EQ(path.pairing.hops[0], Path::kHops);
  EXPECT_EQ(path.verdict(), "server.rst.client_hello proven");
}

TEST(Compare, MatchesBytesThatOffloadCutDifferently) {
  Path path;
  path.open();
  const ByteString hello = client_hello(1500);
  Segment whole = path.talk.client_says(PA, hello);
  path.send(whole, Path::AtSenderOnly);
  for (std::size_t at = 0; at < hello.size(); at += 500) {
    Segment part = whole;
    part.payload = whole.payload.subspan(at, 500);
    part.header.seq = whole.header.seq + static_cast<std::uint32_t>(at);
    part.header.payload_len = part.header.captured_len = 500;
    path.send(part, Path::AtReceiverOnly);
  }
  path.wait(path.way);
  path.server(A);
  path.server(FA);
  path.close();
  EXPECT_EQ(path.number(Fate::Lost), 0U);
  EXPECT_EQ(path.number(Fate::Made), 0U);
  EXPECT_EQ(path.number(Fate::Unclear), 0U);
  EXPECT_EQ(path.pairing.changed, 0U);
}

TEST(Compare, TellsALostPacketFromOneTheCaptureMissed) {
  Path lost;
  lost.open();
  Segment hello = lost.talk.client_says(PA, client_hello());
  const ByteString kept = lost.talk.held;
  hello.payload = kept;
  lost.send(hello, Path::AtSenderOnly);
  lost.wait(milliseconds{200});
  hello.header.at = lost.talk.now;
  ++hello.header.ip_id;
  lost.send(hello);
  lost.wait(lost.way);
  lost.server(A);
  lost.server(FA);
  lost.close();
  EXPECT_EQ(lost.number(Fate::Lost), 1U);
  EXPECT_EQ(lost.number(Fate::MissedThere), 0U);

  Path missed;
  missed.open();
  missed.client(PA, client_hello(), Path::AtSenderOnly);
  missed.wait(missed.way);
  missed.server(A);  // its end acknowledges what its capture lacks
  missed.server(FA);
  missed.close();
  EXPECT_EQ(missed.number(Fate::Lost), 0U);
  EXPECT_EQ(missed.number(Fate::MissedThere), 1U);
  EXPECT_TRUE(missed.has(Fact::OtherCaptureHole));
}

TEST(Compare, ListsWhatWasChangedOnTheWay) {
  Path path;
  path.open();
  Segment hello = path.talk.client_says(PA, client_hello());
  path.send(hello, Path::AtSenderOnly);
  hello.header.tos = 0x48;
  path.send(hello, Path::AtReceiverOnly);
  path.wait(path.way);
  path.server(FA);
  path.close();
  EXPECT_EQ(path.pairing.changed, 1U);
  std::size_t dscp = 0;
  for (const Sighting& s : path.pairing.packets) dscp += s.changes.has(Change::Dscp) ? 1U : 0U;
  EXPECT_EQ(dscp, 1U);
}

TEST(Compare, FollowsSequenceNumbersThatAreShifted) {
  Path path;
  path.renumber = 0x89abcdef;
  path.open_and_greet();
  path.server(A);
  path.server(RA);
  path.close();
  EXPECT_EQ(path.joined, Joined::Renumbered);
  EXPECT_EQ(path.number(Fate::Both), 6U);
}

// ── the joint verdict ─────────────────────────────────────────────────────────────────────────

TEST(Compare, ProvesAResetThatTheServerNeverSent) {
  Path path;
  path.open_and_greet();
  path.server(A);
  Segment reset = path.talk.server_says(RA);
  path.forge(reset, true);
  path.wait(milliseconds{50});
  path.server(PA, server_hello());
  path.close();
  EXPECT_EQ(path.verdict(), "middlebox.rst.client_hello proven");
  EXPECT_TRUE(path.has(Fact::EndingNeverLeft));
  EXPECT_EQ(path.joint.made_because, MadeBecause::SenderWentOn);
}

TEST(Compare, NamesNobodyForAResetThatTheServersCaptureMayHaveMissed) {
  Path path;
  path.open_and_greet();
  path.server(A);
  path.server(RA, {}, Path::AtReceiverOnly);  // the server's own, and not captured there
  path.close();
  EXPECT_EQ(path.verdict(), "unknown.rst.client_hello undetermined");
  EXPECT_TRUE(path.has(Fact::EndingNotThere));
  EXPECT_FALSE(path.has(Fact::EndingNeverLeft));
}

TEST(Compare, ProvesAHelloThatWasSwallowedAgainAndAgain) {
  Path path;
  path.open();
  path.repeat_hello([&](const Segment& hello) { path.send(hello, Path::AtSenderOnly); });
  path.close();
  EXPECT_EQ(path.verdict(), "middlebox.silence.client_hello proven");
  EXPECT_TRUE(path.has(Fact::HelloNeverArrived));
}

TEST(Compare, AccusesNobodyOfAHelloThatLeftWhenTheServersCaptureHadStopped) {
  Path path;
  path.open();
  path.server_stopped = path.talk.now + path.way;
  path.wait(seconds{2});
  const Segment hello = path.talk.client_says(PA, client_hello());
  for (const int after : {0, 1, 3}) {
    Segment copy = hello;
    copy.header.at += seconds{after};
    path.send(copy, Path::AtSenderOnly);
  }
  path.wait(seconds{10});
  path.close();
  EXPECT_EQ(path.number(Fate::BeyondCapture), 3U);
  EXPECT_EQ(path.number(Fate::Lost), 0U);
  EXPECT_FALSE(path.has(Fact::HelloNeverArrived));
  EXPECT_EQ(path.joint.judgement.verdict.actor, Actor::Unknown);
}

TEST(Compare, DoesNotCallTheServerSilentWhoseAnswerWasLost) {
  Path path;
  path.open_and_greet();
  path.server(A);
  const ByteString answer = client_hello();     // whatever it says
  path.server(PA, answer, Path::AtSenderOnly);  // once, so nothing was swallowed for sure
  path.wait(seconds{5});
  Segment leaving = path.talk.client_says(FA);
  leaving.header.ack.value -= static_cast<std::uint32_t>(answer.size());  // it never came
  path.send(leaving);
  path.close();
  EXPECT_TRUE(path.has(Fact::LostOnTheWay));
  EXPECT_FALSE(path.has(Fact::ReplyNeverArrived));
  EXPECT_EQ(path.joint.judgement.verdict.event.mechanism, Mechanism::Silence);
  EXPECT_EQ(path.joint.judgement.verdict.actor, Actor::Unknown);
}

TEST(Compare, DoesNotCallTheServerSilentWhoseAnswerTheClientsCaptureMissed) {
  Path path;
  path.open_and_greet();
  path.server(A);
  path.server(PA, client_hello(), Path::AtSenderOnly);
  path.wait(seconds{5});
  path.client(FA);  // it acknowledges the answer
  path.close();
  EXPECT_EQ(path.number(Fate::MissedThere), 1U);
  EXPECT_NE(path.verdict().substr(0, 14), "server.silence") << path.verdict();
}

TEST(Compare, CallsOneLostHelloNoProof) {
  Path path;
  path.open();
  path.client(PA, client_hello(), Path::AtSenderOnly);
  path.wait(seconds{9});
  path.close();
  EXPECT_FALSE(path.has(Fact::HelloNeverArrived));
  EXPECT_NE(path.verdict(), "middlebox.silence.client_hello proven");
}

TEST(Compare, ProvesThatTheServerKeptSilent) {
  Path path;
  path.open_and_greet();
  path.server(A);
  path.wait(seconds{9});
  path.close();
  EXPECT_EQ(path.verdict(), "server.silence.client_hello proven");
}

TEST(Compare, LeavesTheVerdictAloneWhereTheOtherCaptureDidNotRun) {
  Path path;
  path.open_and_greet();
  path.server(RA, {}, Path::AtReceiverOnly);
  path.close();
  Ends short_ends{path.ends->client,
                  path.ends->server,
                  path.joined,
                  path.ends->clock,
                  path.ends->client_span,
                  CaptureSpan{Time{}, Time{milliseconds{5}}, std::nullopt, true}};
  short_ends.server_span.end = path.ends->server.begin - seconds{60};
  const Pairing pairing = pair_packets(short_ends);
  EXPECT_EQ(pairing.number(Fate::Made), 0U);
  EXPECT_GT(pairing.number(Fate::BeyondCapture), 0U);
}

// ── clocks ────────────────────────────────────────────────────────────────────────────────────

TEST(ClockSync, KnowsTheOffsetToHalfARoundTripAtMost) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    const auto between = [&](double low, double high) {
      return std::uniform_real_distribution<double>(low, high)(random);
    };
    const double offset = between(-20000, 20000);
    const double drift = round % 3 == 0 ? 0 : between(-200e-6, 200e-6);
    const double way = between(0.0001, 0.1), jitter = between(0, 0.02);
    const double length = between(0.1, 300);
    const Time start{seconds{1'700'000'000}};
    const auto at = [&](double t) { return start + Duration(static_cast<std::int64_t>(t * 1e9)); };
    const auto server_clock = [&](double t) { return at(t + offset + drift * t); };
    ClockSync sync;
    for (int i = 0; i < 40; ++i) {
      const double sent = between(0, length);
      sync.to_server(at(sent), server_clock(sent + way + between(0, jitter)));
      const double back = between(0, length);
      sync.to_client(server_clock(back), at(back + way + between(0, jitter)));
    }
    const ClockLine line = sync.line();
    ASSERT_TRUE(line.both_ways);
    EXPECT_FALSE(line.contradictory) << "round " << round;
    for (const double t : {0.0, length / 2, length}) {
      const double error =
          std::chrono::duration<double>(line.offset_at(at(t))).count() - (offset + drift * t);
      EXPECT_LT(std::abs(error), way + jitter + 1e-6) << "round " << round << " at " << t;
      const Time there = server_clock(t);
      EXPECT_LT(std::abs(std::chrono::duration<double>(line.to_client(there) - at(t)).count()),
                way + jitter + 1e-3)
          << "round " << round;
    }
  }
}

TEST(ClockSync, SeesADriftOfAHundredMillionths) {
  ClockSync sync;
  for (int second = 0; second < 120; ++second) {
    const Time at{seconds{1000 + second}};
    const Duration gained{100'000LL * second};
    sync.to_server(at, at + gained + milliseconds{3600'000} + milliseconds{2});
    sync.to_client(at + gained + milliseconds{3600'000}, at + milliseconds{2});
  }
  const ClockLine line = sync.line();
  EXPECT_NEAR(line.drift * 1e6, 100, 5);
  EXPECT_LT(line.drift_uncertainty * 1e6, 40);
}

TEST(ClockSync, SaysSoWhenAClockWasSetMeanwhile) {
  ClockSync sync;
  for (int i = 0; i < 20; ++i) {
    const Time at{seconds{1000 + i}};
    const Duration off = i < 10 ? Duration{} : Duration{seconds{30}};
    sync.to_server(at, at + off + milliseconds{1});
    sync.to_client(at + off, at + milliseconds{1});
  }
  EXPECT_TRUE(sync.line().contradictory);
}

TEST(ClockSync, KnowsNothingFromNothingAndLittleFromOneDirection) {
  EXPECT_FALSE(ClockSync().line().known);
  ClockSync sync;
  sync.to_server(Time{seconds{5}}, Time{seconds{65}});
  EXPECT_TRUE(sync.line().known);
  EXPECT_FALSE(sync.line().both_ways);
}

// ── laws ──────────────────────────────────────────────────────────────────────────────────────

TEST(Compare, NeverBlamesABoxForWhatTheServerDidWhateverIsMissingAtOneEnd) {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    Path path;
    const bool at_server = round % 2 == 0;
    const auto where = [&](bool from_client) {
      if (random() % 5 != 0) return Path::Both;
      // Missing at the spoiled end: it is the sender's or the receiver's.
      return from_client == at_server ? Path::AtSenderOnly : Path::AtReceiverOnly;
    };
    path.client(S, {}, where(true));
    path.wait(path.way);
    path.server(SA, {}, where(false));
    path.wait(path.way);
    path.client(A, {}, where(true));
    path.client(PA, client_hello(), where(true));
    path.wait(path.way);
    path.server(A, {}, where(false));
    path.server(random() % 2 == 0 ? RA : FA, {}, where(false));
    if (!path.meet()) continue;
    EXPECT_NE(path.joint.judgement.verdict.actor, Actor::Middlebox) << "round " << round;
  }
}

}  // namespace
}  // namespace whohungup
