// Headers and checksums of story packets: Ethernet with VLAN, Linux cooked, raw; IPv4, IPv6; TCP,
// ICMP and ICMPv6. Written out by hand so that the program's decoder is not tested with itself.
#include "tests/support/story_packet.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "dissect/bytes.h"

namespace whohungup::story {
namespace {

constexpr std::uint8_t kProtocolIcmp = 1, kProtocolTcp = 6, kProtocolIcmpV6 = 58;

/// The internet checksum (RFC 1071) of several pieces, each but the last of even length.
std::uint16_t checksum(std::initializer_list<Bytes> pieces) {
  std::uint32_t sum = 0;
  for (const Bytes piece : pieces)
    for (std::size_t i = 0; i < piece.size(); ++i)
      sum += i % 2 == 0 ? static_cast<std::uint32_t>(piece[i]) << 8U : piece[i];
  while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

void patch(Octets& bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8U);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}

Octets pseudo_header(const Ip& ip, std::uint8_t protocol, std::size_t length) {
  ByteWriter out;
  out.bytes(ip.from).bytes(ip.to);
  if (ip.from.size() == 4)
    out.u8(0).u8(protocol).u16(static_cast<std::uint16_t>(length));
  else
    out.u32(static_cast<std::uint32_t>(length)).u24(0).u8(protocol);
  return out.finish();
}

Octets wrap_ip(const Ip& ip, std::uint8_t protocol, Bytes content) {
  ByteWriter out;
  if (ip.from.size() == 16) {
    out.u32(0x60000000U | static_cast<std::uint32_t>(ip.tos) << 20U | ip.flow_label);
    out.u16(static_cast<std::uint16_t>(content.size())).u8(protocol).u8(ip.ttl);
    out.bytes(ip.from).bytes(ip.to).bytes(content);
    return out.finish();
  }
  out.u8(0x45).u8(ip.tos).u16(static_cast<std::uint16_t>(20 + content.size()));
  out.u16(ip.id).u16(ip.dont_fragment ? 0x4000 : 0);
  out.u8(ip.ttl).u8(protocol).u16(0).bytes(ip.from).bytes(ip.to);
  Octets packet = out.finish();
  patch(packet, 10, checksum({packet}));
  packet.insert(packet.end(), content.begin(), content.end());
  return packet;
}

void write_mac(ByteWriter& out, std::uint8_t last) { out.u8(2).u32(0).u8(last); }

}  // namespace

std::optional<Address> read_address(std::string_view text) {
  Address address;
  std::string_view host = text, port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(1, close - 1);
    if (close + 1 < text.size()) port = text.substr(close + 2);
  } else if (const std::size_t colon = text.find(':');
             colon != std::string_view::npos && text.find(':', colon + 1) == text.npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  const bool v6 = host.find(':') != host.npos;
  address.ip.resize(v6 ? 16 : 4);
  if (inet_pton(v6 ? AF_INET6 : AF_INET, std::string(host).c_str(), address.ip.data()) != 1)
    return std::nullopt;
  if (!port.empty()) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error != std::errc{} || end != port.data() + port.size()) return std::nullopt;
  }
  return address;
}

Octets write_tcp(const Ip& ip, const Tcp& tcp, Bytes payload) {
  Octets options = tcp.options;
  options.resize((options.size() + 3) / 4 * 4);
  const std::uint32_t words = 5 + static_cast<std::uint32_t>(options.size() / 4);
  ByteWriter out;
  out.u16(tcp.from_port).u16(tcp.to_port).u32(tcp.seq).u32(tcp.ack);
  out.u16(static_cast<std::uint16_t>(words << 12U | (tcp.flags & 0xfffU)));
  out.u16(tcp.window).u16(0).u16(0).bytes(options).bytes(payload);
  Octets segment = out.finish();
  std::uint16_t sum = checksum({pseudo_header(ip, kProtocolTcp, segment.size()), segment});
  if (tcp.bad_checksum) sum = static_cast<std::uint16_t>(sum ^ 0x5555U);
  patch(segment, 16, sum);
  return wrap_ip(ip, kProtocolTcp, segment);
}

Octets write_icmp(const Ip& ip, std::uint8_t type, std::uint8_t code, std::uint16_t mtu,
                  Bytes quoted) {
  const bool v6 = ip.from.size() == 16;
  const std::uint8_t protocol = v6 ? kProtocolIcmpV6 : kProtocolIcmp;
  ByteWriter out;
  out.u8(type).u8(code).u16(0).u16(0).u16(mtu).bytes(quoted);
  Octets message = out.finish();
  const Octets pseudo = v6 ? pseudo_header(ip, protocol, message.size()) : Octets{};
  patch(message, 2, checksum({pseudo, message}));
  return wrap_ip(ip, protocol, message);
}

Octets write_frame(const Link& link, Bytes packet) {
  const bool v6 = !packet.empty() && packet[0] >> 4U == 6;
  const std::uint16_t ether_type = v6 ? 0x86dd : 0x0800;
  ByteWriter out;
  if (link.type == LinkType::Ethernet) {
    write_mac(out, link.to_mac);
    write_mac(out, link.from_mac);
    if (link.vlan) out.u16(0x8100).u16(*link.vlan);
    out.u16(ether_type);
  } else if (link.type == LinkType::LinuxSll) {
    out.u16(0).u16(1).u16(6);
    write_mac(out, link.from_mac);
    out.u16(0).u16(ether_type);
  }
  out.bytes(packet);
  return out.finish();
}

Octets write_arp() {
  ByteWriter out;
  for (int i = 0; i < 6; ++i) out.u8(0xff);
  write_mac(out, 1);
  out.u16(0x0806).u16(1).u16(0x0800).u8(6).u8(4).u16(1);
  write_mac(out, 1);
  out.u32(0xc0000201);  // 192.0.2.1 asks for …
  out.u32(0).u16(0).u32(0xc00002fe);
  return out.finish();
}

}  // namespace whohungup::story
