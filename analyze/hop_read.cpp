// See hop_read.h.
#include "analyze/hop_read.h"

#include <algorithm>

#include "dissect/decode.h"
#include "dissect/tls_record.h"

namespace whohungup {
namespace {

/// Our own packet that the probe is about.
struct Sent {
  bool known{};
  Segment segment;
};

HopAnswer answer_of(Bytes payload) {
  if (payload.empty()) return HopAnswer::Nothing;
  if (payload[0] == static_cast<std::uint8_t>(tls::ContentType::Alert)) return HopAnswer::Alert;
  if (payload[0] == static_cast<std::uint8_t>(tls::ContentType::Handshake))
    return HopAnswer::Handshake;
  return HopAnswer::Plaintext;
}

class Reader {
 public:
  Reader(HopProbe& probe, const HopFlow& flow) : probe_(probe), flow_(flow) {}

  void read(const std::vector<Packet>& frames) {
    for (const Packet& packet : frames) {
      const Decoded decoded = decoder_.decode(packet);
      if (const auto* icmp = std::get_if<IcmpError>(&decoded)) take(*icmp, packet);
      const auto* segment = std::get_if<Segment>(&decoded);
      if (segment == nullptr) continue;
      const bool ours =
          segment->from.port == flow_.client_port && segment->to.port == flow_.server_port;
      // Behind our own reset everything answers that. One before the packet in question ended an
      // earlier connection of the same port.
      if (ours && sent_.known && segment->header.flags.rst()) return;
      if (ours)
        take_ours(*segment, packet);
      else if (sent_.known && segment->from.port == flow_.server_port)
        take_theirs(*segment);
    }
  }

 private:
  void take_ours(const Segment& segment, const Packet& packet) {
    const bool in_question = probe_.kind == HopKind::Syn
                                 ? segment.header.flags.syn()
                                 : segment.header.payload_len > 0 && packet.at >= flow_.sent_at;
    if (!in_question) return;
    const bool again = sent_.known && segment.header.seq == sent_.segment.header.seq;
    if (again || !sent_.known) copies_.push_back(packet.bytes);
    if (sent_.known) return;
    sent_ = {true, segment};
    probe_.sent = true;
  }

  void take_theirs(const Segment& segment) {
    const SegmentHeader& header = segment.header;
    const Seq end = sent_.segment.header.seq + sent_.segment.header.payload_len;
    const bool hello = probe_.kind != HopKind::Syn;
    if (hello && header.flags.ack() && !header.flags.rst() && header.ack - end >= 0)
      probe_.acked = true;
    // What acknowledges no byte of the hello came without it: a close at accept, a greeting.
    const bool without_it =
        hello && header.flags.ack() && header.ack - sent_.segment.header.seq <= 0;
    if (without_it) return;
    // Who has reset a connection acknowledges nothing on it any more. Packets of one moment may
    // have overtaken each other; those 3 ms apart have not (diagnosis.md A4).
    constexpr Duration kNotOvertaken = std::chrono::milliseconds(3);
    if (hello && probe_.answer == HopAnswer::Reset && !header.flags.rst() &&
        header.at - reset_at_ > kNotOvertaken)
      probe_.went_on = true;
    const HopAnswer said = what(segment);
    probe_.handshake = probe_.handshake || said == HopAnswer::Handshake;
    probe_.went_on = probe_.went_on || (said == HopAnswer::Handshake && ends(probe_.answer));
    if (said == HopAnswer::Nothing) return;
    probe_.frames.push_back(header.frame);
    // The first one that ends the connection counts; a handshake before it does not hide it.
    if (probe_.answer != HopAnswer::Nothing && (ends(probe_.answer) || !ends(said))) return;
    if (said == HopAnswer::Reset) reset_at_ = header.at;
    probe_.answer = said;
    probe_.answer_ttl = header.ttl;
    probe_.after = header.at - sent_.segment.header.at;
  }

  [[nodiscard]] HopAnswer what(const Segment& segment) const {
    const TcpFlags flags = segment.header.flags;
    if (probe_.kind == HopKind::Syn) {
      if (flags.syn() && flags.ack()) return HopAnswer::SynAck;
      return flags.rst() && probe_.answer != HopAnswer::SynAck ? HopAnswer::Refused
                                                               : HopAnswer::Nothing;
    }
    if (flags.rst()) return HopAnswer::Reset;
    if (const HopAnswer said = answer_of(segment.payload); said != HopAnswer::Nothing) return said;
    return flags.fin() ? HopAnswer::Closed : HopAnswer::Nothing;
  }

  void take(const IcmpError& error, const Packet& packet) {
    if (!sent_.known || error.from.port != flow_.client_port) return;
    // Our acknowledgements expire too; only the packet in question is asked about.
    const std::vector<std::string> changed = changes_in(packet.bytes);
    if (error.has_quoted_seq && !(error.quoted_seq == sent_.segment.header.seq) &&
        !renumbered(changed))
      return;
    HopIcmp icmp{to_string(error.reporter),          error.type,       error.code, error.is_v6,
                 error.at - sent_.segment.header.at, error.quoted_ttl, changed};
    probe_.frames.push_back(error.frame);
    probe_.icmp.push_back(std::move(icmp));
  }

  /// A box that renumbers streams leaves length and flags alone; our acknowledgements and good-byes
  /// differ from what is asked about in one or the other.
  static bool renumbered(const std::vector<std::string>& changed) {
    const auto about = [&](std::string_view field) {
      return std::any_of(changed.begin(), changed.end(),
                         [&](const std::string& one) { return one.starts_with(field); });
    };
    return about("sequence number") && !about("length") && !about("flags");
  }

  /// The quoted packet beside that of our own which it is most like: each repetition has an IP-ID
  /// of its own.
  [[nodiscard]] std::vector<std::string> changes_in(Bytes quoting) const {
    std::vector<std::string> fewest;
    for (std::size_t i = 0; i < copies_.size(); ++i) {
      auto changes = quoted_changes(copies_[i], quoting, sent_.segment);
      if (i == 0 || changes.size() < fewest.size()) fewest = std::move(changes);
    }
    return fewest;
  }

  HopProbe& probe_;
  const HopFlow& flow_;
  Decoder decoder_;
  std::vector<Bytes> copies_;
  Time reset_at_{};
  Sent sent_;
};

}  // namespace

void read_hop_packets(HopProbe& probe, const std::vector<Packet>& frames, const HopFlow& flow) {
  Reader(probe, flow).read(frames);
}

}  // namespace whohungup
