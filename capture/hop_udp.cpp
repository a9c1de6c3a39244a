// See hop_udp.h.
#include "capture/hop_udp.h"

#include <arpa/inet.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <vector>

namespace whohungup {
namespace {

using Clock = std::chrono::steady_clock;
// Where traceroute(8) begins: ports nobody listens on.
constexpr std::uint16_t kFirstPort = 33434;

/// A descriptor that is closed.
struct Socket {
  explicit Socket(int descriptor) : fd(descriptor) {}
  ~Socket() {
    if (fd >= 0) ::close(fd);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd;
};

}  // namespace

std::optional<UdpEcho> send_udp(const Peer& to, const Peer& source, int hops, Duration wait,
                                std::size_t bytes) {
  const Socket socket(::socket(to.address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.fd < 0) return std::nullopt;
  Peer from = source, target = to;
  from.set_port(0);
  target.set_port(static_cast<std::uint16_t>(kFirstPort + hops));
  const int level = to.is_v6() ? IPPROTO_IPV6 : IPPROTO_IP;
  const bool ready = keep_icmp(socket.fd, to.is_v6()) &&
                     ::setsockopt(socket.fd, level, to.is_v6() ? IPV6_UNICAST_HOPS : IP_TTL, &hops,
                                  sizeof hops) == 0 &&
                     ::bind(socket.fd, from.get(), from.length) == 0 &&
                     ::connect(socket.fd, target.get(), target.length) == 0;
  const std::vector<char> payload(bytes);
  const auto begin = Clock::now();
  if (!ready || ::send(socket.fd, payload.data(), payload.size(), 0) < 0) return std::nullopt;
  while (Clock::now() < begin + wait) {
    pollfd asked{socket.fd, 0, 0};
    ::poll(&asked, 1, 5);
    if (auto icmp = take_icmp(socket.fd)) return UdpEcho{*icmp, Clock::now() - begin};
  }
  return std::nullopt;
}

}  // namespace whohungup
