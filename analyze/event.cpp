// Finds the first terminating event. The rules of precedence, in one place:
//
//  * The earliest of FIN, reset, fatal alert, answer that is not TLS, and hard ICMP error counts;
//    what follows it is a consequence (DESIGN.md decision 6).
//  * A reset its receiver cannot have taken (another sequence number than the next, and the
//    connection went on) ended nothing; a FIN behind bytes that never arrived neither.
//  * A client that leaves after kSilence without the answer it is owed did not hang up.
//  * A handshake that was finished before is completed, unless the server turned away the
//    client's last message before it had shown that it accepted it.
#include "analyze/event.h"

#include <algorithm>

#include "analyze/landmarks.h"
#include "dissect/tls_record.h"

namespace whohungup {
namespace {

using tls::ContentType;
using Where = Placed::Where;

/// Later than any frame.
constexpr FrameNo kEver{UINT32_MAX};

/// A server that turns away the client's Finished or certificate does so when it has read it, not
/// after a pause; what ends an idle session later is no verdict on the handshake.
constexpr Duration kRejectsWithin = kSilence;

/// ICMP "unreachable" ends a connection that hears nothing more; "too big" and "time exceeded"
/// may concern one packet only (RFC 5927 §4 calls all of them soft once connected).
bool is_hard(const IcmpError& error) {
  return error.is_v6 ? error.type == 1 : error.type == 3 && error.code != 4;
}

/// By its content type, or sealed by its length.
bool may_be_alert(const RecordSeen& record) {
  return record.type == ContentType::Alert ||
         (record.type == ContentType::ApplicationData && is_sealed_alert_length(record.length));
}

bool is_clear_hello(const RecordSeen& record) {
  constexpr std::uint8_t kServerHello = 2;
  return record.claims == Side::Server && record.type == ContentType::Handshake && !record.sealed &&
         record.first_bytes_len > 0 && record.first_bytes[0] == kServerHello;
}

bool is_close(const tls::Alert& alert) {
  return alert.description == 0 || alert.description == 90;  // close_notify, user_canceled
}

class EventFinder {
 public:
  EventFinder(const Conversation& talk, const Landmarks& marks) : talk_(talk), marks_(marks) {}

  Event find() const {
    std::optional<Event> ending = first_ending();
    if (ending && completed_before(*ending)) ending = late_rejection(*ending);
    if (!ending && (talk_.finished() || evidently_completed(kEver))) return completed();
    if (ending && left_unanswered(*ending)) return after_silence(*ending);
    if (ending) return *ending;
    return silence();
  }

 private:
  // ── what may end it ─────────────────────────────────────────────────────────────────────────

  std::optional<Event> first_ending() const {
    std::optional<Event> first = first_tcp_ending();
    // Alert and plaintext precede a FIN in the same frame: they say more.
    const auto take_if_earlier = [&](std::optional<Event> other) {
      if (other && (!first || other->frame <= first->frame)) first = std::move(other);
    };
    take_if_earlier(first_icmp(is_hard));
    auto alert = first_alert();
    const bool answers = alert && alert->segment && first && first->mechanism == Mechanism::Fin &&
                         first->claims != alert->claims &&
                         acknowledges_fin(talk_.segments[*alert->segment]);
    if (!answers) take_if_earlier(std::move(alert));
    take_if_earlier(plaintext_answer());
    return first;
  }

  std::optional<Event> first_tcp_ending() const {
    const auto count = static_cast<std::int32_t>(talk_.segments.size());
    for (std::int32_t i = 0; i < count; ++i) {
      const Placed& s = at(talk_, i);
      const TcpFlags flags = s.header.flags;
      if (!flags.has(TcpFlags::kFin | TcpFlags::kRst) || s.where == Where::Duplicate) continue;
      // What comes before the SYN is the rest of an earlier connection.
      if (marks_.syn != Landmarks::kNone && i < marks_.syn) continue;
      if (flags.rst() ? !reset_ends(i) : !fin_ends(i)) continue;
      // Two packets may be captured in the wrong order; one that acknowledges the other's FIN
      // came after it.
      const std::int32_t fin = marks_.fin(other(s.claims));
      if (fin > i && acknowledges_fin(s)) return ending_at(fin, Mechanism::Fin);
      return ending_at(i, flags.rst() ? Mechanism::Rst : Mechanism::Fin);
    }
    return std::nullopt;
  }

