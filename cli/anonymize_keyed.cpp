#include "cli/anonymize_keyed.h"

#include <fmt/core.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>

#include "capture/source.h"

namespace whohungup {
namespace {

// What protocols say for themselves; in lower case. Everything else may be somebody's.
constexpr std::string_view kProtocolWords =
    " ok bad no bye preauth capability imap4rev1 imap4 starttls logindisabled auth plain login "
    "smtp "
    "esmtp lmtp ehlo helo lhlo stls capa user pass quit logout pop3 ready begin tls ssl "
    "negotiation "
    "now go ahead http https get post connect host bad request the plain was sent to port server "
    "error forbidden found moved permanently content type length connection close html head body "
    "title ssh openssh ftp welcome feat prot pbsz too many connections refused denied access "
    "blocked "
    "is not allowed from mysql mariadb stream streams xmlns xmpp jabber client etherx org version "
    "proceed features required urn ietf params xml xmpp-tls xmpp-sasl pipelining size 8bitmime "
    "enhancedstatuscodes dsn vrfy etrn help chunking smtputf8 id idle literal sasl enable proxy "
    "tcp4 "
    "tcp6 unknown amqp rfb nick notice err implementation sieve service available unavailable "
    "closing transmission channel temporarily try again later command unrecognized not implemented "
    "syntax error disabled supported completed success sslrequest cookie mstshash ";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
/// Part of a character beyond ASCII, in whatever encoding.
bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool is_token(char c) {
  return is_letter(c) || is_digit(c) || is_high(c) || c == '-' || c == '_' || c == '.' || c == '@';
}

/// Reply codes and version numbers: "220", "2.0.0", "1.1". What is longer may be somebody's.
bool is_number(std::string_view token) {
  constexpr std::size_t kReplyCode = 3, kOfVersion = 2;
  const auto dots = std::count(token.begin(), token.end(), '.');
  std::size_t part = 0;
  for (const char c : token) {
    if (c != '.' && !is_digit(c)) return false;
    part = c == '.' ? 0 : part + 1;
    if (part > (dots == 0 ? kReplyCode : kOfVersion)) return false;
  }
  return dots < 3;
}

/// The length of a reply code that a line begins with and that goes on: "250-" (RFC 5321 §4.2.1).
std::size_t reply_code(std::string_view text, std::size_t at) {
  const bool line_begins = at == 0 || text[at - 1] == '\n';
  return line_begins && at + 4 <= text.size() && text[at + 3] == '-' && is_digit(text[at]) &&
                 is_digit(text[at + 1]) && is_digit(text[at + 2])
             ? 4
             : 0;
}

bool is_hex(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f'); }

/// The length of an address that begins here and is no word: of six groups or eight, or with "::",
/// as Ethernet's and IPv6's are written ("2001:db8::1"), or four and more numbers between commas,
/// as FTP writes an address and a port (RFC 959 §4.1.2).
std::size_t address_in_text(std::string_view text, std::size_t at) {
  if (at > 0 && (is_token(text[at - 1]) || text[at - 1] == ':' || text[at - 1] == ',')) return 0;
  const auto run = [&](auto&& belongs) {
    std::size_t end = at;
    while (end < text.size() && belongs(text[end])) ++end;
    return text.substr(at, end - at);
  };
  const std::string_view colons = run([](char c) { return is_hex(c) || c == ':' || c == '.'; });
  if (std::count(colons.begin(), colons.end(), ':') >= 2 &&
      (colons.find("::") != std::string_view::npos ||
       std::count(colons.begin(), colons.end(), ':') >= 5))
    return colons.size();
  const std::string_view commas = run([](char c) { return is_digit(c) || c == ','; });
  return std::count(commas.begin(), commas.end(), ',') >= 3 ? commas.size() : 0;
}

/// Whether the token is an IPv4 address, as text has them.
bool is_ipv4(std::string_view token) {
  std::size_t octets = 0;
  for (std::size_t at = 0; at <= token.size(); ++octets) {
    const std::size_t end = std::min(token.find('.', at), token.size());
    const std::string_view octet = token.substr(at, end - at);
    const bool digits = std::all_of(octet.begin(), octet.end(), is_digit);
    if (octet.empty() || octet.size() > 3 || !digits || std::stoi(std::string(octet)) > 255)
      return false;
    at = end + 1;
  }
  return octets == 4;
}

/// What LDAP calls STARTTLS (RFC 4511 §4.14.1): without it the dialogue is none.
constexpr std::string_view kLdapStartTls = "1.3.6.1.4.1.1466.20037";

/// Protocols' own words, and what inspecting boxes write over them.
bool is_protocol_word(std::string_view token) {
  if (token.find("XXX") != std::string_view::npos) return true;
  std::string word = " ";
  for (const char c : token) word += lower(c);
  return token.size() < 3 || kProtocolWords.find(word + " ") != std::string_view::npos;
}

}  // namespace

bool is_text(std::string_view bytes) {
  return std::none_of(bytes.begin(), bytes.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\r' && c != '\n' && c != '\t';
  });
}

KeyedReplacements::KeyedReplacements() {
  if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1)
    throw CaptureError("no random key can be had to anonymize with");
}

