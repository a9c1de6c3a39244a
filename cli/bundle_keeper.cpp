#include "cli/bundle_keeper.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <string_view>
#include <system_error>

#include "capture/source.h"
#include "cli/bundle_sign.h"

namespace whohungup {
namespace {

constexpr char kPublish = 'P';

std::string taken(const std::string& path) {
  return path + ": it exists already and is not overwritten; choose another name";
}

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

/// What the child works with.
struct Task {
  std::string path, place, sign_key;
  bool take_back{};
  uid_t user{};
  gid_t group{};
};

/// Makes what somebody with fewer rights has written ours: regular files with no other name, and
/// the folders around them. Nothing is followed, nothing else is touched.
void take_back(const Task& task, const std::string& place) {
  const auto own = [&](const std::string& path, int flags) {
    const int file = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags);
    if (file < 0) return;
    struct stat is {};
    const bool plain = ::fstat(file, &is) == 0 &&
                       (S_ISDIR(is.st_mode) || (S_ISREG(is.st_mode) && is.st_nlink == 1));
    if (plain && ::fchown(file, task.user, task.group) != 0) static_cast<void>(errno);
    ::close(file);
  };
  own(place, O_DIRECTORY);
  std::error_code ignored;
  for (std::filesystem::recursive_directory_iterator it(place, ignored), end; !ignored && it != end;
       it.increment(ignored))
    own(it->path().string(), 0);
}

/// Returns what went wrong; empty: nothing.
std::string publish(const Task& task) {
  if (task.take_back) take_back(task, task.place);
  if (!task.sign_key.empty()) {
    std::string problem = try_to_sign(task.place + "/SHA256SUMS", task.sign_key);
    if (!problem.empty()) return problem;
  }
  const char* from = task.place.c_str();
  const char* to = task.path.c_str();
  if (::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return {};
  if (errno == EEXIST) return taken(task.path);
  // Some network file systems know no such flag; the name is looked for once more.
  struct stat there {};
  if (::lstat(to, &there) == 0) return taken(task.path);
  if (::rename(from, to) == 0) return {};
  return fmt::format("{}: cannot be created: {}", task.path, std::strerror(errno));
}

/// The child's whole life. What it is told comes from us or, once we are gone, is nothing.
[[noreturn]] void keep(const Task& task, int parent) {
  char order = 0;
  ssize_t got = 0;
  while ((got = ::read(parent, &order, 1)) < 0 && errno == EINTR) {
  }
  bool published = false;
  if (got == 1 && order == kPublish) {
    const std::string problem = publish(task);
    published = problem.empty();
    const std::string answer = published ? "+" : "-" + problem;
    static_cast<void>(::send(parent, answer.data(), answer.size(), MSG_NOSIGNAL));
  }
  std::error_code nobody_to_tell;
  if (!published) std::filesystem::remove_all(task.place, nobody_to_tell);
  ::_exit(0);
}

/// Makes the folder in the child, so that nobody is left with it who would not remove it; tells
/// the parent errno or 0, and the name.
bool make_folder(Task& task, const std::optional<FolderKeeper::Heir>& heir, int parent) {
  int error = 0;
  if (::mkdtemp(task.place.data()) == nullptr) {  // with mode 0700
    error = errno;
  } else if (heir && ::chown(task.place.c_str(), heir->user, heir->group) != 0) {
    error = errno;
    ::rmdir(task.place.c_str());
  }
  static_cast<void>(::send(parent, &error, sizeof error, MSG_NOSIGNAL));
  if (error == 0)
    static_cast<void>(::send(parent, task.place.data(), task.place.size(), MSG_NOSIGNAL));
  return error == 0;
}

}  // namespace

void refuse_existing(const std::string& path) {
  struct stat there {};
  if (::lstat(without_slashes(path).c_str(), &there) == 0) throw CaptureError(taken(path));
}

FolderKeeper::FolderKeeper(const std::string& path, const std::string& sign_key,
                           const std::optional<Heir>& heir)
    : path_(without_slashes(path)) {
  refuse_existing(path_);
  if (!sign_key.empty() && ::access(sign_key.c_str(), R_OK) != 0)
    throw CaptureError(fmt::format("cannot sign with {}: {}", sign_key, std::strerror(errno)));
  Task task{path_,      path_ + ".partial-XXXXXX", sign_key, heir && heir->lend_only, ::geteuid(),
            ::getegid()};
  std::array<int, 2> ends{-1, -1};
  bool ready = ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0;
  if (ready) pid_ = ::fork();
  if (ready && pid_ == 0) {
    ::close(ends[0]);
    // ^C is meant for us, who will say what becomes of the folder; our end is the end of input.
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE})
      static_cast<void>(std::signal(signal, SIG_IGN));
    if (make_folder(task, heir, ends[1])) keep(task, ends[1]);
    ::_exit(0);
  }
  int error = errno;
  ready = ready && pid_ > 0;
  if (ends[1] >= 0) ::close(ends[1]);
  child_ = ends[0];
  if (ready) error = ::read(child_, &error, sizeof error) == sizeof error ? error : EIO;
  if (ready && error == 0) {
    const ssize_t got = ::read(child_, task.place.data(), task.place.size());
    if (got == static_cast<ssize_t>(task.place.size()))
      folder_ = ::open(task.place.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    error = folder_ < 0 ? errno : 0;
    if (error == 0) return;
  }
  if (child_ >= 0) ::close(child_);
  if (ready) ::waitpid(pid_, nullptr, 0);
  const std::string folder = std::filesystem::path(path_).parent_path().string();
  throw CaptureError(fmt::format("{}: cannot be created: {} ({})", path_, std::strerror(error),
                                 folder.empty() ? "in this directory" : folder));
}

FolderKeeper::~FolderKeeper() {
  ::close(child_);
  ::close(folder_);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void FolderKeeper::publish() {
  std::string answer;
  if (::send(child_, &kPublish, 1, MSG_NOSIGNAL) == 1) {
    std::array<char, 1024> block{};
    ssize_t got = 0;
    while ((got = ::read(child_, block.data(), block.size())) != 0) {
      if (got < 0 && errno != EINTR) break;
      if (got > 0) answer.append(block.data(), static_cast<std::size_t>(got));
    }
  }
  if (answer == "+") return;
  throw CaptureError(answer.empty() ? path_ + ": cannot be created: its keeper was killed"
                                    : answer.substr(1));
}

}  // namespace whohungup
