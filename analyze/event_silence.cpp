// Silence: who waits for what, and for how long.
#include <algorithm>

#include "analyze/event_finder.h"
#include "analyze/turn.h"

namespace whohungup {
namespace {

using Where = Placed::Where;

/// How long there was something to hear.
Time heard_until(const Conversation& talk) {
  return talk.ended_by == EndedBy::EndOfCapture ? std::max(talk.capture.end, talk.last) : talk.last;
}

}  // namespace

std::optional<EventFinder::Owed> EventFinder::owed_before(FrameNo end, std::int64_t taken) const {
  const Placed* last = nullptr;
  Time latest = talk_.begin, since{};  // no packet is older than those captured before it
  for (const Placed& s : talk_.segments) {
    if (s.frame() >= end) break;
    latest = std::max(latest, s.at());
    const bool news = s.header.payload_len > 0 && !s.header.flags.rst() &&
                      s.where != Where::Repeat && s.where != Where::KeepAlive &&
                      s.where != Where::Duplicate && s.where != Where::OutsideWindow;
    if (!news || (s.is(Side::Server) && s.end() > taken)) continue;
    last = &s;
    since = latest;
  }
  if (last == nullptr) return std::nullopt;
  if (is_clients_turn(talk_, marks_)) return std::nullopt;
  if (last->is(Side::Server) && !answer_incomplete()) return std::nullopt;
  return Owed{last->frame(), since};
}

bool EventFinder::answer_incomplete() const {
  if (marks_.server_handshake == FrameNo{}) return false;
  std::int64_t whole = talk_.server_tls_at.value_or(0);
  const RecordSeen* last = nullptr;
  for (const RecordSeen& record : talk_.records) {
    if (record.claims != Side::Server) continue;
    last = &record;
    whole = record.offset + static_cast<std::int64_t>(tls::kHeaderSize) + record.length;
  }
  const bool promised =
      last != nullptr && last->type == tls::ContentType::ChangeCipherSpec && !marks_.retry_pending;
  return promised || talk_.side(Side::Server).sent_end > whole;
}

std::optional<EventFinder::Owed> EventFinder::owed_to_leaver(FrameNo leaving) const {
  std::int64_t taken = Placed::kUnknown;
  for (const Placed& s : talk_.segments)
    if (s.is(Side::Client) && s.frame() <= leaving && s.ack_offset != Placed::kUnknown)
      taken = std::max(taken, s.ack_offset);
  const auto owed = owed_before(leaving, taken != Placed::kUnknown ? taken : INT64_MAX);
  return owed ? owed : greeting_owed(leaving);
}

std::optional<EventFinder::Owed> EventFinder::greeting_owed(FrameNo leaving) const {
  if (!server_greets_on(talk_.server.port) || marks_.connected == Landmarks::kNone) return {};
  if (marks_.first_payload != Landmarks::kNone) return {};
  const Placed& connected = at(talk_, marks_.connected);
  if (connected.frame() >= leaving) return {};
  return Owed{connected.frame(), connected.at()};
}

bool EventFinder::left_unanswered(const Event& ending) const {
  if (ending.claims != Side::Client || ending.mechanism == Mechanism::Icmp ||
      ending.stage == Stage::Established || ending.stage == Stage::Syn)
    return false;
  const auto owed = owed_to_leaver(ending.frame);
  return owed && ending.at - owed->since >= kSilence;
}

Event EventFinder::after_silence(const Event& leaving) const {
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

Event EventFinder::silence() const {
  // An error about a single packet explains a silence, where nothing else does.
  if (!talk_.icmp.empty())
    if (const auto soft = first_icmp(false)) return *soft;
  Event event;
  event.mechanism = Mechanism::Silence;
  event.stage = reached_before(kEver);
  const Time end = heard_until(talk_);
  Owed owed{talk_.first_frame, talk_.last};
  if (event.stage == Stage::Syn && marks_.syn != Landmarks::kNone)
    owed = {at(talk_, marks_.syn).frame(), at(talk_, marks_.syn).at()};
  else if (const auto untaken = find_untaken_answer(talk_, kEver))
    owed = {untaken->first, untaken->since};  // an acknowledgement, by the client
  else if (const auto since = owed_before(kEver))
    owed = *since;
  else
    owed.frame = talk_.last_frame;
  event.frame = owed.frame;
  event.at = owed.since;
  event.waited = end - owed.since;
  event.in_flight = cut_off_after(owed.since);
  return event;
}

bool EventFinder::cut_off_after(Time since) const {
  const bool cut_off =
      talk_.ended_by == EndedBy::EndOfCapture || talk_.ended_by == EndedBy::MemoryLimit;
  return cut_off && heard_until(talk_) - since < kSilence;
}

}  // namespace whohungup
