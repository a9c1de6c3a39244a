#include "cli/compare_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <random>

#include "analyze/judge.h"
#include "cli/interrupt.h"
#include "dissect/glimpse.h"

namespace whohungup {
namespace {

FlowTable::Options table_options(const CompareOptions& ask) {
  FlowTable::Options options;
  options.ports = ask.ports;
  // What is no TLS in one capture may be the rest of a handshake that the other holds whole.
  options.tell_every_flow = true;
  options.limits.memory = ask.for_recordings();
  // Of what was completed only the print is needed, unless it is asked for.
  options.tell_settled = !ask.everything() && !ask.flow;
  std::random_device random;
  for (std::uint64_t& key : options.hash_key) key = (std::uint64_t{random()} << 32U) | random();
  return options;
}

Filter checked_filter(const std::string& expression) {
  Filter filter(expression);
  if (!filter.problem().empty())
    throw UsageError(
        fmt::format("the filter \"{}\" makes no sense: {}", expression, filter.problem()));
  return filter;
}

}  // namespace

CompareReader::CompareReader(std::unique_ptr<Source> source, const CompareOptions& ask,
                             const std::string& key_log, Hear hear, const WantedFlows* wanted)
    : source_(std::move(source)),
      filter_(checked_filter(ask.filter)),
      hear_(std::move(hear)),
      wanted_(wanted),
      flows_(table_options(ask), *this) {
  secrets_.add(key_log);
}

bool CompareReader::step() {
  if (done_) return false;
  Packet packet;
  const Source::Next next = source_->next(packet);
  if (next == Source::Next::End || interrupted()) {
    done_ = true;
    now_ = std::max(now_, source_->notes().quality.end);
    flows_.finish(source_->notes().quality);
    return false;
  }
  now_ = packet.at;
  flows_.advance(now_);
  if (next == Source::Next::Got) take(packet);
  return true;
}

void CompareReader::take(const Packet& packet) {
  if (!filter_.wants(packet)) {
    ++totals_.filtered_out;
    return;
  }
  flows_.look_at({&packet, 1});
  const Glimpse* const seen = flows_.glimpsed(0);
  if (wanted_ != nullptr && seen != nullptr && !wanted_->has(seen->from(), seen->to())) return;
  if (flows_.take(0)) return;
  const Decoded decoded = decoder_.decode(packet);
  if (const auto* segment = std::get_if<Segment>(&decoded)) {
    if (segment->header.captured_len < segment->header.payload_len) ++totals_.cut_segments;
    flows_.add(*segment, segment->header.tunnelled ? decoder_.outer_path() : std::string());
  } else if (const auto* error = std::get_if<IcmpError>(&decoded)) {
    flows_.add(*error);
  } else {
    ++totals_.skipped[static_cast<std::size_t>(std::get<Skipped>(decoded).why)];
  }
}

void CompareReader::tell(Conversation& talk) {
  const std::string& own = source_->notes().key_log;
  secrets_.add(std::string_view(own).substr(secrets_taken_));
  secrets_taken_ = own.size();
  if (!secrets_.empty()) converse(talk, &secrets_);
  hear_(talk);
}

CaptureRead read_prints(std::unique_ptr<Source> source, const CompareOptions& ask,
                        const std::string& key_log) {
  CaptureRead read;
  OpinionMemory opinions;
  CompareReader reader(std::move(source), ask, key_log, [&](Conversation& talk) {
    read.span.holds.add(talk);
    const bool judged = talk.judged_for != JudgedFor::Nothing;
    const Brief alone = judged ? judge_briefly(talk, &opinions) : Brief{};
    if (read.prints.size() < ask.most_prints()) {
      read.prints.push_back(print_of(talk, alone));
      return;
    }
    read.whole = false;
    read.left_out += judged ? 1U : 0U;
    read.left_out_hung_up += judged && alone.failed ? 1U : 0U;
  });
  while (reader.step()) {
  }
  read.whole = read.whole && !interrupted();
  const CaptureQuality& quality = reader.notes().quality;
  read.span = {quality.begin,    quality.end,     quality.dropped,
               quality.complete, read.span.holds, reader.notes().stretches};
  read.counts = reader.counts();
  read.totals = reader.totals();
  return read;
}

}  // namespace whohungup
