// See read_ahead.h.
#include "capture/read_ahead.h"

#include <exception>
#include <utility>

#include "capture/quiet_thread.h"

namespace whohungup {
ReadAhead::ReadAhead(std::unique_ptr<ByteInput> input, std::size_t block_size)
    : input_(std::move(input)), block_size_(block_size) {
  for (Block& block : blocks_)
    block.memory = std::make_unique_for_overwrite<std::uint8_t[]>(kHeadroom + block_size_);
  blocks_.front().behind = input_->position();
  reader_ = quiet_thread([this] { read_on(); });
}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard hold(lock_);
    stop_ = true;
  }
  room_.notify_all();
  reader_.join();
}

const ReadAhead::Block& ReadAhead::next() {
  std::unique_lock hold(lock_);
  ++shown_;
  if (filled_ <= shown_ + kFewLeft) room_.notify_one();
  ready_.wait(hold, [this] { return filled_ >= shown_; });
  return blocks_[(shown_ - 1) % kBlocks];
}

void ReadAhead::read_on() {
  for (std::size_t at = 0;; ++at) {
    {
      std::unique_lock hold(lock_);
      room_.wait(hold, [&] { return stop_ || at < shown_ + kBlocks - kHeld; });
      if (stop_) return;
    }
    Block& block = blocks_[at % kBlocks];
    try {
      block.got = input_->read({block.bytes(), block_size_});
    } catch (const std::exception& error) {
      block.got = {ByteInput::State::Failed, 0, error.what()};
    }
    block.behind = input_->position();
    const bool over =
        block.got.state == ByteInput::State::End || block.got.state == ByteInput::State::Failed;
    {
      const std::lock_guard hold(lock_);
      filled_ = at + 1;
    }
    ready_.notify_one();
    if (over) return;
  }
}

}  // namespace whohungup
