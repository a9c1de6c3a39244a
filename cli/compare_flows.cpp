#include "cli/compare_flows.h"

#include <algorithm>

#include "analyze/judge.h"
#include "cli/compare_middle.h"
#include "cli/interrupt.h"

namespace whohungup {
namespace {

constexpr std::uint32_t kNone = FlowPair::kNone;

CaptureSpan span_of(const Overview& seen, Side end) {
  return seen.ends[static_cast<std::size_t>(end)].span;
}

}  // namespace

FlowsTogether::FlowsTogether(const Overview& seen, const CompareOptions& ask, CompareReport& report)
    : seen_(seen), ask_(ask), report_(report), hosts_(seen) {
  const auto& pairs = seen.match.pairs;
  for (std::size_t end = 0; end < 2; ++end)
    pair_of_[end].assign(seen.ends[end].prints.size(), kNone);
  for (std::uint32_t i = 0; i < pairs.size(); ++i) {
    if (pairs[i].client != kNone) pair_of_[0][pairs[i].client] = i;
    if (pairs[i].server != kNone) pair_of_[1][pairs[i].server] = i;
  }
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const bool wanted = is_wanted(pairs[i]) && !may_be_left_out(pairs[i]) &&
                        (hosts_.related(i) || ask.all) && (!ask.flow || *ask.flow == i);
    state_.push_back(wanted ? State::Wanted : State::Uninteresting);
  }
  for (std::size_t end = 0; end < 2; ++end) learn_wanted(end, seen.ends[end]);
  if (!seen.middle) return;
  learn_middle();
  learn_wanted(kMiddle, *seen.middle);
}

void FlowsTogether::learn_middle() {
  middle_of_.assign(seen_.match.pairs.size(), kNone);
  pair_of_[kMiddle].assign(seen_.middle->prints.size(), kNone);
  const auto join = [&](std::uint32_t pair, std::uint32_t middle) {
    if (middle_of_[pair] != kNone || pair_of_[kMiddle][middle] != kNone) return;
    pair_of_[kMiddle][middle] = pair;
    middle_of_[pair] = middle;
  };
  middle_ways_.resize(seen_.match.pairs.size());
  middle_holds_two_.resize(seen_.match.pairs.size());
  for (const FlowPair& pair : seen_.to_middle.pairs) {
    if (!pair.both()) continue;
    join(pair_of_[0][pair.client], pair.server);
    middle_ways_[pair_of_[0][pair.client]][0] = pair.joined;
  }
  for (const FlowPair& pair : seen_.from_middle.pairs) {
    if (!pair.both()) continue;
    const std::uint32_t whole = pair_of_[1][pair.server];
    join(whole, pair.client);
    middle_ways_[whole][1] = pair.joined;
    middle_holds_two_[whole] = middle_of_[whole] != pair.client;
  }
}

/// Found at one end only, and the other end's partner may be one of those without a print: then
/// nothing can be said of it.
bool FlowsTogether::may_be_left_out(const FlowPair& pair) const {
  return !pair.both() && !seen_.ends[pair.client != kNone ? 1 : 0].whole;
}

/// Whether there is any TLS to it, at one end at least.
bool FlowsTogether::is_judged(const FlowPair& pair) const {
  return (pair.client != kNone && print(0, pair.client).judged) ||
         (pair.server != kNone && print(1, pair.server).judged);
}

/// Whether either capture alone says so.
bool FlowsTogether::is_hung_up(const FlowPair& pair) const {
  return (pair.client != kNone && print(0, pair.client).failed) ||
         (pair.server != kNone && print(1, pair.server).failed);
}

/// Whether either capture alone says that something ended it before its handshake was finished: a
/// health probe is no failure, and yet ended by somebody.
bool FlowsTogether::is_ended(const FlowPair& pair) const {
  const auto ended = [](const FlowPrint& one) {
    return one.judged && one.mechanism != Mechanism::None;
  };
  return (pair.client != kNone && ended(print(0, pair.client))) ||
         (pair.server != kNone && ended(print(1, pair.server)));
}

