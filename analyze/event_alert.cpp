// Fatal alerts: read in clear, opened with the session's keys, or known by their length.
#include <algorithm>
#include <variant>

#include "analyze/event_finder.h"

namespace whohungup {

using tls::ContentType;

std::optional<Event> EventFinder::first_alert() const {
  for (const RecordSeen& record : talk_.records) {
    const bool maybe = record.type == ContentType::Alert ||
                       (record.type == ContentType::ApplicationData && record.sealed &&
                        is_sealed_alert_length(record.length));
    if (!maybe) continue;
    if (std::optional<Event> event = fatal_alert(record)) return event;
  }
  return std::nullopt;
}

std::optional<Event> EventFinder::fatal_alert(const RecordSeen& record) const {
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
    const bool under_way =
        !talk_.finished() || (record.last < talk_.finished_frame && !behind_finish(record));
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

const tls::Alert* EventFinder::opened_alert(const RecordSeen& record) const {
  if (talk_.records_opened == 0) return nullptr;
  for (const Message& message : talk_.messages)
    if (message.opened && message.claims == record.claims && message.offset == record.offset)
      return std::get_if<tls::Alert>(&message.what);
  return nullptr;
}

bool EventFinder::tls13() const {
  return std::any_of(talk_.records.begin(), talk_.records.end(), [&](const RecordSeen& r) {
    return r.claims == Side::Server && r.type == ContentType::ApplicationData &&
           (!talk_.finished() || r.last <= talk_.finished_frame);
  });
}

}  // namespace whohungup
