// What became of a packet that only one capture holds: lost, made, or missed by the other capture.
//
// Absence alone proves nothing, a capture may have a hole. So each answer rests on what the ends
// did: who acknowledges bytes has received them; who goes on has not reset; who counts his packets
// shows which of them are missing.
#include <algorithm>

#include "analyze/compare_pair.h"
#include "analyze/sender.h"
#include "dissect/flow_table.h"

namespace whohungup {
namespace {

constexpr std::int32_t kNone = Sighting::kNone;

/// Nothing says when a pcap file ends. A packet due no later than this after the last one would
/// have to have met just the moment at which the capture was stopped.
constexpr Duration kJustAfter = std::chrono::milliseconds{100};

/// What shows that nobody sent a packet does not need its alleged sender's capture to have run on;
/// this only bounds what is asked (CONTRACT.md's 3 s of silence).
constexpr Duration kQuietTail = kSilence;

/// Packets of a connection that was reset or closed are put on record for so long (FlowLimits).
constexpr Duration kLinger = std::chrono::seconds{4};

/// Interrupts and batches of packets make stamps late by some tenths of a millisecond.
constexpr Duration kJitter = std::chrono::milliseconds{1};

bool is_pure(const SegmentHeader& header) {
  return header.payload_len == 0 && !header.flags.syn() && !header.flags.fin();
}

/// How many numbers a packet takes.
std::uint32_t length_of(const SegmentHeader& header) {
  return header.payload_len + (header.flags.syn() ? 1U : 0U) + (header.flags.fin() ? 1U : 0U);
}

/// One packet at one end only, and the other end's view.
class Lone {
 public:
  Lone(const Ends& ends, const Pairing& pairing, const Sighting& s)
      : ends_(ends),
        pairing_(pairing),
        sender_(s.claims),
        sent_(s.at(s.claims) != kNone),
        packet_(shared(ends, pairing, here(), s.at(here()))),
        header_(packet_.header()) {}

  [[nodiscard]] Fate fate() const {
    if (!could_be_there()) return Fate::BeyondCapture;
    if (is_left_out()) return Fate::NotKept;
    if (sent_) return fate_of_sent();
    if (why_made() != MadeBecause::None) return Fate::Made;
    return was_sent() ? Fate::MissedHere : Fate::Unclear;
  }

  [[nodiscard]] MadeBecause why_made() const {
    if (sent_ || !could_be_there() || is_left_out() || was_refused_there())
      return MadeBecause::None;
    if (has_other_bytes()) return MadeBecause::OtherBytes;
    if (sender_went_on()) return MadeBecause::SenderWentOn;
    if (lacks_agreed_timestamps()) return MadeBecause::OffTheCounters;
    if (came_too_soon()) return MadeBecause::TooSoon;
    if (continues_sender()) return MadeBecause::None;
    if (came_another_distance()) return MadeBecause::OtherDistance;
    if (is_one_of_two_resets()) return MadeBecause::BothEndsReset;
    return MadeBecause::None;
  }

 private:
  [[nodiscard]] Side here() const { return sent_ ? sender_ : other(sender_); }
  [[nodiscard]] Side there() const { return other(here()); }
  [[nodiscard]] const Conversation& talk_there() const { return ends_.at(there()); }

  // ── whether the other capture could hold it ─────────────────────────────────────────────────
  [[nodiscard]] bool could_be_there() const {
    const CaptureSpan& span = ends_.span(there());
    if (ends_.clock.known) {
      if (packet_.at < ends_.common(there(), span.begin) - doubt(ends_)) return false;
      const Time latest = ends_.common(there(), span.end) + (sent_ ? kJustAfter : kQuietTail);
      if (packet_.at > latest && (!sent_ || first_copy_at() > latest)) return false;
    }
    return holds_direction();
  }

  /// When the packet, or an earlier one with the same beginning, was sent first: what was swallowed
  /// while the capture ran is swallowed again.
  [[nodiscard]] Time first_copy_at() const {
    for (const Shared& s : sightings(ends_, pairing_, sender_, sender_)) {
      const bool same = s.has_data() && packet_.has_data()
                            ? s.seq - packet_.seq <= 0 && s.end() - packet_.seq > 0
                            : s.seq == packet_.seq && s.header().flags == header_.flags &&
                                  !s.has_data() && !packet_.has_data() && header_.flags.syn();
      if (same) return s.at;
    }
    return packet_.at;
  }

  /// A capture of one direction: what it holds acknowledges what it does not hold.
  [[nodiscard]] bool holds_direction() const {
    const Conversation& talk = talk_there();
    if (talk.side(sender_).packets > 0) return true;
    return std::none_of(talk.segments.begin(), talk.segments.end(), [&](const Placed& s) {
      return s.claims != sender_ && s.header.flags.ack();
    });
  }

