// One packet of a story, field by field, and how it lies on the wire.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "capture/packet.h"

namespace whohungup::story {

using Octets = std::vector<std::uint8_t>;

/// An address and port as text has them: "192.0.2.1:443" or "[2001:db8::1]:443".
struct Address {
  Octets ip;  // 4 or 16 octets
  std::uint16_t port{};
  [[nodiscard]] bool is_v6() const { return ip.size() == 16; }
};
/// Nothing if the text is no address. The port may be missing (0).
std::optional<Address> read_address(std::string_view text);

struct Ip {
  Octets from, to;
  std::uint32_t flow_label{};
  std::uint16_t id{};
  std::uint8_t ttl{64}, tos{};
  bool dont_fragment{true};
};

struct Tcp {
  std::uint16_t from_port{}, to_port{};
  std::uint32_t seq{}, ack{};
  std::uint16_t flags{}, window{};
  Octets options;  // padded to four bytes here
  bool bad_checksum{};
};

struct Link {
  LinkType type{LinkType::Ethernet};
  std::optional<std::uint16_t> vlan;
  std::uint8_t from_mac{1}, to_mac{2};  // last octet of 02:00:00:00:00:xx
};

/// The IP packet around a TCP segment, checksums filled in.
Octets write_tcp(const Ip&, const Tcp&, Bytes payload);
/// The IP packet around an ICMP (ICMPv6) error that quotes `quoted`.
Octets write_icmp(const Ip&, std::uint8_t type, std::uint8_t code, std::uint16_t mtu, Bytes quoted);
/// The frame around an IP packet.
Octets write_frame(const Link&, Bytes packet);
/// An ARP request: what a capture shows when nothing else happens. Ethernet only.
Octets write_arp();

}  // namespace whohungup::story
