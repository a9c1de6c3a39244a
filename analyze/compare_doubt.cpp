// See compare_doubt.h.
#include "analyze/compare_doubt.h"

#include <algorithm>

#include "analyze/landmarks.h"
#include "analyze/sender.h"

namespace whohungup {
namespace {

bool is_one_sided(const Sighting& s, Side end) {
  return s.at(end) != Sighting::kNone && s.at(other(end)) == Sighting::kNone;
}

/// Whether two unpaired packets look like one: a clock that was set while a capture ran keeps them
/// apart, and then neither was made or lost. What the path rewrites does not tell them apart.
bool are_twins(const Pairing& pairing, const Placed& a, const Placed& b) {
  const auto side = static_cast<std::size_t>(a.claims);
  const SegmentHeader& x = a.header;
  const SegmentHeader& y = b.header;
  const bool reset = x.flags.rst() && y.flags.rst();  // a box may add a text to a reset
  if (a.offset != b.offset || x.flags != y.flags || (x.payload_len != y.payload_len && !reset))
    return false;
  if (pairing.keeps_ip_ids[side] && x.ip_id != y.ip_id) return false;
  return !pairing.keeps_timestamps[side] || !x.has_timestamps || !y.has_timestamps ||
         x.tsval == y.tsval;
}

/// Whether a packet of who ended it, that packet or another, is in either capture without its
/// sighting in the other, though that holds its twin: then neither was made or lost.
bool has_twin(const Ends& ends, const Pairing& pairing, Side from, const Sighting& ending) {
  for (const Sighting& here : pairing.packets) {
    if (here.claims != ending.claims || !is_one_sided(here, from)) continue;
    const Placed& packet = at(ends.at(from), here.at(from));
    // A bare reset has nothing that tells it from another one.
    const SegmentHeader& header = packet.header;
    const bool is_ending = here.at(from) == ending.at(from);
    if (!is_ending && header.ip_id == 0 && !header.has_timestamps && header.payload_len == 0)
      continue;
    for (const Sighting& there : pairing.packets)
      if (there.claims == here.claims && is_one_sided(there, other(from)) &&
          are_twins(pairing, packet, at(ends.at(other(from)), there.at(other(from)))))
        return true;
  }
  return false;
}

/// Whether both captures hold the same packets at the same moments, to the last digit: one capture
/// twice, or two of one place.
bool are_of_one_place(const Ends& ends, const Pairing& pairing) {
  constexpr unsigned kFewest = 2;
  unsigned both = 0;
  for (const Sighting& s : pairing.packets) {
    if (s.client == Sighting::kNone || s.server == Sighting::kNone) continue;
    if (at(ends.client, s.client).header.at != at(ends.server, s.server).header.at) return false;
    ++both;
  }
  return both >= kFewest;
}

/// Whether the packet that ended it came, where its alleged sender was captured, another number of
/// hops than all else of that sender's: then that capture is not at the sender.
bool came_from_elsewhere(const Ends& ends, const Sighting& ending) {
  const Side sender = ending.claims;
  if (ending.at(sender) == Sighting::kNone) return false;
  const Conversation& talk = ends.at(sender);
  const Placed& packet = at(talk, ending.at(sender));
  unsigned others = 0;
  for (const Placed& s : talk.segments) {
    if (s.claims != sender || s.frame() == packet.frame() || s.header.flags.rst()) continue;
    if (hops(s.header.ttl) == hops(packet.header.ttl)) return false;
    ++others;
  }
  return others > 0;
}

/// Whether the client left, by its own capture, while words of the server's are in the server's
/// only, or its FIN or reset from before the client's leaving came there.
bool missed_an_answer(const Ends& ends, const Pairing& pairing, const Sighting& ending) {
  if (ending.client == Sighting::kNone) return false;
  const bool came = ending.server != Sighting::kNone;
  return std::any_of(pairing.packets.begin(), pairing.packets.end(), [&](const Sighting& s) {
    if (s.claims != Side::Server || !is_one_sided(s, Side::Server) || s.fate == Fate::NotKept ||
        s.fate == Fate::BeyondCapture)
      return false;
    const Placed& packet = at(ends.server, s.server);
    if (packet.header.payload_len > 0) return true;
    return packet.header.flags.has(TcpFlags::kFin | TcpFlags::kRst) &&
           (!came || packet.at() < at(ends.server, ending.server).at());
  });
}

/// Whether the server ended, behind whatever ends the client's connection, its own.
bool was_ended_behind(const Event& at_server) {
  return at_server.claims == Side::Server && at_server.mechanism != Mechanism::None &&
         at_server.mechanism != Mechanism::Silence;
}

}  // namespace

std::string_view what_forbids_proof(const Ends& ends, const Pairing& pairing, Side from,
                                    const Event& event, const Event& at_server) {
  if (ends.swapped) return "the captures look swapped: the first is to be the client's";
  if (ends.joined == Joined::Terminated)
    return was_ended_behind(at_server) ? "the server ended the connection behind the proxy, which "
                                         "may have passed that on"
                                       : "";
  if (pairing.number(Fate::Both) == 0) return "no packet is the same in both captures";
  if (are_of_one_place(ends, pairing))
    return "every packet has the same time in both: they are of one place, not of two ends";
  const Sighting* ending = pairing.of(from, event);
  if (ending == nullptr) return {};
  if (event.claims == Side::Client && event.mechanism == Mechanism::Rst &&
      !at(ends.at(from), ending->at(from)).header.flags.ack())
    return "a reset without ACK is what a host answers for a connection that it has no more, and "
           "what made the client end it is in neither capture";
  if (event.claims == Side::Client && missed_an_answer(ends, pairing, *ending))
    return "the server's capture holds an answer that the client's lacks: the client may have left "
           "for want of it";
  if (has_twin(ends, pairing, from, *ending))
    return "the other capture holds, at another time, a packet like one that it seems to lack: a "
           "clock may have been set while it ran";
  if (came_from_elsewhere(ends, *ending))
    return "where its sender is said to have been captured, the packet that ended it came another "
           "number of hops than all else of that sender's: that capture is not at the sender";
  return {};
}

}  // namespace whohungup
