// See judge_flows.h.
#include "cli/judge_flows.h"

#include "cli/judge_pool.h"
#include "dissect/hello_name.h"

namespace whohungup {
namespace {

CodeWords words_of(const Verdict& verdict) {
  return {verdict.actor, verdict.event.mechanism, verdict.event.stage};
}

/// Judging beside the reading needs a report that is made of lines, and nothing that depends on the
/// flows before: secrets arrive with the packets, and flows to keep are kept as they are told.
std::unique_ptr<JudgePool> make_pool(const ReadOptions& ask, Report& report,
                                     const FlowsToKeep& keep, const FlowJudge& judge) {
  auto* const lines = dynamic_cast<LineReport*>(&report);
  if (ask.threads < 2 || lines == nullptr || ask.flow || keep.wanted()) return nullptr;
  return std::make_unique<JudgePool>(ask.threads - 1, judge, *lines);
}

}  // namespace

void FlowTally::add(const Verdict& verdict) {
  ++judged;
  ++codes[words_of(verdict)];
  if (verdict.failed()) ++hung_up;
}

void FlowTally::add(const FlowTally& other) {
  judged += other.judged;
  hung_up += other.hung_up;
  for (const auto& [words, flows] : other.codes) codes[words] += flows;
}

FlowJudge::FlowJudge(const ReadOptions& ask)
    : ask_(ask),
      by_code_alone_(!ask.json && !ask.verbose),
      brief_(!ask.flow && (ask.summary || by_code_alone_ || (ask.json ? ask.failed : !ask.all))) {}

void FlowJudge::read_name(Conversation& talk, bool conversed) {
  if (!conversed && !read_hello_name(talk).read) converse(talk);
}

Judge::Judge(const ReadOptions& ask, const CaptureNotes& notes, std::string_view key_log,
             Report& report, FlowsToKeep& keep)
    : ask_(ask),
      notes_(notes),
      report_(report),
      keep_(keep),
      judge_(ask),
      pool_(key_log.empty() ? make_pool(ask, report, keep, judge_) : nullptr) {
  given_.add(key_log);
  secrets_.add(key_log);
  if (!ask.key_log.empty()) totals_.key_log = {given_.sessions(), given_.ignored_lines(), 0};
}

Judge::~Judge() = default;

void Judge::tell(Conversation& talk) {
  const std::uint64_t index = next_index_++;
  if (ask_.flow && *ask_.flow != index) return;
  take_new_secrets();
  if (pool_ && secrets_.empty()) return pool_->add(talk, index, notes_);
  if (pool_) pool_->drain();
  // What is decrypted may change the verdict.
  if (!secrets_.empty()) {
    converse(talk, &secrets_);
    count_match(talk);
  }
  const Verdict verdict = judge_.judge_flow(talk, index, notes_, !secrets_.empty(),
                                            [&](const JudgedFlow& flow) { report_.flow(flow); });
  tally_.add(verdict);
  keep_.add(talk, verdict);
}

void Judge::completed() {
  ++next_index_;
  ++completed_;
}

void Judge::flush() {
  if (pool_) pool_->flush();
}

void Judge::close_totals() {
  if (pool_) tally_.add(pool_->drain());
  Verdict completed;
  completed.actor = Actor::Nobody;
  if (completed_ > 0) tally_.codes[words_of(completed)] += completed_;
  totals_.judged = tally_.judged + completed_;
  totals_.hung_up = tally_.hung_up;
  for (const auto& [words, flows] : tally_.codes) {
    Verdict verdict;
    std::tie(verdict.actor, verdict.event.mechanism, verdict.event.stage) = words;
    totals_.by_code[verdict.code()] += flows;
  }
}

/// Whether the key log that was given has this session's secrets.
void Judge::count_match(const Conversation& talk) {
  const Message* hello = talk.first<tls::ClientHello>(Side::Client);
  if (totals_.key_log && hello != nullptr &&
      given_.knows(std::get<tls::ClientHello>(hello->what).random))
    ++totals_.key_log->matched;
}

/// Secrets blocks arrive while a pcapng is being read, always before the packets that need them.
void Judge::take_new_secrets() {
  secrets_.add(std::string_view(notes_.key_log).substr(secrets_taken_));
  secrets_taken_ = notes_.key_log.size();
}

}  // namespace whohungup
