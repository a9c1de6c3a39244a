// The flow object's "tcp": what each side's segments said about themselves.

#include <algorithm>
#include <array>
#include <limits>

#include "cli/report/json.h"
#include "cli/report/landmarks.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

/// The smallest and largest TTL of some packets, as a pair, or null if there were none.
struct TtlRange {
  std::uint8_t least{std::numeric_limits<std::uint8_t>::max()};
  std::uint8_t most{};

  void take(std::uint8_t ttl) {
    least = std::min(least, ttl);
    most = std::max(most, ttl);
  }
  void take(const TtlRange& other) {
    least = std::min(least, other.least);
    most = std::max(most, other.most);
  }
  void write(JsonWriter& json) const {
    if (least > most) {
      json.value(nullptr);
      return;
    }
    json.text_of(2 * kLongestNumber, [&](char* to) {
      *to++ = '[';
      to = write_below_10000(to, least);
      *to++ = ',';
      to = write_below_10000(to, most);
      *to++ = ']';
      return to;
    });
  }
};

/// The TTLs of one side, by kind of packet: different makers of packets differ there.
struct Ttls {
  TtlRange syn, ack, data, fin, rst;

  void take(const SegmentHeader& header) {
    const TcpFlags flags = header.flags;
    TtlRange& kind = flags.rst()              ? rst
                     : flags.syn()            ? syn
                     : flags.fin()            ? fin
                     : header.payload_len > 0 ? data
                                              : ack;
    kind.take(header.ttl);
  }
  void write(JsonWriter& json) const {
    TtlRange not_rst;
    for (const TtlRange* kind : {&syn, &ack, &data, &fin}) not_rst.take(*kind);
    not_rst.write(json.put(R"(,"ttl":)"));
    syn.write(json.put(R"(,"ttl_by_kind":{"syn":)"));
    ack.write(json.put(R"(,"ack":)"));
    data.write(json.put(R"(,"data":)"));
    fin.write(json.put(R"(,"fin":)"));
    rst.write(json.put(R"(,"rst":)"));
    json.put("}");
  }
};

/// The segments of one side that are told of one by one.
struct OneSide {
  Ttls ttls;
  Frames fins;
  ShortList<const Placed*, 4> rsts;
  // Not those captured twice; of the client a SYN, of the server a SYN+ACK.
  const Placed *syn{}, *first_fin{}, *first_rst{};

  void take(const Placed& segment) {
    const TcpFlags flags = segment.header.flags;
    ttls.take(segment.header);
    if (flags.rst())
      rsts.push_back(&segment);
    else if (flags.fin())
      fins.push_back(segment.frame());
    if (!flags.has(TcpFlags::kSyn | TcpFlags::kFin | TcpFlags::kRst) ||
        segment.where == Placed::Where::Duplicate)
      return;
    const bool answers = segment.is(Side::Server);
    if (flags.syn() && flags.ack() == answers && syn == nullptr) syn = &segment;
    if (flags.rst() && first_rst == nullptr) first_rst = &segment;
    if (flags.fin() && !flags.rst() && first_fin == nullptr) first_fin = &segment;
  }
};

/// Both sides, walked through once.
struct BothSides {
  OneSide client, server;
  std::optional<Duration> syn_ack_rtt;  // from the last SYN before it to the first SYN+ACK

  explicit BothSides(const Conversation& talk) {
    const Placed* last_syn = nullptr;
    for (const Placed& segment : talk.segments) {
      if (segment.is(Side::Client)) {
        client.take(segment);
        if (segment.header.flags.syn()) last_syn = &segment;
        continue;
      }
      const bool answered = server.syn != nullptr;
      server.take(segment);
      if (!answered && server.syn != nullptr && client.syn != nullptr)
        syn_ack_rtt = server.syn->at() - last_syn->at();
    }
  }
};

std::optional<std::int64_t> known(std::int64_t offset) {
  if (offset == Placed::kUnknown) return std::nullopt;
  return offset;
}

void write_flags(JsonWriter& json, TcpFlags flags) {
  json.text_of(kLongestFlags, [&](char* to) { return write_flags(to, flags); });
}

