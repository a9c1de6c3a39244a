// The flow table: what belongs together, where it stands in the stream, when it is told.
#include "dissect/flow_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "dissect/flow_hash.h"
#include "tests/support/segment_maker.h"

namespace whohungup::test {
namespace {

using Where = Placed::Where;

struct FlowTableTest : ::testing::Test {
  Collector collector;
  FlowTable table{{}, collector};
  Talker talk;

  const Conversation& only() {
    table.finish({});
    EXPECT_EQ(collector.told.size(), 1U);
    return collector.told.at(0);
  }
  void hello_from(std::uint16_t port, FlowTable& into) {
    talk.client.port = port;
    talk.open(into);
    into.add(talk.client_says(PA, client_hello(332)));
  }
  /// A TLS 1.3 handshake that is finished, with the server's data behind it.
  void handshake(FlowTable& into) {
    talk.open(into);
    into.add(talk.client_says(PA, client_hello()));
    into.add(talk.server_says(PA, server_hello()));
    into.add(talk.server_says(PA, record(23, 1000)));
    into.add(talk.client_says(PA, record(23, 53)));
    into.add(talk.server_says(PA, record(23, 300)));
  }
};

FlowTable::Options little_memory() {
  FlowTable::Options options;
  options.limits.memory = 64U << 10U;
  return options;
}

TEST_F(FlowTableTest, PlacesASegmentByItsOffsetBehindTheSyn) {
  talk.open(table);
  table.add(talk.client_says(PA, client_hello(332)));
  table.add(talk.server_says(A));
  const Conversation& told = only();
  ASSERT_EQ(told.segments.size(), 5U);
  EXPECT_EQ(told.segments[0].offset, -1);
  EXPECT_EQ(told.segments[3].offset, 0);
  EXPECT_EQ(told.segments[3].end(), 332);
  EXPECT_EQ(told.segments[4].ack_offset, 332);
  EXPECT_EQ(told.client, talk.client);
  EXPECT_EQ(told.client_known_by, ClientKnownBy::Syn);
  const Message* hello = told.first<tls::ClientHello>(Side::Client);
  ASSERT_NE(hello, nullptr);
  EXPECT_EQ(hello->wire_bytes, 332U);
  EXPECT_EQ(hello->frames, std::vector{FrameNo{4}});
}

TEST_F(FlowTableTest, SurvivesSequenceNumbersThatWrap) {
  talk.client_next = 0xffffff00;
  talk.server_next = 0xfffffffe;
  talk.open(table);
  table.add(talk.client_says(PA, client_hello(600)));
  table.add(talk.server_says(FA));
  const Conversation& told = only();
  EXPECT_EQ(told.side(Side::Client).sent_end, 600);
  EXPECT_EQ(told.side(Side::Server).acked, 600);
  EXPECT_EQ(told.side(Side::Server).fin_offset, 0);
}

TEST_F(FlowTableTest, ReadsAHelloThatArrivesOutOfOrder) {
  talk.open(table);
  const ByteString hello = client_hello(900);
  Segment first = talk.client_says(PA, ByteString(hello.begin(), hello.begin() + 500));
  const ByteString first_bytes = talk.held;
  Segment second = talk.client_says(PA, ByteString(hello.begin() + 500, hello.end()));
  first.payload = first_bytes;
  table.add(second);
  table.add(first);
  const Conversation& told = only();
  EXPECT_EQ(told.segments[3].where, Where::Ahead);
  const Message* message = told.first<tls::ClientHello>(Side::Client);
  ASSERT_NE(message, nullptr);
  EXPECT_EQ(message->wire_bytes, 900U);
  EXPECT_EQ(message->frames, (std::vector{FrameNo{4}, FrameNo{5}}));
}

TEST_F(FlowTableTest, CallsTheSamePacketTwiceADuplicateAndALaterOneARetransmission) {
  talk.open(table);
  Segment hello = talk.client_says(PA, client_hello(332));
  table.add(hello);
  hello.header.frame = FrameNo{5};
  hello.header.at += std::chrono::microseconds{20};
  table.add(hello);
  hello.header.frame = FrameNo{6};
  hello.header.at += std::chrono::milliseconds{210};
  hello.header.ip_id = 77;
  table.add(hello);
  const Conversation& told = only();
  EXPECT_EQ(told.segments[4].where, Where::Duplicate);
  EXPECT_EQ(told.segments[4].duplicate_of, FrameNo{4});
  EXPECT_EQ(told.segments[5].where, Where::Repeat);
}

TEST_F(FlowTableTest, DoesNotCallAnInjectorsTripletADuplicate) {
  talk.open(table);
  table.add(talk.client_says(PA, client_hello(332)));
  Segment reset = talk.server_says(RA);
  for (std::uint32_t i = 5; i < 8; ++i) {
    reset.header.frame = FrameNo{i};
    table.add(reset);
  }
  for (const Placed& segment : only().segments) EXPECT_NE(segment.where, Where::Duplicate);
}

TEST_F(FlowTableTest, TakesASynWithANewNumberForANewConnection) {
  talk.open(table);
  table.add(talk.client_says(PA, client_hello(332)));
  table.add(talk.server_says(RA));
  talk.client_next = 777000;
  talk.server_next = 888000;
  talk.open(table);
  table.add(talk.client_says(PA, client_hello(400)));
  table.finish({});
  ASSERT_EQ(collector.told.size(), 2U);
  EXPECT_EQ(collector.told[0].ended_by, EndedBy::PortReuse);
  EXPECT_EQ(collector.told[1].first_frame, FrameNo{6});
  EXPECT_EQ(collector.told[1].first<tls::ClientHello>(Side::Client)->wire_bytes, 400U);
}

TEST_F(FlowTableTest, TakesAResentSynForTheSameConnection) {
  table.add(talk.client_says(S));
  --talk.client_next;
  table.add(talk.client_says(S));
  const Conversation& told = only();
  EXPECT_EQ(told.packets(), 2U);
  EXPECT_EQ(told.judged_for, JudgedFor::Port);
}

TEST_F(FlowTableTest, KeepsASimultaneousOpenTogether) {
  table.add(talk.client_says(S));
  table.add(talk.server_says(S));
  --talk.client_next;
  --talk.server_next;
  table.add(talk.client_says(SA));
  const Conversation& told = only();
  EXPECT_EQ(told.packets(), 3U);
  EXPECT_EQ(told.client, talk.client);
}

TEST_F(FlowTableTest, FindsTheClientByItsHelloWhenTheStartIsMissing) {
  std::swap(talk.client, talk.server);  // the hello comes from port 443: ports mislead
  table.add(talk.server_says(A));
  table.add(talk.client_says(PA, client_hello(332)));
  table.add(talk.server_says(FA));
  const Conversation& told = only();
  EXPECT_EQ(told.client, talk.client);
  EXPECT_EQ(told.client_known_by, ClientKnownBy::Hello);
  EXPECT_FALSE(told.side(Side::Client).isn_seen);
  EXPECT_NE(told.first<tls::ClientHello>(Side::Client), nullptr);
}

TEST_F(FlowTableTest, SeesATls12HandshakeFinish) {
  talk.open(table);
  table.add(talk.client_says(PA, client_hello()));
  table.add(talk.server_says(PA, server_hello()));
  for (const bool client : {true, false}) {
    const auto say = [&](const ByteString& b) {
      table.add(client ? talk.client_says(PA, b) : talk.server_says(PA, b));
    };
    say(record(20, 1, 1));
    say(record(22, 40));
  }
  EXPECT_EQ(talk.frame, 9U);
  table.add(talk.server_says(PA, record(23, 100)));
  const Conversation& told = only();
  EXPECT_EQ(told.finished_frame, FrameNo{9});
  EXPECT_EQ(told.server_data_frame, FrameNo{10});
}

TEST_F(FlowTableTest, SeesATls13HandshakeFinishByTheLengthOfTheClientsFinished) {
  talk.open(table);
  table.add(talk.client_says(PA, client_hello()));
  table.add(talk.server_says(PA, server_hello()));
  table.add(talk.server_says(PA, record(23, 1000)));
  table.add(talk.client_says(PA, record(23, 19)));  // an alert
  table.add(talk.client_says(PA, record(23, 53)));  // Finished
  table.add(talk.server_says(PA, record(23, 19)));  // an alert: not yet accepted
  const Conversation& told = only();
  EXPECT_EQ(told.finished_frame, FrameNo{8});
  EXPECT_EQ(told.server_data_frame, FrameNo{});
}

TEST_F(FlowTableTest, SeesATls13HandshakeFinishThoughTheServersRecordsWereCutOff) {
  talk.open(table);
  table.add(talk.client_says(PA, client_hello()));
  ByteString flight = server_hello();
  const ByteString sealed = record(23, 700);
  flight.insert(flight.end(), sealed.begin(), sealed.end());
  Segment cut = talk.server_says(PA, flight);
  cut.payload = cut.payload.first(44);
  cut.header.captured_len = 44;
  table.add(cut);
  table.add(talk.client_says(PA, record(23, 53)));
  table.add(talk.server_says(PA, record(23, 300)));
  const Conversation& told = only();
  EXPECT_EQ(told.finished_frame, FrameNo{6});
  EXPECT_EQ(told.server_data_frame, FrameNo{7});
}

TEST_F(FlowTableTest, GoesOnBehindAHoleTheOtherSideAcknowledged) {
  talk.open(table);
  table.add(talk.client_says(PA, client_hello()));
  const Segment lost = talk.server_says(PA, server_hello());
  table.add(talk.server_says(PA, record(22, 60)));
  table.add(talk.client_says(A));
  table.add(talk.client_says(PA, record(20, 1, 1)));
  const Conversation& told = only();
  ASSERT_FALSE(told.from_server.holes().empty());
  EXPECT_EQ(told.from_server.holes()[0].end, static_cast<std::int64_t>(lost.header.payload_len));
  ASSERT_GE(told.records.size(), 2U);
  EXPECT_TRUE(std::any_of(told.records.begin(), told.records.end(), [](const RecordSeen& r) {
    return r.claims == Side::Server && r.length == 60;
  }));
}

TEST_F(FlowTableTest, FindsTheHelloBehindAStarttlsDialogue) {
  talk.server.port = 143;
  talk.open(table);
  table.add(talk.server_says(PA, text("* OK IMAP ready\r\n")));
  table.add(talk.client_says(PA, text(". STARTTLS\r\n")));
  table.add(talk.server_says(PA, text(". OK begin\r\n")));
  table.add(talk.client_says(PA, client_hello(332)));
  table.add(talk.server_says(PA, server_hello()));
  const Conversation& told = only();
  EXPECT_EQ(told.client_tls_at, 12);
  EXPECT_EQ(told.server_answer_at, 29);
  EXPECT_EQ(told.server_tls_at, 29);
  ASSERT_TRUE(told.dialogue.has_value());
  EXPECT_EQ(told.dialogue->protocol, "imap");
  EXPECT_TRUE(told.dialogue->granted);
}

TEST_F(FlowTableTest, TellsAResetFlowWhenItsLingeringIsOver) {
  talk.open(table);
  table.add(talk.client_says(PA, client_hello()));
  table.add(talk.server_says(RA));
  table.advance(talk.now + std::chrono::seconds{3});
  EXPECT_TRUE(collector.told.empty());
  table.advance(talk.now + std::chrono::seconds{10});
  table.advance(talk.now + std::chrono::seconds{20});
  ASSERT_EQ(collector.told.size(), 1U);
  EXPECT_EQ(collector.told[0].ended_by, EndedBy::Close);
}

TEST_F(FlowTableTest, BelievesATimeStampFarAheadOnlyWhenOthersFollow) {
  hello_from(1000, table);
  const Time late = talk.now + std::chrono::hours{24 * 365};
  table.advance(talk.now);
  for (int i = 0; i < 3; ++i) table.advance(late);
  table.advance(talk.now);
  EXPECT_TRUE(collector.told.empty());
  for (int i = 0; i < 30; ++i) table.advance(late);
  ASSERT_EQ(collector.told.size(), 1U);
  EXPECT_EQ(collector.told[0].ended_by, EndedBy::Idle);
}

TEST_F(FlowTableTest, BelievesTheEndOfTheCapture) {
  hello_from(1000, table);
  CaptureQuality quality;
  quality.end = talk.now + std::chrono::hours{24};
  table.finish(quality);
  ASSERT_EQ(collector.told.size(), 1U);
  EXPECT_EQ(collector.told[0].ended_by, EndedBy::Idle);
}

TEST_F(FlowTableTest, DoesNotTellWhatIsNotTls) {
  talk.server.port = 80;
  talk.open(table);
  table.add(talk.client_says(PA, text("GET / HTTP/1.1\r\n\r\n")));
  table.add(talk.server_says(FA, text("HTTP/1.1 200 OK\r\n\r\n")));
  table.finish({});
  EXPECT_TRUE(collector.told.empty());
  EXPECT_EQ(table.counts().not_tls, 1U);
}

TEST_F(FlowTableTest, TellsOldFlowsEarlyWhenTheMemoryIsUsedUp) {
  Collector told;
  FlowTable small{little_memory(), told};
  for (std::uint16_t port = 1000; port < 1100; ++port) hello_from(port, small);
  const std::size_t early = told.told.size();
  EXPECT_GT(early, 10U);
  EXPECT_TRUE(told.told.front().memory_bounded);
  small.finish({});
  EXPECT_EQ(told.told.size(), 100U);
  EXPECT_EQ(small.counts().memory_limited, early);
}

TEST_F(FlowTableTest, TakesLaterPacketsOfAFlowToldEarlyForNoOtherFlow) {
  Collector told;
  FlowTable small{little_memory(), told};
  hello_from(1000, small);
  const test::Talker first = talk;
  for (std::uint16_t port = 1001; port < 1100; ++port) hello_from(port, small);
  ASSERT_EQ(told.told.front().client.port, 1000);
  talk = first;
  small.add(talk.server_says(PA, server_hello()));
  small.add(talk.client_says(PA, record(23, 60)));
  small.finish({});
  EXPECT_EQ(small.counts().flows, 100U);
  EXPECT_EQ(told.told.size(), 100U);
}

TEST_F(FlowTableTest, TellsFinishedHandshakesBeforeThoseThatAreOpen) {
  Collector told;
  FlowTable small{little_memory(), told};
  hello_from(1000, small);
  talk.client.port = 1001;
  handshake(small);
  for (std::uint16_t port = 1002; told.told.empty(); ++port) hello_from(port, small);
  EXPECT_EQ(told.told.front().client.port, 1001);
  EXPECT_TRUE(told.told.front().finished());
}

TEST_F(FlowTableTest, ForgetsCompletedHandshakesWhenAsked) {
  FlowTable::Options options;
  options.forget_completed = true;
  FlowTable forgetful{options, collector};
  handshake(forgetful);
  forgetful.add(talk.client_says(FA));
  forgetful.add(talk.server_says(FA));
  forgetful.finish({});
  EXPECT_TRUE(collector.told.empty());
  EXPECT_EQ(collector.num_completed, 1);
}

TEST_F(FlowTableTest, TakesTheSameHandshakeAgainForNoOtherWhetherItIsForgottenOrNot) {
  for (const bool forget : {false, true}) {
    FlowTable::Options options;
    options.forget_completed = forget;
    Collector told;
    FlowTable any{options, told};
    for (int i = 0; i < 2; ++i) {
      talk = Talker();
      handshake(any);
    }
    any.finish({});
    EXPECT_EQ(any.counts().flows, 1U) << forget;
  }
}

// As tests/bench generates them: an address that is the complement of its port.
TEST(FlowHash, SpreadsFlowsOfOneSumAndOneExclusiveOr) {
  constexpr std::uint32_t kFlows = 4096;
  for (const std::uint64_t secret : {1U, 2U}) {
    const FlowHash hash(secret, 0);
    std::vector<int> buckets(kFlows);
    for (std::uint32_t port = 2000; port < 2000 + kFlows; ++port) {
      const std::uint32_t rest = 0xffffU - port;
      const Endpoint client{
          {{172, 16, static_cast<std::uint8_t>(rest >> 8U), static_cast<std::uint8_t>(rest)},
           false},
          static_cast<std::uint16_t>(port)};
      ++buckets[hash(flow_key(client, {{{203, 0, 113, 1}, false}, 443})) % kFlows];
    }
    EXPECT_LE(*std::max_element(buckets.begin(), buckets.end()), 12);
  }
  const FlowKey key = flow_key({{{192, 0, 2, 1}, false}, 1}, {{{192, 0, 2, 2}, false}, 2});
  EXPECT_NE(FlowHash(1, 0)(key), FlowHash(2, 0)(key));
}

TEST_F(FlowTableTest, KeepsTheFirstAndTheLastSegmentsOfALongFlow) {
  talk.open(table);
  const ByteString hello = client_hello(900);
  for (const std::uint8_t byte : hello) table.add(talk.client_says(PA, {byte}));
  table.add(talk.server_says(RA));
  const Conversation& told = only();
  EXPECT_TRUE(told.segments_bounded);
  EXPECT_EQ(told.segments.back().frame(), FrameNo{904});
  EXPECT_EQ(told.packets(), 904U);
  EXPECT_EQ(told.segments.size() + told.segments_left_out, 904U);
  for (std::size_t i = 1; i < told.segments.size(); ++i)
    EXPECT_LT(told.segments[i - 1].frame(), told.segments[i].frame());
  EXPECT_EQ(told.first<tls::ClientHello>(Side::Client)->wire_bytes, 900U);
}

}  // namespace
}  // namespace whohungup::test
