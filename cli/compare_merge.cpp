#include "cli/compare_merge.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string_view>

#include "capture/filter.h"
#include "cli/report/compare_report.h"

namespace whohungup {
namespace {

Time moved(Time at, std::int64_t seconds) { return at + std::chrono::seconds{seconds}; }

constexpr std::string_view kNames[] = {"client", "server", "middle"};
constexpr std::size_t kMiddle = 2;

/// A capture's clock beside the client's.
ClockLine clock_of(const FlowsToMerge& flows, std::size_t capture) {
  return capture == 0         ? ClockLine{}
         : capture == kMiddle ? flows.totals.middle_clock
                              : flows.totals.clock;
}

/// By how much its stamps are moved for those who read the file.
std::int64_t whole_seconds(const ClockLine& clock) {
  return clock.known ? std::chrono::round<std::chrono::seconds>(clock.offset).count() : 0;
}

std::string describe_capture(const FlowsToMerge& flows, std::size_t capture) {
  const ClockLine clock = clock_of(flows, capture);
  std::string text = capture == kMiddle ? std::string("the capture from the middle")
                                        : fmt::format("the {}'s capture", kNames[capture]);
  if (!clock.known) return text;
  return fmt::format("{}; its clock minus the client's is {} ns, gaining {:.3f} ppm", text,
                     clock.offset.count(), clock.drift * 1e6);
}

/// Returns where each capture's interfaces begin, and behind the last where they end.
std::vector<std::uint32_t> describe_interfaces(const FlowsToMerge& flows, Merged& into) {
  std::vector<std::uint32_t> begins{0};
  for (std::size_t capture = 0; capture < flows.captures(); ++capture) {
    std::vector<InterfaceNotes> described = flows.notes[capture].interfaces;
    if (described.empty()) described.emplace_back();
    for (InterfaceNotes& one : described) {
      one.name = fmt::format("{}{}{}", kNames[capture], one.name.empty() ? "" : " ", one.name);
      one.description = describe_capture(flows, capture);
      into.notes.interfaces.push_back(std::move(one));
      into.time_offsets.push_back(-whole_seconds(clock_of(flows, capture)));
    }
    begins.push_back(static_cast<std::uint32_t>(into.notes.interfaces.size()));
  }
  into.how.client_interfaces = begins[1];
  into.how.interfaces = begins.back();
  into.how.middle_interfaces = begins.back() - begins[2];
  return begins;
}

/// The packets of one capture that were picked, the next of them at hand.
class Picked {
 public:
  Picked(const CompareInputs& inputs, const FlowsToMerge& flows, std::size_t capture,
         Filter& filter)
      : source_(inputs.open[capture]()),
        packets_(*source_, flows.notes[capture], flows.picks[capture], filter),
        clock_(clock_of(flows, capture)) {
    fetch();
  }
  [[nodiscard]] bool has() const { return has_; }
  /// When the next packet was captured, by the client's clock.
  [[nodiscard]] Time due() const { return clock_.to_client(packet_.at); }
  [[nodiscard]] const Packet& packet() const { return packet_; }
  void fetch() {
    Source::Next next{};
    while ((next = packets_.next(packet_)) == Source::Next::Idle) {
    }
    has_ = next == Source::Next::Got;
    if (!has_) return;
    bytes_.assign(packet_.bytes.begin(), packet_.bytes.end());
    packet_.bytes = bytes_;
  }

 private:
  std::unique_ptr<Source> source_;
  PickedPackets packets_;
  ClockLine clock_;
  Packet packet_;
  std::vector<std::uint8_t> bytes_;
  bool has_{};
};

}  // namespace

void FlowsToMerge::flow(const ComparedFlow& flow) {
  if (failed_only_ && !flow.flow.verdict().failed()) return;
  ++flows;
  if (!flow.both) {
    picks[static_cast<std::size_t>(flow.from)].add(flow.flow.talk);
    return;
  }
  picks[0].add(flow.ends->client);
  picks[1].add(flow.ends->server);
  if (flow.middle_talk != nullptr) picks[kMiddle].add(*flow.middle_talk);
}

void FlowsToMerge::end(const ComparedTotals& all, const CaptureNotes& client,
                       const CaptureNotes& server) {
  totals = all;
  notes[0] = client;
  notes[1] = server;
  if (all.middle) notes[kMiddle] = *all.middle;
}

void merge_captures(const CompareInputs& inputs, const FlowsToMerge& flows,
                    const std::string& expression, Merged& into) {
  const ClockLine& clock = flows.totals.clock;
  into.words = fmt::format(
      "Captures of the same flows. The first interfaces are the client's, the next the server's{}, "
      "whose stamps are as they were captured; {}.",
      flows.totals.middle ? ", the last those of a capture from the middle" : "",
      clock_sentence(clock, clock.reference));
  const std::vector<std::uint32_t> begins = describe_interfaces(flows, into);
  Filter filter(expression);
  std::vector<std::unique_ptr<Picked>> captures;
  for (std::size_t i = 0; i < flows.captures(); ++i) {
    const std::int64_t offset = whole_seconds(clock_of(flows, i));
    into.how.spans[i] = flows.totals.spans[i];
    into.how.spans[i].begin = moved(into.how.spans[i].begin, -offset);
    into.how.spans[i].end = moved(into.how.spans[i].end, -offset);
    for (Stretch& file : into.how.spans[i].stretches)
      file = {moved(file.begin, -offset), moved(file.end, -offset)};
    captures.push_back(std::make_unique<Picked>(inputs, flows, i, filter));
  }
  for (;;) {
    std::size_t first = captures.size();
    for (std::size_t i = 0; i < captures.size(); ++i)
      if (captures[i]->has() &&
          (first == captures.size() || captures[i]->due() < captures[first]->due()))
        first = i;
    if (first == captures.size()) break;
    Packet packet = captures[first]->packet();
    packet.interface_id = std::min(begins[first] + packet.interface_id, begins[first + 1] - 1);
    packet.at = moved(packet.at, -whole_seconds(clock_of(flows, first)));
    into.packets.add(packet, into.notes.interfaces);
    ++into.number;
    captures[first]->fetch();
  }
  into.notes.packets = into.number;
}

}  // namespace whohungup
