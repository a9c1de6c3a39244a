// See trace_shoot.h. What is sent with few hops keeps them until the connection is left with a
// reset: the kernel repeats an unanswered hello, and a repetition with more hops would reach those
// it was to be kept from.
#include "cli/trace_shoot.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "analyze/hop_read.h"
#include "capture/hop_udp.h"
#include "cli/connection_filter.h"
#include "cli/interrupt.h"

namespace whohungup {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// The reset that frees the server of the connection has to arrive: Linux' usual hop limit.
constexpr int kAllHops = 64;
/// Behind an ICMP error an answer may still come, and behind an answer another: so long, or two
/// round trips (an injector seen in public captures was 12 ms behind the router).
constexpr milliseconds kGrace{60};
/// A connection at full hop limit: longer than a SYN's first repetition after one second.
constexpr milliseconds kConnect{2500};
/// What traceroute(8) sends is about as small.
constexpr std::size_t kSmallDatagram = 12;

Time now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

HopAnswer answer_in(const std::vector<std::uint8_t>& bytes) {
  constexpr std::uint8_t kAlert = 21, kHandshake = 22;
  if (bytes.empty()) return HopAnswer::Nothing;
  return bytes[0] == kAlert       ? HopAnswer::Alert
         : bytes[0] == kHandshake ? HopAnswer::Handshake
                                  : HopAnswer::Plaintext;
}

}  // namespace

struct HopShooter::Shot {
  HopProbe probe;
  Dial& dial;
  HopFlow flow;
  std::vector<Caught> caught;
  std::vector<std::uint8_t> got;  // bytes the socket read
  Dial::Got how{};
  std::size_t icmp_before{};      // errors the socket had before the hello
  Clock::time_point last_sent{};  // the hello, or its last repetition that was noticed
  std::uint32_t repetitions{};
  std::optional<Clock::time_point> first_came{};  // that the socket had something to say
};

HopShooter::HopShooter(const TraceAsk& ask, const Attempt& attempt, ProbeSession& session,
                       LiveCapture* capture, std::function<ProbeHello(bool)> hello)
    : ask_(ask),
      attempt_(attempt),
      session_(session),
      capture_(capture),
      hello_(std::move(hello)) {}

void HopShooter::begin_sweep(unsigned number) {
  sweep_ = number;
  port_ = 0;
  blocked_ = false;
}

HopProbe HopShooter::syn(int hops) { return shoot(HopKind::Syn, hops, blocked_); }

HopProbe HopShooter::hello(int hops, bool control) {
  const HopKind kind = control ? HopKind::Control : HopKind::Hello;
  HopProbe probe = shoot(kind, hops, blocked_);
  // A box may keep the flow that it has acted on blocked: from then on other ports have to do.
  if (!probe.sent && !blocked_ && !interrupted()) {
    blocked_ = true;
    probe = shoot(kind, hops, true);
  }
  return probe;
}

HopProbe HopShooter::datagram(int hops, bool large) {
  HopProbe probe;
  probe.kind = HopKind::Udp;
  probe.large = large;
  probe.hops = static_cast<std::uint8_t>(hops);
  probe.sent = true;
  const auto wait = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(
      std::min(ask_.wait_s, 0.2 + 4 * std::chrono::duration<double>(round_trip_).count())));
  if (const auto echo = send_udp(attempt_.to, attempt_.source, hops, wait,
                                 large ? size_of_hello() : kSmallDatagram))
    probe.icmp.push_back({echo->icmp.reporter,
                          echo->icmp.type,
                          echo->icmp.code,
                          attempt_.to.is_v6(),
                          echo->after,
                          std::nullopt,
                          {}});
  return probe;
}

/// What a datagram has to carry to be as large as the hello's first segment with its timestamps.
std::size_t HopShooter::size_of_hello() const {
  constexpr std::size_t kLargest = 1360;  // the packet fits into what tunnels leave of 1500
  constexpr std::size_t kTcpHeader = 32, kUdpHeader = 8;
  const std::size_t split = ask_.probe.split, whole = hello_(false).bytes.size();
  return std::min({split == 0 ? whole : split, whole, kLargest}) + kTcpHeader - kUdpHeader;
}

