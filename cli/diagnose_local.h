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

/// Reads the rules of the local firewall, before and behind the probes. A process of its own keeps
/// the privilege that takes: it only runs nft and iptables-save when asked, and never sees a
/// packet. Made before privileges are dropped.
class LocalFirewall {
 public:
  LocalFirewall();
  ~LocalFirewall();
  LocalFirewall(const LocalFirewall&) = delete;
  LocalFirewall& operator=(const LocalFirewall&) = delete;

  /// What the tools print now; empty where they may not be asked.
  std::string look();
  /// Whether they may be asked.
  [[nodiscard]] bool readable() const { return ask_ >= 0; }

 private:
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
