// Verdicts from packets to words: who is named, how surely, and what is said about it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "analyze/rules.h"
#include "tests/support/judged_story.h"
#include "tests/support/story.h"

namespace whohungup::test {
namespace {

using std::chrono::seconds;

constexpr std::string_view kOpen = "server 203.0.113.5:443 ttl 52\n0 > S\n0.02 < SA\n+0 > A\n";
constexpr std::string_view kAcked =
    "server 203.0.113.5:443 ttl 52\n0 > S\n0.02 < SA\n+0 > A\n0.0201 > PA hello size 332\n0.0402 < "
    "A\n";
Judged opened(const std::string& rest, const Around& around = {}) {
  return judge_story(std::string(kOpen) + rest, around);
}
Judged acked(const std::string& rest, const Around& around = {}) {
  return judge_story(std::string(kAcked) + rest, around);
}
const char* const kFlight = "0.080 < PA server-hello ccs appdata 900\n";

// ── who, and how surely ───────────────────────────────────────────────────────────────────────

TEST(Judge, ProvesAForgedResetByWhatTheServerDidNext) {
  const Judged judged = acked(std::string("0.045 < RA ttl 60 forged\n") + kFlight);
  EXPECT_EQ(judged.says(), "middlebox.rst.client_hello proven");
  EXPECT_TRUE(judged.fires("server-outlives-its-rst"));
  EXPECT_NE(judged.verdict().summary.find("the server itself went on"), std::string::npos);
}

TEST(Judge, DoesNotProveItInACaptureThatLostFrames) {
  const Judged judged = acked(std::string("0.045 < RA ttl 60 forged\n") + kFlight, {.dropped = 1});
  EXPECT_FALSE(judged.fires("server-outlives-its-rst"));
  EXPECT_LT(judged.verdict().confidence, Confidence::Strong);
}

TEST(Judge, DoesNotProveItByAResetThatNeedsNoConnection) {
  // A second node at the server's address, or its firewall, makes such a reset from the hello.
  const Judged far = acked(std::string("0.045 < R ttl 60 forged\n") + kFlight);
  EXPECT_LE(far.verdict().confidence, Confidence::Strong);
  const Judged near = acked(std::string("0.045 < R forged\n") + kFlight);
  EXPECT_NE(near.verdict().actor, Actor::Middlebox);
}

TEST(Judge, IsNotTakenInByAClientThatFinishesAfterTheServersOwnReset) {
  // The server's whole flight was out before it reset; only the client, deaf to that, goes on.
  const char* const kRest =
      "0.020100 > PA hello size 332\n0.0402 < A\n0.042 < PA server-hello ccs appdata 900\n"
      "+0.00002 > A\n0.0421 < RA win 0\n0.044 > PA ccs appdata 53\n0.064 < R\n";
  for (const char* const habits : {"", " nots", " nots noid"}) {
    const Judged judged = judge_story(std::string("server 203.0.113.5:443 ttl 52") + habits +
                                      "\n0 > S\n0.02 < SA\n+0 > A\n" + kRest);
    EXPECT_FALSE(judged.has(Fact::FinishedAfterRst)) << habits;
    EXPECT_EQ(judged.verdict().code(), "server.rst.server_hello") << habits;
  }
}

TEST(Judge, ProvesAForgedResetByAServerThatTakesInWhatTheClientSaysAfterIt) {
  const Judged judged =
      acked(std::string("0.042 < PA server-hello ccs appdata 900\n+0.00002 > A\n") +
            "0.0435 < RA ttl 60 forged\n0.044 > PA ccs appdata 53\n0.064 < A\n");
  EXPECT_TRUE(judged.has(Fact::FinishedAfterRst));
  EXPECT_EQ(judged.says(), "middlebox.rst.server_hello proven");
}

// TLS 1.3: the client's Finished, which the server answers with session tickets.
const char* const kFinished =
    "0.042 < PA server-hello ccs appdata 900\n+0.00002 > A\n0.0435 > PA ccs appdata 53\n";

TEST(Judge, IsNotTakenInByAResetBehindTheClientsFinished) {
  const Judged judged =
      acked(std::string(kFinished) + "+0.0003 < RA ttl 60 forged\n0.064 < PA appdata 250\n" +
            "+0.00002 > R seq 397\n");
  EXPECT_EQ(judged.says(), "middlebox.rst.established proven");
  EXPECT_TRUE(judged.fires("server-outlives-its-rst"));
}

TEST(Judge, ProvesAResetBehindTheFinishedByAServerThatTakesInWhatTheClientSaysAfterIt) {
  // Too soon after the reset to exclude that it was overtaken, but the client was deaf to it.
  const std::string close = std::string(kFinished) +
                            "0.0629 < RA ttl 60 forged\n0.0636 < PA appdata 250\n"
                            "+0.00002 > PA seq 397 appdata 19\n";
  const Judged judged = acked(close + "+0.02 < A\n");
  EXPECT_TRUE(judged.has(Fact::FinishedAfterRst));
  EXPECT_FALSE(judged.has(Fact::ServerBytesBeyondRst));
  EXPECT_EQ(judged.says(), "middlebox.rst.established proven");
  EXPECT_FALSE(acked(close).has(Fact::FinishedAfterRst));
}

TEST(Judge, WhatWasSentBehindTheServersDataEndsNoHandshake) {
  // Captured in the wrong order: its number lies behind the tickets.
  for (const char* const end : {"RA", "FA"}) {
    const Judged judged = acked(std::string(kFinished) + "0.0629 < " + end +
                                " seq 1299\n0.0630 < PA seq 1039 appdata 255\n+0.00002 > A\n");
    EXPECT_EQ(judged.says(), "nobody.none.established proven") << end;
  }
}

TEST(Judge, NamesNobodyWhenTheProofIsContradictedByTheServersOwnCounters) {
  // The reset bears all the server's marks, and yet the server goes on.
  const Judged judged =
      acked(std::string("0.060 < RA\n") + "0.100 < PA seq 1 server-hello ccs appdata 900\n");
  EXPECT_TRUE(judged.has(Fact::RstContinuesSender));
  EXPECT_TRUE(judged.has(Fact::ServerBytesBeyondRst));
  EXPECT_EQ(judged.says(), "unknown.rst.client_hello undetermined");
  EXPECT_FALSE(judged.verdict().dissent.empty());
}

TEST(Judge, OnlySuggestsWhatASingleCapturePointsAt) {
  const Judged judged = acked("0.045 < RA ttl 60 forged win 502 nodf\n");
  EXPECT_EQ(judged.says(), "middlebox.rst.client_hello suggested");
}

TEST(Judge, DoesNotTakeASecondStackBesideTheServerForThePath) {
  const Judged judged = acked("0.045 < RA ttl 116 forged win 502 nodf\n");
  EXPECT_NE(judged.verdict().actor, Actor::Middlebox);
  EXPECT_TRUE(judged.fires("second-stack-at-that-distance"));
}

TEST(Judge, IsSureOfAServerThatResetsItsOwnConnectionButCannotProveIt) {
  EXPECT_EQ(acked("0.190 < RA\n").says(), "server.rst.client_hello strong");
}

TEST(Judge, ProvesAClientSeenLeavingWhereItWasCaptured) {
  EXPECT_EQ(acked("0.500 > FA\n").says(), "client.fin.client_hello proven");
  const Judged elsewhere = judge_story(
      "client 192.0.2.10:40000 ttl 60\nserver 203.0.113.5:443 ttl 52\n0 > S\n0.02 < SA\n+0 > "
      "A\n0.0201 > PA "
      "hello\n0.0402 < A\n0.5 > FA\n");
  EXPECT_EQ(elsewhere.says(), "client.fin.client_hello strong");
}

TEST(Judge, NamesTheServerForSilenceOnlyIfItTookTheHello) {
  EXPECT_EQ(acked("4 > FA\n").verdict().actor, Actor::Server);
  EXPECT_EQ(opened("0.0201 > PA hello\n4 > FA\n").verdict().actor, Actor::Unknown);
}

TEST(Judge, DoesNotBlameTheServerForAnAnswerThatWasLost) {
  const Judged judged =
      acked("0.041 < PA server-hello lost\n0.042 < FA\n+0 > A ack 1\n4 > FA ack 1\n");
  EXPECT_EQ(judged.says(), "unknown.silence.client_hello undetermined");
  EXPECT_TRUE(judged.fires("reply-lost"));
}

TEST(Judge, IsNotSureOfAnythingWhereBytesAreMissing) {
  const Judged judged = acked("0.041 < PA server-hello lost\n+0 > A\n0.05 < FA\n");
  EXPECT_LE(judged.verdict().confidence, Confidence::Strong);
}

TEST(Judge, KnowsACompletedHandshake) {
  const Judged judged = acked(
      "0.041 < PA server-hello ccs appdata 900\n+0.001 > PA ccs appdata 53\n0.065 < PA appdata "
      "255\n");
  EXPECT_EQ(judged.says(), "nobody.none.established proven");
  EXPECT_FALSE(judged.verdict().failed());
}

TEST(Judge, LeavesTlsThatAnotherProtocolCarriesAlone) {
  // OpenVPN over TCP: two bytes of length, an opcode and a session before the hello, and again.
  EXPECT_TRUE(
      judge_stories(std::string(kOpen) +
                    "0.021 > PA bytes 000e38c65c45b9f4c326910000000000 hello bytes "
                    "003e28c65c45b9f4c32691\n0.041 < PA bytes 001a40b75de901887d93c9\n0.05 < FA\n")
          .empty());
}

TEST(Judge, CountsACutOffHandshakeAsFailedAndUndetermined) {
  const Judged judged = opened("0.0201 > PA hello\n");
  EXPECT_EQ(judged.says(), "unknown.silence.client_hello undetermined");
  EXPECT_TRUE(judged.verdict().failed());
}

// ── what is said ──────────────────────────────────────────────────────────────────────────────

TEST(Judge, SaysItInOneSentence) {
  EXPECT_EQ(opened("0.0201 > PA hello\n0.0402 < FA ack 1\n").verdict().summary,
            "The server closed the connection 0.2 ms after accepting it, before it had seen the "
            "ClientHello.");
  EXPECT_EQ(acked("0.190 < RA\n").verdict().summary,
            "The server reset the connection 170 ms after the ClientHello, without a byte of "
            "answer.");
  EXPECT_EQ(acked("0.041 < PA alert fatal 40\n0.042 < FA\n").verdict().summary,
            "The server broke the handshake off with the alert handshake_failure (40), 21 ms after "
            "the ClientHello.");
  EXPECT_EQ(acked("5 > FA\n").verdict().summary,
            "The server took the whole ClientHello in and did not answer it for 5.0 s, until the "
            "client gave up.");
}

TEST(Judge, NeverPrintsANameOutOfThePackets) {
  const Judged judged = judge_story(std::string(kOpen) +
                                    "0.0201 > PA hello evil.example\n0.0402 < PA text "
                                    "\"<script>alert(1)</script>\"\n0.05 < FA\n");
  EXPECT_EQ(judged.verdict().summary.find("evil"), std::string::npos);
  EXPECT_EQ(judged.verdict().summary.find("script"), std::string::npos);
}

TEST(Judge, PastesOnlyPlainHostNamesIntoCommands) {
  const Judged plain =
      judge_story(std::string(kOpen) + "0.0201 > PA hello web.example\n0.0402 < FA\n");
  ASSERT_FALSE(plain.verdict().next.empty());
  EXPECT_EQ(plain.verdict().next.front(), "whohungup diagnose web.example:443");
  Judged hostile = plain;
  for (Message& message : hostile.talk.messages)
    if (auto* hello = std::get_if<tls::ClientHello>(&message.what))
      for (tls::Extension& extension : hello->extensions)
        if (extension.type == 0)
          std::replace(extension.body.begin(), extension.body.end(), std::uint8_t{'w'},
                       std::uint8_t{';'});
  const Judgement again = judge(hostile.talk);
  for (const std::string& step : again.verdict.next)
    EXPECT_EQ(step.find(";eb"), std::string::npos) << step;
  EXPECT_EQ(again.verdict.next.front(), "whohungup diagnose 203.0.113.5:443");
}

TEST(Judge, PrintsCommandsThatAskForTlsTheWayTheFlowDid) {
  const auto first = [](const std::string& story) {
    return judge_story(story).verdict().next.front();
  };
  // No word was said on a port of STARTTLS: the same command without its dialogue is another test.
  EXPECT_EQ(first("server 203.0.113.5:143\n0 > S\n0.02 < SA\n+0 > A\n0.05 < FA\n+0 > A\n+0 > FA\n"),
            "whohungup diagnose imap://203.0.113.5:143");
  // TLS at once on the same port is asked for at once again.
  EXPECT_EQ(first("server 203.0.113.5:143\n0 > S\n0.02 < SA\n+0 > A\n"
                  "0.0201 > PA hello mail.example\n0.0402 < FA\n"),
            "whohungup diagnose mail.example:143");
}

TEST(Judge, SpeaksOfNoTlsLogsWhereNobodyListens) {
  const Judged refused = judge_story("server 203.0.113.5:993\n0 > S\n0.02 < RA\n");
  ASSERT_EQ(refused.verdict().code(), "server.rst.syn");
  std::string all;
  for (const std::string& step : refused.verdict().next) all += step + "\n";
  EXPECT_EQ(all.find("SSL_accept"), std::string::npos) << all;
  EXPECT_NE(all.find("ss -lnt 'sport = :993'"), std::string::npos) << all;
}

TEST(Judge, CitesFramesForEveryReasonAndAllOfThem) {
  const Judged judged = acked(std::string("0.045 < RA ttl 60 forged\n") + kFlight);
  ASSERT_FALSE(judged.verdict().evidence.empty());
  for (const auto* reasons : {&judged.verdict().evidence, &judged.verdict().dissent})
    for (const Reason& reason : *reasons) {
      EXPECT_FALSE(reason.frames.empty()) << reason.rule->id;
      for (const FrameNo frame : reason.frames)
        EXPECT_TRUE(std::binary_search(judged.verdict().cited.begin(), judged.verdict().cited.end(),
                                       frame));
    }
}

TEST(Judge, PutsTheStrongestReasonFirst) {
  const Judged judged = acked(std::string("0.045 < RA ttl 60 forged nodf\n") + kFlight);
  const auto& reasons = judged.verdict().evidence;
  ASSERT_GT(reasons.size(), 1U);
  EXPECT_EQ(reasons.front().rule->weight, Weight::Decides);
  EXPECT_TRUE(std::is_sorted(reasons.begin(), reasons.end(), [](const Reason& a, const Reason& b) {
    return a.rule->weight > b.rule->weight;
  }));
}

// ── look-alikes ───────────────────────────────────────────────────────────────────────────────

TEST(LookAlikes, DoNotContradictAProof) {
  // CONTRACT.md: proven is said only where a listed look-alike cannot explain the same packets.
  const Judged judged = acked(std::string("0.045 < RA ttl 60 forged\n") + kFlight);
  for (const char* id :
       {"reordering", "load-balancer", "lost-state", "anycast-or-ecmp", "old-connection"}) {
    const LookAlike* one = judged.look_alike(id);
    ASSERT_NE(one, nullptr) << id;
    EXPECT_EQ(one->status, LookAlike::Status::Excluded) << id << ": " << one->why;
  }
}

TEST(LookAlikes, SayWhyAndUseIdsOnce) {
  for (const char* rest :
       {"0.045 < RA ttl 60 forged\n", "0.045 < R\n", "0.05 < FA\n", "4 > FA\n"}) {
    std::vector<std::string_view> ids;
    const Judged judged = acked(rest);
    for (const LookAlike& one : judged.verdict().look_alikes) {
      EXPECT_FALSE(one.why.empty()) << one.id;
      EXPECT_EQ(std::count(ids.begin(), ids.end(), one.id), 0) << one.id;
      ids.push_back(one.id);
    }
    EXPECT_GE(ids.size(), 2U) << rest;
  }
}

TEST(LookAlikes, LeaveASynProxyPossibleWhenTheSynAckLooksLikeOne) {
  const Judged judged = judge_story(
      "server 203.0.113.5:443 ttl 52\n0 > S\n0.02 < SA win 0 ttl 60\n+0 > A\n0.0201 > PA "
      "hello\n0.0402 < A\n0.05 < RA\n");
  ASSERT_NE(judged.look_alike("syn-proxy"), nullptr);
  EXPECT_EQ(judged.look_alike("syn-proxy")->status, LookAlike::Status::Possible);
  EXPECT_EQ(judged.verdict().actor, Actor::Server);
}

// ── the samples, with packets missing ─────────────────────────────────────────────────────────

struct Sample {
  std::string name, story;
  /// The README says that a verdict against a middlebox is right.
  [[nodiscard]] bool forged() const { return name.rfind("forged-", 0) == 0; }
};

std::vector<Sample> samples() {
  std::vector<Sample> list;
  const std::filesystem::path folder(WHOHUNGUP_SOURCE_DIR "/samples");
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path() / "story.txt");
    if (!file) continue;
    list.push_back({entry.path().filename().string(),
                    {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()}});
  }
  return list;
}

