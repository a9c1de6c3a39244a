// Follows a connection for as long as it runs in good order: SYN, SYN+ACK, a ClientHello, records
// that come one behind the other. Most connections do until their handshake is finished, and of
// those nothing has to be remembered but where they stand. Whatever is out of the ordinary is for
// the flight recorder (flow_recorder.h) to look at.
#pragma once

#include <array>
#include <cstdint>

#include "dissect/glimpse.h"
#include "dissect/handshake_course.h"

namespace whohungup {

/// Says of a connection that began with a SYN what the flight recorder would say of it, or that it
/// is not in good order.
class Orderly {
 public:
  /// How much of either side's stream is followed, in bytes: a handshake with a long chain of
  /// certificates has 10,000.
  static constexpr std::uint32_t kMostBytes = 24'000;

  Orderly() = default;
  explicit Orderly(Seq client_isn) {
    client_.isn = client_isn;
    client_.answered = true;
  }

  /// Takes in the next packet. False, and all of this is void, if it is out of order: then all
  /// packets have to be recorded. `payload` is what it carries.
  bool take(const Glimpse&, Side claims);

  /// The handshake was finished and the server went on, without a sign of an ending.
  [[nodiscard]] bool settled() const {
    return end_.finished() && end_.server_data_frame != FrameNo{} && !reset_ && !client_.fin &&
           !server_.fin;
  }
  [[nodiscard]] bool closed() const { return reset_ || (client_.fin && server_.fin); }
  /// The client has sent at least the beginning of a ClientHello, the first thing that was said.
  [[nodiscard]] bool has_hello() const { return client_.sent > 0; }
  /// The sequence number of that side's SYN.
  [[nodiscard]] Seq isn(Side side) const {
    return side == Side::Client ? client_.isn : server_.isn;
  }
  /// How many bytes of its stream that side has sent.
  [[nodiscard]] std::uint32_t sent(Side side) const {
    return side == Side::Client ? client_.sent : server_.sent;
  }

 private:
  /// The record that is under way.
  struct Pending {
    std::uint32_t end{};  // where it ends in the stream; the next one begins there
    std::uint16_t length{};
    tls::ContentType type{};
    bool open{};
    std::uint8_t first_bytes_len{};
    std::array<std::uint8_t, 6> first_bytes{};
  };
  struct Party {
    Seq isn{};
    std::uint32_t sent{}, acked{};  // bytes of its stream, and of the other's
    Spoken spoken;
    Pending record;
    bool answered{};  // its SYN, or its SYN+ACK, was seen
    bool fin{};       // its FIN was seen, behind all it sent
  };

  bool take_syn(const Glimpse&, Side claims);
  bool take_bytes(const Glimpse&, Side claims, std::uint32_t offset);
  bool follow_records(const Glimpse&, Side claims);
  bool begin_record(Bytes, Party&);
  void complete(const Glimpse&, Side claims);
  Party& party(Side side) { return side == Side::Client ? client_ : server_; }

  Party client_, server_;
  HandshakeEnd end_;
  std::uint8_t records_{};  // begun so far
  bool reset_{};
};

}  // namespace whohungup
