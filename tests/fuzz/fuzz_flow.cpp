// Any segments in any order: the flow table loses none, keeps its bounds, and every conversation
// it tells can be read.
#include <cstdlib>

#include "dissect/flow_table.h"

namespace {

using namespace whohungup;

void insist(bool holds) {
  if (!holds) std::abort();
}

struct Checker : FlowSink {
  void tell(Conversation& talk) override {
    converse(talk);
    ++told;
    insist(talk.judged_for != JudgedFor::Nothing);
    insist(talk.segments.size() + talk.segments_left_out == talk.packets());
    insist(talk.first_frame <= talk.last_frame);
    for (std::size_t i = 1; i < talk.segments.size(); ++i)
      insist(talk.segments[i - 1].frame() < talk.segments[i].frame());
    for (const Message& message : talk.messages) insist(!message.frames.empty());
    for (const Hole& hole : talk.from_client.holes()) insist(hole.begin < hole.end);
    converse(talk);  // idempotent
  }
  std::uint64_t told{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Checker checker;
  FlowTable::Options options;
  options.ports = {4};
  options.limits.segments = 16;
  options.limits.tail_segments = 4;
  FlowTable table(options, checker);
  ByteReader reader(Bytes(data, size));
  Time now{std::chrono::seconds{1}};
  std::uint32_t frame = 0;
  while (reader.more()) {
    const std::uint8_t control = reader.u8();
    Segment s;
    const Endpoint a{{{10, 0, 0, 1}, false}, static_cast<std::uint16_t>(1000 + (control & 1))};
    const Endpoint b{{{10, 0, 0, 2}, false}, 4};
    s.from = (control & 2) != 0 ? a : b;
    s.to = (control & 2) != 0 ? b : a;
    now += std::chrono::milliseconds{(control & 4) != 0 ? 5000 : 1};
    s.header.at = now;
    s.header.frame = FrameNo{++frame};
    s.header.flags = {reader.u8()};
    s.header.seq = {(control & 8) != 0 ? reader.u32() : reader.u8()};
    s.header.ack = {(control & 16) != 0 ? reader.u32() : reader.u8()};
    s.payload = reader.take(std::min<std::size_t>(reader.u8(), reader.left()));
    s.header.captured_len = static_cast<std::uint32_t>(s.payload.size());
    s.header.payload_len = s.header.captured_len + ((control & 32) != 0 ? 7U : 0U);
    table.add(s);
    if ((control & 64) != 0) table.advance(now);
  }
  table.finish({});
  insist(table.counts().segments == frame);
  insist(table.counts().told == checker.told);
  insist(table.counts().told + table.counts().not_tls == table.counts().flows);
  return 0;
}