HopProbe HopShooter::shoot(HopKind kind, int hops, bool moved) {
  Peer source = attempt_.source;
  source.set_port(moved ? 0 : port_);
  Dial dial({attempt_.to, source, false, -1});
  Shot shot{{}, dial, {}, {}, {}, Dial::Got::Timeout, 0, Clock::now(), 0};
  HopProbe& probe = shot.probe;
  probe.kind = kind;
  probe.hops = static_cast<std::uint8_t>(hops);
  probe.sweep = sweep_;
  probe.port = dial.local_port();
  probe.moved = moved;
  if (!dial.problem().empty()) return probe;
  if (!moved && port_ == 0) port_ = dial.local_port();
  shot.flow = {dial.local_port(), attempt_.to.port(), now()};
  if (capture_ != nullptr)
    capture_->aim(connection_filter(attempt_.source, attempt_.to, dial.local_port()));
  dial.on_wait([&] {
    fetch(shot);
    return !interrupted();
  });

  const bool syn = kind == HopKind::Syn;
  const auto wait =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(ask_.wait_s));
  if (syn) dial.set_hop_limit(hops);
  shot.flow.sent_at = now();
  const int error = dial.connect(syn ? wait : std::max<Duration>(wait, kConnect));
  if (syn) {
    probe.sent = true;
  } else if (error == 0) {
    round_trip_ = std::max<Duration>(round_trip_, std::chrono::microseconds(dial.view().rtt_us));
    bool granted = true;
    if (!attempt_.starttls.empty())
      granted = ask_for_tls(dial, attempt_.starttls, attempt_.target.host, kConnect).granted;
    if (granted) {
      ProbeHello hello = hello_(kind == HopKind::Control);
      shot.icmp_before = dial.view().icmp.size();
      dial.set_hop_limit(hops);
      shot.last_sent = Clock::now();
      shot.flow.sent_at = now();
      probe.sent = send_hello(shot, hello.bytes);
      const auto begin = Clock::now();
      wait_for_answers(shot);
      probe.listened = Clock::now() - begin;
      if (capture_ == nullptr && shot.first_came) probe.after = *shot.first_came - begin;
    }
  }
  fetch(shot);
  read(shot);
  const SocketView view = dial.view();
  if (capture_ == nullptr) read_socket(shot, view);
  leave(shot);
  // The server asks back (RFC 5961 §3.2), the kernel answers: then both have let the port go.
  std::this_thread::sleep_for(std::max<Duration>(milliseconds(5), round_trip_ + milliseconds(5)));
  fetch(shot);
  if (capture_ != nullptr)
    session_.evidence().add(shot.caught, {},
                            connection_filter(attempt_.source, attempt_.to, probe.port), *capture_);
  dial.on_wait({});
  return std::move(shot.probe);
}

/// In two segments, if that was asked for; whether at least the first left. What it brings about
/// may come before the second.
bool HopShooter::send_hello(Shot& shot, Bytes bytes) {
  const std::size_t split = ask_.probe.split;
  if (split == 0 || split >= bytes.size()) return shot.dial.send(bytes);
  if (!shot.dial.send(bytes.first(split))) return false;
  std::this_thread::sleep_for(ask_.probe.pause);
  fetch(shot);
  shot.dial.send(bytes.subspan(split));
  return true;
}

/// Until the time is over, or a while behind the first thing that came back.
void HopShooter::wait_for_answers(Shot& shot) {
  const auto grace = std::max<Duration>(kGrace, 2 * round_trip_ + milliseconds(10));
  auto until = Clock::now() +
               std::chrono::duration_cast<Duration>(std::chrono::duration<double>(ask_.wait_s));
  bool came = false, over = false;
  while (Clock::now() < until && !interrupted()) {
    std::vector<std::uint8_t> some;
    if (over) {  // the socket has nothing more to say; packets may still come
      std::this_thread::sleep_for(milliseconds(5));
      fetch(shot);
      continue;
    }
    const Dial::Got how =
        shot.dial.receive(some, std::min<Duration>(until - Clock::now(), milliseconds(20)));
    shot.got.insert(shot.got.end(), some.begin(), some.end());
    if (how != Dial::Got::Timeout && shot.how != Dial::Got::Error) shot.how = how;
    if (how != Dial::Got::Timeout && !shot.first_came) shot.first_came = Clock::now();
    over = how == Dial::Got::End || how == Dial::Got::Error || how == Dial::Got::Stopped;
    const SocketView view = shot.dial.view();
    note_repetition(shot, view);
    const bool something = how != Dial::Got::Timeout || view.icmp.size() > shot.icmp_before;
    if (something && !came) {
      came = true;
      until = std::min(until, Clock::now() + grace);
    }
  }
}