TEST(Samples, AreJudgedAtEveryPrefixWithoutAccusingThePath) {
  for (const Sample& sample : samples()) {
    const story::Capture capture = story::tell(sample.story);
    const std::vector<Packet> packets = capture.packets();
    for (std::size_t count = 1; count <= packets.size(); ++count)
      for (const Judged& judged : judge_packets(std::span(packets).first(count)))
        if (!sample.forged() && judged.verdict().actor == Actor::Middlebox) {
          EXPECT_EQ(judged.verdict().confidence, Confidence::Suggested)
              << sample.name << " up to packet " << count << ": " << judged.says();
        }
  }
}

TEST(Samples, AreJudgedWithAnyPacketMissingWithoutAccusingThePath) {
  for (const Sample& sample : samples()) {
    const story::Capture capture = story::tell(sample.story);
    const std::vector<Packet> packets = capture.packets();
    for (std::size_t lost = 0; lost < packets.size(); ++lost) {
      std::vector<Packet> rest = packets;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(lost));
      for (const Judged& judged : judge_packets(rest))
        if (!sample.forged() && judged.verdict().actor == Actor::Middlebox) {
          EXPECT_EQ(judged.verdict().confidence, Confidence::Suggested)
              << sample.name << " without packet " << lost + 1 << ": " << judged.says();
        }
    }
  }
}