bool FlowsTogether::is_wanted(const FlowPair& pair) const {
  return is_judged(pair) && (is_ended(pair) || ask_.everything() || ask_.flow.has_value());
}

void FlowsTogether::learn_wanted(std::size_t capture, const CaptureRead& read) {
  auto& flows = by_frame_[capture];
  for (std::uint32_t place = 0; place < pair_of_[capture].size(); ++place) {
    const std::uint32_t pair = pair_of_[capture][place];
    if (pair != kNone && state_[pair] == State::Wanted)
      flows.emplace_back(read.prints[place].first_frame, pair);
  }
  std::sort(flows.begin(), flows.end());
  if (read.counts.memory_limited > 0) return;
  wanted_[capture].emplace(flows.size());
  for (std::uint32_t place = 0; place < pair_of_[capture].size(); ++place)
    if (const std::uint32_t pair = pair_of_[capture][place];
        pair != kNone && state_[pair] == State::Wanted)
      wanted_[capture]->add(read.prints[place].client, read.prints[place].server);
}

void FlowsTogether::hear(std::size_t capture, Conversation& talk) {
  const auto& flows = by_frame_[capture];
  const auto found = std::lower_bound(flows.begin(), flows.end(), std::pair(talk.first_frame, 0U));
  if (found == flows.end() || found->first != talk.first_frame) return;
  const std::uint32_t pair = found->second;
  if (state_[pair] != State::Wanted) return;
  if (capture != kMiddle) {
    const CaptureSpan& span = seen_.ends[capture].span;
    talk.capture = {span.complete, span.dropped, span.begin, span.end};
  }
  keep(pair, capture, talk);
}

void FlowsTogether::keep(std::size_t pair, std::size_t place, Conversation& talk) {
  converse(talk);
  const auto [found, fresh] = waiting_.try_emplace(pair);
  Waiting& flow = found->second;
  if (fresh) {
    flow.since = ++began_to_wait_;
    by_age_.emplace(flow.since, pair);
  }
  flow.talks[place] = std::make_unique<Conversation>(talk);
  const std::size_t weight = weight_of(talk);
  flow.weight += weight;
  weight_ += weight;
  tell_if_whole(pair);
  stay_within_memory();
}

void FlowsTogether::tell_if_whole(std::size_t pair) {
  Waiting& flow = waiting_[pair];
  const FlowPair& which = seen_.match.pairs[pair];
  const bool middle_missing = seen_.middle && middle_of_[pair] != kNone && !flow.talks[kMiddle];
  const bool whole = (which.client == kNone || flow.talks[0]) &&
                     (which.server == kNone || flow.talks[1]) && !middle_missing;
  if (!whole) return;
  if (which.both())
    tell_pair(pair, flow);
  else if (flow.talks[0])
    tell_single(pair, Side::Client, *flow.talks[0]);
  else
    tell_single(pair, Side::Server, *flow.talks[1]);
  state_[pair] = State::Told;
  forget(pair);
}

void FlowsTogether::forget(std::size_t pair) {
  const auto found = waiting_.find(pair);
  weight_ -= found->second.weight;
  by_age_.erase(found->second.since);
  waiting_.erase(found);
}

/// When the memory for those that wait is used up, the one that has waited longest is not compared.
void FlowsTogether::stay_within_memory() {
  while (weight_ > ask_.for_waiting() && !by_age_.empty()) give_up(by_age_.begin()->second);
}

void FlowsTogether::give_up(std::size_t pair) {
  state_[pair] = State::GivenUp;
  not_compared(seen_.match.pairs[pair]);
  forget(pair);
}

