// See socket_icmp.h.
#include "capture/socket_icmp.h"

#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>

namespace whohungup {
namespace {

std::string text_of(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* at =
      address->sa_family == AF_INET6
          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr)
          : &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  if (address->sa_family != AF_INET && address->sa_family != AF_INET6) return {};
  return inet_ntop(address->sa_family, at, text.data(), text.size()) != nullptr ? text.data() : "";
}

std::optional<SocketIcmp> icmp_in(msghdr& message) {
  for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
    const bool v4 = one->cmsg_level == SOL_IP && one->cmsg_type == IP_RECVERR;
    const bool v6 = one->cmsg_level == SOL_IPV6 && one->cmsg_type == IPV6_RECVERR;
    if (!v4 && !v6) continue;
    const auto* error = reinterpret_cast<const sock_extended_err*>(CMSG_DATA(one));
    if (error->ee_origin == SO_EE_ORIGIN_ICMP || error->ee_origin == SO_EE_ORIGIN_ICMP6)
      return SocketIcmp{text_of(SO_EE_OFFENDER(error)), error->ee_type, error->ee_code,
                        static_cast<int>(error->ee_errno)};
  }
  return std::nullopt;
}

}  // namespace

bool keep_icmp(int fd, bool v6) {
  const int on = 1;
  return ::setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVERR : IP_RECVERR, &on,
                      sizeof on) == 0;
}

std::optional<SocketIcmp> take_icmp(int fd) {
  for (;;) {
    alignas(cmsghdr) std::array<char, 512> control{};
    std::array<char, 128> data{};
    iovec into{data.data(), data.size()};
    msghdr message{};
    message.msg_iov = &into;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return std::nullopt;
    if (auto icmp = icmp_in(message)) return icmp;
  }
}

}  // namespace whohungup