TEST(Samples, OfForgeriesNeverBlameTheServerForSureWhateverIsMissing) {
  for (const Sample& sample : samples()) {
    if (!sample.forged()) continue;
    const story::Capture capture = story::tell(sample.story);
    const std::vector<Packet> packets = capture.packets();
    for (std::size_t lost = 0; lost <= packets.size(); ++lost) {
      std::vector<Packet> rest = packets;
      if (lost < rest.size()) rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(lost));
      for (std::size_t count = 1; count <= rest.size(); ++count)
        for (const Judged& judged : judge_packets(std::span(rest).first(count)))
          if (judged.verdict().actor == Actor::Server) {
            EXPECT_LE(judged.verdict().confidence, Confidence::Suggested)
                << sample.name << " without packet " << lost + 1 << ", up to " << count << ": "
                << judged.says();
          }
    }
  }
}

TEST(Samples, AreJudgedWithNeighboursSwappedWithoutAccusingThePath) {
  // What several capture queues do: two packets less than a millisecond apart change places.
  for (const Sample& sample : samples()) {
    const story::Capture capture = story::tell(sample.story);
    const std::vector<Packet> packets = capture.packets();
    for (std::size_t i = 0; i + 1 < packets.size(); ++i) {
      if (packets[i + 1].at - packets[i].at >= std::chrono::milliseconds{1}) continue;
      std::vector<Packet> shuffled = packets;
      std::swap(shuffled[i], shuffled[i + 1]);
      std::swap(shuffled[i].at, shuffled[i + 1].at);
      std::swap(shuffled[i].no, shuffled[i + 1].no);
      for (const Judged& judged : judge_packets(shuffled))
        if (!sample.forged() && judged.verdict().actor == Actor::Middlebox) {
          EXPECT_EQ(judged.verdict().confidence, Confidence::Suggested)
              << sample.name << " with " << i + 1 << " and " << i + 2
              << " swapped: " << judged.says();
        }
    }
  }
}

