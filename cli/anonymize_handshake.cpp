// Handshake messages in clear: TLS 1.2 and before, and the hellos of TLS 1.3 (RFC 8446 §4, RFC 5246
// §7.4, RFC 8422 §5.4).
#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "cli/anonymize_message.h"
#include "dissect/tls_client_hello.h"
#include "dissect/tls_extensions.h"

namespace whohungup {
namespace {

class HandshakeMasker {
 public:
  explicit HandshakeMasker(MessageMask& messages) : m_(messages) {}

  void make() {
    for (std::size_t at = 0; at < m_.size();) {
      const std::size_t hole = first_missing(at);
      if (at + kHeader > hole) return m_.noise(at, m_.size());
      const std::size_t whole = at + kHeader + m_.number(at + 1, 3);
      const std::size_t end = std::min(whole, hole);
      m_.noise(end, whole);
      message(m_.byte(at), at + kHeader, end, end == whole);
      at = whole;
    }
  }

 private:
  static constexpr std::size_t kHeader = 4;

  /// The first byte of the messages, at or behind `at`, that was not captured: what comes after it
  /// cannot be told apart.
  [[nodiscard]] std::size_t first_missing(std::size_t at) const {
    while (at < m_.size() && m_.is_known(at)) ++at;
    return at;
  }

  void message(std::uint8_t type, std::size_t at, std::size_t end, bool whole) {
    switch (type) {
      case 1:
        return client_hello(at, end);
      case 2:
        return server_hello(at, end);
      case 11:
        return certificates(at + 3, end);
      default:
        break;
    }
    if (!whole || !follows_its_shape(type, at, end)) m_.noise(at, end);
  }

  /// Messages of keys and tickets: their lengths stay. False: it is not what its type says.
  bool follows_its_shape(std::uint8_t type, std::size_t at, std::size_t end) {
    switch (type) {
      case 4:  // NewSessionTicket (RFC 5077 §3.3): how long it lasts, and the ticket
        return vector(at + 4, 2, end) == end && noise_of_vector(at + 4, 2);
      case 12:
        return server_key_exchange(at, end);
      case 13:
        return certificate_request(at, end);
      case 15:
        return signature(at, end);
      case 16:  // ClientKeyExchange: a point, or an encrypted secret or a number
        return (vector(at, 1, end) == end && noise_of_vector(at, 1)) ||
               (vector(at, 2, end) == end && noise_of_vector(at, 2));
      case 22:  // CertificateStatus (RFC 6066 §8): an answer of OCSP
        if (vector(at + 1, 3, end) != end) return false;
        mask_der(m_, at + 4, end);
        return true;
      default:
        return false;
    }
  }

  /// Where a vector whose length has so many bytes ends; 0: not before `end`.
  [[nodiscard]] std::size_t vector(std::size_t at, std::size_t length, std::size_t end) const {
    if (at + length > end) return 0;
    const std::size_t next = at + length + m_.number(at, length);
    return next <= end ? next : 0;
  }
  bool noise_of_vector(std::size_t at, std::size_t length) {
    m_.noise(at + length, at + length + m_.number(at, length));
    return true;
  }

  /// A signature, in TLS 1.2 behind its algorithm.
  bool signature(std::size_t at, std::size_t end) {
    for (const std::size_t begin : {at + 2, at})
      if (vector(begin, 2, end) == end) return noise_of_vector(begin, 2);
    return at == end;  // anonymous
  }

  /// Of a named curve a point, else the numbers of Diffie and Hellman; signed or not.
  bool server_key_exchange(std::size_t at, std::size_t end) {
    constexpr std::uint8_t kNamedCurve = 3;
    const std::size_t point = at + 3;
    if (at < end && m_.byte(at) == kNamedCurve)
      if (const std::size_t next = vector(point, 1, end); next != 0 && signature(next, end))
        return noise_of_vector(point, 1);
    std::size_t next = at;
    for (int numbers = 0; numbers < 3; ++numbers) {
      next = vector(next, 2, end);
      if (next == 0) return false;
    }
    if (!signature(next, end)) return false;
    for (std::size_t one = at; one < next; one += 2 + m_.number(one, 2)) noise_of_vector(one, 2);
    return true;
  }

  /// Kinds of certificates, in TLS 1.2 algorithms, and the names of authorities.
  bool certificate_request(std::size_t at, std::size_t end) {
    const std::size_t kinds = vector(at, 1, end);
    if (kinds == 0) return false;
    for (const std::size_t names : {vector(kinds, 2, end), kinds})
      if (names != 0 && authorities(names, end)) return true;
    return false;
  }

