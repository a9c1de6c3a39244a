// Pairs of captures kept as lists of frames, so that tests can spoil them, and what compare says of
// them.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "capture/source.h"
#include "cli/compare.h"
#include "tests/support/capture_bytes.h"
#include "tests/support/spoil.h"

namespace whohungup::test {

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

inline std::vector<Verdicts::One> compare_kept(const Frames& client, const Frames& server) {
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

/// Both captures of one connection whose truth is known.
struct KeptPair {
  std::string name;
  Frames client, server;
};

inline std::vector<KeptPair> sample_pairs() {
  std::vector<KeptPair> pairs;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(WHOHUNGUP_SOURCE_DIR) / "samples/compare"))
    if (std::filesystem::exists(entry.path() / "client.pcap"))
      pairs.push_back({entry.path().filename().string(),
                       drain_files({(entry.path() / "client.pcap").string()}).frames,
                       drain_files({(entry.path() / "server.pcap").string()}).frames});
  return pairs;
}

/// The pairs NAME.pcap and NAME.srv.pcap of a folder; none where there is no such folder.
inline std::vector<KeptPair> pairs_in(const std::filesystem::path& where) {
  namespace fs = std::filesystem;
  std::vector<KeptPair> pairs;
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
  return pairs;
}

inline std::vector<KeptPair> lab_pairs() {
  return pairs_in(std::filesystem::path(WHOHUNGUP_SOURCE_DIR) / "tests/pairs");
}

/// See diagnosis.md; none where the shared captures are not there.
inline std::vector<KeptPair> anatomy_pairs() {
  namespace fs = std::filesystem;
  const char* shared = std::getenv("WHOHUNGUP_SHARED");
  return pairs_in(
      (shared != nullptr ? fs::path(shared) : fs::path(WHOHUNGUP_SOURCE_DIR) / ".." / "shared") /
      "captures" / "anatomy");
}

}  // namespace whohungup::test
