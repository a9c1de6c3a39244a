// See judge_flows.h.
#include "cli/judge_flows.h"

#include "cli/judge_pool.h"
#include "dissect/hello_name.h"

namespace whohungup {
namespace {

/// Judging beside the reading needs a report that is made of lines, and nothing that depends on the
/// flows before: secrets arrive with the packets, and flows to keep are kept as they are told.
std::unique_ptr<JudgePool> make_pool(const ReadOptions& ask, Report& report,
                                     const FlowsToKeep& keep, const FlowJudge& judge) {
  auto* const lines = dynamic_cast<LineReport*>(&report);
  if (ask.threads < 2 || lines == nullptr || ask.flow || keep.wanted()) return nullptr;
  return std::make_unique<JudgePool>(ask.threads - 1, judge, *lines);
}

}  // namespace

std::size_t FlowTally::place_of(Actor actor, Mechanism mechanism, Stage stage) {
  static_assert(static_cast<std::size_t>(Mechanism::None) < kMechanisms);
  static_assert(static_cast<std::size_t>(Stage::Established) < kStages);
  return (static_cast<std::size_t>(actor) * kMechanisms + static_cast<std::size_t>(mechanism)) *
             kStages +
         static_cast<std::size_t>(stage);
}

void FlowTally::add(const Brief& brief) {
  ++judged;
  ++codes[place_of(brief.actor, brief.mechanism, brief.stage)];
  if (brief.failed) ++hung_up;
}

void FlowTally::add(const FlowTally& other) {
  judged += other.judged;
  hung_up += other.hung_up;
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] += other.codes[i];
}

FlowJudge::FlowJudge(const ReadOptions& ask)
    : ask_(ask),
      by_code_alone_(!ask.json && !ask.verbose),
      brief_(!ask.flow && (ask.summary || by_code_alone_ || (ask.json ? ask.failed : !ask.all))) {}

Judgement FlowJudge::in_words(const Brief& brief) {
  Judgement judgement;
  Verdict& verdict = judgement.verdict;
  verdict.actor = brief.actor;
  verdict.event.mechanism = brief.mechanism;
  verdict.event.stage = brief.stage;
  verdict.confidence = brief.confidence;
  verdict.failed_ = brief.failed;
  return judgement;
}

HelloName FlowJudge::read_name(Conversation& talk, bool conversed) {
  const HelloName name = read_hello_name(talk);
  if (!conversed && !name.read) converse(talk);
  return name;
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
    converse(talk, &secrets_, &remembered_.certificates);
    count_match(talk);
  }
  const Brief brief = judge_.judge_flow(talk, index, notes_, !secrets_.empty(), remembered_,
                                        [&](const JudgedFlow& flow) { report_.flow(flow); });
  tally_.add(brief);
  if (keep_.wanted()) keep_.add(talk, FlowJudge::in_words(brief).verdict);
}

bool Judge::record_later(const TapedFlow& flow) {
  take_new_secrets();
  if (!pool_ || !secrets_.empty()) return false;
  pool_->add(flow, next_index_++, notes_);
  return true;
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
  tally_.codes[FlowTally::place_of(Actor::Nobody, Mechanism::None, Stage::Established)] +=
      completed_;
  totals_.judged = tally_.judged + completed_;
  totals_.hung_up = tally_.hung_up;
  for (std::size_t place = 0; place < tally_.codes.size(); ++place) {
    if (tally_.codes[place] == 0) continue;
    Verdict verdict;
    verdict.event.stage = static_cast<Stage>(place % FlowTally::kStages);
    verdict.event.mechanism =
        static_cast<Mechanism>(place / FlowTally::kStages % FlowTally::kMechanisms);
    verdict.actor = static_cast<Actor>(place / FlowTally::kStages / FlowTally::kMechanisms);
    totals_.by_code[verdict.code()] += tally_.codes[place];
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
