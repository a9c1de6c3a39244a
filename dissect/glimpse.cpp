// See glimpse.h. Layouts: IEEE 802.3, RFC 791, RFC 8200, RFC 9293 §3.1.
#include "dissect/glimpse.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace whohungup {
namespace {

constexpr std::size_t kEthernet = 14, kIpv4 = 20, kIpv6 = 40, kTcp = 20;
constexpr std::uint8_t kTcpProtocol = 6;

template <class Number>
Number load(const std::uint8_t* at) {
  Number number{};
  std::memcpy(&number, at, sizeof number);
  return number;
}
std::uint16_t u16(const std::uint8_t* at) { return __builtin_bswap16(load<std::uint16_t>(at)); }
std::uint32_t u32(const std::uint8_t* at) { return __builtin_bswap32(load<std::uint32_t>(at)); }

template <std::size_t AddressSize>
void write(Endpoint& end, const std::uint8_t* address, std::uint16_t port) {
  if constexpr (AddressSize == 4) end.ip.octets = {};
  std::memcpy(end.ip.octets.data(), address, AddressSize);
  end.ip.is_v6 = AddressSize == 16;
  end.port = port;
}

/// As less() has it of the endpoints that these will be.
template <std::size_t AddressSize>
bool less(const std::uint8_t* a, std::uint16_t a_port, const std::uint8_t* b,
          std::uint16_t b_port) {
  using Word = std::conditional_t<AddressSize == 4, std::uint32_t, std::uint64_t>;
  for (std::size_t i = 0; i < AddressSize; i += sizeof(Word)) {
    const auto of_a = load<Word>(a + i), of_b = load<Word>(b + i);
    if (of_a != of_b) return of_a < of_b;
  }
  return a_port < b_port;
}

/// The segment at `at`, `length` bytes long by the IP header's account, of which `here` were
/// captured. Its addresses are those at `from` and `to`.
template <std::size_t AddressSize>
bool tcp(const std::uint8_t* at, std::size_t length, std::size_t here, const std::uint8_t* from,
         const std::uint8_t* to, Glimpse& seen) {
  const std::uint16_t offset_flags = u16(at + 12);
  const std::size_t header = (offset_flags >> 12U) * std::size_t{4};
  if (header < kTcp || header > length) return false;
  const std::uint16_t from_port = u16(at), to_port = u16(at + 2);
  seen.from_low = !less<AddressSize>(to, to_port, from, from_port);
  // Which end is which goes by the coin: chosen so that no branch has to be guessed.
  Endpoint* const ends[2]{&seen.key.high, &seen.key.low};
  write<AddressSize>(*ends[seen.from_low ? 1 : 0], from, from_port);
  write<AddressSize>(*ends[seen.from_low ? 0 : 1], to, to_port);
  seen.seq = {u32(at + 4)};
  seen.ack = {u32(at + 8)};
  seen.flags = {static_cast<std::uint16_t>(offset_flags & 0xfffU)};
  seen.payload_len = static_cast<std::uint32_t>(length - header);
  const std::size_t captured = std::min(length, here);
  seen.whole = captured == length;
  seen.payload = {at + std::min(header, captured), captured - std::min(header, captured)};
  return true;
}

bool ipv4(const std::uint8_t* at, std::size_t here, Glimpse& seen) {
  constexpr std::uint8_t kVersionAndLength = 0x45;
  constexpr std::uint16_t kFragmented = 0x3fff;  // more fragments, or an offset
  const std::size_t total = u16(at + 2);
  if (at[0] != kVersionAndLength || at[9] != kTcpProtocol) return false;
  if ((u16(at + 6) & kFragmented) != 0 || total < kIpv4 + kTcp) return false;
  return tcp<4>(at + kIpv4, total - kIpv4, here - kIpv4, at + 12, at + 16, seen);
}

bool ipv6(const std::uint8_t* at, std::size_t here, Glimpse& seen) {
  const std::size_t length = u16(at + 4);
  if (at[0] >> 4U != 6 || at[6] != kTcpProtocol || length < kTcp) return false;
  return tcp<16>(at + kIpv6, length, here - kIpv6, at + 8, at + 24, seen);
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
