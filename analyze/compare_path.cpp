// What the packets that arrived show of the path between two captures.
#include <algorithm>
#include <map>

#include "analyze/compare_pair.h"

namespace whohungup {
namespace {

/// Whether that sighting tells of the whole path: what opens a connection through a SYN proxy comes
/// from the proxy.
bool went_all_the_way(const Ends& ends, const Sighting& s) {
  if (s.fate != Fate::Both) return false;
  if (!ends.syn_proxied) return true;
  const Placed& packet = at(ends.at(s.claims), s.at(s.claims));
  return !packet.header.flags.syn() && (packet.header.payload_len > 0 || packet.ack_offset > 0);
}

void measure_hops(const Ends& ends, Pairing& pairing, Side claims) {
  std::map<int, int> seen;
  for (const Sighting& s : pairing.packets)
    if (s.claims == claims && went_all_the_way(ends, s))
      ++seen[at(ends.at(claims), s.at(claims)).header.ttl -
             at(ends.at(other(claims)), s.at(other(claims))).header.ttl];
  if (seen.empty()) return;
  const auto usual = std::max_element(
      seen.begin(), seen.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  if (seen.size() == 1) pairing.hops[static_cast<std::size_t>(claims)] = usual->first;
  for (Sighting& s : pairing.packets) {
    if (s.claims != claims || !went_all_the_way(ends, s)) continue;
    const int hops = at(ends.at(claims), s.at(claims)).header.ttl -
                     at(ends.at(other(claims)), s.at(other(claims))).header.ttl;
    if (hops != usual->first) s.changes.add(Change::Ttl);
  }
}

void measure_ways(const Ends& ends, Pairing& pairing) {
  if (!ends.clock.both_ways || ends.clock.contradictory) return;
  std::vector<Duration> taken[2];
  for (const Sighting& s : pairing.packets) {
    if (!went_all_the_way(ends, s)) continue;
    const Side there = other(s.claims);
    const Time sent = ends.common(s.claims, at(ends.at(s.claims), s.at(s.claims)).at());
    const Time received = ends.common(there, at(ends.at(there), s.at(there)).at());
    taken[static_cast<std::size_t>(s.claims)].push_back(received - sent);
  }
  for (std::size_t i = 0; i < 2; ++i) {
    if (taken[i].empty()) continue;
    std::sort(taken[i].begin(), taken[i].end());
    pairing.ways[i] = {taken[i].front(), taken[i][taken[i].size() / 2], taken[i].back(),
                       taken[i].size()};
    // What the clocks make negative took less than they can tell.
    pairing.shortest[i] = std::max(taken[i].front(), Duration{});
  }
}

/// What a path does to two packets or fewer it may do to these alone.
constexpr std::size_t kFewestForAlways = 3;

void measure_changes(Pairing& pairing, Side claims) {
  std::size_t number = 0;
  Changes in_all = Changes::all();
  for (const Sighting& s : pairing.packets) {
    if (s.claims != claims || s.fate != Fate::Both || s.changes.has(Change::Segmentation)) continue;
    ++number;
    in_all.keep_only(s.changes);
  }
  if (number >= kFewestForAlways) pairing.always[static_cast<std::size_t>(claims)] = in_all;
}

}  // namespace

void measure_path(const Ends& ends, Pairing& pairing) {
  for (const Side side : {Side::Client, Side::Server}) {
    measure_hops(ends, pairing, side);
    measure_changes(pairing, side);
  }
  measure_ways(ends, pairing);
}

const Sighting* later_ending(const Ends& ends, const Pairing& pairing) {
  if (!ends.client.finished() || !ends.server.finished()) return nullptr;
  for (const Sighting& s : pairing.packets) {
    const Side end = s.at(s.claims) != Sighting::kNone ? s.claims : other(s.claims);
    const Placed& packet = at(ends.at(end), s.at(end));
    if (packet.header.flags.has(TcpFlags::kFin | TcpFlags::kRst) &&
        packet.at() >= ends.at(end).finished_at)
      return &s;
  }
  return nullptr;
}

bool may_expire(const Ends& ends, const Pairing& pairing, Side sender, std::uint8_t ttl) {
  if (const auto& hops = pairing.hops[static_cast<std::size_t>(sender)]; hops && *hops > 0)
    return ttl <= *hops;
  bool arrived = false;
  for (const Sighting& s : pairing.packets) {
    if (s.claims != sender || s.fate != Fate::Both) continue;
    arrived = true;
    if (at(ends.at(sender), s.at(sender)).header.ttl <= ttl) return false;
  }
  return arrived;
}

}  // namespace whohungup
