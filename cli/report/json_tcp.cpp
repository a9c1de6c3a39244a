// The flow object's "tcp": what each side's segments said about themselves.

#include <algorithm>
#include <array>
#include <limits>

#include "cli/report/json.h"
#include "cli/report/landmarks.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

using json_piece::OrNull;
using json_piece::Ours;
using json_piece::Written;

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
  /// As a piece of JSON.
  [[nodiscard]] auto piece() const {
    constexpr std::size_t kLongest = 9;  // "[255,255]"
    return Written{kLongest, [this](char* to) {
                     if (least > most) return json_piece::write(to, "null");
                     *to++ = '[';
                     to = write_below_10000(to, least);
                     *to++ = ',';
                     to = write_below_10000(to, most);
                     *to++ = ']';
                     return to;
                   }};
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
    json.put(R"(,"ttl":)", not_rst.piece(), R"(,"ttl_by_kind":{"syn":)", syn.piece(), R"(,"ack":)",
             ack.piece(), R"(,"data":)", data.piece(), R"(,"fin":)", fin.piece(), R"(,"rst":)",
             rst.piece(), "}");
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

OrNull<std::int64_t> known(std::int64_t offset) { return {offset != Placed::kUnknown, offset}; }

void write_rst(JsonWriter& json, const Placed& rst) {
  const SegmentHeader& header = rst.header;
  json.open_object();
  json.put(R"("frame":)", header.frame, R"(,"flags":")", header.flags, R"(","seq_offset":)",
           known(rst.offset), R"(,"ack_offset":)", known(rst.ack_offset), R"(,"ttl":)", header.ttl,
           R"(,"ip_id":)", OrNull{!header.is_v6, header.ip_id}, R"(,"window":)", header.window,
           R"(,"length":)", header.payload_len, "}");
}

/// What the SYN (or SYN+ACK) of one side offered; all null if it was not captured.
void write_offer(JsonWriter& json, const Placed* syn) {
  const bool seen = syn != nullptr;
  const SegmentHeader& header = seen ? syn->header : SegmentHeader();
  const bool scales = header.window_scale != SegmentHeader::kNoScale;
  json.put(R"({"isn":)", OrNull{seen, header.seq.value}, R"(,"mss":)",
           OrNull{header.mss != 0, header.mss}, R"(,"window_scale":)",
           OrNull{scales, header.window_scale}, R"(,"sack_permitted":)",
           OrNull{seen, header.sack_permitted}, R"(,"timestamps":)",
           OrNull{seen, header.has_timestamps});
}

void write_side(JsonWriter& json, const OneSide& side, const SideCounts& counts) {
  write_offer(json, side.syn);
  json.put(R"(,"packets":)", counts.packets, R"(,"payload_bytes":)", counts.payload_bytes,
           R"(,"acked_bytes":)", OrNull{counts.reference, counts.acked});
  side.ttls.write(json);
  json.put(R"(,"fin_frames":)", side.fins, R"(,"rsts":[)");
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
  json.put(R"({"by":")", Ours{word_for(segment->claims)}, R"(","frame":)", segment->frame(),
           R"(,"flags":")", segment->header.flags, R"("})");
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
  const Written rtt{kLongestSeconds, [&](char* to) {
                      return sides.syn_ack_rtt ? write_seconds(to, *sides.syn_ack_rtt * 1000)
                                               : json_piece::write(to, "null");
                    }};
  json.put(R"({"syn_ack_rtt_ms":)", rtt, R"(,"hello_acked":)", hello_acked(talk),
           R"(,"first_fin":)");
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
