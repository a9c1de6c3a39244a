// `whohungup compare`: two captures of one flow, and what happened in between.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyze/compare.h"
#include "analyze/compare_match.h"
#include "cli/command.h"
#include "cli/report/report.h"
#include "dissect/flow_table.h"

namespace whohungup {

/// What the command line of `compare` asks for.
struct CompareOptions {
  std::vector<std::string> client_files, server_files, middle_files;
  std::string trace_file;  // what `trace --json` printed
  std::string filter;      // BPF, empty: every frame
  std::vector<std::uint16_t> ports;
  std::string key_log;
  std::optional<std::uint64_t> flow;
  std::uint64_t memory{FlowLimits{}.memory};  // bytes for one capture; shared out below
  std::string bundle;                         // -o, a directory
  bool json{}, failed{}, all{}, summary{};
  bool verbose{}, quiet{}, colour{};

  /// Completed handshakes are told in full, too.
  [[nodiscard]] bool everything() const { return json ? !failed && !summary : all; }

  // Half of the memory is for the prints of all flows, a quarter for the flows that are under way
  // in the capture, a quarter for those that wait for their partner.
  [[nodiscard]] std::uint64_t most_prints() const {
    return std::clamp<std::uint64_t>(memory / 2 / kPrintWeight, 1, FlowPair::kNone - 1);
  }
  [[nodiscard]] std::uint64_t for_recordings() const { return memory / 4; }
  [[nodiscard]] std::uint64_t for_waiting() const { return memory / 4; }
};

/// Where a third capture, from the middle, has seen what happened: on its client's or its server's
/// side.
struct MiddleSaid {
  bool holds_flow{};
  std::optional<Side> segment;  // towards which end, seen from the middle
  std::string text;             // a sentence
};

/// Between which hops a `trace` of the same server found what answers or drops in its name.
struct TraceSaid {
  std::string server;  // the address that was traced
  std::uint16_t port{};
  std::optional<unsigned> after_hop, before_hop;  // none: the trace named no place
  std::string text;                               // a sentence
  std::string document;                           // the line it was read from
};

/// A flow at both ends, or at one, for as long as it is being told.
struct ComparedFlow {
  JudgedFlow flow;            // of the capture it is told from
  const CaptureNotes* other;  // the other capture's notes
  Side from{};                // whose capture that is
  bool both{};                // it was found at the other end as well
  bool certain{true};         // false: matched by time and addresses alone
  const Ends* ends{};         // if both
  const Pairing* pairing{};   // if both
  MadeBecause made_because{};
  std::optional<MiddleSaid> middle;
  const Conversation* middle_talk{};  // if the third capture holds it
  const TraceSaid* trace{};           // if what happened between the ends is what was traced
  /// Of two connections: what each capture alone says of its own, by end.
  std::array<const Judgement*, 2> apart{};
};

/// What the comparison of two captures came to, beside the flows.
struct ComparedTotals {
  Totals totals;
  FlowCounts counts[2];  // by end
  std::uint64_t matched{}, only_client{}, only_server{};
  std::uint64_t unrelated_client{}, unrelated_server{};  // of hosts the other capture does not know
  /// Flows that memory (or the user, who asked to stop) did not let be compared, by end; and those
  /// of either end that one capture alone says were hung up on.
  std::uint64_t not_compared[2]{}, not_compared_hung_up{};
  std::uint64_t pairs{};          // and flows without a partner: how many numbers there are
  ClockLine clock, middle_clock;  // beside the client's
  bool swapped{}, torn{};         // torn: one of the flows that were told
  bool middle_strange{};          // the third capture holds no flow of either end, or another time
  std::array<CaptureSpan, 3> spans;
  std::optional<CaptureNotes> middle;  // of a third capture
  std::string trace;                   // the trace that was asked, as it was read
  std::vector<std::uint16_t> ports;  // where TLS was expected, those learnt from hellos among them
};

/// A form of telling a comparison.
class CompareReport {
 public:
  CompareReport() = default;
  CompareReport(const CompareReport&) = delete;
  CompareReport& operator=(const CompareReport&) = delete;
  virtual ~CompareReport() = default;
  virtual void flow(const ComparedFlow&) = 0;
  virtual void end(const ComparedTotals&, const CaptureNotes& client,
                   const CaptureNotes& server) = 0;
};

/// Reads, compares, judges and tells.
Exit compare_captures(const CompareOptions&);

/// The same for captures that can be opened again and again, told to `report`; what `verify` uses.
struct CompareInputs {
  std::function<std::unique_ptr<Source>()>
      open[3];  // by end; the last, from the middle, may be empty
  /// Of captures that were part of larger ones: what those held, and whether a flow was torn.
  KindsHeld held[2]{};
  bool torn{};
};
ComparedTotals compare_sources(const CompareInputs&, const CompareOptions&,
                               const std::string& key_log, CompareReport&);

}  // namespace whohungup
