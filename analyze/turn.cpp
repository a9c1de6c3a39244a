#include "analyze/turn.h"

#include <algorithm>
#include <variant>

namespace whohungup {
namespace {

using tls::ContentType;

bool is_of_handshake(ContentType type) {
  return type == ContentType::Handshake || type == ContentType::ChangeCipherSpec;
}

bool is_server_hello_done(const Message& message) {
  constexpr std::uint8_t kServerHelloDone = 14;  // RFC 5246 §7.4.5
  const auto* other = std::get_if<Message::Other>(&message.what);
  return other != nullptr && message.claims == Side::Server && other->type == kServerHelloDone;
}

/// Whether the client began a record of the handshake behind its hello, or may have: its bytes
/// are not all known.
bool client_went_on(const Conversation& talk, const Landmarks& marks) {
  if (talk.side(Side::Client).sent_end <= marks.hello_ends) return false;
  const Bytes next = talk.from_client.from(marks.hello_ends);
  return next.empty() || is_of_handshake(ContentType{next[0]}) ||
         std::any_of(talk.records.begin(), talk.records.end(), [&](const RecordSeen& record) {
           return record.claims == Side::Client && record.offset >= marks.hello_ends &&
                  is_of_handshake(record.type);
         });
}

}  // namespace

bool is_clients_turn(const Conversation& talk, const Landmarks& marks) {
  return std::any_of(talk.messages.begin(), talk.messages.end(), is_server_hello_done) &&
         !client_went_on(talk, marks);
}

}  // namespace whohungup
