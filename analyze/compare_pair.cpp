// Finds for each packet its sighting at the other end (see compare.h).
//
// Packets that are alike in sequence number, length and kind are told apart by IP-ID and
// timestamps, where the path leaves these alone, and by time. What offload has cut differently at
// one end is matched by its bytes.
#include "analyze/compare_pair.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <tuple>

namespace whohungup {
namespace {

constexpr std::int32_t kNone = Sighting::kNone;

/// No queue holds a packet longer; what looks like it is another packet with the same numbers.
constexpr Duration kLongestWay = std::chrono::seconds{30};

/// Interrupts and batches of packets make stamps late by some tenths of a millisecond.
constexpr Duration kStampJitter = std::chrono::milliseconds{1};

/// What two sightings of one packet must have in common, however the path treats packets.
using Kind = std::tuple<std::uint32_t, std::uint32_t, unsigned>;  // sequence, length, SYN FIN RST

Kind kind_of(const Shared& s) {
  const unsigned bits = s.header().flags.bits & (TcpFlags::kSyn | TcpFlags::kFin | TcpFlags::kRst);
  return {s.seq.value, s.header().payload_len, bits};
}

/// What a path was seen to do with the fields that make a packet recognizable.
struct Habits {
  int ids_same{}, ids_changed{}, stamps_same{}, stamps_changed{};
  std::vector<Duration> ways;  // how long it took; by clocks that may be off by the same for all
  std::vector<int> hops;       // of the TTL
  void learn(const Shared& sent, const Shared& received) {
    const SegmentHeader &a = sent.header(), &b = received.header();
    ways.push_back(received.at - sent.at);
    hops.push_back(a.ttl - b.ttl);
    if (!a.is_v6 && !b.is_v6 && (a.ip_id != 0 || b.ip_id != 0))
      ++(a.ip_id == b.ip_id ? ids_same : ids_changed);
    if (a.has_timestamps && b.has_timestamps)
      ++(a.tsval == b.tsval && a.tsecr == b.tsecr ? stamps_same : stamps_changed);
  }
};

/// The one in the middle, if there is any.
template <class Value>
std::optional<Value> usual(std::vector<Value> all) {
  if (all.empty()) return std::nullopt;
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end());
  return *middle;
}

/// One direction of a flow: what one end sent and the other received.
class Direction {
 public:
  Direction(const Ends& ends, Pairing& pairing, Side claims)
      : ends_(ends),
        pairing_(pairing),
        claims_(claims),
        sent_(sightings(ends, pairing, claims, claims)),
        received_(sightings(ends, pairing, other(claims), claims)),
        sent_used_(sent_.size()),
        received_used_(received_.size()) {
    for (std::size_t i = 0; i < sent_.size(); ++i) by_kind_[kind_of(sent_[i])].push_back(i);
  }

  Habits learn() const {
    std::map<Kind, std::vector<std::size_t>> received;
    for (std::size_t i = 0; i < received_.size(); ++i) received[kind_of(received_[i])].push_back(i);
    Habits habits;
    for (const auto& [kind, places] : received) {
      const auto found = by_kind_.find(kind);
      // Resets are left out: those that are made on the way would teach the wrong thing.
      if (places.size() != 1 || found == by_kind_.end() || found->second.size() != 1) continue;
      const Shared& a = sent_[found->second.front()];
      const Shared& b = received_[places.front()];
      if (a.header().flags.rst() || !same_acknowledgement(a, b)) continue;
      habits.learn(a, b);
    }
    return habits;
  }

  void pair(const Habits& habits) {
    usual_way_ = usual(habits.ways);
    usual_hops_ = usual(habits.hops);
    std::map<Kind, std::vector<std::size_t>> received;
    for (std::size_t i = 0; i < received_.size(); ++i) received[kind_of(received_[i])].push_back(i);
    for (const auto& [kind, places] : received)
      if (const auto found = by_kind_.find(kind); found != by_kind_.end())
        pair_alike(found->second, places);
    pair_bytes();
    pair_rewritten();
    for (std::size_t i = 0; i < sent_.size(); ++i)
      if (!sent_used_[i]) add(static_cast<std::int64_t>(i), kNone, {});
    for (std::size_t i = 0; i < received_.size(); ++i)
      if (!received_used_[i]) add(kNone, static_cast<std::int64_t>(i), {});
  }

 private:
  static bool same_acknowledgement(const Shared& a, const Shared& b) {
    return a.header().flags.ack() == b.header().flags.ack() &&
           (!a.header().flags.ack() || a.ack == b.ack);
  }

