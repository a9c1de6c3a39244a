// See diagnose_local.h.
#include "cli/diagnose_local.h"

#include <fmt/core.h>
#include <sys/timex.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "cli/report/escape.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

std::string content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string trimmed(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(" \t");
  const std::size_t end = line.find_last_not_of(" \t\r");
  return begin == std::string_view::npos ? std::string()
                                         : std::string(line.substr(begin, end - begin + 1));
}

std::uint64_t number_at(std::string_view text) {
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') break;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

bool has_word(std::string_view line, std::string_view word) {
  for (std::size_t at = 0; (at = line.find(word, at)) != std::string_view::npos; ++at) {
    const bool begins = at == 0 || line[at - 1] == ' ';
    const std::size_t end = at + word.size();
    if (begins && (end == line.size() || line[end] == ' ')) return true;
  }
  return false;
}

/// A line of nft ("… counter packets 3 bytes 180 drop") or of iptables-save -c
/// ("[3:180] -A OUTPUT … -j DROP"), with its count taken out of the text.
bool read_rule(const std::string& line, FirewallRule& rule) {
  constexpr std::string_view kCounter = "counter packets ";
  if (const std::size_t at = line.find(kCounter); at != std::string::npos) {
    if (!has_word(line, "drop") && !has_word(line, "reject")) return false;
    rule.packets = number_at(std::string_view(line).substr(at + kCounter.size()));
    const std::size_t bytes = line.find(" bytes ", at);
    const std::size_t rest = bytes == std::string::npos ? line.size() : line.find(' ', bytes + 7);
    rule.text = line.substr(0, at) + (rest < line.size() ? line.substr(rest + 1) : "");
    return true;
  }
  if (!line.starts_with('[')) return false;
  if (!has_word(line, "DROP") && !has_word(line, "REJECT")) return false;
  rule.packets = number_at(std::string_view(line).substr(1));
  const std::size_t close = line.find("] ");
  rule.text = close == std::string::npos ? line : line.substr(close + 2);
  return true;
}

bool names_target(const std::string& rule, const Peer& target) {
  return rule.find(target.ip()) != std::string::npos ||
         has_word(rule, std::to_string(target.port()));
}

/// What kind of tunnel a device is, or empty.
std::string tunnel_kind(const std::string& device) {
  const std::string base = "/sys/class/net/" + device;
  if (content(base + "/uevent").find("DEVTYPE=wireguard") != std::string::npos) return "WireGuard";
  if (!content(base + "/tun_flags").empty()) return "TUN/TAP";
  const std::uint64_t type = number_at(content(base + "/type"));
  constexpr std::uint64_t kPpp = 512, kTunnel = 768, kSit = 776, kGre = 778;  // linux/if_arp.h
  if (type == kPpp) return "PPP";
  return type == kTunnel || type == kSit || type == kGre ? "IP tunnel" : "";
}

void look_at_routes(LocalLook& look, const std::vector<Attempt>& attempts) {
  std::set<std::string> seen;
  for (const Attempt& one : attempts) {
    if (!seen.insert(one.device).second) continue;
    const std::string state = trimmed(content("/sys/class/net/" + one.device + "/operstate"));
    const bool down = state.starts_with("down");
    look.notes.push_back({"route", down,
                          fmt::format("the route to {} leads over {}, from {}{}", one.to.ip(),
                                      ascii_only(one.device), one.source.ip(),
                                      down ? "; that interface is down" : "")});
    if (const std::string kind = tunnel_kind(one.device); !kind.empty())
      look.notes.push_back(
          {"vpn", true,
           fmt::format("{} is a tunnel ({}): a VPN or its far end may be what hangs up",
                       ascii_only(one.device), kind)});
  }
  for (const Attempt& one : attempts)
    if (!one.target.is_address && (one.to.ip().starts_with("127.") || one.to.ip() == "::1")) {
      look.notes.push_back(
          {"resolver", true,
           fmt::format("{} resolves to this very machine: a line in /etc/hosts, or "
                       "a local proxy or antivirus",
                       ascii_only(one.target.host))});
      break;
    }
}

void look_for_proxy(LocalLook& look) {
  std::string found;
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy"})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0')
      found += fmt::format("{}{}={}", found.empty() ? "" : ", ", name, ascii_only(value));
  if (found.empty())
    look.notes.push_back({"proxy", false, "no proxy is set in the environment"});
  else
    look.notes.push_back(
        {"proxy", true,
         fmt::format("a proxy is set in the environment ({}): curl and others go through it, these "
                     "probes went straight",
                     found)});
}

void look_at_clock(LocalLook& look) {
  timex clock{};
  const int state = ::adjtimex(&clock);
  look.clock_doubtful = state == TIME_ERROR || (clock.status & STA_UNSYNC) != 0;
  look.notes.push_back(
      {"clock", false,
       look.clock_doubtful
           ? "the kernel does not call its clock synchronised; certificates were checked against it"
           : "the clock is synchronised"});
}

/// A rule and the connections in which it counted.
struct RuleCount {
  std::string text;
  std::uint64_t packets{};
  std::size_t failed{}, served{}, kept_back{}, passed{};  // passed: nothing was kept back
};

std::vector<RuleCount> counts_of(std::span<const RuledTry> tries) {
  std::vector<RuleCount> all;
  for (const RuledTry& one : tries)
    for (const FirewallRule& rule : one.counted) {
      auto found = std::find_if(all.begin(), all.end(),
                                [&](const RuleCount& other) { return other.text == rule.text; });
      if (found == all.end()) found = all.insert(found, RuleCount{.text = rule.text});
      found->packets += rule.packets;
      ++(one.failed ? found->failed : found->served);
      ++(one.kept_back ? found->kept_back : found->passed);
    }
  return all;
}

/// Whether the rule explains what failed. Where packets were captured they say what this machine
/// kept back: a rule that counts each time that happens did it, if it is about the target, or
/// counts at no other time, or no other rule counts so. Without packets it has to be about the
/// target, and to count whenever a hello fails and never when one is answered.
bool goes_together(const RuleCount& rule, const std::vector<RuleCount>& rules, const Peer& target,
                   std::span<const RuledTry> tries) {
  const auto number = [&](auto is) {
    return static_cast<std::size_t>(std::count_if(tries.begin(), tries.end(), is));
  };
  const std::size_t kept_back = number([](const RuledTry& one) { return one.kept_back; });
  if (kept_back > 0) {
    const auto each_time = [&](const RuleCount& one) { return one.kept_back == kept_back; };
    return each_time(rule) && (names_target(rule.text, target) || rule.passed == 0 ||
                               std::count_if(rules.begin(), rules.end(), each_time) == 1);
  }
  const bool captured = number([](const RuledTry& one) { return one.captured; }) > 0;
  const std::size_t failed = number([](const RuledTry& one) { return one.failed; });
  return !captured && failed > 0 && rule.failed == failed && rule.served == 0 &&
         names_target(rule.text, target);
}

std::string when_it_counted(const RuleCount& rule) {
  if (rule.kept_back > 0)
    return fmt::format(", in each of the {} that were kept from going through here",
                       counted(rule.kept_back, "connection"));
  return fmt::format(", in each of the {} whose hello failed, and in no other",
                     counted(rule.failed, "connection"));
}

}  // namespace

