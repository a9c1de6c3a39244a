// What to run or ask next: the one measurement that would tell most, then what the server's team
// can look for. Every command can be pasted: names out of packets are used only where they are
// plain host names.
#include <algorithm>
#include <array>

#include "analyze/tell.h"
#include "analyze/words.h"
#include "dissect/dialogue.h"
#include "dissect/tls_alert.h"

namespace whohungup {
namespace {

bool is_plain_host_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  };
  constexpr std::size_t kLongest = 253;  // RFC 1035 §2.3.4
  return !name.empty() && name.size() <= kLongest && name.front() != '-' && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), plain);
}

/// The scheme our own commands know a plaintext protocol by, if TLS can be asked for in it; empty:
/// it cannot.
std::string_view scheme_for(std::string_view protocol, std::uint16_t port) {
  constexpr std::array<std::string_view, 11> kSchemes{
      "imap", "pop3", "smtp", "lmtp", "ftp", "sieve", "ldap", "xmpp", "nntp", "mysql", "postgres"};
  constexpr std::uint16_t kFtp = 21;
  if (protocol == "smtp-or-ftp") return port == kFtp ? "ftp" : "smtp";
  const auto found = std::find(kSchemes.begin(), kSchemes.end(), protocol);
  return found == kSchemes.end() ? std::string_view() : *found;
}

/// The scheme of a flow in which TLS is asked for, or by its port would have been; empty: TLS comes
/// at once.
std::string_view scheme_of(const Conversation& talk) {
  if (talk.client_tls_at == 0) return {};
  return scheme_for(talk.dialogue ? talk.dialogue->protocol : usual_dialogue(talk.server.port),
                    talk.server.port);
}

/// Host and port as our own commands take them: the host name of the hello, else the address.
std::string place_of(const Conversation& talk) {
  std::string place;
  if (const Message* hello = talk.first<tls::ClientHello>(Side::Client)) {
    const auto name = std::get<tls::ClientHello>(hello->what).sni_here();
    if (name && is_plain_host_name(*name)) {
      put(place, *name, ":", talk.server.port);
      return place;
    }
  }
  put(place, talk.server);
  return place;
}

std::string with_scheme(std::string_view scheme, const std::string& place) {
  std::string target;
  if (!scheme.empty()) put(target, scheme, "://");
  return target += place;
}

class Steps {
 public:
  Steps(const Scene& scene, Judgement& judgement)
      : talk_(scene.talk),
        event_(scene.event),
        facts_(judgement.facts),
        verdict_(judgement.verdict),
        place_(place_of(scene.talk)),
        target_(with_scheme(scheme_of(scene.talk), place_)),
        list_(judgement.verdict.next) {}

  void list() {
    if (talk_.memory_bounded)
      add("read the capture again with more --memory");
    else if (facts_.has(Fact::OneWayOnly) || facts_.has(Fact::CaptureEndsInFlight) ||
             facts_.has(Fact::CaptureDroppedFrames))
      add("capture again, in both directions and long enough: tcpdump -s 0 -B 65536 -w again.pcap "
          "host ",
          talk_.server.ip, " and port ", talk_.server.port);
    if (verdict_.actor == Actor::Client) {
      return for_client();
    }
    if (facts_.has(Fact::SynAckUntaken) || facts_.has(Fact::AnswerUntaken)) {
      return for_deaf_client();
    }
    by_mechanism();
    for_server_team();
  }

 private:
  /// A step, by the pieces of its text.
  template <class... Pieces>
  void add(const Pieces&... pieces) {
    put(list_.emplace_back(facts_.spare.take()), pieces...);
  }

  /// What the server said came to the capture, and the client did not take it.
  void for_deaf_client() {
    add("on the client ", talk_.client.ip,
        " (Linux): iptables -nvxL INPUT; nft list ruleset; repeat the attempt and compare the "
        "counters of what drops");
    add("on the client (Linux): nstat -n; repeat the attempt; nstat -z | grep -E "
        "'InCsumErrors|TcpInErrs|ReversePath|PAWS'");
    if (!facts_.has(Fact::CapturedAtClient) && !facts_.has(Fact::NoHopBetween))
      add("capture at the client itself: tcpdump -s 0 -w client.pcap host ", talk_.server.ip,
          " and port ", talk_.server.port, "; then whohungup compare client.pcap THIS.pcap");
  }

  void for_client() {
    if (event_.mechanism == Mechanism::Alert && !event_.sealed) {
      const auto cause = tls::usual_cause({event_.alert_level, event_.alert_description});
      if (!cause.empty()) add("ask why the client broke off; usual cause: ", cause);
    }
    if (event_.sealed)
      add("capture with the client's secrets to read the alert: SSLKEYLOGFILE=keys.log, then "
          "whohungup read --keylog keys.log FILE");
    add("look in the client's own log at ", talk_.client,
        " for its timeout, its error or its cancellation");
  }

