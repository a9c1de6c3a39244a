// Questions about what came back: the server's hello, alerts, plaintext, and the finish.
#include <fmt/compile.h>

#include <algorithm>
#include <array>
#include <optional>

#include "analyze/event.h"
#include "analyze/observe.h"
#include "analyze/turn.h"
#include "analyze/words.h"
#include "dissect/tls_record.h"

namespace whohungup {
namespace {

using tls::ContentType;

void put_name(std::string& text, const tls::Alert& alert) {
  put(text, alert.fatal() ? "fatal " : "warning ", tls::name(alert), " (", alert.description, ")");
}

void ask_about_handshake(const Scene& scene, auto& notes) {
  const Conversation& talk = scene.talk;
  const Landmarks& marks = scene.marks;
  if (marks.server_handshake == FrameNo{}) return;
  notes.note(Fact::ServerHandshakeBegun, {marks.server_handshake});
  for (const RecordSeen& record : talk.records) {
    const bool hello = record.claims == Side::Server && record.type == ContentType::Handshake &&
                       !record.sealed && record.first_bytes_len > 0 && record.first_bytes[0] == 2;
    if (!hello) continue;
    notes.note(Fact::ServerHelloSeen, {record.first, record.last});
    break;
  }
  if (marks.hello_retry != FrameNo{}) notes.note(Fact::HelloRetrySeen, {marks.hello_retry});
}

void note_alert(const RecordSeen& record, const tls::Alert& alert, const Scene& scene,
                auto& notes) {
  const auto detail = [&](std::string& text) { put_name(text, alert); };
  const bool before_finish = !scene.talk.finished() || record.last <= scene.talk.finished_frame;
  if (record.claims == Side::Client) {
    if (!notes.has(Fact::ClientAlertSeen)) notes.note(Fact::ClientAlertSeen, {record.last}, detail);
    const bool after = scene.event.claims == Side::Server && scene.event.frame < record.last;
    if (after && !notes.has(Fact::ClientAlertAfterEnd))
      notes.note(Fact::ClientAlertAfterEnd, {scene.event.frame, record.last}, detail);
    return;
  }
  if (!before_finish && alert.close_notify()) return;
  if (!notes.has(Fact::ServerAlertSeen)) notes.note(Fact::ServerAlertSeen, {record.last}, detail);
  const Fact kind = alert.fatal()          ? Fact::ServerFatalAlert
                    : alert.close_notify() ? Fact::ServerCloseNotify
                                           : Fact::ServerWarningAlert;
  if (!notes.has(kind)) notes.note(kind, {record.last}, detail);
}

/// The last encrypted record as long as an alert, up to the end.
std::optional<FrameNo> frame_of_sealed_alert(const Scene& scene) {
  std::optional<FrameNo> frame;
  for (const RecordSeen& record : scene.talk.records) {
    const bool sized =
        (record.type == ContentType::Alert && record.length != 2) ||
        (record.type == ContentType::ApplicationData && is_sealed_alert_length(record.length));
    if (sized && record.claims == scene.event.claims && record.last <= scene.event.frame)
      frame = record.last;
  }
  return frame;
}

/// Whether the client sent more than its Finished: the answer to a request for its certificate.
/// TLS 1.3 seals a Finished of 32 or 48 bytes with a header of 4, a content type and a tag of 8 or
/// 16 (RFC 8446 §4.4.4, §5.2); a certificate, even an empty one (25 bytes), has another length.
bool answered_certificate_request(const Conversation& talk, const Landmarks& marks) {
  for (const RecordSeen& record : talk.records) {
    if (record.claims != Side::Client || !record.sealed) continue;
    if (record.first < marks.server_handshake) return false;  // early data: the rest is unclear
    constexpr std::array<std::uint16_t, 4> kFinished{45, 53, 61, 69};
    return record.type == ContentType::ApplicationData &&
           std::find(kFinished.begin(), kFinished.end(), record.length) == kFinished.end();
  }
  return false;
}

void ask_about_alerts(const Scene& scene, auto& notes) {
  for (const RecordSeen& record : scene.talk.records)
    if (record.type == ContentType::Alert && record.length == 2 && record.first_bytes_len >= 2)
      note_alert(record, {record.first_bytes[0], record.first_bytes[1]}, scene, notes);
  if (scene.event.opened)
    notes.note(Fact::AlertOpened, {scene.event.frame}, [&](std::string& text) {
      put_name(text, {scene.event.alert_level, scene.event.alert_description});
    });
  if (scene.event.sealed)
    notes.note(Fact::SealedAlertSized, {frame_of_sealed_alert(scene).value_or(scene.event.frame)});
  if (scene.event.sealed && scene.event.stage == Stage::Established &&
      !answered_certificate_request(scene.talk, scene.marks))
    notes.note(Fact::AlertMayBeGoodbye, {scene.talk.finished_frame, scene.event.frame});
}

void ask_about_plaintext(const Scene& scene, auto& notes) {
  const Conversation& talk = scene.talk;
  const Landmarks& marks = scene.marks;
  const Event& event = scene.event;
  if (event.mechanism == Mechanism::Plaintext && !event.refused_starttls && !event.turned_away)
    notes.note(Fact::ServerNotTls, {event.frame}, [&] {
      return talk.server_plaintext
                 ? fmt::format(FMT_COMPILE("{}: {}"), talk.server_plaintext->protocol,
                               talk.server_plaintext->excerpt)
                 : std::string{};
    });
  if (marks.server_data == Landmarks::kNone) return;
  const Placed& first = at(talk, marks.server_data);
  const bool before_hello =
      marks.hello == Landmarks::kNone || first.frame() < at(talk, marks.hello).frame();
  if (before_hello && !talk.dialogue)
    notes.note(Fact::SpokeBeforeHello, {first.frame()},
               [&] { return count(first.header.payload_len, "byte"); });
}

/// Where the client's part cannot be followed: data behind the server's own Finished.
void note_server_data(const Conversation& talk, auto& notes) {
  const RecordSeen* finished = nullptr;
  for (const RecordSeen& record : talk.records) {
    if (record.claims != Side::Server || !record.sealed) continue;
    if (record.type == ContentType::Handshake) finished = &record;
    const bool data =
        record.type == ContentType::ApplicationData && !is_sealed_alert_length(record.length);
    if (!data || finished == nullptr) continue;
    notes.note(Fact::ServerDataAfterFinished, {finished->first, record.first});
    return;
  }
}

/// Bytes of the answer that the client's last packets do not acknowledge: lost before they came.
void ask_what_arrived(const Scene& scene, auto& notes) {
  const Conversation& talk = scene.talk;
  const Event& event = scene.event;
  if (event.mechanism == Mechanism::Silence && !event.in_flight)
    if (const auto untaken = find_untaken_answer(talk, event))
      notes.note(Fact::AnswerUntaken, {untaken->first, untaken->last}, [&] {
        return count(untaken->copies, "time") + ", acknowledged up to " +
               std::to_string(talk.side(Side::Client).acked + 1);
      });
  if (!event.gave_up || !event.segment) return;
  const Placed& leaving = talk.segments[*event.segment];
  std::int64_t acked = Placed::kUnknown;
  for (const Placed& s : talk.segments)
    if (s.is(Side::Client) && s.frame() <= leaving.frame() && s.ack_offset != Placed::kUnknown)
      acked = std::max(acked, s.ack_offset);
  if (acked == Placed::kUnknown) return;
  for (const Placed& s : talk.segments)
    if (s.is(Side::Server) && s.frame() < leaving.frame() && s.header.payload_len > 0 &&
        !s.header.flags.rst() && s.where != Placed::Where::OutsideWindow && s.end() > acked)
      return notes.note(Fact::AnswerUnacked, {s.frame(), leaving.frame()}, [&] {
        return fmt::format(FMT_COMPILE("sent up to {}, acknowledged up to {}"), s.end() + 1,
                           acked + 1);
      });
}

void ask_about_finish(const Scene& scene, auto& notes) {
  const Conversation& talk = scene.talk;
  const Landmarks& marks = scene.marks;
  bool client_went_on = false;
  FrameNo went_on{};
  const RecordSeen* last = nullptr;
  for (const RecordSeen& record : talk.records) {
    if (talk.finished() && record.last <= talk.finished_frame) last = &record;
    if (record.claims == Side::Client && record.sealed && !client_went_on &&
        !is_sealed_alert_length(record.length)) {
      client_went_on = true;
      went_on = record.last;
    }
  }
  if (marks.sslv2_went_on) {
    client_went_on = true;
    went_on = at(talk, marks.last_payload).frame();
  }
  if (client_went_on) notes.note(Fact::ClientWentOn, {went_on});
  if (!talk.finished()) {
    note_server_data(talk, notes);
    return;
  }
  notes.note(Fact::HandshakeFinished, {marks.server_handshake, talk.finished_frame});
  if (last != nullptr && last->claims == Side::Server)
    notes.note(Fact::FinishedByServer, {talk.finished_frame});
  if (talk.server_data_frame != FrameNo{})
    notes.note(Fact::ServerDataAfterFinished, {talk.finished_frame, talk.server_data_frame});
}

}  // namespace

template <class Notes>
void observe_answer(const Scene& scene, Notes& notes) {
  ask_about_handshake(scene, notes);
  ask_about_alerts(scene, notes);
  ask_about_plaintext(scene, notes);
  ask_what_arrived(scene, notes);
  ask_about_finish(scene, notes);
}

template void observe_answer(const Scene&, Notebook&);
template void observe_answer(const Scene&, Checklist&);

}  // namespace whohungup
