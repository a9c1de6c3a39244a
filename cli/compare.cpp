// Two readings: the first takes a print of every flow, finds the partners and the clocks; the
// second follows the flows that are told, walking through both captures side by side in corrected
// time, so that partners become certain close to each other and few flows wait.
#include "cli/compare.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "capture/source.h"
#include "cli/bundle_inputs.h"
#include "cli/bundle_keeper.h"
#include "cli/bundle_pick.h"
#include "cli/compare_bundle.h"
#include "cli/compare_flows.h"
#include "cli/compare_reader.h"
#include "cli/compare_trace.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/report/compare_report.h"
#include "cli/report/escape.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

/// Ports where TLS was met in one capture are looked at in the other, too: there its hello may be
/// missing, and nothing else would tell that a silent connection is of interest.
constexpr std::size_t kMostPorts = 256;

void learn_ports(CompareOptions& ask, const CaptureRead& read) {
  for (const FlowPrint& print : read.prints) {
    const std::uint16_t port = print.server.port;
    if (print.hello == 0 || is_usual_tls_port(port) || is_usual_starttls_port(port)) continue;
    if (std::find(ask.ports.begin(), ask.ports.end(), port) == ask.ports.end() &&
        ask.ports.size() < kMostPorts)
      ask.ports.push_back(port);
  }
}

/// Flows are numbered in the order in which they begin, the client's first; in which order they
/// were told depends on what is asked for.
void number_by_frames(Overview& seen) {
  const auto key = [&](const FlowPair& pair) {
    const bool at_client = pair.client != FlowPair::kNone;
    const FlowPrint& print =
        at_client ? seen.ends[0].prints[pair.client] : seen.ends[1].prints[pair.server];
    return std::pair(!at_client, print.first_frame);
  };
  std::stable_sort(seen.match.pairs.begin(), seen.match.pairs.end(),
                   [&](const FlowPair& a, const FlowPair& b) { return key(a) < key(b); });
}

/// Whether a third capture is rather the rest of one of the others.
bool is_strange(const Overview& seen) {
  if (!seen.middle || seen.middle->prints.empty()) return seen.middle.has_value();
  const bool apart =
      std::any_of(std::begin(seen.ends), std::end(seen.ends), [&](const CaptureRead& end) {
        return seen.middle->span.begin >= end.span.end || seen.middle->span.end <= end.span.begin;
      });
  return seen.to_middle.matched + seen.from_middle.matched == 0 ||
         (apart && !seen.to_middle.clock.known);
}

Overview look_over(const CompareInputs& inputs, CompareOptions& ask, const std::string& key_log) {
  Overview seen;
  seen.ends[0] = read_prints(inputs.open[0](), ask, key_log);
  learn_ports(ask, seen.ends[0]);
  seen.ends[1] = read_prints(inputs.open[1](), ask, key_log);
  const std::size_t ports = ask.ports.size();
  learn_ports(ask, seen.ends[1]);
  if (ask.ports.size() != ports) seen.ends[0] = read_prints(inputs.open[0](), ask, key_log);
  for (std::size_t end = 0; end < 2; ++end) seen.ends[end].span.holds.add(inputs.held[end]);
  seen.torn = inputs.torn;
  seen.match = match_flows(seen.ends[0].prints, seen.ends[1].prints);
  number_by_frames(seen);
  if (inputs.open[2]) {
    seen.middle = read_prints(inputs.open[2](), ask, key_log);
    seen.to_middle = match_flows(seen.ends[0].prints, seen.middle->prints);
    seen.from_middle = match_flows(seen.middle->prints, seen.ends[1].prints);
  }
  return seen;
}

/// Reads all captures again, always on with the one that is behind by the corrected clocks.
ComparedTotals walk_together(const CompareInputs& inputs, const CompareOptions& ask,
                             const std::string& key_log, const Overview& seen,
                             CompareReport& report) {
  FlowsTogether flows(seen, ask, report);
  CompareReader client(
      inputs.open[0](), ask, key_log, [&](Conversation& talk) { flows.hear(0, talk); },
      flows.wanted(0));
  CompareReader server(
      inputs.open[1](), ask, key_log, [&](Conversation& talk) { flows.hear(1, talk); },
      flows.wanted(1));
  flows.set_notes(client.notes(), server.notes());
  std::unique_ptr<CompareReader> middle;
  if (inputs.open[2])
    middle = std::make_unique<CompareReader>(
        inputs.open[2](), ask, key_log, [&](Conversation& talk) { flows.hear(2, talk); },
        flows.wanted(2));
  bool client_goes_on = true, server_goes_on = true, middle_goes_on = middle != nullptr;
  while (client_goes_on || server_goes_on || middle_goes_on) {
    const Time here = client.now(), there = seen.match.clock.to_client(server.now());
    if (client_goes_on && (here <= there || !server_goes_on))
      client_goes_on = client.step();
    else if (server_goes_on)
      server_goes_on = server.step();
    if (middle_goes_on) {
      const bool last = !client_goes_on && !server_goes_on;
      while (middle_goes_on &&
             (last || seen.to_middle.clock.to_client(middle->now()) <= std::max(here, there)))
        middle_goes_on = middle->step();
    }
  }
  ComparedTotals totals = flows.totals();
  totals.middle_strange = is_strange(seen);
  if (middle) totals.middle = middle->notes();
  report.end(totals, client.notes(), server.notes());
  return totals;
}

