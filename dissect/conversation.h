// What was said on one TCP connection: the segments that matter, both streams' first bytes, the
// TLS records in them, and the ICMP errors about it.
//
// The flow table fills a Conversation while packets arrive; converse() reads the messages out of
// it once, when it is about to be judged.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dissect/dialogue.h"
#include "dissect/plaintext.h"
#include "dissect/proxy_header.h"
#include "dissect/rare.h"
#include "dissect/segment.h"
#include "dissect/short_list.h"
#include "dissect/stream.h"
#include "dissect/tls_alert.h"
#include "dissect/tls_certificate.h"
#include "dissect/tls_client_hello.h"
#include "dissect/tls_record.h"
#include "dissect/tls_server_hello.h"

namespace whohungup {

namespace tls {
class KeyLog;
}

/// Which endpoint the addresses claim sent a segment. Nothing on the wire proves it.
enum class Side : std::uint8_t { Client, Server };
constexpr Side other(Side side) { return side == Side::Client ? Side::Server : Side::Client; }

/// A segment that knows its place in the flow.
struct Placed {
  enum class Where : std::uint8_t {
    InOrder,        // begins where that side's stream stood (or carries no data)
    Ahead,          // leaves a hole before it
    Repeat,         // nothing new: a retransmission
    Overlap,        // partly new
    KeepAlive,      // at most one byte, just below the stream's end
    OutsideWindow,  // further away than any window allows
    AfterEnd,       // data beyond that side's FIN
    Duplicate,      // the same packet captured twice (duplicate_of says which came first)
  };
  static constexpr std::int64_t kUnknown = INT64_MIN;

  SegmentHeader header;
  /// Of its first byte in that side's stream: 0 is the first byte of data, the SYN stands at -1
  /// (so Wireshark's relative sequence number is offset + 1). kUnknown without a reference.
  std::int64_t offset{kUnknown};
  /// How much of the other side's stream it acknowledges: 0 is the SYN alone. kUnknown without
  /// ACK flag or reference.
  std::int64_t ack_offset{kUnknown};
  FrameNo duplicate_of{};
  Side claims{};
  Where where{};
  std::uint8_t first_bytes_len{};
  std::array<std::uint8_t, 16> first_bytes{};  // of the payload, whatever it is

  [[nodiscard]] FrameNo frame() const { return header.frame; }
  [[nodiscard]] Time at() const { return header.at; }
  [[nodiscard]] bool is(Side side) const { return claims == side; }
  /// One past its last byte of data; SYN and FIN do not count.
  [[nodiscard]] std::int64_t end() const {
    return offset + static_cast<std::int64_t>(header.payload_len);
  }
};

/// A TLS record, seen while it went by.
struct RecordSeen {
  Time at{};                // when its last byte was captured
  std::int64_t offset{};    // of its header in that side's stream
  FrameNo first{}, last{};  // the frames that carried its first and last byte
  std::uint16_t version{};
  std::uint16_t length{};  // of the fragment, by the header
  tls::ContentType type{};
  Side claims{};
  bool sealed{};  // encrypted: behind that side's ChangeCipherSpec, or type 23
  std::uint8_t first_bytes_len{};
  std::array<std::uint8_t, 6> first_bytes{};  // of the fragment
};

/// A handshake message or alert, read whole.
struct Message {
  struct ChangeCipherSpec {};
  struct Other {  // a handshake message of another type
    std::uint8_t type{};
  };
  struct Sealed {  // encrypted and not opened
    tls::ContentType type{};
  };
  Time at{};
  std::int64_t offset{};  // of its record's header
  std::uint32_t
      wire_bytes{};  // record headers included; of a hello: what "written 332 bytes" counts
  Side claims{};
  bool opened{};  // decrypted with the session's secrets: its author owns the keys
  Frames frames;  // that carried it, in the order of its bytes
  // The first is what a message is before it is read: nothing has to be cleared for it.
  std::variant<ChangeCipherSpec, tls::ClientHello, tls::ServerHello, std::vector<tls::Certificate>,
               tls::Alert, Other, Sealed>
      what;
};

/// What one side did at TCP level, kept up to date for every packet, recorded or not.
struct SideCounts {
  std::uint64_t packets{};
  std::uint64_t payload_bytes{};              // on the wire, retransmissions included
  std::int64_t sent_end{};                    // one past the highest byte of data it sent
  std::int64_t acked{};                       // how much of the other side's stream it acknowledged
  std::int64_t fin_offset{Placed::kUnknown};  // where its FIN stands
  Seq isn{};                                  // of its SYN, or a made-up reference (isn_seen false)
  bool isn_seen{};                            // its SYN (or SYN+ACK) was captured
  bool reference{};                           // offsets can be computed at all
  std::uint8_t window_scale{SegmentHeader::kNoScale};
  /// Of its packets but resets: how many bear a checksum that is right (or left for the network
  /// card to finish), and how many a wrong one, where that was looked at.
  std::uint32_t sound_checksums{}, wrong_checksums{};
};

enum class ClientKnownBy : std::uint8_t { Syn, SynAck, Hello, Dialogue, Port, Guess };

/// Why the flow table thinks nothing more belongs to the flow.
enum class EndedBy : std::uint8_t { Close, Idle, PortReuse, EndOfCapture, MemoryLimit };

/// Why a flow is judged (CONTRACT.md, "Which flows are judged").
enum class JudgedFor : std::uint8_t {
  Nothing,      // it is not
  ClientHello,  // it has one
  Dialogue,     // a STARTTLS dialogue that asked for TLS or died before it could
  Port,         // no byte of client data, and the server's port is a usual TLS or STARTTLS port
};

/// How the handshake itself ended well, if it did.
struct HandshakeEnd {
  /// The frame with which the handshake was finished: both sides' Finished seen (TLS 1.2), or the
  /// client's Finished-sized record after the server's flight (TLS 1.3). 0 if it was not.
  FrameNo finished_frame{};
  Time finished_at{};
  /// After that, the server sent application data longer than an alert: it accepted the handshake.
  FrameNo server_data_frame{};

