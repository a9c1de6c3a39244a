// `whohungup compare`: two captures of one flow, and what happened in between.
#pragma once

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
  std::uint64_t memory{FlowLimits{}.memory};  // bytes for the flows of one capture
  std::string bundle;                         // -o, a directory
  bool json{}, failed{}, all{}, summary{};
  bool verbose{}, quiet{}, colour{};

  /// Completed handshakes are told in full, too.
  [[nodiscard]] bool everything() const { return json ? !failed && !summary : all; }
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
  const TraceSaid* trace{};  // if what happened between the ends is what was traced
};

/// What the comparison of two captures came to, beside the flows.
struct ComparedTotals {
  Totals totals;
  FlowCounts counts[2];  // by end
  std::uint64_t matched{}, only_client{}, only_server{};
  std::uint64_t unrelated_client{}, unrelated_server{};  // of hosts the other capture does not know
  ClockLine clock;
  bool swapped{};
  bool middle_strange{};  // the third capture holds no flow of either end, or another time
  CaptureSpan spans[2];
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
};
ComparedTotals compare_sources(const CompareInputs&, const CompareOptions&,
                               const std::string& key_log, CompareReport&);

}  // namespace whohungup
