// Follows both sides' TLS records while packets arrive: where TLS begins, which records went by,
// and with which frame the handshake was finished.
#include <algorithm>

#include "dissect/flow_recorder.h"

namespace whohungup {
namespace {

using tls::ContentType;
using Speaks = RecordWalk::Speaks;

/// Enough for the largest handshake flights seen; a flow of tiny records stops being followed.
constexpr std::size_t kMostRecords = 192;

/// Finds where the client's TLS begins: at a hello, which may follow plaintext. Looks at every
/// byte of plaintext once, since a pipelined STARTTLS may put the hello in the middle of a segment.
void find_client_hello(Recording& talk) {
  RecordWalk& walk = talk.walk(Side::Client);
  const Stream& stream = talk.from_client;
  for (;;) {
    const Bytes bytes = stream.from(walk.searched);
    if (bytes.empty()) {
      // A hole: go on behind it where that side's stream goes on.
      const auto behind = stream.end_of_hole(walk.searched);
      if (!behind || talk.side(Side::Server).acked < *behind) return;
      walk.searched = *behind;
      continue;
    }
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const std::uint8_t byte = bytes[i];
      // SSLv2 hellos have no magic worth searching for: only the very first bytes may be one.
      const bool may_begin = byte == 0x16 || (walk.searched == 0 && i == 0);
      if (!may_begin) continue;
      const auto look = tls::looks_like_client_hello(bytes.subspan(i));
      const std::int64_t at = walk.searched + static_cast<std::int64_t>(i);
      if (look == tls::HelloLook::No) continue;
      if (look == tls::HelloLook::TooShort) {
        // Undecided only at the end of what is there; look again when more has come.
        walk.searched = at;
        return;
      }
      talk.client_tls_at = at;
      talk.sslv2_hello = look == tls::HelloLook::Sslv2;
      walk.speaks = Speaks::Tls;
      walk.next = at;
      if (talk.sslv2_hello) walk.next = at + 2 + ((bytes[i] & 0x7f) << 8) + bytes[i + 1];
      return;
    }
    if (walk.speaks == Speaks::Undecided) walk.speaks = Speaks::Plain;
    walk.searched += static_cast<std::int64_t>(bytes.size());
  }
}

/// The server's answer is expected where its stream stood when the hello was sent, or at its very
/// beginning if the client spoke TLS at once.
void expect_answer(Recording& talk, const SegmentHeader& now) {
  const Placed* hello = nullptr;
  for (const Placed& segment : talk.segments)
    if (segment.is(Side::Client) && segment.offset != Placed::kUnknown &&
        segment.header.payload_len > 0 && segment.offset <= *talk.client_tls_at &&
        segment.end() > *talk.client_tls_at)
      hello = &segment;
  talk.server_answer_at = 0;
  // The SYN+ACK tells where the client's stream begins as well as its SYN.
  const bool start_seen = talk.side(Side::Client).isn_seen || talk.side(Side::Server).isn_seen;
  const bool spoke_before = *talk.client_tls_at > 0 || !start_seen;
  if (spoke_before && hello != nullptr && hello->ack_offset != Placed::kUnknown)
    talk.server_answer_at = std::max<std::int64_t>(0, hello->ack_offset);
  // What already spoke TLS, unasked, goes on where it is.
  if (!talk.server_tls_at) talk.walk(Side::Server).next = talk.server_answer_at;
  walk_records(talk, Side::Server, now);
}

/// Whether the server begins with an alert in clear before the client has said anything: it turns
/// the connection away in TLS, whatever the hello would have been.
bool alerts_unasked(const Recording& talk) {
  const bool start_seen = talk.side(Side::Client).isn_seen || talk.side(Side::Server).isn_seen;
  if (!start_seen || talk.side(Side::Client).sent_end > 0) return false;
  const Bytes begun = talk.from_server.from(0);
  constexpr std::uint16_t kInClear = 2;
  const auto read = tls::read_record_header(begun);
  const auto* header = std::get_if<tls::RecordHeader>(&read);
  return header != nullptr && header->type == ContentType::Alert && header->length == kInClear &&
         tls::looks_like_record(begun);
}

/// Behind a hole: the first later segment of that side that begins like a record. The hole must
/// be certain (the other side acknowledged bytes behind it), else the missing bytes may yet come.
bool resume_behind_hole(Recording& talk, Side side, RecordWalk& walk) {
  const std::int64_t delivered = talk.side(other(side)).acked;
  const Placed* best = nullptr;
  for (const Placed& segment : talk.segments) {
    if (!segment.is(side) || segment.offset == Placed::kUnknown || segment.offset <= walk.next)
      continue;
    if (segment.offset > delivered || segment.header.flags.rst()) continue;
    if (!tls::looks_like_record(Bytes(segment.first_bytes).first(segment.first_bytes_len)) &&
        !(segment.first_bytes_len >= 5 && segment.first_bytes[0] == 23 &&
          segment.first_bytes[1] == 3))
      continue;
    if (best == nullptr || segment.offset < best->offset) best = &segment;
  }
  if (best == nullptr) return false;
  walk.next = best->offset;
  walk.gaps = true;
  return true;
}

/// The recorded segment of that side that bore the byte at `offset`, captured or cut off.
const Placed* bearer(const Recording& talk, Side side, std::int64_t offset) {
  const auto bears = [&](const Placed& segment) {
    return segment.is(side) && segment.offset != Placed::kUnknown && !segment.header.flags.rst() &&
           segment.offset <= offset && offset < segment.end();
  };
  const auto found = std::find_if(talk.segments.begin(), talk.segments.end(), bears);
  return found == talk.segments.end() ? nullptr : &*found;
}

/// Says which frames carried the record and when. `now` is the segment that let it be read, which
/// behind a hole is only the acknowledgment.
void cite(const Recording& talk, RecordSeen& seen, std::int64_t end, const SegmentHeader& now) {
  const Stream& stream = talk.stream(seen.claims);
  seen.first = stream.carrier(seen.offset);
  seen.last = stream.carrier(end - 1);
  seen.at = now.at;
  if (seen.last == now.frame) return;
  if (const Placed* segment = bearer(talk, seen.claims, end - 1)) {
    seen.last = segment->frame();
    seen.at = segment->at();
  } else if (seen.last == FrameNo{}) {
    seen.last = now.frame;
  }
}

/// Reads the header at walk.next if its record's end has been reached. Returns whether to go on.
bool step(Recording& talk, Side side, const SegmentHeader& now) {
  RecordWalk& walk = talk.walk(side);
  if (talk.records.size() >= kMostRecords) {
    walk.speaks = Speaks::Lost;
    return false;
  }
  const Stream& stream = talk.stream(side);
  const Bytes bytes = stream.from(walk.next);
  const auto read = tls::read_record_header(bytes);
  if (std::holds_alternative<tls::NeedMore>(read)) {
    const bool hole =
        stream.end() > walk.next + static_cast<std::int64_t>(bytes.size()) ||
        talk.side(side).sent_end > walk.next + static_cast<std::int64_t>(bytes.size());
    return hole && resume_behind_hole(talk, side, walk);
  }
  if (std::holds_alternative<tls::NotTls>(read)) {
    walk.speaks = walk.speaks == Speaks::Tls ? Speaks::Lost : Speaks::Plain;
    return false;
  }
  const auto& header = std::get<tls::RecordHeader>(read);
  if (side == Side::Server && !talk.server_tls_at) talk.server_tls_at = walk.next;
  walk.speaks = Speaks::Tls;
  const std::int64_t end = walk.next + static_cast<std::int64_t>(tls::kHeaderSize) + header.length;
  const auto have = walk.next + static_cast<std::int64_t>(bytes.size());
  const bool whole = have >= end;
  // Cut or lost bytes are stepped over once the other side has acknowledged them.
  const bool stepped_over =
      !whole && talk.side(side).sent_end >= end && talk.side(other(side)).acked >= end;
  if (!whole && !stepped_over) return false;
  walk.gaps = walk.gaps || stepped_over;

  RecordSeen seen;
  seen.offset = walk.next;
  seen.version = header.version;
  seen.length = header.length;
  seen.type = header.type;
  seen.claims = side;
  cite(talk, seen, end, now);
  const Bytes fragment = bytes.subspan(
      tls::kHeaderSize, std::min<std::size_t>(header.length, bytes.size() - tls::kHeaderSize));
  seen.first_bytes_len =
      static_cast<std::uint8_t>(std::min(fragment.size(), seen.first_bytes.size()));
  std::copy_n(fragment.begin(), seen.first_bytes_len, seen.first_bytes.begin());
  Course{talk.walk(Side::Client), talk.walk(Side::Server), talk}.follow(
      seen, talk.side(Side::Client).acked > talk.server_answer_at);
  talk.records.push_back(seen);
  walk.next = end;
  return true;
}

}  // namespace

void walk_records(Recording& talk, Side side, const SegmentHeader& now) {
  RecordWalk& walk = talk.walk(side);
  if (side == Side::Client && (walk.speaks == Speaks::Undecided || walk.speaks == Speaks::Plain)) {
    find_client_hello(talk);
    if (!talk.client_tls_at) return;
    expect_answer(talk, now);
  }
  const bool expected =
      talk.client_tls_at || (side == Side::Server && (talk.server_tls_at || alerts_unasked(talk)));
  if (!expected || (side == Side::Server && walk.speaks == Speaks::Plain)) return;
  if (walk.speaks == Speaks::Lost) return;
  while (step(talk, side, now)) {
  }
}

void take_part_for_hello(Recording& talk) {
  if (talk.segments.empty()) return;
  RecordWalk& walk = talk.walk(Side::Client);
  talk.client_tls_at = walk.next = 0;
  walk.speaks = Speaks::Tls;
  expect_answer(talk, talk.segments.back().header);
}

}  // namespace whohungup
