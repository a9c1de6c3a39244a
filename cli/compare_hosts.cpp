#include "cli/compare_hosts.h"

#include <algorithm>
#include <tuple>

namespace whohungup {
namespace {

constexpr std::uint32_t kNone = FlowPair::kNone;

/// The other connections of a capture count as witnesses for this long before and after.
constexpr Duration kSameTime = std::chrono::minutes{10};

/// The order of known flows: whom it connects, then when.
auto by_hosts(const FlowPrint& print) {
  return std::tuple(print.client.ip, print.server, print.begin);
}

}  // namespace

SharedHosts::SharedHosts(const Overview& seen) : seen_(seen) {
  const auto& pairs = seen.match.pairs;
  std::vector<IpAddress> clients, servers;
  for (const FlowPrint& one : seen.ends[0].prints) clients.push_back(one.client.ip);
  for (const FlowPrint& one : seen.ends[1].prints) servers.push_back(one.server.ip);
  for (const FlowPair& pair : pairs) {
    if (!pair.both()) {
      const std::size_t end = pair.client != kNone ? 0 : 1;
      const std::uint32_t place = end == 0 ? pair.client : pair.server;
      if (print(end, place).isn_seen[1]) lone_[end].push_back(place);
      continue;
    }
    clients.push_back(print(1, pair.server).client.ip);
    servers.push_back(print(0, pair.client).server.ip);
    if (pair.joined != Joined::SameAddresses) continue;
    known_[0].push_back(pair.client);
    known_[1].push_back(pair.server);
  }
  for (auto* hosts : {&clients, &servers}) {
    std::sort(hosts->begin(), hosts->end());
    hosts->erase(std::unique(hosts->begin(), hosts->end()), hosts->end());
  }
  for (std::size_t end = 0; end < 2; ++end)
    for (Places* places : {&known_[end], &lone_[end]})
      std::sort(places->begin(), places->end(), [&](std::uint32_t a, std::uint32_t b) {
        return by_hosts(print(end, a)) < by_hosts(print(end, b));
      });
  for (const FlowPair& pair : pairs) {
    bool related = pair.both() || seen.match.matched == 0;
    if (!related && pair.client != kNone)
      related = std::binary_search(servers.begin(), servers.end(), print(0, pair.client).server.ip);
    if (!related && pair.server != kNone)
      related = std::binary_search(clients.begin(), clients.end(), print(1, pair.server).client.ip);
    related_.push_back(related);
  }
}

/// How many flows of that list connect the same hosts at about the same time; no more are counted
/// than it takes to be sure.
std::size_t SharedHosts::number_of_same_hosts(const Places& places, std::size_t end,
                                              const FlowPrint& one) const {
  constexpr std::size_t kEnough = 8;
  FlowPrint earliest = one;
  earliest.begin -= kSameTime;
  auto next = std::lower_bound(places.begin(), places.end(), earliest,
                               [&](std::uint32_t place, const FlowPrint& wanted) {
                                 return by_hosts(print(end, place)) < by_hosts(wanted);
                               });
  std::size_t number = 0;
  for (; next != places.end() && number < kEnough; ++next, ++number) {
    const FlowPrint& other = print(end, *next);
    if (other.client.ip != one.client.ip || other.server != one.server ||
        other.begin >= one.last + kSameTime)
      break;
  }
  return number;
}

Absence SharedHosts::absence(std::size_t pair, Side end) const {
  Absence absence;
  const FlowPair& which = seen_.match.pairs[pair];
  const auto here = static_cast<std::size_t>(end);
  const FlowPrint& one = print(here, end == Side::Client ? which.client : which.server);
  if (!seen_.match.clock.both_ways) return absence;
  const auto common = [&](Side side, Time at) {
    return side == Side::Client ? at : seen_.match.clock.to_client(at);
  };
  const CaptureSpan& there = seen_.ends[1 - here].span;
  const auto covers = [&](Time begin, Time last) {
    return common(other(end), begin) <= common(end, one.begin) &&
           common(other(end), last) >= common(end, one.last);
  };
  absence.covered =
      covers(there.begin, there.end) &&
      (there.stretches.empty() ||
       std::any_of(there.stretches.begin(), there.stretches.end(),
                   [&](const Stretch& file) { return covers(file.begin, file.end); }));
  absence.elsewhen = common(other(end), there.begin) > common(end, one.last) ||
                     common(other(end), there.end) < common(end, one.begin);
  absence.known = number_of_same_hosts(known_[here], here, one);
  absence.lone = number_of_same_hosts(lone_[here], here, one);
  return absence;
}

}  // namespace whohungup
