// See hop_udp.h.
#include "capture/hop_udp.h"

#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>

namespace whohungup {
namespace {

using Clock = std::chrono::steady_clock;
// Where traceroute(8) begins: ports nobody listens on.
constexpr std::uint16_t kFirstPort = 33434;

std::string text_of(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* at =
      address->sa_family == AF_INET6
          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr)
          : &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  if (address->sa_family != AF_INET && address->sa_family != AF_INET6) return {};
  return inet_ntop(address->sa_family, at, text.data(), text.size()) != nullptr ? text.data() : "";
}

std::optional<SocketIcmp> take_error(int fd) {
  alignas(cmsghdr) std::array<char, 512> control{};
  std::array<char, 64> data{};
  iovec into{data.data(), data.size()};
  msghdr message{};
  message.msg_iov = &into;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return std::nullopt;
  for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
    const bool v4 = one->cmsg_level == SOL_IP && one->cmsg_type == IP_RECVERR;
    const bool v6 = one->cmsg_level == SOL_IPV6 && one->cmsg_type == IPV6_RECVERR;
    if (!v4 && !v6) continue;
    const auto* error = reinterpret_cast<const sock_extended_err*>(CMSG_DATA(one));
    if (error->ee_origin == SO_EE_ORIGIN_LOCAL) continue;
    return SocketIcmp{text_of(SO_EE_OFFENDER(error)), error->ee_type, error->ee_code};
  }
  return std::nullopt;
}

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

std::optional<UdpEcho> send_udp(const Peer& to, const Peer& source, int hops, Duration wait) {
  const Socket socket(::socket(to.address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.fd < 0) return std::nullopt;
  Peer from = source, target = to;
  from.set_port(0);
  target.set_port(static_cast<std::uint16_t>(kFirstPort + hops));
  const int on = 1;
  const int level = to.is_v6() ? IPPROTO_IPV6 : IPPROTO_IP;
  const bool ready =
      ::setsockopt(socket.fd, level, to.is_v6() ? IPV6_RECVERR : IP_RECVERR, &on, sizeof on) == 0 &&
      ::setsockopt(socket.fd, level, to.is_v6() ? IPV6_UNICAST_HOPS : IP_TTL, &hops, sizeof hops) ==
          0 &&
      ::bind(socket.fd, from.get(), from.length) == 0 &&
      ::connect(socket.fd, target.get(), target.length) == 0;
  const std::array<char, 12> payload{};
  const auto begin = Clock::now();
  if (!ready || ::send(socket.fd, payload.data(), payload.size(), 0) < 0) return std::nullopt;
  while (Clock::now() < begin + wait) {
    pollfd asked{socket.fd, 0, 0};
    ::poll(&asked, 1, 5);
    if (auto icmp = take_error(socket.fd)) return UdpEcho{*icmp, Clock::now() - begin};
  }
  return std::nullopt;
}

}  // namespace whohungup
