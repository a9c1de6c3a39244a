// See landmarks.h.
#include "analyze/landmarks.h"

#include <algorithm>
#include <array>
#include <optional>

#include "dissect/tls_record.h"

namespace whohungup {
namespace {

using tls::ContentType;
using Where = Placed::Where;

struct Extent {
  std::int64_t begin{}, end{};
  bool complete{};
};

std::int64_t end_of(const RecordSeen& record) {
  return record.offset + static_cast<std::int64_t>(tls::kHeaderSize) + record.length;
}

/// How long the hello's message is, with its header; INT64_MAX before that header is known. Asked
/// of the record first, which is looked at anyway: the bytes are elsewhere in memory.
std::int64_t length_of_hello(const Conversation& talk, std::int64_t begin) {
  constexpr std::size_t kMessageHeader = 4;  // type, and three bytes of length
  const auto length_by = [](Bytes header) {
    return static_cast<std::int64_t>(kMessageHeader) + (std::int64_t{header[1]} << 16) +
           (std::int64_t{header[2]} << 8) + header[3];
  };
  for (const RecordSeen& record : talk.records)
    if (record.claims == Side::Client && record.offset == begin &&
        record.first_bytes_len >= kMessageHeader)
      return length_by(record.first_bytes);
  const Bytes bytes = talk.from_client.from(begin);
  if (bytes.size() < tls::kHeaderSize + kMessageHeader) return INT64_MAX;
  return length_by(bytes.subspan(tls::kHeaderSize));
}

/// Where the first hello's records end: it may be spread over several of them.
Extent extent_of_hello(const Conversation& talk) {
  Extent hello{*talk.client_tls_at, *talk.client_tls_at, false};
  if (talk.sslv2_hello) {
    const Bytes bytes = talk.from_client.from(hello.begin);
    if (bytes.size() >= 2) hello.end = hello.begin + 2 + ((bytes[0] & 0x7f) << 8) + bytes[1];
    hello.complete = talk.side(Side::Client).sent_end >= hello.end;
    return hello;
  }
  const std::int64_t message = length_of_hello(talk, hello.begin);
  std::int64_t covered = 0;
  for (const RecordSeen& record : talk.records) {
    if (record.claims != Side::Client || record.offset != hello.end) continue;
    if (record.type != ContentType::Handshake || covered >= message) break;
    covered += record.length;
    hello.end = end_of(record);
  }
  hello.complete = covered >= message;
  if (!hello.complete) {
    // Not all of it was seen whole: what the header announces, or what was sent.
    const auto header = tls::read_record_header(talk.from_client.from(hello.end));
    const auto* record = std::get_if<tls::RecordHeader>(&header);
    const std::int64_t announced =
        record != nullptr ? hello.end + static_cast<std::int64_t>(tls::kHeaderSize) + record->length
                          : talk.side(Side::Client).sent_end;
    hello.complete = record != nullptr && talk.side(Side::Client).sent_end >= announced;
    hello.end = std::max(announced, hello.begin + 1);
  }
  return hello;
}

/// An SSLv2 SERVER-HELLO: a header of two bytes with the high bit set, then message type 4.
bool answers_in_sslv2(const Conversation& talk) {
  if (!talk.sslv2_hello || talk.server_tls_at) return false;
  constexpr std::uint8_t kTwoByteHeader = 0x80, kServerHello = 4;
  const Bytes answer = talk.from_server.from(talk.server_answer_at);
  return answer.size() > 2 && (answer[0] & kTwoByteHeader) != 0 && answer[2] == kServerHello;
}

/// SHA-256 of "HelloRetryRequest", which such a ServerHello bears as its random (RFC 8446 §4.1.3).
constexpr std::array<std::uint8_t, 32> kHelloRetry{
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

/// Whether the server asked the client for another hello, and whether that was its last word.
void note_hello_retry(const Conversation& talk, Landmarks& marks) {
  constexpr std::size_t kRandomAt = tls::kHeaderSize + 4 + 2;  // behind message header and version
  for (const RecordSeen& record : talk.records) {
    const bool hello = record.claims == Side::Server && record.type == ContentType::Handshake &&
                       !record.sealed && record.first_bytes_len > 0 && record.first_bytes[0] == 2;
    if (!hello) continue;
    const Bytes bytes = talk.from_server.from(record.offset);
    const bool retry = bytes.size() >= kRandomAt + kHelloRetry.size() &&
                       std::equal(kHelloRetry.begin(), kHelloRetry.end(),
                                  bytes.begin() + static_cast<std::ptrdiff_t>(kRandomAt));
    marks.retry_pending = retry;
    if (retry && marks.hello_retry == FrameNo{}) marks.hello_retry = record.first;
  }
}

/// Where the server's handshake begins in its stream, whether its record is whole or not.
std::optional<std::int64_t> find_server_handshake(const Conversation& talk) {
  if (answers_in_sslv2(talk)) return talk.server_answer_at;
  constexpr auto kHandshake = static_cast<std::uint8_t>(ContentType::Handshake);
  if (!talk.server_tls_at) {
    // Fewer bytes than a record's header may have begun a handshake all the same.
    if (!has_hello(talk) || talk.from_server.empty()) return std::nullopt;
    const Bytes begun = talk.from_server.from(talk.server_answer_at);
    const bool handshake =
        !begun.empty() && begun.size() < tls::kHeaderSize && begun[0] == kHandshake;
    return handshake ? std::optional(talk.server_answer_at) : std::nullopt;
  }
  for (const RecordSeen& record : talk.records)
    if (record.claims == Side::Server && record.type != ContentType::Alert) return record.offset;
  for (const RecordSeen& record : talk.records)
    if (record.claims == Side::Server) return std::nullopt;  // alerts only
  const Bytes begun = talk.from_server.from(*talk.server_tls_at);
  if (begun.empty() || begun[0] != kHandshake) return std::nullopt;
  return talk.server_tls_at;
}

/// The frame that carried its first byte.
FrameNo frame_of_server_handshake(const Conversation& talk, std::int64_t begin) {
  for (const RecordSeen& record : talk.records)
    if (record.claims == Side::Server && record.offset == begin) return record.first;
  return talk.from_server.carrier(begin);
}

bool is_clear_handshake_of_client(const RecordSeen& record) {
  return record.claims == Side::Client && record.type == ContentType::Handshake && !record.sealed;
}

void note_close(Landmarks& marks, const Placed& s, std::int32_t i) {
  if (marks.first_close == Landmarks::kNone) marks.first_close = i;
  auto& first = s.header.flags.rst() ? marks.first_rst : marks.first_fin;
  std::int32_t& its_first = first[static_cast<std::size_t>(s.claims)];
  if (its_first == Landmarks::kNone) its_first = i;
}

void note_client(Landmarks& marks, const Placed& s, std::int32_t i) {
  const TcpFlags flags = s.header.flags;
  if (flags.syn() && !flags.ack()) {
    if (marks.syn == Landmarks::kNone) marks.syn = i;
    marks.last_syn = i;
    ++marks.syns;
  } else if (marks.connected == Landmarks::kNone && marks.syn_ack != Landmarks::kNone &&
             flags.ack() && !flags.rst()) {
    marks.connected = i;
  }
}

void note_client_payload(Landmarks& marks, const Placed& s, std::int32_t i, bool hello) {
  ++marks.client_payloads;
  if (!hello || s.offset >= marks.hello_ends || s.end() <= marks.hello_begins) return;
  if (s.offset <= marks.hello_begins) {
    if (marks.hello == Landmarks::kNone) marks.hello = i;
    ++marks.hello_copies;
  }
  if (s.end() >= marks.hello_ends && marks.hello_end == Landmarks::kNone) marks.hello_end = i;
  marks.last_hello = i;
}

void note_server_payload(Landmarks& marks, const Placed& s, std::int32_t i,
                         const Conversation& talk) {
  ++marks.server_payloads;
  if (marks.server_data == Landmarks::kNone) marks.server_data = i;
  if (marks.server_answer == Landmarks::kNone && s.end() > talk.server_answer_at)
    marks.server_answer = i;
}

/// Of a packet that is no reset.
void note_payload(Landmarks& marks, const Placed& s, std::int32_t i, const Conversation& talk) {
  // Where its original was left out, a copy stands for it.
  if (marks.first_payload == Landmarks::kNone) marks.first_payload = i;
  if (s.where == Where::Duplicate) return;
  const bool news =
      s.where != Where::Repeat && s.where != Where::KeepAlive && s.where != Where::OutsideWindow;
  if (news) marks.last_payload = i;
  if (s.is(Side::Client))
    note_client_payload(marks, s, i, has_hello(talk));
  else
    note_server_payload(marks, s, i, talk);
}

/// A prober whose hello died on the way closes with a FIN that bears the number of the hello's
/// first byte (public: censoredplanet+CenTrace); its acknowledgement is the FIN's.
bool acknowledges_fin_over_hello(const Conversation& talk, const Landmarks& marks,
                                 const Placed& s) {
  const std::int64_t fin = talk.side(Side::Client).fin_offset;
  return marks.fin(Side::Client) != Landmarks::kNone && fin < marks.hello_ends &&
         s.ack_offset == fin + 1;
}

void note_server(Landmarks& marks, const Placed& s, std::int32_t i, const Conversation& talk) {
  const TcpFlags flags = s.header.flags;
  if (flags.syn() && flags.ack()) {
    if (marks.syn_ack == Landmarks::kNone) marks.syn_ack = i;
    ++marks.syn_acks;
  }
  if (marks.hello != Landmarks::kNone && s.ack_offset != Placed::kUnknown && !flags.rst()) {
    if (marks.hello_part_ack == Landmarks::kNone && s.ack_offset > marks.hello_begins &&
        !acknowledges_fin_over_hello(talk, marks, s))
      marks.hello_part_ack = i;
    if (marks.hello_ack == Landmarks::kNone && s.ack_offset >= marks.hello_ends)
      marks.hello_ack = i;
  }
}

}  // namespace

Landmarks find_landmarks(const Conversation& talk) {
  Landmarks marks;
  if (has_hello(talk)) {
    const Extent hello = extent_of_hello(talk);
    marks.hello_begins = hello.begin;
    marks.hello_ends = hello.end;
    marks.hello_complete = hello.complete;
  }
  marks.hello_alone =
      std::all_of(talk.records.begin(), talk.records.end(), is_clear_handshake_of_client);
  if (const auto begin = find_server_handshake(talk)) {
    marks.server_handshake_at = *begin;
    marks.server_handshake = frame_of_server_handshake(talk, *begin);
  }
  if (marks.server_handshake != FrameNo{}) note_hello_retry(talk, marks);
  auto& [by_client, by_server] = marks.glances;
  std::int32_t i = -1;
  for (const Placed& s : talk.segments) {
    ++i;
    const TcpFlags flags = s.header.flags;
    Glance& glance = s.is(Side::Client) ? by_client : by_server;
    if (s.header.payload_len == 0)
      glance.add_place(s);
    else if (!flags.rst())
      note_payload(marks, s, i, talk);
    if (s.where == Where::Duplicate) {
      marks.seen_twice = true;
      continue;
    }
    glance.add(s);
    if (flags.has(TcpFlags::kFin | TcpFlags::kRst)) note_close(marks, s, i);
    if (s.is(Side::Client))
      note_client(marks, s, i);
    else
      note_server(marks, s, i, talk);
  }
  // Hello, master key, finished; what the client says next is data.
  constexpr std::uint16_t kSslv2HandshakePayloads = 3;
  marks.sslv2_went_on = marks.server_handshake != FrameNo{} && answers_in_sslv2(talk) &&
                        marks.client_payloads > kSslv2HandshakePayloads;
  return marks;
}

}  // namespace whohungup
