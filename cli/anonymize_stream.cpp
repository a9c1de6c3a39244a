#include "cli/anonymize_stream.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <variant>

#include "dissect/bytes.h"
#include "dissect/proxy_header.h"
#include "dissect/tls_client_hello.h"
#include "dissect/tls_extensions.h"
#include "dissect/tls_record.h"

namespace whohungup {
namespace {

// What is neither TLS nor text is known by its beginning: MySQL's greeting, the longest of those we
// know, says within its first hundred bytes whether it speaks TLS. Behind that may be anything.
constexpr std::size_t kRecognizedBy = 128;

class Masker {
 public:
  Masker(const SideBytes& side, KeyedReplacements& keyed)
      : side_(side), keyed_(keyed), mask_(side.bytes.size()) {}

  std::vector<std::uint8_t> make() {
    const std::size_t tls = side_.tls_at < 0 ? size() : static_cast<std::size_t>(side_.tls_at);
    text(proxy_header(), std::min(tls, size()));
    records(tls);
    messages();
    return std::move(mask_);
  }

 private:
  [[nodiscard]] std::size_t size() const { return side_.bytes.size(); }

  void noise(std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < std::min(to, size()); ++i)
      mask_[i] = keyed_.noise(side_.number, static_cast<std::int64_t>(i));
  }

  void set(std::size_t at, char becomes) {
    mask_[at] = side_.bytes[at] ^ static_cast<std::uint8_t>(becomes);
  }

  void text(std::size_t from, std::size_t to) {
    const std::string before(side_.bytes.begin() + static_cast<std::ptrdiff_t>(from),
                             side_.bytes.begin() + static_cast<std::ptrdiff_t>(std::max(from, to)));
    const std::string after = keyed_.text(before);
    for (std::size_t i = 0; i < after.size(); ++i) set(from + i, after[i]);
    if (!is_text(before)) noise(from + kRecognizedBy, to);
  }

  /// A binary PROXY header (version 2) names addresses; returns where it ends. One in text is text.
  std::size_t proxy_header() {
    const auto header = read_proxy_header(side_.bytes);
    if (!header || header->version != 2) return 0;
    constexpr std::size_t kFamily = 13, kAddresses = 16;
    const unsigned family = side_.bytes[kFamily] >> 4U;
    const std::size_t address = family == 1 ? 4 : family == 2 ? 16 : 0;
    const std::size_t ports = 4;
    std::size_t at = kAddresses;
    if (address != 0 && at + 2 * address + ports <= header->bytes) {
      for (int end = 0; end < 2; ++end, at += address) {
        const auto to = keyed_.address(Bytes(side_.bytes).subspan(at, address));
        for (std::size_t i = 0; i < address; ++i) set(at + i, static_cast<char>(to[i]));
      }
      at += ports;
    }
    noise(at, header->bytes);  // a path of the file system, or more about the client
    return header->bytes;
  }

  /// The first byte at or behind `at` that was captured, or was not.
  [[nodiscard]] std::size_t next(std::size_t at, bool captured) const {
    while (at < size() && side_.known[at] != captured) ++at;
    return at;
  }

  void records(std::size_t at) {
    bool sealed = false;
    const std::size_t begin_of_tls = at;
    while (at < size()) {
      const std::size_t hole = next(at, false);
      const Bytes rest = Bytes(side_.bytes).first(hole).subspan(at);
      const auto read = tls::read_record_header(rest);
      const auto* header = std::get_if<tls::RecordHeader>(&read);
      if (header == nullptr && at == begin_of_tls) return text(at, size());
      if (header == nullptr) {
        no_record(at, hole);
        at = next(hole, true);
        continue;
      }
      const std::size_t begin = at + tls::kHeaderSize, end = begin + header->length;
      if (header->type == tls::ContentType::ChangeCipherSpec) {
        sealed = true;
      } else if (header->type == tls::ContentType::Handshake &&
                 (!sealed || is_whole_hello(begin, header->length))) {
        for (std::size_t i = begin; i < std::min(end, size()); ++i) handshake_.push_back(i);
      } else if (sealed || header->type != tls::ContentType::Alert) {
        noise(begin, end);
      }
      at = end;
    }
  }

  /// Where bytes are missing nobody knows where the next record begins: perhaps behind the hole.
  /// What is no record is text, the middle of one, or the beginning of a header.
  void no_record(std::size_t from, std::size_t to) {
    const std::string_view bytes(reinterpret_cast<const char*>(side_.bytes.data()) + from,
                                 to - from);
    bytes.size() < tls::kHeaderSize || is_text(bytes) ? text(from, to) : noise(from, to);
  }

