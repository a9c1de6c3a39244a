// A folder that is there whole or not at all: written under another name beside its place and
// renamed when everything is in it. Private to the user; nothing is ever overwritten.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "capture/byte_output.h"

namespace whohungup {

class BundleFolder {
 public:
  /// Throws CaptureError if `path` exists, or if nothing can be written beside it.
  explicit BundleFolder(std::string path);
  BundleFolder(const BundleFolder&) = delete;
  BundleFolder& operator=(const BundleFolder&) = delete;
  /// Removes everything unless it was published.
  ~BundleFolder();

  /// Creates a file of mode 0600; `name` may begin with one folder, which is created with 0700.
  std::unique_ptr<ByteOutput> create(const std::string& name);
  void write(const std::string& name, std::string_view text);
  /// The file's place for now.
  [[nodiscard]] std::string place_of(const std::string& name) const { return place_ + "/" + name; }

  /// Writes SHA256SUMS over every file created so far, in the order of their names.
  void write_sums();
  /// Gives the folder its name. Throws CaptureError if that was taken in the meantime.
  void publish();

 private:
  void sync() const;

  std::string path_;
  std::string place_;
  std::map<std::string, bool> files_;  // in the order of their names
  bool published_{};
};

/// Throws CaptureError if there is something at `path` already: better told before a long reading.
void refuse_existing(const std::string& path);

/// The SHA-256 of a file in lower-case hex. Throws CaptureError if it cannot be read.
std::string sha256_of_file(const std::string& path);

}  // namespace whohungup