  [[nodiscard]] bool in_time(const Shared& a, const Shared& b) const {
    return !is_too_early(ends_, a.at, b.at) &&
           (ends_.clock.contradictory || !ends_.clock.both_ways || b.at - a.at <= kLongestWay);
  }

  [[nodiscard]] bool keeps_ids() const {
    return pairing_.keeps_ip_ids[static_cast<std::size_t>(claims_)];
  }
  [[nodiscard]] bool keeps_stamps() const {
    return pairing_.keeps_timestamps[static_cast<std::size_t>(claims_)];
  }

  /// How much speaks for b being a sighting of a; negative: it is none.
  [[nodiscard]] int likeness(const Shared& a, const Shared& b) const {
    if (!same_acknowledgement(a, b) || !in_time(a, b)) return -1;
    const SegmentHeader &x = a.header(), &y = b.header();
    int score = x.window == y.window ? 1 : 0;
    if (usual_hops_ && x.ttl - y.ttl == *usual_hops_) score += 2;
    if (!x.is_v6 && !y.is_v6 && (x.ip_id != 0 || y.ip_id != 0)) {
      if (x.ip_id == y.ip_id) score += 8;
      if (x.ip_id != y.ip_id && keeps_ids()) return -1;
    }
    if (x.has_timestamps && y.has_timestamps) {
      const bool same = x.tsval == y.tsval && x.tsecr == y.tsecr;
      if (same) score += 4;
      if (!same && keeps_stamps()) return -1;
    }
    const std::size_t begun = std::min(a.packet->first_bytes_len, b.packet->first_bytes_len);
    const bool same_bytes =
        std::equal(a.packet->first_bytes.begin(),
                   a.packet->first_bytes.begin() + static_cast<std::ptrdiff_t>(begun),
                   b.packet->first_bytes.begin());
    // Other bytes under the same counters are a packet that was changed; else it is another one.
    return same_bytes || score >= 4 ? score : -1;
  }

  /// Two packets that may be one.
  struct Couple {
    std::size_t sent{}, received{};
    int score{};
    Duration off{};  // from what packets of this direction usually take
    [[nodiscard]] bool operator<(const Couple& b) const {
      return std::tuple(-score, off, received, sent) <
             std::tuple(-b.score, b.off, b.received, b.sent);
    }
  };

  /// Whether `later` is what a path that doubles packets makes of `b`: the same header at once.
  static bool is_echo(const Shared& b, const Shared& later) {
    constexpr Duration kAtOnce = std::chrono::milliseconds{1};  // no host repeats itself so soon
    const SegmentHeader &x = b.header(), &y = later.header();
    return later.at - b.at < kAtOnce && same_acknowledgement(b, later) && x.ttl == y.ttl &&
           x.ip_id == y.ip_id && x.window == y.window && x.has_timestamps == y.has_timestamps &&
           x.tsval == y.tsval;
  }

  /// Packets with the same numbers: those most alike belong together, and of equals those that
  /// took what others take; of a packet that the path has doubled, the first.
  void pair_alike(const std::vector<std::size_t>& sent, const std::vector<std::size_t>& received) {
    std::vector<Couple> couples;
    std::size_t first = 0;
    for (std::size_t r = 0; r < received.size(); ++r) {
      const bool doubled = received.size() > sent.size() && r > 0 &&
                           is_echo(received_[received[r - 1]], received_[received[r]]);
      if (!doubled) first = r;
      for (std::size_t s = 0; s < sent.size(); ++s) {
        const Shared &a = sent_[sent[s]], &b = received_[received[r]];
        const int score = likeness(a, b);
        if (score < 0) continue;
        // The latest: what was sent before it may have been lost.
        Duration off = received_[received[first]].at - a.at;
        if (usual_way_) off -= *usual_way_;
        if (off < Duration{}) off = -off;
        off -= off % kStampJitter;  // less says nothing: of copies made on the way the first counts
        if (!usual_way_ && sent.size() == received.size())
          off = Duration{r > s ? r - s : s - r};  // nothing was lost: in their order
        couples.push_back({sent[s], received[r], score, off});
      }
    }
    std::sort(couples.begin(), couples.end());
    for (const Couple& one : couples)
      if (!sent_used_[one.sent] && !received_used_[one.received]) join(one.sent, one.received, {});
  }

  void join(std::size_t sent, std::size_t received, Changes extra) {
    sent_used_[sent] = received_used_[received] = true;
    Changes changes =
        differences(ends_, pairing_, *sent_[sent].packet, *received_[received].packet);
    if (extra.has(Change::Segmentation)) changes = extra;
    add(static_cast<std::int64_t>(sent), static_cast<std::int64_t>(received), changes);
  }