std::vector<FirewallRule> refusing_rules(const std::string& listing) {
  std::vector<FirewallRule> rules;
  std::size_t begin = 0;
  while (begin < listing.size()) {
    const std::size_t end = std::min(listing.find('\n', begin), listing.size());
    FirewallRule rule;
    if (read_rule(trimmed(std::string_view(listing).substr(begin, end - begin)), rule))
      rules.push_back(std::move(rule));
    begin = end + 1;
  }
  return rules;
}

std::vector<FirewallRule> rules_hit(const std::vector<FirewallRule>& before,
                                    const std::vector<FirewallRule>& after) {
  std::vector<FirewallRule> hit;
  std::vector<bool> used(before.size());
  for (const FirewallRule& now : after) {
    std::uint64_t then = 0;
    for (std::size_t i = 0; i < before.size(); ++i)
      if (!used[i] && before[i].text == now.text) {
        used[i] = true;
        then = before[i].packets;
        break;
      }
    if (now.packets > then) hit.push_back({now.text, now.packets - then});
  }
  return hit;
}

LocalLook look_at_home(const std::vector<Attempt>& attempts) {
  LocalLook look;
  look_at_routes(look, attempts);
  look_for_proxy(look);
  look_at_clock(look);
  return look;
}

RuleWatch::RuleWatch(HomeKeeper& keeper) : keeper_(keeper) {
  const std::string listing = keeper.look();
  any_ = !listing.empty();
  last_ = refusing_rules(listing);
}

