// The way through one frame: where the decoder stands, what is left, and the layers it can enter.
//
// Inside of decode*.cpp only; others include decode.h. Each layer is a function that takes its
// header off the front of the walk and hands over to the next one, so that the call stack is the
// protocol stack. Walk::enter bounds it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "dissect/bytes.h"
#include "dissect/fragments.h"
#include "dissect/segment.h"

namespace whohungup::decoding {

/// A tunnel that was entered: its kind, its number if it has one, and its outer addresses.
struct Hop {
  enum class Kind : std::uint8_t {
    IpInIp,
    Gre,
    Nvgre,
    Erspan,
    Vxlan,
    Geneve,
    Gtp,
    Teredo,
    Mpls,
    Pptp,
    L2tp
  };
  Kind kind{};
  bool has_id{};
  std::uint32_t id{};
  IpAddress from, to;
};

/// The tunnels of one frame, outermost first.
struct Path {
  static constexpr std::size_t kMost = 8;  // deeper nesting is decoded but not named
  std::array<Hop, kMost> hops;
  std::size_t size{};

  [[nodiscard]] std::string text() const;
};

class Walk {
 public:
  Walk(const Packet& frame, Decoded& answer, Fragments& fragment_store, Path& tunnel_path)
      : packet(frame),
        result(answer),
        segment(*std::get_if<Segment>(&answer)),
        fragments(fragment_store),
        path(tunnel_path),
        data_(frame.bytes.data()),
        captured_end_(frame.bytes.size()),
        wire_end_(std::max<std::size_t>(frame.wire_len, frame.bytes.size())) {}

  const Packet& packet;
  Decoded& result;   // holds `segment` until stop() or an ICMP error replaces it
  Segment& segment;  // filled in while walking; an inner header overwrites the outer one's fields
  Fragments& fragments;
  Path& path;
  bool pseudo_header_known{true};  // false: a routing header hides the final destination

  /// Begins a layer. False, and stopped as malformed, when there are more layers than any honest
  /// frame has (two VLANs, MPLS, a tunnel and IPv6 extensions make about a dozen).
  bool enter() {
    layer_ = at_;
    if (++layers_ <= kMostLayers) return true;
    stop(Skipped::Why::Malformed);
    return false;
  }

  /// Whether `n` more bytes are at hand. If not, stops: cut if the wire had them, else malformed.
  bool has(std::size_t n) {
    if (n <= captured_end_ - at_) [[likely]]
      return true;
    stop(n <= wire() ? Skipped::Why::CutBySnaplen : Skipped::Why::Malformed);
    return false;
  }
  /// The next `n` bytes without taking them, or nothing and stopped.
  Bytes peek(std::size_t n) { return has(n) ? Bytes(data_ + at_, n) : Bytes{}; }
  /// The next `n` bytes, or nothing and stopped.
  Bytes take(std::size_t n) {
    if (!has(n)) return {};
    const Bytes taken(data_ + at_, n);
    at_ += n;
    return taken;
  }

  /// This layer and all within it end `n` bytes from here, says its length field. What comes
  /// after is padding or a trailer. A length beyond the frame means that the frame was cut.
  void limit(std::size_t n) {
    wire_end_ = at_ + n;
    captured_end_ = std::min(captured_end_, wire_end_);
  }

  /// Goes on in a reassembled datagram instead of the frame.
  void continue_in(Bytes datagram, std::size_t whole_len) {
    fragment_offset_ = offset();
    in_fragments_ = true;
    data_ = datagram.data();
    at_ = 0;
    captured_end_ = datagram.size();
    wire_end_ = whole_len;
  }

  /// Names the tunnel whose header was just taken; the addresses are the last IP header's.
  void tunnel(Hop::Kind kind, std::uint32_t id, bool has_id = true) {
    segment.header.tunnelled = true;
    if (path.size < Path::kMost)
      path.hops[path.size++] = {kind, has_id, id, segment.from.ip, segment.to.ip};
  }

  /// The frame says nothing we judge, and why.
  void stop(Skipped::Why why) { result = Skipped{packet.no, why, offset()}; }

