// See compare_match.h. The rounds go from what cannot be chance to what is merely likely; a flow
// that a round could give to several partners waits for the next.
#include "analyze/compare_match.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "analyze/landmarks.h"
#include "analyze/sender.h"

namespace whohungup {
namespace {

constexpr std::size_t kNone = FlowPair::kNone;

/// How far apart two sightings of one connection's start may be when only time and addresses match.
constexpr Duration kSameMoment = std::chrono::seconds{2};

/// FNV-1a: good enough to tell flows apart whose bytes are random.
std::uint64_t hash_bytes(Bytes bytes, std::uint64_t hash = 0xcbf29ce484222325U) {
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3U;
  return hash;
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) hash = (hash ^ (value >> (8 * i) & 0xffU)) * 0x100000001b3U;
  return hash;
}

/// Record header, message header, version and random of a hello.
std::uint64_t hash_hello(const Stream& stream, const std::optional<std::int64_t>& begin) {
  constexpr std::size_t kUntilRandomEnds = 5 + 4 + 2 + 32;
  if (!begin) return 0;
  const Bytes bytes = stream.from(*begin);
  if (bytes.size() < kUntilRandomEnds) return 0;
  return hash_bytes(bytes.first(kUntilRandomEnds)) | 1U;
}

std::uint64_t hash_of(const Endpoint& endpoint, std::uint64_t hash) {
  return mix(hash_bytes(endpoint.ip.octets, hash), endpoint.port);
}

/// How many of the first IP-IDs are the same: two by chance once in a hundred million flows.
int same_ids(const FlowPrint& a, const FlowPrint& b) {
  int same = 0;
  for (std::size_t side = 0; side < 2; ++side)
    for (const std::uint16_t id : a.ip_ids[side])
      same += id != 0 && std::find(b.ip_ids[side].begin(), b.ip_ids[side].end(), id) !=
                             b.ip_ids[side].end()
                  ? 1
                  : 0;
  return same;
}

/// Whether a box that numbers anew left enough alone to show that its two sides are one
/// connection: IP-IDs, or the client's clock, or else its SYN's window and options.
bool carries_over(const FlowPrint& a, const FlowPrint& b) {
  constexpr int kFewest = 2;
  if (same_ids(a, b) >= kFewest) return true;
  if (a.syn_has_timestamps && b.syn_has_timestamps) return a.syn_tsval == b.syn_tsval;
  // SYNs of one kind are alike whoever made them: where both have IP-IDs, these would be carried
  // over as well.
  const bool have_ids = a.ip_ids[0][0] != 0 && b.ip_ids[0][0] != 0;
  return !have_ids && a.syn_has_timestamps == b.syn_has_timestamps && a.syn_shape == b.syn_shape;
}

/// Whether both ends saw the same copy of a milestone.
bool is_same_copy(const FlowPrint& a, const FlowPrint& b, std::size_t which) {
  const auto here = a.milestone_tsval[which], there = b.milestone_tsval[which];
  return (!a.milestone_repeated[which] && !b.milestone_repeated[which]) || (here && here == there);
}

/// How long that side's clock took from one milestone to a later one, if the print has both.
std::optional<std::uint32_t> ticks(const FlowPrint& p, std::size_t from, std::size_t to) {
  if (!p.milestone_tsval[from] || !p.milestone_tsval[to]) return std::nullopt;
  if (p.milestone_repeated[from] || p.milestone_repeated[to]) return std::nullopt;
  return *p.milestone_tsval[to] - *p.milestone_tsval[from];
}

/// Whether the SYNs, or the clocks behind the timestamps, are not one stack's. Boxes strip what a
/// SYN offers and lower its MSS; they do not add to it. Those that rewrite timestamps shift them
/// all by the same.
bool are_two_stacks(const FlowPrint& a, const FlowPrint& b) {
  if (a.syn_mss != 0 && b.syn_mss > a.syn_mss) return true;
  if (a.milestones[0] && b.milestones[0] &&
      ((b.syn_scales && !a.syn_scales) || (b.syn_sacks && !a.syn_sacks) ||
       (b.syn_has_timestamps && !a.syn_has_timestamps)))
    return true;
  for (std::size_t side = 0; side < 2; ++side) {
    const std::size_t begin = side, data = side + 2;
    const auto here = ticks(a, begin, data), there = ticks(b, begin, data);
    const bool same_place = a.milestone_seq[data] - a.milestone_seq[begin] ==
                            b.milestone_seq[data] - b.milestone_seq[begin];
    if (here && there && same_place && *here != *there) return true;
  }
  return false;
}

/// One table of flows by a number; those that share it come in the order of the list.
using Index = std::unordered_multimap<std::uint64_t, std::size_t>;

class Matcher {
 public:
  Matcher(const std::vector<FlowPrint>& client, const std::vector<FlowPrint>& server)
      : client_(client),
        server_(server),
        of_client_(client.size(), kNone),
        of_server_(server.size(), kNone),
        how_(client.size()) {}

