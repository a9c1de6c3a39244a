#include "cli/compare_flows.h"

#include <algorithm>
#include <set>

#include "analyze/judge.h"
#include "cli/compare_middle.h"

namespace whohungup {
namespace {

constexpr std::size_t kNone = FlowPair::kNone;

CaptureSpan span_of(const Overview& seen, Side end) {
  return seen.ends[static_cast<std::size_t>(end)].span;
}

/// The other connections of a capture count as witnesses for this long before and after.
constexpr Duration kSameTime = std::chrono::minutes{10};

}  // namespace

FlowsTogether::FlowsTogether(const Overview& seen, const CompareOptions& ask, CompareReport& report)
    : seen_(seen), ask_(ask), report_(report) {
  const auto& pairs = seen.match.pairs;
  for (std::size_t end = 0; end < 2; ++end)
    pair_of_[end].assign(seen.ends[end].prints.size(), kNone);
  middle_of_.assign(pairs.size(), kNone);
  std::set<IpAddress> clients, servers;  // that both captures know
  for (const FlowPair& pair : pairs) {
    if (!pair.both()) continue;
    if (pair.joined == Joined::SameAddresses) {
      const FlowPrint &a = seen.ends[0].prints[pair.client], &b = seen.ends[1].prints[pair.server];
      known_[0][{a.client.ip, a.server}].push_back(a.begin);
      known_[1][{b.client.ip, b.server}].push_back(b.begin);
    }
    clients.insert(seen.ends[1].prints[pair.server].client.ip);
    servers.insert(seen.ends[0].prints[pair.client].server.ip);
  }
  for (auto& known : known_)
    for (auto& [hosts, times] : known) std::sort(times.begin(), times.end());
  for (const FlowPrint& print : seen.ends[1].prints) servers.insert(print.server.ip);
  for (const FlowPrint& print : seen.ends[0].prints) clients.insert(print.client.ip);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const FlowPair& pair = pairs[i];
    if (pair.client != kNone) pair_of_[0][pair.client] = i;
    if (pair.server != kNone) pair_of_[1][pair.server] = i;
    // A server's capture is full of other people's connections, a client's of other servers'.
    bool related = pair.both() || seen.match.matched == 0;
    if (!related && pair.client != kNone)
      related = servers.count(seen.ends[0].prints[pair.client].server.ip) > 0;
    if (!related && pair.server != kNone)
      related = clients.count(seen.ends[1].prints[pair.server].client.ip) > 0;
    related_.push_back(related);
    wanted_.push_back(is_wanted(pair) && (related || ask.all) && (!ask.flow || *ask.flow == i));
  }
  if (!seen.middle) return;
  pair_of_[kMiddle].assign(seen.middle->prints.size(), kNone);
  for (const FlowPair& pair : seen.to_middle.pairs)
    if (pair.both()) {
      pair_of_[kMiddle][pair.server] = pair_of_[0][pair.client];
      middle_of_[pair_of_[0][pair.client]] = pair.server;
    }
  for (const FlowPair& pair : seen.from_middle.pairs)
    if (pair.both() && middle_of_[pair_of_[1][pair.server]] == kNone &&
        pair_of_[kMiddle][pair.client] == kNone) {
      pair_of_[kMiddle][pair.client] = pair_of_[1][pair.server];
      middle_of_[pair_of_[1][pair.server]] = pair.client;
    }
}

/// Whether there is any TLS to it, at one end at least.
bool FlowsTogether::is_judged(const FlowPair& pair) const {
  return (pair.client != kNone && seen_.ends[0].prints[pair.client].judged) ||
         (pair.server != kNone && seen_.ends[1].prints[pair.server].judged);
}

bool FlowsTogether::is_wanted(const FlowPair& pair) const {
  if (!is_judged(pair)) return false;
  const bool failed = (pair.client != kNone && seen_.ends[0].prints[pair.client].failed) ||
                      (pair.server != kNone && seen_.ends[1].prints[pair.server].failed);
  return failed || ask_.everything() || ask_.flow.has_value();
}

