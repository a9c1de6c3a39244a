// Written in two comparisons: the first, of the inputs, says which flows are of interest; the
// second, of their merged packets, is the one that is reported. Whoever verifies has that one made
// again.
#include "cli/compare_bundle.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include "cli/bundle_about.h"
#include "cli/bundle_keeper.h"
#include "cli/bundle_report.h"
#include "cli/compare_merge.h"
#include "cli/report/compare_report.h"

namespace whohungup {
namespace {

/// Has the flows told as those of any bundle, and what became of their packets put into comments.
class Telling : public CompareReport {
 public:
  Telling(BundleFiles& files, const BundleOrder& order, CitedComments& comments)
      : report_(files, order, comments), comments_(comments) {}

  void flow(const ComparedFlow& flow) override {
    report_.flow({flow.flow.index, flow.flow.talk, flow.flow.judgement, flow.flow.notes, &flow});
    if (!flow.both) return;
    for (const Sighting& seen : flow.pairing->packets) note(flow, seen);
  }
  void end(const ComparedTotals& totals, const CaptureNotes&, const CaptureNotes&) override {
    report_.finish(totals.totals);
  }

  std::map<FrameNo, std::uint64_t> ids;  // the same for both sightings of a packet

 private:
  void note(const ComparedFlow& flow, const Sighting& seen) {
    const bool both = seen.client != Sighting::kNone && seen.server != Sighting::kNone;
    const std::string words = fate_words(flow, seen);
    ++next_id_;
    for (const Side end : {Side::Client, Side::Server}) {
      if (seen.at(end) == Sighting::kNone) continue;
      const FrameNo frame =
          flow.ends->at(end).segments[static_cast<std::size_t>(seen.at(end))].frame();
      if (both) ids.try_emplace(frame, next_id_);
      comments_.add(frame, words);
    }
  }

  BundleReport report_;
  CitedComments& comments_;
  std::uint64_t next_id_{};
};

/// All flows of the merged capture were picked, so all are told.
CompareOptions everything(const Halves& how, const std::string& trace_file) {
  CompareOptions ask;
  ask.all = ask.json = true;
  ask.ports = how.ports;
  ask.trace_file = trace_file;
  return ask;
}

std::unique_ptr<FlowsToMerge> pick_flows(const CompareInputs& inputs, CompareOptions ask,
                                         const std::string& key_log) {
  ask.json = false;
  auto flows = std::make_unique<FlowsToMerge>(!ask.all && !ask.flow);
  compare_sources(inputs, ask, key_log, *flows);
  if (flows->flows > 0) return flows;
  ask.all = true;  // none failed: then all
  flows = std::make_unique<FlowsToMerge>(false);
  compare_sources(inputs, ask, key_log, *flows);
  return flows;
}

/// What of both captures together a judgement depends on.
JudgedWith judged_with(const Halves& how) {
  const CaptureSpan &client = how.spans[0], &server = how.spans[1];
  JudgedWith with;
  with.ports = how.ports;
  with.quality.complete = client.complete && server.complete;
  if (client.dropped || server.dropped)
    with.quality.dropped = client.dropped.value_or(0) + server.dropped.value_or(0);
  const bool client_empty = client.begin == Time{}, server_empty = server.begin == Time{};
  with.quality.begin = client_empty   ? server.begin
                       : server_empty ? client.begin
                                      : std::min(client.begin, server.begin);
  with.quality.end = std::max(client.end, server.end);
  return with;
}

}  // namespace

void write_compare_bundle(const CompareInputs& inputs, const std::vector<InputFile>& files,
                          const CompareOptions& ask, const std::string& key_log) {
  FolderKeeper keeper(ask.bundle, {});
  const auto flows = pick_flows(inputs, ask, key_log);
  Merged merged;
  merge_captures(inputs, *flows, ask.filter, merged);
  Halves& how = merged.how;
  how.ports = flows->totals.ports;
  how.torn = flows->totals.torn;

  BundleOrder order;
  order.directory = ask.bundle;
  order.ports = how.ports;
  order.others_secrets = key_log;
  order.inputs = files;
  BundleFolder folder(keeper);
  CitedComments comments;
  Telling telling(folder, order, comments);
  compare_sources(take_apart([&] { return merged.packets.read_again(); }, how),
                  everything(how, ask.trace_file), key_log, telling);
  const JudgedWith with = judged_with(how);
  merged.notes.quality = with.quality;
  AnnotatedCapture capture{merged.notes, {}, {}, merged.words, merged.time_offsets, telling.ids};
  write_annotated(*folder.create(kMergedCapture), *merged.packets.read_again(), capture, comments);
  folder.write(kHalvesFile, halves_json(how));
  if (!flows->totals.trace.empty()) folder.write(kTraceFile, flows->totals.trace + "\n");
  folder.write("about.json", about_json({order, merged.notes, with, merged.number, {}}));
  folder.write_sums();
  folder.publish();
}

bool is_compare_bundle(const std::string& directory) {
  return std::filesystem::exists(directory + "/" + kHalvesFile);
}

void compare_bundle_again(const std::string& directory, const BundleOrder& order,
                          const std::string& key_log, BundleFiles& files, CitedComments& comments) {
  const Halves how = read_halves(directory + "/" + kHalvesFile);
  const std::string capture = directory + "/" + kMergedCapture;
  Telling telling(files, order, comments);
  const std::string trace = directory + "/" + kTraceFile;
  compare_sources(take_apart([&] { return open_saved(std::vector{capture}); }, how),
                  everything(how, std::filesystem::exists(trace) ? trace : std::string()), key_log,
                  telling);
}

}  // namespace whohungup