std::string read_text(const std::string& path) {
  if (path.empty()) return {};
  std::ifstream file(path, std::ios::binary);
  if (!file) throw CaptureError(fmt::format("cannot read the key log {}", harmless(path)));
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The packets of what can be read once only, and what was known of it at its end.
struct PutAside {
  PacketSpool packets;
  CaptureNotes notes;
};

class AgainSource : public Source {
 public:
  explicit AgainSource(PutAside& aside)
      : packets_(aside.packets.read_again()), notes_(aside.notes) {}
  Next next(Packet& packet) override { return packets_->next(packet); }
  [[nodiscard]] const CaptureNotes& notes() const override { return notes_; }

 private:
  std::unique_ptr<Source> packets_;
  const CaptureNotes& notes_;
};

std::function<std::unique_ptr<Source>()> opener(const std::vector<std::string>& files,
                                                std::vector<std::unique_ptr<PutAside>>& aside,
                                                ReadSums* sums) {
  if (files.empty()) return {};
  if (std::none_of(files.begin(), files.end(), can_be_read_once))
    return [files] { return open_saved(files); };
  PutAside& here = *aside.emplace_back(std::make_unique<PutAside>());
  const auto source = open_saved(files, false, sums);
  Packet packet;
  Source::Next next{};
  while (!interrupted() && (next = source->next(packet)) != Source::Next::End)
    if (next == Source::Next::Got) here.packets.add(packet, source->notes().interfaces);
  here.notes = source->notes();
  return [&here] { return std::make_unique<AgainSource>(here); };
}

/// The inputs whose packets go into a bundle; none where none is wanted.
std::vector<std::string> bundled_files(const CompareOptions& ask) {
  std::vector<std::string> files;
  if (ask.bundle.empty()) return files;
  files = ask.client_files;
  files.insert(files.end(), ask.server_files.begin(), ask.server_files.end());
  files.insert(files.end(), ask.middle_files.begin(), ask.middle_files.end());
  return files;
}

void warn(const CompareOptions& ask, const ComparedTotals& totals, const CaptureNotes& client,
          const CaptureNotes& server) {
  if (ask.quiet) return;
  for (const CaptureNotes* notes : {&client, &server})
    for (const Damage& damage : notes->damage)
      fmt::print(stderr, "whohungup: {}\n", harmless(describe(damage)));
  if (totals.not_compared[0] + totals.not_compared[1] > 0)
    fmt::print(stderr,
               "whohungup: {} of the client's capture and {} of the server's were not compared{}\n",
               counted(totals.not_compared[0], "flow"), totals.not_compared[1],
               totals.totals.interrupted ? "" : "; --memory allows no more");
  if (totals.middle_strange)
    fmt::print(stderr,
               "whohungup: the third capture holds no flow of the other two at their time; if it "
               "goes on where one of them ends, name it with --client or --server\n");
  if (ask.json && found_nothing(totals))
    fmt::print(stderr, "whohungup: {}\n", nothing_found(totals));
  if (totals.swapped)
    fmt::print(stderr,
               "whohungup: by their TTLs the first capture was made at the server and the second "
               "at the client: are they swapped? The client's comes first\n");
}

/// Passes everything on, and keeps what is said at the end.
class Ending : public CompareReport {
 public:
  Ending(CompareReport& next, const CompareOptions& ask) : next_(next), ask_(ask) {}
  void flow(const ComparedFlow& flow) override { next_.flow(flow); }
  void end(const ComparedTotals& totals, const CaptureNotes& client,
           const CaptureNotes& server) override {
    next_.end(totals, client, server);
    warn(ask_, totals, client, server);
  }

 private:
  CompareReport& next_;
  const CompareOptions& ask_;
};

Exit exit_status(const CompareOptions& ask, const ComparedTotals& totals) {
  const std::uint64_t all = totals.matched + totals.only_client + totals.only_server +
                            totals.unrelated_client + totals.unrelated_server +
                            totals.not_compared[0] + totals.not_compared[1];
  if (all == 0) return Exit::NothingToJudge;
  if (ask.flow && *ask.flow >= totals.pairs)
    throw UsageError(fmt::format("there is no flow {}: the flows compared are 0 to {}", *ask.flow,
                                 totals.pairs - 1));
  return totals.totals.hung_up + totals.not_compared_hung_up > 0 ? Exit::HungUp : Exit::Completed;
}

}  // namespace

ComparedTotals compare_sources(const CompareInputs& inputs, const CompareOptions& given,
                               const std::string& key_log, CompareReport& report) {
  CompareOptions ask = given;
  Overview seen = look_over(inputs, ask, key_log);
  if (!ask.trace_file.empty()) seen.trace = read_trace(ask.trace_file);
  ComparedTotals totals = walk_together(inputs, ask, key_log, seen, report);
  totals.ports = ask.ports;
  return totals;
}

Exit compare_captures(const CompareOptions& ask) {
  const std::string key_log = read_text(ask.key_log);
  if (!ask.bundle.empty()) refuse_existing(ask.bundle);
  InputSums sums(bundled_files(ask));
  std::vector<std::unique_ptr<PutAside>> aside;
  CompareInputs inputs;
  inputs.open[0] = opener(ask.client_files, aside, sums.while_reading());
  inputs.open[1] = opener(ask.server_files, aside, sums.while_reading());
  inputs.open[2] = opener(ask.middle_files, aside, nullptr);
  Output out(false);
  const std::unique_ptr<CompareReport> report = make_compare_report(ask, out);
  Ending ending(*report, ask);
  const ComparedTotals totals = compare_sources(inputs, ask, key_log, ending);
  out.flush();
  const Exit status = exit_status(ask, totals);
  if (!ask.bundle.empty() && status != Exit::NothingToJudge)
    write_compare_bundle(inputs, sums.files(), ask, key_log);
  return status;
}

}  // namespace whohungup
