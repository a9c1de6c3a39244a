// See compare_bundle.h. The merged file keeps every packet's own stamp; how far the server's clock
// is off is said in whole seconds by an option that readers apply, and exactly in words.
#include "cli/compare_bundle.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "capture/filter.h"
#include "capture/pcapng_writer.h"
#include "cli/bundle.h"
#include "cli/bundle_about.h"
#include "cli/bundle_capture.h"
#include "cli/bundle_keeper.h"
#include "cli/bundle_pick.h"
#include "cli/bundle_report.h"
#include "cli/bundle_summary.h"
#include "cli/report/compare_report.h"
#include "cli/report/escape.h"
#include "cli/report/html.h"
#include "cli/report/json.h"

namespace whohungup {
namespace {

constexpr const char* kCapture = "flow.pcapng";
constexpr const char* kHow = "comparison.json";
constexpr std::size_t kMostPages = 1000;  // as in other bundles

/// What is learnt of the flows while they are told from the inputs.
class Picking : public CompareReport {
 public:
  explicit Picking(bool failed_only) : failed_only_(failed_only) {}

  void flow(const ComparedFlow& flow) override {
    if (failed_only_ && !flow.flow.verdict().failed()) return;
    ++flows;
    if (!flow.both) {
      picks[static_cast<std::size_t>(flow.from)].add(flow.flow.talk);
    } else {
      picks[0].add(flow.ends->client);
      picks[1].add(flow.ends->server);
      for (const Sighting& s : flow.pairing->packets) note(flow, s);
    }
    const auto from = static_cast<std::size_t>(flow.from);
    const Verdict& verdict = flow.flow.verdict();
    comments[from][verdict.event.frame].push_back(fmt::format(
        "verdict {} ({}): {}", verdict.code(), to_string(verdict.confidence), verdict.summary));
  }
  void end(const ComparedTotals& all, const CaptureNotes& client,
           const CaptureNotes& server) override {
    totals = all;
    notes[0] = client;
    notes[1] = server;
  }

  std::array<FlowPick, 2> picks;  // by end
  std::array<std::map<FrameNo, std::vector<std::string>>, 2> comments;
  std::array<std::map<FrameNo, std::uint64_t>, 2> ids;
  std::array<CaptureNotes, 2> notes;
  ComparedTotals totals;
  std::size_t flows{};

 private:
  void note(const ComparedFlow& flow, const Sighting& s) {
    const bool both = s.client != Sighting::kNone && s.server != Sighting::kNone;
    const std::string words = fate_words(flow, s);
    ++next_id_;
    for (const Side end : {Side::Client, Side::Server}) {
      if (s.at(end) == Sighting::kNone) continue;
      const auto place = static_cast<std::size_t>(end);
      const FrameNo frame =
          flow.ends->at(end).segments[static_cast<std::size_t>(s.at(end))].frame();
      if (both) ids[place].try_emplace(frame, next_id_);
      if (!words.empty()) comments[place][frame].push_back(words);
    }
  }
  bool failed_only_;
  std::uint64_t next_id_{};
};

/// One end's half of a merged capture, or that half's packets with what is known of the whole.
class Half : public Source {
 public:
  Half(std::unique_ptr<Source> merged, std::uint32_t first, std::uint32_t end, CaptureSpan span)
      : merged_(std::move(merged)), first_(first), end_(end) {
    notes_.files = {kCapture};
    notes_.quality = {span.complete, span.dropped, span.begin, span.end};
  }
  Next next(Packet& packet) override {
    Next next{};
    while ((next = merged_->next(packet)) == Next::Got) {
      if (packet.interface_id < first_ || packet.interface_id >= end_) continue;
      packet.interface_id -= first_;
      ++notes_.packets;
      notes_.bytes += packet.bytes.size();
      return next;
    }
    return next;
  }
  [[nodiscard]] const CaptureNotes& notes() const override { return notes_; }

