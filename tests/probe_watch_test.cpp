// What the probe makes of packets while it runs: resets that count, and a server that lives on.
#include "cli/probe_watch.h"

#include <gtest/gtest.h>

#include "tests/support/story.h"

namespace whohungup {
namespace {

Watcher watched(const std::string& rest) {
  const story::Capture capture = story::tell(
      "client 192.0.2.10:40000\nserver 203.0.113.5:443\n0 > S\n0.02 < SA\n+0 > A\n"
      "0.0201 > PA hello size 332\n" +
      rest);
  Watcher watcher(40000, 443);
  for (const Packet& packet : capture.packets()) watcher.see(packet);
  return watcher;
}

const std::string kFlight = "0.042 < PA server-hello ccs appdata 900\n0.0421 > A\n";
const std::string kFinished = "0.044 > PA ccs appdata 53\n";

TEST(Watcher, SeesNoResetInRepeats) {
  const Watcher watcher =
      watched(kFlight + "+0 dup\n+0.01 < PA seq 1 server-hello ccs appdata 900\n");
  EXPECT_FALSE(watcher.reset_seen());
}

TEST(Watcher, CountsNoResetThatFollowsAFin) {
  EXPECT_EQ(watched("0.040 < FA\n0.041 < R\n").resets(), 0U);
  EXPECT_EQ(watched("0.040 < R\n0.041 < R\n").resets(), 2U);
}

TEST(Watcher, DoesNotTakeAFinishedClientForALivingServer) {
  // The server resets behind its flight; what the client says then is answered by resets.
  const Watcher watcher = watched(kFlight + "0.0422 < RA\n" + kFinished + "0.064 < R\n");
  EXPECT_TRUE(watcher.reset_again());
  EXPECT_FALSE(watcher.alive_after_reset());
  EXPECT_FALSE(watcher.took_part_after_reset());
}

TEST(Watcher, SeesAServerThatAcknowledgesWhatWasSaidAfterTheReset) {
  const Watcher watcher = watched(kFlight + "0.0422 < RA forged\n" + kFinished + "0.064 < A\n");
  EXPECT_FALSE(watcher.reset_again());
  EXPECT_TRUE(watcher.took_part_after_reset());
}

TEST(Watcher, TakesALateAcknowledgmentOfTheHelloForNoPart) {
  const Watcher watcher = watched("0.030 < RA forged\n+0.001 > A\n0.042 < A ack 333\n");
  EXPECT_TRUE(watcher.alive_after_reset());
  EXPECT_FALSE(watcher.took_part_after_reset());
}

}  // namespace
}  // namespace whohungup