void FlowsTogether::not_compared(const FlowPair& pair) {
  totals_.not_compared[0] += pair.client != kNone ? 1U : 0U;
  totals_.not_compared[1] += pair.server != kNone ? 1U : 0U;
  if (is_hung_up(pair)) ++totals_.not_compared_hung_up;
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
                  which.shown_apart,
                  seen_.match.swapped,
                  which.torn || seen_.torn,
                  which.syn_proxied};
  const Pairing pairing = pair_packets(ends);
  const JointJudgement joint = judge_together(ends, pairing);
  totals_.torn = totals_.torn || ends.torn;
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
                    flow.talks[kMiddle].get(),
                    ask_trace(ends.client, joint.judgement.verdict)};
  std::array<Judgement, 2> apart;
  if (which.joined == Joined::Terminated)
    for (std::size_t end = 0; end < 2; ++end) {
      apart[end] = judge(*flow.talks[end]);
      told.apart[end] = &apart[end];
    }
  report_.flow(told);
}

void FlowsTogether::tell_single(std::size_t pair, Side end, const Conversation& talk) {
  const JointJudgement joint = judge_alone(talk, end, hosts_.absence(pair, end));
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
                    nullptr,
                    ask_trace(talk, joint.judgement.verdict)};
  report_.flow(told);
}

void FlowsTogether::count(const Verdict& verdict) {
  ++totals_.totals.judged;
  ++totals_.totals.by_code[verdict.code()];
  if (verdict.failed()) ++totals_.totals.hung_up;
}

/// Those that completed at both ends are counted by what either capture said alone.
void FlowsTogether::count_unseen() {
  for (std::size_t i = 0; i < state_.size(); ++i) {
    const FlowPair& pair = seen_.match.pairs[i];
    if (!is_judged(pair)) continue;
    if (may_be_left_out(pair)) {
      not_compared(pair);
      continue;
    }
    if (pair.both())
      ++totals_.matched;
    else if (!hosts_.related(i))
      ++(pair.client != kNone ? totals_.unrelated_client : totals_.unrelated_server);
    else
      ++(pair.client != kNone ? totals_.only_client : totals_.only_server);
    // Only where the second reading was broken off.
    if (state_[i] == State::Wanted) not_compared(pair);
    if (state_[i] != State::Uninteresting || !hosts_.related(i) || ask_.flow) continue;
    const bool from_client =
        pair.client != kNone && (pair.server == kNone || print(0, pair.client).judged);
    const FlowPrint& one = from_client ? print(0, pair.client) : print(1, pair.server);
    Verdict verdict;
    verdict.actor = one.actor;
    verdict.event.mechanism = one.mechanism;
    verdict.event.stage = one.stage;
    count(verdict);
  }
}

ComparedTotals FlowsTogether::totals() {
  // What still waits was not read to its end a second time: whether the other capture holds it is
  // not known any more.
  while (!waiting_.empty()) give_up(waiting_.begin()->first);
  for (std::size_t end = 0; end < 2; ++end) {
    totals_.not_compared[end] += seen_.ends[end].left_out;
    totals_.not_compared_hung_up += seen_.ends[end].left_out_hung_up;
  }
  count_unseen();
  totals_.pairs = state_.size();
  totals_.totals.interrupted = interrupted();
  totals_.clock = seen_.match.clock;
  if (seen_.middle) {
    totals_.middle_clock = seen_.to_middle.clock;
    totals_.spans[kMiddle] = seen_.middle->span;
  }
  if (seen_.trace) totals_.trace = seen_.trace->document;
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
                      seen_.middle->whole
                          ? "The capture from the middle holds nothing of this flow."
                          : "Of the capture from the middle memory did not let all flows be kept, "
                            "this one perhaps among them."};
  if (middle_holds_two_[pair])
    return MiddleSaid{true, std::nullopt,
                      "The capture in the middle holds both connections: what ends the one and "
                      "opens the other stands there."};
  const Conversation& middle = *flow.talks[kMiddle];
  const auto [to, from] = middle_ways_[pair];
  const Ends before{ends.client,           middle,           to,
                    seen_.to_middle.clock, ends.client_span, seen_.middle->span};
  const Ends behind{middle,          ends.server, from, seen_.from_middle.clock, seen_.middle->span,
                    ends.server_span};
  return place_by_middle({ends, pairing, joint, before, behind});
}

}  // namespace whohungup
