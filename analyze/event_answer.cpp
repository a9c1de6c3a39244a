// Answers that are not TLS: plaintext where TLS was expected, a refused STARTTLS, an ICMP error.
#include <algorithm>
#include <variant>

#include "analyze/event_finder.h"

namespace whohungup {
namespace {

/// ICMP "unreachable" ends a connection that hears nothing more; "too big" and "time exceeded"
/// may concern one packet only (RFC 5927 §4 calls all of them soft once connected).
bool is_hard(const IcmpError& error) {
  return error.is_v6 ? error.type == 1 : error.type == 3 && error.code != 4;
}

}  // namespace

std::optional<Event> EventFinder::plaintext_answer() const {
  FrameNo frame{};
  const bool said_no =
      refused_hello() || (!talk_.client_tls_at && talk_.dialogue &&
                          (talk_.dialogue->refused || talk_.dialogue->turned_away));
  if (talk_.client_tls_at && !said_no) {
    if (talk_.server_tls_at || marks_.server_handshake != FrameNo{}) return std::nullopt;
    const Bytes answer = talk_.from_server.from(talk_.server_answer_at);
    if (answer.empty() || !std::holds_alternative<tls::NotTls>(tls::read_record_header(answer)))
      return std::nullopt;
    frame = talk_.from_server.carrier(talk_.server_answer_at);
  } else if (said_no) {
    frame = talk_.from_server.carrier(talk_.dialogue->no_at);
  }
  const auto segment = index_of(frame);
  if (!segment) return std::nullopt;
  Event event = ending_at(static_cast<std::int32_t>(*segment), Mechanism::Plaintext);
  event.refused_starttls = said_no && talk_.dialogue->refused;
  event.turned_away = said_no && !talk_.dialogue->refused;
  // A greeting that crossed the hello: whether the hello is taken in is still to be seen.
  const bool left = talk_.side(Side::Client).fin_offset != Placed::kUnknown ||
                    talk_.side(Side::Server).fin_offset != Placed::kUnknown ||
                    marks_.rst(Side::Client) != Landmarks::kNone ||
                    marks_.rst(Side::Server) != Landmarks::kNone;
  event.in_flight = event.stage == Stage::Accepted && marks_.last_hello != Landmarks::kNone &&
                    !left && cut_off_after(at(talk_, marks_.last_hello).at());
  return event;
}

bool EventFinder::refused_hello() const {
  return talk_.client_tls_at && talk_.dialogue && talk_.dialogue->refused &&
         !talk_.dialogue->granted && !talk_.server_tls_at && marks_.server_handshake == FrameNo{};
}

std::optional<Event> EventFinder::first_icmp(bool hard) const {
  for (std::size_t i = 0; i < talk_.icmp.size(); ++i) {
    const IcmpError& error = talk_.icmp[i];
    if (is_hard(error) != hard) continue;
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

bool EventFinder::heard_from(Side side, FrameNo after) const {
  return std::any_of(talk_.segments.begin(), talk_.segments.end(),
                     [&](const Placed& s) { return s.claims == side && s.frame() > after; });
}

}  // namespace whohungup