/// With a reset, so that nothing is sent again; it may cross all routers, for the server is to let
/// go of the connection. Between the two calls that do this the kernel must not repeat the hello,
/// which would then cross them too: it never does so within 200 ms (Linux' TCP_RTO_MIN) of the last
/// time it did, or, where several segments are under way, of the first repetition.
void HopShooter::leave(Shot& shot) const {
  constexpr milliseconds kSafe{100}, kLongest{1500};
  constexpr std::uint64_t kOneSegment = 1200;
  const auto give_up = Clock::now() + kLongest;
  for (;;) {
    const SocketView view = shot.dial.view();
    note_repetition(shot, view);
    const bool one_segment = view.sent <= kOneSegment && ask_.probe.split == 0;
    const bool settled = one_segment || shot.repetitions > 0;
    const bool quiet = view.unacked == 0 || view.state != "established";
    if (quiet || (settled && Clock::now() - shot.last_sent < kSafe) || Clock::now() > give_up)
      break;
    std::this_thread::sleep_for(milliseconds(2));
  }
  // Who answered a SYN is reached with as many hops as that had: a reset with more would seem
  // forged.
  if (shot.probe.kind != HopKind::Syn) shot.dial.set_hop_limit(kAllHops);
  shot.dial.abandon();
}

void HopShooter::note_repetition(Shot& shot, const SocketView& view) {
  if (view.retransmits == shot.repetitions) return;
  shot.repetitions = view.retransmits;
  shot.last_sent = Clock::now();
}

void HopShooter::fetch(Shot& shot) {
  if (capture_ == nullptr) return;
  Packet packet;
  while (capture_->next(packet))
    shot.caught.push_back(
        {packet.at, {packet.bytes.begin(), packet.bytes.end()}, packet.wire_len, packet.link});
}

void HopShooter::read(Shot& shot) {
  if (capture_ == nullptr) return;
  std::vector<Packet> frames;
  std::uint32_t number = session_.evidence().packets();
  for (const Caught& one : shot.caught)
    frames.push_back({one.at, one.bytes, FrameNo{++number}, one.wire_len, 0, one.link});
  const bool sent = std::exchange(shot.probe.sent, false);
  read_hop_packets(shot.probe, frames, shot.flow);
  const bool seen = std::exchange(shot.probe.sent, sent);
  const bool connected = shot.dial.view().connect_error == 0;
  shot.probe.beside = shot.probe.kind == HopKind::Syn && connected && !seen;
  shot.probe.never_left = sent && !seen && !shot.probe.beside;
}

/// What the socket alone tells: less, and nothing of hop limits.
void HopShooter::read_socket(Shot& shot, const SocketView& view) const {
  HopProbe& probe = shot.probe;
  for (std::size_t i = shot.icmp_before; i < view.icmp.size(); ++i)
    probe.icmp.push_back({view.icmp[i].reporter,
                          view.icmp[i].type,
                          view.icmp[i].code,
                          attempt_.to.is_v6(),
                          std::nullopt,
                          std::nullopt,
                          {}});
  if (probe.kind == HopKind::Syn) {
    probe.answer = view.connect_error == 0              ? HopAnswer::SynAck
                   : view.connect_error == ECONNREFUSED ? HopAnswer::Refused
                                                        : HopAnswer::Nothing;
    // A refusal by ICMP is no reset.
    if (probe.answer == HopAnswer::Refused && !probe.icmp.empty())
      probe.answer = HopAnswer::Nothing;
    return;
  }
  probe.told = view.told_of_icmp;
  probe.acked = probe.sent && view.unacked == 0;
  probe.answer = answer_in(shot.got);
  probe.handshake = probe.answer == HopAnswer::Handshake;
  if (shot.how == Dial::Got::Error && view.error == ECONNRESET && !ends(probe.answer))
    probe.answer = HopAnswer::Reset;
  if (shot.how == Dial::Got::End && probe.answer == HopAnswer::Nothing)
    probe.answer = HopAnswer::Closed;
  probe.acked = probe.acked && probe.answer != HopAnswer::Reset;
}

}  // namespace whohungup