void write_rst(JsonWriter& json, const Placed& rst) {
  const SegmentHeader& header = rst.header;
  json.open_object().put(R"("frame":)").value(header.frame);
  write_flags(json.put(R"(,"flags":")"), header.flags);
  json.put(R"(","seq_offset":)").value(known(rst.offset));
  json.put(R"(,"ack_offset":)").value(known(rst.ack_offset));
  json.put(R"(,"ttl":)").value(header.ttl).put(R"(,"ip_id":)");
  header.is_v6 ? json.value(nullptr) : json.value(header.ip_id);
  json.put(R"(,"window":)").value(header.window);
  json.put(R"(,"length":)").value(header.payload_len).put("}");
}

/// What the SYN (or SYN+ACK) of one side offered; all null if it was not captured.
void write_offer(JsonWriter& json, const Placed* syn) {
  const auto offer = [&](bool there, auto value) {
    there ? json.value(value) : json.value(nullptr);
  };
  const SegmentHeader none;
  const SegmentHeader& header = syn == nullptr ? none : syn->header;
  json.put(R"({"isn":)");
  offer(syn != nullptr, header.seq.value);
  json.put(R"(,"mss":)");
  offer(syn != nullptr && header.mss != 0, header.mss);
  json.put(R"(,"window_scale":)");
  offer(syn != nullptr && header.window_scale != SegmentHeader::kNoScale, header.window_scale);
  json.put(R"(,"sack_permitted":)");
  offer(syn != nullptr, header.sack_permitted);
  json.put(R"(,"timestamps":)");
  offer(syn != nullptr, header.has_timestamps);
}

void write_side(JsonWriter& json, const OneSide& side, const SideCounts& counts) {
  write_offer(json, side.syn);
  json.put(R"(,"packets":)").value(counts.packets);
  json.put(R"(,"payload_bytes":)").value(counts.payload_bytes).put(R"(,"acked_bytes":)");
  counts.reference ? json.value(counts.acked) : json.value(nullptr);
  side.ttls.write(json);
  json.put(R"(,"fin_frames":)").value(side.fins).put(R"(,"rsts":[)");
  for (const Placed* rst : side.rsts) write_rst(json, *rst);
  json.put("]}");
}

/// The one that was captured earlier; null if there is neither.
void write_first(JsonWriter& json, const Placed* client, const Placed* server) {
  const bool is_client = client != nullptr && (server == nullptr || client < server);
  const Placed* const segment = is_client ? client : server;
  if (segment == nullptr) {
    json.value(nullptr);
    return;
  }
  json.put(R"({"by":")").text(word_for(segment->claims));
  json.put(R"(","frame":)").value(segment->frame());
  write_flags(json.put(R"(,"flags":")"), segment->header.flags);
  json.put(R"("})");
}

void write_icmp(JsonWriter& json, const std::vector<IcmpError>& errors) {
  for (const IcmpError& error : errors) {
    json.open_object().field("frame", error.frame).field("reporter", to_string(error.reporter));
    json.field("type", error.type).field("code", error.code).field("ttl", error.ttl);
    json.field("quoted_ttl", error.quoted_ttl).close_object();
  }
}

}  // namespace

void write_tcp(JsonWriter& json, const Conversation& talk) {
  const BothSides sides(talk);
  json.put(R"({"syn_ack_rtt_ms":)");
  if (sides.syn_ack_rtt)
    json.text_of(kLongestSeconds,
                 [&](char* to) { return write_seconds(to, *sides.syn_ack_rtt * 1000); });
  else
    json.value(nullptr);
  json.put(R"(,"hello_acked":)").value(hello_acked(talk)).put(R"(,"first_fin":)");
  write_first(json, sides.client.first_fin, sides.server.first_fin);
  json.put(R"(,"first_rst":)");
  write_first(json, sides.client.first_rst, sides.server.first_rst);
  json.put(R"(,"icmp":[)");
  write_icmp(json, talk.icmp);
  json.put(R"(],"client":)");
  write_side(json, sides.client, talk.side(Side::Client));
  json.put(R"(,"server":)");
  write_side(json, sides.server, talk.side(Side::Server));
  json.put("}");
}

}  // namespace whohungup
