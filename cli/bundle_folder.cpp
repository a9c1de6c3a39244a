#include "cli/bundle_folder.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "capture/source.h"

namespace whohungup {
namespace {

[[noreturn]] void refuse(const std::string& path) {
  throw CaptureError(
      fmt::format("{}: it exists already and is not overwritten; choose another name", path));
}

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

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

}  // namespace

void refuse_existing(const std::string& path) {
  struct stat there {};
  if (::lstat(without_slashes(path).c_str(), &there) == 0) refuse(path);
}

BundleFolder::BundleFolder(std::string path) : path_(without_slashes(std::move(path))) {
  refuse_existing(path_);
  place_ = path_ + ".partial-XXXXXX";
  if (::mkdtemp(place_.data()) == nullptr) {  // with mode 0700
    const int error = errno;
    const std::string folder = std::filesystem::path(path_).parent_path().string();
    throw CaptureError(fmt::format("{}: cannot be created: {} ({})", path_, std::strerror(error),
                                   folder.empty() ? "in this directory" : folder));
  }
}

BundleFolder::~BundleFolder() {
  if (published_) return;
  std::error_code nobody_to_tell;
  std::filesystem::remove_all(place_, nobody_to_tell);
}

std::unique_ptr<ByteOutput> BundleFolder::create(const std::string& name) {
  if (const auto slash = name.find('/'); slash != std::string::npos)
    ::mkdir(place_of(name.substr(0, slash)).c_str(), S_IRWXU);
  const int file =
      ::open(place_of(name).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0)
    throw CaptureError(
        fmt::format("{}/{}: cannot be created: {}", path_, name, std::strerror(errno)));
  files_[name] = true;
  return std::make_unique<PrivateFile>(file, path_ + "/" + name);
}

void BundleFolder::write(const std::string& name, std::string_view text) {
  const auto out = create(name);
  out->write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  out->flush();
}

void BundleFolder::write_sums() {
  std::string sums;
  for (const auto& [name, created] : files_)
    sums += fmt::format("{}  {}\n", sha256_of_file(place_of(name)), name);
  write("SHA256SUMS", sums);
}

void BundleFolder::publish() {
  sync();
  if (::renameat2(AT_FDCWD, place_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) refuse(path_);
    // Some network file systems know no such flag; the name was free a moment ago.
    if (errno != EINVAL && errno != ENOSYS)
      throw CaptureError(fmt::format("{}: cannot be created: {}", path_, std::strerror(errno)));
    refuse_existing(path_);
    if (::rename(place_.c_str(), path_.c_str()) != 0)
      throw CaptureError(fmt::format("{}: cannot be created: {}", path_, std::strerror(errno)));
  }
  published_ = true;
}

/// A disk that is full may say so only now.
void BundleFolder::sync() const {
  for (const auto& [name, created] : files_) {
    const int file = ::open(place_of(name).c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = file >= 0 && ::fsync(file) == 0;
    const int error = errno;
    if (file >= 0) ::close(file);
    if (!synced)
      throw CaptureError(
          fmt::format("{}/{}: cannot be written: {}", path_, name, std::strerror(error)));
  }
}

std::string sha256_of_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    throw CaptureError(fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(),
                                                                       &EVP_MD_CTX_free);
  EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr);
  std::array<std::uint8_t, std::size_t{1} << 16U> block{};
  ssize_t got = 0;
  while ((got = ::read(file, block.data(), block.size())) > 0)
    EVP_DigestUpdate(digest.get(), block.data(), static_cast<std::size_t>(got));
  const int error = errno;
  ::close(file);
  if (got < 0)
    throw CaptureError(fmt::format("{}: cannot be read: {}", path, std::strerror(error)));
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned size = 0;
  EVP_DigestFinal_ex(digest.get(), sum.data(), &size);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", sum[i]);
  return hex;
}

}  // namespace whohungup
