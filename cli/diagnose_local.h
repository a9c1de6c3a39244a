// "Was it us?": what on this machine could hang up, hinder or mislead, looked at before anybody
// else is suspected.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "analyze/trial.h"
#include "cli/home_keeper.h"
#include "cli/probe_attempt.h"

namespace whohungup {

/// One thing that was looked at.
struct LocalNote {
  std::string id;  // kebab-case: "firewall", "route", "proxy", "vpn", "clock", "capture"
  bool suspicious{};
  std::string text;  // a sentence
  bool open{};       // not suspicious, and yet not excluded
};

struct LocalLook {
  std::vector<LocalNote> notes;
  bool clock_doubtful{};
  bool rule_hit{};
  std::string rule;  // that was hit
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

/// What the local firewall's rules that drop or refuse count from one connection to the next.
class RuleWatch {
 public:
  explicit RuleWatch(HomeKeeper&);
  /// Those that counted since the last call, with how much.
  std::vector<FirewallRule> counted();
  [[nodiscard]] bool readable() const { return keeper_.readable(); }
  /// The firewall has rules at all.
  [[nodiscard]] bool any() const { return any_; }

 private:
  HomeKeeper& keeper_;
  bool any_;
  std::vector<FirewallRule> last_;
};

/// One connection beside what the rules counted meanwhile.
struct RuledTry {
  std::vector<FirewallRule> counted;
  bool failed{};
  bool captured{};   // its packets were
  bool kept_back{};  // and show that this machine kept something back
};

/// Route, proxy, VPN and clock: what needs no packets.
LocalLook look_at_home(const std::vector<Attempt>&);

/// Adds which rules counted, and whether that goes together with what failed.
void add_firewall(LocalLook&, const Peer& target, const RuleWatch&, std::span<const RuledTry>);
/// The same, of a firewall that could be read and has rules.
void add_rules(LocalLook&, const Peer& target, std::span<const RuledTry>);
/// Adds what this machine kept back, by the packets that passed its interface, and what came about
/// beside it.
void add_passage(LocalLook&, const std::string& device, std::span<const Trial>);
/// Suspects a clock that is not synchronised where a certificate was found out of date by it.
void suspect_clock(LocalLook&, std::span<const Trial>);
/// Adds whether the capture lost packets.
void add_capture(LocalLook&, bool captured, bool dropped);

}  // namespace whohungup
