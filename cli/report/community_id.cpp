#include "cli/report/community_id.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "dissect/bytes.h"

namespace whohungup {
namespace {

constexpr std::uint8_t kTcp = 6;

Bytes octets(const IpAddress& ip) { return Bytes(ip.octets).first(ip.is_v6 ? 16 : 4); }

std::string base64(Bytes bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // EVP_EncodeBlock ends with a NUL
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

}  // namespace

std::string community_id(const Endpoint& a, const Endpoint& b, std::uint16_t seed) {
  const auto& [low, high] = std::minmax(a, b);
  ByteWriter tuple;
  tuple.u16(seed).bytes(octets(low.ip)).bytes(octets(high.ip));
  tuple.u8(kTcp).u8(0).u16(low.port).u16(high.port);

  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  // Looked up once: OpenSSL 3 searches its providers anew for every use of EVP_sha1().
  static const EVP_MD* const kSha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  EVP_Digest(tuple.written().data(), tuple.written().size(), digest.data(), &length, kSha1,
             nullptr);
  return "1:" + base64(Bytes(digest).first(length));
}

}  // namespace whohungup
