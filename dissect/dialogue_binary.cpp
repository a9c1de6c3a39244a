// Dialogues made of binary messages: postgres, mysql, ldap.
#include <algorithm>

#include "dissect/dialogue_readers.h"
#include "dissect/plaintext.h"
#include "dissect/plaintext_text.h"

namespace whohungup::dialogues {
namespace {

using text::view;

bool is(const std::optional<Plaintext>& named, std::string_view protocol) {
  return named && named->protocol == protocol;
}

Bytes from(Bytes bytes, std::size_t at) { return bytes.subspan(std::min(at, bytes.size())); }

/// A guard for loops over messages: more than this is no dialogue any more.
constexpr int kMostMessages = 64;

// ---- postgres

/// The message field of an ErrorResponse, or of the untyped error of old servers.
std::string postgres_error(Bytes bytes) {
  const std::string_view s = view(bytes);
  const std::size_t message = s.find(std::string_view{"\0M", 2});
  std::string_view shown = s.substr(message == std::string_view::npos ? 1 : message + 2);
  shown = shown.substr(0, shown.find('\0'));
  return "error: " +
         printable({reinterpret_cast<const std::uint8_t*>(shown.data()), shown.size()}, 72);
}

constexpr std::uint32_t kSslRequest = 80877103;
constexpr std::uint32_t kGssEncRequest = 80877104;

std::string_view postgres_request_name(std::uint32_t code) {
  switch (code) {
    case kSslRequest:
      return "SSLRequest";
    case kGssEncRequest:
      return "GSSENCRequest";
    case 80877102:
      return "CancelRequest";
    default:
      return "StartupMessage";
  }
}

}  // namespace

/// The client asks (SSLRequest, perhaps a GSSENCRequest before it); each request is answered with
/// one byte, S, G or N, or with an error (PostgreSQL documentation §55.2.10).
std::optional<Dialogue> postgres(Bytes from_client, Bytes from_server) {
  if (!is(recognise_client_plaintext(from_client), "postgres")) return std::nullopt;
  Dialogue dialogue = begun("postgres", from_client, from_server);
  Steps steps(dialogue);
  std::size_t client_at = 0;
  std::size_t server_at = 0;
  for (int i = 0; i < kMostMessages && client_at < from_client.size(); ++i) {
    ByteReader r(from(from_client, client_at));
    const std::uint32_t length = r.u32();
    const std::uint32_t code = r.u32();
    if (!r.ok() || length < 8) break;
    const bool asks_ssl = code == kSslRequest;
    const bool upgrades = asks_ssl || code == kGssEncRequest;
    const std::size_t size = std::min<std::size_t>(length, from_client.size() - client_at);
    steps.add(true, client_at, size, std::string(postgres_request_name(code)), upgrades);
    client_at += size;
    if (asks_ssl) dialogue.asked = true;
    if (!upgrades) {
      dialogue.went_on_without_tls = true;
      break;
    }
    if (server_at >= from_server.size()) continue;
    const char answer = static_cast<char>(from_server[server_at]);
    if (answer == 'E') {
      dialogue.refused = asks_ssl || dialogue.asked;
      dialogue.turned_away = !dialogue.refused;
      dialogue.no_at = static_cast<std::int64_t>(server_at);
      steps.add(false, server_at, from_server.size() - server_at,
                postgres_error(from(from_server, server_at)), true);
      return dialogue;
    }
    steps.add(false, server_at, 1, printable(from_server.subspan(server_at, 1)), true);
    if (asks_ssl) dialogue.no_at = static_cast<std::int64_t>(server_at);
    ++server_at;
    if (!asks_ssl) continue;
    dialogue.granted = answer == 'S';
    dialogue.refused = answer == 'N';
    if (!dialogue.granted) continue;
    dialogue.client_end = static_cast<std::int64_t>(client_at);
    dialogue.server_end = static_cast<std::int64_t>(server_at);
    return dialogue;
  }
  return dialogue;
}

// ---- mysql

namespace {

constexpr std::uint32_t kClientSsl = 0x0800;

struct MysqlPacket {
  std::size_t size{};  // header included
  Bytes body;
};

std::optional<MysqlPacket> mysql_packet(Bytes bytes) {
  if (bytes.size() < 5) return std::nullopt;
  const std::size_t length = bytes[0] + 256U * bytes[1] + 65536U * bytes[2];
  const Bytes body = bytes.subspan(4, std::min(length, bytes.size() - 4));
  if (body.empty()) return std::nullopt;
  return MysqlPacket{4 + body.size(), body};
}

struct MysqlGreeting {
  std::string version;
  std::uint32_t capabilities{};
};

/// Protocol 10: version text, thread, 8 bytes of nonce, a filler, then the lower capabilities.
MysqlGreeting mysql_greeting(Bytes body) {
  const std::string_view s = view(body).substr(1);
  const std::size_t end = std::min(s.find('\0'), s.size());
  MysqlGreeting greeting{printable(body.subspan(1, end), 40), 0};
  const Bytes rest = from(body, 1 + end + 1 + 4 + 8 + 1);
  if (rest.size() >= 2) greeting.capabilities = rest[0] + 256U * rest[1];
  return greeting;
}

/// An error packet: number (little endian), perhaps # and an SQL state, then text.
std::string mysql_error(Bytes body) {
  Bytes message = from(body, 3);
  if (!message.empty() && message[0] == '#') message = from(message, 6);
  return "error: " + printable(message, 72);
}

/// An SSLRequest is the head of a HandshakeResponse and nothing behind it: 32 bytes, or 5 of the
/// protocol before 4.1.
bool is_mysql_ssl_request(Bytes body) {
  if (body.size() != 32 && body.size() != 5) return false;
  return ((body[0] + 256U * body[1]) & kClientSsl) != 0;
}

/// The server's greeting with its capabilities; what it said there stands as the answer later.
void read_mysql_server(Dialogue& dialogue, Steps& steps, Bytes from_server) {
  const auto first = mysql_packet(from_server);
  if (!first) return;
  dialogue.banner_seen = true;
  if (first->body[0] == 0xff) {
    dialogue.turned_away = true;
    steps.add(false, 0, first->size, mysql_error(first->body));
    return;
  }
  const MysqlGreeting greeting = mysql_greeting(first->body);
  dialogue.offered = (greeting.capabilities & kClientSsl) != 0;
  steps.add(false, 0, first->size,
            "greeting " + greeting.version + (dialogue.offered ? ", offers TLS" : ", no TLS"));
}

}  // namespace

std::optional<Dialogue> mysql(Bytes from_client, Bytes from_server) {
  const bool server = is(recognise_server_plaintext(from_server), "mysql");
  const bool client = is(recognise_client_plaintext(from_client), "mysql");
  if (!server && (!client || !from_server.empty())) return std::nullopt;
  Dialogue dialogue = begun("mysql", from_client, from_server);
  Steps steps(dialogue);
  read_mysql_server(dialogue, steps, from_server);
  const auto request = mysql_packet(from_client);
  if (!request) return dialogue;
  dialogue.asked = is_mysql_ssl_request(request->body);
  dialogue.went_on_without_tls = !dialogue.asked;
  steps.add(true, 0, request->size, dialogue.asked ? "SSLRequest" : "HandshakeResponse", true);
  if (!dialogue.asked) return dialogue;
  dialogue.client_end = static_cast<std::int64_t>(request->size);
  dialogue.granted = dialogue.offered;
  const std::size_t greeting = server ? mysql_packet(from_server)->size : 0;
  if (const auto answer = mysql_packet(from(from_server, greeting))) {
    dialogue.granted = false;
    dialogue.refused = answer->body[0] == 0xff;
    dialogue.no_at = static_cast<std::int64_t>(greeting);
    steps.add(false, greeting, answer->size,
              dialogue.refused ? mysql_error(answer->body) : printable(answer->body), true);
  }
  return dialogue;
}

// ---- ldap

namespace {

constexpr std::string_view kStartTls = "1.3.6.1.4.1.1466.20037";

/// The content of one BER element, whose tag it must have; fails the reader otherwise.
Bytes ber(ByteReader& r, std::uint8_t tag) {
  if (r.u8() != tag) return r.take(SIZE_MAX);
  std::size_t length = r.u8();
  if (length > 0x84) return r.take(SIZE_MAX);
  if (length > 0x80) {
    std::size_t octets = length - 0x80;
    for (length = 0; octets > 0; --octets) length = (length << 8U) | r.u8();
  }
  return r.take(length);
}

struct LdapMessage {
  std::size_t size{};
  std::uint8_t operation{};  // the APPLICATION tag
  Bytes content;
};

std::optional<LdapMessage> ldap_message(Bytes bytes) {
  ByteReader outer(bytes);
  ByteReader inner(ber(outer, 0x30));
  ber(inner, 0x02);
  if (!inner.more()) return std::nullopt;
  const std::uint8_t operation = inner.rest()[0];
  const Bytes content = ber(inner, operation);
  if (!inner.ok()) return std::nullopt;
  return LdapMessage{bytes.size() - outer.left(), operation, content};
}

constexpr std::uint8_t kExtendedRequest = 0x77;
constexpr std::uint8_t kExtendedResponse = 0x78;

bool is_start_tls(const LdapMessage& message) {
  ByteReader r(message.content);
  return message.operation == kExtendedRequest && view(ber(r, 0x80)) == kStartTls;
}

/// Sent unasked by a server that is about to close the connection (RFC 4511 §4.4.1).
bool is_disconnection(const LdapMessage& message) {
  return view(message.content).find("1.3.6.1.4.1.1466.20036") != std::string_view::npos;
}

std::string ldap_name(const LdapMessage& message) {
  switch (message.operation) {
    case 0x60:
      return "bindRequest";
    case 0x61:
      return "bindResponse";
    case 0x42:
      return "unbindRequest";
    case 0x63:
      return "searchRequest";
    case 0x64:
      return "searchResultEntry";
    case 0x65:
      return "searchResultDone";
    case kExtendedRequest:
      return is_start_tls(message) ? "extendedReq StartTLS" : "extendedReq";
    case kExtendedResponse:
      return "extendedResp";
    default:
      return "LDAP message";
  }
}

void read_ldap_client(Dialogue& dialogue, Steps& steps, Bytes from_client) {
  std::size_t at = 0;
  for (int i = 0; i < kMostMessages; ++i) {
    const auto message = ldap_message(from(from_client, at));
    if (!message) return;
    const bool asks = is_start_tls(*message);
    steps.add(true, at, message->size, ldap_name(*message), asks);
    at += message->size;
    if (asks) {
      dialogue.asked = true;
      dialogue.client_end = static_cast<std::int64_t>(at);
      return;
    }
    constexpr std::uint8_t kUnbindRequest = 0x42;
    if (message->operation == kUnbindRequest)
      dialogue.goodbye_at = static_cast<std::int64_t>(at - message->size);
    // A client may bind or look at the root entry first and ask afterwards.
    dialogue.went_on_without_tls = true;
  }
}

/// LDAPResult: resultCode, matchedDN, diagnosticMessage (RFC 4511 §4.1.9).
void read_ldap_server(Dialogue& dialogue, Steps& steps, Bytes from_server) {
  std::size_t at = 0;
  for (int i = 0; i < kMostMessages; ++i) {
    const auto message = ldap_message(from(from_server, at));
    if (!message) return;
    std::string said = ldap_name(*message);
    if (message->operation == kExtendedResponse) {
      ByteReader r(message->content);
      const Bytes code = ber(r, 0x0a);
      ber(r, 0x04);
      const Bytes diagnostic = ber(r, 0x04);
      const bool success = !code.empty() && code[0] == 0;
      dialogue.granted = dialogue.asked && success;
      dialogue.refused = dialogue.asked && !success;
      dialogue.turned_away = !dialogue.asked && is_disconnection(*message);
      dialogue.no_at = static_cast<std::int64_t>(at);
      if (!code.empty()) said.append(" resultCode ").append(std::to_string(code[0]));
      if (!diagnostic.empty()) said.append(" ").append(printable(diagnostic, 48));
    }
    steps.add(false, at, message->size, said, message->operation == kExtendedResponse);
    at += message->size;
    if (dialogue.granted) dialogue.server_end = static_cast<std::int64_t>(at);
    if (dialogue.granted) return;
  }
}

}  // namespace

std::optional<Dialogue> ldap(Bytes from_client, Bytes from_server) {
  const auto client = from_client.empty() ? ldap_message(from_server) : ldap_message(from_client);
  const bool named = is(recognise_client_plaintext(from_client), "ldap") ||
                     is(recognise_server_plaintext(from_server), "ldap");
  if (!client || !named) return std::nullopt;
  Dialogue dialogue = begun("ldap", from_client, from_server);
  Steps steps(dialogue);
  read_ldap_client(dialogue, steps, from_client);
  read_ldap_server(dialogue, steps, from_server);
  if (dialogue.asked) dialogue.went_on_without_tls = false;
  return dialogue;
}

}  // namespace whohungup::dialogues
