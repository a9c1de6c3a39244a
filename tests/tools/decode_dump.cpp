// Prints what the decoder says of each frame of a capture, one line a frame, tabs between the
// fields: for tests/decode_tshark_test.py to hold against tshark.
//
//   TCP:     frame tcp source sport destination dport ttl id seq ack flags len window tsval path
//   ICMP:    frame icmp reporter type code
//   skipped: frame skipped reason offset
#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "capture/source.h"
#include "dissect/decode.h"

namespace {

using namespace whohungup;

void print(FrameNo frame, const Skipped& skipped) {
  fmt::print("{}\tskipped\t{}\t{}\n", number(frame), id(skipped.why), skipped.offset);
}

void print(FrameNo frame, const IcmpError& error) {
  fmt::print("{}\ticmp\t{}\t{}\t{}\n", number(frame), to_string(error.reporter), error.type,
             error.code);
}

void print(FrameNo frame, const Segment& segment, const std::string& path) {
  const SegmentHeader& h = segment.header;
  fmt::print("{}\ttcp\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t0x{:04x}\t{}\t{}\t{}\t{}\n", number(frame),
             to_string(segment.from.ip), segment.from.port, to_string(segment.to.ip),
             segment.to.port, h.ttl, h.is_v6 ? "" : fmt::format("0x{:04x}", h.ip_id), h.seq.value,
             h.ack.value, h.flags.bits, h.payload_len, h.window,
             h.has_timestamps ? std::to_string(h.tsval) : "", path);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    const std::string path = argv[1];
    const auto source = open_saved({&path, 1});
    Decoder decoder;
    Packet packet;
    while (source->next(packet) == Source::Next::Got) {
      const Decoded decoded = decoder.decode(packet);
      if (const auto* skipped = std::get_if<Skipped>(&decoded)) print(packet.no, *skipped);
      if (const auto* icmp = std::get_if<IcmpError>(&decoded)) print(packet.no, *icmp);
      if (const auto* segment = std::get_if<Segment>(&decoded))
        print(packet.no, *segment, decoder.outer_path());
    }
  } catch (const CaptureError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