  /// Whether the bytes of this segment are those that their sender's capture holds there.
  [[nodiscard]] bool same_stream(const Shared& a, const Shared& b) const {
    const Stream& stream = ends_.at(claims_).stream(claims_);
    const std::int64_t offset = a.packet->offset + (b.seq - a.seq);
    const Bytes bytes = stream.from(offset);
    const std::size_t length = std::min<std::size_t>(bytes.size(), b.packet->first_bytes_len);
    return std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length),
                      b.packet->first_bytes.begin());
  }

  /// Segments that no whole packet matches, byte by byte.
  void pair_bytes() {
    std::vector<std::uint32_t> covered(sent_.size());  // bytes of it that were seen to arrive
    std::vector<bool> joined(sent_.size());
    for (std::size_t i = 0; i < received_.size(); ++i) {
      const Shared& b = received_[i];
      if (received_used_[i] || !b.has_data()) continue;
      std::uint32_t found = 0;
      std::int64_t first = kNone;
      std::vector<std::pair<std::size_t, std::uint32_t>> shares;
      for (std::size_t k = 0; k < sent_.size() && found < b.header().payload_len; ++k) {
        const Shared& a = sent_[k];
        if (sent_used_[k] || !a.has_data() || !in_time(a, b)) continue;
        const std::int32_t from = std::max(0, a.seq - b.seq);
        const std::int32_t to =
            std::min(static_cast<std::int32_t>(b.header().payload_len), a.end() - b.seq);
        // In order and without a gap: what came before may be a copy of the same bytes.
        if (to <= static_cast<std::int32_t>(found) || from > static_cast<std::int32_t>(found) ||
            !same_stream(a, b))
          continue;
        const auto share = static_cast<std::uint32_t>(to) - found;
        found = static_cast<std::uint32_t>(to);
        if (first == kNone) first = static_cast<std::int64_t>(k);
        shares.emplace_back(k, share);
      }
      if (first == kNone || found < b.header().payload_len) continue;
      received_used_[i] = true;
      for (const auto& [k, share] : shares) covered[k] += share;
      Changes cut;
      cut.add(Change::Segmentation);
      add(first, static_cast<std::int64_t>(i), cut);
      joined[static_cast<std::size_t>(first)] = true;
      for (const auto& [k, share] : shares)
        if (!joined[k]) {
          add(static_cast<std::int64_t>(k), static_cast<std::int64_t>(i), cut);
          joined[k] = true;
        }
    }
    for (std::size_t k = 0; k < sent_.size(); ++k)
      if (covered[k] >= sent_[k].header().payload_len && covered[k] > 0) sent_used_[k] = true;
  }

  /// Packets that kept their counters and lost everything else: a box made resets of them.
  void pair_rewritten() {
    for (std::size_t i = 0; i < received_.size(); ++i) {
      if (received_used_[i]) continue;
      for (std::size_t k = 0; k < sent_.size(); ++k) {
        if (sent_used_[k] || !is_rewritten(sent_[k], received_[i])) continue;
        join(k, i, {});
        break;
      }
    }
  }

  [[nodiscard]] bool is_rewritten(const Shared& a, const Shared& b) const {
    const SegmentHeader &x = a.header(), &y = b.header();
    if (a.seq != b.seq || !in_time(a, b)) return false;
    const bool same_id = keeps_ids() && !x.is_v6 && x.ip_id != 0 && x.ip_id == y.ip_id;
    const bool same_stamps = keeps_stamps() && x.has_timestamps && y.has_timestamps &&
                             x.tsval == y.tsval && x.tsecr == y.tsecr;
    return same_id && (same_stamps || !y.has_timestamps);
  }

  void add(std::int64_t sent, std::int64_t received, Changes changes) {
    Sighting sighting;
    sighting.claims = claims_;
    sighting.changes = changes;
    const std::int32_t a = sent == kNone ? kNone : sent_[static_cast<std::size_t>(sent)].index;
    const std::int32_t b =
        received == kNone ? kNone : received_[static_cast<std::size_t>(received)].index;
    sighting.client = claims_ == Side::Client ? a : b;
    sighting.server = claims_ == Side::Client ? b : a;
    sighting.fate = sent != kNone && received != kNone ? Fate::Both : Fate::Unclear;
    pairing_.packets.push_back(sighting);
  }

  const Ends& ends_;
  Pairing& pairing_;
  Side claims_;
  std::vector<Shared> sent_, received_;
  std::vector<bool> sent_used_, received_used_;
  std::map<Kind, std::vector<std::size_t>> by_kind_;
  std::optional<Duration> usual_way_;
  std::optional<int> usual_hops_;
};