  FlowMatch match() {
    // The client's number and both addresses; both numbers; the hello; then what is left.
    round([](const FlowPrint& p) { return addresses_and_number(p); }, &Matcher::is_same);
    round([](const FlowPrint& p) { return both_numbers(p); }, &Matcher::is_renumbered_or_same);
    round([](const FlowPrint& p) { return p.hello; }, &Matcher::has_same_hello);
    round([](const FlowPrint& p) { return client_number(p); }, &Matcher::is_translated_syn);
    learn_clock();
    round([](const FlowPrint& p) { return syn_clock(p); }, &Matcher::is_renumbered_syn);
    round([](const FlowPrint& p) { return addresses(p); }, &Matcher::is_same_later);
    learn_clock();
    by_time();
    return result();
  }

 private:
  using Test = bool (Matcher::*)(std::size_t, std::size_t);

  // ── what flows are looked up by; 0: it has none of that ─────────────────────────────────────
  static std::uint64_t addresses(const FlowPrint& p) {
    return hash_of(p.server, hash_of(p.client, 1)) | 1U;
  }
  static std::uint64_t addresses_and_number(const FlowPrint& p) {
    return p.isn_seen[0] ? mix(addresses(p), p.isn[0]) | 1U : 0;
  }
  static std::uint64_t both_numbers(const FlowPrint& p) {
    return p.isn_seen[0] && p.isn_seen[1] ? mix(mix(7, p.isn[0]), p.isn[1]) | 1U : 0;
  }
  static std::uint64_t client_number(const FlowPrint& p) {
    return p.isn_seen[0] ? mix(11, p.isn[0]) | 1U : 0;
  }

  static std::uint64_t syn_clock(const FlowPrint& p) {
    return p.syn_has_timestamps && p.syn_tsval != 0 ? mix(13, p.syn_tsval) | 1U : 0;
  }

  template <class Key>
  void round(Key&& key, Test fits) {
    Index index;
    for (std::size_t i = 0; i < server_.size(); ++i)
      if (of_server_[i] == kNone)
        if (const std::uint64_t hash = key(server_[i]); hash != 0) index.emplace(hash, i);
    for (std::size_t i = 0; i < client_.size(); ++i) {
      const std::uint64_t hash = of_client_[i] == kNone ? key(client_[i]) : 0;
      if (hash == 0) continue;
      std::size_t found = kNone, nearest = 0;
      const auto [begin, end] = index.equal_range(hash);
      for (auto it = begin; it != end; ++it) {
        if (of_server_[it->second] != kNone || !(this->*fits)(i, it->second)) continue;
        // Of several, the one whose place among the flows is most alike.
        const std::size_t distance = it->second > i ? it->second - i : i - it->second;
        if (found == kNone || distance < nearest) found = it->second, nearest = distance;
      }
      if (found != kNone) join(joined_as(i, found));
    }
  }

  void join(const FlowPair& pair) {
    of_client_[pair.client] = pair.server;
    of_server_[pair.server] = pair.client;
    how_[pair.client] = pair;
  }

  // ── how two prints fit ──────────────────────────────────────────────────────────────────────
  [[nodiscard]] bool same_addresses(std::size_t c, std::size_t s) const {
    return client_[c].client == server_[s].client && client_[c].server == server_[s].server;
  }
  [[nodiscard]] bool shifted(std::size_t c, std::size_t s, Side side) const {
    const auto i = static_cast<std::size_t>(side);
    return client_[c].isn_seen[i] && server_[s].isn_seen[i] &&
           client_[c].isn[i] != server_[s].isn[i];
  }

  bool is_same(std::size_t c, std::size_t s) {
    return same_addresses(c, s) && client_[c].isn_seen[0] && server_[s].isn_seen[0] &&
           client_[c].isn[0] == server_[s].isn[0];
  }
  bool is_renumbered_or_same(std::size_t c, std::size_t s) {
    return client_[c].isn == server_[s].isn;
  }
  bool has_same_hello(std::size_t c, std::size_t s) { return client_[c].hello == server_[s].hello; }

  /// Only the SYN is there to compare: its number and its shape, and one address of the two.
  bool is_translated_syn(std::size_t c, std::size_t s) {
    const FlowPrint &a = client_[c], &b = server_[s];
    if (a.isn[0] != b.isn[0] || (a.hello != 0 && b.hello != 0 && a.hello != b.hello)) return false;
    const bool stamps = a.syn_has_timestamps && b.syn_has_timestamps;
    return stamps ? a.syn_tsval == b.syn_tsval
                  : a.client.ip == b.client.ip || a.server.ip == b.server.ip ||
                        a.server.port == b.server.port;
  }