// ── signatures ────────────────────────────────────────────────────────────────────────────────

std::string signature(const Judged& judged) {
  return judged.verdict().tampering_signature.value_or("none");
}

TEST(TamperingSignature, NamesTheNineteenShapesMirrored) {
  const auto bare = [](const char* rest) {
    return signature(judge_story(std::string("server 203.0.113.5:443\n0 > S\n") + rest,
                                 {.waits_on = seconds{5}}));
  };
  EXPECT_EQ(bare(""), "⟨SYN → ∅⟩");
  EXPECT_EQ(bare("0.02 < R seq 0\n"), "⟨SYN → RST⟩");
  EXPECT_EQ(bare("0.02 < RA\n"), "⟨SYN → RST+ACK⟩");
  EXPECT_EQ(bare("0.02 < R seq 0\n+0 < RA seq 0\n"), "⟨SYN → RST;RST+ACK⟩");

  const auto connected = [](const char* rest) {
    return signature(opened(rest, {.waits_on = seconds{5}}));
  };
  EXPECT_EQ(connected(""), "⟨SYN;ACK → ∅⟩");
  EXPECT_EQ(connected("0.05 < R\n"), "⟨SYN;ACK → RST⟩");
  EXPECT_EQ(connected("0.05 < R\n+0.001 < R\n"), "⟨SYN;ACK → RST;RST⟩");
  EXPECT_EQ(connected("0.05 < RA\n"), "⟨SYN;ACK → RST+ACK⟩");
  EXPECT_EQ(connected("0.05 < RA\n+0.001 < RA\n"), "⟨SYN;ACK → RST+ACK;RST+ACK⟩");

  const auto hello = [](const char* rest) {
    return signature(acked(rest, {.waits_on = seconds{5}}));
  };
  EXPECT_EQ(hello(""), "⟨PSH+ACK → ∅⟩");
  EXPECT_EQ(hello("0.05 < R\n"), "⟨PSH+ACK → RST⟩");
  EXPECT_EQ(hello("0.05 < RA\n"), "⟨PSH+ACK → RST+ACK⟩");
  EXPECT_EQ(hello("0.05 < RA\n+0.001 < RA\n"), "⟨PSH+ACK → RST+ACK;RST+ACK⟩");
  EXPECT_EQ(hello("0.05 < R\n+0.001 < RA\n"), "⟨PSH+ACK → RST;RST+ACK⟩");
  EXPECT_EQ(hello("0.05 < R ack 333\n+0.001 < R ack 333\n"), "⟨PSH+ACK → RST=RST⟩");
  EXPECT_EQ(hello("0.05 < R ack 333\n+0.001 < R ack 334\n"), "⟨PSH+ACK → RST≠RST⟩");
  EXPECT_EQ(hello("0.05 < R ack 333\n+0.001 < R\n"), "⟨PSH+ACK → RST;RST₀⟩");

  const auto data = [&](const char* end) {
    return signature(acked(std::string("0.041 > PA handshake 16 66\n") + end));
  };
  EXPECT_EQ(data("0.05 < R\n"), "⟨PSH+ACK;Data → RST⟩");
  EXPECT_EQ(data("0.05 < RA\n"), "⟨PSH+ACK;Data → RST+ACK⟩");
  // The study counts what the client sent: the server's answer is not in its packets.
  EXPECT_EQ(hello("0.041 < PA server-hello\n0.05 < RA\n"), "⟨PSH+ACK → RST+ACK⟩");
}

