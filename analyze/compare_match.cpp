// See compare_match.h. The rounds go from what cannot be chance to what is merely likely; a flow
// that a round could give to several partners waits for the next.
#include "analyze/compare_match.h"

#include <algorithm>
#include <map>

#include "analyze/compare_hash.h"

namespace whohungup {
namespace {

constexpr std::uint32_t kNone = FlowPair::kNone;

/// How far apart two sightings of one connection's start may be when only time and addresses match.
constexpr Duration kSameMoment = std::chrono::seconds{2};

std::uint64_t hash_of(const Endpoint& endpoint, std::uint64_t hash) {
  return mix(hash_bytes(endpoint.ip.octets, hash), endpoint.port);
}

/// Flows by a number that partners share.
class Index {
 public:
  void reserve(std::size_t flows) { entries_.reserve(flows); }
  void add(std::uint64_t number, std::uint32_t place) { entries_.push_back({number, place}); }
  void sort() { std::sort(entries_.begin(), entries_.end()); }

  /// Of the flows with that number the one that fits and whose place among the flows is most like
  /// `place`; or kNone. `fits` may say no for good: then the flow has found another partner.
  template <class Fits>
  [[nodiscard]] std::uint32_t nearest(std::uint64_t number, std::uint32_t place,
                                      Fits&& fits) const {
    // Where thousands share a number (scanners use one for all their SYNs), those far away are no
    // better than chance.
    constexpr int kMostLookedAt = 256;
    auto above = std::lower_bound(entries_.begin(), entries_.end(), Entry{number, place});
    auto below = above;
    for (int looked = 0; looked < kMostLookedAt; ++looked) {
      const bool up = above != entries_.end() && above->number == number;
      const bool down = below != entries_.begin() && std::prev(below)->number == number;
      if (!up && !down) break;
      const bool nearer_up =
          up && (!down || above->place - place <= place - std::prev(below)->place);
      const std::uint32_t candidate = nearer_up ? (above++)->place : (--below)->place;
      if (fits(candidate)) return candidate;
    }
    return kNone;
  }

 private:
  struct Entry {
    std::uint64_t number{};
    std::uint32_t place{};
    bool operator<(const Entry& b) const {
      return number != b.number ? number < b.number : place < b.place;
    }
  };
  std::vector<Entry> entries_;
};

class Matcher {
 public:
  Matcher(const FlowPrints& client, const FlowPrints& server)
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
    by_time_and_port();
    return result();
  }

 private:
  using Test = bool (Matcher::*)(std::uint32_t, std::uint32_t);

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
    index.reserve(server_.size());
    for (std::uint32_t s = 0; s < server_.size(); ++s)
      if (of_server_[s] == kNone)
        if (const std::uint64_t number = key(server_[s]); number != 0) index.add(number, s);
    index.sort();
    for (std::uint32_t c = 0; c < client_.size(); ++c) {
      const std::uint64_t number = of_client_[c] == kNone ? key(client_[c]) : 0;
      if (number == 0) continue;
      const std::uint32_t found = index.nearest(number, c, [&](std::uint32_t s) {
        return of_server_[s] == kNone && (this->*fits)(c, s);
      });
      if (found != kNone) join(joined_as(c, found));
    }
  }

  void join(const FlowPair& pair) {
    of_client_[pair.client] = pair.server;
    of_server_[pair.server] = pair.client;
    how_[pair.client] = pair;
  }

  // ── how two prints fit ──────────────────────────────────────────────────────────────────────
  [[nodiscard]] bool same_addresses(std::uint32_t c, std::uint32_t s) const {
    return client_[c].client == server_[s].client && client_[c].server == server_[s].server;
  }
  [[nodiscard]] bool shifted(std::uint32_t c, std::uint32_t s, Side side) const {
    const auto i = static_cast<std::size_t>(side);
    return client_[c].isn_seen[i] && server_[s].isn_seen[i] &&
           client_[c].isn[i] != server_[s].isn[i];
  }

