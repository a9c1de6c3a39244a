// The probe's own connection: a TCP socket whose port is known before its SYN leaves, that can be
// made deaf to resets, and that tells everything the kernel knows about it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "capture/dial_address.h"
#include "capture/packet.h"
#include "capture/socket_icmp.h"

namespace whohungup {

/// What the socket itself knows. It corroborates; packets testify.
struct SocketView {
  int connect_error{};               // errno of connect(), 0: connected
  int error{};                       // errno of the last read or write, 0: none
  bool ended{};                      // the peer's FIN was read
  std::uint64_t sent{}, received{};  // bytes of payload, as the application counts them
  std::uint32_t rtt_us{}, retransmits{}, unacked{};  // TCP_INFO
  std::uint64_t bytes_acked{};
  // An ICMP error came about the open connection: of what kind and from whom Linux keeps to itself
  // then (net/ipv4/tcp_ipv4.c, tcp_v4_err).
  bool told_of_icmp{};
  std::string state;  // TCP_INFO's, in words
  // Segments the kernel dropped: resets that the filter kept from a deaf socket, and repeats.
  std::uint32_t segments_dropped{};
  std::vector<SocketIcmp> icmp;
};

class Dial {
 public:
  struct Ask {
    Peer to;
    Peer source;          // port 0: any; another may have been used a moment ago
    bool reset_immune{};  // ignore resets from the SYN on (diagnosis.md A2)
    int deaf_socket{-1};  // a DeafSockets' socket to use, the dial's from now on; -1: none
    int max_segment{};    // bytes of payload in a segment at most, both ways; 0: the system's
  };

  /// Makes the socket and gives it its port; nothing leaves yet. A problem is in problem().
  explicit Dial(Ask ask);
  ~Dial();
  Dial(const Dial&) = delete;
  Dial& operator=(const Dial&) = delete;

  /// Why there is no socket (an address in use, no descriptors); empty if there is one.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  /// Whether it hears no resets: it was given a deaf socket, or could make its own deaf.
  [[nodiscard]] bool deaf() const { return deaf_; }
  /// Called every few milliseconds while the dial waits; false: stop waiting.
  void on_wait(std::function<bool()> meanwhile) { meanwhile_ = std::move(meanwhile); }
  [[nodiscard]] std::uint16_t local_port() const { return local_port_; }

  /// Connects; 0 or errno (ETIMEDOUT after `timeout`, ECANCELED where meanwhile() said stop).
  int connect(Duration timeout);
  /// Sends all bytes at once as far as the kernel takes them; false if it did not.
  bool send(Bytes bytes);

  enum class Got : std::uint8_t { Data, End, Error, Timeout, Stopped };
  /// Appends what has come to `into`, waiting for it up to `timeout`.
  Got receive(std::vector<std::uint8_t>& into, Duration timeout);

  /// Everything sent from now on may cross so many routers (an IP's TTL, IPv6's hop limit).
  void set_hop_limit(int hops);

  /// Asks the peer with keep-alives, from one second from now, whether it still has the connection
  /// (diagnosis.md A3, done by the kernel: no raw socket, no privilege).
  void ask_whether_alive();
  /// Lets resets through again.
  void hear_resets();
  /// Sends a FIN.
  void finish_sending();
  /// Reads and throws away until the peer's FIN, an error or `timeout`; then nothing unread makes
  /// the kernel reset the connection when it is closed.
  void read_out(Duration timeout);
  void close();
  /// Closes with a reset: nothing that is still unacknowledged is sent again.
  void abandon();

  [[nodiscard]] SocketView view() const;

 private:
  [[nodiscard]] int why_no_connection() const;
  void fail(int error);
  Got wait_for(short events, std::chrono::steady_clock::time_point until);
  void take_icmp() const;
  void refresh() const;

  Ask ask_;
  std::function<bool()> meanwhile_;
  int fd_{-1};
  bool deaf_{};
  std::uint16_t local_port_{};
  std::string problem_;
  mutable SocketView view_;
};

}  // namespace whohungup
