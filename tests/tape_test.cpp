// Frames kept on a tape and decoded later are recorded as those decoded at once, whatever happens
// to them; and what runs in good order is recognised as such. Every story and every mangled capture
// is held to the first by judged_story.cpp, too.
#include "dissect/tape.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "tests/support/capture_bytes.h"
#include "tests/support/same_talk.h"
#include "tests/support/spoil.h"

namespace whohungup::test {
namespace {

namespace fs = std::filesystem;

std::vector<Kept> sample_captures() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(WHOHUNGUP_SOURCE_DIR "/samples"))
    if (entry.path().stem() == "capture") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<Kept> captures;
  for (const fs::path& path : paths) captures.push_back(drain_files({path.string()}));
  return captures;
}

/// Frames of a capture to which something happens: lost, repeated, late, a byte changed, cut off.
class Mishaps {
 public:
  explicit Mishaps(const Kept& capture) : frames_(capture.frames) {}

  void happen(std::mt19937& random) {
    const auto below = [&](std::size_t n) { return random() % n; };
    for (std::size_t left = 1 + below(4); left > 0 && !frames_.empty(); --left) {
      const auto at = frames_.begin() + static_cast<std::ptrdiff_t>(below(frames_.size()));
      switch (below(5)) {
        case 0:
          frames_.erase(at);
          break;
        case 1:
          frames_.insert(at, *at);
          break;
        case 2:
          std::iter_swap(at, frames_.begin() + static_cast<std::ptrdiff_t>(below(frames_.size())));
          break;
        case 3:
          at->bytes[below(at->bytes.size())] ^= static_cast<std::uint8_t>(1U << below(8));
          break;
        default:
          at->bytes.resize(1 + below(at->bytes.size()));
      }
    }
    for (std::uint32_t no = 0; no < frames_.size(); ++no) frames_[no].no = no + 1;
  }

  [[nodiscard]] std::vector<Packet> packets() const {
    std::vector<Packet> all;
    for (const KeptFrame& frame : frames_) all.push_back(packet_of(frame));
    return all;
  }

 private:
  std::vector<KeptFrame> frames_;
};

TEST(Tape, IsRecordedAsWhatWasDecodedAtOnceWhateverHappensToTheFrames) {
  constexpr int kRounds = 150;
  std::mt19937 random(20'261'201);
  for (const Kept& capture : sample_captures())
    for (int round = 0; round < kRounds; ++round) {
      Mishaps mishaps(capture);
      if (round > 0) mishaps.happen(random);
      const std::vector<Packet> packets = mishaps.packets();
      FlowTable::Options options;
      options.forget_completed = round % 3 == 2;
      options.tell_settled = round % 3 == 1;
      options.tell_every_flow = round % 2 == 1;
      ASSERT_EQ(take_packets(packets, options, capture.notes.quality),
                add_packets(packets, options, capture.notes.quality))
          << capture.notes.files.front() << ", round " << round;
    }
}

struct Nobody : FlowSink {
  void tell(Conversation&) override {}
};

TEST(Tape, OnlyTheFirstPacketOfAFlowInGoodOrderIsDecodedWhenItComes) {
  const Kept capture = drain_files({WHOHUNGUP_SOURCE_DIR "/samples/tls13-completed/capture.pcap"});
  Nobody nobody;
  FlowTable::Options options;
  options.forget_completed = true;
  FlowTable table(options, nobody);
  Decoder decoder;
  std::vector<std::uint32_t> decoded;
  for (const KeptFrame& frame : capture.frames) {
    const Packet packet = packet_of(frame);
    table.look_at({&packet, 1});
    if (table.take(0, 1) == 1) continue;
    decoded.push_back(frame.no);
    const Decoded answer = decoder.decode(packet);
    table.add(std::get<Segment>(answer));
  }
  EXPECT_EQ(decoded, std::vector{1U});
  table.finish({});
  EXPECT_EQ(table.counts().segments, capture.frames.size());
}

}  // namespace
}  // namespace whohungup::test