  /// Numbers and addresses are others, and the hello did not arrive: the SYN's clock and an IP-ID.
  bool is_renumbered_syn(std::size_t c, std::size_t s) {
    const FlowPrint &a = client_[c], &b = server_[s];
    if (a.syn_tsval != b.syn_tsval || (a.hello != 0 && b.hello != 0 && a.hello != b.hello))
      return false;
    return same_ids(a, b) > 0 && a.server.port == b.server.port;
  }

  [[nodiscard]] std::optional<Duration> apart(std::size_t c, std::size_t s) const {
    if (!clock_.known) return std::nullopt;
    return clock_.to_client(server_[s].begin) - client_[c].begin;
  }

  /// The same addresses, and nothing that rules it out: one capture began in the middle, or
  /// something between numbers anew or ends connections.
  bool is_same_later(std::size_t c, std::size_t s) {
    if (!same_addresses(c, s)) return false;
    const FlowPrint &a = client_[c], &b = server_[s];
    if (const auto gap = apart(c, s)) {
      const Time begin = clock_.to_client(b.begin), last = clock_.to_client(b.last);
      return begin <= a.last + kSameMoment && a.begin <= last + kSameMoment &&
             (!shifted(c, s, Side::Client) || (*gap<kSameMoment&& * gap> - kSameMoment));
    }
    return !shifted(c, s, Side::Client) || (a.hello == 0 && b.hello == 0);
  }

  /// What lies between, as far as the prints tell.
  [[nodiscard]] FlowPair joined_as(std::size_t c, std::size_t s) const {
    const FlowPrint &a = client_[c], &b = server_[s];
    FlowPair pair{c, s};
    const bool client_shifted = shifted(c, s, Side::Client);
    const bool server_shifted = shifted(c, s, Side::Server);
    const bool other_hello = a.hello != 0 && b.hello != 0 && a.hello != b.hello;
    if (other_hello || (client_shifted && !carries_over(a, b))) {
      pair.joined = Joined::Terminated;
      pair.shown_apart = other_hello || are_two_stacks(a, b);
    } else if (client_shifted || server_shifted) {
      pair.joined = Joined::Renumbered;
    } else {
      pair.joined = same_addresses(c, s) ? Joined::SameAddresses : Joined::Translated;
    }
    return pair;
  }

  /// What nothing else has matched: a proxy that speaks TLS itself leaves only time and the
  /// server's address. Whose moment several share stays alone.
  void by_time() {
    // Nothing to set the clocks by: then they count as right.
    std::map<Endpoint, std::vector<std::pair<Time, std::size_t>>> left;
    for (std::size_t s = 0; s < server_.size(); ++s)
      if (of_server_[s] == kNone)
        left[server_[s].server].emplace_back(clock_.to_client(server_[s].begin), s);
    for (auto& [server, flows] : left) std::sort(flows.begin(), flows.end());
    for (std::size_t c = 0; c < client_.size(); ++c) {
      if (of_client_[c] != kNone || !client_[c].isn_seen[0]) continue;
      const auto flows = left.find(client_[c].server);
      if (flows == left.end()) continue;
      const auto first =
          std::lower_bound(flows->second.begin(), flows->second.end(),
                           std::pair(client_[c].begin - kSameMoment, std::size_t{0}));
      if (first == flows->second.end() || first->first > client_[c].begin + kSameMoment) continue;
      const auto next = std::next(first);
      const bool several =
          next != flows->second.end() && next->first <= client_[c].begin + kSameMoment;
      if (!several && of_server_[first->second] == kNone)
        join({c, first->second, Joined::Terminated, false});
    }
  }

  // ── clocks ──────────────────────────────────────────────────────────────────────────────────
  void learn_clock() {
    ClockSync sync;
    for (std::size_t c = 0; c < client_.size(); ++c) {
      if (of_client_[c] == kNone || how_[c].joined == Joined::Terminated) continue;
      const FlowPrint &a = client_[c], &b = server_[of_client_[c]];
      for (std::size_t i = 0; i < a.milestones.size(); ++i) {
        if (!a.milestones[i] || !b.milestones[i] || !is_same_copy(a, b, i)) continue;
        const std::uint32_t shift =
            b.isn_seen[i % 2] && a.isn_seen[i % 2] ? b.isn[i % 2] - a.isn[i % 2] : 0;
        if (b.milestone_seq[i] - shift != a.milestone_seq[i]) continue;
        if (i % 2 == 0)
          sync.to_server(*a.milestones[i], *b.milestones[i]);
        else
          sync.to_client(*b.milestones[i], *a.milestones[i]);
      }
    }
    clock_ = sync.line();
  }

