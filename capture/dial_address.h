// Where a connection goes and how the system would get there: names, addresses, routes.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

namespace whohungup {

/// One address and port to connect to (or from), as sockets take it.
struct Peer {
  sockaddr_storage address{};
  socklen_t length{};

  [[nodiscard]] bool is_v6() const { return address.ss_family == AF_INET6; }
  [[nodiscard]] std::string ip() const;  // "192.0.2.1", "2001:db8::1", "fe80::1%eth0"
  [[nodiscard]] std::uint16_t port() const;
  void set_port(std::uint16_t port);
  [[nodiscard]] const sockaddr* get() const;
};

enum class Family : std::uint8_t { Any, V4, V6 };

/// All addresses of a name in the resolver's order, each once; or why there are none.
struct Resolved {
  std::vector<Peer> peers;
  std::string problem;
};
Resolved resolve(const std::string& host, std::uint16_t port, Family family);

/// The interface the route to `to` uses and the source address it gives; `source` may ask for one.
/// An empty device: there is no route, and `problem` says so.
struct Route {
  std::string device;
  Peer source;
  std::string problem;
};
Route route_to(const Peer& to, const Peer* source);

}  // namespace whohungup
