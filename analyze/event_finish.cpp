// Whether the handshake was finished before it ended, and whether the server then turned the
// client away all the same.
#include <algorithm>

#include "analyze/event_finder.h"

namespace whohungup {
namespace {

using tls::ContentType;

/// A server that turns away the client's Finished or certificate does so when it has read it, not
/// after a pause; what ends an idle session later is no verdict on the handshake.
constexpr Duration kRejectsWithin = kSilence;

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

}  // namespace

bool EventFinder::completed_before(const Event& ending) const {
  return (talk_.finished() && talk_.finished_frame < ending.frame) ||
         (ending.mechanism != Mechanism::Alert && evidently_completed(ending.frame));
}

bool EventFinder::evidently_completed(FrameNo end) const {
  if (marks_.sslv2_went_on || marks_.hello_alone) return marks_.sslv2_went_on;
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

std::optional<Event> EventFinder::late_rejection(const std::optional<Event>& ending) const {
  if (!talk_.finished()) return std::nullopt;
  const bool went_on = talk_.server_data_frame != FrameNo{};
  if (went_on && !(ending && stands_before_data(*ending))) return std::nullopt;
  const RecordSeen* last = nullptr;  // the record that finished it
  const RecordSeen* alert = nullptr;
  for (const RecordSeen& record : talk_.records) {
    const bool sized = may_be_alert(record);
    // A good-bye may share the frame of the Finished.
    if (record.last <= talk_.finished_frame && !sized) last = &record;
    const bool after = record.claims == Side::Server && behind_finish(record);
    if (after && sized && alert == nullptr) alert = &record;
  }
  if (last == nullptr || last->claims != Side::Client) return std::nullopt;
  const FrameNo end = ending ? ending->frame : kEver;
  const bool alerted = alert != nullptr && (!ending || precedes(place_of(*alert), *ending));
  if (client_said_goodbye_after(*last, alerted ? alert->last : end)) return std::nullopt;
  if (alerted) return late_alert(*alert);
  const bool closed_at_once =
      ending && ending->claims == Side::Server && ending->at - talk_.finished_at <= kRejectsWithin;
  return closed_at_once ? std::optional(established(*ending)) : std::nullopt;
}

bool EventFinder::stands_before_data(const Event& ending) const {
  if (ending.claims != Side::Server || !ending.segment || ending.frame > talk_.server_data_frame)
    return false;
  const auto bearer = index_of(talk_.server_data_frame);
  const std::int64_t end = talk_.segments[*ending.segment].offset;
  if (!bearer || end == Placed::kUnknown) return true;
  return talk_.segments[*bearer].offset >= end;
}

std::optional<Event> EventFinder::late_alert(const RecordSeen& alert) const {
  if (alert.at - talk_.finished_at > kRejectsWithin) return std::nullopt;
  const tls::Alert* opened = opened_alert(alert);
  if (opened != nullptr && is_close(*opened)) return std::nullopt;
  Event event = place_of(alert);
  event.mechanism = Mechanism::Alert;
  event.stage = Stage::Established;
  event.waited = since_previous(event);
  event.sealed = opened == nullptr;
  event.opened = opened != nullptr;
  if (opened != nullptr) {
    event.alert_level = opened->level;
    event.alert_description = opened->description;
  }
  return event;
}

bool EventFinder::behind_finish(const RecordSeen& record) const {
  if (!talk_.finished()) return false;
  if (record.last > talk_.finished_frame) return true;
  // Captured in the wrong order: it acknowledges what finished the handshake.
  const auto bearer = index_of(record.last);
  const auto finish = index_of(talk_.finished_frame);
  if (!bearer || !finish || talk_.segments[*finish].claims == record.claims) return false;
  const Placed& last = talk_.segments[*finish];
  return last.offset != Placed::kUnknown && record.last < talk_.finished_frame &&
         talk_.segments[*bearer].ack_offset >= last.end();
}

Event EventFinder::place_of(const RecordSeen& record) const {
  Event event;
  event.claims = record.claims;
  event.frame = record.last;
  event.at = record.at;
  event.segment = index_of(record.last);
  return event;
}

bool EventFinder::client_said_goodbye_after(const RecordSeen& finished, FrameNo end) const {
  return std::any_of(talk_.records.begin(), talk_.records.end(), [&](const RecordSeen& record) {
    if (record.claims != Side::Client || record.offset <= finished.offset) return false;
    if (!may_be_alert(record) || record.last >= end) return false;
    const tls::Alert* opened = opened_alert(record);
    return opened == nullptr || is_close(*opened);
  });
}

Event EventFinder::established(Event event) {
  event.stage = Stage::Established;
  return event;
}

Event EventFinder::completed() const {
  Event event;
  event.frame = talk_.finished() ? talk_.finished_frame : talk_.last_frame;
  event.at = talk_.finished() ? talk_.finished_at : talk_.last;
  return event;
}

}  // namespace whohungup