std::vector<std::uint8_t> KeyedReplacements::address(Bytes original) {
  const std::string name(original.begin(), original.end());
  const std::vector<std::uint8_t> from(original.begin(), original.end());
  if (const auto found = known_.find(name); found != known_.end()) return found->second;
  std::vector<std::uint8_t> to = from;
  // Each bit is turned over or not by a function of the bits before it (Crypto-PAn's scheme).
  for (std::size_t bit = 0; bit < from.size() * 8; ++bit) {
    std::string prefix = fmt::format("address {} {} ", from.size(), bit);
    for (std::size_t i = 0; i < bit / 8; ++i) prefix += static_cast<char>(from[i]);
    prefix += static_cast<char>(from[bit / 8] & ~(0xffU >> (bit % 8)));
    if ((keyed(prefix)[0] & 1U) != 0)
      to[bit / 8] = static_cast<std::uint8_t>(to[bit / 8] ^ (0x80U >> (bit % 8)));
  }
  addresses.insert(name);
  return known_[name] = to;
}

std::array<std::uint8_t, 6> KeyedReplacements::mac(Bytes original) {
  std::array<std::uint8_t, 6> to{};
  std::copy(original.begin(), original.end(), to.begin());
  if ((to[0] & 1U) != 0) return to;
  macs.insert(std::string(original.begin(), original.end()));
  const Digest digest = keyed("mac " + std::string(original.begin(), original.end()));
  std::copy_n(digest.begin(), to.size(), to.begin());
  to[0] = 0x02;  // locally administered: nobody's device
  return to;
}

std::string KeyedReplacements::word(std::string_view original) {
  std::string low;
  for (const char c : original) low += lower(c);
  words.insert(low);
  std::string to(original);
  Digest digest{};
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (i % digest.size() == 0) digest = keyed(fmt::format("word {} {}", i, low));
    const unsigned random = digest[i % digest.size()];
    if (is_digit(to[i])) to[i] = static_cast<char>('0' + random % 10);
    if (is_high(to[i])) to[i] = static_cast<char>(0x80U | (random & 0x7fU));
    if (is_letter(to[i]))
      to[i] = static_cast<char>((to[i] >= 'a' ? 'a' : 'A') + static_cast<int>(random % 26));
  }
  return to;
}

std::string KeyedReplacements::hex_word(std::string_view original) {
  std::string to = word(original);
  for (std::size_t i = 0; i < to.size(); ++i)
    if (is_letter(to[i])) to[i] = static_cast<char>('a' + (lower(to[i]) - 'a') % 6);
  return to;
}

