// Reassembly that testifies instead of delivering: it remembers which frame carried which byte,
// keeps what disagrees, and knows its holes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "capture/packet.h"
#include "dissect/short_list.h"

namespace whohungup {

/// A stretch of the stream that was never captured, though the stream went on behind it.
struct Hole {
  std::int64_t begin{}, end{};
};

/// Where two segments carry different bytes for the same place of the stream.
struct Conflict {
  std::int64_t offset{};
  FrameNo first, second;
};

/// The first bytes one side sent, as far as they were captured, up to a bound.
///
/// Offsets count from the byte after the SYN (0 is the first byte of data) and never wrap. Bytes
/// already known keep their first value; a later, different value goes to conflicts().
class Stream {
 public:
  static constexpr std::size_t kDefaultBound = 64U << 10U;  // a hello, a chain of certificates

  /// Adds captured bytes at `offset`; what lies before 0 or beyond the bound is not kept
  /// (full() then says so).
  void add(std::int64_t offset, Bytes bytes, FrameNo frame);

  /// The gap-free bytes from offset 0.
  [[nodiscard]] Bytes prefix() const;
  /// The gap-free bytes known from `offset` on; empty where it lies in a hole.
  [[nodiscard]] Bytes from(std::int64_t offset) const;
  /// One past the highest byte kept.
  [[nodiscard]] std::int64_t end() const;
  /// The frames whose bytes were kept in [begin, end), in the order of their bytes.
  [[nodiscard]] Frames carriers(std::int64_t begin, std::int64_t end) const;
  /// The first frame that carried the byte at `offset`, or frame 0 if none did.
  [[nodiscard]] FrameNo carrier(std::int64_t offset) const;
  [[nodiscard]] std::vector<Hole> holes() const;
  /// Where the hole that `offset` lies in ends; nothing if it lies in none, or nothing is known
  /// behind it.
  [[nodiscard]] std::optional<std::int64_t> end_of_hole(std::int64_t offset) const;
  [[nodiscard]] const std::vector<Conflict>& conflicts() const { return conflicts_; }
  [[nodiscard]] bool full() const { return full_; }
  [[nodiscard]] bool empty() const { return pieces_.empty(); }

  void set_bound(std::size_t bytes) { bound_ = bytes; }
  /// Forgets everything and keeps the memory for the next flow.
  void clear();
  /// Forgets everything and gives the memory back.
  void release();
  /// Asks for what is looked at first to be brought near the processor.
  [[gnu::always_inline]] void fetch() const {
    __builtin_prefetch(pieces_.data());
    __builtin_prefetch(bytes_.data());
  }
  /// Heap bytes held.
  [[nodiscard]] std::size_t footprint() const;
  /// Heap bytes that this content takes in a stream of its own, whatever was in here before.
  [[nodiscard]] std::size_t weight() const;
  /// Gives back what is held beyond the content.
  void tighten();

 private:
  // Pieces are sorted by offset and disjoint; a piece's bytes lie at bytes_[begin, end).
  struct Piece {
    std::int64_t begin{}, end{};
    FrameNo frame{};
  };
  void fill_around(std::int64_t offset, Bytes bytes, FrameNo frame);
  void store(std::size_t before, std::int64_t offset, Bytes bytes, FrameNo frame);
  void compare(std::int64_t offset, Bytes bytes, FrameNo known, FrameNo now);
  [[nodiscard]] std::size_t piece_at(std::int64_t offset) const;

  std::vector<std::uint8_t> bytes_;
  std::vector<Piece> pieces_;
  std::vector<Conflict> conflicts_;
  std::size_t bound_{kDefaultBound};
  bool full_{};
};

}  // namespace whohungup
