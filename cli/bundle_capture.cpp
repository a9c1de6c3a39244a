#include "cli/bundle_capture.h"

#include <fmt/core.h>
#include <sys/utsname.h>

#include "capture/pcapng_writer.h"
#include "cli/report/escape.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

/// In both captures, where there are two: then they are frames of one file.
Frames cited_by(const Verdict& verdict) {
  Frames cited = verdict.cited.empty() ? verdict.event.frames : verdict.cited;
  for (const auto* reasons : {&verdict.evidence, &verdict.dissent})
    for (const Reason& reason : *reasons) cited.append(reason.other_frames);
  return cited;
}

// A comment is a sentence or two; what a packet wrote into one may be longer.
constexpr std::size_t kLongest = 1000;

PcapngInterface described(const AnnotatedCapture& capture, std::uint32_t number) {
  const InterfaceNotes& notes = capture.original.interfaces[number];
  PcapngInterface interface;
  if (number < capture.time_offsets.size()) interface.time_offset = capture.time_offsets[number];
  interface.link = notes.link;
  interface.snaplen = notes.snaplen;
  interface.name = notes.name;
  interface.description = notes.description;
  return interface;
}

PcapngStatistics statistics(const InterfaceNotes& interface, const CaptureQuality& quality) {
  PcapngStatistics counts;
  counts.at = quality.end;
  counts.end = quality.end;
  if (quality.begin != Time{}) counts.begin = quality.begin;
  counts.received = interface.received;
  counts.dropped = interface.dropped;
  return counts;
}

}  // namespace

void CitedComments::add(const JudgedFlow& flow) {
  if (++flows_ > kMostFlows) {
    ++left_out_;
    return;
  }
  const Verdict& verdict = flow.verdict();
  for (const FrameNo frame : verdict.event.frames)
    add(frame, fmt::format("verdict {} ({}): {}", verdict.code(), to_string(verdict.confidence),
                           harmless(verdict.summary)));
  const Frames cited = cited_by(verdict);
  for (const Observation& seen : flow.judgement.facts.seen) {
    const std::string text = fmt::format("fact {}{}{}", info(seen.fact).id,
                                         seen.detail.empty() ? "" : ": ", harmless(seen.detail));
    for (const auto* frames : {&seen.frames, &seen.other_frames})
      for (const FrameNo frame : *frames)
        if (among(cited, frame)) add(frame, text);
  }
}

void CitedComments::add(FrameNo frame, std::string_view text) {
  if (!text.empty()) by_frame_[frame].push_back(keep_begin(text, kLongest));
}

const std::vector<std::string>& CitedComments::on(FrameNo frame) const {
  static const std::vector<std::string> none;
  const auto found = by_frame_.find(frame);
  return found == by_frame_.end() ? none : found->second;
}

void write_annotated(ByteOutput& out, Source& packets, const AnnotatedCapture& capture,
                     const CitedComments& comments) {
  PcapngSection section;
  section.application = "whohungup " WHOHUNGUP_VERSION;
  section.os = operating_system();
  section.comment = capture.comment;
  PcapngWriter writer(out, section);
  const std::vector<InterfaceNotes>& described_before = capture.original.interfaces;
  std::uint32_t interfaces = 0;
  for (; interfaces < described_before.size(); ++interfaces)
    writer.add_interface(described(capture, interfaces));
  writer.add_key_log(capture.key_log);
  writer.add_names(capture.names);
  Packet packet;
  Source::Next next{};
  while ((next = packets.next(packet)) != Source::Next::End) {
    if (next == Source::Next::Idle) continue;
    for (; interfaces <= packet.interface_id; ++interfaces)
      writer.add_interface({.link = packet.link});
    PcapngPacketNotes notes;
    notes.comments = comments.on(packet.no);
    if (const auto id = capture.packet_ids.find(packet.no); id != capture.packet_ids.end())
      notes.packet_id = id->second;
    writer.add_packet(packet, packet.interface_id, notes);
  }
  for (std::uint32_t i = 0; i < described_before.size(); ++i)
    writer.add_statistics(i, statistics(described_before[i], capture.original.quality));
  out.flush();
}

std::string operating_system() {
  utsname name{};
  if (::uname(&name) != 0) return {};
  return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

}  // namespace whohungup
