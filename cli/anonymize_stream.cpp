#include "cli/anonymize_stream.h"

#include <algorithm>
#include <string>
#include <variant>

#include "dissect/bytes.h"
#include "dissect/tls_extensions.h"
#include "dissect/tls_record.h"

namespace whohungup {
namespace {

class Masker {
 public:
  Masker(const SideBytes& side, KeyedReplacements& keyed)
      : side_(side), keyed_(keyed), mask_(side.bytes.size()) {}

  std::vector<std::uint8_t> make() {
    const std::size_t tls = side_.tls_at < 0 ? size() : static_cast<std::size_t>(side_.tls_at);
    text(0, std::min(tls, size()));
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
  }

  void records(std::size_t at) {
    bool sealed = false;
    while (at < size()) {
      const Bytes rest = Bytes(side_.bytes).subspan(at);
      const auto read = tls::read_record_header(rest);
      const auto* header = std::get_if<tls::RecordHeader>(&read);
      if (header == nullptr) return text(at, size());
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
    for (std::size_t at = 0; at + 4 <= handshake_.size();) {
      const std::size_t end = at + 4 + number(at + 1, 3);
      const std::uint8_t type = byte(at);
      constexpr std::uint8_t kClientHello = 1, kServerHello = 2, kCertificate = 11;
      if (type == kClientHello)
        client_hello(at + 4, end);
      else if (type == kCertificate)
        der(at + 7, end, true);
      else if (type != kServerHello)
        noise_message(at + 4, end);
      at = end;
    }
  }

  /// Server names, tickets and the identities of pre-shared keys.
  void client_hello(std::size_t at, std::size_t end) {
    at += 2 + 32;
    at += 1 + number(at, 1);
    at += 2 + number(at, 2);
    at += 1 + number(at, 1) + 2;
    constexpr std::size_t kTicket = 35, kPreSharedKey = 41, kEarlierNpn = 0x3374;
    while (at + 4 <= std::min(end, handshake_.size())) {
      const std::size_t type = number(at, 2), body = at + 4, next = body + number(at + 2, 2);
      if (type == tls::extension::kServerName && body + 5 <= handshake_.size())
        text_message(body + 5, std::min(next, body + 5 + number(body + 3, 2)));
      if (type == kTicket || type == kEarlierNpn) noise_message(body, next);
      if (type == kPreSharedKey)
        for (std::size_t one = body + 2, list = one + number(body, 2); one + 2 <= list;) {
          const std::size_t identity = number(one, 2);
          noise_message(one + 2, std::min(list, one + 2 + identity));
          one += 2 + identity + 4;
        }
      at = next;
    }
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
      case 0x1e:
      case 0x81:
      case 0x82:
      case 0x86:
        return text_message(body, next);
      case 0x04:  // an octet string: an extension's value, if it holds DER
        return is_der(body, next) ? der(body, next, false) : noise_message(body, next);
      case 0x02:  // a number; short ones are versions
        if (next - body > 4) noise_message(body + 1, next);
        return;
      case 0x03:  // a bit string: key or signature
        if (next - body > 4) noise_message(body + 1, next);
        return;
      case 0x80:
      case 0x87:
        return noise_message(body, next);
      default:
        return;
    }
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
