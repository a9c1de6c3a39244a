// One capture of a comparison, read flow by flow.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "analyze/compare_match.h"
#include "capture/filter.h"
#include "capture/source.h"
#include "cli/compare.h"
#include "dissect/decode.h"
#include "dissect/flow_table.h"
#include "dissect/tls_decrypt.h"

namespace whohungup {

/// Reads a capture and hands out its flows in the order in which their ends are certain; that
/// order is the same each time the capture is read.
class CompareReader : private FlowSink {
 public:
  /// Hears of flow number `index` of this capture; may take the conversation's contents away.
  using Hear = std::function<void(std::size_t index, Conversation&)>;

  CompareReader(std::unique_ptr<Source>, const CompareOptions&, const std::string& key_log, Hear);

  /// Takes one frame; false at the end, when all flows have been told.
  bool step();
  /// How late it is in this capture.
  [[nodiscard]] Time now() const { return now_; }
  [[nodiscard]] const CaptureNotes& notes() const { return source_->notes(); }
  [[nodiscard]] const Totals& totals() const { return totals_; }
  [[nodiscard]] const FlowCounts& counts() const { return flows_.counts(); }
  [[nodiscard]] double progress() const { return source_->progress(); }

 private:
  void tell(Conversation&) override;
  void take(const Packet&);

  std::unique_ptr<Source> source_;
  Filter filter_;
  Hear hear_;
  tls::KeyLog secrets_;
  std::size_t secrets_taken_{};
  Decoder decoder_;
  Totals totals_;
  FlowTable flows_;
  std::size_t next_{};
  Time now_{};
  bool done_{};
};

/// What is known of a capture that was read to its end.
struct CaptureRead {
  std::vector<FlowPrint> prints;
  CaptureSpan span;
  FlowCounts counts;
  Totals totals;
};

/// Reads a capture for its prints alone.
CaptureRead read_prints(std::unique_ptr<Source>, const CompareOptions&, const std::string& key_log);

}  // namespace whohungup
