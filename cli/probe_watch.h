// Looks over the capture's shoulder while a probe runs: has somebody reset the connection, does
// the server answer after that, is everything over? It only steers; the verdict comes later, from
// all packets.
#pragma once

#include <chrono>
#include <cstdint>

#include "dissect/decode.h"

namespace whohungup {

class Watcher {
 public:
  Watcher(std::uint16_t client_port, std::uint16_t server_port)
      : client_port_(client_port), server_port_(server_port) {}

  void see(const Packet& packet);

  /// A reset bearing the server's address has come that refuses no SYN.
  [[nodiscard]] bool reset_seen() const { return resets_ > 0; }
  /// The client sent something after that reset, and another reset answered it.
  [[nodiscard]] bool reset_again() const { return reset_again_; }
  /// Both sides have closed and acknowledged it, or somebody reset.
  [[nodiscard]] bool closed() const {
    return reset_any_ || (fin_[0] && fin_[1] && fin_acked_[0] && fin_acked_[1]);
  }
  [[nodiscard]] unsigned packets() const { return packets_; }

 private:
  Decoder decoder_;
  std::uint16_t client_port_, server_port_;
  unsigned packets_{}, resets_{};
  bool reset_any_{}, asked_after_{}, reset_again_{};
  bool fin_[2]{}, fin_acked_[2]{};  // of the client, of the server
  Seq fin_end_[2]{};
};

}  // namespace whohungup
