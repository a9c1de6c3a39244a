// See dial.h.
#include "capture/dial.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "capture/deaf_sockets.h"

namespace whohungup {
namespace {

using Clock = std::chrono::steady_clock;
/// How long the dial sleeps before it looks at the capture again.
constexpr std::chrono::milliseconds kGlance{5};
constexpr int kIpProtoTcp = 6;

template <class Value>
void set(int fd, int level, int option, const Value& value) {
  // What the kernel refuses here changes no verdict: the capture tells what really happened.
  static_cast<void>(::setsockopt(fd, level, option, &value, sizeof value));
}

/// An error that an ICMP message made; the connection itself is well (RFC 5927 §5.2).
bool tells_of_icmp(int error) {
  return error == EHOSTUNREACH || error == ENETUNREACH || error == EACCES || error == EPROTO ||
         error == EMSGSIZE;
}

std::string state_name(std::uint8_t state) {
  constexpr std::array<const char*, 13> kNames{
      "unknown", "established", "syn-sent", "syn-recv", "fin-wait-1", "fin-wait-2",  "time-wait",
      "closed",  "close-wait",  "last-ack", "listen",   "closing",    "new-syn-recv"};
  return state < kNames.size() ? kNames[state] : "unknown";
}

}  // namespace

Dial::Dial(Ask ask) : ask_(ask), fd_(ask_.deaf_socket), deaf_(fd_ >= 0) {
  if (fd_ < 0)
    fd_ = ::socket(ask_.to.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) {
    problem_ = fmt::format("cannot make a socket: {}", std::strerror(errno));
    return;
  }
  if (ask_.reset_immune && !deaf_) deaf_ = make_deaf(fd_);
  if (ask_.source.port() != 0) set(fd_, SOL_SOCKET, SO_REUSEADDR, 1);
  set(fd_, kIpProtoTcp, TCP_NODELAY, 1);  // what is sent at once leaves at once
  if (ask_.max_segment > 0) set(fd_, kIpProtoTcp, TCP_MAXSEG, ask_.max_segment);
  keep_icmp(fd_, ask_.to.is_v6());
  if (::bind(fd_, ask_.source.get(), ask_.source.length) != 0) {
    problem_ = fmt::format("cannot send from {}: {}", ask_.source.ip(), std::strerror(errno));
    return;
  }
  Peer here;
  here.length = sizeof here.address;
  ::getsockname(fd_, reinterpret_cast<sockaddr*>(&here.address), &here.length);
  local_port_ = here.port();
}

Dial::~Dial() { close(); }

int Dial::connect(Duration timeout) {
  const auto until = Clock::now() + timeout;
  int error = ::connect(fd_, ask_.to.get(), ask_.to.length) == 0 ? 0 : errno;
  if (error == EINPROGRESS || error == EINTR) {
    const Got got = wait_for(POLLOUT, until);
    error = got == Got::Timeout ? ETIMEDOUT : got == Got::Stopped ? ECANCELED : 0;
    if (error == 0) {
      socklen_t size = sizeof error;
      ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    }
  }
  take_icmp();
  if (error == 0) error = why_no_connection();
  if (error == ECONNRESET || error == EPIPE) {  // its refusal would be ECONNREFUSED
    fail(error);
    error = 0;
  }
  return view_.connect_error = error;
}

/// The errno of a connection that is over before it was one; 0 if it came about. Taking ICMP from
/// the socket's queue also takes its error away, and an error is told only once.
int Dial::why_no_connection() const {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  if (::getpeername(fd_, reinterpret_cast<sockaddr*>(&peer), &size) == 0) return 0;
  if (view_.error != 0) return view_.error;
  return view_.icmp.empty() ? errno : view_.icmp.back().error;
}

bool Dial::send(Bytes bytes) {
  const auto until = Clock::now() + std::chrono::seconds(10);
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      view_.sent += static_cast<std::uint64_t>(sent);
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    } else if (tells_of_icmp(errno)) {
      view_.told_of_icmp = true;
      take_icmp();
    } else if (errno == EAGAIN || errno == EINTR) {
      if (wait_for(POLLOUT, until) != Got::Data) return false;
    } else {
      fail(errno);
      return false;
    }
  }
  return true;
}

