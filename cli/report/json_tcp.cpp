// The flow object's "tcp": what each side's segments said about themselves.

#include <algorithm>
#include <limits>

#include "analyze/landmarks.h"
#include "cli/report/json.h"
#include "cli/report/landmarks.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

/// The smallest and largest TTL of some packets, as a pair, or null if there were none.
struct TtlRange {
  std::uint8_t least{std::numeric_limits<std::uint8_t>::max()};
  std::uint8_t most{};

  void take(const SegmentHeader& header) {
    least = std::min(least, header.ttl);
    most = std::max(most, header.ttl);
  }
  template <std::size_t Size>
  void write(JsonWriter& json, const char (&name)[Size]) const {
    json.key(name);
    if (least > most)
      json.value(nullptr);
    else
      json.open_array().value(least).value(most).close_array();
  }
};

/// The TTLs of one side, by kind of packet: different makers of packets differ there.
struct Ttls {
  TtlRange not_rst, syn, ack, data, fin, rst;

  void take(const SegmentHeader& header) {
    if (header.flags.rst()) {
      rst.take(header);
      return;
    }
    not_rst.take(header);
    if (header.flags.syn())
      syn.take(header);
    else if (header.flags.fin())
      fin.take(header);
    else
      (header.payload_len > 0 ? data : ack).take(header);
  }
  void write(JsonWriter& json) const {
    not_rst.write(json, "ttl");
    json.key("ttl_by_kind").open_object();
    syn.write(json, "syn");
    ack.write(json, "ack");
    data.write(json, "data");
    fin.write(json, "fin");
    rst.write(json, "rst");
    json.close_object();
  }
};

std::optional<std::int64_t> known(std::int64_t offset) {
  if (offset == Placed::kUnknown) return std::nullopt;
  return offset;
}

void write_rst(JsonWriter& json, const Placed& rst) {
  const SegmentHeader& header = rst.header;
  json.open_object().field("frame", header.frame).field("flags", to_string(header.flags));
  json.field("seq_offset", known(rst.offset)).field("ack_offset", known(rst.ack_offset));
  json.field("ttl", header.ttl).key("ip_id");
  header.is_v6 ? json.value(nullptr) : json.value(header.ip_id);
  json.field("window", header.window).field("length", header.payload_len).close_object();
}

/// What the SYN (or SYN+ACK) of one side offered; all null if it was not captured.
void write_offer(JsonWriter& json, const Placed* syn) {
  const auto offer = [&](const auto& name, bool there, auto value) {
    json.key(name);
    there ? json.value(value) : json.value(nullptr);
  };
  const SegmentHeader none;
  const SegmentHeader& header = syn == nullptr ? none : syn->header;
  offer("isn", syn != nullptr, header.seq.value);
  offer("mss", syn != nullptr && header.mss != 0, header.mss);
  offer("window_scale", syn != nullptr && header.window_scale != SegmentHeader::kNoScale,
        header.window_scale);
  offer("sack_permitted", syn != nullptr, header.sack_permitted);
  offer("timestamps", syn != nullptr, header.has_timestamps);
}

/// The segment at a landmark; null where there is none.
const Placed* found(const Conversation& talk, std::int32_t index) {
  return index == Landmarks::kNone ? nullptr : &at(talk, index);
}

/// The one that was captured earlier; null if there is neither.
const Placed* first_of(const Conversation& talk, const std::int32_t (&by_side)[2]) {
  std::int32_t first = by_side[0];
  if (first == Landmarks::kNone || (by_side[1] != Landmarks::kNone && by_side[1] < first))
    first = by_side[1];
  return found(talk, first);
}

/// From the last SYN before it to the first SYN+ACK; nothing if either is missing.
std::optional<Duration> syn_ack_rtt(const Conversation& talk, const Landmarks& marks) {
  for (std::int32_t i = marks.syn_ack; i > marks.syn && marks.syn != Landmarks::kNone;) {
    const Placed& syn = at(talk, --i);
    if (syn.is(Side::Client) && syn.header.flags.syn())
      return at(talk, marks.syn_ack).at() - syn.at();
  }
  return std::nullopt;
}

void write_side(JsonWriter& json, const Conversation& talk, Side side, const Placed* syn) {
  Ttls ttls;
  Frames fins;
  ShortList<const Placed*, 4> rsts;
  for (const Placed& segment : talk.segments) {
    if (!segment.is(side)) continue;
    ttls.take(segment.header);
    if (segment.header.flags.rst())
      rsts.push_back(&segment);
    else if (segment.header.flags.fin())
      fins.push_back(segment.frame());
  }
  const SideCounts& counts = talk.side(side);
  json.key(word_for(side)).open_object();
  write_offer(json, syn);
  json.field("packets", counts.packets).field("payload_bytes", counts.payload_bytes);
  json.key("acked_bytes");
  counts.reference ? json.value(counts.acked) : json.value(nullptr);
  ttls.write(json);
  json.field("fin_frames", fins).key("rsts").open_array();
  for (const Placed* rst : rsts) write_rst(json, *rst);
  json.close_array().close_object();
}

template <std::size_t Size>
void write_first(JsonWriter& json, const char (&name)[Size], const Placed* segment) {
  json.key(name);
  if (segment == nullptr) {
    json.value(nullptr);
    return;
  }
  json.open_object().field("by", word_for(segment->claims)).field("frame", segment->frame());
  json.field("flags", to_string(segment->header.flags)).close_object();
}

void write_icmp(JsonWriter& json, const std::vector<IcmpError>& errors) {
  json.key("icmp").open_array();
  for (const IcmpError& error : errors) {
    json.open_object().field("frame", error.frame).field("reporter", to_string(error.reporter));
    json.field("type", error.type).field("code", error.code).field("ttl", error.ttl);
    json.field("quoted_ttl", error.quoted_ttl).close_object();
  }
  json.close_array();
}

}  // namespace

void write_tcp(JsonWriter& json, const Conversation& talk) {
  const Landmarks marks = find_landmarks(talk);
  json.open_object().key("syn_ack_rtt_ms");
  const std::optional<Duration> rtt = syn_ack_rtt(talk, marks);
  rtt ? json.number_text(seconds(*rtt * 1000)) : json.value(nullptr);
  json.field("hello_acked", hello_acked(talk));
  write_first(json, "first_fin", first_of(talk, marks.first_fin));
  write_first(json, "first_rst", first_of(talk, marks.first_rst));
  write_icmp(json, talk.icmp);
  write_side(json, talk, Side::Client, found(talk, marks.syn));
  write_side(json, talk, Side::Server, found(talk, marks.syn_ack));
  json.close_object();
}

}  // namespace whohungup