  /// Not on record there: after the handshake nobody keeps packets, nor long after an ending.
  [[nodiscard]] bool is_left_out() const {
    const Conversation& talk = talk_there();
    const bool ends = header_.flags.has(TcpFlags::kFin | TcpFlags::kRst);
    // Where the server went on with data, only what ends the connection is put on record any more.
    const bool settled = talk.finished() && talk.server_data_frame != FrameNo{};
    if ((!ends || talk.told_settled) && settled &&
        packet_.at >= ends_.common(there(), talk.finished_at) - doubt(ends_))
      return true;
    if (talk.ended_by == EndedBy::Close &&
        packet_.at > ends_.common(there(), talk.last) + kLinger - doubt(ends_))
      return true;
    return talk.segments_bounded && is_between_recordings(talk);
  }

  /// Of a long flow the first packets are on record, and the last.
  [[nodiscard]] bool is_between_recordings(const Conversation& talk) const {
    constexpr std::size_t kFirst = FlowLimits{}.segments;
    if (talk.segments.size() <= kFirst) return true;
    return packet_.at >= ends_.common(there(), talk.segments[kFirst - 1].at()) - doubt(ends_) &&
           packet_.at <= ends_.common(there(), talk.segments[kFirst].at()) + doubt(ends_);
  }

  /// Its alleged sender's capture has it with a checksum that no host takes: then it was sent, and
  /// the card that was to finish it, or the capture, spoiled it there.
  [[nodiscard]] bool was_refused_there() const {
    return std::any_of(talk_there().refused.begin(), talk_there().refused.end(),
                       [&](const Placed& s) {
                         return s.claims == sender_ && s.header.flags == header_.flags &&
                                s.offset == packet_.packet->offset;
                       });
  }

  // ── sent and not received ───────────────────────────────────────────────────────────────────
  [[nodiscard]] Fate fate_of_sent() const {
    if (is_pure(header_)) return there_is_doubt() ? Fate::Unclear : Fate::Lost;
    if (is_last_word()) return Fate::Unclear;
    if (another_copy_arrived()) return Fate::Lost;
    if (acknowledged_by_receiver()) return Fate::MissedThere;
    return seems_acknowledged() ? Fate::Unclear : Fate::Lost;
  }

  /// A FIN that was sent once, after all that the capture there holds: who stops a capture does so
  /// when the connection has ended.
  [[nodiscard]] bool is_last_word() const {
    if (!header_.flags.fin() ||
        packet_.at <= ends_.common(there(), ends_.span(there()).end) + doubt(ends_))
      return false;
    const auto own = sightings(ends_, pairing_, sender_, sender_);
    return std::count_if(own.begin(), own.end(),
                         [](const Shared& s) { return s.header().flags.fin(); }) < 2;
  }

  /// The capture there has holes, or may have ended before.
  [[nodiscard]] bool there_is_doubt() const {
    const CaptureSpan& span = ends_.span(there());
    return pairing_.number(Fate::MissedThere) + pairing_.number(Fate::MissedHere) > 0 ||
           span.dropped.value_or(0) > 0 ||
           packet_.at > ends_.common(there(), span.end) + doubt(ends_);
  }

  [[nodiscard]] bool another_copy_arrived() const {
    for (const Shared& s : sightings(ends_, pairing_, there(), sender_)) {
      if (s.header().flags.rst()) continue;
      if (header_.flags.syn() != s.header().flags.syn()) continue;
      if (header_.flags.fin() && !s.header().flags.fin()) continue;
      if (s.seq - packet_.seq <= 0 && s.end() - packet_.end() >= 0) return true;
    }
    return false;
  }

  [[nodiscard]] bool acknowledges(const Shared& s) const {
    const Seq end = packet_.seq + length_of(header_);
    return s.header().flags.ack() && !s.header().flags.rst() && s.ack - end >= 0;
  }

  /// What the receiver itself sent, in the capture made there.
  [[nodiscard]] bool acknowledged_by_receiver() const {
    const auto own = sightings(ends_, pairing_, there(), there());
    return std::any_of(own.begin(), own.end(), [&](const Shared& s) { return acknowledges(s); });
  }

  /// The same by packets that reached the sender and that the receiver's capture lacks as well.
  [[nodiscard]] bool seems_acknowledged() const {
    for (const Shared& s : sightings(ends_, pairing_, here(), there())) {
      const Sighting* sighting = pairing_.of(here(), s.index);
      if (acknowledges(s) && sighting != nullptr && sighting->fate != Fate::Made) return true;
    }
    return false;
  }

