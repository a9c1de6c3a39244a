// The hops, one row each.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analyze/hop.h"

namespace whohungup {
namespace {

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

void count(HopRow& row, HopKind kind) {
  int& counter = kind == HopKind::Syn       ? row.syn
                 : kind == HopKind::Control ? row.control
                 : kind == HopKind::Hello   ? row.hello
                                            : row.udp;
  ++counter;
}

void take_icmp(HopRow& row, const HopProbe& probe, const HopIcmp& icmp, std::string_view server) {
  if (!icmp.time_exceeded() && icmp.reporter == server && probe.kind == HopKind::Udp) return;
  if (!icmp.time_exceeded() && icmp.reporter != server) {
    add_once(row.answers, fmt::format("icmp {}/{} from {}", icmp.type, icmp.code, icmp.reporter));
    return;
  }
  add_once(row.reporters, icmp.reporter);
  if (icmp.after && (!row.round_trip || *icmp.after < *row.round_trip)) row.round_trip = icmp.after;
  for (const std::string& change : icmp.changed) add_once(row.changed, change);
}

}  // namespace

std::vector<HopRow> hop_table(const HopTrace& trace) {
  std::map<int, HopRow> rows;
  for (const HopProbe& probe : trace.probes) {
    if (!probe.sent) continue;
    HopRow& row = rows[probe.hops];
    row.hops = probe.hops;
    // A datagram may go another way: its reporter counts only where nobody else is known.
    for (const HopIcmp& icmp : probe.icmp)
      if (probe.kind != HopKind::Udp) take_icmp(row, probe, icmp, trace.server);
    if (probe.time_exceeded() != nullptr) count(row, probe.kind);
    if (probe.kind == HopKind::Hello && probe.answer != HopAnswer::Nothing)
      add_once(row.answers, std::string(to_string(probe.answer)));
    if (probe.kind == HopKind::Syn && probe.answer != HopAnswer::Nothing) {
      add_once(row.answers, std::string(to_string(probe.answer)));
      // Who accepts SYNs bears the server's address; a refusal may be forged, and names nobody
      // where a router is known.
      if (probe.answer == HopAnswer::SynAck) add_once(row.reporters, trace.server);
      if (probe.after && (!row.round_trip || *probe.after < *row.round_trip))
        row.round_trip = probe.after;
    }
  }
  for (const HopProbe& probe : trace.probes)
    if (const HopIcmp* icmp = probe.time_exceeded(); icmp && probe.kind == HopKind::Udp)
      if (const auto& known = rows[probe.hops].reporters;
          known.size() == 1 && known.front() == trace.server)
        rows[probe.hops].own = icmp->reporter;
  for (const HopProbe& probe : trace.probes)
    if (probe.kind == HopKind::Udp && rows[probe.hops].reporters.empty())
      for (const HopIcmp& icmp : probe.icmp) take_icmp(rows[probe.hops], probe, icmp, trace.server);
  for (const HopProbe& probe : trace.probes)
    if (probe.answer == HopAnswer::Refused && rows[probe.hops].reporters.empty())
      rows[probe.hops].reporters = {trace.server};
  std::vector<HopRow> table;
  std::vector<std::string> known;
  for (auto& [hops, row] : rows) {
    // What was changed before an earlier router is no news here.
    std::vector<std::string> fresh;
    for (const std::string& change : row.changed)
      if (std::find(known.begin(), known.end(), change) == known.end()) fresh.push_back(change);
    known.insert(known.end(), fresh.begin(), fresh.end());
    row.changed = std::move(fresh);
    if (hops > 0) table.push_back(std::move(row));
  }
  return table;
}

}  // namespace whohungup
