#include "cli/compare_merge.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "capture/filter.h"
#include "cli/report/compare_report.h"

namespace whohungup {
namespace {

Time moved(Time at, std::int64_t seconds) { return at + std::chrono::seconds{seconds}; }

/// By how much the server's stamps are moved for those who read the file.
std::int64_t whole_seconds(const ClockLine& clock) {
  return clock.known ? std::chrono::round<std::chrono::seconds>(clock.offset).count() : 0;
}

std::string clock_words(const ClockLine& clock) {
  if (!clock.known) return "the server's capture";
  return fmt::format(
      "the server's capture; its clock minus the client's is {} ns, gaining {:.3f} ppm",
      clock.offset.count(), clock.drift * 1e6);
}

void describe_interfaces(const FlowsToMerge& flows, std::int64_t offset, Merged& into) {
  for (std::size_t end = 0; end < 2; ++end) {
    std::vector<InterfaceNotes> described = flows.notes[end].interfaces;
    if (described.empty()) described.emplace_back();
    for (InterfaceNotes& one : described) {
      one.name = fmt::format("{}{}{}", end == 0 ? "client" : "server", one.name.empty() ? "" : " ",
                             one.name);
      one.description = end == 0 ? "the client's capture" : clock_words(flows.totals.clock);
      into.notes.interfaces.push_back(std::move(one));
      into.time_offsets.push_back(end == 0 ? 0 : -offset);
      ++into.how.interfaces;
      if (end == 0) ++into.how.client_interfaces;
    }
  }
}

/// The packets of one end that were picked, the next of them at hand.
class End {
 public:
  End(const CompareInputs& inputs, const FlowsToMerge& flows, std::size_t end, Filter& filter)
      : source_(inputs.open[end]()),
        packets_(*source_, flows.notes[end], flows.picks[end], filter) {
    fetch();
  }
  [[nodiscard]] bool has() const { return has_; }
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
}

void FlowsToMerge::end(const ComparedTotals& all, const CaptureNotes& client,
                       const CaptureNotes& server) {
  totals = all;
  notes[0] = client;
  notes[1] = server;
}

void merge_captures(const CompareInputs& inputs, const FlowsToMerge& flows,
                    const std::string& expression, Merged& into) {
  const ClockLine& clock = flows.totals.clock;
  const std::int64_t offset = whole_seconds(clock);
  into.words = fmt::format(
      "Two captures of the same flows. The first interfaces are the client's, the others the "
      "server's, whose stamps are as they were captured; {}.",
      clock_sentence(clock, clock.reference));
  describe_interfaces(flows, offset, into);
  into.how.spans = {flows.totals.spans[0], flows.totals.spans[1]};
  CaptureSpan& later = into.how.spans[1];
  later.begin = moved(later.begin, -offset);
  later.end = moved(later.end, -offset);

  Filter filter(expression);
  End client(inputs, flows, 0, filter), server(inputs, flows, 1, filter);
  while (client.has() || server.has()) {
    const bool client_first =
        client.has() &&
        (!server.has() || client.packet().at <= clock.to_client(server.packet().at));
    End& first = client_first ? client : server;
    Packet packet = first.packet();
    const std::uint32_t begin = client_first ? 0 : into.how.client_interfaces;
    const std::uint32_t end = client_first ? into.how.client_interfaces : into.how.interfaces;
    packet.interface_id = std::min(begin + packet.interface_id, end - 1);
    if (!client_first) packet.at = moved(packet.at, -offset);
    into.packets.add(packet, into.notes.interfaces);
    ++into.number;
    first.fetch();
  }
  into.notes.packets = into.number;
}

}  // namespace whohungup
