// Dialogues made of marked-up text: xmpp in XML, http-connect in header lines.
#include <algorithm>

#include "dissect/dialogue_readers.h"
#include "dissect/plaintext.h"
#include "dissect/plaintext_text.h"

namespace whohungup::dialogues {
namespace {

using text::contains;
using text::view;

bool is_xmpp(const std::optional<Plaintext>& named) { return named && named->protocol == "xmpp"; }

Bytes from(Bytes bytes, std::size_t at) { return bytes.subspan(std::min(at, bytes.size())); }

/// A guard for loops over messages: more than this is no dialogue any more.
constexpr int kMostMessages = 64;

std::string excerpt(std::string_view s) {
  return printable({reinterpret_cast<const std::uint8_t*>(s.data()), s.size()});
}

// ---- xmpp

/// One stanza: an element at the top of the stream, or the stream's own opening tag.
struct Stanza {
  std::size_t offset{};
  std::string_view text;
};

/// One past the '>' of the tag at `at`, quotes respected; npos if the tag is not complete.
std::size_t past_tag(std::string_view xml, std::size_t at) {
  char quote = 0;
  for (; at < xml.size(); ++at) {
    const char c = xml[at];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

std::vector<Stanza> stanzas(Bytes bytes) {
  const std::string_view xml = view(bytes);
  std::vector<Stanza> out;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t at = xml.find('<'); at != std::string_view::npos && out.size() < kMostMessages;
       at = xml.find('<', at)) {
    const std::size_t end = past_tag(xml, at);
    if (end == std::string_view::npos) break;
    const std::string_view tag = xml.substr(at, end - at);
    const bool opens_stream = tag.starts_with("<stream:stream") || tag.starts_with("<?xml");
    if (tag.starts_with("</"))
      --depth;
    else if (!tag.ends_with("/>") && !opens_stream)
      ++depth;
    at = end;
    if (depth > 0) continue;
    depth = 0;
    out.push_back({begin, xml.substr(begin, end - begin)});
    begin = end;
  }
  if (begin < xml.size()) out.push_back({begin, xml.substr(begin)});
  return out;
}

}  // namespace

/// RFC 6120 §5.4: <starttls/> is answered with <proceed/> or <failure/>.
std::optional<Dialogue> xmpp(Bytes from_client, Bytes from_server) {
  const bool client = is_xmpp(recognise_client_plaintext(from_client));
  const bool server = is_xmpp(recognise_server_plaintext(from_server));
  const bool could_be = from_server.empty() || from_server[0] == '<';
  if (!server && (!client || !could_be)) return std::nullopt;
  Dialogue dialogue = begun("xmpp", from_client, from_server);
  Steps steps(dialogue);
  for (const Stanza& stanza : stanzas(from_client)) {
    const bool complete = stanza.text.ends_with('>');
    const bool asks = complete && stanza.text.starts_with("<starttls");
    steps.add(true, stanza.offset, stanza.text.size(), excerpt(stanza.text), asks);
    if (stanza.text.starts_with("<auth") || stanza.text.starts_with("<iq"))
      dialogue.went_on_without_tls = true;
    if (!asks) continue;
    dialogue.asked = true;
    dialogue.client_end = static_cast<std::int64_t>(stanza.offset + stanza.text.size());
    break;
  }
  for (const Stanza& stanza : stanzas(from_server)) {
    const bool proceeds = dialogue.asked && stanza.text.starts_with("<proceed");
    const bool leaves = stanza.text.starts_with("<stream:error");
    const bool fails = leaves || (dialogue.asked && stanza.text.starts_with("<failure"));
    steps.add(false, stanza.offset, stanza.text.size(), excerpt(stanza.text), proceeds || fails);
    if (contains(stanza.text, "<starttls")) dialogue.offered = true;
    if (fails && !dialogue.refused && !dialogue.turned_away)
      dialogue.no_at = static_cast<std::int64_t>(stanza.offset);
    if (fails) (dialogue.asked ? dialogue.refused : dialogue.turned_away) = true;
    if (!proceeds) continue;
    dialogue.granted = true;
    dialogue.server_end = static_cast<std::int64_t>(stanza.offset + stanza.text.size());
    break;
  }
  return dialogue;
}

// ---- http-connect

namespace {

/// One request or answer up to its empty line, and the body its Content-Length announces.
struct HttpHead {
  std::string_view first_line;
  std::size_t size{};
  std::size_t body{};
};

std::optional<HttpHead> http_head(std::string_view s) {
  const std::size_t end = s.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  HttpHead head{text::first_line(s), end + 4, 0};
  for (std::string_view rest = s.substr(0, end + 2); !rest.empty();) {
    const std::size_t line_end = rest.find("\r\n") + 2;
    std::string_view line = rest.substr(0, line_end);
    rest.remove_prefix(line_end);
    constexpr std::string_view kLength = "content-length:";
    if (!text::begins(line, kLength)) continue;
    head.body = 0;
    for (const char c : text::trimmed(line.substr(kLength.size()))) {
      if (!text::is_digit(c) || head.body > 1'000'000) break;  // beyond any stream kept
      head.body = head.body * 10 + static_cast<std::size_t>(c - '0');
    }
  }
  return head;
}

}  // namespace

/// RFC 9110 §9.3.6. A proxy may answer 407 first; the client then asks again with credentials.
std::optional<Dialogue> http_connect(Bytes from_client, Bytes from_server) {
  if (!view(from_client).starts_with("CONNECT ")) return std::nullopt;
  if (!from_server.empty() && !view(from_server).starts_with("HTTP/")) return std::nullopt;
  Dialogue dialogue = begun("http-connect", from_client, from_server);
  Steps steps(dialogue);
  std::size_t client_at = 0;
  std::size_t server_at = 0;
  for (int i = 0; i < kMostMessages && view(from(from_client, client_at)).starts_with("CONNECT ");
       ++i) {
    const auto request = http_head(view(from(from_client, client_at)));
    if (!request) break;
    dialogue.asked = true;
    dialogue.refused = false;
    steps.add(true, client_at, request->size, excerpt(request->first_line), true);
    client_at += request->size;
    const auto answer = http_head(view(from(from_server, server_at)));
    if (!answer) break;
    steps.add(false, server_at, answer->size, excerpt(answer->first_line), true);
    server_at += answer->size;
    std::string_view rest = answer->first_line;
    text::next_word(rest);
    const int code = text::reply_code(text::trimmed(rest));
    dialogue.granted = code / 100 == 2;
    dialogue.refused = code >= 300;
    dialogue.no_at = static_cast<std::int64_t>(server_at - answer->size);
    if (dialogue.granted) break;
    server_at += answer->body;
  }
  if (!dialogue.granted) return dialogue;
  dialogue.client_end = static_cast<std::int64_t>(client_at);
  dialogue.server_end = static_cast<std::int64_t>(server_at);
  return dialogue;
}

}  // namespace whohungup::dialogues
