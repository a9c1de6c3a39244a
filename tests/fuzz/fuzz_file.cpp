// Any bytes as a saved capture: it is refused in words or read to its end, the same way each
// time, and what was read can be written as pcapng and read again.
#include <cstdlib>
#include <string>
#include <vector>

#include "capture/pcapng_writer.h"
#include "capture/saved.h"

namespace {

using namespace whohungup;

void insist(bool holds) {
  if (!holds) std::abort();
}

struct Frame {
  Time at{};
  std::vector<std::uint8_t> bytes;
  std::uint32_t wire_len{};
  LinkType link{};
  bool operator==(const Frame&) const = default;
};

struct Reading {
  std::vector<Frame> frames;
  std::string refusal;
};

Reading read(Bytes bytes) {
  Reading reading;
  try {
    const auto source = open_saved_bytes(bytes, "fuzz");
    Packet packet;
    FrameNo before{};
    while (source->next(packet) == Source::Next::Got) {
      insist(packet.no > before);
      insist(packet.wire_len >= packet.bytes.size());
      insist(packet.interface_id < source->notes().interfaces.size());
      before = packet.no;
      reading.frames.push_back(
          {packet.at, {packet.bytes.begin(), packet.bytes.end()}, packet.wire_len, packet.link});
    }
    insist(source->next(packet) == Source::Next::End);
    const CaptureNotes& notes = source->notes();
    insist(notes.packets == reading.frames.size());
    insist(notes.quality.complete == notes.damage.empty());
    insist(notes.damage.size() <= 1);
    for (const Damage& damage : notes.damage)
      insist(damage.after_frame == reading.frames.size() && !describe(damage).empty());
  } catch (const CaptureError& refused) {
    reading.refusal = refused.what();
    insist(reading.frames.empty() && reading.refusal.starts_with("fuzz: "));
  }
  return reading;
}

std::vector<std::uint8_t> written(const std::vector<Frame>& frames) {
  std::vector<std::uint8_t> bytes;
  const auto out = write_to_memory(bytes);
  PcapngWriter writer(*out, {});
  for (const Frame& frame : frames) {
    Packet packet;
    packet.at = frame.at;
    packet.bytes = frame.bytes;
    packet.wire_len = frame.wire_len;
    writer.add_packet(packet, writer.add_interface({.link = frame.link}));
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Reading first = read(Bytes(data, size));
  const Reading second = read(Bytes(data, size));
  insist(first.frames == second.frames && first.refusal == second.refusal);
  if (first.frames.empty() || first.frames.size() > 1000) return 0;
  for (const Frame& frame : first.frames)
    if (frame.at < Time{}) return 0;  // pcapng stamps are unsigned: it cannot say that
  insist(read(written(first.frames)).frames == first.frames);
  return 0;
}