  // ── received and not sent ───────────────────────────────────────────────────────────────────
  /// Whether its alleged sender's own packets show that it was sent and not captured.
  [[nodiscard]] bool was_sent() const {
    const Seq end = packet_.seq + length_of(header_);
    for (const Shared& own : sightings(ends_, pairing_, there(), sender_)) {
      const bool beyond = !header_.flags.rst() && length_of(header_) > 0 && own.seq - end >= 0 &&
                          own.at >= packet_.at - std::chrono::seconds{30};
      if (beyond && !own.header().flags.rst()) return true;
    }
    return is_missing_number();
  }

  /// Its IP-ID is the one that is missing between its alleged sender's packets.
  [[nodiscard]] bool is_missing_number() const {
    if (header_.is_v6 || header_.ip_id == 0 ||
        !pairing_.keeps_ip_ids[static_cast<std::size_t>(sender_)])
      return false;
    constexpr std::uint16_t kFar = 16;  // a longer gap is no gap but another counter
    bool below = false, above = false;
    for (const Shared& own : sightings(ends_, pairing_, there(), sender_)) {
      if (own.header().ip_id == 0) continue;
      const auto step = static_cast<std::uint16_t>(header_.ip_id - own.header().ip_id);
      if (step == 0) return false;
      below = below || step <= kFar;
      above = above || static_cast<std::uint16_t>(-step) <= kFar;
    }
    return below && above;
  }

  /// Other bytes in the place where its alleged sender's capture has bytes, too.
  [[nodiscard]] bool has_other_bytes() const {
    if (!packet_.has_data() || packet_.packet->first_bytes_len == 0) return false;
    for (const Shared& own : sightings(ends_, pairing_, there(), sender_)) {
      if (!own.has_data() || own.header().flags.rst()) continue;
      if (packet_.seq - own.seq < 0 || packet_.seq - own.end() >= 0) continue;
      const Bytes said =
          talk_there().stream(sender_).from(own.packet->offset + (packet_.seq - own.seq));
      const std::size_t length =
          std::min<std::size_t>(said.size(), packet_.packet->first_bytes_len);
      if (length > 0 &&
          !std::equal(said.begin(), said.begin() + static_cast<std::ptrdiff_t>(length),
                      packet_.packet->first_bytes.begin()))
        return true;
    }
    return false;
  }

  /// When it left its sender at the latest, had it taken no longer than any other: it arrived, and
  /// nothing was faster than the fastest by more than the ways differ. How the clocks are set
  /// cancels out: both times are told by what other packets of that direction took.
  [[nodiscard]] std::optional<Time> latest_departure() const {
    const Pairing::Ways& ways = pairing_.ways[static_cast<std::size_t>(sender_)];
    if (ways.number == 0) return std::nullopt;
    return packet_.at - ways.shortest + (ways.usual - ways.shortest) + kJitter;
  }

  /// It acknowledges bytes, and there and back they would have taken longer: nothing on this path
  /// is that fast. A way that only one packet has measured counts if waiting for a neighbour's
  /// address cannot have made it long.
  [[nodiscard]] bool came_too_soon() const {
    if (!header_.flags.ack() || header_.flags.syn() || ends_.clock.contradictory) return false;
    constexpr Duration kFar = std::chrono::milliseconds{10};
    const auto &there_way = pairing_.ways[static_cast<std::size_t>(here())],
               &back = pairing_.ways[static_cast<std::size_t>(sender_)];
    const Duration trip = there_way.shortest + back.shortest;
    if (there_way.number < 2 || back.number == 0 || (back.number < 2 && trip < kFar)) return false;
    const Shared* answered = nullptr;  // the first to carry the last byte it acknowledges
    const auto own = sightings(ends_, pairing_, here(), here());
    for (const Shared& s : own) {
      if (s.header().payload_len == 0 || s.header().flags.rst() || s.at > packet_.at) continue;
      if (s.end() - packet_.ack >= 0 && s.seq - packet_.ack < 0) {
        answered = &s;
        break;
      }
    }
    return answered != nullptr && (packet_.at - answered->at) * 4 < trip * 3;
  }

