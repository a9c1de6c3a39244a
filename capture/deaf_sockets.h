// TCP sockets that hear no resets, made while that is still allowed. Linux 6.18 lets only
// CAP_NET_ADMIN filter a TCP socket (measured; older kernels let everybody), and a probe gives its
// capabilities up before its first byte leaves: so the sockets of all its connections wait here.
#pragma once

#include <cstddef>
#include <vector>

namespace whohungup {

class DeafSockets {
 public:
  /// Makes so many of either family, or as many as there may be descriptors; nothing is bound and
  /// nothing leaves. None where the kernel does not allow it: then take() gives none.
  DeafSockets(std::size_t v4, std::size_t v6);
  ~DeafSockets();
  DeafSockets(const DeafSockets&) = delete;
  DeafSockets& operator=(const DeafSockets&) = delete;

  /// One of them, the caller's from now on, or -1.
  int take(bool v6);

 private:
  std::vector<int> ready_[2];
};

/// Makes a TCP socket drop the resets that come to it, except an answer to its SYN (which bears
/// sequence number 0, RFC 9293 §3.10.7.1). False if the kernel does not allow it.
bool make_deaf(int fd);

}  // namespace whohungup
