// A process of its own that keeps what `diagnose` gives up before it sends anything: the privilege
// to ask the local firewall what it has counted, and to leave out TCP timestamps.
#pragma once

#include <sys/types.h>

#include <string>

namespace whohungup {

/// A process of its own that keeps the privileges two questions take: what the local firewall has
/// counted, and whether TCP timestamps make a difference. It only runs nft or iptables-save and
/// writes one sysctl when told, and never sees a packet. Made before privileges are dropped; when
/// we end, however that happens, it puts the sysctl back and ends, too.
class HomeKeeper {
 public:
  HomeKeeper();
  ~HomeKeeper();
  HomeKeeper(const HomeKeeper&) = delete;
  HomeKeeper& operator=(const HomeKeeper&) = delete;

  /// What the tools print now; empty where they may not be asked.
  std::string look();
  /// Whether they may be asked.
  [[nodiscard]] bool readable() const { return ask_ >= 0; }
  /// Switches TCP timestamps of new connections off, or back to what they were; false if it cannot.
  /// Linux has this for all connections of a network namespace together.
  bool timestamps(bool on);

 private:
  std::string told(char what);

  int ask_{-1}, answer_{-1};
  pid_t keeper_{-1};
};

}  // namespace whohungup
