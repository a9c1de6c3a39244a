// Certificates and what else is DER: names become other names, what identifies them becomes noise,
// the shape stays, so that a dissector reads them as it reads others.
#include <algorithm>
#include <array>
#include <string_view>

#include "cli/anonymize_message.h"

namespace whohungup {
namespace {

/// A value: its tag, where its contents are, and where the next one begins.
struct Value {
  std::uint8_t tag{};
  std::size_t body{}, next{};
};

class DerMasker {
 public:
  explicit DerMasker(MessageMask& messages) : m_(messages) {}

  void values(std::size_t at, std::size_t end) {
    end = std::min(end, m_.size());
    while (at + 2 <= end) {
      const Value value = read(at);
      if (value.next == 0) return m_.noise(at, end);
      contents(value.tag, value.body, std::min(value.next, end));
      at = value.next;
    }
  }

 private:
  /// A value without a length, or with one of more than 3 bytes, has no next.
  [[nodiscard]] Value read(std::size_t at) const {
    constexpr std::size_t kLongForm = 0x80, kLongest = 3;
    std::size_t length = m_.byte(at + 1), body = at + 2;
    if (length >= kLongForm) {
      const std::size_t bytes = length - kLongForm;
      if (bytes == 0 || bytes > kLongest) return {};
      length = m_.number(body, bytes);
      body += bytes;
    }
    return {m_.byte(at), body, body + length};
  }

  [[nodiscard]] bool is_one_value(std::size_t at, std::size_t end) const {
    return at + 2 <= end && read(at).next == end;
  }

  void contents(std::uint8_t tag, std::size_t body, std::size_t next) {
    constexpr std::uint8_t kConstructed = 0x20;
    if ((tag & kConstructed) != 0) return values(body, next);
    switch (tag) {
      case 0x01:  // truths, nothing, choices
      case 0x05:
      case 0x0a:
        return;
      case 0x02:
        return integer(body, next);
      case 0x03:
        return bits(body, next);
      case 0x04:
        return octets(body, next);
      case 0x06:
        return object_identifier(body, next);
      case 0x0c:  // the kinds of strings
      case 0x13:
      case 0x14:
      case 0x16:
        return m_.text(body, next);
      case 0x80:  // general names and times; of a key's issuer these are a number and octets
      case 0x81:
      case 0x82:
      case 0x86:
        if (is_time(body, next)) return same_time(body, next, "20200101000000Z");
        return is_printable(body, next) ? m_.text(body, next) : m_.noise(body, next);
      case 0x17:  // times: with the issuer's name they find a certificate in the public logs
        return same_time(body, next, "200101000000Z");
      case 0x18:
        return same_time(body, next, "20200101000000Z");
      default:  // addresses, key identifiers, strings of two bytes a character, whatever else
        return m_.noise(body, next);
    }
  }

  /// One byte may be a version. Of others sign and length stay (X.690 §8.3.2).
  void integer(std::size_t body, std::size_t next) {
    if (next <= body + 1) return;
    m_.noise(body, next);
    if (m_.byte(body) == 0) {
      m_.put(body, 0);
      m_.noise_bits(body + 1, 0x7f);
    } else {
      m_.noise_bits(body, 0x3f);
    }
  }

  /// A key or signature, perhaps DER itself; the few bits of a key's uses stay.
  void bits(std::size_t body, std::size_t next) {
    constexpr std::size_t kUses = 3;
    constexpr std::uint8_t kSequence = 0x30;
    if (next <= body + kUses) return;
    if (m_.byte(body + 1) == kSequence && is_one_value(body + 1, next))
      return values(body + 1, next);
    m_.noise(body + 1, next);
  }

  /// An extension's value, if it is DER: that of a key's identifier is octets again, and so is that
  /// of a list of timestamps.
  void octets(std::size_t body, std::size_t next) {
    constexpr std::uint8_t kOctets = 0x04;
    if (!is_one_value(body, next)) return m_.noise(body, next);
    if (m_.byte(body) != kOctets) return values(body, next);
    const std::size_t inner = read(body).body;
    if (!timestamps(inner, next)) m_.noise(inner, next);
  }