 private:
  std::unique_ptr<Source> merged_;
  std::uint32_t first_, end_;
  CaptureNotes notes_;
};

/// How to take the merged capture apart again.
struct How {
  std::uint32_t client_interfaces{}, interfaces{};
  std::array<CaptureSpan, 2> spans;
  std::vector<std::uint16_t> ports;
};

Time moved(Time at, std::int64_t by) { return at + std::chrono::seconds{by}; }

/// Merges the picked packets of both ends in corrected time.
class Merger {
 public:
  Merger(const CompareInputs& inputs, const Picking& picked, const std::string& filter)
      : picked_(picked), offset_(whole_seconds(picked.totals)), filter_(filter) {
    for (std::size_t end = 0; end < 2; ++end) {
      sources_[end] = inputs.open[end]();
      packets_[end] = std::make_unique<PickedPackets>(*sources_[end], picked.notes[end],
                                                      picked.picks[end], filter_);
    }
  }

  How write(ByteOutput& out) {
    PcapngSection section;
    section.application = "whohungup " WHOHUNGUP_VERSION;
    section.os = operating_system();
    section.comment = fmt::format(
        "Two captures of the same flows. The first interfaces are the client's, the others the "
        "server's, whose stamps are as they were captured; {}.",
        clock_sentence(picked_.totals.clock, picked_.totals.clock.reference));
    PcapngWriter writer(out, section);
    How how;
    for (std::size_t end = 0; end < 2; ++end) {
      std::vector<InterfaceNotes> described = picked_.notes[end].interfaces;
      if (described.empty()) described.emplace_back();
      for (const InterfaceNotes& one : described) {
        PcapngInterface interface;
        interface.link = one.link;
        interface.snaplen = one.snaplen;
        interface.name = fmt::format("{}{}{}", end == 0 ? "client" : "server",
                                     one.name.empty() ? "" : " ", one.name);
        interface.description = end == 0 ? "the client's capture" : clock_words();
        if (end == 1) interface.time_offset = -offset_;
        writer.add_interface(interface);
        ++how.interfaces;
        if (end == 0) ++how.client_interfaces;
      }
    }
    how.spans = {picked_.totals.spans[0], picked_.totals.spans[1]};
    how.spans[1].begin = moved(how.spans[1].begin, -offset_);
    how.spans[1].end = moved(how.spans[1].end, -offset_);
    copy(writer, how);
    out.flush();
    return how;
  }

  [[nodiscard]] std::uint64_t packets() const { return written_; }

 private:
  static std::int64_t whole_seconds(const ComparedTotals& totals) {
    if (!totals.clock.known) return 0;
    return std::chrono::round<std::chrono::seconds>(totals.clock.offset).count();
  }
  [[nodiscard]] std::string clock_words() const {
    if (!picked_.totals.clock.known) return "the server's capture";
    return fmt::format(
        "the server's capture; its clock minus the client's is {} ns, gaining {:.3f} "
        "ppm",
        picked_.totals.clock.offset.count(), picked_.totals.clock.drift * 1e6);
  }

  bool fetch(std::size_t end) {
    Source::Next next{};
    while ((next = packets_[end]->next(held_[end])) == Source::Next::Idle) {
    }
    if (next == Source::Next::End) return false;
    bytes_[end].assign(held_[end].bytes.begin(), held_[end].bytes.end());
    held_[end].bytes = bytes_[end];
    return true;
  }

  void copy(PcapngWriter& writer, const How& how) {
    std::array<bool, 2> has{fetch(0), fetch(1)};
    while (has[0] || has[1]) {
      const bool client_first =
          has[0] && (!has[1] || held_[0].at <= picked_.totals.clock.to_client(held_[1].at));
      const std::size_t end = client_first ? 0 : 1;
      Packet packet = held_[end];
      const FrameNo original = packets_[end]->original_frames().back();
      PcapngPacketNotes notes;
      if (const auto id = picked_.ids[end].find(original); id != picked_.ids[end].end())
        notes.packet_id = id->second;
      if (const auto said = picked_.comments[end].find(original);
          said != picked_.comments[end].end())
        notes.comments = said->second;
      std::uint32_t interface = packet.interface_id;
      const std::uint32_t first = end == 0 ? 0 : how.client_interfaces;
      const std::uint32_t last = end == 0 ? how.client_interfaces : how.interfaces;
      interface = std::min(first + interface, last - 1);
      if (end == 1) packet.at = moved(packet.at, -offset_);
      writer.add_packet(packet, interface, notes);
      ++written_;
      has[end] = fetch(end);
    }
  }

