// See orderly.h. Whatever is asked here the flight recorder asks too (flow_recorder.cpp,
// record_walk.cpp); where its answer would need more than is known here, the packet is out of
// order.
#include "dissect/orderly.h"

#include <algorithm>

namespace whohungup {
namespace {

/// Far more than a handshake has; a flow of tiny records is for the flight recorder.
constexpr std::uint8_t kMostRecords = 64;

/// How far `value` is behind `isn` and the SYN itself, as an offset in the stream.
std::uint32_t offset_of(Seq value, Seq isn) { return value.value - isn.value - 1; }

}  // namespace

bool Orderly::take(const Glimpse& seen, Side claims) {
  if (!seen.whole) return false;
  if (seen.flags.syn()) return take_syn(seen, claims);
  if (seen.flags.rst()) {
    reset_ = true;  // its numbers are what is in question
    return true;
  }
  Party& me = party(claims);
  const Party& peer = party(other(claims));
  if (!me.answered || !peer.answered || !seen.flags.ack()) return false;
  const std::uint32_t acked = offset_of(seen.ack, peer.isn);
  if (acked > peer.sent + (peer.fin ? 1U : 0U)) return false;
  me.acked = std::max(me.acked, acked);

  const std::uint32_t offset = offset_of(seen.seq, me.isn);
  const std::uint32_t end = offset + seen.payload_len;
  if (seen.flags.fin()) {
    const bool first = !me.fin && offset == me.sent;
    const bool repeated = me.fin && offset <= me.sent && end == me.sent;
    if (!first && !repeated) return false;
  }
  if (seen.payload_len == 0) {
    constexpr std::uint32_t kKeepAlive = 0xffffffff;  // one before the first byte
    if (offset > me.sent + (me.fin ? 1U : 0U) && offset != kKeepAlive) return false;
  } else if (offset != me.sent || me.fin) {
    // Said again: nothing new in it.
    if (offset > me.sent || end > me.sent) return false;
  } else if (!take_bytes(seen, claims, offset)) {
    return false;
  }
  if (seen.flags.fin()) me.fin = true;
  return true;
}

/// The client's SYN again, or the server's answer to it.
bool Orderly::take_syn(const Glimpse& seen, Side claims) {
  constexpr std::uint16_t kNothingElse = TcpFlags::kFin | TcpFlags::kRst;
  if (seen.payload_len != 0 || seen.flags.has(kNothingElse)) return false;
  if (claims == Side::Client) return !seen.flags.ack() && seen.seq == client_.isn;
  if (!seen.flags.ack() || offset_of(seen.ack, client_.isn) != 0) return false;
  if (server_.answered) return seen.seq == server_.isn;
  server_.isn = seen.seq;
  server_.answered = true;
  return true;
}

/// New bytes that follow on those before.
bool Orderly::take_bytes(const Glimpse& seen, Side claims, std::uint32_t offset) {
  Party& me = party(claims);
  if (offset + seen.payload_len > kMostBytes) return false;
  // The client begins, with a hello.
  if (claims == Side::Server && client_.sent == 0) return false;
  if (claims == Side::Client && offset == 0 &&
      tls::looks_like_client_hello(seen.payload) != tls::HelloLook::Tls)
    return false;
  me.sent += seen.payload_len;
  return follow_records(seen, claims);
}

bool Orderly::follow_records(const Glimpse& seen, Side claims) {
  Party& me = party(claims);
  for (;;) {
    if (me.record.open) {
      if (me.record.end > me.sent) return true;
      complete(seen, claims);
    }
    const std::uint32_t ahead = me.sent - me.record.end;
    if (ahead == 0) return true;
    if (!begin_record(seen.payload.last(ahead), me)) return false;
  }
}

/// The record whose header stands at the beginning of `bytes`. False if not enough of it is here
/// to know what it is.
bool Orderly::begin_record(Bytes bytes, Party& me) {
  const auto read = tls::read_record_header(bytes);
  const auto* header = std::get_if<tls::RecordHeader>(&read);
  if (header == nullptr || ++records_ > kMostRecords) return false;
  Pending& record = me.record;
  const std::size_t wanted = std::min<std::size_t>(header->length, record.first_bytes.size());
  if (bytes.size() < tls::kHeaderSize + wanted) return false;
  record.end += static_cast<std::uint32_t>(tls::kHeaderSize) + header->length;
  record.length = header->length;
  record.type = header->type;
  record.open = true;
  record.first_bytes_len = static_cast<std::uint8_t>(wanted);
  std::copy_n(bytes.begin() + tls::kHeaderSize, wanted, record.first_bytes.begin());
  return true;
}

void Orderly::complete(const Glimpse& seen, Side claims) {
  Pending& pending = party(claims).record;
  RecordSeen record;
  record.at = seen.at;
  record.last = seen.frame;
  record.length = pending.length;
  record.type = pending.type;
  record.claims = claims;
  record.first_bytes_len = pending.first_bytes_len;
  record.first_bytes = pending.first_bytes;
  Course{client_.spoken, server_.spoken, end_}.follow(record, client_.acked > 0);
  pending.open = false;
}

}  // namespace whohungup