  /// Whether that packet acknowledges the FIN of the other side.
  bool acknowledges_fin(const Placed& s) const {
    const std::int64_t fin = talk_.side(other(s.claims)).fin_offset;
    return fin != Placed::kUnknown && s.ack_offset != Placed::kUnknown && s.ack_offset > fin;
  }

  Event ending_at(std::int32_t i, Mechanism mechanism) const {
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

  bool reset_ends(std::int32_t i) const {
    const bool connected_before = marks_.connected != Landmarks::kNone && marks_.connected < i;
    const bool data_before =
        marks_.client_payloads + marks_.server_payloads > 0 && first_payload() < i;
    if (!connected_before && !data_before && marks_.syn != Landmarks::kNone) {
      // Something stray was refused, and the connection was made after all.
      const bool made_later = marks_.connected > i;
      const bool tried_again = marks_.last_syn > i && marks_.syn_ack > i;
      return !made_later && !tried_again;
    }
    return is_exact(i) || !goes_on_after(i);
  }

  bool payload_before(FrameNo frame) const {
    const std::int32_t i = first_payload();
    return i < static_cast<std::int32_t>(talk_.segments.size()) && at(talk_, i).frame() < frame;
  }

  std::int32_t first_payload() const {
    const auto count = static_cast<std::int32_t>(talk_.segments.size());
    for (std::int32_t i = 0; i < count; ++i)
      if (at(talk_, i).header.payload_len > 0 && !at(talk_, i).header.flags.rst()) return i;
    return count;
  }

  /// Whether the reset bears the number its receiver waits for, so that it must obey
  /// (RFC 9293 §3.10.7.4), as far as the packets before it tell.
  bool is_exact(std::int32_t i) const {
    const Placed& reset = at(talk_, i);
    if (reset.offset == Placed::kUnknown) return true;
    std::int64_t acked = Placed::kUnknown;
    std::int64_t sent = 0;
    for (std::int32_t j = 0; j < i; ++j) {
      const Placed& s = at(talk_, j);
      if (s.header.flags.rst() || s.where == Where::OutsideWindow) continue;
      if (s.claims == reset.claims) {
        if (s.offset == Placed::kUnknown) continue;
        sent = std::max(sent, s.end() + (s.header.flags.fin() ? 1 : 0));
      } else if (s.ack_offset != Placed::kUnknown) {
        acked = std::max(acked, s.ack_offset);
      }
    }
    return reset.offset == acked || reset.offset == sent;
  }

  /// Whether either side behaves afterwards as if nothing had happened.
  bool goes_on_after(std::int32_t i) const {
    const Side claims = at(talk_, i).claims;
    for (auto j = static_cast<std::size_t>(i) + 1; j < talk_.segments.size(); ++j) {
      const Placed& s = talk_.segments[j];
      if (s.header.flags.rst() || s.where == Where::Duplicate) continue;
      const bool news =
          s.header.payload_len > 0 && s.where != Where::Repeat && s.where != Where::OutsideWindow;
      if (news || (s.claims != claims && s.header.flags.fin())) return true;
    }
    return false;
  }

  /// A FIN behind bytes its receiver never got is not delivered (RFC 9293 §3.10.7.4): the receiver
  /// goes on acknowledging what comes before the hole.
  bool fin_ends(std::int32_t i) const {
    const Placed& fin = at(talk_, i);
    if (fin.offset == Placed::kUnknown || fin.where != Where::Ahead) return true;
    if (talk_.side(other(fin.claims)).acked >= fin.end()) return true;
    for (auto j = static_cast<std::size_t>(i) + 1; j < talk_.segments.size(); ++j) {
      const Placed& s = talk_.segments[j];
      if (s.claims != fin.claims && !s.header.flags.rst() && s.ack_offset != Placed::kUnknown)
        return false;
    }
    return true;
  }

  // ── alerts ──────────────────────────────────────────────────────────────────────────────────

  std::optional<Event> first_alert() const {
    for (const RecordSeen& record : talk_.records) {
      std::optional<Event> event = fatal_alert(record);
      if (event) return event;
    }
    return std::nullopt;
  }

  std::optional<Event> fatal_alert(const RecordSeen& record) const {
    const bool maybe = record.type == ContentType::Alert ||
                       (record.type == ContentType::ApplicationData && record.sealed &&
                        is_sealed_alert_length(record.length));
    if (!maybe) return std::nullopt;
    Event event;
    event.mechanism = Mechanism::Alert;
    event.claims = record.claims;
    event.frame = record.last;
    event.at = record.at;
    if (const tls::Alert* opened = opened_alert(record)) {
      event.opened = true;
      event.alert_level = opened->level;
      event.alert_description = opened->description;
      if (is_close(*opened) || (!opened->fatal() && !tls13())) return std::nullopt;
    } else if (record.type == ContentType::Alert && record.length == 2) {
      if (record.first_bytes_len < 2 || record.first_bytes[0] != 2) return std::nullopt;
      event.alert_level = record.first_bytes[0];
      event.alert_description = record.first_bytes[1];
    } else {
      // Sealed: known by its type or length, and only while the handshake is under way.
      const bool under_way = !talk_.finished() || record.last < talk_.finished_frame;
      if (!under_way || marks_.server_handshake == FrameNo{} || talk_.records_opened > 0 ||
          evidently_completed(record.first))
        return std::nullopt;
      if (record.type == ContentType::ApplicationData && !tls13()) return std::nullopt;
      event.sealed = true;
    }
    event.segment = index_of(record.last);
    event.stage = stage_of(event);
    event.waited = since_previous(event);
    return event;
  }

  const tls::Alert* opened_alert(const RecordSeen& record) const {
    if (talk_.records_opened == 0) return nullptr;
    for (const Message& message : talk_.messages)
      if (message.opened && message.claims == record.claims && message.offset == record.offset)
        return std::get_if<tls::Alert>(&message.what);
    return nullptr;
  }

  /// The server answered with encrypted records before the handshake was over: TLS 1.3.
  bool tls13() const {
    return std::any_of(talk_.records.begin(), talk_.records.end(), [&](const RecordSeen& r) {
      return r.claims == Side::Server && r.type == ContentType::ApplicationData &&
             (!talk_.finished() || r.last <= talk_.finished_frame);
    });
  }

  // ── plaintext ───────────────────────────────────────────────────────────────────────────────

  std::optional<Event> plaintext_answer() const {
    FrameNo frame{};
    bool refused = false;
    if (talk_.client_tls_at) {
      if (talk_.server_tls_at || marks_.server_handshake != FrameNo{}) return std::nullopt;
      const Bytes answer = talk_.from_server.from(talk_.server_answer_at);
      if (answer.empty() || !std::holds_alternative<tls::NotTls>(tls::read_record_header(answer)))
        return std::nullopt;
      frame = talk_.from_server.carrier(talk_.server_answer_at);
    } else if (talk_.dialogue && talk_.dialogue->refused) {
      frame = frame_of_refusal();
      refused = true;
    }
    const auto segment = index_of(frame);
    if (!segment) return std::nullopt;
    Event event = ending_at(static_cast<std::int32_t>(*segment), Mechanism::Plaintext);
    event.refused_starttls = refused;
    return event;
  }

  /// The server's first line after the client's last question is the refusal.
  FrameNo frame_of_refusal() const {
    const auto& steps = talk_.dialogue->steps;
    const DialogueStep* refusal = nullptr;
    for (const DialogueStep& step : steps) {
      const bool asks = step.from_client && (step.text.find("TLS") != std::string::npos ||
                                             step.text.find("tls") != std::string::npos);
      if (asks) refusal = nullptr;
      if (!step.from_client && refusal == nullptr) refusal = &step;
    }
    if (refusal == nullptr) return {};
    // Steps are kept in each side's own order: the last of the server's where nothing was asked.
    const FrameNo frame = talk_.from_server.carrier(refusal->offset);
    return frame;
  }

  // ── ICMP ────────────────────────────────────────────────────────────────────────────────────

  /// The first matching error after which nothing came from the address that could not be reached.
  template <class Match>
  std::optional<Event> first_icmp(Match&& matches) const {
    for (std::size_t i = 0; i < talk_.icmp.size(); ++i) {
      const IcmpError& error = talk_.icmp[i];
      if (!matches(error)) continue;
      const Side quoted = error.from == talk_.client ? Side::Client : Side::Server;
      if (heard_from(other(quoted), error.frame)) continue;
      Event event;
      event.mechanism = Mechanism::Icmp;
      event.claims = error.reporter == talk_.server.ip   ? std::optional(Side::Server)
                     : error.reporter == talk_.client.ip ? std::optional(Side::Client)
                                                         : std::nullopt;
      event.icmp = i;
      event.frame = error.frame;
      event.at = error.at;
      event.stage = reached_before(error.frame);
      return event;
    }
    return std::nullopt;
  }

  bool heard_from(Side side, FrameNo after) const {
    return std::any_of(talk_.segments.begin(), talk_.segments.end(),
                       [&](const Placed& s) { return s.claims == side && s.frame() > after; });
  }

  // ── completed, or turned away at the last moment ────────────────────────────────────────────

  bool completed_before(const Event& ending) const {
    return (talk_.finished() && talk_.finished_frame < ending.frame) ||
           (ending.mechanism != Mechanism::Alert && evidently_completed(ending.frame));
  }

  /// Where records are missing from the capture, or were cut: the server sent encrypted data after
  /// its own Finished or after the client's data; or nothing of the server was captured and the
  /// client went on to encrypted data. Only what began before `end` counts.
  bool evidently_completed(FrameNo end) const {
    if (marks_.sslv2_went_on) return true;
    bool client_sent_data = false;
    bool server_sent_finished = false;
    for (const RecordSeen& record : talk_.records) {
      if (record.first >= end) continue;
      const bool server = record.claims == Side::Server;
      if (is_clear_hello(record)) client_sent_data = false;  // it was early data
      // TLS 1.2 and before: a handshake record behind the ChangeCipherSpec.
      if (server && record.type == ContentType::Handshake && record.sealed)
        server_sent_finished = true;
      if (record.type != ContentType::ApplicationData || is_sealed_alert_length(record.length))
        continue;
      if (server && (client_sent_data || server_sent_finished)) return true;
      client_sent_data = client_sent_data || !server;
    }
    return talk_.side(Side::Server).packets == 0 && client_sent_data;
  }

  /// The finished handshake counts as turned away where the client's message was the last of it,
  /// and the server ended the connection at once without a byte of data of its own.
  std::optional<Event> late_rejection(const Event& ending) const {
    if (!talk_.finished() || talk_.server_data_frame != FrameNo{}) return std::nullopt;
    const RecordSeen* last = nullptr;  // the record that finished it
    const RecordSeen* alert = nullptr;
    for (const RecordSeen& record : talk_.records) {
      const bool sized = may_be_alert(record);
      // A good-bye may share the frame of the Finished.
      if (record.last <= talk_.finished_frame && !sized) last = &record;
      const bool after = record.last > talk_.finished_frame && record.claims == Side::Server;
      if (after && sized && alert == nullptr) alert = &record;
    }
    if (last == nullptr || last->claims != Side::Client) return std::nullopt;
    if (client_said_goodbye_after(*last, ending)) return std::nullopt;
    const FrameNo first = alert != nullptr ? std::min(alert->last, ending.frame) : ending.frame;
    const Time when = alert != nullptr && alert->last == first ? alert->at : ending.at;
    if (when - talk_.finished_at > kRejectsWithin) return std::nullopt;
    if (alert == nullptr || alert->last > ending.frame)
      return ending.claims == Side::Server ? std::optional(established(ending)) : std::nullopt;

    const tls::Alert* opened = opened_alert(*alert);
    if (opened != nullptr && is_close(*opened)) return std::nullopt;
    Event event = established(ending);
    // Sealed, it may be a close_notify as well: then the TCP ending is all that is certain.
    if (opened == nullptr && ending.claims == Side::Server) {
      event.sealed = true;
      return event;
    }
    event.mechanism = Mechanism::Alert;
    event.claims = Side::Server;
    event.frame = alert->last;
    event.at = alert->at;
    event.segment = index_of(alert->last);
    event.sealed = opened == nullptr;
    event.opened = opened != nullptr;
    if (opened != nullptr) {
      event.alert_level = opened->level;
      event.alert_description = opened->description;
    }
    return event;
  }

  /// Behind its own Finished a client's alert is its close_notify: what it refuses, it refuses
  /// before. A server that closes then answers it (RFC 8446 §6.1).
  bool client_said_goodbye_after(const RecordSeen& finished, const Event& ending) const {
    return std::any_of(talk_.records.begin(), talk_.records.end(), [&](const RecordSeen& record) {
      if (record.claims != Side::Client || record.offset <= finished.offset) return false;
      if (!may_be_alert(record) || record.last >= ending.frame) return false;
      const tls::Alert* opened = opened_alert(record);
      return opened == nullptr || is_close(*opened);
    });
  }

  static Event established(Event event) {
    event.stage = Stage::Established;
    return event;
  }

  Event completed() const {
    Event event;
    event.frame = talk_.finished() ? talk_.finished_frame : talk_.last_frame;
    event.at = talk_.finished() ? talk_.finished_at : talk_.last;
    return event;
  }

  // ── silence ─────────────────────────────────────────────────────────────────────────────────

  /// What the client waits for: since which frame the other end owes an answer, if it does.
  struct Owed {
    FrameNo frame{};
    Time since{};
  };
  /// Bytes of the server beyond `taken` did not reach the client, so they answer nothing.
  std::optional<Owed> owed_before(FrameNo end, std::int64_t taken = INT64_MAX) const {
    const Placed* last = nullptr;
    for (const Placed& s : talk_.segments) {
      if (s.frame() >= end) break;
      const bool news = s.header.payload_len > 0 && !s.header.flags.rst() &&
                        s.where != Where::Repeat && s.where != Where::KeepAlive &&
                        s.where != Where::Duplicate && s.where != Where::OutsideWindow;
      if (news && (s.is(Side::Client) || s.end() <= taken)) last = &s;
    }
    if (last == nullptr) return std::nullopt;
    if (last->is(Side::Server) && !answer_incomplete()) return std::nullopt;
    return Owed{last->frame(), last->at()};
  }

  /// The server's last record has begun and not ended, or has a hole, or is a ChangeCipherSpec
  /// behind which its encrypted records are due (RFC 8446 appendix D.4, RFC 5246 §7.1); after a
  /// HelloRetryRequest the client is to speak.
  bool answer_incomplete() const {
    if (marks_.server_handshake == FrameNo{}) return false;
    std::int64_t whole = talk_.server_tls_at.value_or(0);
    const RecordSeen* last = nullptr;
    for (const RecordSeen& record : talk_.records) {
      if (record.claims != Side::Server) continue;
      last = &record;
      whole = record.offset + static_cast<std::int64_t>(tls::kHeaderSize) + record.length;
    }
    const bool promised =
        last != nullptr && last->type == ContentType::ChangeCipherSpec && !marks_.retry_pending;
    return promised || talk_.side(Side::Server).sent_end > whole;
  }

  /// What the client leaves unanswered, by what it had acknowledged when it left.
  std::optional<Owed> owed_to_leaver(FrameNo leaving) const {
    std::int64_t taken = Placed::kUnknown;
    for (const Placed& s : talk_.segments)
      if (s.is(Side::Client) && s.frame() <= leaving && s.ack_offset != Placed::kUnknown)
        taken = std::max(taken, s.ack_offset);
    return owed_before(leaving, taken != Placed::kUnknown ? taken : INT64_MAX);
  }

  bool left_unanswered(const Event& ending) const {
    if (ending.claims != Side::Client || ending.mechanism == Mechanism::Icmp ||
        ending.stage == Stage::Established || ending.stage == Stage::Syn)
      return false;
    const auto owed = owed_to_leaver(ending.frame);
    return owed && ending.at - owed->since >= kSilence;
  }

  Event after_silence(const Event& leaving) const {
    Event event = silence();
    if (event.mechanism != Mechanism::Silence) return event;
    const auto owed = owed_to_leaver(leaving.frame);
    event.stage = reached_before(leaving.frame);
    event.gave_up = true;
    event.in_flight = false;
    event.frame = owed->frame;
    event.segment = leaving.segment;
    event.at = leaving.at;
    event.waited = leaving.at - owed->since;
    return event;
  }

  Event silence() const {
    // An error about a single packet explains a silence, where nothing else does.
    if (auto soft = first_icmp([](const IcmpError& error) { return !is_hard(error); }))
      return *soft;
    Event event;
    event.mechanism = Mechanism::Silence;
    event.stage = reached_before(kEver);
    const Time end = talk_.ended_by == EndedBy::EndOfCapture
                         ? std::max(talk_.capture.end, talk_.last)
                         : talk_.last;
    Owed owed{talk_.first_frame, talk_.last};
    if (event.stage == Stage::Syn && marks_.syn != Landmarks::kNone)
      owed = {at(talk_, marks_.syn).frame(), at(talk_, marks_.syn).at()};
    else if (const auto since = owed_before(kEver))
      owed = *since;
    else
      owed.frame = talk_.last_frame;
    event.frame = owed.frame;
    event.at = owed.since;
    event.waited = end - owed.since;
    const bool cut_off =
        talk_.ended_by == EndedBy::EndOfCapture || talk_.ended_by == EndedBy::MemoryLimit;
    event.in_flight = cut_off && event.waited < kSilence;
    return event;
  }

  // ── stages ──────────────────────────────────────────────────────────────────────────────────

  /// How far the one whose packet ended it had got.
  Stage stage_of(const Event& event) const {
    const Stage reached = reached_before(event.frame);
    // Nobody closes what was not made.
    if (reached == Stage::Syn && event.mechanism == Mechanism::Fin) return Stage::Accepted;
    if (reached != Stage::ClientHello || event.claims != Side::Server || !event.segment)
      return reached;
    const Placed& last = talk_.segments[*event.segment];
    if (last.header.flags.rst() && !last.header.flags.ack()) return Stage::ClientHello;
    return has_acked_hello(event) ? Stage::ClientHello : Stage::Accepted;
  }

  /// Whether the server's address had acknowledged a byte of the hello, up to the ending packet. A
  /// banner is read as the answer to a hello that was still acknowledged before the client left.
  bool has_acked_hello(const Event& event) const {
    const Placed& last = talk_.segments[*event.segment];
    const auto covers = [&](const Placed& s) {
      return s.ack_offset != Placed::kUnknown && s.ack_offset > marks_.hello_begins;
    };
    if (covers(last)) return true;
    if (marks_.hello_part_ack == Landmarks::kNone) return false;
    const FrameNo acked = at(talk_, marks_.hello_part_ack).frame();
    return acked < event.frame || (event.mechanism == Mechanism::Plaintext && !client_left(acked));
  }

  bool client_left(FrameNo before) const {
    const auto left = [&](std::int32_t i) {
      return i != Landmarks::kNone && at(talk_, i).frame() < before;
    };
    return left(marks_.fin(Side::Client)) || left(marks_.rst(Side::Client));
  }

  /// How far the handshake had got when `frame` was captured (what is said in it included).
  Stage reached_before(FrameNo frame) const {
    if (marks_.server_handshake != FrameNo{} && marks_.server_handshake < frame)
      return Stage::ServerHello;
    if (marks_.hello != Landmarks::kNone) {
      // A banner that came before the hello is the answer the hello gets.
      const bool sent = at(talk_, marks_.hello).frame() < frame;
      const bool banner =
          !talk_.server_tls_at && frame == talk_.from_server.carrier(talk_.server_answer_at);
      if (sent || banner) return Stage::ClientHello;
    } else if (has_hello(talk_)) {
      return Stage::ClientHello;  // its bytes are known, its first packet is not
    }
    const bool start_seen = marks_.syn != Landmarks::kNone || marks_.syn_ack != Landmarks::kNone;
    const bool connected =
        (marks_.connected != Landmarks::kNone && at(talk_, marks_.connected).frame() < frame) ||
        payload_before(frame) || !start_seen;
    return connected ? Stage::Accepted : Stage::Syn;
  }

  // ── small helpers ───────────────────────────────────────────────────────────────────────────

  std::optional<std::size_t> index_of(FrameNo frame) const {
    if (frame == FrameNo{}) return std::nullopt;
    for (std::size_t i = 0; i < talk_.segments.size(); ++i)
      if (talk_.segments[i].frame() == frame) return i;
    return std::nullopt;
  }

  /// How long after the last packet it can be an answer to: the other side's last one.
  Duration since_previous(const Event& event) const {
    const Placed* before = nullptr;
    for (const Placed& s : talk_.segments) {
      if (s.frame() >= event.frame) break;
      if (s.claims != event.claims && s.where != Where::Duplicate) before = &s;
    }
    return before != nullptr ? event.at - before->at() : Duration{};
  }

  const Conversation& talk_;
  const Landmarks& marks_;
};

}  // namespace

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
