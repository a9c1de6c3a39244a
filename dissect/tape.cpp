// See tape.h.
#include "dissect/tape.h"

#include <algorithm>
#include <cstring>

#include "dissect/flow_hash.h"

namespace whohungup {

void Passed::count(const Glimpse& seen, Side claims, Seq isn) {
  const auto side = static_cast<std::size_t>(claims);
  ++packets[side];
  payload_bytes[side] += seen.payload_len;
  last = std::max(last, seen.at);
  last_frame = seen.frame;
  if (seen.payload_len > 0)
    sent_end[side] =
        std::max(sent_end[side], offset_near(seen.seq, isn, sent_end[side]) + seen.payload_len);
}

inline void Tape::append(const void* from, std::size_t size, TapeBlocks& blocks) {
  size_ += static_cast<std::uint32_t>(size);
  if (size > room_) return append_to_blocks(static_cast<const std::uint8_t*>(from), size, blocks);
  std::memcpy(room_at_, from, size);
  room_at_ += size;
  room_ -= static_cast<std::uint32_t>(size);
}

void Tape::keep(const Packet& packet, const Glimpse& seen, bool settled, TapeBlocks& blocks) {
  if (settled && passed.last_frame != FrameNo{}) {
    Entry entry;
    entry.kind = Kind::Passed;
    append(&entry, sizeof entry, blocks);
    append(&passed, sizeof passed, blocks);
    const std::int64_t sent[2]{passed.sent_end[0], passed.sent_end[1]};
    passed = {};
    std::copy_n(sent, 2, passed.sent_end);
  }
  Entry entry;
  entry.at = packet.at;
  entry.frame = packet.no;
  entry.interface_id = packet.interface_id;
  entry.size = static_cast<std::uint16_t>(seen.end_in(packet));
  entry.kind = settled ? Kind::SettledFrame : Kind::Frame;
  append(&entry, sizeof entry, blocks);
  append(packet.bytes.data(), entry.size, blocks);
  ++packets_;
}

/// What does not fit the room that is left.
void Tape::append_to_blocks(const std::uint8_t* from, std::size_t size, TapeBlocks& blocks) {
  while (size > room_) {
    std::memcpy(room_at_, from, room_);
    from += room_;
    size -= room_;
    TapeBlock* const block = blocks.take();
    (first_ == nullptr ? first_ : last_->chain) = block;
    last_ = block;
    ++blocks_;
    room_at_ = block->bytes;
    room_ = TapeBlock::kBytes;
  }
  std::memcpy(room_at_, from, size);
  room_at_ += size;
  room_ -= static_cast<std::uint32_t>(size);
}

void Tape::clear(TapeBlocks& blocks) {
  if (first_ != nullptr) blocks.give(first_, last_);
  first_ = last_ = nullptr;
}

/// All of it in one piece, in `buffer` if it is not.
Bytes Tape::content(std::vector<std::uint8_t>& buffer) const {
  if (first_ == nullptr) return {own_, size_};
  if (buffer.size() < size_) buffer.resize(size_);
  std::uint8_t* to = std::copy_n(own_, sizeof own_, buffer.data());
  for (const TapeBlock* block = first_; block != nullptr; block = block->chain)
    to = std::copy_n(block->bytes, block == last_ ? TapeBlock::kBytes - room_ : TapeBlock::kBytes,
                     to);
  return {buffer.data(), size_};
}

namespace {

void apply(const Passed& passed, Recording& talk) {
  if (passed.last_frame == FrameNo{}) return;
  for (std::size_t side = 0; side < 2; ++side) {
    SideCounts& counts = talk.counts[side];
    counts.packets += passed.packets[side];
    counts.payload_bytes += passed.payload_bytes[side];
    counts.sent_end = std::max(counts.sent_end, passed.sent_end[side]);
    talk.segments_left_out += passed.packets[side];
  }
  talk.last = std::max(talk.last, passed.last);
  talk.last_frame = passed.last_frame;
}

}  // namespace

void Tape::play(Recording& talk, const FlowLimits& limits, Decoder& decoder,
                std::vector<std::uint8_t>& buffer) const {
  const Bytes all = content(buffer);
  for (const std::uint8_t *at = all.data(), *end = at + all.size(); at < end;) {
    Entry entry;
    std::memcpy(&entry, at, sizeof entry);
    at += sizeof entry;
    if (entry.kind == Kind::Passed) {
      Passed then;
      std::memcpy(&then, at, sizeof then);
      at += sizeof then;
      apply(then, talk);
      continue;
    }
    const Packet packet{entry.at,   {at, entry.size},   entry.frame,
                        entry.size, entry.interface_id, LinkType::Ethernet};
    at += entry.size;
    const Decoded decoded = decoder.decode(packet);
    const auto* segment = std::get_if<Segment>(&decoded);
    if (segment == nullptr) continue;  // a frame that was glimpsed holds one
    const Side claims = same(segment->from, talk.client) ? Side::Client : Side::Server;
    if (entry.kind == Kind::Frame)
      record(talk, segment->header, segment->payload, claims, limits);
    else
      record_settled(talk, segment->header, claims, limits);
  }
  apply(passed, talk);
}

}  // namespace whohungup
