// See proxy_header.h.
#include "dissect/proxy_header.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "dissect/plaintext_text.h"
#include "dissect/segment.h"

namespace whohungup {
namespace {

using text::next_word;
using text::view;

constexpr std::array<std::uint8_t, 12> kSignature{0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                                  0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};

/// An address and a port in text; nothing if one of them cannot be any.
std::optional<ProxyHeader::Named> named(std::string_view ip, std::string_view port) {
  constexpr std::size_t kLongest = 45;  // an IPv6 address with an IPv4 one at its end
  if (ip.empty() || ip.size() > kLongest) return std::nullopt;
  if (ip.find_first_not_of("0123456789abcdefABCDEF.:") != std::string_view::npos)
    return std::nullopt;
  ProxyHeader::Named named{std::string(ip), 0};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), named.port);
  if (error != std::errc{} || end != port.data() + port.size()) return std::nullopt;
  return named;
}

/// "PROXY TCP4 192.0.2.1 198.51.100.2 40000 443\r\n" (§2.1).
std::optional<ProxyHeader> read_text(Bytes bytes) {
  constexpr std::size_t kLongest = 107;  // with its line end, by the specification
  std::string_view line = view(bytes).substr(0, kLongest);
  const std::size_t end = line.find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  ProxyHeader header{1, end + 2, {}, {}};
  line = line.substr(0, end);
  next_word(line);  // PROXY
  const std::string_view family = next_word(line);
  if (family != "TCP4" && family != "TCP6") return header;
  const std::string_view from = next_word(line), to = next_word(line);
  const std::string_view from_port = next_word(line), to_port = next_word(line);
  header.source = named(from, from_port);
  header.destination = named(to, to_port);
  return header;
}

std::string next_address(ByteReader& reader, bool v6) {
  IpAddress ip;
  ip.is_v6 = v6;
  const Bytes octets = reader.take(v6 ? 16 : 4);
  std::copy(octets.begin(), octets.end(), ip.octets.begin());
  return to_string(ip);
}

/// Twelve bytes of signature, version and command, family and protocol, length, addresses (§2.2).
std::optional<ProxyHeader> read_binary(Bytes bytes) {
  constexpr unsigned kProxy = 1, kInet = 1, kInet6 = 2;
  ByteReader reader(bytes.subspan(kSignature.size()));
  const unsigned command = reader.u8() & 0xfU;
  const unsigned family = reader.u8() >> 4U;
  ByteReader body = reader.vector16();
  if (!reader.ok()) return std::nullopt;
  ProxyHeader header{2, bytes.size() - reader.left(), {}, {}};
  if (command != kProxy || (family != kInet && family != kInet6)) return header;
  ProxyHeader::Named from{next_address(body, family == kInet6), 0};
  ProxyHeader::Named to{next_address(body, family == kInet6), 0};
  from.port = body.u16();
  to.port = body.u16();
  if (!body.ok()) return header;
  header.source = from;
  header.destination = to;
  return header;
}

}  // namespace

std::string to_string(const ProxyHeader::Named& named) {
  const bool v6 = named.ip.find(':') != std::string::npos;
  return (v6 ? "[" + named.ip + "]:" : named.ip + ":") + std::to_string(named.port);
}

bool begins_with_proxy_header(Bytes bytes) {
  if (view(bytes).starts_with("PROXY ")) return true;
  return bytes.size() >= kSignature.size() &&
         std::equal(kSignature.begin(), kSignature.end(), bytes.begin());
}

std::optional<ProxyHeader> read_proxy_header(Bytes bytes) {
  if (!begins_with_proxy_header(bytes)) return std::nullopt;
  return bytes[0] == 'P' ? read_text(bytes) : read_binary(bytes);
}

}  // namespace whohungup
