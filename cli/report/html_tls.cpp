// The section that decodes what was said: the ClientHello, the answer, alerts, and a plaintext
// dialogue before them.

#include <fmt/core.h>

#include <algorithm>

#include "cli/report/escape.h"
#include "cli/report/html_sections.h"
#include "cli/report/landmarks.h"
#include "cli/report/words.h"
#include "dissect/tls_names.h"

namespace whohungup {
namespace {

template <class List, class Name>
std::string joined(const List& list, Name&& name) {
  std::string text;
  for (const auto& one : list) text += fmt::format("{}{}", text.empty() ? "" : ", ", name(one));
  return text;
}

std::string same(const std::string& name) { return ascii_only(name); }

std::string long_list(std::string_view term, std::size_t size, const std::string& text) {
  if (size == 0) return {};
  return html_raw_entry(
      term, fmt::format("<details><summary>{}</summary>{}</details>", size, html_text(text)));
}

std::string client_hello(const Message& message) {
  const auto& hello = std::get<tls::ClientHello>(message.what);
  std::string out = "<h3>ClientHello</h3>\n<dl>\n";
  out += html_entry("Size", fmt::format("{} on the wire, {}", counted(message.wire_bytes, "byte"),
                                        html_frames(message.frames)));
  if (hello.cut) out += html_entry("Note", "not all of it could be read: cut, or malformed");
  out += html_entry("Server name (SNI)", ascii_only(hello.sni().value_or("not sent")));
  out += html_entry("Versions", joined(hello.versions(), tls::version_name));
  out += html_entry("ALPN", joined(hello.alpn(), same));
  out += html_entry("Groups", joined(hello.groups(), tls::group_name));
  out += html_entry("Key shares", joined(hello.key_shares(), [](const tls::KeyShare& share) {
                      return fmt::format("{} ({})", tls::group_name(share.group),
                                         counted(share.size, "byte"));
                    }));
  out += long_list("Cipher suites", hello.cipher_suites.size(),
                   joined(hello.cipher_suites, tls::cipher_suite_name));
  out += long_list("Signature schemes", hello.signature_algorithms().size(),
                   joined(hello.signature_algorithms(), tls::signature_scheme_name));
  out += long_list("Extensions, in order", hello.extensions.size(),
                   joined(hello.extensions, [](const tls::Extension& extension) {
                     return fmt::format("{} ({})", tls::extension_name(extension.type),
                                        counted(extension.body.size(), "byte"));
                   }));
  out += html_entry("Session id", counted(hello.session_id.size(), "byte"));
  if (hello.encrypted_client_hello()) out += html_entry("Encrypted ClientHello", "offered");
  out += html_entry("JA4", hello.ja4()) + html_entry("JA3", hello.ja3());
  return out + "</dl>\n";
}

std::string server_hello(const Message& message) {
  const auto& hello = std::get<tls::ServerHello>(message.what);
  std::string out = fmt::format(
      "<h3>{}</h3>\n<dl>\n", hello.is_hello_retry_request() ? "HelloRetryRequest" : "ServerHello");
  out += html_entry("Frames", html_frames(message.frames));
  out += html_entry("Version", tls::version_name(hello.version()));
  out += html_entry("Cipher suite", tls::cipher_suite_name(hello.cipher_suite));
  if (const auto group = hello.selected_group())
    out += html_entry("Group", tls::group_name(*group));
  if (const auto alpn = hello.alpn()) out += html_entry("ALPN", ascii_only(*alpn));
  return out + "</dl>\n";
}

std::string certificates(const std::vector<tls::Certificate>& chain) {
  std::string out;
  for (const tls::Certificate& one : chain) {
    out += "<h3>Certificate</h3>\n<dl>\n";
    out += html_entry("Subject", one.subject) + html_entry("Issuer", one.issuer);
    out += html_entry("Names", joined(one.names, same));
    out += html_entry("Valid", fmt::format("{} to {}", one.not_before, one.not_after));
    out += "</dl>\n";
  }
  return out;
}

std::string alert(const Message& message) {
  std::string text;
  if (const auto* open = std::get_if<tls::Alert>(&message.what))
    text = fmt::format("{} {} ({}), {}", open->fatal() ? "fatal" : "warning", name(*open),
                       open->description, html_frames(message.frames));
  else
    text = fmt::format("encrypted, {}", html_frames(message.frames));
  return html_entry(
      message.claims == Side::Client ? "From the client's address" : "From the server's address",
      text);
}

std::string alerts(const Conversation& talk) {
  std::string out;
  for (const Message& message : talk.messages) {
    const auto* sealed = std::get_if<Message::Sealed>(&message.what);
    if (std::holds_alternative<tls::Alert>(message.what) ||
        (sealed != nullptr && sealed->type == tls::ContentType::Alert))
      out += alert(message);
  }
  return out.empty() ? out : "<h3>Alerts</h3>\n<dl>\n" + out + "</dl>\n";
}

std::string dialogue(const Dialogue& said) {
  std::string out = fmt::format("<h3>Before TLS: {}</h3>\n<dl>\n", html_text(said.protocol));
  for (const DialogueStep& step : said.steps)
    out += html_entry(step.from_client ? "Client" : "Server", step.text);
  return out + "</dl>\n";
}

}  // namespace

std::string html_tls(const JudgedFlow& flow) {
  const Conversation& talk = flow.talk;
  std::string out;
  if (talk.dialogue) out += dialogue(*talk.dialogue);
  for (const Message& message : talk.messages) {
    if (std::holds_alternative<tls::ClientHello>(message.what)) out += client_hello(message);
    if (std::holds_alternative<tls::ServerHello>(message.what)) out += server_hello(message);
    if (const auto* chain = std::get_if<std::vector<tls::Certificate>>(&message.what))
      out += certificates(*chain);
  }
  if (talk.server_plaintext && !talk.dialogue)
    out += "<h3>The server's answer is not TLS</h3>\n<dl>\n" +
           html_entry("Looks like", talk.server_plaintext->protocol) +
           html_entry("Begins", talk.server_plaintext->excerpt) + "</dl>\n";
  out += alerts(talk);
  if (out.empty()) out = "<p>Not a byte of TLS was sent.</p>\n";
  return html_heading("tls", "TLS, as far as it got") + out;
}

}  // namespace whohungup
