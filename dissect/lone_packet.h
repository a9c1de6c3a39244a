// The headers of a flow's only packet so far, in two thirds of the room: floods leave a hundred
// thousand flows waiting with one SYN each.
#pragma once

#include <array>
#include <cstdint>

#include "dissect/segment.h"

namespace whohungup {

/// A SegmentHeader without payload, but for its time.
class LonePacket {
 public:
  LonePacket() = default;
  explicit LonePacket(const SegmentHeader& h)
      : frame_(h.frame),
        seq_(h.seq),
        ack_(h.ack),
        tsval_(h.tsval),
        tsecr_(h.tsecr),
        sack_left_(h.sack_left),
        sack_right_(h.sack_right),
        interface_id_(h.interface_id),
        label_or_ip_id_(h.is_v6 ? h.flow_label : h.ip_id),
        flags_(h.flags),
        window_(h.window),
        urgent_(h.urgent),
        mss_(h.mss),
        ttl_(h.ttl),
        tos_(h.tos),
        header_len_(h.header_len),
        window_scale_(h.window_scale),
        option_kinds_(h.option_kinds),
        source_mac_(h.source_mac),
        is_v6_(h.is_v6),
        dont_fragment_(h.dont_fragment),
        has_timestamps_(h.has_timestamps),
        has_sack_(h.has_sack),
        sack_permitted_(h.sack_permitted),
        has_mac_(h.has_mac),
        bad_options_(h.bad_options),
        from_fragments_(h.from_fragments),
        tunnelled_(h.tunnelled),
        options_cut_(h.options_cut),
        ip_checksum_(static_cast<unsigned>(h.ip_checksum) & 3U),
        tcp_checksum_(static_cast<unsigned>(h.tcp_checksum) & 3U) {}

  [[nodiscard]] SegmentHeader header(Time at) const {
    SegmentHeader h;
    h.at = at;
    h.frame = frame_;
    h.seq = seq_;
    h.ack = ack_;
    h.tsval = tsval_;
    h.tsecr = tsecr_;
    h.sack_left = sack_left_;
    h.sack_right = sack_right_;
    h.interface_id = interface_id_;
    if (is_v6_)
      h.flow_label = label_or_ip_id_;
    else
      h.ip_id = static_cast<std::uint16_t>(label_or_ip_id_);
    h.flags = flags_;
    h.window = window_;
    h.urgent = urgent_;
    h.mss = mss_;
    h.ttl = ttl_;
    h.tos = tos_;
    h.header_len = header_len_;
    h.window_scale = window_scale_;
    h.option_kinds = option_kinds_;
    h.source_mac = source_mac_;
    h.is_v6 = is_v6_;
    h.dont_fragment = dont_fragment_;
    h.has_timestamps = has_timestamps_;
    h.has_sack = has_sack_;
    h.sack_permitted = sack_permitted_;
    h.has_mac = has_mac_;
    h.bad_options = bad_options_;
    h.from_fragments = from_fragments_;
    h.tunnelled = tunnelled_;
    h.options_cut = options_cut_;
    h.ip_checksum = static_cast<ChecksumState>(ip_checksum_);
    h.tcp_checksum = static_cast<ChecksumState>(tcp_checksum_);
    return h;
  }

  [[nodiscard]] FrameNo frame() const { return frame_; }
  [[nodiscard]] TcpFlags flags() const { return flags_; }
  [[nodiscard]] Seq seq() const { return seq_; }

 private:
  FrameNo frame_{};
  Seq seq_{}, ack_{};
  std::uint32_t tsval_{}, tsecr_{}, sack_left_{}, sack_right_{}, interface_id_{};
  std::uint32_t label_or_ip_id_{};  // IPv6 has the one, IPv4 the other
  TcpFlags flags_;
  std::uint16_t window_{}, urgent_{}, mss_{};
  std::uint8_t ttl_{}, tos_{}, header_len_{}, window_scale_{};
  std::array<std::uint8_t, 8> option_kinds_{};
  MacAddress source_mac_{};
  bool is_v6_ : 1 {}, dont_fragment_ : 1 {}, has_timestamps_ : 1 {}, has_sack_ : 1 {};
  bool sack_permitted_ : 1 {}, has_mac_ : 1 {}, bad_options_ : 1 {}, from_fragments_ : 1 {};
  bool tunnelled_ : 1 {}, options_cut_ : 1 {};
  std::uint8_t ip_checksum_ : 2 {}, tcp_checksum_ : 2 {};
};
static_assert(sizeof(LonePacket) == 64);
// Whoever adds a field to a SegmentHeader adds it here too.
static_assert(sizeof(SegmentHeader) == 96);

}  // namespace whohungup