  [[nodiscard]] bool finished() const { return finished_frame != FrameNo{}; }
};

struct Conversation : HandshakeEnd {
  Endpoint client, server;
  ClientKnownBy client_known_by{};
  JudgedFor judged_for{};
  EndedBy ended_by{};

  Time begin{}, last{};
  Duration set_back{};  // how far a packet's time was before that of one captured earlier, at most
  FrameNo first_frame{}, last_frame{};
  SideCounts counts[2];  // by Side

  /// The recorded segments in capture order: all of them until the handshake is finished, then
  /// only those that end the connection. Bounded; segments_left_out counts what was not kept.
  std::vector<Placed> segments;
  std::uint64_t segments_left_out{};
  /// Resets and bare FINs that no host takes, for their checksums are wrong while those of the same
  /// address's other packets are right. They end nothing and acknowledge nothing; the first few.
  std::vector<Placed> refused;

  Stream from_client, from_server;
  std::vector<RecordSeen>
      records;                  // until the handshake is finished, then alerts and the first few
  std::vector<IcmpError> icmp;  // at most 16

  /// Where TLS begins in each stream (0 unless something was said before), if it does.
  std::optional<std::int64_t> client_tls_at, server_tls_at;
  /// Where the server's TLS answer is expected: 0, or behind the dialogue that came first.
  std::int64_t server_answer_at{};
  bool sslv2_hello{};

  bool segments_bounded{};  // a limit of the flight recorder bit
  bool memory_bounded{};    // the limit of the whole table bit
  bool told_settled{};      // before it ended: what came later is not on record
  std::string outer_path;   // the tunnel it came through, if any
  CaptureQuality capture;   // as known when it was told

  // Filled by converse().
  std::vector<Message> messages;  // capture order
  Rare<Dialogue> dialogue;
  Rare<Plaintext> server_plaintext;  // the server's bytes where TLS was expected
  Rare<Plaintext> client_plaintext;
  Rare<ProxyHeader> proxy_header;  // what the client's stream begins with
  std::size_t records_opened{};    // with the key log

  [[nodiscard]] const SideCounts& side(Side s) const { return counts[static_cast<std::size_t>(s)]; }
  [[nodiscard]] SideCounts& side(Side s) { return counts[static_cast<std::size_t>(s)]; }
  [[nodiscard]] const Stream& stream(Side s) const {
    return s == Side::Client ? from_client : from_server;
  }
  [[nodiscard]] Stream& stream(Side s) { return s == Side::Client ? from_client : from_server; }
  [[nodiscard]] std::uint64_t packets() const { return counts[0].packets + counts[1].packets; }
  /// The first message of that kind from that side, or null. With `after`, the next one behind it.
  template <class Kind>
  [[nodiscard]] const Message* first(Side from, const Message* after = nullptr) const {
    for (const Message& message : messages)
      if ((after == nullptr || &message > after) && message.claims == from &&
          std::holds_alternative<Kind>(message.what))
        return &message;
    return nullptr;
  }
};

/// Its segments in capture order, the refused ones among them: what there is to be shown.
std::vector<const Placed*> all_segments(const Conversation&);

/// Bytes it takes, by content (what a vector holds beyond that depends on the flows before it).
std::size_t weight_of(const Conversation&);

/// Whether TLS could still have been asked for when the dialogue broke off: the client sent
/// nothing but greetings and questions of capability, or was turned away. Not once it has logged
/// in, said goodbye or gone on in clear.
bool tls_still_possible(const Dialogue&);

/// Reads messages, dialogue and plaintext out of a recorded conversation, and opens sealed
/// records where `secrets` has the session's keys. Idempotent. Whoever reads many conversations
/// brings a memory of the certificates in them, and leaves the messages of the last in the next:
/// their memory is used again.
void converse(Conversation&, const tls::KeyLog* secrets = nullptr,
              tls::CertificateMemory* = nullptr);

}  // namespace whohungup