TEST(TamperingSignature, HasNoneForAFinOrACompletedHandshake) {
  EXPECT_EQ(signature(acked("0.05 < FA\n")), "none");
  EXPECT_EQ(signature(acked("0.05 < FA\n+0 > PA alert fatal 50\n0.07 < R\n")), "none");
}

// ── what clients print ────────────────────────────────────────────────────────────────────────

TEST(ClientViews, TellAFinFromAReset) {
  const ClientView fin = acked("0.05 < FA\n").verdict().client_view;
  EXPECT_EQ(fin.openssl, "error:0A000126:SSL routines::unexpected eof while reading");
  EXPECT_EQ(fin.go, "EOF");
  EXPECT_FALSE(fin.error_number);
  const ClientView reset = acked("0.05 < RA\n").verdict().client_view;
  EXPECT_EQ(reset.openssl, "write:errno=104");
  EXPECT_EQ(reset.error_number, "ECONNRESET");
}

TEST(ClientViews, NameAlertsAsEachClientDoes) {
  const auto view = [](int alert) {
    return acked("0.041 < PA alert fatal " + std::to_string(alert) + "\n0.042 < FA\n")
        .verdict()
        .client_view;
  };
  EXPECT_EQ(view(40).openssl, "error:0A000410:SSL routines::sslv3 alert handshake failure");
  EXPECT_EQ(view(70).openssl, "error:0A00042E:SSL routines::tlsv1 alert protocol version");
  EXPECT_EQ(view(112).openssl, "error:0A000458:SSL routines::tlsv1 unrecognized name");
  EXPECT_EQ(view(116).openssl, "error:0A00045C:SSL routines::tlsv13 alert certificate required");
  EXPECT_EQ(view(40).python, "ssl.SSLError: [SSL: SSLV3_ALERT_HANDSHAKE_FAILURE]");
  EXPECT_EQ(view(40).node, "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE");
}

