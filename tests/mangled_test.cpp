// What a capture loses or shuffles must not turn into a verdict: every sample and every anatomy
// capture is judged again without each of its frames, with each two neighbours swapped, and cut off
// behind each frame; and with many frames lost at once. What is then still called strong or proven
// has to be what the whole capture says, or true of the part that is left.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "analyze/rules.h"
#include "tests/support/capture_bytes.h"
#include "tests/support/judged_story.h"
#include "tests/support/spoil.h"

namespace whohungup::test {
namespace {

namespace fs = std::filesystem;

/// Longer captures are mangled at so many places, evenly chosen.
constexpr std::size_t kMostPlaces = 120;
/// How often each capture loses many frames at once; 30000 found nothing that 300 did not.
constexpr std::uint64_t kRounds = 300;

struct Capture {
  std::string name;
  Kept kept;

  [[nodiscard]] std::vector<Packet> packets() const {
    std::vector<Packet> all;
    for (const KeptFrame& frame : kept.frames) all.push_back(packet_of(frame));
    return all;
  }
};

std::vector<Capture> captures_below(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code missing;
  for (const auto& entry : fs::recursive_directory_iterator(folder, missing))
    if (entry.path().extension() == ".pcap") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<Capture> captures;
  for (const fs::path& path : paths)
    captures.push_back({fs::relative(path, folder).string(), drain_files({path.string()})});
  return captures;
}

/// Verdicts by connection: both ends and the client's initial sequence number.
using Verdicts = std::map<std::string, Judged>;

Verdicts judge(const std::vector<Packet>& packets) {
  Verdicts verdicts;
  for (Judged& judged : judge_packets(packets)) {
    std::string name = to_string(judged.talk.client) + " to " + to_string(judged.talk.server) +
                       " from " + std::to_string(judged.talk.side(Side::Client).isn.value);
    verdicts.emplace(std::move(name), std::move(judged));
  }
  return verdicts;
}

bool is_sure(const Judged& judged) {
  return judged.verdict().confidence == Confidence::Strong ||
         judged.verdict().confidence == Confidence::Proven;
}

/// One capture, mangled in every way, and how often a verdict was sure.
class Mangling {
 public:
  explicit Mangling(const Capture& capture)
      : capture_(capture), whole_(capture.packets()), told_(judge(whole_)) {}

  void drop_each() {
    for (const std::size_t i : places(whole_.size())) {
      std::vector<Packet> part = whole_;
      part.erase(part.begin() + static_cast<std::ptrdiff_t>(i));
      // Without the reset that ended it, it did not end there; and a hello that its sender's own
      // FIN lies over (test tools write such) leaves no trace when it is gone.
      hold(part, "without frame " + std::to_string(i + 1), [&](const Judged& whole, const Judged&) {
        const SideCounts& client = whole.talk.side(Side::Client);
        const bool fin_over_hello =
            client.fin_offset != Placed::kUnknown && client.fin_offset < client.sent_end;
        return fin_over_hello ||
               (whole.verdict().event.frame == whole_[i].no && is_reset(whole.verdict()));
      });
    }
  }

  void swap_each() {
    for (const std::size_t i : places(whole_.size())) {
      if (i + 1 == whole_.size()) break;
      std::vector<Packet> part = whole_;
      std::swap(part[i], part[i + 1]);
      std::swap(part[i].at, part[i + 1].at);
      std::swap(part[i].no, part[i + 1].no);
      // A reset takes no number: where it stands among others' packets only the capture says.
      hold(part, "with frames " + std::to_string(i + 1) + " and the next swapped",
           [&](const Judged& judged, const Judged& other) {
             const Verdict& whole = judged.verdict();
             const Verdict& now = other.verdict();
             const bool moved =
                 whole.event.frame == whole_[i].no || whole.event.frame == whole_[i + 1].no;
             // Behind the data that shows the handshake accepted, it ends no handshake.
             const bool accepted =
                 whole.event.stage == Stage::Established && now.actor == Actor::Nobody;
             return moved && is_reset(whole) &&
                    (accepted || (is_reset(now) && whole.actor == now.actor));
           });
    }
  }

  void cut_after_each() {
    for (const std::size_t i : places(whole_.size()))
      hold({whole_.begin(), whole_.begin() + static_cast<std::ptrdiff_t>(i + 1)},
           "cut off behind frame " + std::to_string(i + 1),
           [](const Judged&, const Judged&) { return false; });
  }

  /// Many frames are lost at once, some of the rest doubled, and their bytes cut off: whoever is
  /// named for sure is whom the whole names.
  void lose_many(std::uint64_t rounds) {
    for (std::uint64_t round = 0; round < rounds; ++round) {
      Lots lots(round);
      Spoiling how;
      how.lost = 0.05 + 0.6 * lots.draw();
      how.doubled = lots.draw() < 0.3 ? 0.2 : 0;
      if (lots.draw() < 0.2) how.snap = short_snap(lots);
      const std::vector<Packet> part = spoil(whole_, how, lots);
      if (!part.empty()) accuse_nobody_else(part, round);
    }
  }

  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::size_t sure() const { return sure_; }

 private:
  static std::vector<std::size_t> places(std::size_t frames) {
    std::vector<std::size_t> chosen;
    const std::size_t step = std::max<std::size_t>(1, frames / kMostPlaces);
    for (std::size_t i = 0; i < frames; i += step) chosen.push_back(i);
    return chosen;
  }

  static bool is_reset(const Verdict& verdict) { return verdict.event.mechanism == Mechanism::Rst; }