  [[nodiscard]] bool sender_went_on() const {
    if (!ends_.clock.both_ways || ends_.clock.contradictory) return false;
    const TcpFlags flags = header_.flags;
    // A host firewall's reset knows nothing of the connection, and its host may go on.
    if (flags.rst() && !flags.ack()) return false;
    const Seq end = packet_.seq + header_.payload_len;
    const auto left = latest_departure();
    if (!left) return false;
    for (const Shared& own : sightings(ends_, pairing_, there(), sender_)) {
      const SegmentHeader& h = own.header();
      if (own.at <= *left || h.flags.rst() || h.flags.syn()) continue;
      if (flags.rst()) return true;
      const bool bare_ack = is_pure(h) && own.packet->where != Placed::Where::KeepAlive;
      if (flags.fin() &&
          ((bare_ack && own.seq - end <= 0) || (own.has_data() && own.end() - end > 0)))
        return true;
      if (!flags.fin() && packet_.has_data() && bare_ack && own.seq - end < 0) return true;
      if (is_pure(header_) && h.flags.ack() && flags.ack() && own.ack - packet_.ack < 0)
        return true;
    }
    return false;
  }

  /// Nearer than its alleged sender, that is: from farther away another node at the server's
  /// address would come as well, and another initial TTL is another stack, maybe the same host's.
  [[nodiscard]] bool came_another_distance() const {
    const auto usual = pairing_.hops[static_cast<std::size_t>(sender_)];
    if (!usual || hops(header_.ttl) >= *usual) return false;
    const auto own = sightings(ends_, pairing_, there(), sender_);
    return std::all_of(own.begin(), own.end(),
                       [](const Shared& s) { return is_untouched(s.header().ttl); });
  }

  /// Its counters are the next of its alleged sender's: then rather the capture missed it.
  [[nodiscard]] bool continues_sender() const {
    constexpr std::uint16_t kNear = 4;
    constexpr std::int32_t kSoon = 2000;  // ticks of a millisecond, the usual clock
    for (const Shared& own : sightings(ends_, pairing_, there(), sender_)) {
      const SegmentHeader& h = own.header();
      const auto step = static_cast<std::uint16_t>(header_.ip_id - h.ip_id);
      if (!header_.is_v6 && h.ip_id != 0 && header_.ip_id != 0 && step != 0 && step <= kNear)
        return true;
      const auto ticks = static_cast<std::int32_t>(header_.tsval - h.tsval);
      if (header_.has_timestamps && h.has_timestamps && ticks >= 0 && ticks <= kSoon) return true;
    }
    return false;
  }

  /// Timestamps are for all packets of a connection or for none; only resets may do without.
  [[nodiscard]] bool lacks_agreed_timestamps() const {
    if (header_.has_timestamps || header_.flags.rst() || header_.flags.syn()) return false;
    if (!pairing_.keeps_timestamps[static_cast<std::size_t>(sender_)]) return false;
    const auto own = sightings(ends_, pairing_, there(), sender_);
    const bool all = std::all_of(own.begin(), own.end(), [](const Shared& s) {
      return s.header().has_timestamps || s.header().flags.rst();
    });
    constexpr std::size_t kFewest = 2;
    return all && own.size() >= kFewest;
  }

  /// Both ends were reset, each by a packet the other never sent: one hole does not explain two.
  [[nodiscard]] bool is_one_of_two_resets() const {
    if (!header_.flags.rst() || pairing_.number(Fate::MissedHere) > 0) return false;
    for (const Sighting& s : pairing_.packets) {
      if (s.claims == sender_ || s.at(s.claims) != kNone) continue;
      const Side end = other(s.claims);
      if (at(ends_.at(end), s.at(end)).header.flags.rst() && s.fate != Fate::MissedHere)
        return true;
    }
    return false;
  }

  const Ends& ends_;
  const Pairing& pairing_;
  Side sender_;
  bool sent_;
  Shared packet_;
  const SegmentHeader& header_;
};

}  // namespace

Fate fate_alone(const Ends& ends, const Pairing& pairing, const Sighting& s) {
  return Lone(ends, pairing, s).fate();
}

MadeBecause why_made(const Ends& ends, const Pairing& pairing, const Sighting& s) {
  return Lone(ends, pairing, s).why_made();
}

std::string_view describe(MadeBecause why) {
  switch (why) {
    case MadeBecause::None:
      return {};
    case MadeBecause::SenderWentOn:
      return "the host it names went on sending what it could not have sent after it";
    case MadeBecause::OtherBytes:
      return "the host it names sent other bytes in that place";
    case MadeBecause::OtherDistance:
      return "it came another number of hops than every packet the host it names sent";
    case MadeBecause::OffTheCounters:
      return "it lacks the timestamps that every packet of the host it names carries";
    case MadeBecause::TooSoon:
      return "it acknowledges what could not have reached that host and been answered so soon";
    case MadeBecause::BothEndsReset:
      return "both ends received a reset that the other end never sent";
  }
  return {};
}

}  // namespace whohungup
