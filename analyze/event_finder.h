// How find_event() goes about it: one object that looks at a conversation from every side. What it
// asks is written by theme: precedence and stages in event.cpp, FIN and reset in event_tcp.cpp,
// alerts in event_alert.cpp, finished handshakes in event_finish.cpp, plaintext and ICMP in
// event_answer.cpp, silence in event_silence.cpp.
#pragma once

#include <cstdint>
#include <optional>

#include "analyze/event.h"
#include "analyze/landmarks.h"
#include "dissect/tls_record.h"

namespace whohungup {

/// Later than any frame.
inline constexpr FrameNo kEver{UINT32_MAX};

/// close_notify and user_canceled say that no more is coming, not that something is wrong.
inline bool is_close(const tls::Alert& alert) {
  return alert.description == 0 || alert.description == 90;
}

class EventFinder {
 public:
  EventFinder(const Conversation& talk, const Landmarks& marks) : talk_(talk), marks_(marks) {}

  Event find() const;

 private:
  std::optional<Event> first_ending() const;
  Event ending_at(std::int32_t i, Mechanism mechanism) const;
  /// Whether `said` came before `first`: it was captured so, or the numbers say so, for packets may
  /// be captured in the wrong order and lost ones are repeated.
  bool precedes(const Event& said, const Event& first) const;

  // FIN and reset
  /// The index of the packet, or Landmarks::kNone.
  std::int32_t first_tcp_ending() const;
  /// Whether that packet acknowledges the FIN of the other side.
  bool acknowledges_fin(const Placed& s) const;
  bool reset_ends(std::int32_t i) const;
  /// Whether the reset bears the number its receiver waits for, so that it must obey
  /// (RFC 9293 §3.10.7.4), as far as the packets before it tell.
  bool is_exact(std::int32_t i) const;
  /// Whether either side behaves afterwards as if nothing had happened.
  bool goes_on_after(std::int32_t i) const;
  /// A FIN behind bytes its receiver never got is not delivered (RFC 9293 §3.10.7.4): the receiver
  /// goes on acknowledging what comes before the hole.
  bool fin_ends(std::int32_t i) const;

  // alerts
  std::optional<Event> first_alert() const;
  /// Of a record that may be an alert, by its type or length.
  std::optional<Event> fatal_alert(const RecordSeen& record) const;
  const tls::Alert* opened_alert(const RecordSeen& record) const;
  /// Whether the record was said in knowledge of what finished the handshake.
  bool behind_finish(const RecordSeen& record) const;
  /// The server answered with encrypted records before the handshake was over: TLS 1.3.
  bool tls13() const;

  // plaintext and ICMP
  /// Of a server whose bytes were captured.
  std::optional<Event> plaintext_answer() const;
  /// The server said no to STARTTLS, and the client sent its hello all the same.
  bool refused_hello() const;
  /// The first error of that kind (it says "unreachable", or it may concern one packet only) after
  /// which nothing came from the address that could not be reached.
  std::optional<Event> first_icmp(bool hard) const;
  bool heard_from(Side side, FrameNo after) const;

  // completed, or turned away at the last moment
  bool completed_before(const Event& ending) const;
  /// Where records are missing from the capture, or were cut: the server sent encrypted data after
  /// its own Finished or after the client's data; or nothing of the server was captured and the
  /// client went on to encrypted data. Only what began before `end` counts.
  bool evidently_completed(FrameNo end) const;
  /// The finished handshake counts as turned away where the client's message was the last of it,
  /// and the server answered it with an alert, or ended the connection at once, without a byte of
  /// data of its own.
  std::optional<Event> late_rejection(const std::optional<Event>& ending) const;
  /// Whether the packet came before the server's first data, and does not claim to have been sent
  /// behind it. A server that goes on after its own ending did not make it; its client is gone.
  bool stands_before_data(const Event& ending) const;
  /// A sealed alert may be a close_notify; what follows it makes no difference to what it is.
  std::optional<Event> late_alert(const RecordSeen& alert) const;
  Event place_of(const RecordSeen& record) const;
  /// Behind its own Finished a client's alert is its close_notify: what it refuses, it refuses
  /// before. A server that closes then answers it (RFC 8446 §6.1).
  bool client_said_goodbye_after(const RecordSeen& finished, FrameNo end) const;
  static Event established(Event event);
  Event completed() const;

  // silence
  /// What the client waits for: since which frame the other end owes an answer, if it does.
  struct Owed {
    FrameNo frame{};
    Time since{};
  };
  /// Bytes of the server beyond `taken` did not reach the client, so they answer nothing.
  std::optional<Owed> owed_before(FrameNo end, std::int64_t taken = INT64_MAX) const;
  /// The server's last record has begun and not ended, or has a hole, or is a ChangeCipherSpec
  /// behind which its encrypted records are due (RFC 8446 appendix D.4, RFC 5246 §7.1); after a
  /// HelloRetryRequest the client is to speak.
  bool answer_incomplete() const;
  /// What the client leaves unanswered, by what it had acknowledged when it left.
  std::optional<Owed> owed_to_leaver(FrameNo leaving) const;
  /// The greeting, where servers speak first and nobody had said a byte.
  std::optional<Owed> greeting_owed(FrameNo leaving) const;
  bool left_unanswered(const Event& ending) const;
  Event after_silence(const Event& leaving) const;
  Event silence() const;
  /// Whether the capture ended so soon after `since` that what is missing may have come later.
  bool cut_off_after(Time since) const;

  // stages
  bool payload_until(FrameNo frame) const;
  /// How far the one whose packet ended it had got.
  Stage stage_of(const Event& event) const;
  /// How far it had got by what that packet itself acknowledges and follows.
  Stage reached_by(const Placed& s) const;
  bool acks_hello(const Placed& s) const {
    return s.ack_offset != Placed::kUnknown && s.ack_offset > marks_.hello_begins;
  }
  /// Whether the server's address had acknowledged a byte of the hello before the ending packet. A
  /// banner is read as the answer to a hello that was still acknowledged before the client left.
  bool had_acked_hello(const Event& event) const;
  bool client_left(FrameNo before) const;
  /// How far the handshake had got when `frame` was captured (what is said in it included).
  Stage reached_before(FrameNo frame) const;
  std::optional<std::size_t> index_of(FrameNo frame) const;
  /// How long after the last packet it can be an answer to: the other side's last one.
  Duration since_previous(const Event& event) const;

  const Conversation& talk_;
  const Landmarks& marks_;
};

}  // namespace whohungup