/// What the numbers of one side differ by at the two ends.
std::uint32_t shift_of(const Ends& ends, Side side) {
  const SideCounts& client = ends.client.side(side);
  const SideCounts& server = ends.server.side(side);
  if (client.isn_seen && server.isn_seen) return server.isn.value - client.isn.value;
  return 0;
}

Time moment_of(const Ends& ends, const Sighting& s) {
  if (s.at(s.claims) != kNone)
    return ends.common(s.claims, at(ends.at(s.claims), s.at(s.claims)).at());
  const Side there = other(s.claims);
  return ends.common(there, at(ends.at(there), s.at(there)).at());
}

}  // namespace

std::vector<Shared> sightings(const Ends& ends, const Pairing& pairing, Side end, Side claims) {
  std::vector<Shared> found;
  const auto& segments = ends.at(end).segments;
  for (std::size_t i = 0; i < segments.size(); ++i)
    if (segments[i].claims == claims && segments[i].where != Placed::Where::Duplicate)
      found.push_back(shared(ends, pairing, end, static_cast<std::int32_t>(i)));
  return found;
}

Shared shared(const Ends& ends, const Pairing& pairing, Side end, std::int32_t index) {
  const Placed& packet = at(ends.at(end), index);
  Shared s{index, packet.header.seq, packet.header.ack, ends.common(end, packet.at()), &packet};
  if (end == Side::Server) {
    s.seq.value -= pairing.shift[static_cast<std::size_t>(packet.claims)];
    s.ack.value -= pairing.shift[static_cast<std::size_t>(other(packet.claims))];
  }
  return s;
}

Duration doubt(const Ends& ends) { return ends.clock.uncertainty + kStampJitter; }

bool is_too_early(const Ends& ends, Time sent, Time received) {
  if (!ends.clock.both_ways || ends.clock.contradictory) return false;
  return received < sent - doubt(ends);
}

const Sighting* Pairing::of(Side end, std::int32_t segment) const {
  for (const Sighting& s : packets)
    if (s.at(end) == segment) return &s;
  return nullptr;
}

Pairing pair_packets(const Ends& ends) {
  Pairing pairing;
  if (ends.joined == Joined::Terminated) return pairing;
  for (const Side side : {Side::Client, Side::Server})
    pairing.shift[static_cast<std::size_t>(side)] = shift_of(ends, side);
  Direction to_server(ends, pairing, Side::Client), to_client(ends, pairing, Side::Server);
  const Habits habits[2]{to_server.learn(), to_client.learn()};
  for (std::size_t i = 0; i < 2; ++i) {
    // What is not known of one direction is taken from the other: mostly the same boxes see both.
    const bool ids = habits[i].ids_same + habits[i].ids_changed > 0;
    const bool stamps = habits[i].stamps_same + habits[i].stamps_changed > 0;
    const Habits& of_ids = habits[ids ? i : 1 - i];
    const Habits& of_stamps = habits[stamps ? i : 1 - i];
    pairing.keeps_ip_ids[i] = of_ids.ids_same > of_ids.ids_changed;
    pairing.keeps_timestamps[i] = of_stamps.stamps_same > of_stamps.stamps_changed;
  }
  to_server.pair(habits[0]);
  to_client.pair(habits[1]);
  measure_path(ends, pairing);
  for (int round = 0; round < 2; ++round)  // what is made at one end may explain the other end's
    for (Sighting& s : pairing.packets) {
      if (s.client != kNone && s.server != kNone) continue;
      s.fate = fate_alone(ends, pairing, s);
      const Side there = other(s.claims);
      if (s.at(there) != kNone && s.fate == Fate::Made &&
          at(ends.at(there), s.at(there)).header.flags.rst())
        pairing.reset_made[static_cast<std::size_t>(s.claims)] = true;
    }
  for (const Sighting& s : pairing.packets) {
    ++pairing.count[static_cast<std::size_t>(s.fate)];
    if (s.fate == Fate::Both && s.changes.on_the_way()) ++pairing.changed;
  }
  std::stable_sort(pairing.packets.begin(), pairing.packets.end(),
                   [&](const Sighting& a, const Sighting& b) {
                     return moment_of(ends, a) < moment_of(ends, b);
                   });
  return pairing;
}

}  // namespace whohungup
