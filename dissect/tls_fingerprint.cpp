// JA3 and JA4 of a ClientHello: which program probably sent it.
//
// JA3 (github.com/salesforce/ja3): MD5 over "version,ciphers,extensions,groups,point formats" in
// decimal and wire order. JA4 (github.com/FoxIO-LLC/ja4, technical_details/JA4.md, BSD-3): counts
// in clear and SHA-256 over sorted lists. Both leave GREASE values out everywhere.
#include "dissect/tls_fingerprint.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

namespace whohungup::tls {

namespace {

using List = HelloTraits::List;

constexpr std::string_view kHexDigits = "0123456789abcdef";

/// The digest in lower-case hex, at most so many digits; empty without an algorithm.
std::string hex_digest(Digester& digester, Digest algorithm, std::string_view text,
                       std::size_t digits) {
  const Bytes digest = digester.digest(
      algorithm, Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
  std::string hex(std::min(2 * digest.size(), digits), '\0');
  for (std::size_t i = 0; i < hex.size(); ++i)
    hex[i] = kHexDigits[i % 2 == 0 ? digest[i / 2] >> 4U : digest[i / 2] & 0x0fU];
  return hex;
}

/// Appends ",771-4865", as JA3 lists numbers.
void append_decimals(std::string& text, List numbers) {
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
void append_hexadecimals(std::string& text, List numbers) {
  char digits[] = ",0000";
  bool first = true;
  for (const unsigned number : numbers) {
    for (unsigned i = 0; i < 4; ++i) digits[i + 1] = kHexDigits[(number >> (12U - 4U * i)) & 0x0fU];
    first ? text.append(digits + 1, 4) : text.append(digits, 5);
    first = false;
  }
}

std::string_view ja4_version(std::uint16_t version) {
  switch (version) {
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

void append_two_digits(std::string& text, std::size_t number) {
  number = std::min<std::size_t>(number, 99);
  text += static_cast<char>('0' + number / 10);
  text += static_cast<char>('0' + number % 10);
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// First and last character of the first protocol name, of its hex if either is a stranger.
void append_protocol(std::string& text, std::uint16_t ends) {
  const auto first = static_cast<char>(ends >> 8U);
  const auto last = static_cast<char>(ends & 0xffU);
  const bool readable = is_alphanumeric(first) && is_alphanumeric(last);
  text += readable ? first : kHexDigits[ends >> 12U];
  text += readable ? last : kHexDigits[ends & 0x0fU];
}

/// Of numbers sorted, and behind them others as they stand; zeros where there is none to sort.
std::string ja4_hash(Digester& digester, std::vector<std::uint16_t> numbers, List behind = {}) {
  constexpr std::size_t kDigits = 12;
  if (numbers.empty()) return std::string(kDigits, '0');
  std::sort(numbers.begin(), numbers.end());
  std::string text;
  text.reserve(5 * (numbers.size() + behind.size()));
  append_hexadecimals(text, numbers);
  if (!behind.empty()) append_hexadecimals(text += '_', behind);
  return hex_digest(digester, Digest::Sha256, text, kDigits);
}

std::string ja3_string_of(const HelloTraits& traits) {
  std::string text = std::to_string(traits.legacy_version());
  text.reserve(6 * traits.all().size());
  append_decimals(text, traits.ciphers());
  append_decimals(text, traits.extensions());
  append_decimals(text, traits.groups());
  append_decimals(text, traits.point_formats());
  return text;
}

std::string ja3_of(const HelloTraits& traits, Digester& digester) {
  constexpr std::size_t kDigits = 32;
  return hex_digest(digester, Digest::Md5, ja3_string_of(traits), kDigits);
}

std::string ja4_of(const HelloTraits& traits, Digester& digester) {
  std::string text = "t";
  text += ja4_version(traits.version());
  text += traits.names_host() ? 'd' : 'i';
  append_two_digits(text, traits.ciphers().size());
  append_two_digits(text, traits.extensions().size());
  append_protocol(text, traits.protocol_ends());

  const List ciphers = traits.ciphers();
  std::vector<std::uint16_t> types(traits.extensions().begin(), traits.extensions().end());
  std::erase(types, extension::kServerName);
  std::erase(types, extension::kAlpn);
  text += '_';
  text += ja4_hash(digester, {ciphers.begin(), ciphers.end()});
  text += '_';
  text += ja4_hash(digester, std::move(types), traits.signatures());
  return text;
}

HelloTraits traits_of(const ClientHello& hello) {
  HelloTraits traits;
  traits.read(hello);
  return traits;
}

/// The highest of the versions listed; the legacy version if none is.
std::uint16_t highest_version(Bytes listed, std::uint16_t legacy) {
  std::optional<std::uint16_t> highest;
  for (ByteReader in(listed); in.left() >= 2;) {
    const std::uint16_t version = in.u16();
    if (!is_grease(version)) highest = std::max(highest.value_or(version), version);
  }
  return highest.value_or(legacy);
}

std::uint16_t ends_of_first_name(Bytes protocols) {
  ByteReader in(protocols);
  ByteReader list = in.vector16();
  const Bytes name = list.vector8().rest();
  if (name.empty()) return 0;
  return static_cast<std::uint16_t>(name.front() << 8U | name.back());
}

}  // namespace

void HelloTraits::read(const ClientHello& hello) {
  // The first extension of each type is the one that counts, as for ClientHello::find().
  const Extension *formats = nullptr, *groups = nullptr, *signatures = nullptr, *versions = nullptr,
                  *protocols = nullptr, *name = nullptr, *shares = nullptr;
  std::size_t most = kHead + hello.cipher_suites.size() + hello.extensions.size();
  for (const Extension& one : hello.extensions) {
    const Extension** which = one.type == extension::kServerName            ? &name
                              : one.type == extension::kSupportedGroups     ? &groups
                              : one.type == extension::kPointFormats        ? &formats
                              : one.type == extension::kSignatureAlgorithms ? &signatures
                              : one.type == extension::kAlpn                ? &protocols
                              : one.type == extension::kSupportedVersions   ? &versions
                              : one.type == extension::kKeyShare            ? &shares
                                                                            : nullptr;
    if (which != nullptr && *which == nullptr) *which = &one;
  }
  const auto body = [](const Extension* one) { return one ? Bytes(one->body) : Bytes(); };
  const Bytes version_bytes = ByteReader(body(versions)).vector8().rest();
  const Bytes group_bytes = ByteReader(body(groups)).vector16().rest();
  const Bytes signature_bytes = ByteReader(body(signatures)).vector16().rest();
  const Bytes format_bytes = ByteReader(body(formats)).vector8().rest();
  ByteReader share_list = ByteReader(body(shares)).vector16();
  most += group_bytes.size() / 2 + signature_bytes.size() / 2 + format_bytes.size();
  most += share_list.left() / 2;
  numbers_.resize(most);

  std::uint16_t* const first = numbers_.data();
  std::uint16_t* to = first + kHead;
  std::size_t lists = 0;
  const auto end_list = [&] {
    begin_[lists + 1] = static_cast<std::size_t>(to - first);
    first[kSingle + lists] = static_cast<std::uint16_t>(begin_[lists + 1] - begin_[lists]);
    ++lists;
  };
  // GREASE is written like the others, and overwritten by what follows.
  const auto add = [&](std::uint16_t number) {
    *to = number;
    to += is_grease(number) ? 0 : 1;
  };
  const auto add_bytes = [&](Bytes bytes) {
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
      add(static_cast<std::uint16_t>(bytes[i] << 8U | bytes[i + 1]));
  };
  begin_[0] = kHead;
  for (const std::uint16_t suite : hello.cipher_suites) add(suite);
  end_list();
  for (const Extension& one : hello.extensions) add(one.type);
  end_list();
  add_bytes(group_bytes);
  end_list();
  add_bytes(signature_bytes);
  end_list();
  for (const std::uint8_t format : format_bytes) *to++ = format;
  end_list();
  while (share_list.more()) {
    const std::uint16_t group = share_list.u16();
    const std::size_t size = share_list.vector16().left();
    if (!share_list.ok()) break;
    if (is_grease(group)) continue;
    *to++ = group;
    *to++ = static_cast<std::uint16_t>(size);
  }
  end_list();
  numbers_.resize(static_cast<std::size_t>(to - first));

  numbers_[0] = hello.legacy_version;
  numbers_[1] = highest_version(version_bytes, hello.legacy_version);
  numbers_[2] = name != nullptr ? 1 : 0;
  numbers_[3] = ends_of_first_name(body(protocols));
  numbers_[4] = static_cast<std::uint16_t>(hello.cipher_suites.size());
  numbers_[5] = static_cast<std::uint16_t>(hello.extensions.size());
  numbers_[6] = static_cast<std::uint16_t>(hello.session_id.size());
}

HelloTraits::List HelloTraits::list(std::size_t which) const {
  return List(numbers_).subspan(begin_[which], begin_[which + 1] - begin_[which]);
}

std::string ClientHello::ja3_string() const {
  return has_fingerprints(*this) ? ja3_string_of(traits_of(*this)) : std::string();
}

std::string ClientHello::ja3() const {
  Digester digester;
  return has_fingerprints(*this) ? ja3_of(traits_of(*this), digester) : std::string();
}

std::string ClientHello::ja4() const {
  Digester digester;
  return has_fingerprints(*this) ? ja4_of(traits_of(*this), digester) : std::string();
}

Fingerprints fingerprints(const HelloTraits& traits, Digester& digester) {
  return {ja3_of(traits, digester), ja4_of(traits, digester)};
}

}  // namespace whohungup::tls
