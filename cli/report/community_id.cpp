#include "cli/report/community_id.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "dissect/bytes.h"

namespace whohungup {
namespace {

constexpr std::uint8_t kTcp = 6;

Bytes octets(const IpAddress& ip) { return Bytes(ip.octets).first(ip.is_v6 ? 16 : 4); }

}  // namespace

char* write_community_id(char* to, const Endpoint& a, const Endpoint& b, Digester& digester,
                         std::uint16_t seed) {
  const auto& [low, high] = std::minmax(a, b);
  constexpr std::size_t kLongest = 2 + 16 + 16 + 2 + 2 + 2;
  std::array<std::uint8_t, kLongest> tuple;
  std::uint8_t* end = tuple.data();
  const auto add = [&](Bytes bytes) { end = std::copy(bytes.begin(), bytes.end(), end); };
  const auto add_number = [&](std::uint16_t n) {
    *end++ = static_cast<std::uint8_t>(n >> 8U);
    *end++ = static_cast<std::uint8_t>(n & 0xffU);
  };
  add_number(seed);
  add(octets(low.ip));
  add(octets(high.ip));
  *end++ = kTcp;
  *end++ = 0;
  add_number(low.port);
  add_number(high.port);
  const Bytes digest = digester.digest(Digest::Sha1, {tuple.data(), end});
  *to++ = '1';  // the version of the format
  *to++ = ':';
  return to + EVP_EncodeBlock(reinterpret_cast<unsigned char*>(to), digest.data(),
                              static_cast<int>(digest.size()));
}

std::string community_id(const Endpoint& a, const Endpoint& b, std::uint16_t seed) {
  Digester digester;
  char text[kCommunityId];
  return {text, write_community_id(text, a, b, digester, seed)};
}

}  // namespace whohungup
