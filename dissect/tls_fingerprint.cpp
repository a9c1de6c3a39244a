// JA3 and JA4 of a ClientHello: which program probably sent it.
//
// JA3 (github.com/salesforce/ja3): MD5 over "version,ciphers,extensions,groups,point formats" in
// decimal and wire order. JA4 (github.com/FoxIO-LLC/ja4, technical_details/JA4.md, BSD-3): counts
// in clear and SHA-256 over sorted lists. Both leave GREASE values out everywhere.
#include <fmt/compile.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "dissect/tls_client_hello.h"

namespace whohungup::tls {

namespace {

std::vector<std::uint16_t> without_grease(std::vector<std::uint16_t> numbers) {
  std::erase_if(numbers, is_grease);
  return numbers;
}

std::vector<std::uint16_t> extension_types(const ClientHello& hello) {
  std::vector<std::uint16_t> types;
  types.reserve(hello.extensions.size());
  for (const Extension& extension : hello.extensions) types.push_back(extension.type);
  return without_grease(std::move(types));
}

constexpr std::string_view kHexDigits = "0123456789abcdef";

// Algorithms looked up once: OpenSSL 3 searches its providers anew for every use of EVP_md5(),
// which costs more than the digest. Null where there is none (MD5 under FIPS).
const EVP_MD* md5() {
  static const EVP_MD* const kFetched = EVP_MD_fetch(nullptr, "MD5", nullptr);
  return kFetched;
}
const EVP_MD* sha256() {
  static const EVP_MD* const kFetched = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  return kFetched;
}

/// The digest in lower-case hex; empty without an algorithm.
std::string hex_digest(std::string_view text, const EVP_MD* algorithm) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (algorithm == nullptr ||
      EVP_Digest(text.data(), text.size(), digest.data(), &size, algorithm, nullptr) != 1)
    return {};
  std::string hex(std::size_t{2} * size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    hex[2 * i] = kHexDigits[digest[i] >> 4U];
    hex[2 * i + 1] = kHexDigits[digest[i] & 0x0fU];
  }
  return hex;
}

/// Appends ",771-4865", as JA3 lists numbers.
template <class Numbers>
void append_decimals(std::string& text, const Numbers& numbers) {
  char separator = ',';
  if (numbers.empty()) text += separator;
  for (const auto number : numbers) {
    constexpr std::size_t kLongest = 6;  // a separator and 65535
    char digits[kLongest];
    digits[0] = std::exchange(separator, '-');
    text.append(digits, std::to_chars(digits + 1, digits + kLongest, number).ptr);
  }
}

/// Appends "002f,1301", as JA4 lists them.
void append_hexadecimals(std::string& text, const std::vector<std::uint16_t>& numbers) {
  char digits[] = ",0000";
  bool first = true;
  for (const unsigned number : numbers) {
    for (unsigned i = 0; i < 4; ++i) digits[i + 1] = kHexDigits[(number >> (12U - 4U * i)) & 0x0fU];
    first ? text.append(digits + 1, 4) : text.append(digits, 5);
    first = false;
  }
}

std::string_view ja4_version(const ClientHello& hello) {
  std::vector<std::uint16_t> versions = without_grease(hello.versions());
  if (versions.empty()) versions = {hello.legacy_version};
  switch (*std::max_element(versions.begin(), versions.end())) {
    case 0x0304:
      return "13";
    case 0x0303:
      return "12";
    case 0x0302:
      return "11";
    case 0x0301:
      return "10";
    case 0x0300:
      return "s3";
    case 0x0002:
      return "s2";
    default:
      return "00";
  }
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// First and last character of the first protocol name, of its hex if either is a stranger.
std::string ja4_alpn(const ClientHello& hello) {
  const std::vector<std::string> names = hello.alpn();
  if (names.empty() || names.front().empty()) return "00";
  const char first = names.front().front();
  const char last = names.front().back();
  if (is_alphanumeric(first) && is_alphanumeric(last)) return {first, last};
  return fmt::format(FMT_COMPILE("{:x}{:x}"), static_cast<std::uint8_t>(first) >> 4U,
                     static_cast<std::uint8_t>(last) & 0x0fU);
}

/// Of numbers sorted, and behind them others as they stand; zeros where there is none to sort.
std::string ja4_hash(std::vector<std::uint16_t> numbers,
                     const std::vector<std::uint16_t>& behind = {}) {
  if (numbers.empty()) return "000000000000";
  std::sort(numbers.begin(), numbers.end());
  std::string text;
  text.reserve(5 * (numbers.size() + behind.size()));
  append_hexadecimals(text, numbers);
  if (!behind.empty()) append_hexadecimals(text += '_', behind);
  std::string hash = hex_digest(text, sha256());
  hash.resize(std::min<std::size_t>(hash.size(), 12));
  return hash;
}

}  // namespace

std::string ClientHello::ja3_string() const {
  if (sslv2 || cut) return {};
  std::string text = std::to_string(legacy_version);
  text.reserve(6 * (cipher_suites.size() + extensions.size()) + 128);
  append_decimals(text, without_grease(cipher_suites));
  append_decimals(text, extension_types(*this));
  append_decimals(text, without_grease(groups()));
  append_decimals(text, point_formats());
  return text;
}

std::string ClientHello::ja3() const {
  if (sslv2 || cut) return {};
  return hex_digest(ja3_string(), md5());
}

std::string ClientHello::ja4() const {
  if (sslv2 || cut) return {};
  const std::vector<std::uint16_t> ciphers = without_grease(cipher_suites);
  std::vector<std::uint16_t> types = extension_types(*this);
  const std::string counts = fmt::format(FMT_COMPILE("t{}{}{:02}{:02}{}"), ja4_version(*this),
                                         find(extension::kServerName) != nullptr ? 'd' : 'i',
                                         std::min<std::size_t>(ciphers.size(), 99),
                                         std::min<std::size_t>(types.size(), 99), ja4_alpn(*this));

  std::erase(types, extension::kServerName);
  std::erase(types, extension::kAlpn);
  return fmt::format(FMT_COMPILE("{}_{}_{}"), counts, ja4_hash(ciphers),
                     ja4_hash(std::move(types), without_grease(signature_algorithms())));
}

}  // namespace whohungup::tls
