// See deaf_sockets.h.
#include "capture/deaf_sockets.h"

#include <linux/filter.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace whohungup {
namespace {

/// Descriptors left for files, captures and the libraries.
constexpr std::size_t kOthers = 64;

// A classic BPF program over the TCP header (the filter of a TCP socket sees it at offset 0):
// drops a segment with RST whose sequence number is not 0.
constexpr std::array<sock_filter, 6> kIgnoreResets{{
    {0x30, 0, 0, 13},          // ldb [13]: flags
    {0x45, 0, 3, 4},           // jset RST, else accept
    {0x20, 0, 0, 4},           // ld [4]: sequence number
    {0x15, 1, 0, 0},           // 0: accept
    {0x06, 0, 0, 0},           // drop
    {0x06, 0, 0, 0xffffffff},  // accept
}};

/// How many descriptors there may be, having asked for as many as are wanted.
std::size_t allow_descriptors(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, wanted);
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
    ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  return std::min<std::size_t>(limit.rlim_cur, wanted);
}

}  // namespace

bool make_deaf(int fd) {
  const sock_fprog program{static_cast<unsigned short>(kIgnoreResets.size()),
                           const_cast<sock_filter*>(kIgnoreResets.data())};
  return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

DeafSockets::DeafSockets(std::size_t v4, std::size_t v6) {
  std::size_t room = allow_descriptors(v4 + v6 + kOthers);
  room -= std::min(room, kOthers);
  const std::array<std::size_t, 2> wanted{v4, v6};
  for (const std::size_t family : {std::size_t{0}, std::size_t{1}})
    while (ready_[family].size() < wanted[family] && room > 0) {
      const int fd =
          ::socket(family == 0 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      if (fd < 0) break;
      if (!make_deaf(fd)) {
        ::close(fd);
        break;
      }
      ready_[family].push_back(fd);
      --room;
    }
}

DeafSockets::~DeafSockets() {
  for (const auto& family : ready_)
    for (const int fd : family) ::close(fd);
}

int DeafSockets::take(bool v6) {
  auto& family = ready_[v6 ? 1 : 0];
  if (family.empty()) return -1;
  const int fd = family.back();
  family.pop_back();
  return fd;
}

}  // namespace whohungup