TEST(ClientViews, HideAWarningBehindTheClose) {
  const ClientView view = acked("0.041 < PA alert warning 112\n0.042 < FA\n").verdict().client_view;
  EXPECT_EQ(view.openssl, "error:0A000126:SSL routines::unexpected eof while reading");
  EXPECT_NE(view.java.find("warning"), std::string::npos);
}

TEST(ClientViews, AreRefusalsAndTimeOutsBeforeTheConnection) {
  EXPECT_EQ(
      judge_story("server 203.0.113.5:443\n0 > S\n0.02 < RA\n").verdict().client_view.error_number,
      "ECONNREFUSED");
  EXPECT_EQ(judge_story("server 203.0.113.5:443\n0 > S\n0.02 < icmp 3 13 from 198.51.100.1\n")
                .verdict()
                .client_view.error_number,
            "EHOSTUNREACH");
  EXPECT_EQ(judge_story("server 203.0.113.5:443\n0 > S\n", {.waits_on = seconds{5}})
                .verdict()
                .client_view.error_number,
            "ETIMEDOUT");
  // Once connected no ICMP error reaches the program: it waits.
  EXPECT_FALSE(opened("0.0201 > PA hello\n0.03 < icmp 3 13 from 198.51.100.1\n")
                   .verdict()
                   .client_view.error_number);
}

}  // namespace
}  // namespace whohungup::test
