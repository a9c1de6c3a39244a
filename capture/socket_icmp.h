// The ICMP errors the kernel hands to a socket: its error queue, open to everybody (ip(7)).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace whohungup {

/// An ICMP error about the socket's own packets.
struct SocketIcmp {
  std::string reporter;  // its address
  std::uint8_t type{}, code{};
  int error{};  // the errno that the kernel makes of it
};

/// Makes the kernel keep them for this socket (IP_RECVERR or IPV6_RECVERR); false if it refuses.
bool keep_icmp(int fd, bool v6);

/// Takes the oldest one out of the queue, and what lies before it and is none; nothing if there is
/// none.
std::optional<SocketIcmp> take_icmp(int fd);

}  // namespace whohungup
