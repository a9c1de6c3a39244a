// The packets everything is measured from: found once, in one pass over a conversation.
#pragma once

#include <cstdint>

#include "analyze/glance.h"
#include "dissect/conversation.h"

namespace whohungup {

/// Indices into Conversation::segments, kNone where there is no such packet. Packets captured
/// twice are passed over.
struct Landmarks {
  static constexpr std::int32_t kNone = -1;

  std::int32_t syn{kNone}, last_syn{kNone};  // the client's, without ACK
  std::int32_t syn_ack{kNone};
  std::int32_t connected{kNone};       // the client's first packet that acknowledges the SYN+ACK
  std::int32_t hello{kNone};           // carries the first byte of the ClientHello
  std::int32_t hello_end{kNone};       // carries its last byte
  std::int32_t last_hello{kNone};      // the last packet that carries any byte of it
  std::int32_t hello_part_ack{kNone};  // the server's first packet that acknowledges a byte of it
  std::int32_t hello_ack{kNone};       // … all of it
  std::int32_t first_payload{kNone};   // the first payload of either side that no reset carries
  std::int32_t server_data{kNone};     // the server's first payload
  std::int32_t server_answer{kNone};   // its first payload where the answer is expected
  std::int32_t last_payload{kNone};    // the last new payload of either side, before any ending
  std::int32_t first_fin[2]{kNone, kNone};  // by Side
  std::int32_t first_rst[2]{kNone, kNone};
  std::int32_t first_close{kNone};  // the first FIN or reset of either side
  std::uint16_t syns{}, syn_acks{}, hello_copies{}, client_payloads{}, server_payloads{};
  bool hello_complete{};        // all its bytes are known to have been sent
  std::int64_t hello_begins{};  // offsets in the client's stream, if there is a hello
  std::int64_t hello_ends{};
  FrameNo server_handshake{};          // the first frame with bytes of the server's TLS handshake
  std::int64_t server_handshake_at{};  // where it begins in the server's stream
  FrameNo hello_retry{};               // the first HelloRetryRequest
  bool retry_pending{};                // no ServerHello came after the last of them
  bool sslv2_went_on{};  // both sides spoke SSLv2 on for longer than its handshake takes
  /// There is no record but of the client's handshake in clear: nothing was answered, no alert
  /// said, nothing sealed.
  bool hello_alone{true};
  bool seen_twice{};  // a packet was captured twice
  Glance glances[2];  // by Side

  [[nodiscard]] std::int32_t fin(Side s) const { return first_fin[static_cast<std::size_t>(s)]; }
  [[nodiscard]] std::int32_t rst(Side s) const { return first_rst[static_cast<std::size_t>(s)]; }
  /// Whether the snap length cut a packet.
  [[nodiscard]] bool cut() const { return glances[0].cut() || glances[1].cut(); }
  [[nodiscard]] const Glance& of(Side s) const { return glances[static_cast<std::size_t>(s)]; }
};

Landmarks find_landmarks(const Conversation&);

/// The segment at a landmark; it must not be kNone.
inline const Placed& at(const Conversation& talk, std::int32_t index) {
  return talk.segments[static_cast<std::size_t>(index)];
}

/// How many bytes of that side's stream the other one acknowledged; its FIN is none of them.
inline std::int64_t bytes_acked(const Conversation& talk, Side of) {
  const std::int64_t acked = talk.side(other(of)).acked;
  const std::int64_t fin = talk.side(of).fin_offset;
  return fin != Placed::kUnknown && acked > fin ? fin : acked;
}

/// Whether there is a ClientHello at all, and whether it had gone out when `frame` was captured.
inline bool has_hello(const Conversation& talk) { return talk.client_tls_at.has_value(); }

}  // namespace whohungup
