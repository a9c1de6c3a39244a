#include "capture/byte_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "capture/source.h"

namespace whohungup {
namespace {

// One system call for some hundred packets; small, since a `watch` may hold several files open.
constexpr std::size_t kBuffer = std::size_t{64} << 10;

class Descriptor final : public ByteOutput {
 public:
  Descriptor(int fd, bool ours, std::string name) : fd_(fd), ours_(ours), name_(std::move(name)) {
    buffer_.reserve(kBuffer);
  }
  // What was not flushed is lost, as after an exception it should be.
  ~Descriptor() override {
    if (ours_) ::close(fd_);
  }

  void write(Bytes bytes) override {
    if (buffer_.size() + bytes.size() > kBuffer) flush();
    if (bytes.size() > kBuffer)
      write_out(bytes);
    else
      buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  }

  void flush() override {
    write_out(buffer_);
    buffer_.clear();
  }

 private:
  void write_out(Bytes bytes) {
    while (!bytes.empty()) {
      const ssize_t put = ::write(fd_, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) fail(errno);
      written_ += static_cast<std::uint64_t>(put);
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
  }

  [[noreturn]] void fail(int error) {
    buffer_.clear();
    if (error == ENOSPC || error == EDQUOT)
      throw CaptureError(
          fmt::format("{}: the disk is full after {} bytes; free some space or "
                      "write elsewhere",
                      name_, written_));
    if (error == EPIPE)
      throw CaptureError(
          fmt::format("{}: whoever read it has gone after {} bytes", name_, written_));
    throw CaptureError(fmt::format("{}: cannot be written: {}", name_, std::strerror(error)));
  }

  int fd_;
  bool ours_;
  std::string name_;
  std::vector<std::uint8_t> buffer_;
  std::uint64_t written_{};
};

class Memory final : public ByteOutput {
 public:
  explicit Memory(std::vector<std::uint8_t>& bytes) : bytes_(bytes) {}
  void write(Bytes bytes) override { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void flush() override {}

 private:
  std::vector<std::uint8_t>& bytes_;
};

std::string why_not_created(int error) {
  switch (error) {
    case EEXIST:
      return "it exists already and is not overwritten; choose another name";
    case ENOENT:
      return "its directory does not exist; create it first";
    case EACCES:
    case EROFS:
      return std::string(std::strerror(error)) + "; write where you may";
    default:
      return std::strerror(error);
  }
}

}  // namespace

std::unique_ptr<ByteOutput> create_file(const std::string& path, IfExists if_exists) {
  if (path == "-") return write_to_descriptor(STDOUT_FILENO, "standard output");
  const int when = if_exists == IfExists::Refuse ? O_EXCL : O_TRUNC;
  constexpr mode_t kMode = 0600;  // packets, and often secrets, are nobody else's business
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | when, kMode);
  if (fd < 0) throw CaptureError(path + ": cannot be created: " + why_not_created(errno));
  return std::make_unique<Descriptor>(fd, true, path);
}

std::unique_ptr<ByteOutput> write_to_descriptor(int fd, std::string name) {
  return std::make_unique<Descriptor>(fd, false, std::move(name));
}

std::unique_ptr<ByteOutput> write_to_memory(std::vector<std::uint8_t>& bytes) {
  return std::make_unique<Memory>(bytes);
}

}  // namespace whohungup
