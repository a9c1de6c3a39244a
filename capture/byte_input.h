// Where the bytes of a saved capture come from, and the window through which the formats look at
// them: one reused buffer that always shows the next bytes in one piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "capture/packet.h"

namespace whohungup {

/// A stream of bytes: a file, a pipe, a decompressor over another stream.
class ByteInput {
 public:
  enum class State : std::uint8_t {
    Some,    // `count` bytes were stored
    Idle,    // a pipe had nothing for kIdleAfter
    End,     // there are no more
    Failed,  // there may be more, but they cannot be had; `why` says why
  };
  struct Result {
    State state{};
    std::size_t count{};
    std::string why;
  };

  ByteInput() = default;
  ByteInput(const ByteInput&) = delete;
  ByteInput& operator=(const ByteInput&) = delete;
  virtual ~ByteInput() = default;

  /// Stores at least one and at most `into.size()` bytes, or says why not. `into` is not empty.
  virtual Result read(std::span<std::uint8_t> into) = 0;

  /// Bytes taken from the file itself (compressed ones, if it is compressed) and its size.
  struct Position {
    std::uint64_t taken{};
    std::optional<std::uint64_t> size{};  // nothing: a pipe
  };
  [[nodiscard]] virtual Position position() const = 0;
};

/// Opens a file, a named pipe or, for "-", standard input. Throws CaptureError with the reason
/// if there is no such file, no permission, or it is a directory or a terminal.
std::unique_ptr<ByteInput> open_bytes(const std::string& path);

/// Reads bytes that are in memory already. They must outlive the input.
std::unique_ptr<ByteInput> bytes_in_memory(Bytes bytes);

class ReadAhead;  // capture/read_ahead.h

/// The next bytes of an input in one piece. What is shown stays in place until more is needed:
/// packets are views into it.
class Window {
 public:
  enum class Fill : std::uint8_t {
    Ready,  // data() shows at least as many bytes as were needed
    Idle,   // a pipe is still open and has not sent them yet
    Short,  // the input ended or failed before; left() of them are there
  };

  /// Big enough that a system call is paid once in hundreds of packets, small enough to stay
  /// in the second-level cache while they are looked at.
  static constexpr std::size_t kCapacity = std::size_t{256} << 10;

  explicit Window(std::unique_ptr<ByteInput> input, std::size_t capacity = kCapacity);
  /// The same over an input that another thread reads ahead.
  static Window over_thread(std::unique_ptr<ByteInput> input);
  Window(Window&&) noexcept;
  Window& operator=(Window&&) noexcept;
  ~Window();

  /// Makes `n` bytes visible. Memory grows with the bytes that really arrive, not with `n`.
  Fill need(std::size_t n) { return n <= left() ? Fill::Ready : need_more(n); }

  [[nodiscard]] const std::uint8_t* data() const { return begin_; }
  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - begin_); }
  [[nodiscard]] Bytes bytes() const { return {begin_, left()}; }

  /// Moves on. `n` is at most left().
  void consume(std::size_t n) { begin_ += n; }

  /// How many bytes of the input lie before data().
  [[nodiscard]] std::uint64_t offset() const {
    return before_origin_ + static_cast<std::uint64_t>(begin_ - origin_);
  }

  /// Why the input failed; empty if it just ended.
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] ByteInput::Position position() const {
    return ahead_ ? ahead_position_ : input_->position();
  }

 private:
  Fill need_more(std::size_t n);
  void make_room(std::size_t n);
  ByteInput::Result read_on(std::size_t n);
  ByteInput::Result take_block();

  std::unique_ptr<ByteInput> input_;  // or
  std::unique_ptr<ReadAhead> ahead_;
  ByteInput::Position ahead_position_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::size_t capacity_;
  const std::uint8_t* begin_;
  const std::uint8_t* end_;
  const std::uint8_t* origin_;     // some place at or before begin_ in the same piece of memory
  std::uint64_t before_origin_{};  // how many bytes of the input lie before it
  std::string failure_;
  bool ended_{false};
};

}  // namespace whohungup