std::string KeyedReplacements::ipv4_word(std::string_view original) {
  words.insert(std::string(original));
  const Digest digest = keyed("octets " + std::string(original));
  std::string to;
  for (std::size_t at = 0, octet = 0; at < original.size(); ++octet) {
    const std::size_t end = std::min(original.find('.', at), original.size());
    const unsigned least = end - at == 3 ? 100 : end - at == 2 ? 10 : 1;
    const unsigned number = end - at == 3 ? 156 : end - at == 2 ? 90 : 9;
    to += fmt::format("{}{}", at > 0 ? "." : "", least + digest[octet] % number);
    at = end + 1;
  }
  return to;
}

std::string KeyedReplacements::text(std::string_view original) {
  std::string to(original);
  const bool lines = is_text(original);
  for (std::size_t at = 0; at < to.size();) {
    at += reply_code(original, at);
    if (const std::size_t length = address_in_text(original, at); length > 0) {
      to.replace(at, length, hex_word(original.substr(at, length)));
      at += length;
      continue;
    }
    std::size_t end = at;
    while (end < to.size() && is_token(to[end]) && (lines || !is_high(to[end]))) ++end;
    const std::string_view token = original.substr(at, end - at);
    const bool dotted = token.find_first_of(".@") != std::string_view::npos;
    if (is_ipv4(token)) {
      to.replace(at, token.size(), ipv4_word(token));
    } else if (!token.empty() && !token.starts_with(kLdapStartTls) && !is_number(token) &&
               (dotted || !is_protocol_word(token))) {
      for (std::size_t label = at; label < end;) {
        const std::size_t stop = std::min(original.find_first_of(".@", label), end);
        to.replace(label, stop - label, word(original.substr(label, stop - label)));
        label = stop + 1;
      }
    }
    at = end + 1;
  }
  if (!lines) socks_addresses(original, to);
  return to;
}

/// Addresses in SOCKS requests and replies, which are no text: version 4 (at the beginning) and
/// version 5 (RFC 1928 §4, §6; behind the greeting and whatever proves who asks).
void KeyedReplacements::socks_addresses(std::string_view original, std::string& to) {
  const auto is = [&](std::size_t at, unsigned least, unsigned most) {
    const auto byte = static_cast<unsigned char>(original[at]);
    return least <= byte && byte <= most;
  };
  const auto replace = [&](std::size_t at, std::size_t size) {
    if (at + size > original.size()) return;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(original.data()) + at;
    const std::vector<std::uint8_t> other = address({bytes, size});
    std::copy(other.begin(), other.end(), to.begin() + static_cast<std::ptrdiff_t>(at));
  };
  constexpr std::size_t kHeader = 4;
  if (original.size() < kHeader) return;
  if ((is(0, 4, 4) && is(1, 1, 2)) || (is(0, 0, 0) && is(1, 0x5a, 0x5d))) replace(4, 4);
  for (std::size_t at = 0; at + kHeader < original.size(); ++at)
    if (is(at, 5, 5) && is(at + 1, 0, 8) && is(at + 2, 0, 0)) {
      if (is(at + 3, 1, 1)) replace(at + kHeader, 4);
      if (is(at + 3, 4, 4)) replace(at + kHeader, 16);
    }
}

std::uint8_t KeyedReplacements::noise(std::uint64_t stream, std::int64_t offset) {
  constexpr std::int64_t kBlock = 32;
  const std::int64_t block = offset / kBlock;
  if (stream != noise_stream_ || block != noise_block_) {
    noise_stream_ = stream;
    noise_block_ = block;
    noise_ = keyed(fmt::format("noise {} {}", stream, block));
  }
  return noise_[static_cast<std::size_t>(offset % kBlock)];
}

KeyedReplacements::Digest KeyedReplacements::keyed(std::string_view what) const {
  Digest digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(what.data()), what.size(), digest.data(), &size);
  return digest;
}

}  // namespace whohungup