std::vector<FirewallRule> RuleWatch::counted() {
  if (last_.empty()) return {};
  std::vector<FirewallRule> now = refusing_rules(keeper_.look());
  std::vector<FirewallRule> hit = rules_hit(last_, now);
  last_ = std::move(now);
  return hit;
}

void add_firewall(LocalLook& look, const Peer& target, const RuleWatch& watch,
                  std::span<const RuledTry> tries) {
  if (watch.any()) return add_rules(look, target, tries);
  look.notes.push_back(
      {"firewall", false,
       watch.readable() ? "this machine's firewall has no rules"
                        : "this machine's firewall could not be read (as root `nft list ruleset` "
                          "shows its rules)"});
}

void add_rules(LocalLook& look, const Peer& target, std::span<const RuledTry> tries) {
  const std::vector<RuleCount> rules = counts_of(tries);
  for (const RuleCount& rule : rules) {
    const bool likely = goes_together(rule, rules, target, tries);
    if (likely && !look.rule_hit) look.rule = rule.text;
    look.rule_hit = look.rule_hit || likely;
    look.notes.push_back(
        {"firewall", likely,
         fmt::format("the local rule \"{}\" counted {} while the probes ran{}",
                     ascii_only(rule.text), counted(rule.packets, "packet"),
                     likely ? when_it_counted(rule) : ", which need not be the probes'"),
         !likely});
  }
  if (rules.empty())
    look.notes.push_back({"firewall", false,
                          "no rule of this machine's firewall that drops or refuses and counts has "
                          "counted anything meanwhile"});
}

void add_passage(LocalLook& look, const std::string& device, std::span<const Trial> trials) {
  std::size_t never_left = 0, not_let_in = 0, beside = 0;
  for (const Trial& trial : trials) {
    never_left += trial.outcome.never_left ? 1U : 0U;
    not_let_in += trial.outcome.not_let_in ? 1U : 0U;
    beside += trial.outcome.beside ? 1U : 0U;
  }
  const auto note = [&](std::size_t times, std::string_view text) {
    if (times > 0)
      look.notes.push_back(
          {"passage", true,
           fmt::format(fmt::runtime(text), counted(times, "connection"), ascii_only(device))});
  };
  note(never_left,
       "in {} something that was sent never left over {}: it is not among the packets captured on "
       "their way out");
  note(not_let_in,
       "in {} something that came over {} was never taken by this machine's own TCP: the packets "
       "were captured on their way in");
  note(beside,
       "{} came about without a packet on {}: something on this machine answers in the server's "
       "place (a REDIRECT or TPROXY rule, a local proxy, an antivirus), or another interface leads "
       "there");
}

void suspect_clock(LocalLook& look, std::span<const Trial> trials) {
  const bool out_of_date = std::any_of(trials.begin(), trials.end(), [](const Trial& trial) {
    return trial.outcome.certificate == Certificate::Expired ||
           trial.outcome.certificate == Certificate::NotYetValid;
  });
  for (LocalNote& note : look.notes)
    if (note.id == "clock") note.suspicious = look.clock_doubtful && out_of_date;
}

void add_capture(LocalLook& look, bool captured, bool dropped) {
  if (!captured)
    look.notes.push_back({"capture", true,
                          "no packets were captured, so the sockets alone were judged; "
                          "`whohungup probe` says which command grants it"});
  else
    look.notes.push_back(
        {"capture", dropped, dropped ? "the capture lost packets" : "the capture lost no packets"});
}

}  // namespace whohungup
