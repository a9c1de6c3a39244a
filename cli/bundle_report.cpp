#include "cli/bundle_report.h"

#include <fmt/core.h>

#include "cli/report/json.h"

namespace whohungup {
namespace {

// A page is some 60 kB. Nobody opens a thousand; the list and report.json name all flows.
constexpr std::size_t kMostPages = 1000;

std::vector<std::string> source_lines(const BundleOrder& order) {
  std::vector<std::string> lines;
  for (const InputFile& input : order.inputs)
    lines.push_back(order.anonymize ? "Taken from an input whose name is left out"
                                    : taken_from(input));
  if (!order.live_interface.empty())
    lines.push_back(order.anonymize ? "Caught live" : "Caught live on " + order.live_interface);
  if (order.stopped_early) lines.emplace_back(kStoppedEarly);
  return lines;
}

}  // namespace

BundleReport::BundleReport(BundleFiles& files, const BundleOrder& order, CitedComments& comments)
    : files_(files), order_(order), comments_(comments), json_(files.create("report.json")) {
  own_.sources = source_lines(order);
  own_.anonymized = order.anonymize;
  marks_ = {order.anonymize, order.stopped_early};
  if (order.renumbered != nullptr) own_.original_frames = *order.renumbered;
  listed_ = own_;
  listed_.index_page = "../report.html";
  listed_.folder = "../";
}

void BundleReport::flow(const JudgedFlow& flow) {
  comments_.add(flow);
  put(flow_line(writer_, flow));
  entries_.push_back(flow_entry(flow));
  if (entries_.size() > kMostPages) return;
  if (entries_.size() == 1) {  // whether it is the only one is known when the next comes
    only_page_ = html_page(flow, own_);
    only_summary_ = flow_summary(flow, marks_);
    first_page_ = html_page(flow, listed_);
    return;
  }
  if (entries_.size() == 2) write_page(entries_.front(), first_page_);
  write_page(entries_.back(), html_page(flow, listed_));
}

void BundleReport::end(const Totals& totals, const FlowCounts& counts, const CaptureNotes& notes) {
  Totals all = totals;
  all.interrupted = order_.stopped_early;
  if (entries_.size() != 1) put(summary_line(writer_, all, counts, notes));
  finish(all);
}

void BundleReport::finish(const Totals& totals) {
  totals_ = totals;
  const bool single = entries_.size() == 1;
  files_.write("report.html", single ? only_page_ : html_index(entries_, totals, own_));
  files_.write("summary.txt", single ? only_summary_ : flows_summary(entries_, totals, marks_));
  json_->flush();
}

BundleSummary BundleReport::summary(std::uint64_t packets) const {
  BundleSummary summary{packets, totals_.judged, totals_.hung_up, {}};
  for (const FlowEntry& entry : entries_)
    if (summary.codes.size() < kMostBundleCodes) summary.codes.push_back(entry.code);
  return summary;
}

void BundleReport::put(std::string_view line) {
  json_->write({reinterpret_cast<const std::uint8_t*>(line.data()), line.size()});
}

void BundleReport::write_page(FlowEntry& entry, const std::string& page) {
  entry.page = fmt::format("flows/flow-{}.html", entry.index);
  files_.write(entry.page, page);
}

}  // namespace whohungup
