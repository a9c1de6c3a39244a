// See same_talk.h.
#include "tests/support/same_talk.h"

#include <fmt/format.h>

#include <algorithm>

#include "dissect/decode.h"

namespace whohungup::test {
namespace {

std::int64_t nanoseconds(Time time) { return time.time_since_epoch().count(); }

/// Every byte of a header is a field of it or always the same.
std::string in_words(const Placed& placed) {
  const SegmentHeader& h = placed.header;
  std::string text = fmt::format(
      "{} at {} {} seq {} ack {} len {}/{} ts {} {} sack {} {} label {} interface {} window {} "
      "urgent {} id {} mss {} ttl {} tos {} header {} scale {} kinds {} mac {} ",
      number(h.frame), nanoseconds(h.at), to_string(h.flags), h.seq.value, h.ack.value,
      h.payload_len, h.captured_len, h.tsval, h.tsecr, h.sack_left, h.sack_right, h.flow_label,
      h.interface_id, h.window, h.urgent, h.ip_id, h.mss, h.ttl, h.tos, h.header_len,
      h.window_scale, fmt::join(h.option_kinds, " "), fmt::join(h.source_mac, ":"));
  text += fmt::format("{}{}{}{}{}{}{}{}{}{} sums {} {} ", h.is_v6, h.dont_fragment,
                      h.has_timestamps, h.has_sack, h.sack_permitted, h.has_mac, h.bad_options,
                      h.from_fragments, h.tunnelled, h.options_cut, static_cast<int>(h.ip_checksum),
                      static_cast<int>(h.tcp_checksum));
  return text + fmt::format("offset {} acks {} again {} side {} where {} begins {}\n",
                            placed.offset, placed.ack_offset, number(placed.duplicate_of),
                            static_cast<int>(placed.claims), static_cast<int>(placed.where),
                            fmt::join(placed.first_bytes, " "));
}

std::string in_words(const SideCounts& side) {
  return fmt::format(
      "packets {} bytes {} sent {} acked {} fin {} isn {} {}{} scale {} sums {} {}\n", side.packets,
      side.payload_bytes, side.sent_end, side.acked, side.fin_offset, side.isn.value, side.isn_seen,
      side.reference, side.window_scale, side.sound_checksums, side.wrong_checksums);
}

std::string in_words(const Stream& stream) {
  return fmt::format("stream to {} full {} conflicts {} holes {} bytes {:02x}\n", stream.end(),
                     stream.full(), stream.conflicts().size(), stream.holes().size(),
                     fmt::join(stream.prefix(), ""));
}

std::string in_words(const RecordSeen& record) {
  return fmt::format(
      "record {} of {} at {} offset {} frames {} {} version {} sealed {} begins {}\n",
      static_cast<int>(record.type), record.length, nanoseconds(record.at), record.offset,
      number(record.first), number(record.last), record.version, record.sealed,
      fmt::join(record.first_bytes, " "));
}

struct Listener : FlowSink {
  void tell(Conversation& talk) override { told.push_back(recorded(talk)); }
  void completed() override { told.emplace_back("completed"); }
  /// Everything that was told, and the counts.
  std::vector<std::string> all(const FlowTable& table) {
    const FlowCounts& counts = table.counts();
    told.push_back(fmt::format("flows {} told {} not TLS {} segments {} icmp {} limited {}",
                               counts.flows, counts.told, counts.not_tls, counts.segments,
                               counts.icmp_without_flow, counts.memory_limited));
    return std::move(told);
  }
  std::vector<std::string> told;
};

void add(const Packet& packet, Decoder& decoder, FlowTable& table) {
  const Decoded decoded = decoder.decode(packet);
  if (const auto* segment = std::get_if<Segment>(&decoded))
    table.add(*segment, segment->header.tunnelled ? decoder.outer_path() : std::string());
  else if (const auto* error = std::get_if<IcmpError>(&decoded))
    table.add(*error);
}

/// What a table tells that `feed` gives packets to.
template <class Feed>
std::vector<std::string> told_of(const FlowTable::Options& options, const CaptureQuality& quality,
                                 Feed&& feed) {
  Listener listener;
  FlowTable table(options, listener);
  Decoder decoder;
  feed(table, decoder);
  table.finish(quality);
  return listener.all(table);
}

}  // namespace

std::string recorded(const Conversation& talk) {
  std::string text = fmt::format(
      "{} {} known by {} for {} ended {} {} to {} back {} frames {} {} left out {} bounded {}{} "
      "settled {} way {}\n",
      to_string(talk.client), to_string(talk.server), static_cast<int>(talk.client_known_by),
      static_cast<int>(talk.judged_for), static_cast<int>(talk.ended_by), nanoseconds(talk.begin),
      nanoseconds(talk.last), talk.set_back.count(), number(talk.first_frame),
      number(talk.last_frame), talk.segments_left_out, talk.segments_bounded, talk.memory_bounded,
      talk.told_settled, talk.outer_path);
  text +=
      fmt::format("hello at {} answer at {} {} sslv2 {} finished {} {} data {} icmp {}\n",
                  talk.client_tls_at.value_or(-1), talk.server_tls_at.value_or(-1),
                  talk.server_answer_at, talk.sslv2_hello, number(talk.finished_frame),
                  nanoseconds(talk.finished_at), number(talk.server_data_frame), talk.icmp.size());
  for (const SideCounts& side : talk.counts) text += in_words(side);
  for (const Placed& placed : talk.segments) text += in_words(placed);
  for (const Placed& placed : talk.refused) text += "refused " + in_words(placed);
  text += in_words(talk.from_client) + in_words(talk.from_server);
  for (const RecordSeen& record : talk.records) text += in_words(record);
  return text;
}

std::vector<std::string> take_packets(std::span<const Packet> packets,
                                      const FlowTable::Options& options,
                                      const CaptureQuality& quality) {
  return told_of(options, quality, [&](FlowTable& table, Decoder& decoder) {
    for (auto rest = packets; !rest.empty();) {
      const auto batch = rest.first(std::min(rest.size(), FlowTable::kMostAhead));
      table.look_at(batch);
      for (std::size_t i = 0; (i = table.take(i, batch.size())) < batch.size(); ++i)
        add(batch[i], decoder, table);
      rest = rest.subspan(batch.size());
    }
  });
}

std::vector<std::string> add_packets(std::span<const Packet> packets,
                                     const FlowTable::Options& options,
                                     const CaptureQuality& quality) {
  return told_of(options, quality, [&](FlowTable& table, Decoder& decoder) {
    for (const Packet& packet : packets) {
      table.advance(packet.at);
      add(packet, decoder, table);
    }
  });
}

}  // namespace whohungup::test
