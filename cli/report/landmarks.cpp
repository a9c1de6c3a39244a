#include "cli/report/landmarks.h"

#include "dissect/hello_name.h"

#include <algorithm>

namespace whohungup {
namespace {

/// Where the server stood when the hello was sent: the hello's segment acknowledges that much.
std::int64_t reply_offset(const Conversation& talk, const Message& hello) {
  for (const Placed& segment : talk.segments)
    if (segment.is(Side::Client) && !hello.frames.empty() &&
        segment.frame() == hello.frames.front() && segment.ack_offset != Placed::kUnknown)
      return std::max<std::int64_t>(segment.ack_offset, 0);
  return talk.server_tls_at.value_or(0);
}

std::string_view hello_kind(const tls::ServerHello& hello) {
  return hello.is_hello_retry_request() ? "hello_retry_request" : "server_hello";
}

std::string_view reply_kind(const Conversation& talk, const Message& reply) {
  if (const auto* hello = std::get_if<tls::ServerHello>(&reply.what)) return hello_kind(*hello);
  if (const auto* alert = std::get_if<tls::Alert>(&reply.what)) {
    // A warning (unrecognized_name as a rule) does not stand for the reply that follows it.
    const Message* next = talk.first<tls::ServerHello>(Side::Server, &reply);
    if (!alert->fatal() && next != nullptr)
      return hello_kind(std::get<tls::ServerHello>(next->what));
    return "alert";
  }
  if (std::holds_alternative<Message::ChangeCipherSpec>(reply.what)) return "ccs";
  if (const auto* sealed = std::get_if<Message::Sealed>(&reply.what)) {
    if (sealed->type == tls::ContentType::Alert) return "alert_encrypted";
    return sealed->type == tls::ContentType::Handshake ? "handshake" : "appdata";
  }
  return "handshake";
}

/// For bytes in which no message was found: broken off, or no TLS.
std::string_view raw_reply_kind(const Conversation& talk, Bytes reply) {
  if (talk.server_plaintext && talk.server_plaintext->protocol == "sslv2")
    return "sslv2_server_hello";
  if (tls::looks_like_record(reply)) {
    switch (static_cast<tls::ContentType>(reply.front())) {
      case tls::ContentType::Alert:
        return "alert";
      case tls::ContentType::ChangeCipherSpec:
        return "ccs";
      case tls::ContentType::ApplicationData:
        return "appdata";
      default:
        return "handshake";
    }
  }
  const Bytes shown = reply.first(std::min<std::size_t>(reply.size(), 64));
  const bool text = std::all_of(shown.begin(), shown.end(), [](std::uint8_t byte) {
    return (byte >= 0x20 && byte < 0x7f) || byte == '\r' || byte == '\n' || byte == '\t';
  });
  return text ? "plaintext" : "binary";
}

}  // namespace

const Message* find_hello(const Conversation& talk) {
  return talk.first<tls::ClientHello>(Side::Client);
}

std::int64_t hello_end(const Message& hello) {
  return hello.offset + static_cast<std::int64_t>(hello.wire_bytes);
}

std::optional<bool> hello_acked(const Conversation& talk) {
  const Message* hello = find_hello(talk);
  const SideCounts& server = talk.side(Side::Server);
  if (hello == nullptr || server.packets == 0) return std::nullopt;
  return server.acked >= hello_end(*hello);
}

std::string_view server_reply(const Conversation& talk) {
  const Message* hello = find_hello(talk);
  if (hello == nullptr) return {};
  const std::int64_t begin = reply_offset(talk, *hello);
  const Message* reply_message = nullptr;  // the lowest in the stream, not the first captured
  for (const Message& message : talk.messages)
    if (message.claims == Side::Server && message.offset >= begin &&
        (reply_message == nullptr || message.offset < reply_message->offset))
      reply_message = &message;
  if (reply_message != nullptr) return reply_kind(talk, *reply_message);
  const Bytes reply = talk.from_server.from(begin);
  if (!reply.empty()) return raw_reply_kind(talk, reply);
  return talk.from_server.end() > begin ? "gap" : "none";
}

std::optional<std::string> claimed_name(const Conversation& talk) {
  if (const HelloName quick = read_hello_name(talk); quick.read)
    return quick.name ? std::optional<std::string>(*quick.name) : std::nullopt;
  const Message* hello = find_hello(talk);
  if (hello == nullptr) return std::nullopt;
  return std::get<tls::ClientHello>(hello->what).sni();
}

}  // namespace whohungup
