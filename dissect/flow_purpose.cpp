// See flow_purpose.h.
#include "dissect/flow_purpose.h"

#include <algorithm>

namespace whohungup {
namespace {

/// The hello stands in the middle of another protocol that carries TLS in frames of its own
/// (OpenVPN over TCP): what follows it is no TLS record, and what comes back is none either.
bool is_carried_hello(const Recording& talk) {
  return *talk.client_tls_at > 0 && talk.walk(Side::Client).speaks == RecordWalk::Speaks::Lost &&
         !talk.server_tls_at && talk.side(Side::Server).sent_end > talk.server_answer_at;
}

/// It asked for TLS, or it died before it could: somebody ended it (or nobody answered) while
/// TLS could still have been asked for.
bool wanted_tls(const Recording& talk) {
  return talk.dialogue->asked || tls_still_possible(*talk.dialogue);
}

/// Reads what was said before TLS, or instead of it: whether it was refused there is part of every
/// verdict, also of one that is only counted.
void note_dialogue(Recording& talk) {
  Bytes client = talk.from_client.prefix();
  Bytes server = talk.from_server.prefix();
  if (talk.client_tls_at) {
    client = client.first(std::min(client.size(), static_cast<std::size_t>(*talk.client_tls_at)));
    server = server.first(std::min(server.size(), static_cast<std::size_t>(talk.server_answer_at)));
  }
  if (!client.empty() || !server.empty()) talk.dialogue = recognise_dialogue(client, server);
}

/// Fewer bytes than tell a hello from something else, which begin one all the same.
bool has_begun_hello(const Recording& talk) {
  const Bytes begun = talk.from_client.prefix();
  constexpr std::uint8_t kHandshake = 22;
  return !begun.empty() && begun[0] == kHandshake &&
         talk.side(Side::Client).sent_end == static_cast<std::int64_t>(begun.size()) &&
         tls::looks_like_client_hello(begun) == tls::HelloLook::TooShort;
}

}  // namespace

bool expects_tls(std::uint16_t port, std::span<const std::uint16_t> named) {
  return is_usual_tls_port(port) || is_usual_starttls_port(port) ||
         std::find(named.begin(), named.end(), port) != named.end();
}

JudgedFor judged_for(Recording& talk, std::span<const std::uint16_t> named_ports) {
  if (talk.client_tls_at) {
    if (is_carried_hello(talk)) return JudgedFor::Nothing;
    if (*talk.client_tls_at > 0) note_dialogue(talk);
    return JudgedFor::ClientHello;
  }
  const SideCounts& client = talk.side(Side::Client);
  const SideCounts& server = talk.side(Side::Server);
  const bool start_seen = client.isn_seen || server.isn_seen;
  note_dialogue(talk);
  if (talk.dialogue && wanted_tls(talk)) return JudgedFor::Dialogue;
  if (start_seen && expects_tls(talk.server.port, named_ports) && has_begun_hello(talk)) {
    take_part_for_hello(talk);
    return JudgedFor::ClientHello;
  }
  const bool no_client_data = start_seen && client.sent_end == 0;
  return no_client_data && expects_tls(talk.server.port, named_ports) ? JudgedFor::Port
                                                                      : JudgedFor::Nothing;
}

// IANA service names; the ports people run these services on (diagnosis.md §7.3).
bool is_usual_tls_port(std::uint16_t port) {
  switch (port) {
    case 443:
    case 465:
    case 563:
    case 636:
    case 853:
    case 989:
    case 990:
    case 992:
    case 993:
    case 994:
    case 995:
    case 3269:
    case 4433:
    case 5061:
    case 5223:
    case 5671:
    case 6443:
    case 6697:
    case 8443:
    case 8883:
    case 9443:
      return true;
    default:
      return false;
  }
}

bool is_usual_starttls_port(std::uint16_t port) {
  switch (port) {
    case 21:
    case 24:
    case 25:
    case 110:
    case 119:
    case 143:
    case 389:
    case 587:
    case 2525:
    case 3268:
    case 3306:
    case 4190:
    case 5222:
    case 5269:
    case 5432:
      return true;
    default:
      return false;
  }
}

}  // namespace whohungup
