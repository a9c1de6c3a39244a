// Frames written by hand, layer by layer, with right lengths and checksums, so that a decoder
// test can say which byte it changes. Independent of libtins on purpose: the decoder is compared
// with libtins elsewhere.
#pragma once

#include <cstdint>
#include <vector>

#include "dissect/bytes.h"
#include "dissect/decode.h"

namespace whohungup::testing {

using Octets = std::vector<std::uint8_t>;

inline std::uint16_t internet_checksum(const Octets& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8U : bytes[i];
  while (sum > 0xffff) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

inline void put16(Octets& bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8U);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}

inline Octets operator+(const Octets& head, const Octets& tail) {
  ByteWriter out;
  return out.bytes(head).bytes(tail).finish();
}

// 192.0.2.1 > 198.51.100.2 and 2001:db8::1 > 2001:db8::2 unless a test says otherwise.
inline const Octets kClient4{192, 0, 2, 1}, kServer4{198, 51, 100, 2};
inline const Octets kClient6{0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
    kServer6{0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};

struct TcpFields {
  std::uint16_t sport{50000}, dport{443};
  std::uint32_t seq{0x01020304}, ack{0x05060708};
  std::uint16_t flags{TcpFlags::kPsh | TcpFlags::kAck}, window{64240};
  Octets options{};
  Octets payload{'h', 'e', 'l', 'l', 'o'};
};

/// A segment whose checksum fits the given addresses.
inline Octets tcp_bytes(const TcpFields& f = {}, const Octets& from = kClient4,
                        const Octets& to = kServer4) {
  ByteWriter out;
  const auto words = static_cast<std::uint16_t>((20 + f.options.size()) / 4);
  out.u16(f.sport).u16(f.dport).u32(f.seq).u32(f.ack);
  out.u16(static_cast<std::uint16_t>(words << 12U | f.flags)).u16(f.window).u16(0).u16(0);
  Octets bytes = out.finish() + f.options + f.payload;
  ByteWriter pseudo;
  pseudo.bytes(from).bytes(to).u16(6).u16(static_cast<std::uint16_t>(bytes.size()));
  put16(bytes, 16, internet_checksum(pseudo.finish() + bytes));
  return bytes;
}

struct Ipv4Fields {
  std::uint8_t tos{}, ttl{64}, protocol{6};
  std::uint16_t id{0x1234}, fragment{0x4000};
  Octets from{kClient4}, to{kServer4}, options{};
};

inline Octets ipv4_bytes(const Octets& payload, const Ipv4Fields& f = {}) {
  ByteWriter out;
  const std::size_t header_len = 20 + f.options.size();
  out.u8(static_cast<std::uint8_t>(0x40U | header_len / 4)).u8(f.tos);
  out.u16(static_cast<std::uint16_t>(header_len + payload.size())).u16(f.id).u16(f.fragment);
  out.u8(f.ttl).u8(f.protocol).u16(0).bytes(f.from).bytes(f.to).bytes(f.options);
  Octets header = out.finish();
  put16(header, 10, internet_checksum(header));
  return header + payload;
}

inline Octets ipv6_bytes(const Octets& payload, std::uint8_t next = 6, std::uint8_t hops = 64) {
  ByteWriter out;
  out.u32(0x60000000U).u16(static_cast<std::uint16_t>(payload.size())).u8(next).u8(hops);
  out.bytes(kClient6).bytes(kServer6);
  return out.finish() + payload;
}

inline Octets udp_bytes(std::uint16_t sport, std::uint16_t dport, const Octets& payload) {
  ByteWriter out;
  out.u16(sport).u16(dport).u16(static_cast<std::uint16_t>(8 + payload.size())).u16(0);
  return out.finish() + payload;
}

inline Octets ethernet_bytes(std::uint16_t type, const Octets& payload) {
  ByteWriter out;
  out.bytes(Octets{2, 0, 0, 0, 0, 2}).bytes(Octets{2, 0, 0, 0, 0, 1}).u16(type);
  return out.finish() + payload;
}

/// The plain frame most tests start from: Ethernet, IPv4, TCP, "hello".
inline Octets plain_frame() { return ethernet_bytes(0x0800, ipv4_bytes(tcp_bytes())); }

inline Packet packet_of(const Octets& bytes, LinkType link = LinkType::Ethernet,
                        std::size_t wire_len = 0) {
  const std::size_t wire = wire_len == 0 ? bytes.size() : wire_len;
  return {Time{std::chrono::seconds{1}},    bytes, FrameNo{7},
          static_cast<std::uint32_t>(wire), 0,     link};
}

}  // namespace whohungup::testing
