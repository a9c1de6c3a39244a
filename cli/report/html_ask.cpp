// "Ask the other team": the question, what they need to find the connection in their own records,
// and where their product writes down what it did.

#include <fmt/core.h>

#include <vector>

#include "cli/report/community_id.h"
#include "cli/report/html_sections.h"
#include "cli/report/landmarks.h"
#include "cli/report/words.h"
#include "dissect/icmp_names.h"

namespace whohungup {
namespace {

/// Which endings a log line or counter is about.
struct About {
  bool fin{}, rst{}, alert{}, silence{}, icmp{}, early{}, path{};
};

struct LogLine {
  About about;
  std::string_view product;
  std::string_view look_for;
};

// What each product writes, from diagnosis.md §5.2 to §5.5 (measured in the lab or read in the
// source) and from threads in which a log settled the matter (ecosystem.md §5.3).
constexpr LogLine kLogLines[] = {
    {{.rst = true, .path = true},
     "Linux server, kernel counters",
     "nstat -n; repeat the attempt; nstat | grep -E 'OutRsts|Abort'. TcpExtTCPAbortOnClose: the "
     "program closed with the hello unread. TcpExtTCPAbortOnData: it aborted on purpose. Only "
     "TcpOutRsts: no socket. None of them: the host's TCP did not reset it."},
    {{.rst = true, .path = true},
     "Linux server, 6.10 or newer",
     "perf trace -e tcp:tcp_send_reset: its reason names the cause: TCP_ABORT_ON_CLOSE (closed "
     "with bytes unread), TCP_STATE (aborted on purpose), TCP_TIMEWAIT_SOCKET (closed before), "
     "NO_SOCKET. A REJECT of netfilter does not fire it."},
    {{.rst = true, .silence = true, .icmp = true, .path = true},
     "Linux firewall (iptables, nftables)",
     "iptables -vnL | grep -E 'REJECT|DROP', nft list ruleset: the counter that rises with the "
     "attempt; conntrack -S: invalid"},
    {{.icmp = true, .path = true},
     "Linux host or router that sent the ICMP error",
     "nstat -n; repeat the attempt; nstat IcmpOutDestUnreachs Icmp6OutDestUnreachs; ip route get "
     "the destination: \"prohibit\", \"unreachable\" or no route"},
    {{.fin = true, .rst = true, .early = true},
     "HAProxy",
     "the connection's log line and its termination state; \"no server is available\", \"backend "
     "… has no server available\"; tcp-request reject rules; a full maxconn"},
    {{.fin = true, .early = true},
     "nginx (stream)",
     "error.log: \"no live upstreams\", \"connect() failed\", \"access forbidden by rule\""},
    {{.fin = true, .alert = true},
     "nginx (http)",
     "error.log at level info: \"SSL_do_handshake() failed\"; ssl_reject_handshake in the default "
     "server"},
    {{.fin = true, .rst = true},
     "Envoy, Istio",
     "\"no matching filter chain found\", and the counter listener.….no_filter_chain_match"},
    {{.fin = true, .early = true},
     "Dovecot, Postfix",
     "\"process_limit … reached\", \"client connections are being dropped\", \"too many "
     "connections\""},
    {{.fin = true, .rst = true, .early = true},
     "TCP wrappers, fail2ban",
     "\"refused connect from\" with the client's address; fail2ban-client status"},
    {{.rst = true, .silence = true, .path = true},
     "F5 BIG-IP",
     "turn on tm.rstcause.log (and tm.rstcause.pkt, which writes the cause into the reset): \"No "
     "flow found for ACK\", \"No available pool member\", \"handshake timeout\""},
    {{.alert = true},
     "HAProxy, nginx, Apache, OpenSSL programs",
     "the line of a failed handshake from the client's address and port: it names the alert's "
     "cause (no shared cipher, unknown SNI, client certificate required)"},
    {{.rst = true, .silence = true, .path = true},
     "Palo Alto",
     "the traffic and threat log of the session: actions reset-client, reset-server, reset-both, "
     "drop"},
    {{.rst = true, .path = true},
     "Cisco ASA, FTD",
     "%ASA-6-302014 (Teardown TCP connection): \"TCP Reset-I\" or \"TCP Reset-O\" says from which "
     "side the reset came"},
    {{.rst = true, .path = true},
     "Suricata, Snort",
     "alerts of rules with the action reject (Suricata) or react and reject (Snort) for this flow; "
     "Suricata's eve.json has the community id"},
    {{.rst = true, .path = true},
     "Juniper SRX, Fortinet, cloud firewalls",
     "SRX IDP: close-client, close-server; Fortinet: a deny with send-deny-packet, or an expired "
     "session; AWS Network Firewall: alerts with action REJECT"},
    {{.rst = true, .silence = true, .path = true},
     "Cloud balancers, address translators",
     "idle timeouts: AWS NLB 350 s (then a reset), Azure 4 min (silent by default), Google "
     "Cloud 10 min; conntrack tables of translators; a target that left the pool"},
    {{.rst = true, .path = true},
     "OpenStack, OVN",
     "ovn-nbctl acl-list: an ACL with the action reject; its reset is made by ovn-controller"},
    {{.silence = true, .early = true},
     "Linux server, accept queue",
     "ss -lnt: Recv-Q at its limit; nstat: TcpExtListenOverflows, TcpExtListenDrops"},
};

bool speaks_of(const LogLine& line, const Verdict& verdict) {
  const About& about = line.about;
  if (verdict.event.mechanism == Mechanism::Icmp) return about.icmp;
  if (verdict.actor == Actor::Middlebox)
    return about.path && (verdict.event.mechanism != Mechanism::Silence || about.silence);
  const Stage stage = verdict.event.stage;
  if (stage == Stage::Syn || stage == Stage::Accepted)
    if (!about.early && !about.path) return false;
  switch (verdict.event.mechanism) {
    case Mechanism::Fin:
      return about.fin;
    case Mechanism::Rst:
      return about.rst;
    case Mechanism::Icmp:
      return about.icmp;
    case Mechanism::Alert:
      return about.alert;
    case Mechanism::Silence:
      return about.silence;
    case Mechanism::Plaintext:
    case Mechanism::None:
      return false;
  }
  return false;
}

/// The error that ended the connection; null if none did.
const IcmpError* ending_error(const JudgedFlow& flow) {
  if (flow.verdict().event.mechanism != Mechanism::Icmp) return nullptr;
  for (const IcmpError& error : flow.talk.icmp)
    if (error.frame == flow.verdict().event.frame) return &error;
  return nullptr;
}

/// What a silence leaves open: whether packets came, if none was answered, or why there is no more.
std::string unanswered(const JudgedFlow& flow, const std::string& from, const std::string& to,
                       const std::string& at) {
  const FactSet& facts = flow.judgement.facts.set;
  const Stage stage = flow.verdict().event.stage;
  if (stage == Stage::Syn)
    return fmt::format(
        "Did the SYNs from {} reach {} after {}, and if so, what kept them unanswered: "
        "a rule, a full queue, a route back?",
        from, to, at);
  if (stage == Stage::ServerHello || stage == Stage::Established)
    return fmt::format(
        "What did {} send to {} after {}, did it leave, and what was the process "
        "waiting for?",
        to, from, at);
  if (stage == Stage::Accepted && !facts.has(Fact::HelloSent))
    return fmt::format(
        "Who was to speak first when {} had connected to {} at {}, and what was the "
        "process doing?",
        from, to, at);
  if (facts.has(Fact::HelloAcked))
    return fmt::format(
        "What was the process at {} doing after {}, when it had the ClientHello from "
        "{}, instead of answering it?",
        to, at, from);
  return fmt::format(
      "Did the ClientHello from {} reach {} after {}, and if so, what was the process "
      "doing instead of answering it?",
      from, to, at);
}

std::string question(const JudgedFlow& flow) {
  const Verdict& verdict = flow.verdict();
  const std::string at = rfc3339(verdict.event.at);
  const std::string from = to_string(flow.talk.client), to = to_string(flow.talk.server);
  if (const IcmpError* error = ending_error(flow))
    return fmt::format(
        "Why did {} report at {} by {} that packets from {} to {} could not be delivered: a rule, "
        "a "
        "missing route, or nobody there; and is that intended?",
        to_string(error->reporter), at, icmp_text(error->is_v6, error->type, error->code), from,
        to);
  switch (verdict.actor) {
    case Actor::Middlebox:
      return fmt::format(
          "Which device between {} and {} (a firewall, an intrusion prevention system, a proxy) "
          "ended or blocked this TCP connection at {}, by which rule, and is that intended?",
          from, to, at);
    case Actor::Client:
      if (verdict.event.mechanism == Mechanism::Alert)
        return fmt::format(
            "What made the program at {} refuse its connection to {} with that alert at {}?", from,
            to, at);
      return fmt::format(
          "Why did the program at {} end its connection to {} at {}: a timeout, a cancellation, or "
          "an error it saw?",
          from, to, at);
    case Actor::Server:
    case Actor::Unknown:
    case Actor::Nobody:
      break;
  }
  switch (verdict.event.mechanism) {
    case Mechanism::Silence:
      return unanswered(flow, from, to, at);
    case Mechanism::Alert:
      return fmt::format("Which check made the TLS endpoint at {} refuse {} from {} at {}?", to,
                         verdict.event.stage == Stage::ClientHello ? "the hello" : "the handshake",
                         from, at);
    case Mechanism::Plaintext:
      return fmt::format(
          "Is the service at {} meant to speak TLS at once, with STARTTLS or not at all to {} "
          "(seen "
          "at {})?",
          to, from, at);
    default:
      return fmt::format(
          "What at {} (the program, a balancer in front of it, a firewall on the host) ended the "
          "connection from {} at {}, and by which rule or error?",
          to, from, at);
  }
}

std::string_view audience(Actor actor) {
  switch (actor) {
    case Actor::Middlebox:
      return "For those who run the network between the two";
    case Actor::Client:
      return "For those who run the client";
    default:
      return "For those who run the server and what stands before it";
  }
}

std::string isn(const Conversation& talk, Side side) {
  const SideCounts& counts = talk.side(side);
  return counts.isn_seen ? fmt::format("{} (0x{:08x})", counts.isn.value, counts.isn.value)
                         : "not captured";
}

std::string window(const Conversation& talk) {
  using std::chrono::seconds;
  // Clocks of two teams are often a second or two apart.
  constexpr auto kSlack = seconds{2};
  const Time from = std::chrono::floor<seconds>(talk.begin) - kSlack;
  const Time to = std::chrono::ceil<seconds>(talk.last) + kSlack;
  return fmt::format("{}Z to {}Z (with 2 s of slack for clocks)", rfc3339(from).substr(0, 19),
                     rfc3339(to).substr(0, 19));
}

}  // namespace

std::string html_ask(const JudgedFlow& flow, const HtmlContext& context) {
  const Verdict& verdict = flow.verdict();
  if (!verdict.failed()) return {};
  const Conversation& talk = flow.talk;
  std::string out = html_heading("ask", "Ask the other team") +
                    fmt::format(
                        "<div class=\"ask\">\n<p class=\"meta\">{}</p>\n<blockquote>{}"
                        "</blockquote>\n<dl>\n",
                        audience(verdict.actor), html_text(question(flow)));
  if (context.anonymized)
    out += html_entry(
        "Before you ask",
        "put the true addresses and names in: those here are replaced, and may happen to "
        "be somebody else's");
  out += html_entry("UTC window", window(talk));
  out += html_entry("5-tuple",
                    fmt::format("TCP, {} to {}", to_string(talk.client), to_string(talk.server)));
  if (const auto& proxy = talk.proxy_header; proxy && proxy->source)
    out += html_entry("Client, by the PROXY header", to_string(*proxy->source));
  if (const auto name = claimed_name(talk)) out += html_entry("Server name", *name);
  out += html_entry("Community ID", community_id(talk.client, talk.server));
  out += html_entry(
      "Initial sequence numbers",
      fmt::format("client {}, server {}", isn(talk, Side::Client), isn(talk, Side::Server)));
  out += "</dl>\n";
  std::string lines;
  for (const LogLine& line : kLogLines)
    if (verdict.actor != Actor::Client && speaks_of(line, verdict))
      lines += html_entry(line.product, line.look_for);
  if (!lines.empty())
    out += "<h3>Where it is written down, by product</h3>\n<dl>\n" + lines + "</dl>\n";
  if (!verdict.next.empty()) {
    out += "<h3>What would tell more</h3>\n<ul>\n";
    for (const std::string& step : verdict.next)
      out += fmt::format("<li>{}</li>\n", html_text(step));
    out += "</ul>\n";
  }
  return out + "</div>\n";
}

}  // namespace whohungup
