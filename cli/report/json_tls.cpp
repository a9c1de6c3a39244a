// The flow object's "tls": the hellos, alerts and certificates as they stood on the wire.

#include <algorithm>
#include <span>
#include <string_view>

#include "cli/report/json.h"
#include "cli/report/landmarks.h"
#include "cli/report/remembered.h"
#include "cli/report/words.h"
#include "dissect/tls_names.h"

namespace whohungup {
namespace {

std::string hex(std::uint16_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {kDigits[value >> 12U], kDigits[(value >> 8U) & 0xfU], kDigits[(value >> 4U) & 0xfU],
          kDigits[value & 0xfU]};
}

void write_hex_list(JsonWriter& json, std::span<const std::uint16_t> values) {
  json.open_array();
  for (const std::uint16_t value : values) json.value(hex(value));
  json.close_array();
}

/// Their names, without GREASE, which names nothing (RFC 8701).
void write_names(JsonWriter& json, std::span<const std::uint16_t> values,
                 std::string (*name)(std::uint16_t)) {
  json.open_array();
  for (const std::uint16_t value : values)
    if (!tls::is_grease(value)) json.value(name(value));
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

void write_first_frame(JsonWriter& json, const Message& message) {
  json.key("frame");
  message.frames.empty() ? json.value(nullptr) : json.value(message.frames.front());
  json.field("frames", message.frames);
}

void write_key_shares(JsonWriter& json, const tls::ClientHello& hello) {
  json.key("key_shares").open_array();
  for (const tls::KeyShare& share : hello.key_shares()) {
    if (tls::is_grease(share.group)) continue;
    json.open_object().field("group", tls::group_name(share.group));
    json.field("bytes", share.size).close_object();
  }
  json.close_array();
}

void write_client_hello(JsonWriter& json, const Conversation& talk, Remembered& remembered) {
  constexpr std::uint16_t kSupportedVersions = 43;
  json.key("client_hello");
  const Message* message = find_hello(talk);
  if (message == nullptr) {
    json.value(nullptr);
    return;
  }
  const auto& hello = std::get<tls::ClientHello>(message->what);
  json.open_object().field("bytes_on_wire", message->wire_bytes);
  json.field("record_bytes", record_bytes(talk, *message, hello.sslv2));
  json.field("complete", !hello.cut);
  write_first_frame(json, *message);
  json.field("offset", message->offset).key("sni").name_or_null(hello.sni_here());
  json.key("alpn").open_array();
  if (const tls::Extension* protocols = hello.find(tls::extension::kAlpn))
    tls::for_each_protocol_name(protocols->body, [&](std::string_view name) { json.name(name); });
  json.close_array();
  const tls::Numbers versions = hello.versions();
  write_names(json.key("versions"), versions, tls::version_name);
  json.field("legacy_version", hex(hello.legacy_version)).key("supported_versions");
  if (hello.find(kSupportedVersions) == nullptr)
    json.value(nullptr);
  else
    write_hex_list(json, versions);
  json.field("cipher_suites", hello.cipher_suites.size());
  write_names(json.key("groups"), hello.groups(), tls::group_name);
  write_key_shares(json, hello);
  json.field("session_id_bytes", hello.session_id.size());
  json.field("extensions", hello.extensions.size());
  json.field("encrypted_client_hello", hello.encrypted_client_hello());
  json.field("sslv2", hello.sslv2);
  const tls::Fingerprints& prints = remembered.fingerprints.of(hello);
  json.text_or_null("ja3", prints.ja3).text_or_null("ja4", prints.ja4).close_object();
}

void write_server_hello(JsonWriter& json, const Conversation& talk) {
  json.key("server_hello");
  const Message* message = talk.first<tls::ServerHello>(Side::Server);
  if (message == nullptr) {
    json.value(nullptr);
    return;
  }
  const auto& hello = std::get<tls::ServerHello>(message->what);
  json.open_object();
  write_first_frame(json, *message);
  json.field("version", tls::version_name(hello.version()));
  json.field("cipher", hex(hello.cipher_suite));
  json.field("cipher_name", tls::cipher_suite_name(hello.cipher_suite));
  json.key("alpn").name_or_null(hello.alpn());
  json.field("hello_retry", hello.is_hello_retry_request());
  const auto group = hello.selected_group();
  json.key("group");
  group ? json.value(tls::group_name(*group)) : json.value(nullptr);
  json.close_object();
}

void write_alert(JsonWriter& json, const Message& message, const tls::Alert* alert) {
  json.open_object().field("by", word_for(message.claims));
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
  json.key("alerts").open_array();
  for (const Message& message : talk.messages) {
    const auto* sealed = std::get_if<Message::Sealed>(&message.what);
    if (const auto* alert = std::get_if<tls::Alert>(&message.what))
      write_alert(json, message, alert);
    else if (sealed != nullptr && sealed->type == tls::ContentType::Alert)
      write_alert(json, message, nullptr);
  }
  json.close_array();
}

void write_certificates(JsonWriter& json, const Conversation& talk) {
  json.key("certificates").open_array();
  for (const Message& message : talk.messages) {
    const auto* chain = std::get_if<std::vector<tls::Certificate>>(&message.what);
    if (chain == nullptr) continue;
    for (const tls::Certificate& certificate : *chain) {
      json.open_object().field("by", word_for(message.claims));
      write_known_name(json.key("subject"), certificate.subject);
      write_known_name(json.key("issuer"), certificate.issuer);
      json.text_or_null("serial", certificate.serial);
      json.text_or_null("not_before", certificate.not_before);
      json.text_or_null("not_after", certificate.not_after);
      json.key("names").open_array();
      for (const std::string& name : certificate.names) json.name(name);
      json.close_array();
      json.field("self_issued", certificate.self_issued).field("readable", certificate.readable);
      json.close_object();
    }
  }
  json.close_array();
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
  json.open_object();
  write_client_hello(json, talk, remembered);
  write_server_hello(json, talk);
  json.text_or_null("server_reply", server_reply(talk));
  write_alerts(json, talk);
  write_certificates(json, talk);
  write_dialogue(json, talk.dialogue);
  write_proxy_header(json, talk.proxy_header);
  write_plaintext(json, "server_plaintext", talk.server_plaintext);
  write_plaintext(json, "client_plaintext", talk.client_plaintext);
  json.key("finished_frame");
  talk.finished() ? json.value(talk.finished_frame) : json.value(nullptr);
  json.field("records_opened", talk.records_opened).close_object();
}

}  // namespace whohungup