Dial::Got Dial::receive(std::vector<std::uint8_t>& into, Duration timeout) {
  const auto until = Clock::now() + timeout;
  std::array<std::uint8_t, 16384> buffer;
  for (;;) {
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got > 0) {
      view_.received += static_cast<std::uint64_t>(got);
      into.insert(into.end(), buffer.begin(), buffer.begin() + got);
      return Got::Data;
    }
    if (got == 0) {
      // A reset is told once, here to connect(); behind it an empty read is no FIN.
      if (view_.error == ECONNRESET || view_.error == EPIPE) return Got::Error;
      view_.ended = true;
      return Got::End;
    }
    const int error = errno;
    if (tells_of_icmp(error)) {  // told, but the connection lives on
      view_.told_of_icmp = true;
      take_icmp();
    } else if (error != EAGAIN && error != EINTR) {
      fail(error);
      return Got::Error;
    }
    const Got waited = wait_for(POLLIN, until);
    if (waited != Got::Data) return waited;
  }
}

Dial::Got Dial::wait_for(short events, Clock::time_point until) {
  for (;;) {
    pollfd asked{fd_, events, 0};
    const int ready = ::poll(&asked, 1, static_cast<int>(kGlance.count()));
    if (ready > 0 && (asked.revents & (events | POLLHUP)) != 0) return Got::Data;
    if (ready > 0 && (asked.revents & POLLERR) != 0) {
      int error = 0;
      socklen_t size = sizeof error;
      ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
      take_icmp();
      if (error != 0) view_.error = error;
      if (tells_of_icmp(error)) view_.told_of_icmp = true;
    }
    if (meanwhile_ && !meanwhile_()) return Got::Stopped;
    if (Clock::now() >= until) return Got::Timeout;
  }
}

void Dial::set_hop_limit(int hops) {
  if (ask_.to.is_v6())
    set(fd_, IPPROTO_IPV6, IPV6_UNICAST_HOPS, hops);
  else
    set(fd_, IPPROTO_IP, IP_TTL, hops);
}

void Dial::ask_whether_alive() {
  set(fd_, kIpProtoTcp, TCP_KEEPIDLE, 1);
  set(fd_, kIpProtoTcp, TCP_KEEPINTVL, 1);
  set(fd_, kIpProtoTcp, TCP_KEEPCNT, 5);
  set(fd_, SOL_SOCKET, SO_KEEPALIVE, 1);
}

void Dial::hear_resets() {
  if (!deaf_) return;
  take_icmp();
  refresh();  // counts what was kept from us while the counter still means resets
  set(fd_, SOL_SOCKET, SO_DETACH_FILTER, 0);
  deaf_ = false;
}

void Dial::finish_sending() { static_cast<void>(::shutdown(fd_, SHUT_WR)); }

void Dial::read_out(Duration timeout) {
  const auto until = Clock::now() + timeout;
  std::vector<std::uint8_t> ignored;
  while (Clock::now() < until) {
    ignored.clear();
    if (receive(ignored, until - Clock::now()) != Got::Data) return;
  }
}

void Dial::close() {
  if (fd_ < 0) return;
  refresh();
  hear_resets();
  ::close(fd_);
  fd_ = -1;
}

void Dial::abandon() {
  if (fd_ >= 0) set(fd_, SOL_SOCKET, SO_LINGER, linger{1, 0});
  close();
}

void Dial::fail(int error) { view_.error = error; }

void Dial::take_icmp() const {
  while (auto icmp = whohungup::take_icmp(fd_)) view_.icmp.push_back(std::move(*icmp));
}

SocketView Dial::view() const {
  refresh();
  return view_;
}

void Dial::refresh() const {
  if (fd_ < 0) return;
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd_, kIpProtoTcp, TCP_INFO, &info, &size) == 0) {
    view_.rtt_us = info.tcpi_rtt;
    view_.retransmits = info.tcpi_total_retrans;
    view_.unacked = info.tcpi_unacked;
    view_.bytes_acked = info.tcpi_bytes_acked;
    view_.state = state_name(info.tcpi_state);
  }
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  size = sizeof memory;
  if (deaf_ && ::getsockopt(fd_, SOL_SOCKET, SO_MEMINFO, memory.data(), &size) == 0)
    view_.segments_dropped = memory[SK_MEMINFO_DROPS];
}

}  // namespace whohungup
