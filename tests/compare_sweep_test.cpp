// Nothing is proven by two captures of which one is not what it is taken for: pairs whose truth is
// known are compared with one of them stopped early, begun late, cut, filtered, of one direction,
// with a clock that was set meanwhile, made elsewhere, or of another connection altogether.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/kept_pairs.h"

namespace whohungup::test {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;

/// How long a packet takes from one router to the next.
constexpr Duration kHop = microseconds{20};

/// Who may be called guilty for sure, by pair; read from the scenarios of the lab and the index of
/// the anatomy. `nobody` may always be said.
const std::map<std::string, std::set<Actor>> kTruth{
    {"accept-queue-fills", {Actor::Server}},
    {"answer-swallowed", {Actor::Middlebox}},
    {"block-page", {Actor::Middlebox}},
    {"close-notify", {Actor::Server}},
    {"complete-openssl", {}},
    {"drop-hello", {Actor::Middlebox}},
    {"drop-syn", {Actor::Middlebox}},
    {"forged-fin-beside", {Actor::Middlebox}},
    {"haproxy-silent-drop", {Actor::Server}},
    {"host-firewall-drop", {Actor::Server}},
    {"port-reuse", {Actor::Server}},
    {"refuse-beside", {Actor::Middlebox}},
    {"reset-cause-text", {Actor::Server}},
    {"reset-in-path-copycat", {Actor::Middlebox}},
    {"reset-on-any-data", {Actor::Middlebox}},
    {"reset-on-the-way", {Actor::Middlebox}},
    {"reset-overtakes-data", {Actor::Server}},
    {"windows-server", {Actor::Server}},
    {"i_cli_400", {Actor::Server}},
    {"i_cli_late", {Actor::Middlebox}},
    {"i_gfw_400", {Actor::Server, Actor::Middlebox}},
    {"i_suri_hold", {Actor::Middlebox}},
    {"m_fwd_drop", {Actor::Middlebox}},
    {"m_fwd_drop_reply", {Actor::Middlebox}},
    {"m_fwd_icmp_admin", {Actor::Middlebox}},
    {"m_fwd_reject", {Actor::Middlebox}},
    {"m_fwd_syn_icmp", {Actor::Middlebox}},
    {"m_fwd_syn_rst", {Actor::Middlebox}},
    {"m_srv_reject", {Actor::Server}},
    {"syp", {Actor::Server}},
    {"tr_srvrej", {Actor::Server}},
    {"x_port_est", {Actor::Server}},
    {"x_port_syn", {Actor::Server}},
};

/// What a frame of IPv4 says; the captures hold no other.
class View {
 public:
  explicit View(KeptFrame& frame) : frame_(frame), ip_(offset_of(frame.link)) {}
  [[nodiscard]] bool is_tcp() const { return at(ip_ + 9) == 6; }
  [[nodiscard]] std::string source() const { return text(ip_ + 12); }
  [[nodiscard]] unsigned flags() const { return is_tcp() ? at(tcp() + 13) : 0; }
  [[nodiscard]] bool has_data() const {
    const unsigned total = at(ip_ + 2) * 256U + at(ip_ + 3);
    return is_tcp() && total > header() + at(tcp() + 12) / 16 * 4;
  }
  [[nodiscard]] unsigned ttl() const { return at(ip_ + 8); }
  /// As one router nearer or farther; the checksum of the header is not looked at.
  void add_to_ttl(int hops) {
    frame_.bytes[ip_ + 8] = static_cast<std::uint8_t>(frame_.bytes[ip_ + 8] + hops);
  }

