#include "cli/read.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>

#include "capture/filter.h"
#include "capture/source.h"
#include "cli/interrupt.h"
#include "cli/judge_flows.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/read_keep.h"
#include "cli/report/escape.h"
#include "cli/report/json.h"
#include "cli/report/story.h"
#include "cli/report/text.h"
#include "cli/report/words.h"
#include "dissect/decode.h"
#include "dissect/flow_table.h"

namespace whohungup {
namespace {

// Packets looked at together: enough that what is done once for them costs nothing, few enough
// that all of them stay in the first-level cache.
constexpr std::size_t kBatch = FlowTable::kMostAhead;

/// The story of one flow and nothing else.
class StoryReport : public Report {
 public:
  StoryReport(Output& out, const ReadOptions& ask) : out_(out), ask_(ask) {}
  void flow(const JudgedFlow& flow) override {
    out_.write(story(flow, Style(ask_.colour, ask_.columns), ask_.numeric));
  }
  void end(const Totals&, const FlowCounts&, const CaptureNotes&) override {}

 private:
  Output& out_;
  const ReadOptions& ask_;
};

std::unique_ptr<Report> make_report(const ReadOptions& ask, Output& out) {
  if (ask.json)
    return std::make_unique<JsonReport>(
        out, JsonReport::Options{.failed_only = ask.failed, .summary_only = ask.summary});
  if (ask.flow) return std::make_unique<StoryReport>(out, ask);
  return std::make_unique<TextReport>(out,
                                      TextReport::Options{.all = ask.all,
                                                          .summary = ask.summary,
                                                          .sentences = ask.verbose,
                                                          .numeric = ask.numeric,
                                                          .style = Style(ask.colour, ask.columns)});
}

FlowTable::Options table_options(const ReadOptions& ask) {
  FlowTable::Options options;
  options.ports = ask.ports;
  options.limits.memory = ask.memory;
  // Completed flows that nobody will look at are counted and forgotten.
  const bool whole_list = ask.json ? !ask.failed && !ask.summary : ask.all && !ask.summary;
  const bool kept = !ask.bundle.empty() || !ask.packets_file.empty();
  options.forget_completed = !whole_list && !ask.flow && !kept && ask.key_log.empty();
  std::random_device random;
  for (std::uint64_t& key : options.hash_key) key = (std::uint64_t{random()} << 32U) | random();
  return options;
}

std::string read_key_log(const std::string& path) {
  if (path.empty()) return {};
  if (std::filesystem::is_directory(path))
    throw CaptureError(fmt::format("the key log {} is a directory; name a file", harmless(path)));
  std::ifstream file(path, std::ios::binary);
  std::string lines{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad())
    throw CaptureError(fmt::format("cannot read the key log {}", harmless(path)));
  return lines;
}

Filter make_filter(const std::string& expression) {
  Filter filter(expression);
  if (!filter.problem().empty())
    throw UsageError(
        fmt::format("the filter \"{}\" makes no sense: {}", expression, filter.problem()));
  return filter;
}

bool reads_standard_input(const ReadOptions& ask) {
  return std::find(ask.files.begin(), ask.files.end(), "-") != ask.files.end();
}

/// The way of a frame that has to be decoded to its flow; counts it where it ends before.
void decode_and_add(const Packet& packet, Decoder& decoder, FlowTable& flows, Totals& totals) {
  const Decoded decoded = decoder.decode(packet);
  if (const auto* segment = std::get_if<Segment>(&decoded)) {
    if (segment->header.captured_len < segment->header.payload_len) ++totals.cut_segments;
    if (segment->header.tunnelled) [[unlikely]]
      flows.add(*segment, decoder.outer_path());
    else
      flows.add(*segment);
  } else if (const auto* error = std::get_if<IcmpError>(&decoded)) {
    flows.add(*error);
  } else {
    ++totals.skipped[static_cast<std::size_t>(std::get<Skipped>(decoded).why)];
  }
}

void warn_of_damage(const CaptureNotes& notes) {
  for (const Damage& damage : notes.damage)
    fmt::print(stderr,
               "whohungup: {}: damaged at byte {}, after frame {}: {}; judged up to there\n",
               harmless(damage.file), damage.offset, damage.after_frame, harmless(damage.what));
}

/// A key log that opens nothing is the wrong one, or of the wrong moment.
void warn_of_key_log(const ReadOptions& ask, const Totals& totals) {
  if (!totals.key_log || totals.key_log->matched > 0) return;
  const KeyLogUse& log = *totals.key_log;
  std::string what = fmt::format("has secrets of {}, and none of them is a handshake judged here",
                                 counted(log.sessions, "session"));
  if (log.sessions == 0)
    what = fmt::format("has no secrets: {} in it, none of a key log",
                       counted(log.ignored_lines, "line"));
  fmt::print(stderr, "whohungup: the key log {} {}\n", harmless(ask.key_log), what);
}

Exit exit_status(const ReadOptions& ask, const Totals& totals, std::uint64_t judged) {
  if (judged == 0) return Exit::NothingToJudge;
  if (ask.flow && totals.judged == 0)
    throw UsageError(
        fmt::format("there is no flow {}: the flows judged are 0 to {}", *ask.flow, judged - 1));
  return totals.hung_up > 0 ? Exit::HungUp : Exit::Completed;
}

/// From frames to verdicts.
SourceJudged judge_all(Source& source, const ReadOptions& ask, Filter& filter,
                       std::string_view key_log, Report& report, FlowsToKeep& keep) {
  // Frames become segments; segments gather in flows. A flow is told to the judge as soon as
  // nothing that may still come can change how it ended.
  Judge judge(ask, source.notes(), key_log, report, keep);
  FlowTable flows(table_options(ask), judge);
  Decoder decoder;
  {
    Progress progress(source, !ask.quiet && is_terminal(2) && worth_a_progress_bar(ask.files));
    std::array<Packet, kBatch> batch;
    const bool takes_all = filter.wants_all() && !keep.wants_packets();
    std::size_t count = 0;
    Source::Next next{};
    while (!(ask.interruptible && interrupted()) && !judge.satisfied() &&
           (next = source.next_batch(batch, count)) != Source::Next::End) {
      progress.step(count);
      if (next != Source::Next::Got) {
        flows.advance(batch.front().at);
        judge.flush();  // nobody is to wait for what is certain
        continue;
      }
      flows.look_at({batch.data(), count});
      for (std::size_t i = 0; i < count; ++i) {
        if (takes_all) {
          i = flows.take(i, count);
          if (i == count) break;
        } else {
          flows.advance(batch[i].at);
          keep.pass(batch[i], source.notes());
          if (!filter.wants(batch[i])) {
            ++judge.totals().filtered_out;
            continue;
          }
          if (flows.take(i)) continue;
        }
        decode_and_add(batch[i], decoder, flows, judge.totals());
      }
    }
  }

  // Beyond this point no packet is added and nothing outside the process is consulted.
  if (!judge.satisfied()) flows.finish(source.notes().quality);
  judge.totals().interrupted = interrupted();
  judge.close_totals();
  report.end(judge.totals(), flows.counts(), source.notes());
  return {judge.totals(), judge.judged()};
}

}  // namespace

SourceJudged judge_source(Source& source, const ReadOptions& ask, Report& report) {
  Filter filter = make_filter(ask.filter);
  FlowsToKeep keep(ask);
  SourceJudged judged = judge_all(source, ask, filter, {}, report, keep);
  keep.write(source.notes(), filter, source.notes().key_log);
  return judged;
}

Exit read_captures(const ReadOptions& ask) {
  Filter filter = make_filter(ask.filter);
  const std::string key_log = read_key_log(ask.key_log);
  FlowsToKeep keep(ask);

  // Frames, numbered as mergecap would number those of all files together.
  const std::unique_ptr<Source> source = open_saved(ask.files, ask.threads > 1, keep.sums());
  Output out(reads_standard_input(ask));
  const std::unique_ptr<Report> report = make_report(ask, out);
  const SourceJudged judged = judge_all(*source, ask, filter, key_log, *report, keep);
  out.flush();
  keep.write(source->notes(), filter, key_log + '\n' + source->notes().key_log);
  if (!ask.quiet) {
    warn_of_damage(source->notes());
    warn_of_key_log(ask, judged.totals);
  }
  return exit_status(ask, judged.totals, judged.flows);
}

}  // namespace whohungup
