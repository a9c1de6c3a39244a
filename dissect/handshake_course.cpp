// See handshake_course.h.
#include "dissect/handshake_course.h"

namespace whohungup {
namespace {

using tls::ContentType;

/// A TLS 1.3 Finished seals 4 + 32 bytes at least, one of content type and 8 of tag (CCM_8): 45.
/// An alert seals 2 bytes, 19 with a 16-byte tag. So the length tells them apart (RFC 8446 §5.2).
constexpr std::uint16_t kShortestSealedFinished = 45;

/// A handshake record in clear holds whole or starting messages whose type and length make sense;
/// behind a ChangeCipherSpec only a second hello of TLS 1.3 does (middlebox compatibility mode,
/// RFC 8446 appendix D.4): its one message fills the record exactly.
bool is_clear_hello(const RecordSeen& seen) {
  if (seen.first_bytes_len < 4) return false;
  const std::uint8_t type = seen.first_bytes[0];
  const std::size_t length = (std::size_t{seen.first_bytes[1]} << 16U) |
                             (std::size_t{seen.first_bytes[2]} << 8U) | seen.first_bytes[3];
  return (type == 1 || type == 2) && length + 4 == seen.length;
}

}  // namespace

void Course::follow(RecordSeen& seen, bool client_was_answered) {
  Spoken& me = seen.claims == Side::Client ? client : server;
  switch (seen.type) {
    case ContentType::ChangeCipherSpec:
      me.ccs = true;
      break;
    case ContentType::Handshake:
      seen.sealed = me.ccs && !is_clear_hello(seen);
      if (seen.sealed) me.finished = true;
      break;
    case ContentType::Alert:
      seen.sealed = me.ccs || seen.length > 2;
      break;
    case ContentType::ApplicationData:
      seen.sealed = true;
      follow_data(seen, client_was_answered);
      break;
    default:
      break;
  }
  note_finish(seen);
}

/// A record of type 23: application data, or TLS 1.3's sealed handshake. Where records are missing
/// from the capture it also tells what must have been in them.
void Course::follow_data(const RecordSeen& seen, bool client_was_answered) {
  if (seen.claims == Side::Server) {
    if (!client.finished && !server.finished) server.sealed_handshake = true;
    // Also where the records that tell TLS 1.3 are missing.
    const bool may_be_alert = tls::is_sealed_alert_length(seen.length) ||
                              (server.sealed_handshake && seen.length < kShortestSealedFinished);
    // To a client that has finished, data comes behind the server's own Finished.
    if (client.finished && !server.sealed_handshake && !may_be_alert) server.finished = true;
    const bool after_finish = end.finished() && seen.last > end.finished_frame;
    if (after_finish && end.server_data_frame == FrameNo{} && !may_be_alert)
      end.server_data_frame = seen.last;
    return;
  }
  const bool may_be_data = client.gaps && !tls::is_sealed_alert_length(seen.length);
  if (!client_was_answered || (seen.length < kShortestSealedFinished && !may_be_data)) return;
  // Up to TLS 1.2 a Finished of type 22 comes first. Without one this is TLS 1.3's own. With one
  // it is data, which follows the server's Finished (or, in a False Start, comes just before it).
  if (!client.finished && !client.gaps) server.sealed_handshake = true;
  if (client.finished && !server.sealed_handshake && server.gaps) server.finished = true;
  client.finished = true;
}

void Course::note_finish(const RecordSeen& last) {
  if (end.finished() || !client.finished || !(server.finished || server.sealed_handshake)) return;
  end.finished_frame = last.last;
  end.finished_at = last.at;
}

}  // namespace whohungup
