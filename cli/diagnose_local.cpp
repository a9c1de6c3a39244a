// See diagnose_local.h.
#include "cli/diagnose_local.h"

#include <fmt/core.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "cli/report/escape.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

/// Rules of nft, or of iptables where there is no nft. The listing is cut at 4 MB: a rule set of
/// ten thousand rules has one.
constexpr const char* kListRules =
    "PATH=/usr/sbin:/sbin:/usr/bin:/bin; export PATH; "
    "{ r=$(nft list ruleset 2>/dev/null); if [ -n \"$r\" ]; then printf '%s\\n' \"$r\"; "
    "else iptables-save -c 2>/dev/null; ip6tables-save -c 2>/dev/null; fi; } | head -c 4000000";

/// What the keeper is told.
constexpr char kList = '?', kOff = '0', kBack = '1';

std::string run_listing() {
  std::string out;
  FILE* pipe = ::popen(kListRules, "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> buffer{};
  for (std::size_t got; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    out.append(buffer.data(), got);
  static_cast<void>(::pclose(pipe));
  return out;
}

bool write_all(int fd, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t put = ::write(fd, bytes, size);
    if (put <= 0) return false;
    bytes += put;
    size -= static_cast<std::size_t>(put);
  }
  return true;
}

bool read_all(int fd, char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::read(fd, bytes, size);
    if (got <= 0) return false;
    bytes += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

constexpr const char* kTimestamps = "/proc/sys/net/ipv4/tcp_timestamps";

std::string content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool write_sysctl(const std::string& value) {
  std::ofstream file(kTimestamps);
  file << value;
  file.close();
  return !file.fail();
}

/// The keeper's whole life: it answers each byte, and puts back what it changed.
[[noreturn]] void keep(int ask, int answer) {
  static_cast<void>(std::signal(SIGINT, SIG_IGN));  // ^C is the parent's; its end is ours
  static_cast<void>(std::signal(SIGTERM, SIG_IGN));
  const std::string before = content(kTimestamps);
  bool changed = false;
  char byte = 0;
  while (read_all(ask, &byte, 1)) {
    std::string reply;
    if (byte == kList) {
      reply = run_listing();
    } else {
      changed = byte == kOff;
      if (write_sysctl(changed ? "0\n" : before)) reply = "done";
    }
    const std::uint64_t size = reply.size();
    if (!write_all(answer, reinterpret_cast<const char*>(&size), sizeof size) ||
        !write_all(answer, reply.data(), reply.size()))
      break;
  }
  if (changed) write_sysctl(before);
  ::_exit(0);
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

HomeKeeper::HomeKeeper() {
  if (::geteuid() != 0) return;  // the tools would refuse
  std::array<int, 2> to{-1, -1}, from{-1, -1};
  if (::pipe(to.data()) != 0) return;
  if (::pipe(from.data()) != 0) {
    ::close(to[0]);
    ::close(to[1]);
    return;
  }
  keeper_ = ::fork();
  if (keeper_ == 0) {
    ::close(to[1]);
    ::close(from[0]);
    keep(to[0], from[1]);
  }
  ::close(to[0]);
  ::close(from[1]);
  ask_ = to[1];
  answer_ = from[0];
}

HomeKeeper::~HomeKeeper() {
  if (ask_ >= 0) ::close(ask_);
  if (answer_ >= 0) ::close(answer_);
  if (keeper_ > 0) ::waitpid(keeper_, nullptr, 0);
}

std::string HomeKeeper::told(char what) {
  if (ask_ < 0 || !write_all(ask_, &what, 1)) return {};
  std::uint64_t size = 0;
  if (!read_all(answer_, reinterpret_cast<char*>(&size), sizeof size)) return {};
  std::string reply(size, '\0');
  return read_all(answer_, reply.data(), reply.size()) ? reply : std::string();
}

std::string HomeKeeper::look() { return told(kList); }

bool HomeKeeper::timestamps(bool on) { return !told(on ? kBack : kOff).empty(); }

LocalLook look_at_home(const std::vector<Attempt>& attempts) {
  LocalLook look;
  look_at_routes(look, attempts);
  look_for_proxy(look);
  look_at_clock(look);
  return look;
}

void add_firewall(LocalLook& look, const Peer& target, bool readable, const std::string& before,
                  const std::string& after, std::size_t tries) {
  if (before.empty() && after.empty()) {
    look.notes.push_back(
        {"firewall", false,
         readable ? "this machine's firewall has no rules"
                  : "this machine's firewall could not be read (as root `nft list ruleset` shows "
                    "its rules)"});
    return;
  }
  const auto hit = rules_hit(refusing_rules(before), refusing_rules(after));
  for (const FirewallRule& rule : hit) {
    // A rule that stops what was tried counts a packet for each connection at least; that it is
    // about these connections shows where it names the address or the port.
    const bool likely = rule.packets >= tries && names_target(rule.text, target);
    look.rule_hit = look.rule_hit || likely;
    look.notes.push_back({"firewall", likely,
                          fmt::format("the local rule \"{}\" counted {} while the probes ran{}",
                                      ascii_only(rule.text), counted(rule.packets, "packet"),
                                      likely ? "" : ", which need not be the probes'")});
  }
  if (hit.empty())
    look.notes.push_back({"firewall", false,
                          "no rule of this machine's firewall that drops or refuses and counts has "
                          "counted anything meanwhile"});
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
