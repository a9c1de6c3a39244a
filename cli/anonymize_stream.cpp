#include "cli/anonymize_stream.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>

#include "cli/anonymize_message.h"
#include "dissect/bytes.h"
#include "dissect/proxy_header.h"
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
    if (const std::size_t end = side_.tls_at < 0 ? sslv2_hello(0) : 0; end > 0) {
      noise(end, size());  // of SSL 2.0 nothing else is in clear
      return std::move(mask_);
    }
    const std::size_t tls = side_.tls_at < 0 ? size() : static_cast<std::size_t>(side_.tls_at);
    text(proxy_header(), std::min(tls, size()));
    records(tls);
    MessageMask messages(side_, keyed_, std::move(handshake_), mask_);
    mask_handshake(messages);
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

  /// A hello in SSLv2's format and what it says of a certificate; returns where it ends (RFC 5246
  /// appendix E.2, and for the server's the SSL 2.0 specification).
  std::size_t sslv2_hello(std::size_t at) {
    constexpr std::size_t kServersFields = 13;
    constexpr std::uint8_t kClient = 1, kServer = 4;
    if (at + kServersFields > next(at, false) || (side_.bytes[at] & 0x80U) == 0) return at;
    const auto number = [&](std::size_t from) {
      return std::size_t{side_.bytes[from]} << 8U | side_.bytes[from + 1];
    };
    const std::size_t end = at + 2 + (number(at) & 0x7fffU);
    const bool client =
        tls::looks_like_client_hello(Bytes(side_.bytes).subspan(at)) == tls::HelloLook::Sslv2;
    const bool server = side_.bytes[at + 2] == kServer && number(at + 5) == 2;
    if (end > next(at, false) || (client ? side_.bytes[at + 2] != kClient : !server)) return at;
    if (server) {
      const std::size_t from = at + kServersFields;
      const std::size_t to = std::min(from + number(at + 7), end);
      std::vector<std::size_t> places;
      for (std::size_t i = from; i < to; ++i) places.push_back(i);
      MessageMask certificate(side_, keyed_, std::move(places), mask_);
      mask_der(certificate, 0, certificate.size());
    }
    return end;
  }

  void records(std::size_t at) {
    bool sealed = false;
    const std::size_t begin_of_tls = at;
    at = sslv2_hello(at);
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

  const SideBytes& side_;
  KeyedReplacements& keyed_;
  std::vector<std::uint8_t> mask_;
  std::vector<std::size_t> handshake_;  // where the bytes of its messages are, record by record
};

}  // namespace

std::vector<std::uint8_t> mask_of(const SideBytes& side, KeyedReplacements& keyed) {
  return Masker(side, keyed).make();
}

}  // namespace whohungup
