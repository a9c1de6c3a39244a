// How addresses, flags and reasons are written.
#include "dissect/segment.h"

#include <algorithm>
#include <string_view>

#include "dissect/digits.h"

namespace whohungup {
namespace {

std::uint16_t group(const IpAddress& address, std::size_t i) {
  return static_cast<std::uint16_t>(address.octets[2 * i] << 8U | address.octets[2 * i + 1]);
}

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

/// Without leading zeros.
char* write_group(char* to, std::uint16_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (unsigned shift = 12; shift > 0; shift -= 4)
    if (number >> shift != 0) *to++ = kDigits[number >> shift & 0xfU];
  *to++ = kDigits[number & 0xfU];
  return to;
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
char* write_ipv6(char* to, const IpAddress& address) {
  bool mapped = group(address, 5) == 0xffff;
  for (std::size_t i = 0; i < 5; ++i) mapped = mapped && group(address, i) == 0;
  if (mapped) {
    constexpr std::string_view kMapped = "::ffff:";
    return write_dotted_quad(std::copy(kMapped.begin(), kMapped.end(), to),
                             address.octets.data() + 12);
  }
  constexpr std::size_t kGroups = 8;
  const Run zeros = longest_zeros(address, kGroups);
  bool after_colon = true;  // or at the beginning
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (i == zeros.begin) {
      *to++ = ':';
      *to++ = ':';
      after_colon = true;
      i += zeros.length - 1;
      continue;
    }
    if (!after_colon) *to++ = ':';
    to = write_group(to, group(address, i));
    after_colon = false;
  }
  return to;
}

}  // namespace

char* write_address(char* to, const IpAddress& address) {
  return address.is_v6 ? write_ipv6(to, address) : write_dotted_quad(to, address.octets.data());
}

char* write_endpoint(char* to, const Endpoint& endpoint) {
  if (endpoint.ip.is_v6) *to++ = '[';
  to = write_address(to, endpoint.ip);
  if (endpoint.ip.is_v6) *to++ = ']';
  *to++ = ':';
  return write_number(to, std::uint64_t{endpoint.port});
}

std::string to_string(const IpAddress& address) {
  char text[kLongestAddress];
  return {text, write_address(text, address)};
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
