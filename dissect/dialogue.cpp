#include "dissect/dialogue.h"

#include <algorithm>

#include "dissect/dialogue_readers.h"
#include "dissect/plaintext.h"
#include "dissect/plaintext_text.h"
#include "dissect/proxy_header.h"

namespace whohungup {
namespace {

using Reader = std::optional<Dialogue> (*)(Bytes from_client, Bytes from_server);

/// In this order: the strict formats first, the lines of text last.
constexpr Reader kReaders[] = {dialogues::postgres, dialogues::ldap,         dialogues::mysql,
                               dialogues::xmpp,     dialogues::http_connect, dialogues::lines};

constexpr std::size_t kLongestRequest = 128;  // STARTTLS with the longest tag, <starttls …/>

Bytes tail(Bytes bytes, std::size_t most) { return bytes.last(std::min(bytes.size(), most)); }

/// STARTTLS, STLS, AUTH TLS, or "tag STARTTLS": the last line, if it is complete.
bool asks_in_a_line(Bytes from_client) {
  std::string_view s = text::view(tail(from_client, kLongestRequest));
  if (!s.ends_with('\n')) return false;
  s = text::trimmed(s);
  const std::size_t before = s.rfind('\n');
  std::string_view line = text::trimmed(before == std::string_view::npos ? s : s.substr(before));
  const std::string_view first = text::next_word(line);
  const std::string_view rest = text::trimmed(line);
  if (rest.empty()) return text::equals(first, "STARTTLS") || text::equals(first, "STLS");
  if (text::equals(rest, "STARTTLS")) return true;
  if (!text::equals(first, "AUTH")) return false;
  return text::equals(rest, "TLS") || text::equals(rest, "SSL") || text::equals(rest, "TLS-C") ||
         text::equals(rest, "TLS-P");
}

bool ends_in(Bytes from_client, std::string_view end) {
  return text::view(from_client).ends_with(end);
}

bool asks_in_xml(Bytes from_client) {
  const std::string_view s = text::view(tail(from_client, kLongestRequest));
  return s.ends_with('>') && s.find("<starttls") != std::string_view::npos;
}

/// The 36 bytes of an SSLRequest: length 32, sequence 1, the CLIENT_SSL capability.
bool is_mysql_request(Bytes from_client) {
  constexpr std::string_view kHeader{"\x20\x00\x00\x01", 4};
  return from_client.size() == 36 && text::view(from_client).starts_with(kHeader) &&
         (from_client[5] & 0x08U) != 0;
}

Dialogue behind(Dialogue dialogue, Bytes header) {
  const auto length = static_cast<std::int64_t>(header.size());
  dialogue.client_end += length;
  if (dialogue.goodbye_at) *dialogue.goodbye_at += length;
  for (DialogueStep& step : dialogue.steps)
    if (step.from_client) step.offset += length;
  dialogue.steps.insert(dialogue.steps.begin(),
                        {true, 0, static_cast<std::uint32_t>(length), printable(header)});
  if (dialogue.steps.size() > 32) dialogue.steps.pop_back();
  return dialogue;
}

}  // namespace

std::optional<Dialogue> recognise_dialogue(Bytes from_client, Bytes from_server) {
  // A load balancer may have put a PROXY header in front of what the client says.
  const auto proxy = read_proxy_header(from_client);
  const Bytes header = from_client.first(proxy ? proxy->bytes : 0);
  for (const Reader read : kReaders)
    if (auto dialogue = read(from_client.subspan(header.size()), from_server))
      return header.empty() ? dialogue : behind(*std::move(dialogue), header);
  return std::nullopt;
}

std::string_view usual_dialogue(std::uint16_t port) {
  switch (port) {
    case 25:
    case 587:
      return "smtp";
    case 143:
      return "imap";
    case 110:
      return "pop3";
    case 21:
      return "ftp";
    case 389:
      return "ldap";
    case 5222:
      return "xmpp";
    case 4190:
      return "sieve";
    case 119:
      return "nntp";
    case 5432:
      return "postgres";
    case 3306:
      return "mysql";
    default:
      return {};
  }
}

bool mentions_starttls(Bytes from_client) {
  constexpr std::string_view kPostgres{"\x00\x00\x00\x08\x04\xd2\x16\x2f", 8};
  constexpr std::string_view kLdap{
      "\x80\x16"
      "1.3.6.1.4.1.1466.20037",
      24};
  if (asks_in_a_line(from_client) || ends_in(from_client, kPostgres) ||
      ends_in(from_client, kLdap) || asks_in_xml(from_client) || is_mysql_request(from_client))
    return true;
  return text::view(from_client).starts_with("CONNECT ") && ends_in(from_client, "\r\n\r\n");
}

}  // namespace whohungup
