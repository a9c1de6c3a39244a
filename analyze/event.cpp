// Finds the first terminating event. The rules of precedence, in one place:
//
//  * The earliest of FIN, reset, fatal alert, answer that is not TLS, and hard ICMP error counts;
//    what follows it is a consequence (DESIGN.md decision 6).
//  * A reset its receiver cannot have taken (another sequence number than the next, and the
//    connection went on) ended nothing; a FIN behind bytes that never arrived neither.
//  * A client that leaves after kSilence without the answer it is owed did not hang up.
//  * A handshake that was finished before is completed, unless the server turned away the
//    client's last message before it had shown that it accepted it.
#include <algorithm>

#include "analyze/event_finder.h"

namespace whohungup {

using Where = Placed::Where;

Event EventFinder::find() const {
  std::optional<Event> ending = first_ending();
  if (ending ? completed_before(*ending) : talk_.finished()) ending = late_rejection(ending);
  if (!ending) return talk_.finished() || evidently_completed(kEver) ? completed() : silence();
  return left_unanswered(*ending) ? after_silence(*ending) : *ending;
}

std::optional<Event> EventFinder::first_ending() const {
  std::optional<Event> first;
  if (const std::int32_t i = first_tcp_ending(); i != Landmarks::kNone)
    first = ending_at(i, at(talk_, i).header.flags.rst() ? Mechanism::Rst : Mechanism::Fin);
  // Alert and plaintext precede a FIN in the same frame: they say more.
  const auto take_if_earlier = [&](const std::optional<Event>& other) {
    if (other && (!first || precedes(*other, *first))) first = other;
  };
  if (!talk_.icmp.empty()) take_if_earlier(first_icmp(true));
  if (!marks_.hello_alone) {
    const std::optional<Event> alert = first_alert();
    const bool answers = alert && alert->segment && first && first->mechanism == Mechanism::Fin &&
                         first->claims != alert->claims &&
                         acknowledges_fin(talk_.segments[*alert->segment]);
    if (!answers) take_if_earlier(alert);
  }
  if (!talk_.from_server.empty()) take_if_earlier(plaintext_answer());
  return first;
}

Event EventFinder::ending_at(std::int32_t i, Mechanism mechanism) const {
  const Placed& s = at(talk_, i);
  Event event;
  event.mechanism = mechanism;
  event.claims = s.claims;
  event.segment = static_cast<std::size_t>(i);
  event.frame = s.frame();
  event.at = s.at();
  event.stage = stage_of(event);
  event.waited = since_previous(event);
  return event;
}

bool EventFinder::precedes(const Event& said, const Event& first) const {
  if (said.frame <= first.frame) return true;
  if (!said.segment || !first.segment) return false;
  const Placed& a = talk_.segments[*said.segment];
  const Placed& b = talk_.segments[*first.segment];
  if (a.offset == Placed::kUnknown || b.where == Where::OutsideWindow) return false;
  // A FIN or reset stands behind what its sender said before; who acknowledges bytes had them.
  const std::int64_t known = a.claims == b.claims ? b.offset : b.ack_offset;
  return known != Placed::kUnknown && known >= a.end();
}

bool EventFinder::payload_until(FrameNo frame) const {
  const std::int32_t i = marks_.first_payload;
  return i != Landmarks::kNone && at(talk_, i).frame() <= frame;
}

Stage EventFinder::stage_of(const Event& event) const {
  Stage reached = reached_before(event.frame);
  if (event.segment) reached = std::max(reached, reached_by(talk_.segments[*event.segment]));
  // Nobody closes what was not made.
  if (reached == Stage::Syn && event.mechanism == Mechanism::Fin) return Stage::Accepted;
  if (reached != Stage::ClientHello || event.claims != Side::Server || !event.segment)
    return reached;
  const Placed& last = talk_.segments[*event.segment];
  if (last.header.flags.rst() && !last.header.flags.ack()) return Stage::ClientHello;
  const bool acked = acks_hello(last) || had_acked_hello(event);
  return acked ? Stage::ClientHello : Stage::Accepted;
}

Stage EventFinder::reached_by(const Placed& s) const {
  const bool begun = marks_.server_handshake != FrameNo{};
  if (s.is(Side::Client)) {
    const bool answered = begun && s.ack_offset > marks_.server_handshake_at;
    // A FIN that was captured before the hello it stands behind.
    const bool behind_hello =
        has_hello(talk_) && s.header.flags.fin() && s.offset > marks_.hello_begins;
    return answered ? Stage::ServerHello : behind_hello ? Stage::ClientHello : Stage::Syn;
  }
  // A reset may bear any number.
  if (begun && !s.header.flags.rst() && s.offset > marks_.server_handshake_at)
    return Stage::ServerHello;
  return has_hello(talk_) && s.ack_offset > marks_.hello_begins ? Stage::ClientHello : Stage::Syn;
}

bool EventFinder::had_acked_hello(const Event& event) const {
  return std::any_of(talk_.segments.begin(), talk_.segments.end(), [&](const Placed& s) {
    if (!s.is(Side::Server) || s.where == Where::Duplicate || !acks_hello(s)) return false;
    // A refusal of STARTTLS answers what came before the hello.
    const bool answers = event.mechanism == Mechanism::Plaintext && !refused_hello();
    if (answers && !client_left(s.frame())) return true;
    return !s.header.flags.rst() && s.frame() < event.frame;
  });
}

bool EventFinder::client_left(FrameNo before) const {
  const auto left = [&](std::int32_t i) {
    return i != Landmarks::kNone && at(talk_, i).frame() < before;
  };
  return left(marks_.fin(Side::Client)) || left(marks_.rst(Side::Client));
}

Stage EventFinder::reached_before(FrameNo frame) const {
  if (marks_.server_handshake != FrameNo{} && marks_.server_handshake < frame)
    return Stage::ServerHello;
  if (marks_.hello != Landmarks::kNone) {
    if (at(talk_, marks_.hello).frame() < frame) return Stage::ClientHello;
    // A banner that came before the hello is the answer the hello gets.
    if (!talk_.server_tls_at && frame == talk_.from_server.carrier(talk_.server_answer_at))
      return Stage::ClientHello;
  } else if (has_hello(talk_)) {
    return Stage::ClientHello;  // its bytes are known, its first packet is not
  }
  const bool start_seen = marks_.syn != Landmarks::kNone || marks_.syn_ack != Landmarks::kNone;
  const bool connected =
      (marks_.connected != Landmarks::kNone && at(talk_, marks_.connected).frame() < frame) ||
      payload_until(frame) || !start_seen;
  return connected ? Stage::Accepted : Stage::Syn;
}

std::optional<std::size_t> EventFinder::index_of(FrameNo frame) const {
  if (frame == FrameNo{}) return std::nullopt;
  for (std::size_t i = 0; i < talk_.segments.size(); ++i)
    if (talk_.segments[i].frame() == frame) return i;
  return std::nullopt;
}

Duration EventFinder::since_previous(const Event& event) const {
  for (auto s = talk_.segments.rbegin(); s != talk_.segments.rend(); ++s)
    if (s->frame() < event.frame && s->claims != event.claims && s->where != Where::Duplicate)
      return event.at - s->at();
  return {};
}

Event find_event(const Conversation& talk, const Landmarks& marks) {
  return EventFinder(talk, marks).find();
}

std::string_view to_string(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::Fin:
      return "fin";
    case Mechanism::Rst:
      return "rst";
    case Mechanism::Alert:
      return "alert";
    case Mechanism::Plaintext:
      return "plaintext";
    case Mechanism::Icmp:
      return "icmp";
    case Mechanism::Silence:
      return "silence";
    case Mechanism::None:
      return "none";
  }
  return {};
}

std::string_view to_string(Stage stage) {
  switch (stage) {
    case Stage::Syn:
      return "syn";
    case Stage::Accepted:
      return "accepted";
    case Stage::ClientHello:
      return "client_hello";
    case Stage::ServerHello:
      return "server_hello";
    case Stage::Established:
      return "established";
  }
  return {};
}

}  // namespace whohungup
