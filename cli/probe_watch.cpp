// See probe_watch.h.
#include "cli/probe_watch.h"

namespace whohungup {

void Watcher::see(const Packet& packet) {
  const Decoded decoded = decoder_.decode(packet);
  const auto* segment = std::get_if<Segment>(&decoded);
  if (segment == nullptr) return;
  const bool client = segment->from.port == client_port_ && segment->to.port == server_port_;
  const bool server = segment->from.port == server_port_ && segment->to.port == client_port_;
  if (!client && !server) return;
  ++packets_;
  const SegmentHeader& header = segment->header;
  const std::size_t me = client ? 0 : 1;
  if (header.flags.rst()) {
    reset_any_ = reset_any_ || client || header.seq.value != 0;
    // A refusal of the SYN bears sequence number 0 (RFC 9293 §3.10.7.1). After a FIN a reset says
    // nothing new (DESIGN.md decision 6).
    if (server && header.seq.value != 0 && !fin_[0] && !fin_[1]) ++resets_;
    if (server && resets_ > 0) reset_again_ = reset_again_ || asked_after_;
    return;
  }
  if (client)
    see_client(header);
  else
    see_server(header);
  if (header.flags.fin()) {
    fin_[me] = true;
    fin_end_[me] = header.seq + header.payload_len + 1;
  }
  const std::size_t other = 1 - me;
  if (fin_[other] && header.flags.ack() && header.ack - fin_end_[other] >= 0)
    fin_acked_[other] = true;
}

void Watcher::see_client(const SegmentHeader& header) {
  if (resets_ > 0) asked_after_ = true;
  if (header.payload_len == 0) return;
  const Seq end = header.seq + header.payload_len;
  if (client_end_ && end - *client_end_ <= 0) return;  // nothing new
  client_end_ = end;
  if (resets_ > 0 && !said_after_) said_after_ = end;
}

void Watcher::see_server(const SegmentHeader& header) {
  if (!asked_after_) return;
  alive_after_reset_ = true;
  if (said_after_ && header.flags.ack() && header.ack - *said_after_ >= 0)
    took_part_after_reset_ = true;
}

}  // namespace whohungup
