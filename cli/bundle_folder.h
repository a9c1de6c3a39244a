// A folder that is there whole or not at all: written under another name beside its place and
// renamed when everything is in it (bundle_keeper.h). Private to the user; nothing is ever
// overwritten.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "capture/byte_output.h"
#include "cli/bundle_keeper.h"

namespace whohungup {

/// Where the files of a bundle go, by name.
class BundleFiles {
 public:
  BundleFiles() = default;
  BundleFiles(const BundleFiles&) = delete;
  BundleFiles& operator=(const BundleFiles&) = delete;
  virtual ~BundleFiles() = default;
  virtual std::unique_ptr<ByteOutput> create(const std::string& name) = 0;
  virtual void write(const std::string& name, std::string_view text) = 0;
};

class BundleFolder : public BundleFiles {
 public:
  /// Writes into the keeper's folder, which must outlive this.
  explicit BundleFolder(FolderKeeper& keeper) : keeper_(keeper) {}

  /// Creates a file of mode 0600; `name` may begin with one folder, which is created with 0700.
  /// Throws CaptureError.
  std::unique_ptr<ByteOutput> create(const std::string& name) override;
  void write(const std::string& name, std::string_view text) override;

  /// Writes SHA256SUMS over every file created so far, in the order of their names.
  void write_sums();
  /// Brings everything to the disk and has the folder signed and named. Throws CaptureError.
  void publish();

 private:
  [[nodiscard]] int open_again(const std::string& name) const;
  void sync() const;

  FolderKeeper& keeper_;
  std::set<std::string> files_;  // in the order of their names
};

/// The SHA-256 of a file in lower-case hex. Throws CaptureError if it cannot be read.
std::string sha256_of_file(const std::string& path);

}  // namespace whohungup