  FlowMatch result() {
    FlowMatch match;
    match.clock = clock_;
    std::size_t right_way = 0, wrong_way = 0;
    for (std::size_t c = 0; c < client_.size(); ++c) {
      if (of_client_[c] != kNone) {
        const FlowPrint &a = client_[c], &b = server_[of_client_[c]];
        right_way += a.client_near && b.server_near ? 1 : 0;
        wrong_way += a.server_near && b.client_near ? 1 : 0;
      }
      match.pairs.push_back(of_client_[c] != kNone ? how_[c] : FlowPair{c, kNone, {}, true});
      if (of_client_[c] != kNone) ++match.matched;
    }
    for (std::size_t s = 0; s < server_.size(); ++s)
      if (of_server_[s] == kNone) match.pairs.push_back({kNone, s, {}, true});
    match.swapped = wrong_way > right_way;
    return match;
  }

  const std::vector<FlowPrint>& client_;
  const std::vector<FlowPrint>& server_;
  std::vector<std::size_t> of_client_, of_server_;
  std::vector<FlowPair> how_;  // by client
  ClockLine clock_;
};

/// A number for what a SYN looks like beside its clock and sequence number.
std::uint32_t shape_of(const SegmentHeader& syn) {
  std::uint64_t hash = hash_bytes(syn.option_kinds);
  hash = mix(hash, syn.window);
  return static_cast<std::uint32_t>(mix(hash, syn.window_scale));
}

void set(FlowPrint& print, std::size_t which, const Placed& packet) {
  if (print.milestones[which]) return;
  print.milestones[which] = packet.at();
  print.milestone_seq[which] = packet.header.seq.value;
  if (packet.header.has_timestamps) print.milestone_tsval[which] = packet.header.tsval;
}

}  // namespace

FlowPrint print_of(const Conversation& talk, const Verdict& verdict) {
  FlowPrint print;
  print.client = talk.client;
  print.server = talk.server;
  for (const Side side : {Side::Client, Side::Server}) {
    const auto i = static_cast<std::size_t>(side);
    print.isn[i] = talk.side(side).isn.value;
    print.isn_seen[i] = talk.side(side).isn_seen;
  }
  print.hello = hash_hello(talk.from_client, talk.client_tls_at);
  print.reply = hash_hello(talk.from_server, talk.server_tls_at);
  print.begin = talk.begin;
  print.last = talk.last;
  print.first_frame = talk.first_frame;
  print.actor = verdict.actor;
  print.mechanism = verdict.event.mechanism;
  print.stage = verdict.event.stage;
  print.failed = verdict.failed();
  print.judged = talk.judged_for != JudgedFor::Nothing;
  // The first copy of each milestone. Of one that was sent again nobody knows which copy arrived.
  std::array<int, 4> copies{};
  std::array<bool, 2> seen{}, near{true, true};  // by Side
  for (const Placed& s : talk.segments) {
    if (s.where == Placed::Where::Duplicate || s.header.flags.rst()) continue;
    const bool client = s.is(Side::Client);
    seen[client ? 0 : 1] = true;
    near[client ? 0 : 1] = near[client ? 0 : 1] && is_untouched(s.header.ttl);
    auto& ids = print.ip_ids[client ? 0 : 1];
    if (const auto room = std::find(ids.begin(), ids.end(), 0);
        !s.header.is_v6 && s.header.ip_id != 0 && room != ids.end())
      *room = s.header.ip_id;
    if (s.header.flags.syn()) {
      const std::size_t which = client ? 0 : 1;
      ++copies[which];
      set(print, which, s);
      if (!client || copies[0] > 1) continue;
      print.syn_has_timestamps = s.header.has_timestamps;
      print.syn_tsval = s.header.tsval;
      print.syn_shape = shape_of(s.header);
      print.syn_scales = s.header.window_scale != SegmentHeader::kNoScale;
      print.syn_sacks = s.header.sack_permitted;
      print.syn_mss = s.header.mss;
    } else if (s.header.payload_len > 0 && s.offset == 0) {
      const std::size_t which = client ? 2 : 3;
      ++copies[which];
      set(print, which, s);
    }
  }
  for (std::size_t i = 0; i < copies.size(); ++i) print.milestone_repeated[i] = copies[i] > 1;
  print.client_near = seen[0] && near[0] && !(seen[1] && near[1]);
  print.server_near = seen[1] && near[1] && !(seen[0] && near[0]);
  return print;
}

FlowMatch match_flows(const std::vector<FlowPrint>& client, const std::vector<FlowPrint>& server) {
  return Matcher(client, server).match();
}

std::string_view to_string(Joined joined) {
  switch (joined) {
    case Joined::SameAddresses:
      return "same-addresses";
    case Joined::Translated:
      return "translated";
    case Joined::Renumbered:
      return "renumbered";
    case Joined::Terminated:
      return "terminated";
  }
  return {};
}

}  // namespace whohungup