void FlowsTogether::hear(Side end, std::size_t index, Conversation& talk) {
  const auto place = static_cast<std::size_t>(end);
  if (index >= pair_of_[place].size()) return;  // cannot be: the same capture, read again
  const std::size_t pair = pair_of_[place][index];
  if (pair == kNone || !wanted_[pair]) return;
  const CaptureSpan& span = seen_.ends[place].span;
  talk.capture = {span.complete, span.dropped, span.begin, span.end};
  keep(pair, place, talk);
}

void FlowsTogether::hear_middle(std::size_t index, Conversation& talk) {
  if (index >= pair_of_[kMiddle].size()) return;
  const std::size_t pair = pair_of_[kMiddle][index];
  if (pair == kNone || !wanted_[pair]) return;
  keep(pair, kMiddle, talk);
}

void FlowsTogether::keep(std::size_t pair, std::size_t place, Conversation& talk) {
  converse(talk);
  Waiting& flow = waiting_[pair];
  flow.talks[place] = std::make_unique<Conversation>(talk);
  tell_if_whole(pair);
}

void FlowsTogether::tell_if_whole(std::size_t pair) {
  Waiting& flow = waiting_[pair];
  const FlowPair& which = seen_.match.pairs[pair];
  const bool whole = (which.client == kNone || flow.talks[0]) &&
                     (which.server == kNone || flow.talks[1]) &&
                     (middle_of_[pair] == kNone || flow.talks[kMiddle]);
  if (!whole) return;
  if (which.both())
    tell_pair(pair, flow);
  else if (flow.talks[0])
    tell_single(pair, Side::Client, *flow.talks[0]);
  else
    tell_single(pair, Side::Server, *flow.talks[1]);
  waiting_.erase(pair);
}

void FlowsTogether::tell_pair(std::size_t pair, Waiting& flow) {
  const FlowPair& which = seen_.match.pairs[pair];
  const Ends ends{*flow.talks[0],
                  *flow.talks[1],
                  which.joined,
                  seen_.match.clock,
                  span_of(seen_, Side::Client),
                  span_of(seen_, Side::Server),
                  which.certain,
                  which.shown_apart};
  const Pairing pairing = pair_packets(ends);
  const JointJudgement joint = judge_together(ends, pairing);
  count(joint.judgement.verdict);
  const auto from = static_cast<std::size_t>(joint.judged_from);
  ComparedFlow told{{pair, ends.at(joint.judged_from), joint.judgement, *notes_[from]},
                    notes_[1 - from],
                    joint.judged_from,
                    true,
                    which.certain,
                    &ends,
                    &pairing,
                    joint.made_because,
                    ask_middle(pair, flow, joint, ends, pairing),
                    ask_trace(ends.client, joint.judgement.verdict)};
  report_.flow(told);
}

void FlowsTogether::tell_single(std::size_t pair, Side end, const Conversation& talk) {
  const JointJudgement joint = judge_alone(talk, end, absence(pair, end));
  count(joint.judgement.verdict);
  const auto from = static_cast<std::size_t>(end);
  ComparedFlow told{{pair, talk, joint.judgement, *notes_[from]},
                    notes_[1 - from],
                    end,
                    false,
                    true,
                    nullptr,
                    nullptr,
                    {},
                    std::nullopt,
                    ask_trace(talk, joint.judgement.verdict)};
  report_.flow(told);
}

/// What the other capture's silence about this flow is worth.
Absence FlowsTogether::absence(std::size_t pair, Side end) const {
  Absence absence;
  const FlowPair& which = seen_.match.pairs[pair];
  const auto here = static_cast<std::size_t>(end);
  const FlowPrint& print =
      seen_.ends[here].prints[end == Side::Client ? which.client : which.server];
  if (!seen_.match.clock.both_ways) return absence;
  const auto common = [&](Side side, Time at) {
    return side == Side::Client ? at : seen_.match.clock.to_client(at);
  };
  const CaptureSpan& there = seen_.ends[1 - here].span;
  absence.covered = common(other(end), there.begin) <= common(end, print.begin) &&
                    common(other(end), there.end) >= common(end, print.last);
  absence.elsewhen = common(other(end), there.begin) > common(end, print.last) ||
                     common(other(end), there.end) < common(end, print.begin);
  const auto known = known_[here].find({print.client.ip, print.server});
  if (known != known_[here].end()) {
    const auto first =
        std::lower_bound(known->second.begin(), known->second.end(), print.begin - kSameTime);
    absence.knows_hosts = first != known->second.end() && *first < print.last + kSameTime;
  }
  return absence;
}