  /// The second hello after a HelloRetryRequest comes in clear behind a ChangeCipherSpec.
  [[nodiscard]] bool is_whole_hello(std::size_t at, std::size_t length) const {
    if (at + 4 > size()) return false;
    const auto& bytes = side_.bytes;
    return (bytes[at] == 1 || bytes[at] == 2) && length == 4 + (std::size_t{bytes[at + 1]} << 16U) +
                                                               (std::size_t{bytes[at + 2]} << 8U) +
                                                               bytes[at + 3];
  }

  // The messages lie in the fragments of one record or several: handshake_ says where each byte is.
  [[nodiscard]] std::uint8_t byte(std::size_t i) const { return side_.bytes[handshake_[i]]; }
  [[nodiscard]] std::size_t number(std::size_t at, std::size_t bytes) const {
    std::size_t value = 0;
    for (std::size_t i = at; i < std::min(at + bytes, handshake_.size()); ++i)
      value = value << 8U | byte(i);
    return value;
  }
  void noise_message(std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < std::min(to, handshake_.size()); ++i)
      noise(handshake_[i], handshake_[i] + 1);
  }
  void text_message(std::size_t from, std::size_t to) {
    to = std::min(to, handshake_.size());
    std::string before;
    for (std::size_t i = from; i < to; ++i) before += static_cast<char>(byte(i));
    std::size_t at = 0;
    while (at < before.size()) {  // label by label, as in text
      const std::size_t end = std::min(before.find_first_of(".@ ", at), before.size());
      before.replace(at, end - at, keyed_.word(before.substr(at, end - at)));
      at = end + 1;
    }
    for (std::size_t i = 0; i < before.size(); ++i) set(handshake_[from + i], before[i]);
  }

  void messages() {
    for (std::size_t at = 0; at < handshake_.size();) {
      const std::size_t hole = first_missing(at);
      if (at + 4 > hole) return noise_message(at, handshake_.size());
      const std::size_t whole = at + 4 + number(at + 1, 3);
      const std::size_t end = std::min(whole, hole);
      noise_message(end, whole);
      const std::uint8_t type = byte(at);
      constexpr std::uint8_t kClientHello = 1, kServerHello = 2, kCertificate = 11;
      if (type == kClientHello)
        client_hello(at + 4, end);
      else if (type == kCertificate)
        der(at + 7, end, true);
      else if (type == kServerHello)
        server_hello(at + 4, end);
      else
        noise_message(at + 4, end);
      at = whole;
    }
  }

  /// The first byte of the messages, at or behind `at`, that was not captured: what comes after it
  /// cannot be told apart.
  [[nodiscard]] std::size_t first_missing(std::size_t at) const {
    while (at < handshake_.size() && side_.known[handshake_[at]]) ++at;
    return at;
  }

  void client_hello(std::size_t at, std::size_t end) {
    const std::size_t session = at + 2 + 32;
    const std::size_t ciphers = session + 1 + number(session, 1);
    const std::size_t compression = ciphers + 2 + number(ciphers, 2);
    hello(session, compression + 1 + number(compression, 1), end);
  }

  void server_hello(std::size_t at, std::size_t end) {
    const std::size_t session = at + 2 + 32;
    hello(session, session + 1 + number(session, 1) + 2 + 1, end);
  }

  /// What follows version and random. What does not hold together is no hello, and may be anything.
  void hello(std::size_t session, std::size_t list, std::size_t end) {
    constexpr std::size_t kLongestSession = 32;
    if (session >= end || number(session, 1) > kLongestSession || list > end)
      return noise_message(session, end);
    const std::size_t end_of_list = std::min(end, list + 2 + number(list, 2));
    extensions(list + 2, end_of_list);
    noise_message(end_of_list, end);
  }

  /// Server names, protocols nobody knows, tickets and the identities of pre-shared keys; and what
  /// is in extensions that we cannot vouch for.
  void extensions(std::size_t at, std::size_t end) {
    end = std::min(end, handshake_.size());
    for (std::size_t next = 0; at + 4 <= end; at = next) {
      const std::size_t type = number(at, 2), body = at + 4;
      next = std::min(end, body + number(at + 2, 2));
      constexpr std::size_t kAlpn = 16, kPreSharedKey = 41;
      if (type == tls::extension::kServerName) {
        if (body + 5 > next) {
          noise_message(body, next);
          continue;
        }
        const std::size_t end_of_name = std::min(next, body + 5 + number(body + 3, 2));
        text_message(body + 5, end_of_name);
        noise_message(end_of_name, next);
      } else if (type == kAlpn) {
        protocols(body + 2, next);
      } else if (type == kPreSharedKey) {
        identities(body, next);
      } else if (!says_nothing_of_anybody(type)) {
        noise_message(body, next);
      }
    }
  }