 private:
  static std::size_t offset_of(LinkType link) {
    switch (static_cast<int>(link)) {
      case 1:  // Ethernet
        return 14;
      case 113:  // Linux cooked
        return 16;
      case 276:  // the same, version 2
        return 20;
      default:  // raw IP
        return 0;
    }
  }
  [[nodiscard]] unsigned at(std::size_t place) const {
    return place < frame_.bytes.size() ? frame_.bytes[place] : 0;
  }
  [[nodiscard]] unsigned header() const { return (at(ip_) & 15U) * 4; }
  [[nodiscard]] std::size_t tcp() const { return ip_ + header(); }
  [[nodiscard]] std::string text(std::size_t place) const {
    std::string bytes;
    for (std::size_t i = 0; i < 4; ++i) bytes += static_cast<char>(at(place + i));
    return bytes;
  }
  KeptFrame& frame_;
  std::size_t ip_;
};

template <class Keep>
Frames only(const Frames& whole, Keep&& keep) {
  Frames part;
  for (KeptFrame frame : whole)
    if (keep(View(frame))) part.push_back(frame);
  return part;
}

Frames part(const Frames& whole, std::size_t first, std::size_t end) {
  return {whole.begin() + static_cast<std::ptrdiff_t>(std::min(first, whole.size())),
          whole.begin() + static_cast<std::ptrdiff_t>(std::min(end, whole.size()))};
}

/// The client's address: whoever sends the first frame.
std::string client_of(Frames frames) {
  return frames.empty() ? std::string() : View(frames.front()).source();
}

/// As a router so many hops nearer to the client has it.
Frames nearer_by(int hops, Frames frames) {
  const std::string client = client_of(frames);
  for (KeptFrame& frame : frames) {
    View view(frame);
    view.add_to_ttl(view.source() == client ? hops : -hops);
  }
  return frames;
}

/// Whether the server is more than one hop from where this was captured.
bool is_far_from_server(Frames frames) {
  const std::string client = client_of(frames);
  return std::all_of(frames.begin(), frames.end(), [&](KeptFrame& frame) {
    View view(frame);
    return view.source() == client || view.ttl() != 63 || (view.flags() & 2U) == 0;
  });
}

Frames set_clock(Frames frames, std::size_t from, Duration by) {
  for (std::size_t i = from; i < frames.size(); ++i) frames[i].at += by.count();
  return frames;
}

Frames doubled(const Frames& frames, int hops) {
  Frames all;
  for (const KeptFrame& frame : frames) {
    all.push_back(frame);
    all.push_back(frame);
    all.back().at += 8000;
    View(all.back()).add_to_ttl(hops);
  }
  return all;
}

using Tell = std::function<void(const std::string&, const Frames&)>;

/// What may be wrong with a capture, whosever it is.
void spoil_each_way(const Frames& whole, const Tell& tell) {
  constexpr std::size_t kMost = 12;
  const std::size_t number = whole.size();
  for (std::size_t i = 1; i < std::min(number, kMost); ++i) {
    const std::string place = " at frame " + std::to_string(i + 1);
    tell("stopped" + place, part(whole, 0, i));
    tell("begun" + place, part(whole, i, number));
    Frames holed = part(whole, 0, i), holed_twice = holed;
    for (const KeptFrame& frame : part(whole, i + 1, number)) holed.push_back(frame);
    for (const KeptFrame& frame : part(whole, i + 2, number)) holed_twice.push_back(frame);
    tell("without the one" + place, holed);
    tell("without the two" + place, holed_twice);
    for (const Duration by : {Duration(milliseconds{30}), Duration(milliseconds{1000}),
                              Duration(milliseconds{-1000}), Duration(hours{1})})
      tell("clock set by " + std::to_string(by.count() / 1'000'000) + " ms" + place,
           set_clock(whole, i, by));
  }
  for (const std::size_t snap : {54U, 66U, 80U}) {
    Frames cut_short = whole;
    for (KeptFrame& frame : cut_short) cut(frame, snap);
    tell("cut to " + std::to_string(snap), cut_short);
  }
  const std::string client = client_of(whole);
  const std::pair<const char*, std::function<bool(const View&)>> filters[] = {
      {"of what the client sends", [&](const View& v) { return v.source() == client; }},
      {"of what the server sends", [&](const View& v) { return v.source() != client; }},
      {"without resets", [](const View& v) { return (v.flags() & 4U) == 0; }},
      {"without FINs", [](const View& v) { return (v.flags() & 1U) == 0; }},
      {"of SYN, FIN and RST alone", [](const View& v) { return (v.flags() & 7U) != 0; }},
      {"of data alone", [](const View& v) { return v.has_data(); }},
      {"of TCP alone", [](const View& v) { return v.is_tcp(); }},
      {"without bare ACKs", [](const View& v) { return v.has_data() || (v.flags() & 7U) != 0; }}};
  for (const auto& [name, keep] : filters) tell(name, only(whole, keep));
  tell("doubled", doubled(whole, 0));
  tell("doubled by a mirror behind a router", doubled(whole, -1));
}

class Sweep {
 public:
  void pair(const KeptPair& pair) {
    const auto truth = kTruth.find(pair.name);
    if (truth == kTruth.end()) return;
    const auto judge = [&](const std::string& what, const Frames& client, const Frames& server) {
      ++compared;
      for (const Verdicts::One& now : compare_kept(client, server)) {
        if (!now.both || now.confidence < Confidence::Proven || now.actor == Actor::Nobody)
          continue;
        ++proven;
        EXPECT_TRUE(truth->second.contains(now.actor))
            << pair.name << ", " << what << ": " << now.code << " proven";
      }
    };
    judge("as it is", pair.client, pair.server);
    spoil_each_way(pair.server, [&](const std::string& what, const Frames& server) {
      judge("the server's capture " + what, pair.client, server);
      if (what.starts_with("stopped"))
        judge("the server's capture one hop before it, " + what, pair.client, nearer_by(1, server));
    });
    spoil_each_way(pair.client, [&](const std::string& what, const Frames& client) {
      judge("the client's capture " + what, client, pair.server);
    });
    judge("swapped", pair.server, pair.client);
    judge("one hop before the server", pair.client, nearer_by(1, pair.server));
    // Whatever made a packet may then be behind either capture.
    if (is_far_from_server(pair.client))
      judge("both near the client", pair.client, set_clock(nearer_by(-1, pair.client), 0, kHop));
  }
  std::size_t compared{}, proven{};
};

void sweep(const std::vector<KeptPair>& pairs) {
  if (pairs.empty()) GTEST_SKIP() << "there are no pairs of captures";
  Sweep sweep;
  for (const KeptPair& one : pairs) sweep.pair(one);
  std::cout << pairs.size() << " pairs, " << sweep.compared << " comparisons, " << sweep.proven
            << " proven\n";
  EXPECT_GT(sweep.proven, pairs.size());
}

TEST(CompareSweep, PairsOfSamplesProveNothingFalse) { sweep(sample_pairs()); }

TEST(CompareSweep, PairsOfTheLabProveNothingFalse) { sweep(lab_pairs()); }

TEST(CompareSweep, PairsOfTheAnatomyProveNothingFalse) { sweep(anatomy_pairs()); }

/// A capture of another connection between the same hosts at the same time proves nothing of this.
TEST(CompareSweep, TheCaptureOfAnotherConnectionProvesNothing) {
  const std::vector<KeptPair> pairs = lab_pairs();
  for (const KeptPair& one : pairs)
    for (const KeptPair& another : pairs) {
      if (one.name == another.name) continue;
      if (one.server.empty() || another.server.empty()) continue;
      const Duration later{one.server.front().at - another.server.front().at};
      for (const Verdicts::One& now : compare_kept(one.client, set_clock(another.server, 0, later)))
        EXPECT_FALSE(now.both && now.confidence == Confidence::Proven && now.actor != Actor::Nobody)
            << one.name << " with the server's capture of " << another.name << ": " << now.code;
    }
}

}  // namespace
}  // namespace whohungup::test
