// "Was it us?": what on this machine could hang up, hinder or mislead, looked at before anybody
// else is suspected.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cli/probe_attempt.h"

namespace whohungup {

/// One thing that was looked at.
struct LocalNote {
  std::string id;  // kebab-case: "firewall", "route", "proxy", "vpn", "clock", "capture"
  bool suspicious{};
  std::string text;  // a sentence
};

struct LocalLook {
  std::vector<LocalNote> notes;
  bool clock_doubtful{};
  bool rule_hit{};
};

/// A firewall rule of this machine that drops or refuses, with what it has counted.
struct FirewallRule {
  std::string text;
  std::uint64_t packets{};
};
/// Those in the text that iptables-save -c or nft list ruleset prints.
std::vector<FirewallRule> refusing_rules(const std::string& listing);
/// Those that counted more in `after` than in `before`, with the difference.
std::vector<FirewallRule> rules_hit(const std::vector<FirewallRule>& before,
                                    const std::vector<FirewallRule>& after);

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

/// Route, proxy, VPN and clock: what needs no packets.
LocalLook look_at_home(const std::vector<Attempt>&);

/// Adds what the firewall counted between two looks while `tries` connections were made.
void add_firewall(LocalLook&, const Peer& target, bool readable, const std::string& before,
                  const std::string& after, std::size_t tries);
/// Adds whether the capture lost packets.
void add_capture(LocalLook&, bool captured, bool dropped);

}  // namespace whohungup
