// From flows to told verdicts: each flow is judged as far as the report needs it, counted, and told
// in the order in which the flow table was sure of it. With more than one thread, flows are judged
// and put into words beside the reading, and told in the same order all the same.
#pragma once

#include <map>
#include <memory>
#include <tuple>

#include "cli/read.h"
#include "cli/read_keep.h"
#include "cli/report/report.h"
#include "dissect/flow_table.h"
#include "dissect/tls_decrypt.h"

namespace whohungup {

/// What a code is made of: no text has to be put together to count.
using CodeWords = std::tuple<Actor, Mechanism, Stage>;

/// Flows counted by the outcome.
struct FlowTally {
  std::uint64_t judged{};
  std::uint64_t hung_up{};
  std::map<CodeWords, std::uint64_t> codes;

  void add(const Verdict&);
  void add(const FlowTally&);
};

/// Judges one flow as `ask` wants it. Asks nothing but its arguments, so that threads may share it.
class FlowJudge {
 public:
  explicit FlowJudge(const ReadOptions& ask);

  /// Judges the flow and calls `tell` with it if the report is to list it. The verdict that comes
  /// back has its words, but no sentences where nobody is told. `conversed`: its messages have been
  /// read, opened with secrets.
  template <class Tell>
  Verdict judge_flow(Conversation& talk, std::uint64_t index, const CaptureNotes& notes,
                     bool conversed, Tell&& tell) const {
    if (brief_) {
      Judgement judgement = judge(talk, Detail::CodeOnly);
      const bool listed = !ask_.summary && (judgement.verdict.failed() || (ask_.all && !ask_.json));
      if (!listed) return std::move(judgement.verdict);
      if (by_code_alone_) {
        read_name(talk, conversed);
        tell(JudgedFlow{index, talk, judgement, notes});
        return std::move(judgement.verdict);
      }
    }
    if (!conversed) converse(talk);     // what was said
    Judgement judgement = judge(talk);  // what is so, and what it means
    tell(JudgedFlow{index, talk, judgement, notes});
    return std::move(judgement.verdict);
  }

 private:
  /// Makes the name known that the hello asks for.
  static void read_name(Conversation&, bool conversed);

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
  std::unique_ptr<JudgePool> pool_;  // nothing: flows are judged where they are told
  Totals totals_;
  FlowTally tally_;
  std::size_t secrets_taken_{};
  std::uint64_t next_index_{};
  std::uint64_t completed_{};
};

}  // namespace whohungup