  bool is_same(std::uint32_t c, std::uint32_t s) {
    return same_addresses(c, s) && client_[c].isn_seen[0] && server_[s].isn_seen[0] &&
           client_[c].isn[0] == server_[s].isn[0];
  }
  bool is_renumbered_or_same(std::uint32_t c, std::uint32_t s) {
    return client_[c].isn == server_[s].isn;
  }
  bool has_same_hello(std::uint32_t c, std::uint32_t s) {
    return client_[c].hello == server_[s].hello;
  }

  /// Only the SYN is there to compare: its number and its shape, and one address of the two.
  bool is_translated_syn(std::uint32_t c, std::uint32_t s) {
    const FlowPrint &a = client_[c], &b = server_[s];
    if (a.isn[0] != b.isn[0] || (a.hello != 0 && b.hello != 0 && a.hello != b.hello)) return false;
    const bool stamps = a.syn_has_timestamps && b.syn_has_timestamps;
    return stamps ? a.syn_tsval == b.syn_tsval
                  : a.client.ip == b.client.ip || a.server.ip == b.server.ip ||
                        a.server.port == b.server.port;
  }

  /// Numbers and addresses are others, and the hello did not arrive: the SYN's clock and an IP-ID.
  bool is_renumbered_syn(std::uint32_t c, std::uint32_t s) {
    const FlowPrint &a = client_[c], &b = server_[s];
    if (a.syn_tsval != b.syn_tsval || (a.hello != 0 && b.hello != 0 && a.hello != b.hello))
      return false;
    return same_ids(a, b) > 0 && a.server.port == b.server.port;
  }

  [[nodiscard]] std::optional<Duration> apart(std::uint32_t c, std::uint32_t s) const {
    if (!clock_.known) return std::nullopt;
    return clock_.to_client(server_[s].begin) - client_[c].begin;
  }

  /// The same addresses, and nothing that rules it out: one capture began in the middle, or
  /// something between numbers anew or ends connections.
  bool is_same_later(std::uint32_t c, std::uint32_t s) {
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
  [[nodiscard]] FlowPair joined_as(std::uint32_t c, std::uint32_t s) const {
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
      pair.syn_proxied = is_syn_proxied(a, b);
    } else {
      pair.joined = same_addresses(c, s) ? Joined::SameAddresses : Joined::Translated;
    }
    return pair;
  }

  /// What nothing else has matched: a proxy that speaks TLS itself leaves only time and the
  /// server's address. Whose moment several share stays alone.
  void by_time() {
    // Nothing to set the clocks by: then they count as right.
    std::map<Endpoint, std::vector<std::pair<Time, std::uint32_t>>> left;
    for (std::uint32_t s = 0; s < server_.size(); ++s)
      if (of_server_[s] == kNone)
        left[server_[s].server].emplace_back(clock_.to_client(server_[s].begin), s);
    for (auto& [server, flows] : left) std::sort(flows.begin(), flows.end());
    for (std::uint32_t c = 0; c < client_.size(); ++c) {
      if (of_client_[c] != kNone || !client_[c].isn_seen[0]) continue;
      const auto flows = left.find(client_[c].server);
      if (flows == left.end()) continue;
      const auto first =
          std::lower_bound(flows->second.begin(), flows->second.end(),
                           std::pair(client_[c].begin - kSameMoment, std::uint32_t{0}));
      if (first == flows->second.end() || first->first > client_[c].begin + kSameMoment) continue;
      const auto next = std::next(first);
      const bool several =
          next != flows->second.end() && next->first <= client_[c].begin + kSameMoment;
      if (several || of_server_[first->second] != kNone) continue;
      join_by_time(c, first->second);
    }
  }

  void join_by_time(std::uint32_t c, std::uint32_t s) {
    // A box that rewrites addresses and numbers may leave the IP-IDs.
    if (same_ids(client_[c], server_[s]) >= kFewestIds)
      join(joined_as(c, s));
    else
      join({c, s, Joined::Terminated, false});
  }