  const Picking& picked_;
  std::int64_t offset_;
  Filter filter_;
  std::array<std::unique_ptr<Source>, 2> sources_;
  std::array<std::unique_ptr<PickedPackets>, 2> packets_;
  std::array<Packet, 2> held_;
  std::array<std::vector<std::uint8_t>, 2> bytes_;
  std::uint64_t written_{};
};

std::string how_json(const How& how) {
  JsonWriter json;
  json.open_object().field("schema", "whohungup/1").field("type", "comparison_about");
  json.field("client_interfaces", how.client_interfaces).field("interfaces", how.interfaces);
  json.field("ports", how.ports);
  for (std::size_t end = 0; end < 2; ++end) {
    json.key(end == 0 ? "client" : "server").open_object();
    json.field("begin_ns", how.spans[end].begin.time_since_epoch().count());
    json.field("end_ns", how.spans[end].end.time_since_epoch().count());
    json.field("dropped", how.spans[end].dropped).field("complete", how.spans[end].complete);
    json.close_object();
  }
  return json.close_object().line();
}

/// One value of an object somebody else may have written; false where it is missing or no number.
template <class Number>
bool take(const nlohmann::json& object, const char* key, Number& into) {
  const auto found = object.find(key);
  if (found == object.end()) return false;
  const bool fits = std::is_same_v<Number, bool> ? found->is_boolean() : found->is_number_integer();
  if (fits) into = found->template get<Number>();
  return fits;
}

bool take_span(const nlohmann::json& span, CaptureSpan& into) {
  std::int64_t begin{}, end{};
  if (!take(span, "begin_ns", begin) || !take(span, "end_ns", end)) return false;
  into.begin = Time(Duration(begin));
  into.end = Time(Duration(end));
  std::uint64_t dropped{};
  if (take(span, "dropped", dropped)) into.dropped = dropped;
  return take(span, "complete", into.complete);
}

How read_how(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const auto json = nlohmann::json::parse(file, nullptr, false);
  How how;
  const auto none = nlohmann::json::object();
  const auto part = [&](const char* key) -> const nlohmann::json& {
    return json.contains(key) ? json.at(key) : none;
  };
  bool whole = take(json, "client_interfaces", how.client_interfaces) &&
               take(json, "interfaces", how.interfaces) &&
               take_span(part("client"), how.spans[0]) && take_span(part("server"), how.spans[1]);
  for (const auto& port : part("ports")) {
    whole = whole && port.is_number_unsigned();
    if (whole) how.ports.push_back(port.get<std::uint16_t>());
  }
  if (!whole)
    throw CaptureError(fmt::format("{}: does not say how the two captures were compared", path));
  return how;
}

CompareInputs halves_of(const std::string& capture, const How& how) {
  CompareInputs inputs;
  inputs.open[0] = [capture, how] {
    return std::make_unique<Half>(open_saved(std::vector{capture}), 0, how.client_interfaces,
                                  how.spans[0]);
  };
  inputs.open[1] = [capture, how] {
    return std::make_unique<Half>(open_saved(std::vector{capture}), how.client_interfaces,
                                  how.interfaces, how.spans[1]);
  };
  return inputs;
}

JudgedFlow with_comparison(const ComparedFlow& flow) {
  return {flow.flow.index, flow.flow.talk, flow.flow.judgement, flow.flow.notes, &flow};
}

/// report.json, the pages and summary.txt.
class Writing : public CompareReport {
 public:
  Writing(BundleFolder* folder, HtmlContext context)
      : folder_(folder), context_(std::move(context)) {}

