// See probe_attempt.h.
#include "cli/probe_attempt.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#include "cli/connection_filter.h"
#include "cli/interrupt.h"
#include "cli/probe_watch.h"
#include "dissect/tls_record.h"

namespace whohungup {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// How long a connection whose handshake is finished is listened to for a late alert, beside four
/// round trips: a server that rejects a missing client certificate says so at once.
constexpr milliseconds kLateAlert{300};
/// What may still come behind the first bytes of an answer.
constexpr milliseconds kRestOfAnswer{60};
/// After a reset the kernel asks with a keep-alive so much later; its answer takes a round trip.
constexpr milliseconds kKeepAlive{1000}, kAfterReset{1500};
/// A connection that nobody closes is drained this long: a retransmission comes within 200 ms.
constexpr milliseconds kDrain{450};
/// Behind the packet that closes it, something that was under way may still arrive: for a round
/// trip, within bounds.
constexpr milliseconds kAfterClosing{15}, kLongestAfterClosing{500};
constexpr std::size_t kMostKept = 64;  // bytes of the first answer that are shown

std::string host_filter(const Peer& peer) {
  const std::string ip = peer.ip();
  return ip.substr(0, ip.find('%'));
}

std::uint32_t word(const Peer& peer, std::size_t index) {
  std::uint32_t value = 0;
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(peer.address).sin6_addr;
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(peer.address).sin_addr;
  for (std::size_t i = 0; i < 4; ++i)
    value = value << 8U | (peer.is_v6() ? v6.s6_addr[4 * index + i]
                                        : reinterpret_cast<const std::uint8_t*>(&v4)[i]);
  return value;
}

/// Everything one attempt needs while it runs.
class Run {
 public:
  Run(const ProbeAsk& ask, const Attempt& attempt, Dial& dial, LiveCapture* capture,
      ProbeHello hello)
      : ask_(ask),
        attempt_(attempt),
        capture_(capture),
        hello_(std::move(hello)),
        dial_(dial),
        watcher_(dial_.local_port(), attempt.to.port()),
        timeout_(static_cast<std::int64_t>(ask.timeout_s * 1e9)) {
    dial_.on_wait([this] { return meanwhile(); });
    result_.deaf = dial_.deaf();
  }
  ~Run() { dial_.on_wait({}); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  AttemptResult run() {
    result_.problem = dial_.problem();
    if (!result_.problem.empty()) return std::move(result_);
    result_.local_port = dial_.local_port();
    result_.hello_bytes = hello_.bytes.size();
    result_.unfinished = hello_.client ? std::string() : hello_.why_unfinished;
    if (capture_ != nullptr) {
      result_.filter = connection_filter(attempt_.source, attempt_.to, dial_.local_port());
      capture_->aim(result_.filter);
    }
    const auto begin = Clock::now();
    result_.ended = converse();
    leave();
    result_.took = Clock::now() - begin;
    drain_to_the_end();
    look_back();
    if (result_.ended == Ended::NotConnected) find_fault_here();
    return std::move(result_);
  }

 private:
  Ended converse() {
    if (attempt_.connect_hops > 0) dial_.set_hop_limit(attempt_.connect_hops);
    if (const int error = dial_.connect(timeout_); error != 0)
      return error == ECANCELED ? Ended::Stopped : Ended::NotConnected;
    if (!attempt_.starttls.empty()) {
      const std::string& name = hello_name();
      result_.dialogue = ask_for_tls(dial_, attempt_.starttls, name, timeout_);
      if (!result_.dialogue.granted) return Ended::NotGranted;
    }
    if (attempt_.hello_hops > 0) dial_.set_hop_limit(attempt_.hello_hops);
    if (!send_hello()) return Ended::Broken;
    return hello_.client && !ask_.hello_only ? finish_handshake() : first_answer();
  }

  /// What smtp, lmtp and xmpp are told: the name asked for, as in the hello.
  [[nodiscard]] const std::string& hello_name() const {
    const bool given = ask_.sni && *ask_.sni != "none" && !ask_.sni->empty();
    return given ? *ask_.sni : attempt_.target.host;
  }

  /// In the pieces asked for. The pause lets each leave in a segment of its own.
  bool send_hello() {
    Bytes rest = hello_.bytes;
    if (rest.empty()) return true;
    if (ask_.split > 0 && ask_.split < rest.size()) {
      if (!dial_.send(rest.first(ask_.split))) return false;
      rest = rest.subspan(ask_.split);
      pause(ask_.pause);
    }
    return dial_.send(rest);
  }

  void pause(milliseconds time) {
    const auto until = Clock::now() + time;
    while (Clock::now() < until && meanwhile()) std::this_thread::sleep_for(milliseconds(2));
  }

  Ended ended_by(Dial::Got got) {
    switch (got) {
      case Dial::Got::End:
        return Ended::ByServer;
      case Dial::Got::Error:
        return Ended::Broken;
      case Dial::Got::Stopped:
        return interrupted() ? Ended::Stopped : Ended::Broken;
      default:
        return Ended::Silent;
    }
  }

  void keep_answer(Bytes bytes) {
    const std::size_t room = kMostKept - std::min(kMostKept, result_.first_answer.size());
    const Bytes part = bytes.first(std::min(room, bytes.size()));
    result_.first_answer.insert(result_.first_answer.end(), part.begin(), part.end());
  }

  Ended first_answer() {
    std::vector<std::uint8_t> got = result_.dialogue.left_over;
    const Dial::Got how = dial_.receive(got, timeout_);
    keep_answer(got);
    if (how != Dial::Got::Data) return ended_by(how);
    got.clear();
    const Dial::Got rest = dial_.receive(got, kRestOfAnswer);
    keep_answer(got);
    if (rest == Dial::Got::End || rest == Dial::Got::Error) return ended_by(rest);
    return looks_like_handshake() ? Ended::FirstAnswer : wait_for_its_end();
  }

  [[nodiscard]] bool looks_like_handshake() const {
    return !result_.first_answer.empty() &&
           result_.first_answer[0] == static_cast<std::uint8_t>(tls::ContentType::Handshake);
  }

  /// The answer was an alert or no TLS: whoever says that closes the connection next.
  Ended wait_for_its_end() {
    std::vector<std::uint8_t> ignored;
    Dial::Got how = Dial::Got::Data;
    const auto until = Clock::now() + std::chrono::seconds(1);
    while (how == Dial::Got::Data && Clock::now() < until)
      how = dial_.receive(ignored, until - Clock::now());
    return Ended::ByServer;
  }

  Ended finish_handshake() {
    TlsClient& client = *hello_.client;
    std::vector<std::uint8_t> got = result_.dialogue.left_over, to_send;
    const auto until = Clock::now() + timeout_;
    for (;;) {
      if (got.empty()) {
        const Dial::Got how = dial_.receive(got, until - Clock::now());
        if (how != Dial::Got::Data) return ended_by(how);
      }
      keep_answer(got);
      const TlsClient::Step step = client.take(got, to_send);
      got.clear();
      if (step == TlsClient::Step::Failed) {
        result_.tls_error = client.error();
        // Our own alert, if OpenSSL has one to send, is the truth about who ended it.
        if (looks_like_handshake()) dial_.send(to_send);
        return wait_for_its_end();
      }
      if (!to_send.empty() && !dial_.send(to_send)) return Ended::Broken;
      to_send.clear();
      if (step == TlsClient::Step::Finished) return listen();
    }
  }

  /// The handshake is finished on our side; the server may still turn it away.
  Ended listen() {
    TlsClient& client = *hello_.client;
    result_.tls = client.view();
    const auto round_trips = std::chrono::microseconds(4L * dial_.view().rtt_us);
    auto until = Clock::now() + kLateAlert + round_trips;
    std::vector<std::uint8_t> got, to_send;
    for (;;) {
      got.clear();
      const Dial::Got how = dial_.receive(got, until - Clock::now());
      if (how == Dial::Got::Timeout) break;
      if (how != Dial::Got::Data) return ended_by(how);
      if (client.listen(got, to_send) == TlsClient::Step::Failed) {
        result_.tls_error = client.error();
        return wait_for_its_end();
      }
      until = std::min(until, Clock::now() + kRestOfAnswer);
    }
    dial_.send(client.goodbye());
    return Ended::Finished;
  }

  /// Called while the dial waits: fetches packets, and where a reset came that the socket did not
  /// hear, has the kernel ask whether the server is still there, for as long as that takes.
  bool meanwhile() {
    fetch();
    if (interrupted()) return false;
    if (!result_.deaf || result_.tls) return true;
    return capture_ != nullptr ? go_on_by_packets() : go_on_by_socket();
  }

  bool go_on_by_packets() {
    if (!watcher_.reset_seen()) return true;
    if (!asked_at_) ask_whether_alive();
    result_.dead_after_reset = watcher_.reset_again();
    if (result_.dead_after_reset) return false;
    const auto round_trips = std::chrono::microseconds(4L * dial_.view().rtt_us);
    return watcher_.alive_after_reset() || Clock::now() < *asked_at_ + kAfterReset + round_trips;
  }

  /// The kernel counts what the filter kept from the socket together with repeats of what had come
  /// already. So a count alone tells of no reset, unless what is asked a second later is refused.
  bool go_on_by_socket() {
    const std::uint32_t dropped = dial_.view().segments_dropped;
    if (dropped == 0) return true;
    if (!asked_at_) ask_whether_alive();
    if (Clock::now() < *asked_at_ + kKeepAlive)
      dropped_then_ = dropped;
    else
      result_.dead_after_reset = result_.reset_ignored = dropped > dropped_then_;
    return !result_.dead_after_reset;
  }

  void ask_whether_alive() {
    asked_at_ = Clock::now();
    dial_.ask_whether_alive();
  }

  void fetch() {
    if (capture_ == nullptr) return;
    Packet packet;
    while (capture_->next(packet)) {
      watcher_.see(packet);
      result_.packets.push_back(
          {packet.at, {packet.bytes.begin(), packet.bytes.end()}, packet.wire_len, packet.link});
    }
  }

  void leave() {
    const bool up = result_.ended != Ended::NotConnected;
    if (attempt_.leave_abruptly) {
      result_.socket = dial_.view();
      return dial_.abandon();
    }
    if (up && result_.ended != Ended::Broken) {
      dial_.finish_sending();
      if (result_.ended != Ended::ByServer) dial_.read_out(kLateAlert);
    }
    result_.socket = dial_.view();
    dial_.close();
    result_.socket.segments_dropped =
        std::max(result_.socket.segments_dropped, dial_.view().segments_dropped);
  }

  void drain_to_the_end() {
    if (capture_ == nullptr) return;
    const auto until = Clock::now() + kDrain;
    fetch();
    while (!watcher_.closed() && Clock::now() < until) {
      std::this_thread::sleep_for(milliseconds(1));
      fetch();
    }
    const std::chrono::microseconds round_trip{result_.socket.rtt_us + result_.socket.rtt_us / 4};
    const auto still =
        Clock::now() + std::clamp<Duration>(round_trip, kAfterClosing, kLongestAfterClosing);
    do {
      std::this_thread::sleep_for(kAfterClosing);
      fetch();
    } while (Clock::now() < still);
  }

  /// Where our own system refused and nothing left it, nobody else is to be judged.
  void find_fault_here() {
    const int error = result_.socket.connect_error;
    if (error == ECONNREFUSED || error == ETIMEDOUT || error == ECONNRESET) return;
    const std::string own = attempt_.source.ip();
    const bool told = std::any_of(result_.socket.icmp.begin(), result_.socket.icmp.end(),
                                  [&](const SocketIcmp& one) { return one.reporter != own; });
    if (told || !result_.packets.empty()) return;
    result_.problem =
        fmt::format("nothing could be sent to {}: {}", attempt_.to.ip(), std::strerror(error));
  }

  void look_back() {
    if (capture_ != nullptr) {
      result_.resets_ignored = result_.deaf ? watcher_.resets() : 0;
      result_.reset_ignored = *result_.resets_ignored > 0;
      result_.alive_after_reset = watcher_.took_part_after_reset();
      result_.dead_after_reset = watcher_.reset_again() && !result_.alive_after_reset;
    }
    if (!hello_.client) return;
    result_.key_log = hello_.client->key_log();
    if (result_.tls) return;
    result_.certificates = hello_.client->certificates();
    if (result_.certificates->chain.empty()) result_.certificates.reset();
  }

  const ProbeAsk& ask_;
  const Attempt& attempt_;
  LiveCapture* capture_;
  ProbeHello hello_;
  Dial& dial_;
  Watcher watcher_;
  Duration timeout_;
  std::optional<Clock::time_point> asked_at_;
  std::uint32_t dropped_then_{};
  AttemptResult result_;
};

}  // namespace

// The quoted header stands at 8 in ICMP (RFC 792) and at 48 in an IPv6 packet (RFC 4443 §2.4).
std::string connection_filter(const Peer& from, const Peer& to, std::uint16_t local_port) {
  const std::string tcp = fmt::format("(host {} and host {} and tcp port {} and tcp port {})",
                                      host_filter(from), host_filter(to), local_port, to.port());
  const std::uint32_t ports = std::uint32_t{local_port} << 16U | to.port();
  if (to.is_v6())
    return fmt::format(
        "{} or (ip6[6] = 58 and ip6[40] < 128 and ip6[84:4] = {} and ip6[88:4] = {})", tcp,
        word(to, 3), ports);
  return fmt::format("{} or (icmp and icmp[24:4] = {} and icmp[28:4] = {})", tcp, word(to, 0),
                     ports);
}

AttemptResult run_attempt(const ProbeAsk& ask, const Attempt& attempt, Dial& dial,
                          LiveCapture* capture, ProbeHello hello) {
  return Run(ask, attempt, dial, capture, std::move(hello)).run();
}

}  // namespace whohungup
