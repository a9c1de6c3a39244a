// What every form of report is given: the flows one by one as they become certain, and the
// totals at the end.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "analyze/verdict.h"
#include "capture/source.h"
#include "cli/report/text_buffer.h"
#include "dissect/conversation.h"
#include "dissect/flow_table.h"
#include "dissect/hello_name.h"

namespace whohungup {

struct ComparedFlow;  // cli/compare.h
struct Remembered;    // cli/report/remembered.h

/// One judged flow, for as long as it is being told.
struct JudgedFlow {
  std::uint64_t index{};  // counts every judged flow of the input from 0, shown or not
  const Conversation& talk;
  const Judgement& judgement;
  const CaptureNotes& notes;       // of the capture it came from, as far as it has been read
  const ComparedFlow* compared{};  // what a second capture says of it, if there is one
  Remembered* remembered{};        // by the thread that tells it, if many are told
  HelloName name{};                // the hello asks for, if it was read already

  [[nodiscard]] const Verdict& verdict() const { return judgement.verdict; }
};

/// What a key log was good for.
struct KeyLogUse {
  std::uint64_t sessions{};       // it has secrets of
  std::uint64_t ignored_lines{};  // that are none of a key log
  std::uint64_t matched{};        // judged handshakes among those sessions
};

/// Everything counted while an input was read.
struct Totals {
  std::uint64_t judged{};
  std::uint64_t hung_up{};                       // of those, by Verdict::failed()
  std::map<std::string, std::uint64_t> by_code;  // a code's flows
  std::array<std::uint64_t, Skipped::kNumReasons> skipped{};
  std::uint64_t cut_segments{};      // TCP segments whose payload the snap length cut
  std::uint64_t filtered_out{};      // frames the BPF filter did not want
  std::optional<KeyLogUse> key_log;  // if one was given
  bool interrupted{};                // the user asked to stop before the end
};

/// A form of telling.
class Report {
 public:
  Report() = default;
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;
  virtual ~Report() = default;

  virtual void flow(const JudgedFlow&) = 0;
  virtual void end(const Totals&, const FlowCounts&, const CaptureNotes&) = 0;
};

/// A form of telling in which every flow has lines of its own: several threads may write them,
/// while they are put out in order.
class LineReport : public Report {
 public:
  void flow(const JudgedFlow&) final;
  /// Appends what stands in the report for this flow; nothing if it is not listed. Changes nothing
  /// else, so that threads may call it at once.
  virtual void line(const JudgedFlow&, TextBuffer& to) const = 0;
  /// Puts out what line() wrote of one flow.
  virtual void put(std::string_view line, bool failed) = 0;

 private:
  TextBuffer line_;
};

/// The input's name: the file, or all of them joined by " + ".
std::string input_name(const CaptureNotes&);

}  // namespace whohungup
