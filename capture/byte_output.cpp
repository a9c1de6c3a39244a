#include "capture/byte_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "capture/source.h"

namespace whohungup {
namespace {

// One system call for some hundred packets; small, since a `watch` may hold several files open.
constexpr std::size_t kBuffer = std::size_t{64} << 10;
constexpr mode_t kPrivate = 0600;  // packets, and often secrets, are nobody else's business

std::string why_not_created(int error) {
  switch (error) {
    case ENOENT:
      return "its directory does not exist; create it first";
    case EACCES:
    case EROFS:
      return std::string(std::strerror(error)) + "; write where you may";
    default:
      return std::strerror(error);
  }
}

[[noreturn]] void fail_to_create(const std::string& path) {
  throw CaptureError(path + ": cannot be created: " + why_not_created(errno));
}

/// One that was there before may be open to others. What is no file keeps its mode.
void make_private(int fd) {
  struct stat is {};
  if (::fstat(fd, &is) == 0 && S_ISREG(is.st_mode)) (void)::fchmod(fd, kPrivate);
}

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

  /// Brings it to the disk: one that is full may say so only then.
  void sync() {
    if (::fsync(fd_) != 0) fail(errno);
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

/// Takes another file's place when it is whole.
class Replacement final : public ByteOutput {
 public:
  Replacement(std::unique_ptr<Descriptor> out, std::string part, std::string name)
      : out_(std::move(out)), part_(std::move(part)), name_(std::move(name)) {}
  ~Replacement() override {
    if (!part_.empty()) ::unlink(part_.c_str());
  }
  void write(Bytes bytes) override { out_->write(bytes); }
  void flush() override {
    out_->flush();
    out_->sync();
    if (part_.empty()) return;
    if (::rename(part_.c_str(), name_.c_str()) != 0) fail_to_create(name_);
    part_.clear();
  }

 private:
  std::unique_ptr<Descriptor> out_;
  std::string part_;  // empty: it has taken its place
  std::string name_;
};

}  // namespace

std::unique_ptr<ByteOutput> create_file(const std::string& path) {
  if (path == "-") return write_to_descriptor(STDOUT_FILENO, "standard output");
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_TRUNC, kPrivate);
  if (fd < 0) fail_to_create(path);
  make_private(fd);
  return std::make_unique<Descriptor>(fd, true, path);
}

std::unique_ptr<ByteOutput> replace_file(const std::string& path) {
  struct stat there {};
  const bool exists = ::stat(path.c_str(), &there) == 0;
  if (path == "-" || (exists && !S_ISREG(there.st_mode))) return create_file(path);
  // Not the link, but what it leads to.
  const std::unique_ptr<char, decltype(&std::free)> target(::realpath(path.c_str(), nullptr),
                                                           &std::free);
  const std::string name = target ? target.get() : path;
  std::string part = name + ".part-XXXXXX";
  const int fd = ::mkostemp(part.data(), O_CLOEXEC);
  if (fd < 0 && exists) return create_file(path);  // the file may be written to, its folder not
  if (fd < 0) fail_to_create(path);
  return std::make_unique<Replacement>(std::make_unique<Descriptor>(fd, true, path),
                                       std::move(part), name);
}

std::unique_ptr<ByteOutput> write_to_descriptor(int fd, std::string name) {
  return std::make_unique<Descriptor>(fd, false, std::move(name));
}

std::unique_ptr<ByteOutput> write_to_memory(std::vector<std::uint8_t>& bytes) {
  return std::make_unique<Memory>(bytes);
}

}  // namespace whohungup
