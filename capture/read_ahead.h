// Reads an input in a thread of its own, a few blocks ahead of whoever looks at them: reading a
// file is a copy by the kernel, and unpacking one is work, that the thread with the packets need
// not wait for.
#pragma once

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "capture/byte_input.h"

namespace whohungup {

class ReadAhead {
 public:
  /// What one read() gave, and the position of the input behind it. In front of the bytes there is
  /// room for `kHeadroom` others, so that what is left of the block before can be put there.
  struct Block {
    std::unique_ptr<std::uint8_t[]> memory;
    ByteInput::Result got;
    ByteInput::Position behind;

    [[nodiscard]] std::uint8_t* bytes() const { return memory.get() + kHeadroom; }
  };

  /// The longest usual packet (longest_packet() in capture_file.h) with its header.
  static constexpr std::size_t kHeadroom = (std::size_t{256} << 10U) + 64;

  explicit ReadAhead(std::unique_ptr<ByteInput> input, std::size_t block_size);
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;
  ~ReadAhead();

  /// Waits for the next block. It and the one before it stay as they are until the next call. After
  /// a block that ends the input there is no other.
  const Block& next();

 private:
  // One is looked at, one was looked at before, and the others are read into.
  static constexpr std::size_t kBlocks = 8;
  static constexpr std::size_t kHeld = 2;
  // So few are still to be looked at when a reader that found no room is woken: it then has work
  // for a while. Waking it for each block by itself costs more than reading the block.
  static constexpr std::size_t kFewLeft = 2;

  void read_on();

  std::unique_ptr<ByteInput> input_;
  std::size_t block_size_;
  std::array<Block, kBlocks> blocks_;
  std::mutex lock_;
  std::condition_variable ready_, room_;
  std::size_t filled_{};  // blocks read so far
  std::size_t shown_{};   // blocks given out so far
  bool stop_{};
  std::thread reader_;  // the last member: it uses all the others
};

}  // namespace whohungup