  void flow(const ComparedFlow& flow) override {
    const JudgedFlow judged = with_comparison(flow);
    json += flow_line(writer_, judged);
    if (folder_ == nullptr) return;
    FlowEntry entry = flow_entry(judged);
    if (entries_.size() < kMostPages) {
      HtmlContext below = context_;
      below.folder = "../";
      below.index_page = "../report.html";
      only_page_ = html_page(judged, context_);
      only_summary_ = compare_story(flow, Style(false), false);
      entry.page = fmt::format("flows/flow-{}.html", entry.index);
      pages_.emplace_back(entry.page, html_page(judged, below));
    }
    entries_.push_back(std::move(entry));
  }
  void end(const ComparedTotals& totals, const CaptureNotes&, const CaptureNotes&) override {
    if (folder_ == nullptr) return;
    if (entries_.size() == 1) {
      folder_->write("report.html", only_page_);
      folder_->write("summary.txt", only_summary_);
    } else {
      for (const auto& [name, text] : pages_) folder_->write(name, text);
      folder_->write("report.html", html_index(entries_, totals.totals, context_));
      folder_->write("summary.txt", flows_summary(entries_, totals.totals, false));
    }
    folder_->write("report.json", json);
  }
  std::string json;

 private:
  BundleFolder* folder_;
  HtmlContext context_;
  JsonWriter writer_;
  std::vector<FlowEntry> entries_;
  std::string only_page_, only_summary_;
  std::vector<std::pair<std::string, std::string>> pages_;
};

/// All flows of the merged capture were picked, so all are told.
CompareOptions everything(const How& how) {
  CompareOptions ask;
  ask.all = ask.json = true;
  ask.ports = how.ports;
  return ask;
}

}  // namespace

void write_compare_bundle(const CompareInputs& inputs, const CompareOptions& given,
                          const std::string& key_log) {
  FolderKeeper keeper(given.bundle, {});
  CompareOptions ask = given;
  ask.json = false;
  auto picked = std::make_unique<Picking>(!ask.all && !ask.flow);
  ComparedTotals totals = compare_sources(inputs, ask, key_log, *picked);
  if (picked->flows == 0) {  // none failed: then all
    ask.all = true;
    picked = std::make_unique<Picking>(false);
    totals = compare_sources(inputs, ask, key_log, *picked);
  }
  BundleFolder folder(keeper);
  Merger merger(inputs, *picked, given.filter);
  How how;
  {
    const auto out = folder.create(kCapture);
    how = merger.write(*out);
  }
  how.ports = given.ports;
  for (const std::uint16_t port : totals.ports)
    if (std::find(how.ports.begin(), how.ports.end(), port) == how.ports.end())
      how.ports.push_back(port);
  BundleOrder order;
  order.directory = given.bundle;
  order.ports = how.ports;
  order.others_secrets = key_log;
  std::vector<std::string> files = given.client_files;
  files.insert(files.end(), given.server_files.begin(), given.server_files.end());
  order.inputs = hash_inputs(files);
  HtmlContext context;
  for (const InputFile& input : order.inputs) context.sources.push_back(taken_from(input));
  Writing writing(&folder, context);
  const std::string capture = fmt::format("/proc/self/fd/{}/{}", keeper.folder(), kCapture);
  compare_sources(halves_of(capture, how), everything(how), key_log, writing);
  folder.write(kHow, how_json(how));
  JudgedWith with;
  with.ports = how.ports;
  with.quality = {how.spans[0].complete && how.spans[1].complete, how.spans[0].dropped,
                  how.spans[0].begin, how.spans[0].end};
  const CaptureNotes& original = picked->notes[0];
  folder.write("about.json", about_json({order, original, with, merger.packets(), {}}));
  folder.write_sums();
  folder.publish();
}

bool is_compare_bundle(const std::string& directory) {
  return std::filesystem::exists(directory + "/" + kHow);
}

std::string compare_bundle_again(const std::string& directory, const std::string& key_log) {
  const How how = read_how(directory + "/" + kHow);
  Writing writing(nullptr, {});
  compare_sources(halves_of(directory + "/" + kCapture, how), everything(how), key_log, writing);
  return writing.json;
}

}  // namespace whohungup