  /// Names of authorities, each in DER (RFC 8446 §4.2.4).
  bool authorities(std::size_t at, std::size_t end) {
    if (vector(at, 2, end) != end) return false;
    for (std::size_t one = at + 2; one < end; one = vector(one, 2, end))
      if (vector(one, 2, end) == 0) return false;
    for (std::size_t one = at + 2; one < end; one = vector(one, 2, end))
      mask_der(m_, one + 2, vector(one, 2, end));
    return true;
  }

  void certificates(std::size_t at, std::size_t end) {
    while (at + 3 <= end) {
      const std::size_t next = at + 3 + m_.number(at, 3);
      mask_der(m_, at + 3, std::min(next, end));
      at = next;
    }
  }

  void client_hello(std::size_t at, std::size_t end) {
    const std::size_t session = at + 2 + 32;
    const std::size_t ciphers = session + 1 + m_.number(session, 1);
    const std::size_t compression = ciphers + 2 + m_.number(ciphers, 2);
    hello(session, compression + 1 + m_.number(compression, 1), end);
  }

  void server_hello(std::size_t at, std::size_t end) {
    const std::size_t session = at + 2 + 32;
    hello(session, session + 1 + m_.number(session, 1) + 2 + 1, end);
  }

  /// What follows version and random. What does not hold together is no hello, and may be anything.
  void hello(std::size_t session, std::size_t list, std::size_t end) {
    constexpr std::size_t kLongestSession = 32;
    if (session >= end || m_.number(session, 1) > kLongestSession || list > end)
      return m_.noise(session, end);
    const std::size_t end_of_list = std::min(end, list + 2 + m_.number(list, 2));
    extensions(list + 2, end_of_list);
    m_.noise(end_of_list, end);
  }

  /// Server names, protocols nobody knows, tickets and the identities of pre-shared keys; and what
  /// is in extensions that we cannot vouch for.
  void extensions(std::size_t at, std::size_t end) {
    end = std::min(end, m_.size());
    for (std::size_t next = 0; at + 4 <= end; at = next) {
      const std::size_t type = m_.number(at, 2), body = at + 4;
      next = std::min(end, body + m_.number(at + 2, 2));
      extension(type, body, next);
    }
  }

  void extension(std::size_t type, std::size_t body, std::size_t next) {
    constexpr std::size_t kAlpn = 16, kPreSharedKey = 41, kCookie = 44, kAuthorities = 47,
                          kNextProtocol = 13172, kSettings = 17513, kNewSettings = 17613;
    switch (type) {
      case tls::extension::kServerName:
        return server_name(body, next);
      case kAlpn:
      case kSettings:  // of an application, by its protocol
      case kNewSettings:
        return protocols(body + 2, next);
      case kNextProtocol:  // ALPN's forerunner: a list without a length of its own
        return protocols(body, next);
      case kPreSharedKey:
        return identities(body, next);
      case kCookie:
        return vector(body, 2, next) == next ? m_.noise(body + 2, next) : m_.noise(body, next);
      case kAuthorities:
        return authorities(body, next) ? void() : m_.noise(body, next);
      default:
        if (!says_nothing_of_anybody(type)) m_.noise(body, next);
    }
  }

  void server_name(std::size_t body, std::size_t next) {
    if (body + 5 > next) return m_.noise(body, next);
    const std::size_t end_of_name = std::min(next, body + 5 + m_.number(body + 3, 2));
    m_.text(body + 5, end_of_name);
    m_.noise(end_of_name, next);
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
      at = std::min(end, begin + m_.number(at, 1));
      std::string name;
      for (std::size_t i = begin; i < at; ++i) name += static_cast<char>(m_.byte(i));
      if (kKnown.find(" " + name + " ") == std::string_view::npos) m_.text(begin, at);
    }
  }

  void identities(std::size_t at, std::size_t end) {
    const std::size_t list = std::min(end, at + 2 + m_.number(at, 2));
    for (at += 2; at + 2 <= list;) {
      const std::size_t identity = m_.number(at, 2);
      m_.noise(at + 2, std::min(list, at + 2 + identity));
      at += 2 + identity + 4;
    }
  }

  /// Lists of algorithms, flags, sizes, keys of one connection. Not among them: tickets, cookies,
  /// names of authorities and users, whatever is new.
  static bool says_nothing_of_anybody(std::size_t type) {
    constexpr std::size_t kKnown[] = {1,  5,  10, 11, 13, 15, 17, 18, 19, 20, 21, 22,    23,    24,
                                      27, 28, 34, 40, 42, 43, 45, 49, 50, 51, 57, 65281, 0xfe0d};
    return tls::is_grease(static_cast<std::uint16_t>(type)) ||
           std::find(std::begin(kKnown), std::end(kKnown), type) != std::end(kKnown);
  }

  MessageMask& m_;
};

}  // namespace

void mask_handshake(MessageMask& messages) { HandshakeMasker(messages).make(); }

}  // namespace whohungup