  void by_mechanism() {
    switch (event_.mechanism) {
      case Mechanism::Fin:
      case Mechanism::Rst:
        return after_close();
      case Mechanism::Alert:
        return after_alert();
      case Mechanism::Plaintext:
        return after_plaintext();
      case Mechanism::Icmp:
        add("whohungup trace ", target_);
        if (facts_.has(Fact::IcmpTooBig)) add("tracepath -n ", talk_.server.ip);
        return;
      case Mechanism::Silence:
        return after_silence();
      case Mechanism::None:
        return;
    }
  }

  void after_close() {
    add("whohungup diagnose ", target_);
    if (event_.mechanism == Mechanism::Rst && verdict_.actor != Actor::Server)
      add("whohungup trace ", target_);
    if (event_.stage == Stage::Accepted || event_.stage == Stage::Syn)
      add("repeat from another source address: if it works there, look for an allow-list, a ban or "
          "a connection limit");
    if (event_.stage == Stage::Established && verdict_.actor != Actor::Middlebox)
      add("capture with the client's secrets to read the server's alert: SSLKEYLOGFILE=keys.log, "
          "then whohungup read --keylog keys.log FILE");
  }

  void after_alert() {
    if (event_.sealed) {
      add("capture with the client's secrets to read the alert: SSLKEYLOGFILE=keys.log, then "
          "whohungup read --keylog keys.log FILE");
      return;
    }
    const auto cause = tls::usual_cause({event_.alert_level, event_.alert_description});
    if (!cause.empty()) add("usual cause of the alert: ", cause);
    add("whohungup diagnose ", target_);
  }

  void after_plaintext() {
    if (event_.refused_starttls) {
      add("look in the server's configuration: TLS is not enabled for this service or this client");
      return;
    }
    if (event_.turned_away) {
      add("read what the server said (frame ", number(event_.frame),
          "); its log tells the rest: a limit of connections, a ban, maintenance");
      add("repeat from another source address, and later");
      return;
    }
    add("check port and scheme: the service speaks plaintext here");
    const std::string_view protocol =
        talk_.server_plaintext ? talk_.server_plaintext->protocol : std::string_view();
    const std::string_view scheme = scheme_for(protocol, talk_.server.port);
    if (!scheme.empty()) add("whohungup probe ", with_scheme(scheme, place_));
  }

  void after_silence() {
    if (event_.stage == Stage::Syn) {
      add("whohungup trace ", target_);
      add("on the server: ss -lnt 'sport = :", talk_.server.port,
          "'  (Recv-Q at its limit: the queue is full)");
      return;
    }
    add("whohungup diagnose ", target_);
    if (verdict_.actor != Actor::Server) add("whohungup trace ", target_);
  }

  /// What the people at the other end can look up, in words they can use.
  void for_server_team() {
    add("at the server, during the next attempt: tcpdump -s 0 -w server.pcap host ",
        talk_.client.ip, " and port ", talk_.server.port,
        "; then whohungup compare CLIENT.pcap server.pcap");
    if (event_.mechanism == Mechanism::Rst && event_.stage == Stage::Syn) {
      add("at the server (Linux): ss -lnt 'sport = :", talk_.server.port,
          "'  (nothing listed: nobody listens), and nft list ruleset  (a rule that rejects with a "
          "reset)");
      return;
    }
    if (event_.mechanism == Mechanism::Rst)
      add("at the server (Linux): nstat -n; repeat the attempt; nstat | grep -E 'OutRsts|Abort'  "
          "(TcpExtTCPAbortOnClose: closed with unread data; only OutRsts: no socket)");
    if (event_.mechanism == Mechanism::Fin || event_.mechanism == Mechanism::Rst ||
        event_.mechanism == Mechanism::Alert)
      add("in the server's log, near the connection from ", talk_.client, ", look for ",
          log_line());
  }

  [[nodiscard]] std::string_view log_line() const {
    if (event_.mechanism == Mechanism::Alert) return "the alert's name or a TLS handshake error";
    if (event_.stage == Stage::Accepted)
      return "\"refused connect\", \"too many connections\", \"no server is available\" or an "
             "access rule";
    return "\"SSL_accept() failed\", a missing certificate or backend, or a worker that died";
  }

  const Conversation& talk_;
  const Event& event_;
  Observations& facts_;
  const Verdict& verdict_;
  std::string place_, target_;
  std::vector<std::string>& list_;
};

}  // namespace

void list_next_steps(const Scene& scene, Judgement& judgement) {
  std::vector<std::string>& list = judgement.verdict.next;
  for (std::string& step : list) judgement.facts.spare.give(std::move(step));
  list.clear();
  if (judgement.verdict.failed()) Steps(scene, judgement).list();
}

}  // namespace whohungup