  /// Behind a translator that numbers anew the server's address is another as well. Where each
  /// capture has but one flow left on a port, and both began in one moment, they may be one.
  void by_time_and_port() {
    struct Left {
      std::uint32_t client{kNone}, server{kNone};
      unsigned clients{}, servers{};
    };
    std::map<std::uint16_t, Left> left;
    for (std::uint32_t c = 0; c < client_.size(); ++c) {
      if (of_client_[c] != kNone || !client_[c].isn_seen[0]) continue;
      Left& port = left[client_[c].server.port];
      port.client = c;
      ++port.clients;
    }
    for (std::uint32_t s = 0; s < server_.size(); ++s) {
      if (of_server_[s] != kNone || !server_[s].isn_seen[0]) continue;
      Left& port = left[server_[s].server.port];
      port.server = s;
      ++port.servers;
    }
    for (const auto& [number, port] : left) {
      if (port.clients != 1 || port.servers != 1) continue;
      const FlowPrint &a = client_[port.client], &b = server_[port.server];
      const Duration gap = clock_.to_client(b.begin) - a.begin;
      const bool other_hello = a.hello != 0 && b.hello != 0;  // the same would have been found
      if (!other_hello && gap < kSameMoment && gap > -kSameMoment)
        join_by_time(port.client, port.server);
    }
  }

  // ── clocks ──────────────────────────────────────────────────────────────────────────────────
  void learn_clock() {
    ClockSync sync;
    for (std::uint32_t c = 0; c < client_.size(); ++c) {
      if (of_client_[c] == kNone || how_[c].joined == Joined::Terminated) continue;
      const FlowPrint &a = client_[c], &b = server_[of_client_[c]];
      for (std::size_t i = 0; i < FlowPrint::kMilestones; ++i) {
        const auto here = a.at(i), there = b.at(i);
        if (!here || !there || !is_same_copy(a.milestones[i], b.milestones[i])) continue;
        if (how_[c].syn_proxied && i < 2) continue;
        // A number that was not seen was made up: then they are of one packet if it is the same.
        const std::size_t side = i % 2;
        if (!(a.isn_seen[side] && b.isn_seen[side]) && a.isn[side] != b.isn[side]) continue;
        if (side == 0)
          sync.to_server(*here, *there);
        else
          sync.to_client(*there, *here);
      }
    }
    clock_ = sync.line();
  }

  FlowMatch result() {
    FlowMatch match;
    match.clock = clock_;
    std::size_t right_way = 0, wrong_way = 0;
    for (std::uint32_t c = 0; c < client_.size(); ++c) {
      if (of_client_[c] != kNone) {
        const FlowPrint &a = client_[c], &b = server_[of_client_[c]];
        right_way += a.client_near && b.server_near ? 1 : 0;
        wrong_way += a.server_near && b.client_near ? 1 : 0;
      }
      match.pairs.push_back(of_client_[c] != kNone ? how_[c] : FlowPair{c, kNone, {}, true});
      if (of_client_[c] != kNone) ++match.matched;
    }
    for (std::uint32_t s = 0; s < server_.size(); ++s)
      if (of_server_[s] == kNone) match.pairs.push_back({kNone, s, {}, true});
    match.swapped = wrong_way > right_way;
    note_torn(match);
    return match;
  }

  /// Between the same ports as a flow that has a partner there is one that has none.
  void note_torn(FlowMatch& match) const {
    std::vector<std::uint64_t> left[2];
    for (const FlowPair& pair : match.pairs) {
      if (pair.both()) continue;
      if (pair.client != kNone) left[0].push_back(addresses(client_[pair.client]));
      if (pair.server != kNone) left[1].push_back(addresses(server_[pair.server]));
    }
    for (auto& end : left) std::sort(end.begin(), end.end());
    for (FlowPair& pair : match.pairs)
      pair.torn =
          pair.both() &&
          (std::binary_search(left[0].begin(), left[0].end(), addresses(client_[pair.client])) ||
           std::binary_search(left[1].begin(), left[1].end(), addresses(server_[pair.server])));
  }

  const FlowPrints& client_;
  const FlowPrints& server_;
  std::vector<std::uint32_t> of_client_, of_server_;
  std::vector<FlowPair> how_;  // by client
  ClockLine clock_;
};

}  // namespace

FlowMatch match_flows(const FlowPrints& client, const FlowPrints& server) {
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
