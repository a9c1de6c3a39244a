// Looks over the capture's shoulder while a probe runs: has somebody reset the connection, does
// the server answer after that, is everything over? It only steers; the verdict comes later, from
// all packets.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "dissect/decode.h"

namespace whohungup {

class Watcher {
 public:
  Watcher(std::uint16_t client_port, std::uint16_t server_port)
      : client_port_(client_port), server_port_(server_port) {}

  void see(const Packet& packet);

  /// Resets bearing the server's address that refuse no SYN and follow no FIN of either side.
  [[nodiscard]] std::uint32_t resets() const { return resets_; }
  [[nodiscard]] bool reset_seen() const { return resets_ > 0; }
  /// The client sent something after that reset, and another reset answered it.
  [[nodiscard]] bool reset_again() const { return reset_again_; }
  /// The client sent something after that reset, and something else than a reset answered it.
  [[nodiscard]] bool alive_after_reset() const { return alive_after_reset_; }
  /// Bytes the client first sent after that reset were acknowledged: whoever did that held the
  /// connection when the reset had long arrived.
  [[nodiscard]] bool took_part_after_reset() const { return took_part_after_reset_; }
  /// Both sides have closed and acknowledged it, or somebody reset. A refusal of the SYN is not the
  /// end: it may be forged, and then the server's own answer comes after it.
  [[nodiscard]] bool closed() const {
    return reset_any_ || (fin_[0] && fin_[1] && fin_acked_[0] && fin_acked_[1]);
  }
  [[nodiscard]] unsigned packets() const { return packets_; }

 private:
  void see_client(const SegmentHeader&);
  void see_server(const SegmentHeader&);

  Decoder decoder_;
  std::uint16_t client_port_, server_port_;
  unsigned packets_{};
  std::uint32_t resets_{};
  bool reset_any_{}, asked_after_{}, reset_again_{}, alive_after_reset_{};
  bool took_part_after_reset_{};
  std::optional<Seq> client_end_, said_after_;  // one past what the client sent: ever; after it
  bool fin_[2]{}, fin_acked_[2]{};              // of the client, of the server
  Seq fin_end_[2]{};
};

}  // namespace whohungup
