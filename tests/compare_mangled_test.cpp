// Two captures that lost frames must not prove what did not happen: pairs whose truth is known are
// compared with many frames lost at either end, cut off, doubled, and with one end stopped early.
// Whoever is still named for sure has to be who did it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "capture/source.h"
#include "cli/compare.h"
#include "tests/support/capture_bytes.h"
#include "tests/support/spoil.h"

namespace whohungup::test {
namespace {

namespace fs = std::filesystem;

/// How often each pair is mangled.
constexpr std::uint64_t kRounds = 300;

/// Frames kept elsewhere, as a source.
class KeptSource : public Source {
 public:
  explicit KeptSource(std::vector<KeptFrame> frames) : frames_(std::move(frames)) {
    notes_.files = {"kept"};
    notes_.interfaces.resize(1);
    if (frames_.empty()) return;
    notes_.quality.begin = Time{std::chrono::nanoseconds{frames_.front().at}};
    notes_.quality.end = Time{std::chrono::nanoseconds{frames_.back().at}};
  }
  Next next(Packet& packet) override {
    if (next_ == frames_.size()) return Next::End;
    packet = packet_of(frames_[next_++]);
    packet.no = FrameNo{static_cast<std::uint32_t>(next_)};
    packet.interface_id = 0;
    ++notes_.packets;
    notes_.bytes += packet.bytes.size();
    return Next::Got;
  }
  [[nodiscard]] const CaptureNotes& notes() const override { return notes_; }

 private:
  std::vector<KeptFrame> frames_;
  CaptureNotes notes_;
  std::size_t next_{};
};

/// Keeps the verdicts on the flows that were found at both ends.
class Verdicts : public CompareReport {
 public:
  struct One {
    std::string code;
    Actor actor{};
    Confidence confidence{};
    bool both{};
  };
  std::vector<One> all;
  void flow(const ComparedFlow& told) override {
    const Verdict& verdict = told.flow.verdict();
    all.push_back({verdict.code(), verdict.actor, verdict.confidence, told.both});
  }
  void end(const ComparedTotals&, const CaptureNotes&, const CaptureNotes&) override {}
};

using Frames = std::vector<KeptFrame>;

std::vector<Verdicts::One> compare(const Frames& client, const Frames& server) {
  CompareInputs inputs;
  inputs.open[0] = [&] { return std::make_unique<KeptSource>(client); };
  inputs.open[1] = [&] { return std::make_unique<KeptSource>(server); };
  CompareOptions ask;
  ask.all = true;
  ask.ports = {6101, 6102, 6103, 6104, 6105};
  Verdicts verdicts;
  compare_sources(inputs, ask, {}, verdicts);
  return verdicts.all;
}

Frames mangle(const Frames& whole, Lots& lots) {
  Spoiling how;
  how.lost = lots.draw() < 0.2 ? 0 : 0.01 + 0.6 * lots.draw();
  how.doubled = lots.draw() < 0.2 ? 0.2 : 0;
  if (lots.draw() < 0.15) how.snap = short_snap(lots);
  if (lots.draw() < 0.2) how.stops = lots.draw();
  if (lots.draw() < 0.1) how.begins = 0.5 * lots.draw();
  return spoil(whole, how, lots);
}

struct Pair {
  std::string name;
  Frames client, server;
};

void hold(const std::vector<Pair>& pairs) {
  if (pairs.empty()) GTEST_SKIP() << "there are no pairs of captures";
  std::size_t count = 0;
  std::size_t sure = 0;
  for (const Pair& pair : pairs) {
    const std::vector<Verdicts::One> whole = compare(pair.client, pair.server);
    for (std::uint64_t round = 0; round < kRounds; ++round) {
      Lots lots(round);
      const Frames client = mangle(pair.client, lots);
      const Frames server = mangle(pair.server, lots);
      ++count;
      for (const Verdicts::One& now : compare(client, server)) {
        if (!now.both || now.confidence < Confidence::Strong) continue;
        ++sure;
        // A file that ends early cannot be told from one in which nothing came any more, nor two
        // endings of the box's from its first.
        const bool stopped =
            client.back().at < pair.client.back().at || server.back().at < pair.server.back().at;
        const bool next_ending = now.actor == Actor::Middlebox && pair.name == "i_gfw_400";
        if ((stopped && now.confidence == Confidence::Strong) || next_ending) continue;
        const bool same = std::any_of(whole.begin(), whole.end(), [&](const Verdicts::One& then) {
          return then.actor == now.actor;
        });
        std::string left;
        for (const Frames* end : {&client, &server}) {
          left += end == &client ? "client" : ", server";
          for (const KeptFrame& frame : *end) left += " " + std::to_string(frame.no);
        }
        EXPECT_TRUE(same) << pair.name << " in round " << round << ": " << now.code << " "
                          << to_string(now.confidence) << ", left: " << left;
      }
    }
  }
  std::cout << pairs.size() << " pairs, " << count << " manglings, " << sure
            << " verdicts strong or proven\n";
}

TEST(CompareMangled, PairsOfSamplesNameNobodyElse) {
  std::vector<Pair> pairs;
  for (const auto& entry :
       fs::directory_iterator(fs::path(WHOHUNGUP_SOURCE_DIR) / "samples/compare"))
    if (fs::exists(entry.path() / "client.pcap"))
      pairs.push_back({entry.path().filename().string(),
                       drain_files({(entry.path() / "client.pcap").string()}).frames,
                       drain_files({(entry.path() / "server.pcap").string()}).frames});
  hold(pairs);
}

TEST(CompareMangled, PairsOfTheAnatomyNameNobodyElse) {
  const char* shared = std::getenv("WHOHUNGUP_SHARED");
  const fs::path where =
      (shared != nullptr ? fs::path(shared) : fs::path(WHOHUNGUP_SOURCE_DIR) / ".." / "shared") /
      "captures" / "anatomy";
  std::vector<Pair> pairs;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(where, missing)) {
    const std::string server = entry.path().string();
    const std::size_t end = server.rfind(".srv.pcap");
    if (end == std::string::npos) continue;
    const std::string client = server.substr(0, end) + ".pcap";
    if (fs::exists(client))
      pairs.push_back({fs::path(client).stem().string(), drain_files({client}).frames,
                       drain_files({server}).frames});
  }
  hold(pairs);
}

}  // namespace
}  // namespace whohungup::test
