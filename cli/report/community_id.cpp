#include "cli/report/community_id.h"

#include <openssl/evp.h>

#include <algorithm>

#include "dissect/bytes.h"

namespace whohungup {
namespace {

constexpr std::uint8_t kTcp = 6;

Bytes octets(const IpAddress& ip) { return Bytes(ip.octets).first(ip.is_v6 ? 16 : 4); }

/// The text in base 64, behind the version of the format.
std::string version_and_base64(Bytes bytes) {
  constexpr std::string_view kVersion = "1:";
  std::string text(kVersion);
  text.resize(kVersion.size() + 4 * ((bytes.size() + 2) / 3) + 1);  // EVP_EncodeBlock ends with NUL
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data() + kVersion.size()), bytes.data(),
                  static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

}  // namespace

std::string community_id(const Endpoint& a, const Endpoint& b, std::uint16_t seed) {
  Digester digester;
  return community_id(a, b, digester, seed);
}

std::string community_id(const Endpoint& a, const Endpoint& b, Digester& digester,
                         std::uint16_t seed) {
  const auto& [low, high] = std::minmax(a, b);
  constexpr std::size_t kLongest = 2 + 16 + 16 + 2 + 2 + 2;
  ByteWriter tuple;
  tuple.reserve(kLongest);
  tuple.u16(seed).bytes(octets(low.ip)).bytes(octets(high.ip));
  tuple.u8(kTcp).u8(0).u16(low.port).u16(high.port);
  return version_and_base64(digester.digest(Digest::Sha1, tuple.written()));
}

}  // namespace whohungup
