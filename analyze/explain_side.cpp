#include "analyze/explain_side.h"

#include <algorithm>
#include <array>

#include "dissect/plaintext_text.h"

namespace whohungup {
namespace {

// Words that only a program writes that was the client of this connection.
constexpr std::array<std::string_view, 33> kOfClients{
    " to upstream",
    "from upstream",
    "reading upstream",
    "upstream timed out",
    "upstream connect error",
    "[upstream",
    "remote server",
    "[remote ",
    "ssl_connect",
    "sslv23_connect",
    "ssl proxy",
    "starttls=client",
    "postfix/smtp[",
    "postfix/lmtp[",
    "postfix-out/smtp[",
    "proxyconnect",
    "curl: (",
    "client network socket",
    "dial tcp",
    "clienthandshake",
    "urlopen error",
    "psql: error",
    "error 2026 (",
    "error 2013 (",
    "wget: ",
    "ah01084",
    "ah01097",
    "ah02003",
    "ssl handshake has read",
    "connected(0",
    "statem_clnt.c",
    "extensions_clnt.c",
    "fatal: unable to access",
};

// Words of a server about its client; asked after those above.
constexpr std::array<std::string_view, 35> kOfServers{
    "while ssl handshaking",
    "while waiting for request",
    "while reading client",
    ", client: ",
    "[client ",
    "statem_srvr.c",
    "extensions_srvr.c",
    "process_client_hello",
    "ssl_accept",
    "sslv23_accept",
    "during ssl handshake",
    "tls handshake error from",
    "during processing of request from",
    "postfix/smtpd",
    "postfix/submission/",
    "postfix/smtps/",
    "postfix/tlsproxy",
    "postfix/postscreen",
    "imap-login:",
    "pop3-login:",
    "submission-login:",
    "managesieve-login:",
    "login: disconnected",
    "haproxy[",
    "could not accept ssl connection",
    "could not receive data from client",
    "tls error on connection from",
    "starttls=server",
    "tlsclienterror",
    "err_tls_handshake_timeout",
    "serverhandshake",
    "rejected connection from",
    "slapd[",
    "tls: can't accept",
    "process_request",
};

template <class Words>
bool has_one_of(const std::string& line, const Words& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return line.find(word) != std::string::npos; });
}

/// What a server's words for its client's side come to where it was a client itself.
PrintedEnding of_client(PrintedEnding ending) {
  using enum PrintedEnding;
  switch (ending) {
    case PeerClosed:
      return Closed;
    case PeerReset:
      return Reset;
    case PeerSilent:
      return Timeout;
    case PeerNotTls:
      return NotTls;
    case PeerAlert:
      return Alert;
    case PeerFailed:
      return HandshakeFailed;
    case ServerRefused:
      return OwnRefusal;
    default:
      return ending;
  }
}

std::vector<PrintedEnding> of_server(PrintedEnding ending) {
  using enum PrintedEnding;
  switch (ending) {
    case Closed:
    case CloseNotify:
    case Warned:
      return {PeerClosed};
    case Reset:
      return {PeerReset};
    case ClosedMostly:
    case Broken:
      return {PeerClosed, PeerReset};
    case Timeout:
    case ConnectTimeout:
      return {PeerSilent};
    case NotTls:
      return {PeerNotTls};
    case Malformed:
    case HandshakeFailed:
      return {PeerFailed};
    case Alert:
      return {PeerAlert};
    case OwnRefusal:
      return {ServerRefused};
    default:
      return {ending};
  }
}

}  // namespace

Teller teller_of(const std::string& line) {
  if (has_one_of(line, kOfClients)) return Teller::Client;
  return has_one_of(line, kOfServers) ? Teller::Server : Teller::Unsaid;
}

std::vector<PrintedEnding> endings_for(Teller teller, const std::vector<PrintedEnding>& endings) {
  std::vector<PrintedEnding> list;
  const auto add = [&](PrintedEnding ending) {
    if (std::find(list.begin(), list.end(), ending) == list.end()) list.push_back(ending);
  };
  for (const PrintedEnding ending : endings) {
    if (teller == Teller::Client)
      add(of_client(ending));
    else if (teller == Teller::Server)
      for (const PrintedEnding meant : of_server(ending)) add(meant);
    else
      add(ending);
  }
  return list;
}

bool is_log_line(std::string_view line) {
  using text::is_digit;
  // "2026/11/23 18:00:17", "Nov 23 18:00:17", "[Mon Nov 23 18:00:41.29": hh:mm:ss stands near the
  // beginning, behind an address and a date at most (HAProxy).
  constexpr std::size_t kDeepest = 56, kTime = 8;
  for (std::size_t at = 0; at + kTime <= line.size() && at < kDeepest; ++at)
    if (is_digit(line[at]) && is_digit(line[at + 1]) && line[at + 2] == ':' &&
        is_digit(line[at + 3]) && is_digit(line[at + 4]) && line[at + 5] == ':' &&
        is_digit(line[at + 6]) && is_digit(line[at + 7]))
      return true;
  return false;
}

}  // namespace whohungup
