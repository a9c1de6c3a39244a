// What packets cost in heap memory: nothing behind a finished handshake, little for a lone SYN.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <vector>

#include "dissect/decode.h"
#include "dissect/flow_table.h"
#include "tests/support/frame_bytes.h"
#include "tests/support/segment_maker.h"

namespace {

std::size_t allocations = 0;
std::size_t allocated_bytes = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  allocated_bytes += size;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace whohungup {
namespace {

struct Nobody : FlowSink {
  void tell(Conversation&) override {}
};

test::Talker finished_handshake(FlowTable& flows) {
  test::Talker talk;
  talk.open(flows);
  flows.add(talk.client_says(test::PA, test::client_hello()));
  flows.add(talk.server_says(test::PA, test::server_hello()));
  flows.add(talk.server_says(test::PA, test::record(23, 900)));
  flows.add(talk.client_says(test::PA, test::record(23, 60)));
  flows.add(talk.server_says(test::PA, test::record(23, 200)));
  return talk;
}

TEST(Allocation, DecodingAllocatesNothing) {
  const testing::Octets frame = testing::plain_frame();
  Decoder decoder;
  static_cast<void>(decoder.decode(testing::packet_of(frame)));
  const std::size_t before = allocations;
  for (int i = 0; i < 1000; ++i) static_cast<void>(decoder.decode(testing::packet_of(frame)));
  EXPECT_EQ(allocations, before);
}

TEST(Allocation, PacketsBehindAFinishedHandshakeAllocateNothing) {
  for (const bool forget_completed : {false, true}) {
    Nobody sink;
    FlowTable::Options options;
    options.forget_completed = forget_completed;
    FlowTable flows(options, sink);
    test::Talker talk = finished_handshake(flows);
    const test::ByteString data = test::record(23, 1300);
    std::vector<Segment> packets;
    for (int i = 0; i < 1000; ++i) packets.push_back(talk.server_says(test::A, data));
    const std::size_t before = allocations;
    for (Segment& packet : packets) {
      packet.payload = data;
      const SegmentHeader& h = packet.header;
      Glimpse seen;
      seen.key = flow_key(packet.from, packet.to);
      seen.from_low = same(packet.from, seen.key.low);
      seen.at = h.at;
      seen.frame = h.frame;
      seen.seq = h.seq;
      seen.ack = h.ack;
      seen.payload_len = h.payload_len;
      seen.flags = h.flags;
      if (!flows.take({}, seen)) flows.add(packet);
      flows.advance(h.at);
    }
    EXPECT_EQ(allocations, before) << "forget_completed " << forget_completed;
  }
}

TEST(Allocation, ShortFlowsReuseTheMemoryOfThoseBefore) {
  Nobody sink;
  FlowTable flows({}, sink);
  const test::ByteString hello = test::client_hello(332);
  std::vector<Segment> packets;
  test::Talker talk;
  const auto run = [&](int count) {
    packets.clear();
    for (int i = 0; i < count; ++i) {
      talk.client.port = static_cast<std::uint16_t>(talk.client.port + 1);
      packets.push_back(talk.client_says(test::S));
      packets.push_back(talk.server_says(test::SA));
      packets.push_back(talk.client_says(test::PA, hello));
      packets.back().payload = hello;
      packets.push_back(talk.server_says(test::RA));
      talk.now += std::chrono::seconds{1};
    }
    const std::size_t before = allocations;
    for (const Segment& packet : packets) {
      flows.advance(packet.header.at);
      flows.add(packet);
    }
    return allocations - before;
  };
  run(100);
  EXPECT_EQ(run(1000), 0U);
}

TEST(Allocation, AFlowThatHasShownOnlyASynCostsAtMost256Bytes) {
  Nobody sink;
  FlowTable flows({}, sink);
  constexpr std::size_t kFlows = 100'000;
  test::Talker talk;
  const std::size_t before = allocated_bytes;
  for (std::size_t i = 0; i < kFlows; ++i) {
    talk.client.port = static_cast<std::uint16_t>(i);
    talk.client.ip.octets[1] = static_cast<std::uint8_t>(i >> 16U);
    const Segment syn = talk.client_says(test::S);
    flows.add(syn);
  }
  EXPECT_EQ(flows.counts().flows, kFlows);
  EXPECT_LE((allocated_bytes - before) / kFlows, 256U);
}

}  // namespace
}  // namespace whohungup