  void protocols(std::size_t at, std::size_t end) {
    // Registered by IANA or seen everywhere; a name of one's own is as good as a signature.
    constexpr std::string_view kKnown =
        " h2 h2c http/0.9 http/1.0 http/1.1 h3 spdy/1 spdy/2 spdy/3 spdy/3.1 imap pop3 smtp lmtp "
        "ftp "
        "nntp managesieve xmpp-client xmpp-server mqtt dot irc sip/2 acme-tls/1 webrtc c-webrtc "
        "stun.turn stun.nat-discovery grpc-exp postgresql tds/8.0 ntske/1 sunrpc coap ";
    while (at < end) {
      const std::size_t begin = at + 1;
      at = std::min(end, begin + number(at, 1));
      std::string name;
      for (std::size_t i = begin; i < at; ++i) name += static_cast<char>(byte(i));
      if (kKnown.find(" " + name + " ") == std::string_view::npos) text_message(begin, at);
    }
  }

  void identities(std::size_t at, std::size_t end) {
    const std::size_t list = std::min(end, at + 2 + number(at, 2));
    for (at += 2; at + 2 <= list;) {
      const std::size_t identity = number(at, 2);
      noise_message(at + 2, std::min(list, at + 2 + identity));
      at += 2 + identity + 4;
    }
  }

  /// Lists of algorithms, flags, sizes, keys of one connection. Not among them: tickets, cookies,
  /// names of authorities and users, whatever is new.
  static bool says_nothing_of_anybody(std::size_t type) {
    constexpr std::size_t kKnown[] = {1,  5,  10, 11, 13, 15, 17, 18, 19, 20, 21, 22,    23,
                                      24, 27, 28, 34, 42, 43, 45, 49, 50, 51, 57, 65281, 0xfe0d};
    return tls::is_grease(static_cast<std::uint16_t>(type)) ||
           std::find(std::begin(kKnown), std::end(kKnown), type) != std::end(kKnown);
  }

  /// Certificates: names become other names, what identifies them becomes noise, the shape stays.
  void der(std::size_t at, std::size_t end, bool list) {
    end = std::min(end, handshake_.size());
    if (list) {
      while (at + 3 <= end) {
        const std::size_t next = at + 3 + number(at, 3);
        der(at + 3, std::min(next, end), false);
        at = next;
      }
      return;
    }
    while (at + 2 <= end) {
      const std::uint8_t tag = byte(at);
      std::size_t length = byte(at + 1), body = at + 2;
      if (length >= 0x80) {
        const std::size_t bytes = length & 0x7fU;
        if (bytes > 3) return noise_message(at, end);
        length = number(body, bytes);
        body += bytes;
      }
      const std::size_t next = std::min(end, body + length);
      der_value(tag, body, next);
      at = body + length;
    }
  }

  void der_value(std::uint8_t tag, std::size_t body, std::size_t next) {
    constexpr std::uint8_t kConstructed = 0x20;
    if ((tag & kConstructed) != 0) return der(body, next, false);
    switch (tag) {
      case 0x0c:  // the kinds of strings, and of general names
      case 0x13:
      case 0x14:
      case 0x16:
      case 0x81:
      case 0x82:
      case 0x86:
        return text_message(body, next);
      case 0x04:  // an octet string: an extension's value, if it holds DER
        return is_der(body, next) ? der(body, next, false) : noise_message(body, next);
      case 0x02:  // a number; one byte may be a version
      case 0x03:  // a bit string: key or signature
        if (next > body + 1) noise_message(body + 1, next);
        return;
      case 0x17:  // times: with the issuer's name they find a certificate in the public logs
        return same_time(body, next, "200101000000Z");
      case 0x18:
        return same_time(body, next, "20200101000000Z");
      case 0x01:  // truths, nothing, names of algorithms, choices
      case 0x05:
      case 0x06:
      case 0x0a:
        return;
      default:  // addresses, strings of two bytes a character, whatever else
        return noise_message(body, next);
    }
  }

  void same_time(std::size_t body, std::size_t next, std::string_view time) {
    if (next - body != time.size()) return noise_message(body, next);
    for (std::size_t i = 0; i < time.size(); ++i) set(handshake_[body + i], time[i]);
  }

  [[nodiscard]] bool is_der(std::size_t at, std::size_t end) const {
    if (at + 2 > end || (byte(at) & 0x1fU) == 0x1fU) return false;
    std::size_t length = byte(at + 1), body = at + 2;
    if (length >= 0x80) {
      const std::size_t bytes = length & 0x7fU;
      if (bytes > 3) return false;
      length = number(body, bytes);
      body += bytes;
    }
    return body + length == end;
  }

  const SideBytes& side_;
  KeyedReplacements& keyed_;
  std::vector<std::uint8_t> mask_;
  std::vector<std::size_t> handshake_;
};

}  // namespace

std::vector<std::uint8_t> mask_of(const SideBytes& side, KeyedReplacements& keyed) {
  return Masker(side, keyed).make();
}

}  // namespace whohungup
