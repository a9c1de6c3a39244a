// From flows to told verdicts: each flow is judged as far as the report needs it, counted, and told
// in the order in which the flow table was sure of it. With more than one thread, flows are judged
// and put into words beside the reading, and told in the same order all the same.
#pragma once

#include <array>
#include <memory>
#include <utility>

#include "analyze/judge.h"
#include "cli/read.h"
#include "cli/read_keep.h"
#include "cli/report/remembered.h"
#include "cli/report/report.h"
#include "dissect/flow_table.h"
#include "dissect/tls_decrypt.h"

namespace whohungup {

/// Flows counted by the outcome. No text has to be put together to count.
struct FlowTally {
  static constexpr std::size_t kStages = 5, kMechanisms = 7;
  std::uint64_t judged{};
  std::uint64_t hung_up{};
  std::array<std::uint64_t, kNumActors * kMechanisms * kStages> codes{};  // by place_of()

  void add(const Brief&);
  void add(const FlowTally&);
  static std::size_t place_of(Actor, Mechanism, Stage);
};

/// Judges one flow as `ask` wants it. Asks nothing but its arguments, so that threads may share it.
class FlowJudge {
 public:
  explicit FlowJudge(const ReadOptions& ask);

  /// Judges the flow and calls `tell` with it if the report is to list it. `conversed`: its
  /// messages have been read, opened with secrets.
  template <class Tell>
  Brief judge_flow(Conversation& talk, std::uint64_t index, const CaptureNotes& notes,
                   bool conversed, Remembered& remembered, Tell&& tell) const {
    if (brief_) {
      const Brief brief = judge_briefly(talk, &remembered.opinions);
      const bool listed = !ask_.summary && (brief.failed || (ask_.all && !ask_.json));
      if (!listed) return brief;
      if (by_code_alone_) {
        const HelloName name = read_name(talk, conversed);
        tell(JudgedFlow{index, talk, in_words(brief), notes, nullptr, &remembered, name});
        return brief;
      }
    }
    if (!conversed) {
      std::swap(talk.messages, remembered.messages);
      converse(talk, nullptr, &remembered.certificates);  // what was said
    }
    const Judgement& judgement = remembered.judgement;
    // What is so, and what it means.
    judge_again(talk, remembered.judgement, &remembered.opinions);
    tell(JudgedFlow{index, talk, judgement, notes, nullptr, &remembered});
    if (!conversed) remembered.take_messages(talk);
    const Verdict& verdict = judgement.verdict;
    return {verdict.actor, verdict.event.mechanism, verdict.event.stage, verdict.confidence,
            verdict.failed()};
  }

  /// A judgement that has nothing but its code and confidence.
  static Judgement in_words(const Brief&);

 private:
  /// Makes the name known that the hello asks for: what is returned, or a message.
  static HelloName read_name(Conversation&, bool conversed);

  const ReadOptions& ask_;
  bool by_code_alone_;  // whoever is told is told without a sentence
  bool brief_;          // or not every handshake is told
};

class JudgePool;  // cli/judge_pool.h

/// Hears of each flow when its ending is certain, judges it and has it told.
class Judge : public FlowSink {
 public:
  Judge(const ReadOptions&, const CaptureNotes&, std::string_view key_log, Report&, FlowsToKeep&);
  ~Judge() override;

  void tell(Conversation&) override;
  bool record_later(const TapedFlow&) override;
  void completed() override;

  /// Tells what is certain, though more would be told together otherwise.
  void flush();

  [[nodiscard]] Totals& totals() { return totals_; }
  [[nodiscard]] std::uint64_t judged() const { return next_index_; }
  /// Everything asked for has been told: the rest of the input cannot change it.
  [[nodiscard]] bool satisfied() const { return ask_.flow && !ask_.json && tally_.judged > 0; }

  /// Waits for the flows that are still being judged and puts the counts together; called once, at
  /// the end.
  void close_totals();

 private:
  void count_match(const Conversation&);
  void take_new_secrets();

  const ReadOptions& ask_;
  const CaptureNotes& notes_;
  tls::KeyLog given_;    // on the command line
  tls::KeyLog secrets_;  // and those that the capture brings along
  Report& report_;
  FlowsToKeep& keep_;
  FlowJudge judge_;
  Remembered remembered_;
  std::unique_ptr<JudgePool> pool_;  // nothing: flows are judged where they are told
  Totals totals_;
  FlowTally tally_;
  std::size_t secrets_taken_{};
  std::uint64_t next_index_{};
  std::uint64_t completed_{};
};

}  // namespace whohungup
