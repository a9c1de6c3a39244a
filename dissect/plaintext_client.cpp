// What clients begin with. The table at the end is the point of this file.
#include "dissect/plaintext_rows.h"
#include "dissect/proxy_header.h"

namespace whohungup::plaintext {
namespace {

using text::begins;
using text::equals;
using text::first_line;
using text::next_word;
using text::trimmed;
using text::view;

bool is_http_request(Bytes b) {
  std::string_view rest = view(b);
  if (rest.starts_with("PRI * HTTP/2")) return true;
  const std::size_t blank = rest.find(' ');
  if (blank == std::string_view::npos || blank > 8) return false;
  const std::string_view method = rest.substr(0, blank);
  const std::string_view line = first_line(rest);
  for (const std::string_view known :
       {"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"})
    if (method == known)
      return line.size() == trimmed(rest).size() || line.find(" HTTP/") != std::string_view::npos ||
             method == "GET";
  return false;
}

bool first_word_is(Bytes b, std::initializer_list<std::string_view> words) {
  std::string_view rest = first_line(view(b));
  return is_word(next_word(rest), words);
}

bool is_smtp_client(Bytes b) {
  return first_word_is(b, {"EHLO", "HELO"}) || begins(view(b), "MAIL FROM:");
}
bool is_lmtp_client(Bytes b) { return first_word_is(b, {"LHLO"}); }
bool is_imap_client(Bytes b) {
  std::string_view rest = first_line(view(b));
  const std::string_view tag = next_word(rest);
  if (is_word(tag, {"USER", "PASS"})) return false;  // a user may be called "id"
  return !tag.empty() && tag.size() <= 16 &&
         is_word(next_word(rest),
                 {"CAPABILITY", "STARTTLS", "LOGIN", "AUTHENTICATE", "ID", "NOOP", "LOGOUT"});
}
bool is_ftp_client(Bytes b) {
  std::string_view rest = first_line(view(b));
  const std::string_view verb = next_word(rest);
  return is_word(verb, {"FEAT"}) ||
         (is_word(verb, {"AUTH"}) && is_word(trimmed(rest), {"TLS", "SSL", "TLS-C", "TLS-P"}));
}
bool is_pop3_client(Bytes b) { return first_word_is(b, {"CAPA", "STLS", "APOP"}); }
bool is_nntp_client(Bytes b) {
  return first_word_is(b, {"CAPABILITIES"}) || begins(view(b), "MODE READER");
}
bool is_sieve_client(Bytes b) {
  const std::string_view line = first_line(view(b));
  return equals(line, "CAPABILITY") || begins(line, "AUTHENTICATE \"");
}
bool is_irc_client(Bytes b) { return begins(view(b), "NICK ") || begins(view(b), "CAP LS"); }

/// A request to upgrade, encrypt or cancel, or a startup message of protocol 3 (PostgreSQL
/// documentation §55.7; the codes are 1234 in the high half).
bool is_postgres_client(Bytes b) {
  ByteReader r(b);
  const std::uint32_t length = r.u32();
  const std::uint32_t code = r.u32();
  if (!r.ok() || length < 8 || length > 10000) return false;
  return (code >= 80877102 && code <= 80877104) || code == 0x00030000 || code == 0x00030002;
}

/// The client's answer to a MySQL greeting: sequence 1, protocol 4.1 capabilities.
bool is_mysql_client(Bytes b) {
  if (b.size() < 36 || b[2] != 0 || b[3] != 1) return false;
  const std::size_t length = b[0] + 256U * b[1];
  if (length < 32) return false;
  const bool protocol_41 = (b[5] & 0x02U) != 0;
  return protocol_41 && is_zeros(b.subspan(13, 19));
}

bool is_sslv2_client(Bytes b) {
  ByteReader r(b);
  const std::uint16_t length = r.u16();
  const std::uint8_t kind = r.u8();
  const std::uint16_t version = r.u16();
  return r.ok() && (length & 0x8000U) != 0 && (length & 0x7fffU) >= 9 && kind == 1 &&
         (version == 0x0002 || (version >> 8U) == 3);
}

bool is_socks_client(Bytes b) {
  if (b.size() >= 3 && b[0] == 5) return b[1] >= 1 && b.size() == 2U + b[1];
  return b.size() >= 9 && b[0] == 4 && (b[1] == 1 || b[1] == 2) && b.back() == 0;
}

bool is_redis_client(Bytes b) {
  const std::string_view s = view(b);
  return (s.size() >= 4 && s[0] == '*' && text::is_digit(s[1]) && s.find("\r\n$") < 6) ||
         equals(trimmed(s), "PING");
}

/// MQTT's CONNECT packet: type 1, then the protocol's name.
bool is_mqtt_client(Bytes b) {
  return b.size() >= 8 && b[0] == 0x10 && view(b).substr(2, 8).find("MQ") != std::string_view::npos;
}

constexpr Row kClients[] = {
    {"zeros", is_zeros},
    {"proxy-protocol", begins_with_proxy_header},
    {"http", is_http_request},
    {"xmpp", is_xmpp},
    {"ssh", is_ssh},
    {"lmtp", is_lmtp_client},
    {"smtp", is_smtp_client},
    {"ftp", is_ftp_client},
    {"pop3", is_pop3_client},
    {"nntp", is_nntp_client},
    {"sieve", is_sieve_client},
    {"imap", is_imap_client},
    {"irc", is_irc_client},
    {"redis", is_redis_client},
    {"amqp", is_amqp},
    {"postgres", is_postgres_client},
    {"mysql", is_mysql_client},
    {"mqtt", is_mqtt_client},
    {"rdp", is_rdp},
    {"telnet", is_telnet},
    {"sslv2", is_sslv2_client},
    {"ldap", is_ldap},
    {"socks", is_socks_client},
};

}  // namespace

std::span<const Row> client_rows() { return kClients; }

}  // namespace whohungup::plaintext
