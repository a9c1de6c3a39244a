// Files and pipes by plain read(2), and the window over them.
#include "capture/byte_input.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "capture/read_ahead.h"
#include "capture/source.h"

namespace whohungup {
namespace {

// A pipe that is silent this long lets its reader look at the clock: short enough that a flow is
// told at once to the eye, long enough to cost nothing.
constexpr int kIdleAfterMs = 300;

class Descriptor final : public ByteInput {
 public:
  Descriptor(int fd, bool ours, std::optional<std::uint64_t> size)
      : fd_(fd), ours_(ours), size_(size) {}
  ~Descriptor() override {
    if (ours_) ::close(fd_);
  }

  Result read(std::span<std::uint8_t> into) override {
    if (!size_ && !readable()) return {State::Idle, 0, {}};
    const ssize_t got = ::read(fd_, into.data(), into.size());
    if (got > 0) {
      taken_ += static_cast<std::uint64_t>(got);
      return {State::Some, static_cast<std::size_t>(got), {}};
    }
    if (got == 0) return {State::End, 0, {}};
    // A signal may mean that the user wants to stop: let the caller look.
    if (errno == EINTR || errno == EAGAIN) return {State::Idle, 0, {}};
    return {State::Failed, 0, std::strerror(errno)};
  }

  [[nodiscard]] Position position() const override { return {taken_, size_}; }

 private:
  [[nodiscard]] bool readable() const {
    pollfd waiting{fd_, POLLIN, 0};
    return ::poll(&waiting, 1, kIdleAfterMs) > 0;
  }

  int fd_;
  bool ours_;
  std::optional<std::uint64_t> size_;  // nothing: a pipe, which is waited for
  std::uint64_t taken_{};
};

class Memory final : public ByteInput {
 public:
  explicit Memory(Bytes bytes) : size_(bytes.size()), rest_(bytes) {}

  Result read(std::span<std::uint8_t> into) override {
    if (rest_.empty()) return {State::End, 0, {}};
    const std::size_t n = std::min(into.size(), rest_.size());
    std::memcpy(into.data(), rest_.data(), n);
    rest_ = rest_.subspan(n);
    return {State::Some, n, {}};
  }

  [[nodiscard]] Position position() const override { return {size_ - rest_.size(), size_}; }

 private:
  std::size_t size_;
  Bytes rest_;
};

std::string advice_for(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return "there is no such file; check the path";
    case EACCES:
      return "permission denied; captures made by root are often readable by root only: "
             "try sudo, or change the file's mode";
    case EMFILE:
      return "too many files are open at once; raise `ulimit -n` or merge them with mergecap";
    default:
      return std::strerror(error);
  }
}

std::unique_ptr<ByteInput> over_descriptor(int fd, bool ours, const std::string& name) {
  struct stat about {};
  if (::fstat(fd, &about) != 0) {
    const int error = errno;
    if (ours) ::close(fd);
    throw CaptureError(name + ": cannot be read: " + advice_for(error));
  }
  if (S_ISDIR(about.st_mode)) {
    if (ours) ::close(fd);
    throw CaptureError(name + ": is a directory; name the capture files in it");
  }
  std::optional<std::uint64_t> size;
  if (S_ISREG(about.st_mode)) size = static_cast<std::uint64_t>(about.st_size);
  if (size) static_cast<void>(::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL));
  return std::make_unique<Descriptor>(fd, ours, size);
}

}  // namespace

std::unique_ptr<ByteInput> open_bytes(const std::string& path) {
  if (path == "-") {
    if (::isatty(STDIN_FILENO) == 1)
      throw CaptureError(
          "standard input is a terminal; pipe a capture into it: "
          "tcpdump -U -w - ... | whohungup read -");
    return over_descriptor(STDIN_FILENO, false, "standard input");
  }
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw CaptureError(path + ": cannot be opened: " + advice_for(errno));
  return over_descriptor(fd, true, path);
}

std::unique_ptr<ByteInput> bytes_in_memory(Bytes bytes) { return std::make_unique<Memory>(bytes); }

Window::Window(std::unique_ptr<ByteInput> input, std::size_t capacity)
    : input_(std::move(input)),
      buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(capacity)),
      capacity_(capacity),
      begin_(buffer_.get()),
      end_(begin_),
      origin_(begin_) {}

Window Window::over_thread(std::unique_ptr<ByteInput> input) {
  Window window(nullptr, 1);
  window.ahead_position_ = input->position();
  window.ahead_ = std::make_unique<ReadAhead>(std::move(input), kCapacity);
  return window;
}

Window::Window(Window&&) noexcept = default;
Window& Window::operator=(Window&&) noexcept = default;
Window::~Window() = default;

Window::Fill Window::need_more(std::size_t n) {
  while (left() < n) {
    if (ended_) return Fill::Short;
    ByteInput::Result got = ahead_ ? take_block() : read_on(n);
    if (got.state == ByteInput::State::Idle) return Fill::Idle;
    ended_ = got.state != ByteInput::State::Some;
    failure_ = std::move(got.why);
  }
  return Fill::Ready;
}

ByteInput::Result Window::read_on(std::size_t n) {
  make_room(n);
  std::uint8_t* const behind = buffer_.get() + (end_ - buffer_.get());
  ByteInput::Result got = input_->read({behind, buffer_.get() + capacity_});
  end_ += got.count;
  return got;
}

// Puts what is left in front of the next block; where it does not fit there, both into a buffer.
ByteInput::Result Window::take_block() {
  const ReadAhead::Block& block = ahead_->next();
  const std::size_t kept = left();
  before_origin_ = offset();
  ahead_position_ = block.behind;
  if (kept <= ReadAhead::kHeadroom) {
    std::uint8_t* const begin = block.bytes() - kept;
    std::memcpy(begin, begin_, kept);
    begin_ = begin;
    end_ = block.bytes() + block.got.count;
  } else {
    auto both = std::make_unique_for_overwrite<std::uint8_t[]>(kept + block.got.count);
    std::memcpy(both.get(), begin_, kept);
    std::memcpy(both.get() + kept, block.bytes(), block.got.count);
    buffer_ = std::move(both);
    begin_ = buffer_.get();
    end_ = begin_ + kept + block.got.count;
  }
  origin_ = begin_;
  return block.got;
}

// Moves what is left to the front; doubles the buffer only when real bytes fill all of it.
void Window::make_room(std::size_t n) {
  const std::size_t kept = left();
  before_origin_ = offset();
  if (kept == capacity_) {
    const std::size_t bigger = std::min(2 * capacity_, std::max(n, capacity_ + 1));
    auto grown = std::make_unique_for_overwrite<std::uint8_t[]>(bigger);
    std::memcpy(grown.get(), begin_, kept);
    buffer_ = std::move(grown);
    capacity_ = bigger;
  } else if (kept != 0 && begin_ != buffer_.get()) {
    std::memmove(buffer_.get(), begin_, kept);
  }
  begin_ = origin_ = buffer_.get();
  end_ = begin_ + kept;
}

}  // namespace whohungup
