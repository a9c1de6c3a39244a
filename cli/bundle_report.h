// The report of a bundle: report.json, its pages and summary.txt, written while the flows are told.
// Whoever verifies a bundle has the same report written again, and compares.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/bundle.h"
#include "cli/bundle_capture.h"
#include "cli/bundle_folder.h"
#include "cli/bundle_summary.h"
#include "cli/report/html.h"
#include "cli/report/json_writer.h"

namespace whohungup {

/// Of so many flows a summary of what was written names the codes.
inline constexpr std::size_t kMostBundleCodes = 1000;

/// A single flow's page is report.html itself; of several that is the index.
class BundleReport : public Report {
 public:
  /// Of the order it needs the inputs, where they were caught, and what became of frame numbers.
  BundleReport(BundleFiles&, const BundleOrder&, CitedComments&);
  void flow(const JudgedFlow&) override;
  void end(const Totals&, const FlowCounts&, const CaptureNotes&) override;
  /// The same with no last line about the capture in report.json.
  void finish(const Totals&);
  [[nodiscard]] BundleSummary summary(std::uint64_t packets) const;

 private:
  void put(std::string_view line);
  void write_page(FlowEntry& entry, const std::string& page);

  BundleFiles& files_;
  const BundleOrder& order_;
  CitedComments& comments_;
  std::unique_ptr<ByteOutput> json_;
  JsonWriter writer_;
  SummaryMarks marks_;
  HtmlContext own_, listed_;  // for report.html, and for a page in flows/
  std::vector<FlowEntry> entries_;
  std::string only_page_, only_summary_;  // if there is only one flow
  std::string first_page_;                // if there are more
  Totals totals_;
};

}  // namespace whohungup
