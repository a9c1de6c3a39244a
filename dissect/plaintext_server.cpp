// What servers begin with. The table at the end is the point of this file.
#include "dissect/plaintext_rows.h"
#include "dissect/proxy_header.h"

namespace whohungup::plaintext {
namespace {

using text::begins;
using text::first_line;
using text::next_word;
using text::reply_code;
using text::trimmed;
using text::view;

/// A box's handiwork in place of what the server said: XXXXXXXA, or the banner of a Cisco PIX
/// (`fixup protocol smtp`), which keeps nothing but 2, 0 and blanks.
bool is_inspected(Bytes b) {
  std::string_view rest = first_line(view(b));
  if (text::is_masked(next_word(rest))) return true;
  const std::string_view line = first_line(view(b));
  return line.starts_with("220 ") && line.find("********") != std::string_view::npos &&
         line.substr(4).find_first_not_of("*02 ") == std::string_view::npos;
}

bool is_http_answer(Bytes b) {
  const std::string_view s = trimmed(view(b));
  if (s.starts_with("HTTP/") || s.starts_with("ICY 200")) return true;
  for (const std::string_view tag : {"<!doctype html", "<html", "<head", "<body", "<title", "<h1"})
    if (begins(s, tag)) return true;
  return s.starts_with("<?xml") && has_word(s, {"<html", "<!doctype html"});
}

/// RFC 9051 §7.1: greetings OK, PREAUTH and BYE; BAD is what a server answers to a ClientHello.
bool is_imap_server(Bytes b) {
  std::string_view rest = first_line(view(b));
  return next_word(rest) == "*" &&
         is_word(next_word(rest), {"OK", "PREAUTH", "BYE", "BAD", "NO", "CAPABILITY"});
}

/// RFC 5804 §1.7: capabilities are quoted strings, IMPLEMENTATION is the one that must be there.
bool is_sieve_server(Bytes b) { return begins(view(b), "\"IMPLEMENTATION\""); }

/// The error words Redis has and POP3 has not (redis/src/networking.c, server.c).
bool is_redis_server(Bytes b) {
  const std::string_view line = first_line(view(b));
  for (const std::string_view error : {"-DENIED ", "-NOAUTH ", "-WRONGPASS ", "-LOADING ", "+PONG"})
    if (line.starts_with(error)) return true;
  if (!line.starts_with("-ERR ")) return false;
  return has_word(
      line, {"unknown command '", "unknown command `", "Protocol error", "max number of clients",
             "wrong number of arguments", "operation not permitted"});
}

bool is_pop3_server(Bytes b) {
  std::string_view rest = first_line(view(b));
  return is_word(next_word(rest), {"+OK", "-ERR"});
}

/// The whole greeting, for words that tell SMTP from FTP: both begin with 220.
std::string_view greeting(Bytes b) { return view(b).substr(0, kFirstBytes); }

bool is_lmtp_server(Bytes b) {
  return reply_code(view(b)) == 220 && has_word(first_line(view(b)), {"LMTP"});
}
bool is_smtp_server(Bytes b) {
  const int code = reply_code(view(b));
  if (code == 554) return true;
  if (code != 220 && code != 421 && code != 450 && code != 500 && code != 502 && code != 503 &&
      code != 550 && code != 521)
    return false;
  return has_word(greeting(b), {"ESMTP", "SMTP", "mail", "Postfix", "Exim", "Sendmail", "Exchange",
                                "MX ", "mx.", "IceWarp", "postscreen", "4.3.2", "5.5.1", "5.7.1"});
}
bool is_ftp_server(Bytes b) {
  const int code = reply_code(view(b));
  if (code != 120 && code != 220 && code != 421 && code != 500 && code != 530) return false;
  if (has_word(greeting(b), {"SMTP"})) return false;  // 220 ftp.example.com ESMTP Postfix
  return code == 120 || has_word(greeting(b), {"FTP", "FileZilla", "Serv-U"});
}
bool is_smtp_or_ftp_server(Bytes b) {
  const int code = reply_code(view(b));
  return code == 220 || code == 421;
}

/// RFC 3977 §5.1: 200 and 201 greet, 400 and 502 turn away.
bool is_nntp_server(Bytes b) {
  const int code = reply_code(view(b));
  return code == 200 || code == 201 ||
         ((code == 400 || code == 502) && has_word(first_line(view(b)), {"NNTP", "news"}));
}

bool is_irc_server(Bytes b) {
  const std::string_view line = first_line(view(b));
  if (line.starts_with("NOTICE ") || line.starts_with("ERROR :")) return true;
  std::string_view rest = line;
  return next_word(rest).starts_with(":") &&
         (begins(trimmed(rest), "NOTICE ") || reply_code(trimmed(rest)) != 0);
}

/// The first packet a MySQL server sends: 3 bytes of length (little endian), sequence 0, then
/// protocol version 10 (or 9) and a version text, or an error packet ("Host … is blocked").
bool is_mysql_server(Bytes b) {
  if (b.size() < 7 || b[2] != 0 || b[3] != 0) return false;
  const std::size_t length = b[0] + 256U * b[1];
  if (length < 3) return false;
  if (b[4] == 0xff) return b[6] >= 0x03 && b[6] <= 0x1f;  // error numbers run from 1000 on
  return (b[4] == 10 || b[4] == 9) && b[5] >= '0' && b[5] <= '9';
}

/// SSLv2's server hello (draft-hickman-netscape-ssl-00 §2.6) or its error record.
bool is_sslv2_server(Bytes b) {
  ByteReader r(b);
  const std::uint16_t length = r.u16();
  const std::uint8_t kind = r.u8();
  if ((length & 0x8000U) == 0) return false;
  if (kind == 0) return length == 0x8003 && b.size() == 5;
  const std::uint8_t session_hit = r.u8();
  const std::uint8_t certificate_type = r.u8();
  return r.u16() == 0x0002 && r.ok() && kind == 4 && session_hit <= 1 && certificate_type <= 1;
}

bool is_socks_server(Bytes b) {
  if (b.size() == 2) return b[0] == 5 && (b[1] <= 2 || b[1] == 0xff);
  return b.size() == 8 && b[0] == 0 && b[1] >= 0x5a && b[1] <= 0x5d;
}

/// The one-byte answer to an SSLRequest, an ErrorResponse, or an authentication request
/// (PostgreSQL documentation §55.7).
bool is_postgres_server(Bytes b) {
  if (b.size() == 1) return b[0] == 'S' || b[0] == 'N';
  if (b[0] == 'E' && has_word(view(b), {"FATAL", "ERROR"})) return true;
  ByteReader r(b);
  return r.u8() == 'R' && r.u32() == 8 && r.u32() <= 12 && r.ok();
}

/// The first row that holds names the protocol. A row stands above those whose test would hold for
/// it too: an XHTML page is XML, Redis and POP3 both say -ERR, everybody says 220.
constexpr Row kServers[] = {
    {"zeros", is_zeros},
    {"inspected", is_inspected},
    {"proxy-protocol", begins_with_proxy_header},
    {"http", is_http_answer},
    {"xmpp", is_xmpp},
    {"ssh", is_ssh},
    {"imap", is_imap_server},
    {"sieve", is_sieve_server},
    {"redis", is_redis_server},
    {"pop3", is_pop3_server},
    {"lmtp", is_lmtp_server},
    {"ftp", is_ftp_server},
    {"smtp", is_smtp_server},
    {"nntp", is_nntp_server},
    {"smtp-or-ftp", is_smtp_or_ftp_server},
    {"irc", is_irc_server},
    {"amqp", is_amqp},
    {"vnc", is_vnc},
    {"mysql", is_mysql_server},
    {"rdp", is_rdp},
    {"telnet", is_telnet},
    {"sslv2", is_sslv2_server},
    {"ldap", is_ldap},
    {"socks", is_socks_server},
    {"postgres", is_postgres_server},
};

}  // namespace

std::span<const Row> server_rows() { return kServers; }

}  // namespace whohungup::plaintext