  /// SignedCertificateTimestampList (RFC 6962 §3.3): version, log, time, extensions, signature.
  bool timestamps(std::size_t at, std::size_t end) {
    constexpr std::size_t kLogAndTime = 32 + 8;
    if (at + 2 > end || at + 2 + m_.number(at, 2) != end) return false;
    for (std::size_t one = at + 2; one < end;) {
      const std::size_t next = one + 2 + m_.number(one, 2);
      const std::size_t extensions = one + 3 + kLogAndTime;
      if (next > end || extensions + 2 > next) return false;
      const std::size_t signature = extensions + 2 + m_.number(extensions, 2);
      if (signature + 4 > next || signature + 4 + m_.number(signature + 2, 2) != next) return false;
      m_.noise(one + 3, extensions);
      m_.noise(extensions + 2, signature);
      m_.noise(signature + 4, next);
      one = next;
    }
    return true;
  }

  /// Names of algorithms and extensions are everybody's; those of an enterprise (1.3.6.1.4.1) or of
  /// a company in the United States (2.16.840.1.113527 and above) name it.
  void object_identifier(std::size_t body, std::size_t next) {
    constexpr std::array<std::string_view, 2> kCompanies{"\x2b\x06\x01\x04\x01",
                                                         "\x60\x86\x48\x01\x86"};
    // Google's of certificate transparency, Microsoft's, Netscape's; not a template of one's own.
    constexpr std::array<std::string_view, 3> kKnown{"\x2b\x06\x01\x04\x01\xd6\x79",
                                                     "\x2b\x06\x01\x04\x01\x82\x37",
                                                     "\x60\x86\x48\x01\x86\xf8\x42"};
    constexpr std::string_view kTemplate = "\x2b\x06\x01\x04\x01\x82\x37\x15\x08";
    const auto begins = [&](std::string_view with) {
      if (next - body < with.size()) return false;
      for (std::size_t i = 0; i < with.size(); ++i)
        if (m_.byte(body + i) != static_cast<std::uint8_t>(with[i])) return false;
      return true;
    };
    std::size_t own = 0;
    for (const std::string_view prefix : kCompanies)
      if (begins(prefix)) own = body + prefix.size();
    for (const std::string_view prefix : kKnown)
      if (begins(prefix)) own = begins(kTemplate) ? body + kTemplate.size() : 0;
    if (own == 0) return;
    for (std::size_t i = own; i < next; ++i) {
      m_.noise_bits(i, 0x7f);
      // The first byte of an arc must not be 0x80 (X.690 §8.19.2).
      if (m_.byte(i) >= 0x80) m_.put(i, m_.becomes(i) | 1U);
    }
  }

  [[nodiscard]] bool is_printable(std::size_t from, std::size_t to) const {
    for (std::size_t i = from; i < to; ++i)
      if (m_.byte(i) < 0x20 || m_.byte(i) > 0x7e) return false;
    return true;
  }

  [[nodiscard]] bool is_time(std::size_t from, std::size_t to) const {
    constexpr std::size_t kLength = 15;
    if (to - from != kLength || m_.byte(to - 1) != 'Z') return false;
    for (std::size_t i = from; i + 1 < to; ++i)
      if (m_.byte(i) < '0' || m_.byte(i) > '9') return false;
    return true;
  }

  void same_time(std::size_t body, std::size_t next, std::string_view time) {
    if (next - body != time.size()) return m_.noise(body, next);
    for (std::size_t i = 0; i < time.size(); ++i)
      m_.put(body + i, static_cast<std::uint8_t>(time[i]));
  }

  MessageMask& m_;
};

}  // namespace

void mask_der(MessageMask& messages, std::size_t from, std::size_t to) {
  DerMasker(messages).values(from, to);
}

}  // namespace whohungup
