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

/// Frames of application data that follow on what the server has said.
std::vector<testing::Octets> data_of_server(const test::Talker& talk, std::size_t count) {
  std::vector<testing::Octets> frames;
  testing::TcpFields fields;
  fields.sport = talk.server.port;
  fields.dport = talk.client.port;
  fields.seq = talk.server_next;
  fields.ack = talk.client_next;
  fields.payload = test::record(23, 1300);
  testing::Ipv4Fields addresses;
  addresses.from = testing::kServer4;
  addresses.to = testing::kClient4;
  for (std::size_t i = 0; i < count; ++i) {
    const testing::Octets tcp = testing::tcp_bytes(fields, testing::kServer4, testing::kClient4);
    frames.push_back(testing::ethernet_bytes(0x0800, testing::ipv4_bytes(tcp, addresses)));
    fields.seq += static_cast<std::uint32_t>(fields.payload.size());
  }
  return frames;
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
    const test::Talker talk = finished_handshake(flows);
    const std::vector<testing::Octets> frames = data_of_server(talk, 1000);
    const std::size_t before = allocations;
    for (const testing::Octets& frame : frames) {
      Packet packet = testing::packet_of(frame);
      packet.at = talk.now;
      flows.look_at({&packet, 1});
      ASSERT_EQ(flows.take(0, 1), 1U);
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
