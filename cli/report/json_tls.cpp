// The flow object's "tls": the hellos, alerts and certificates as they stood on the wire.

#include <algorithm>
#include <span>
#include <string_view>

#include "cli/report/json.h"
#include "cli/report/landmarks.h"
#include "cli/report/remembered.h"
#include "cli/report/words.h"
#include "dissect/tls_cipher_suites.h"
#include "dissect/tls_names.h"

namespace whohungup {
namespace {

using json_piece::OrNull;
using json_piece::Ours;
using json_piece::Written;

/// A piece of JSON: "c02f".
auto hex(std::uint16_t number) {
  return Written{4, [number](char* to) { return write_hex(to, 4, number); }};
}

void write_hex_list(JsonWriter& json, std::span<const std::uint16_t> values) {
  json.put("[");
  for (const std::uint16_t& value : values)
    json.put(Ours{&value == values.data() ? "\"" : ",\""}, hex(value), "\"");
  json.put("]");
}

/// The name, if it is known by one.
void write_name(JsonWriter& json, std::string_view known, std::uint16_t number) {
  known.empty() ? json.value(tls::name_of_stranger(number)) : json.word(known);
}

/// Their names, without GREASE, which names nothing (RFC 8701).
void write_names(JsonWriter& json, std::span<const std::uint16_t> values,
                 std::string_view (*known)(std::uint16_t)) {
  json.open_array();
  for (const std::uint16_t value : values)
    if (!tls::is_grease(value)) write_name(json, known(value), value);
  json.close_array();
}

/// Null where nothing is known.
void write_known_name(JsonWriter& json, std::string_view name) {
  name.empty() ? json.value(nullptr) : json.name(name);
}

/// How many records carried a message of that side.
std::uint32_t num_records(const Conversation& talk, const Message& message) {
  const auto carries = [&](const RecordSeen& record) {
    return record.claims == message.claims && record.offset >= message.offset &&
           record.offset < message.offset + static_cast<std::int64_t>(message.wire_bytes);
  };
  return static_cast<std::uint32_t>(
      std::count_if(talk.records.begin(), talk.records.end(), carries));
}

/// wire_bytes without the record headers.
std::uint32_t record_bytes(const Conversation& talk, const Message& message, bool sslv2) {
  constexpr std::uint32_t kSslv2Header = 2;
  if (sslv2) return message.wire_bytes - kSslv2Header;
  // A record that was never completed is not among those that went by; its header is counted.
  const std::uint32_t records = std::max(num_records(talk, message), 1U);
  return message.wire_bytes - records * static_cast<std::uint32_t>(tls::kHeaderSize);
}

/// The first members of a message's object.
void write_first_frame(JsonWriter& json, const Message& message) {
  const bool known = !message.frames.empty();
  json.put(R"("frame":)", OrNull{known, known ? message.frames.front() : FrameNo{}},
           R"(,"frames":)", message.frames);
}

void write_key_shares(JsonWriter& json, const tls::ClientHello& hello) {
  json.put(R"(,"key_shares":[)");
  for (const tls::KeyShare& share : hello.key_shares()) {
    if (tls::is_grease(share.group)) continue;
    write_name(json.open_object().put(R"("group":)"), tls::known_group(share.group), share.group);
    json.put(R"(,"bytes":)", share.size, "}");
  }
  json.put("]");
}

/// The members that all hellos of a kind have in common.
std::string members_of_kind(const tls::ClientHello& hello, const tls::Fingerprints& prints) {
  JsonWriter json;
  json.put(R"(,"cipher_suites":)", hello.cipher_suites.size(), R"(,"groups":)");
  write_names(json, hello.groups(), tls::known_group);
  write_key_shares(json, hello);
  json.put(R"(,"session_id_bytes":)", hello.session_id.size(), R"(,"extensions":)",
           hello.extensions.size(), R"(,"encrypted_client_hello":)", hello.encrypted_client_hello(),
           R"(,"sslv2":)", hello.sslv2, R"(,"ja3":)");
  json.value_or_null(prints.ja3).put(R"(,"ja4":)").value_or_null(prints.ja4);
  return std::string(json.view());
}

/// What it offers: protocols behind TLS, and versions of TLS.
void write_offers(JsonWriter& json, const tls::ClientHello& hello) {
  json.put(R"(,"alpn":[)");
  if (const tls::Extension* protocols = hello.find(tls::extension::kAlpn))
    tls::for_each_protocol_name(protocols->body, [&](std::string_view name) { json.name(name); });
  json.put(R"(],"versions":)");
  const tls::Numbers versions = hello.versions();
  write_names(json, versions, tls::known_version);
  json.put(R"(,"legacy_version":")", hex(hello.legacy_version), R"(","supported_versions":)");
  if (hello.find(tls::extension::kSupportedVersions) == nullptr)
    json.value(nullptr);
  else
    write_hex_list(json, versions);
}

void write_client_hello(JsonWriter& json, const Conversation& talk, Remembered& remembered) {
  const Message* message = find_hello(talk);
  if (message == nullptr) {
    json.value(nullptr);
    return;
  }
  const auto& hello = std::get<tls::ClientHello>(message->what);
  json.put(R"({"bytes_on_wire":)", message->wire_bytes, R"(,"record_bytes":)",
           record_bytes(talk, *message, hello.sslv2), R"(,"complete":)", !hello.cut, ",");
  write_first_frame(json, *message);
  json.put(R"(,"offset":)", message->offset, R"(,"sni":)").name_or_null(hello.sni_here());
  write_offers(json, hello);
  json.text(remembered.hellos.of(
      hello, [&](const tls::Fingerprints& prints) { return members_of_kind(hello, prints); }));
  json.put("}");
}

void write_server_hello(JsonWriter& json, const Conversation& talk) {
  const Message* message = talk.first<tls::ServerHello>(Side::Server);
  if (message == nullptr) {
    json.value(nullptr);
    return;
  }
  const auto& hello = std::get<tls::ServerHello>(message->what);
  write_first_frame(json.put("{"), *message);
  const std::uint16_t version = hello.version(), suite = hello.cipher_suite;
  write_name(json.put(R"(,"version":)"), tls::known_version(version), version);
  json.put(R"(,"cipher":")", hex(suite), R"(","cipher_name":)");
  write_name(json, tls::known_cipher_suite(suite), suite);
  json.put(R"(,"alpn":)").name_or_null(hello.alpn_here());
  json.put(R"(,"hello_retry":)", hello.is_hello_retry_request(), R"(,"group":)");
  const auto group = hello.selected_group();
  group ? write_name(json, tls::known_group(*group), *group) : void(json.value(nullptr));
  json.put("}");
}

void write_alert(JsonWriter& json, const Message& message, const tls::Alert* alert) {
  json.open_object().put(R"("by":")", Ours{word_for(message.claims)}, R"(",)");
  write_first_frame(json, message);
  if (alert == nullptr)
    json.field("level", nullptr).field("description", nullptr).field("name", nullptr);
  else
    json.field("level", alert->level)
        .field("description", alert->description)
        .field("name", tls::name(*alert));
  json.field("encrypted", alert == nullptr).field("opened", message.opened);
  json.close_object();
}

void write_alerts(JsonWriter& json, const Conversation& talk) {
  json.put(R"(,"alerts":[)");
  for (const Message& message : talk.messages) {
    const auto* sealed = std::get_if<Message::Sealed>(&message.what);
    if (const auto* alert = std::get_if<tls::Alert>(&message.what))
      write_alert(json, message, alert);
    else if (sealed != nullptr && sealed->type == tls::ContentType::Alert)
      write_alert(json, message, nullptr);
  }
  json.close_array();
}

void write_certificate(JsonWriter& json, Side by, const tls::Certificate& certificate) {
  json.open_object().put(R"("by":")", Ours{word_for(by)}, R"(","subject":)");
  write_known_name(json, certificate.subject);
  write_known_name(json.put(R"(,"issuer":)"), certificate.issuer);
  json.put(R"(,"serial":)").value_or_null(certificate.serial);
  json.put(R"(,"not_before":)").value_or_null(certificate.not_before);
  json.put(R"(,"not_after":)").value_or_null(certificate.not_after);
  json.put(R"(,"names":[)");
  for (const std::string& name : certificate.names) json.name(name);
  json.put(R"(],"self_issued":)", certificate.self_issued, R"(,"readable":)", certificate.readable,
           "}");
}

void write_certificates(JsonWriter& json, const Conversation& talk) {
  json.put(R"(,"certificates":[)");
  for (const Message& message : talk.messages)
    if (const auto* chain = std::get_if<std::vector<tls::Certificate>>(&message.what))
      for (const tls::Certificate& certificate : *chain)
        write_certificate(json, message.claims, certificate);
  json.put("]");
}

void write_dialogue(JsonWriter& json, const Rare<Dialogue>& dialogue) {
  json.key("starttls");
  if (!dialogue) {
    json.value(nullptr);
    return;
  }
  json.open_object().field("protocol", dialogue->protocol);
  json.field("banner_seen", dialogue->banner_seen).field("offered", dialogue->offered);
  json.field("asked", dialogue->asked).field("granted", dialogue->granted);
  json.field("refused", dialogue->refused).field("turned_away", dialogue->turned_away);
  json.field("inspected", dialogue->inspected);
  json.key("steps").open_array();
  for (const DialogueStep& step : dialogue->steps) {
    json.open_object().field("by", word_for(step.from_client ? Side::Client : Side::Server));
    json.field("bytes", step.bytes).field("text", step.text).close_object();
  }
  json.close_array().close_object();
}

void write_named(JsonWriter& json, std::string_view name,
                 const std::optional<ProxyHeader::Named>& endpoint) {
  json.key(name);
  if (!endpoint) {
    json.value(nullptr);
    return;
  }
  json.open_object().field("ip", endpoint->ip).field("port", endpoint->port).close_object();
}

void write_proxy_header(JsonWriter& json, const Rare<ProxyHeader>& header) {
  json.key("proxy_header");
  if (!header) {
    json.value(nullptr);
    return;
  }
  json.open_object().field("version", header->version).field("bytes", header->bytes);
  write_named(json, "source", header->source);
  write_named(json, "destination", header->destination);
  json.close_object();
}

void write_plaintext(JsonWriter& json, std::string_view name, const Rare<Plaintext>& plaintext) {
  json.key(name);
  if (!plaintext) {
    json.value(nullptr);
    return;
  }
  json.open_object().field("protocol", plaintext->protocol);
  json.field("excerpt", plaintext->excerpt).close_object();
}

}  // namespace

void write_tls(JsonWriter& json, const Conversation& talk, Remembered& remembered) {
  write_client_hello(json.put(R"({"client_hello":)"), talk, remembered);
  write_server_hello(json.put(R"(,"server_hello":)"), talk);
  json.put(R"(,"server_reply":)").value_or_null(server_reply(talk));
  write_alerts(json, talk);
  write_certificates(json, talk);
  write_dialogue(json, talk.dialogue);
  write_proxy_header(json, talk.proxy_header);
  write_plaintext(json, "server_plaintext", talk.server_plaintext);
  write_plaintext(json, "client_plaintext", talk.client_plaintext);
  json.put(R"(,"finished_frame":)", OrNull{talk.finished(), talk.finished_frame},
           R"(,"records_opened":)", talk.records_opened, "}");
}

}  // namespace whohungup