  /// What is left, as far as it was captured, and how long it was on the wire.
  [[nodiscard]] Bytes rest() const { return {data_ + at_, captured_end_ - at_}; }
  [[nodiscard]] std::size_t wire() const { return wire_end_ - at_; }
  [[nodiscard]] bool cut() const { return captured_end_ < wire_end_; }

 private:
  static constexpr unsigned kMostLayers = 32;

  // Inside a reassembled datagram it is the place of its last fragment that counts.
  [[nodiscard]] std::uint32_t offset() const {
    return in_fragments_ ? fragment_offset_ : static_cast<std::uint32_t>(layer_);
  }

  // Positions in data_, one of which moves: cheaper than a span that shrinks, and a reader of the
  // profile will find that this matters.
  const std::uint8_t* data_;  // the frame, or a reassembled datagram
  std::size_t at_{};
  std::size_t captured_end_;
  std::size_t wire_end_;  // not before captured_end_
  std::size_t layer_{};   // where the current layer began
  unsigned layers_{};
  std::uint32_t fragment_offset_{};
  bool in_fragments_{};
};

/// EtherTypes, which GRE, SLL and others use too (IANA "IEEE 802 Numbers").
enum EtherType : std::uint16_t {
  kIpv4 = 0x0800,
  kVlan = 0x8100,
  kVlanService = 0x88a8,  // 802.1ad outer tag
  kVlanOld1 = 0x9100,     // QinQ before 802.1ad
  kVlanOld2 = 0x9200,
  kIpv6 = 0x86dd,
  kMplsUnicast = 0x8847,
  kMplsMulticast = 0x8848,
  kPppoeSession = 0x8864,
  kPpp = 0x880b,
  kCiscoMetadata = 0x8909,  // security group tag
  kVnTag = 0x8926,
  kErspan2 = 0x88be,  // also type I
  kErspan3 = 0x22eb,
  kBridged = 0x6558,  // transparent Ethernet bridging
  kWccp = 0x883e,
};

/// IP protocol numbers and IPv6 extension headers.
enum Protocol : std::uint8_t {
  kHopByHop = 0,
  kIcmp = 1,
  kIpv4InIp = 4,
  kTcp = 6,
  kUdp = 17,
  kIpv6InIp = 41,
  kRouting = 43,
  kFragment = 44,
  kGre = 47,
  kAuthentication = 51,
  kIcmpv6 = 58,
  kNoNextHeader = 59,
  kDestinationOptions = 60,
  kMplsInIp = 137,
};

void link(Walk&, LinkType);          // by the frame's link type
void wireless(Walk&, bool padded);   // an IEEE 802.11 data frame, its header padded to words or not
void radiotap(Walk&);                // 802.11 behind a radiotap header
void per_packet_information(Walk&);  // PPI: a header that names the link type behind it
void nflog(Walk&);                   // Linux netfilter log: attributes, one is the packet
void ethernet(Walk&);                // addresses, then the EtherType
void ether_type(Walk&, std::uint16_t type);  // what follows an EtherType, VLAN tags included
void logical_link(Walk&);                    // 802.2 LLC
void ppp(Walk&);                             // a PPP frame from its protocol field on
void mpls(Walk&);                            // a label stack
void ip(Walk&);                              // IPv4 or IPv6 by the version nibble
void ipv4(Walk&);
void ipv6(Walk&);
void transport(Walk&, std::uint8_t protocol);  // what follows an IP header
void tcp(Walk&);
/// Reads the segment at `whole`, which was `wire` bytes long and has a fixed header at least. The
/// checksum is looked at if `checkable`: it is all here, and its addresses are known. False: its
/// header contradicts itself.
bool read_tcp(const Packet&, Bytes whole, std::size_t wire, bool checkable, Segment&);
/// Reads a frame of the plainest kind into a blank segment. False, and parts of it may be filled
/// in: it has to be walked through.
bool plain_segment(const Packet&, Segment&);
void udp(Walk&);
void gre(Walk&);
void icmp(Walk&);
void icmpv6(Walk&);

/// Whether a UDP payload to or from these ports was a tunnel and has been walked into.
bool udp_tunnel(Walk&, std::uint16_t source_port, std::uint16_t destination_port);

}  // namespace whohungup::decoding
