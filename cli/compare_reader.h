// One capture of a comparison, read flow by flow.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "analyze/compare_print.h"
#include "capture/filter.h"
#include "capture/source.h"
#include "cli/compare.h"
#include "cli/compare_wanted.h"
#include "dissect/decode.h"
#include "dissect/flow_table.h"
#include "dissect/tls_decrypt.h"

namespace whohungup {

/// Reads a capture and hands out its flows in the order in which their ends are certain.
class CompareReader : private FlowSink {
 public:
  /// May take the conversation's contents away.
  using Hear = std::function<void(Conversation&)>;

  /// With `wanted`, which must outlive this, only those flows are followed.
  CompareReader(std::unique_ptr<Source>, const CompareOptions&, const std::string& key_log, Hear,
                const WantedFlows* wanted = nullptr);

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
  const WantedFlows* wanted_;
  tls::KeyLog secrets_;
  std::size_t secrets_taken_{};
  Decoder decoder_;
  Totals totals_;
  FlowTable flows_;
  Time now_{};
  bool done_{};
};

/// What is known of a capture that was read to its end.
struct CaptureRead {
  FlowPrints prints;  // of the first flows to end, as many as memory allows
  /// How many flows have no print, of those that are judged; and how many of these were hung up on
  /// as far as this capture tells.
  std::uint64_t left_out{}, left_out_hung_up{};
  bool whole{true};  // every flow has a print, whatever it is, and nobody asked to stop
  CaptureSpan span;
  FlowCounts counts;
  Totals totals;
};

/// Reads a capture for its prints alone.
CaptureRead read_prints(std::unique_ptr<Source>, const CompareOptions&, const std::string& key_log);

}  // namespace whohungup
