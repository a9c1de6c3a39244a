// See dial_address.h.
#include "capture/dial_address.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace whohungup {
namespace {

const void* bytes_of(const Peer& peer, std::size_t& size) {
  if (peer.is_v6()) {
    size = sizeof(in6_addr);
    return &reinterpret_cast<const sockaddr_in6&>(peer.address).sin6_addr;
  }
  size = sizeof(in_addr);
  return &reinterpret_cast<const sockaddr_in&>(peer.address).sin_addr;
}

/// A descriptor that closes itself.
struct Descriptor {
  explicit Descriptor(int number) : fd(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  int fd;
};

struct RouteRequest {
  nlmsghdr header{};
  rtmsg route{};
  std::array<char, 128> attributes{};
};

void add_attribute(RouteRequest& request, std::uint16_t type, const Peer& peer) {
  std::size_t size = 0;
  const void* bytes = bytes_of(peer, size);
  rtattr attribute{};
  attribute.rta_type = type;
  attribute.rta_len = static_cast<unsigned short>(RTA_LENGTH(size));
  char* at = reinterpret_cast<char*>(&request) + NLMSG_ALIGN(request.header.nlmsg_len);
  std::memcpy(at, &attribute, sizeof attribute);
  std::memcpy(at + RTA_LENGTH(0), bytes, size);
  request.header.nlmsg_len = NLMSG_ALIGN(request.header.nlmsg_len) + RTA_ALIGN(attribute.rta_len);
}

/// Asks the kernel (RTM_GETROUTE) for the outgoing interface's number; 0 if it does not say.
unsigned outgoing_interface(const Peer& to, const Peer& from) {
  const Descriptor netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (netlink.fd < 0) return 0;
  RouteRequest request;
  std::size_t size = 0;
  bytes_of(to, size);
  request.header.nlmsg_len = NLMSG_LENGTH(sizeof(rtmsg));
  request.header.nlmsg_type = RTM_GETROUTE;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.route.rtm_family = static_cast<unsigned char>(to.address.ss_family);
  request.route.rtm_dst_len = static_cast<unsigned char>(size * 8);
  add_attribute(request, RTA_DST, to);
  request.route.rtm_src_len = static_cast<unsigned char>(size * 8);
  add_attribute(request, RTA_SRC, from);
  if (::send(netlink.fd, &request, request.header.nlmsg_len, 0) < 0) return 0;
  alignas(nlmsghdr) std::array<char, 8192> answer{};
  const ssize_t got = ::recv(netlink.fd, answer.data(), answer.size(), 0);
  if (got < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(rtmsg)))) return 0;
  nlmsghdr header{};
  std::memcpy(&header, answer.data(), sizeof header);
  if (header.nlmsg_type != RTM_NEWROUTE) return 0;
  std::size_t at = NLMSG_LENGTH(0) + NLMSG_ALIGN(sizeof(rtmsg));
  while (at + sizeof(rtattr) <= static_cast<std::size_t>(got)) {
    rtattr attribute{};
    std::memcpy(&attribute, answer.data() + at, sizeof attribute);
    if (attribute.rta_len < sizeof attribute) break;
    if (attribute.rta_type == RTA_OIF) {
      unsigned index = 0;
      std::memcpy(&index, answer.data() + at + RTA_LENGTH(0), sizeof index);
      return index;
    }
    at += RTA_ALIGN(attribute.rta_len);
  }
  return 0;
}

std::string no_route(const Peer& to, int error) {
  return fmt::format("there is no route to {}: {}", to.ip(), std::strerror(error));
}

}  // namespace

std::string Peer::ip() const {
  std::array<char, NI_MAXHOST> text{};
  if (getnameinfo(get(), length, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0)
    return "?";
  return text.data();
}

std::uint16_t Peer::port() const {
  return ntohs(is_v6() ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                       : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

void Peer::set_port(std::uint16_t port) {
  if (is_v6())
    reinterpret_cast<sockaddr_in6&>(address).sin6_port = htons(port);
  else
    reinterpret_cast<sockaddr_in&>(address).sin_port = htons(port);
}

const sockaddr* Peer::get() const { return reinterpret_cast<const sockaddr*>(&address); }

Resolved resolve(const std::string& host, std::uint16_t port, Family family) {
  addrinfo wanted{};
  wanted.ai_family = family == Family::V4 ? AF_INET : family == Family::V6 ? AF_INET6 : AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  Resolved resolved;
  const int error = getaddrinfo(host.c_str(), nullptr, &wanted, &found);
  if (error != 0) {
    const char* only = family == Family::V4 ? " (IPv4)" : family == Family::V6 ? " (IPv6)" : "";
    resolved.problem =
        fmt::format("cannot find an address of {}{}: {}", host, only,
                    error == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(error));
    return resolved;
  }
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    Peer peer;
    std::memcpy(&peer.address, one->ai_addr, one->ai_addrlen);
    peer.length = one->ai_addrlen;
    peer.set_port(port);
    const std::string ip = peer.ip();
    const bool known = std::any_of(resolved.peers.begin(), resolved.peers.end(),
                                   [&](const Peer& other) { return other.ip() == ip; });
    if (!known) resolved.peers.push_back(peer);
  }
  freeaddrinfo(found);
  return resolved;
}

// A UDP socket that is connected sends nothing, but has its source address chosen.
Route route_to(const Peer& to, const Peer* source) {
  Route route;
  const Descriptor udp(::socket(to.address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (udp.fd < 0) {
    route.problem = no_route(to, errno);
    return route;
  }
  if (source != nullptr) {
    Peer from = *source;
    from.set_port(0);
    if (::bind(udp.fd, from.get(), from.length) != 0) {
      route.problem = fmt::format("cannot send from {}: {}", source->ip(), std::strerror(errno));
      return route;
    }
  }
  if (::connect(udp.fd, to.get(), to.length) != 0) {
    route.problem = no_route(to, errno);
    return route;
  }
  route.source.length = sizeof route.source.address;
  ::getsockname(udp.fd, reinterpret_cast<sockaddr*>(&route.source.address), &route.source.length);
  route.source.set_port(0);
  std::array<char, IF_NAMESIZE> name{};
  const unsigned index = outgoing_interface(to, route.source);
  route.device = index != 0 && if_indextoname(index, name.data()) != nullptr ? name.data() : "any";
  return route;
}

}  // namespace whohungup