void FlowsTogether::count(const Verdict& verdict) {
  ++totals_.totals.judged;
  ++totals_.totals.by_code[verdict.code()];
  if (verdict.failed()) ++totals_.totals.hung_up;
}

/// Those that completed at both ends are counted by what either capture said alone.
void FlowsTogether::count_unseen() {
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    const FlowPair& pair = seen_.match.pairs[i];
    if (!is_judged(pair)) continue;
    if (pair.both())
      ++totals_.matched;
    else if (!related_[i])
      ++(pair.client != kNone ? totals_.unrelated_client : totals_.unrelated_server);
    else
      ++(pair.client != kNone ? totals_.only_client : totals_.only_server);
    if (wanted_[i] || !related_[i] || ask_.flow) continue;
    const bool from_client =
        pair.client != kNone && (pair.server == kNone || seen_.ends[0].prints[pair.client].judged);
    const FlowPrint& print =
        from_client ? seen_.ends[0].prints[pair.client] : seen_.ends[1].prints[pair.server];
    Verdict verdict;
    verdict.actor = print.actor;
    verdict.event.mechanism = print.mechanism;
    verdict.event.stage = print.stage;
    count(verdict);
  }
}

ComparedTotals FlowsTogether::totals() {
  // A flow whose partner the second reading did not tell (a filter that is not the same twice
  // cannot be) would be forgotten silently.
  while (!waiting_.empty()) {
    const auto first = waiting_.begin();
    for (const Side end : {Side::Client, Side::Server})
      if (first->second.talks[static_cast<std::size_t>(end)]) {
        tell_single(first->first, end, *first->second.talks[static_cast<std::size_t>(end)]);
        break;
      }
    waiting_.erase(first);
  }
  count_unseen();
  totals_.clock = seen_.match.clock;
  totals_.swapped = seen_.match.swapped;
  for (std::size_t end = 0; end < 2; ++end) {
    totals_.counts[end] = seen_.ends[end].counts;
    totals_.spans[end] = seen_.ends[end].span;
    totals_.totals.cut_segments += seen_.ends[end].totals.cut_segments;
    totals_.totals.filtered_out += seen_.ends[end].totals.filtered_out;
    for (std::size_t why = 0; why < Skipped::kNumReasons; ++why)
      totals_.totals.skipped[why] += seen_.ends[end].totals.skipped[why];
  }
  return totals_;
}

/// A trace tells of what stands before its server: of other servers, and of what an end did itself,
/// it says nothing.
const TraceSaid* FlowsTogether::ask_trace(const Conversation& client,
                                          const Verdict& verdict) const {
  if (!seen_.trace || verdict.actor != Actor::Middlebox) return nullptr;
  const bool same =
      client.server.port == seen_.trace->port && to_string(client.server.ip) == seen_.trace->server;
  return same ? &*seen_.trace : nullptr;
}

std::optional<MiddleSaid> FlowsTogether::ask_middle(std::size_t pair, const Waiting& flow,
                                                    const JointJudgement& joint, const Ends& ends,
                                                    const Pairing& pairing) const {
  if (!seen_.middle) return std::nullopt;
  if (middle_of_[pair] == kNone)
    return MiddleSaid{false, std::nullopt,
                      "The capture from the middle holds nothing of this flow."};
  const Conversation& middle = *flow.talks[kMiddle];
  const Ends before{ends.client,           middle,           Joined::SameAddresses,
                    seen_.to_middle.clock, ends.client_span, seen_.middle->span};
  const Ends behind{middle,
                    ends.server,
                    Joined::SameAddresses,
                    seen_.from_middle.clock,
                    seen_.middle->span,
                    ends.server_span};
  return place_by_middle({ends, pairing, joint, before, behind});
}

}  // namespace whohungup
