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
    reset_any_ = true;
    // A refusal of the SYN bears sequence number 0 (RFC 9293 §3.10.7.1).
    if (server && header.seq.value != 0) {
      ++resets_;
      reset_again_ = reset_again_ || asked_after_;
    }
    return;
  }
  if (client && resets_ > 0) asked_after_ = true;
  if (header.flags.fin()) {
    fin_[me] = true;
    fin_end_[me] = header.seq + header.payload_len + 1;
  }
  const std::size_t other = 1 - me;
  if (fin_[other] && header.flags.ack() && header.ack - fin_end_[other] >= 0)
    fin_acked_[other] = true;
}

}  // namespace whohungup
