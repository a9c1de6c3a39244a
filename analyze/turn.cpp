#include "analyze/turn.h"

#include <algorithm>
#include <array>

namespace whohungup {
namespace {

using tls::ContentType;

bool is_of_handshake(ContentType type) {
  return type == ContentType::Handshake || type == ContentType::ChangeCipherSpec;
}

/// Whether a ServerHelloDone is among the server's handshake messages in clear. Read from the
/// records: a flow that is only counted has no messages.
bool said_hello_done(const Conversation& talk) {
  constexpr std::uint8_t kServerHelloDone = 14;  // RFC 5246 §7.4.5
  std::array<std::uint8_t, 4> header{};          // of the message: type and length
  std::size_t have = 0;
  std::size_t body_left = 0;
  for (const RecordSeen& record : talk.records) {
    if (record.claims != Side::Server || record.type != ContentType::Handshake || record.sealed)
      continue;
    Bytes bytes =
        talk.from_server.from(record.offset + static_cast<std::int64_t>(tls::kHeaderSize));
    if (bytes.size() < record.length) return false;
    bytes = bytes.first(record.length);
    while (!bytes.empty()) {
      const std::size_t skipped = std::min(body_left, bytes.size());
      body_left -= skipped;
      bytes = bytes.subspan(skipped);
      if (bytes.empty()) break;
      header[have++] = bytes[0];
      bytes = bytes.subspan(1);
      if (have < header.size()) continue;
      if (header[0] == kServerHelloDone) return true;
      body_left = (std::size_t{header[1]} << 16U) | (std::size_t{header[2]} << 8U) | header[3];
      have = 0;
    }
  }
  return false;
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
  return !marks.hello_alone && said_hello_done(talk) && !client_went_on(talk, marks);
}

std::optional<Untaken> find_untaken_answer(const Conversation& talk, FrameNo until) {
  const std::int64_t acked = talk.side(Side::Client).acked;
  if (talk.side(Side::Client).packets == 0) return std::nullopt;  // its acknowledgements neither
  Untaken untaken;
  for (const Placed& s : talk.segments) {
    if (!s.is(Side::Server) || s.frame() >= until || s.header.payload_len < 2 ||
        s.header.flags.has(TcpFlags::kRst | TcpFlags::kSyn) || s.offset == Placed::kUnknown ||
        s.where == Placed::Where::Duplicate || s.where == Placed::Where::OutsideWindow)
      continue;
    if (s.offset > acked || s.end() <= acked) continue;
    if (untaken.copies++ == 0) {
      untaken.first = s.frame();
      untaken.since = s.at();
    }
    untaken.last = s.frame();
  }
  if (untaken.copies < 2) return std::nullopt;
  untaken.all = acked <= talk.server_answer_at;
  return untaken;
}

std::optional<Untaken> find_untaken_answer(const Conversation& talk, const Event& silence) {
  const bool left = silence.gave_up && silence.segment;
  return find_untaken_answer(talk,
                             left ? talk.segments[*silence.segment].frame() : FrameNo{UINT32_MAX});
}

bool server_greets_on(std::uint16_t port) {
  constexpr std::array<std::uint16_t, 10> kPorts{21, 24, 25, 110, 119, 143, 587, 2525, 3306, 4190};
  return std::find(kPorts.begin(), kPorts.end(), port) != kPorts.end();
}

}  // namespace whohungup
