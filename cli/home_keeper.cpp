// See home_keeper.h.
#include "cli/home_keeper.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>

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

std::string read_sysctl() {
  std::ifstream file(kTimestamps);
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
  const std::string before = read_sysctl();
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

}  // namespace

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

}  // namespace whohungup
