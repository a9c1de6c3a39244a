// How addresses, flags and reasons are written.
#include "dissect/segment.h"

#include <fmt/compile.h>

#include "dissect/digits.h"

namespace whohungup {
namespace {

std::uint16_t group(const IpAddress& address, std::size_t i) {
  return static_cast<std::uint16_t>(address.octets[2 * i] << 8U | address.octets[2 * i + 1]);
}

/// Appends by hand, because every line of every report has two; returns the end.
char* write_dotted_quad(char* to, const std::uint8_t* octets) {
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint8_t octet = octets[i];
    if (i > 0) *to++ = '.';
    if (octet >= 100) *to++ = static_cast<char>('0' + octet / 100);
    if (octet >= 10) *to++ = static_cast<char>('0' + octet / 10 % 10);
    *to++ = static_cast<char>('0' + octet % 10);
  }
  return to;
}

std::string dotted_quad(const std::uint8_t* octets) {
  char text[16];
  return {text, write_dotted_quad(text, octets)};
}

struct Run {
  std::size_t begin{}, length{};
};

/// The first of the longest runs of zero groups among the first `groups`; a single zero is none
/// (RFC 5952 §4.2).
Run longest_zeros(const IpAddress& address, std::size_t groups) {
  Run best;
  for (std::size_t begin = 0; begin < groups; ++begin) {
    std::size_t end = begin;
    while (end < groups && group(address, end) == 0) ++end;
    if (end - begin > best.length) best = {begin, end - begin};
  }
  return best.length >= 2 ? best : Run{groups, 0};
}

/// RFC 5952 text: lower case, no leading zeros, the longest run of zeros shortened, and IPv4-mapped
/// addresses with their dotted quad.
std::string ipv6_text(const IpAddress& address) {
  bool mapped = group(address, 5) == 0xffff;
  for (std::size_t i = 0; i < 5; ++i) mapped = mapped && group(address, i) == 0;
  if (mapped) return "::ffff:" + dotted_quad(address.octets.data() + 12);
  constexpr std::size_t kGroups = 8;
  const Run zeros = longest_zeros(address, kGroups);
  std::string text;
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (i == zeros.begin) {
      text += "::";
      i += zeros.length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    text += fmt::format(FMT_COMPILE("{:x}"), group(address, i));
  }
  return text;
}

}  // namespace

char* write_address(char* to, const IpAddress& address) {
  if (!address.is_v6) return write_dotted_quad(to, address.octets.data());
  const std::string text = ipv6_text(address);
  return to + text.copy(to, kLongestAddress);
}

std::string to_string(const IpAddress& address) {
  char text[kLongestAddress];
  return {text, write_address(text, address)};
}

char* write_endpoint(char* to, const Endpoint& endpoint) {
  if (endpoint.ip.is_v6) *to++ = '[';
  to = write_address(to, endpoint.ip);
  if (endpoint.ip.is_v6) *to++ = ']';
  *to++ = ':';
  return write_number(to, std::uint64_t{endpoint.port});
}

std::string to_string(const Endpoint& endpoint) {
  char text[kLongestEndpoint];
  return {text, write_endpoint(text, endpoint)};
}

char* write_flags(char* to, TcpFlags flags) {
  constexpr std::string_view kLetters = "FSRPAUEC";
  const auto add = [&](std::string_view text) { to += text.copy(to, text.size()); };
  if (flags.bits == 0) add("none");
  for (std::size_t i = 0; i < kLetters.size(); ++i) {
    *to = kLetters[i];
    to += flags.has(static_cast<std::uint16_t>(1U << i)) ? 1 : 0;
  }
  const unsigned reserved = flags.bits & TcpFlags::kReserved;
  if (reserved == 0) return to;
  add("+0x");
  return write_hex(to, 3, reserved);
}

std::string to_string(TcpFlags flags) {
  char text[kLongestFlags];
  return {text, write_flags(text, flags)};
}

std::string_view describe(Skipped::Why why) {
  switch (why) {
    case Skipped::Why::NotIp:
      return "not IP";
    case Skipped::Why::NotTcp:
      return "not TCP";
    case Skipped::Why::FragmentHeld:
      return "fragment of a later segment";
    case Skipped::Why::FragmentLost:
      return "fragment that could not be reassembled";
    case Skipped::Why::CutBySnaplen:
      return "cut by the snap length";
    case Skipped::Why::Malformed:
      return "malformed";
    case Skipped::Why::UnknownLinkType:
      return "unknown link type";
    case Skipped::Why::Dtls:
      return "DTLS";
    case Skipped::Why::Quic:
      return "QUIC";
  }
  return "unknown";
}

std::string_view id(Skipped::Why why) {
  switch (why) {
    case Skipped::Why::NotIp:
      return "not_ip";
    case Skipped::Why::NotTcp:
      return "not_tcp";
    case Skipped::Why::FragmentHeld:
      return "fragment_held";
    case Skipped::Why::FragmentLost:
      return "fragment_lost";
    case Skipped::Why::CutBySnaplen:
      return "cut_by_snaplen";
    case Skipped::Why::Malformed:
      return "malformed";
    case Skipped::Why::UnknownLinkType:
      return "unknown_link_type";
    case Skipped::Why::Dtls:
      return "dtls";
    case Skipped::Why::Quic:
      return "quic";
  }
  return "unknown";
}

}  // namespace whohungup