  /// Whether the whole names nobody because of a frame that is gone, and all else is the same.
  template <class IsGone>
  static bool rested_on(const Verdict& whole, const Verdict& now, IsGone is_gone) {
    if (whole.actor != Actor::Unknown || whole.event.mechanism != now.event.mechanism ||
        whole.event.stage != now.event.stage)
      return false;
    const auto rests = [&](const Reason& reason) {
      return reason.rule->favours == Actor::Unknown &&
             std::any_of(reason.frames.begin(), reason.frames.end(), is_gone);
    };
    return std::any_of(whole.evidence.begin(), whole.evidence.end(), rests) ||
           std::any_of(whole.dissent.begin(), whole.dissent.end(), rests);
  }

  /// `excused` says where another verdict than that of the whole is right all the same.
  template <class Excused>
  void hold(const std::vector<Packet>& part, const std::string& how, Excused excused) {
    ++count_;
    const auto is_gone = [&](FrameNo frame) {
      return std::none_of(part.begin(), part.end(),
                          [&](const Packet& packet) { return packet.no == frame; });
    };
    for (const auto& [name, judged] : judge(part)) {
      if (!is_sure(judged)) continue;
      ++sure_;
      const auto whole = told_.find(name);
      const bool same =
          whole != told_.end() && (whole->second.verdict().code() == judged.verdict().code() ||
                                   rested_on(whole->second.verdict(), judged.verdict(), is_gone) ||
                                   excused(whole->second, judged));
      EXPECT_TRUE(same) << capture_.name << " " << how << ": " << name << " is " << judged.says()
                        << ", whole: "
                        << (whole == told_.end() ? "not judged" : whole->second.says());
    }
  }

  void accuse_nobody_else(const std::vector<Packet>& part, std::uint64_t round) {
    ++count_;
    const auto is_gone = [&](FrameNo frame) {
      return std::none_of(part.begin(), part.end(),
                          [&](const Packet& packet) { return packet.no == frame; });
    };
    for (const auto& found : judge(part)) {
      const std::string& name = found.first;
      const Judged& judged = found.second;
      if (!is_sure(judged)) continue;
      ++sure_;
      // Without its SYN a connection may go by another initial sequence number.
      const std::string ends = name.substr(0, name.find(" from "));
      const bool same = std::any_of(told_.begin(), told_.end(), [&](const auto& told) {
        const Verdict& whole = told.second.verdict();
        return told.first.compare(0, ends.size(), ends) == 0 &&
               (whole.actor == judged.verdict().actor ||
                rested_on(whole, judged.verdict(), is_gone) ||
                is_without_trace(told.second, judged, is_gone));
      });
      std::string left;
      for (const Packet& packet : part) left += " " + std::to_string(number(packet.no));
      EXPECT_TRUE(same) << capture_.name << " in round " << round << ": " << name << " is "
                        << judged.says() << ", left:" << left;
    }
  }

  /// What ended the whole left no trace in the packets that are left.
  template <class IsGone>
  static bool is_without_trace(const Judged& whole, const Judged& now, IsGone is_gone) {
    const SideCounts& client = whole.talk.side(Side::Client);
    const bool fin_over_hello =
        client.fin_offset != Placed::kUnknown && client.fin_offset < client.sent_end;
    // It lies before the capture. Or what comes next is left: behind a finished handshake the good
    // bye, behind a lost answer a forged reset, behind the last bytes of all the silence.
    const bool next_in_line = now.verdict().actor == Actor::Nobody || is_reset(now.verdict()) ||
                              now.verdict().event.mechanism == Mechanism::Silence;
    const FrameNo end = whole.verdict().event.frame;
    const bool before_the_capture = number(end) < number(now.talk.first_frame);
    return fin_over_hello || before_the_capture || (next_in_line && is_gone(end));
  }

  const Capture& capture_;
  std::vector<Packet> whole_;
  Verdicts told_;
  std::size_t count_{}, sure_{};
};

void mangle_all(const fs::path& folder) {
  const std::vector<Capture> captures = captures_below(folder);
  if (captures.empty()) GTEST_SKIP() << folder << " holds no captures";
  std::size_t count = 0;
  std::size_t sure = 0;
  std::size_t lossy = 0;
  std::size_t sure_lossy = 0;
  for (const Capture& capture : captures) {
    Mangling mangling(capture);
    mangling.drop_each();
    mangling.swap_each();
    mangling.cut_after_each();
    count += mangling.count();
    sure += mangling.sure();
    mangling.lose_many(kRounds);
    lossy += mangling.count();
    sure_lossy += mangling.sure();
  }
  std::cout << captures.size() << " captures, " << count << " manglings, " << sure
            << " verdicts strong or proven; with many frames lost " << lossy - count << " and "
            << sure_lossy - sure << "\n";
  EXPECT_GT(sure, count / 4);
}

TEST(Mangled, SamplesAreNotJudgedStronglyOtherwise) {
  mangle_all(fs::path(WHOHUNGUP_SOURCE_DIR) / "samples");
}

TEST(Mangled, AnatomyCapturesAreNotJudgedStronglyOtherwise) {
  const char* shared = std::getenv("WHOHUNGUP_SHARED");
  const fs::path where =
      shared != nullptr ? fs::path(shared) : fs::path(WHOHUNGUP_SOURCE_DIR) / ".." / "shared";
  mangle_all(where / "captures" / "anatomy");
}

}  // namespace
}  // namespace whohungup::test
