#include "dissect/plaintext.h"

#include <algorithm>

#include "dissect/plaintext_rows.h"

namespace whohungup {
namespace plaintext {

using text::contains;
using text::equals;
using text::view;

bool has_word(std::string_view s, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words)
    if (contains(s, word)) return true;
  return false;
}

bool is_word(std::string_view s, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words)
    if (equals(s, word)) return true;
  return false;
}

bool is_zeros(Bytes b) {
  for (const std::uint8_t byte : b)
    if (byte != 0) return false;
  return true;
}

/// RFC 4253 §4.2: other lines may come before the version string. "Exceeded MaxStartups" is what
/// OpenSSH says in its place.
bool is_ssh(Bytes b) {
  const std::string_view s = view(b);
  return s.starts_with("SSH-") || s.find("\nSSH-2.0-") != std::string_view::npos ||
         s.starts_with("Exceeded MaxStartups") || s.starts_with("Not allowed at this time");
}

/// A stream header (RFC 6120 §4.2). "<?xml" alone may be anything.
bool is_xmpp(Bytes b) {
  const std::string_view s = view(b);
  return s.starts_with("<stream:") || ((s.starts_with("<?xml") || s.starts_with("<")) &&
                                       has_word(s, {"<stream:", "etherx.jabber.org/streams"}));
}

/// An LDAPMessage: SEQUENCE, INTEGER messageID, then an APPLICATION tag (RFC 4511 §4.1.1).
bool is_ldap(Bytes b) {
  ByteReader r(b);
  if (r.u8() != 0x30) return false;
  const std::uint8_t length = r.u8();
  if (length > 0x84) return false;
  if (length > 0x80) r.skip(length - 0x80U);
  if (r.u8() != 0x02) return false;
  const std::uint8_t id_length = r.u8();
  if (id_length < 1 || id_length > 4) return false;
  r.skip(id_length);
  const std::uint8_t tag = r.u8();
  return r.ok() && ((tag >= 0x60 && tag <= 0x79) || tag == 0x42 || tag == 0x4a || tag == 0x50);
}

/// Negotiation begins with IAC and WILL, WONT, DO or DONT (RFC 854).
bool is_telnet(Bytes b) {
  return b.size() >= 3 && b[0] == 0xff && b[1] >= 0xfb && b[1] <= 0xfe && b[2] < 0x40;
}

/// TPKT version 3 (RFC 1006) around an X.224 connection message: what RDP begins with.
bool is_rdp(Bytes b) {
  ByteReader r(b);
  const std::uint16_t version = r.u16();
  const std::uint16_t length = r.u16();
  const std::uint8_t x224_length = r.u8();
  const std::uint8_t kind = r.u8();
  return r.ok() && version == 0x0300 && length >= 7 && x224_length + 5U <= length &&
         (kind == 0xe0 || kind == 0xd0 || kind == 0xf0 || kind == 0x80);
}

bool is_amqp(Bytes b) { return view(b).starts_with("AMQP"); }
bool is_vnc(Bytes b) { return view(b).starts_with("RFB 0"); }

}  // namespace plaintext

namespace {

/// RFC 8446 §5.1: type 20 to 24, major version 3.
bool is_tls_record(Bytes b) {
  return b.size() >= 3 && b[0] >= 20 && b[0] <= 24 && b[1] == 3 && b[2] <= 4;
}

std::optional<Plaintext> recognise(std::span<const plaintext::Row> table, Bytes first_bytes) {
  if (first_bytes.empty() || is_tls_record(first_bytes)) return std::nullopt;
  const Bytes shown = first_bytes.first(std::min(first_bytes.size(), plaintext::kFirstBytes));
  for (const plaintext::Row& row : table)
    if (row.begins_so(shown)) return Plaintext{row.protocol, printable(first_bytes)};
  return Plaintext{"unknown", printable(first_bytes)};
}

}  // namespace

std::optional<Plaintext> recognise_server_plaintext(Bytes first_bytes) {
  return recognise(plaintext::server_rows(), first_bytes);
}

std::optional<Plaintext> recognise_client_plaintext(Bytes first_bytes) {
  return recognise(plaintext::client_rows(), first_bytes);
}

std::string printable(Bytes bytes, std::size_t most) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) {
    std::string piece;
    switch (byte) {
      case '\r':
        piece = "\\r";
        break;
      case '\n':
        piece = "\\n";
        break;
      case '\t':
        piece = "\\t";
        break;
      case '\\':
        piece = "\\\\";
        break;
      default:
        if (byte >= 0x20 && byte <= 0x7e)
          piece = static_cast<char>(byte);
        else
          piece = {'\\', 'x', kHex[byte >> 4U], kHex[byte & 0x0fU]};
    }
    if (out.size() + piece.size() > most) break;
    out += piece;
  }
  return out;
}

}  // namespace whohungup
