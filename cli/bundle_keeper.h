// The process that makes a bundle's folder, and in the end gives it its name or takes it away.
//
// It is a child of ours that stays what we were: `probe` gives its rights up before it looks at a
// packet, and the place where the folder belongs may be root's alone. And it outlives us: killed in
// the middle of writing, by whatever signal, we leave no half bundle.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace whohungup {

class FolderKeeper {
 public:
  /// Whom the folder is made for, if we are to become somebody else before it is written.
  struct Heir {
    unsigned user{}, group{};
    bool lend_only{};  // what was written belongs to us again in the end
  };

  /// Makes a private folder beside `path`, under another name. Throws CaptureError if `path`
  /// exists, if nothing can be made there, or if there is no key to sign with.
  FolderKeeper(const std::string& path, const std::string& sign_key,
               const std::optional<Heir>& heir = {});
  FolderKeeper(const FolderKeeper&) = delete;
  FolderKeeper& operator=(const FolderKeeper&) = delete;
  /// Has the folder removed, with all that is in it, unless it was published.
  ~FolderKeeper();

  /// The folder's name in the end.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// The folder itself, open: reachable even where its path is not.
  [[nodiscard]] int folder() const { return folder_; }
  /// Has SHA256SUMS signed if there is a key, and the folder given its name. Throws CaptureError;
  /// then nothing is left.
  void publish();

 private:
  std::string path_;
  int folder_{-1};
  int child_{-1};  // a socket
  pid_t pid_{};
};

/// Throws CaptureError if there is something at `path` already: better told before a long reading.
void refuse_existing(const std::string& path);

}  // namespace whohungup
