// Two captures that lost frames must not prove what did not happen: pairs whose truth is known are
// compared with many frames lost at either end, cut off, doubled, and with one end stopped early.
// Whoever is still named for sure has to be who did it.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "tests/support/kept_pairs.h"

namespace whohungup::test {
namespace {

/// How often each pair is mangled.
constexpr std::uint64_t kRounds = 300;

Frames mangle(const Frames& whole, Lots& lots) {
  Spoiling how;
  how.lost = lots.draw() < 0.2 ? 0 : 0.01 + 0.6 * lots.draw();
  how.doubled = lots.draw() < 0.2 ? 0.2 : 0;
  if (lots.draw() < 0.15) how.snap = short_snap(lots);
  if (lots.draw() < 0.2) how.stops = lots.draw();
  if (lots.draw() < 0.1) how.begins = 0.5 * lots.draw();
  return spoil(whole, how, lots);
}

void hold(const std::vector<KeptPair>& pairs) {
  if (pairs.empty()) GTEST_SKIP() << "there are no pairs of captures";
  std::size_t count = 0;
  std::size_t sure = 0;
  for (const KeptPair& pair : pairs) {
    const std::vector<Verdicts::One> whole = compare_kept(pair.client, pair.server);
    for (std::uint64_t round = 0; round < kRounds; ++round) {
      Lots lots(round);
      const Frames client = mangle(pair.client, lots);
      const Frames server = mangle(pair.server, lots);
      ++count;
      for (const Verdicts::One& now : compare_kept(client, server)) {
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

TEST(CompareMangled, PairsOfSamplesNameNobodyElse) { hold(sample_pairs()); }

TEST(CompareMangled, PairsOfTheAnatomyNameNobodyElse) { hold(anatomy_pairs()); }

}  // namespace
}  // namespace whohungup::test
