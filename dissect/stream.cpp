// See stream.h. Bytes lie at their own offset in one buffer, so that a gap-free stretch is a span.
#include "dissect/stream.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace whohungup {

void Stream::add(std::int64_t offset, Bytes bytes, FrameNo frame) {
  if (offset < 0) {
    const auto before = static_cast<std::uint64_t>(-offset);
    if (before >= bytes.size()) return;
    bytes = bytes.subspan(before);
    offset = 0;
  }
  const auto bound = static_cast<std::int64_t>(bound_);
  const std::int64_t wanted_end = offset + static_cast<std::int64_t>(bytes.size());
  if (wanted_end > bound) {
    full_ = true;
    if (offset >= bound) return;
    bytes = bytes.first(static_cast<std::size_t>(bound - offset));
  }
  if (bytes.empty()) return;
  // Byte-sized pieces, most of all out of order, would cost more than they say.
  constexpr std::size_t kMostPieces = 2048;
  if (pieces_.size() >= kMostPieces) {
    full_ = true;
    return;
  }
  const std::int64_t end = offset + static_cast<std::int64_t>(bytes.size());
  // In order, the usual case: the new bytes begin where the known ones end.
  if (static_cast<std::size_t>(offset) == bytes_.size()) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    pieces_.push_back({offset, end, frame});
    return;
  }
  if (static_cast<std::size_t>(end) > bytes_.size()) bytes_.resize(static_cast<std::size_t>(end));
  if (pieces_.empty() || pieces_.back().end <= offset) {
    std::memcpy(bytes_.data() + offset, bytes.data(), bytes.size());
    pieces_.push_back({offset, end, frame});
    return;
  }
  fill_around(offset, bytes, frame);
}

/// Copies what is new into the holes between known pieces and compares what is not.
void Stream::fill_around(std::int64_t offset, Bytes bytes, FrameNo frame) {
  const std::int64_t end = offset + static_cast<std::int64_t>(bytes.size());
  const auto part = [&](std::int64_t from, std::int64_t to) {
    return bytes.subspan(static_cast<std::size_t>(from - offset),
                         static_cast<std::size_t>(to - from));
  };
  std::int64_t at = offset;
  std::size_t i = 0;
  while (i < pieces_.size() && pieces_[i].end <= offset) ++i;
  while (at < end) {
    if (i == pieces_.size() || pieces_[i].begin >= end) {
      store(i, at, part(at, end), frame);
      return;
    }
    if (at < pieces_[i].begin) {
      store(i, at, part(at, pieces_[i].begin), frame);
      at = pieces_[++i].begin;  // store() put the new piece before this one
    }
    const std::int64_t known_end = std::min(end, pieces_[i].end);
    compare(at, part(at, known_end), pieces_[i].frame, frame);
    at = known_end;
    ++i;
  }
}

void Stream::store(std::size_t before, std::int64_t offset, Bytes bytes, FrameNo frame) {
  std::memcpy(bytes_.data() + offset, bytes.data(), bytes.size());
  pieces_.insert(pieces_.begin() + static_cast<std::ptrdiff_t>(before),
                 {offset, offset + static_cast<std::int64_t>(bytes.size()), frame});
}

void Stream::compare(std::int64_t offset, Bytes bytes, FrameNo known, FrameNo now) {
  // A handful of conflicts says all that many would.
  constexpr std::size_t kMostConflicts = 32;
  const std::uint8_t* kept = bytes_.data() + offset;
  const auto [mine, theirs] = std::mismatch(bytes.begin(), bytes.end(), kept);
  static_cast<void>(theirs);
  if (mine == bytes.end() || conflicts_.size() >= kMostConflicts) return;
  conflicts_.push_back({offset + (mine - bytes.begin()), known, now});
}

Bytes Stream::prefix() const { return from(0); }

Bytes Stream::from(std::int64_t offset) const {
  std::size_t i = piece_at(offset);
  if (i == pieces_.size()) return {};
  std::int64_t end = pieces_[i].end;
  while (++i < pieces_.size() && pieces_[i].begin == end) end = pieces_[i].end;
  return Bytes(bytes_).subspan(static_cast<std::size_t>(offset),
                               static_cast<std::size_t>(end - offset));
}

std::int64_t Stream::end() const { return pieces_.empty() ? 0 : pieces_.back().end; }

Frames Stream::carriers(std::int64_t begin, std::int64_t end) const {
  Frames frames;
  for (const Piece& piece : pieces_) {
    if (piece.begin >= end) break;
    if (piece.end <= begin || std::find(frames.begin(), frames.end(), piece.frame) != frames.end())
      continue;
    frames.push_back(piece.frame);
  }
  return frames;
}

FrameNo Stream::carrier(std::int64_t offset) const {
  const std::size_t i = piece_at(offset);
  return i == pieces_.size() ? FrameNo{} : pieces_[i].frame;
}

std::vector<Hole> Stream::holes() const {
  std::vector<Hole> holes;
  std::int64_t at = 0;
  for (const Piece& piece : pieces_) {
    if (piece.begin > at) holes.push_back({at, piece.begin});
    at = piece.end;
  }
  return holes;
}

std::optional<std::int64_t> Stream::end_of_hole(std::int64_t offset) const {
  const auto behind = std::partition_point(pieces_.begin(), pieces_.end(),
                                           [&](const Piece& p) { return p.end <= offset; });
  if (behind == pieces_.end() || behind->begin <= offset) return std::nullopt;
  return behind->begin;
}

/// The piece that holds `offset`, or pieces_.size().
std::size_t Stream::piece_at(std::int64_t offset) const {
  // Mostly something is asked of what came last.
  if (!pieces_.empty() && pieces_.back().begin <= offset)
    return offset < pieces_.back().end ? pieces_.size() - 1 : pieces_.size();
  const auto behind = std::partition_point(pieces_.begin(), pieces_.end(),
                                           [&](const Piece& p) { return p.end <= offset; });
  if (behind == pieces_.end() || behind->begin > offset) return pieces_.size();
  return static_cast<std::size_t>(behind - pieces_.begin());
}

void Stream::clear() {
  bytes_.clear();
  pieces_.clear();
  conflicts_.clear();
  full_ = false;
}

void Stream::release() {
  clear();
  bytes_.shrink_to_fit();
  pieces_.shrink_to_fit();
  conflicts_.shrink_to_fit();
}

// Vectors grow by doubling.
std::size_t Stream::weight() const {
  return std::bit_ceil(bytes_.size()) + std::bit_ceil(pieces_.size()) * sizeof(Piece) +
         conflicts_.size() * sizeof(Conflict);
}

void Stream::tighten() {
  bytes_.shrink_to_fit();
  pieces_.shrink_to_fit();
}

std::size_t Stream::footprint() const {
  return bytes_.capacity() + pieces_.capacity() * sizeof(Piece) +
         conflicts_.capacity() * sizeof(Conflict);
}

}  // namespace whohungup
