#include "cli/bundle_folder.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "capture/sha256.h"
#include "capture/source.h"

namespace whohungup {
namespace {

/// An output that owns its descriptor and brings the bytes to the disk.
class PrivateFile final : public ByteOutput {
 public:
  PrivateFile(int file, std::string name)
      : file_(file), out_(write_to_descriptor(file, std::move(name))) {}
  ~PrivateFile() override { ::close(file_); }
  void write(Bytes bytes) override { out_->write(bytes); }
  void flush() override { out_->flush(); }

 private:
  int file_;
  std::unique_ptr<ByteOutput> out_;
};

std::string sum_and_close(int file, const std::string& path) {
  Sha256 sum;
  std::array<std::uint8_t, std::size_t{1} << 16U> block{};
  ssize_t got = 0;
  while ((got = ::read(file, block.data(), block.size())) > 0)
    sum.add(Bytes(block).first(static_cast<std::size_t>(got)));
  const int error = errno;
  ::close(file);
  if (got < 0)
    throw CaptureError(fmt::format("{}: cannot be read: {}", path, std::strerror(error)));
  return sum.hex();
}

}  // namespace

std::unique_ptr<ByteOutput> BundleFolder::create(const std::string& name) {
  if (const auto slash = name.find('/'); slash != std::string::npos)
    ::mkdirat(keeper_.folder(), name.substr(0, slash).c_str(), S_IRWXU);
  const int file = ::openat(keeper_.folder(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
                            S_IRUSR | S_IWUSR);
  if (file < 0)
    throw CaptureError(
        fmt::format("{}/{}: cannot be created: {}", keeper_.path(), name, std::strerror(errno)));
  files_.insert(name);
  return std::make_unique<PrivateFile>(file, keeper_.path() + "/" + name);
}

void BundleFolder::write(const std::string& name, std::string_view text) {
  const auto out = create(name);
  out->write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  out->flush();
}

void BundleFolder::write_sums() {
  std::string sums;
  for (const std::string& name : files_) {
    const int file = open_again(name);
    sums += fmt::format("{}  {}\n", sum_and_close(file, keeper_.path() + "/" + name), name);
  }
  write("SHA256SUMS", sums);
}

void BundleFolder::publish() {
  sync();
  keeper_.publish();
}

/// A disk that is full may say so only now.
void BundleFolder::sync() const {
  for (const std::string& name : files_) {
    const int file = open_again(name);
    const bool synced = ::fsync(file) == 0;
    const int error = errno;
    ::close(file);
    if (!synced)
      throw CaptureError(
          fmt::format("{}/{}: cannot be written: {}", keeper_.path(), name, std::strerror(error)));
  }
}

int BundleFolder::open_again(const std::string& name) const {
  const int file = ::openat(keeper_.folder(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (file < 0)
    throw CaptureError(
        fmt::format("{}/{}: cannot be read: {}", keeper_.path(), name, std::strerror(errno)));
  return file;
}

std::string sha256_of_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    throw CaptureError(fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
  return sum_and_close(file, path);
}

}  // namespace whohungup
