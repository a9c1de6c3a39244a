// The inner pieces by themselves: the record walk, decoding, the flow hash, flows that are settled
// and flows that begin. Google Benchmark: pieces --benchmark_filter=Decode
#include <benchmark/benchmark.h>

#include <cstring>
#include <memory>
#include <variant>
#include <vector>

#include "capture/saved.h"
#include "dissect/decode.h"
#include "dissect/flow_hash.h"
#include "dissect/flow_table.h"
#include "tests/support/frame_bytes.h"
#include "tests/support/segment_maker.h"

namespace whohungup {
namespace {

constexpr std::size_t kFrames = 10'000;

testing::Octets data_frame() {
  testing::TcpFields fields;
  fields.options = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1};
  fields.payload.assign(1400, 0xaa);
  return testing::ethernet_bytes(0x0800, testing::ipv4_bytes(testing::tcp_bytes(fields)));
}

/// A pcap file of kFrames equal frames.
testing::Octets saved(const testing::Octets& frame) {
  const auto size = static_cast<std::uint32_t>(frame.size());
  const std::uint32_t header[6] = {0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1};
  const std::uint32_t record[4] = {1, 0, size, size};
  testing::Octets file(sizeof header + kFrames * (sizeof record + frame.size()));
  std::uint8_t* at = file.data();
  const auto put = [&](const void* from, std::size_t n) {
    std::memcpy(at, from, n);
    at += n;
  };
  put(header, sizeof header);
  for (std::size_t i = 0; i < kFrames; ++i) {
    put(record, sizeof record);
    put(frame.data(), frame.size());
  }
  return file;
}

void RecordWalk(benchmark::State& state) {
  const testing::Octets file = saved(data_frame());
  for (auto _ : state) {
    const auto source = open_saved_bytes(file, "bench");
    Packet packet;
    while (source->next(packet) != Source::Next::End) benchmark::DoNotOptimize(packet);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kFrames));
}
BENCHMARK(RecordWalk);

void Decode(benchmark::State& state) {
  const testing::Octets frame = data_frame();
  const Packet packet = testing::packet_of(frame);
  Decoder decoder;
  for (auto _ : state) benchmark::DoNotOptimize(decoder.decode(packet));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(Decode);

void Hash(benchmark::State& state) {
  const test::Talker talk;
  const FlowHash hash(1, 2);
  for (auto _ : state) {
    const FlowKey key = flow_key(talk.client, talk.server);
    benchmark::DoNotOptimize(hash(key));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(Hash);

struct Nobody : FlowSink {
  void tell(Conversation& talk) override { benchmark::DoNotOptimize(&talk); }
};

/// The table holds as many flows as the benchmark's argument, all with a finished handshake; each
/// gets its next packet in turn.
void LookUpSettled(benchmark::State& state) {
  Nobody sink;
  FlowTable::Options options;
  options.forget_completed = true;
  FlowTable flows(options, sink);
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<Segment> next;
  for (std::size_t i = 0; i < count; ++i) {
    test::Talker talk;
    talk.client.port = static_cast<std::uint16_t>(1 + i % 60'000);
    talk.client.ip.octets[1] = static_cast<std::uint8_t>(i / 60'000);
    talk.open(flows);
    flows.add(talk.client_says(test::PA, test::client_hello()));
    flows.add(talk.server_says(test::PA, test::server_hello()));
    flows.add(talk.server_says(test::PA, test::record(23, 900)));
    flows.add(talk.client_says(test::PA, test::record(23, 60)));
    flows.add(talk.server_says(test::PA, test::record(23, 200)));
    next.push_back(talk.server_says(test::A));
    next.back().payload = {};
  }
  std::size_t i = 0;
  for (auto _ : state) {
    flows.add(next[i]);
    i = i + 1 == count ? 0 : i + 1;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(LookUpSettled)->Arg(16)->Arg(4'000)->Arg(100'000);

/// A hello and a reset: everything a flow of five packets costs until it is told.
void ShortFlow(benchmark::State& state) {
  Nobody sink;
  FlowTable flows({}, sink);
  test::Talker talk;
  const std::vector<std::uint8_t> hello = test::client_hello(332);
  for (auto _ : state) {
    talk.client.port = static_cast<std::uint16_t>(talk.client.port + 1);
    talk.open(flows);
    flows.add(talk.client_says(test::PA, hello));
    flows.add(talk.server_says(test::RA));
    talk.now += std::chrono::milliseconds{1};
    flows.advance(talk.now);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(ShortFlow);

}  // namespace
}  // namespace whohungup

BENCHMARK_MAIN();
