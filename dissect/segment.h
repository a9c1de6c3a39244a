// What one frame says: a TCP segment, an ICMP error about one, or why it says neither.
//
// Addresses claim, nothing here proves who sent it. All header fields are in host byte order.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string>
#include <variant>

#include "capture/packet.h"

namespace whohungup {

/// An IPv4 or IPv6 address. IPv4 uses the first four octets, the rest are zero.
struct IpAddress {
  std::array<std::uint8_t, 16> octets{};
  bool is_v6{};
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};
/// Dotted quad, or RFC 5952 text.
std::string to_string(const IpAddress&);
inline constexpr std::size_t kLongestAddress = 46;
char* write_address(char* to, const IpAddress&);  // returns its end

struct Endpoint {
  IpAddress ip;
  std::uint16_t port{};
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};
/// "192.0.2.1:443" or "[2001:db8::1]:443".
std::string to_string(const Endpoint&);
inline constexpr std::size_t kLongestEndpoint = kLongestAddress + 8;
char* write_endpoint(char* to, const Endpoint&);  // returns its end

/// A TCP sequence number: a point on a circle (RFC 9293 §3.4). Two have a distance, no order.
struct Seq {
  std::uint32_t value{};
  friend constexpr bool operator==(Seq, Seq) = default;
  friend constexpr Seq operator+(Seq s, std::uint32_t n) { return {s.value + n}; }
  friend constexpr std::int32_t operator-(Seq a, Seq b) {
    return static_cast<std::int32_t>(a.value - b.value);
  }
};

/// The twelve bits after the data offset: reserved, NS and the eight named flags.
struct TcpFlags {
  static constexpr std::uint16_t kFin = 0x001, kSyn = 0x002, kRst = 0x004, kPsh = 0x008,
                                 kAck = 0x010, kUrg = 0x020, kEce = 0x040, kCwr = 0x080,
                                 kReserved = 0xf00;  // includes what was NS (RFC 8311)
  std::uint16_t bits{};
  [[nodiscard]] constexpr bool has(std::uint16_t mask) const { return (bits & mask) != 0; }
  [[nodiscard]] constexpr bool fin() const { return has(kFin); }
  [[nodiscard]] constexpr bool syn() const { return has(kSyn); }
  [[nodiscard]] constexpr bool rst() const { return has(kRst); }
  [[nodiscard]] constexpr bool psh() const { return has(kPsh); }
  [[nodiscard]] constexpr bool ack() const { return has(kAck); }
  friend constexpr bool operator==(TcpFlags, TcpFlags) = default;
};
/// Wireshark-like letters, e.g. "SA", "PA", "R", "RA", "FA"; reserved bits as a hex suffix.
std::string to_string(TcpFlags);
inline constexpr std::size_t kLongestFlags = 14;
char* write_flags(char* to, TcpFlags);  // returns their end

/// Unfinished: the field holds the sum of the pseudo-header alone, as a host leaves it for its
/// network card to finish (offload). Packets between machines of one host never get another.
enum class ChecksumState : std::uint8_t { Unknown, Good, Bad, Unfinished };

using MacAddress = std::array<std::uint8_t, 6>;

/// Everything the headers of one segment say, in a fixed and trivially copyable record: what the
/// flight recorder keeps of a packet.
struct SegmentHeader {
  Time at{};
  FrameNo frame{};
  Seq seq{}, ack{};
  std::uint32_t payload_len{};     // on the wire, by the IP length (not by the captured bytes)
  std::uint32_t captured_len{};    // of the payload; less than payload_len: cut by the snap length
  std::uint32_t tsval{}, tsecr{};  // timestamps option, if has_timestamps
  std::uint32_t sack_left{}, sack_right{};  // first SACK block, if has_sack
  std::uint32_t flow_label{};               // IPv6, 20 bits
  std::uint32_t interface_id{};
  TcpFlags flags;
  std::uint16_t window{};  // as on the wire, unscaled
  std::uint16_t urgent{};
  std::uint16_t ip_id{};      // IPv4 only
  std::uint16_t mss{};        // 0: no such option
  std::uint8_t ttl{};         // TTL or hop limit
  std::uint8_t tos{};         // TOS or traffic class
  std::uint8_t header_len{};  // of TCP, in bytes
  std::uint8_t window_scale{kNoScale};
  /// Option kinds in the order they came, at most eight, 0-filled: the shape of the header.
  std::array<std::uint8_t, 8> option_kinds{};
  MacAddress source_mac{};
  bool is_v6{}, dont_fragment{}, has_timestamps{}, has_sack{}, sack_permitted{};
  bool has_mac{}, bad_options{}, from_fragments{}, tunnelled{};
  bool options_cut{};  // by the snap length: there may be more than were read
  /// Other than Unknown only where the whole segment was captured.
  ChecksumState ip_checksum{}, tcp_checksum{};

  static constexpr std::uint8_t kNoScale = 0xff;
};

/// A TCP segment as its frame carried it. `payload` views the frame's bytes.
struct Segment {
  Endpoint from, to;  // as the headers claim
  SegmentHeader header;
  Bytes payload;  // the captured part
  Bytes options;  // raw TCP options
};

/// An ICMP or ICMPv6 error that quotes a TCP segment (RFC 792, RFC 4443).
struct IcmpError {
  Time at{};
  FrameNo frame{};
  IpAddress reporter;  // the source address of the error
  std::uint8_t ttl{};  // of the packet that carried the error
  std::uint8_t type{}, code{};
  std::uint16_t next_hop_mtu{};  // fragmentation needed / packet too big; else 0
  bool is_v6{};
  Endpoint from, to;  // of the quoted segment
  std::uint8_t quoted_ttl{};
  std::uint8_t quoted_tos{};
  std::uint16_t quoted_ip_id{};
  Seq quoted_seq{};
  bool has_quoted_seq{};  // at least eight bytes of TCP were quoted
};

/// The frame carries no whole TCP segment, and why. Nothing is dropped without a reason.
struct Skipped {
  enum class Why : std::uint8_t {
    NotIp,         // ARP, STP, IPv6 neighbour discovery …
    NotTcp,        // UDP, ICMP that is no error about TCP …
    FragmentHeld,  // a fragment kept until the rest of its datagram arrives
    FragmentLost,  // a fragment that overlaps others of its datagram, or exceeds the bounds
    CutBySnaplen,  // the headers are not all there
    Malformed,     // the headers contradict themselves
    UnknownLinkType,
    Dtls,  // a DTLS handshake over UDP: recognised, not judged
    Quic,  // a QUIC Initial over UDP: recognised, not judged
  };
  static constexpr std::size_t kNumReasons = 9;
  FrameNo frame{};
  Why why{};
  std::uint32_t offset{};  // of the header where decoding stopped, from the start of the frame
};
/// "cut by the snap length", "not IP", … as the summary prints it; `id` is its JSON key.
std::string_view describe(Skipped::Why);
std::string_view id(Skipped::Why);

using Decoded = std::variant<Skipped, Segment, IcmpError>;

}  // namespace whohungup
