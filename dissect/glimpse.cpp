// See glimpse.h. Layouts: IEEE 802.3, RFC 791, RFC 8200, RFC 9293 §3.1.
#include "dissect/glimpse.h"

#include <algorithm>
#include <cstring>

namespace whohungup {
namespace {

constexpr std::size_t kEthernet = 14, kIpv4 = 20, kIpv6 = 40, kTcp = 20;
constexpr std::uint8_t kTcpProtocol = 6;

std::uint16_t u16(const std::uint8_t* at) {
  return static_cast<std::uint16_t>(at[0] << 8U | at[1]);
}
std::uint32_t u32(const std::uint8_t* at) {
  return std::uint32_t{at[0]} << 24U | std::uint32_t{at[1]} << 16U | std::uint32_t{at[2]} << 8U |
         at[3];
}

/// The segment at `at`, `length` bytes long by the IP header's account, of which `here` were
/// captured.
bool tcp(const std::uint8_t* at, std::size_t length, std::size_t here, Glimpse& seen) {
  const std::uint16_t offset_flags = u16(at + 12);
  const std::size_t header = (offset_flags >> 12U) * std::size_t{4};
  if (header < kTcp || header > length) return false;
  seen.from.port = u16(at);
  seen.to.port = u16(at + 2);
  seen.seq = {u32(at + 4)};
  seen.ack = {u32(at + 8)};
  seen.flags = {static_cast<std::uint16_t>(offset_flags & 0xfffU)};
  seen.payload_len = static_cast<std::uint32_t>(length - header);
  const std::size_t captured = std::min(length, here);
  seen.whole = captured == length;
  seen.payload = {at + std::min(header, captured), captured - std::min(header, captured)};
  return true;
}

void address(IpAddress& to, const std::uint8_t* from, std::size_t size) {
  if (size == 4) to.octets = {};
  std::memcpy(to.octets.data(), from, size);
  to.is_v6 = size == 16;
}

bool ipv4(const std::uint8_t* at, std::size_t here, Glimpse& seen) {
  constexpr std::uint8_t kVersionAndLength = 0x45;
  constexpr std::uint16_t kFragmented = 0x3fff;  // more fragments, or an offset
  const std::size_t total = u16(at + 2);
  if (at[0] != kVersionAndLength || at[9] != kTcpProtocol) return false;
  if ((u16(at + 6) & kFragmented) != 0 || total < kIpv4 + kTcp) return false;
  address(seen.from.ip, at + 12, 4);
  address(seen.to.ip, at + 16, 4);
  return tcp(at + kIpv4, total - kIpv4, here - kIpv4, seen);
}

bool ipv6(const std::uint8_t* at, std::size_t here, Glimpse& seen) {
  const std::size_t length = u16(at + 4);
  if (at[0] >> 4U != 6 || at[6] != kTcpProtocol || length < kTcp) return false;
  address(seen.from.ip, at + 8, 16);
  address(seen.to.ip, at + 24, 16);
  return tcp(at + kIpv6, length, here - kIpv6, seen);
}

}  // namespace

bool glimpse(const Packet& packet, Glimpse& seen) {
  const std::size_t size = packet.bytes.size();
  if (packet.link != LinkType::Ethernet || size < kEthernet + kIpv4 + kTcp) return false;
  seen.at = packet.at;
  seen.frame = packet.no;
  const std::uint8_t* at = packet.bytes.data();
  const std::uint16_t type = u16(at + 12);
  if (type == 0x0800) return ipv4(at + kEthernet, size - kEthernet, seen);
  return type == 0x86dd && size >= kEthernet + kIpv6 + kTcp &&
         ipv6(at + kEthernet, size - kEthernet, seen);
}

}  // namespace whohungup
