// All captures' packets of the flows a comparison's bundle is about, merged in corrected time.
//
// Every packet keeps its own stamp: how far its clock is off the client's is said in whole seconds
// by an option that readers apply, and exactly in words.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "cli/bundle_pick.h"
#include "cli/compare.h"
#include "cli/compare_halves.h"

namespace whohungup {

/// Learns of the flows while they are told from the inputs.
class FlowsToMerge : public CompareReport {
 public:
  explicit FlowsToMerge(bool failed_only) : failed_only_(failed_only) {}
  void flow(const ComparedFlow&) override;
  void end(const ComparedTotals&, const CaptureNotes& client, const CaptureNotes& server) override;

  [[nodiscard]] std::size_t captures() const { return totals.middle ? 3 : 2; }

  std::array<FlowPick, 3> picks;  // by end, then the middle's
  std::array<CaptureNotes, 3> notes;
  ComparedTotals totals;
  std::size_t flows{};

 private:
  bool failed_only_;
};

/// What was merged, beside the packets.
struct Merged {
  PacketSpool packets;
  std::uint64_t number{};
  CaptureNotes notes;                      // the interfaces and losses of all
  std::vector<std::int64_t> time_offsets;  // by interface
  Halves how;                              // but for the ports
  std::string words;                       // on the whole file
};

/// Reads the inputs again. Throws CaptureError.
void merge_captures(const CompareInputs&, const FlowsToMerge&, const std::string& expression,
                    Merged& into);

}  // namespace whohungup
