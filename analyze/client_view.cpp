// What common clients print for each ending, so that a log line finds its flow. Measured
// (diagnosis.md §7.1); clients without a measured text stay empty.
#include <algorithm>
#include <array>

#include "analyze/tell.h"
#include "analyze/words.h"
#include "dissect/tls_alert.h"

namespace whohungup {
namespace {

ClientView closed() {
  return {"error:0A000126:SSL routines::unexpected eof while reading",
          "curl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to <host>",
          // Python 3.11.7 says the first, Debian's 3.11.2 the second (measured in the lab).
          "ssl.SSLEOFError: [SSL: UNEXPECTED_EOF_WHILE_READING] or ssl.SSLZeroReturnError: "
          "TLS/SSL connection has been closed (EOF)",
          "EOF", "javax.net.ssl.SSLHandshakeException: Remote host terminated the handshake",
          "Client network socket disconnected before secure TLS connection was established "
          "(ECONNRESET)",
          std::nullopt};
}

ClientView reset() {
  return {"write:errno=104",
          "curl: (35) Recv failure: Connection reset by peer",
          "ConnectionResetError: [Errno 104] Connection reset by peer",
          "read: connection reset by peer",
          "java.net.SocketException: Connection reset",
          "read ECONNRESET",
          "ECONNRESET"};
}

/// Closed at accept with the hello already on its way: end of file or reset, whichever the client
/// reads first.
ClientView closed_or_reset() {
  ClientView view = closed();
  view.openssl += " or write:errno=104 (a race)";
  view.curl += " or Recv failure: Connection reset by peer (a race)";
  return view;
}

ClientView refused() {
  return {"connect:errno=111",
          "curl: (7) Failed to connect to <host>: Connection refused",
          "ConnectionRefusedError: [Errno 111] Connection refused",
          "connect: connection refused",
          "java.net.ConnectException: Connection refused",
          "connect ECONNREFUSED",
          "ECONNREFUSED"};
}

ClientView unreachable() {
  ClientView view;
  view.openssl = "connect:errno=113";
  view.python = "OSError: [Errno 113] No route to host";
  view.go = "connect: no route to host";
  view.node = "connect EHOSTUNREACH";
  view.error_number = "EHOSTUNREACH";
  return view;
}

ClientView timed_out(bool connecting) {
  ClientView view;
  // The first with --connect-timeout, or the kernel's own; the second with --max-time.
  view.curl = connecting ? "curl: (28) Failed to connect to <host>: Connection timed out or curl: "
                           "(28) Connection timed out"
                         : "curl: (28) SSL connection timeout or curl: (28) Connection timed out";
  view.python = connecting ? "TimeoutError: timed out" : "The handshake operation timed out";
  view.go = connecting ? "dial tcp: i/o timeout" : "net/http: TLS handshake timeout";
  view.java = connecting ? "java.net.SocketTimeoutException: Connect timed out"
                         : "java.net.SocketTimeoutException: Read timed out";
  view.node = connecting ? "connect ETIMEDOUT" : "timeout";
  if (connecting) view.error_number = "ETIMEDOUT";
  return view;
}

ClientView not_tls() {
  return {"error:0A00010B:SSL routines::wrong version number",
          "curl: (35) error:0A00010B:SSL routines::wrong version number",
          "ssl.SSLError: [SSL: WRONG_VERSION_NUMBER] wrong version number",
          "tls: first record does not look like a TLS handshake",
          "javax.net.ssl.SSLException: Unsupported or unrecognized SSL message",
          "ERR_SSL_WRONG_VERSION_NUMBER",
          std::nullopt};
}

/// How OpenSSL 3.0 words an alert it received (`openssl errstr 0A000410` and its neighbours).
std::string openssl_words(std::uint8_t description, const std::string& name) {
  constexpr std::array<std::uint8_t, 11> kSinceSsl3{10, 20, 30, 40, 41, 42, 43, 44, 45, 46, 47};
  constexpr std::array<std::uint8_t, 5> kExtensions{110, 111, 112, 113, 114};
  const auto in = [&](const auto& list) {
    return std::find(list.begin(), list.end(), description) != list.end();
  };
  const bool tls13 = description == 109 || description == 116;
  const std::string_view prefix = tls13             ? "tlsv13 alert "
                                  : in(kSinceSsl3)  ? "sslv3 alert "
                                  : in(kExtensions) ? "tlsv1 "
                                                    : "tlsv1 alert ";
  std::string words = std::string(prefix) + name;
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

/// The same as a constant: SSLV3_ALERT_HANDSHAKE_FAILURE.
std::string as_constant(std::string words) {
  for (char& c : words) {
    if (c == ' ') c = '_';
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return words;
}

ClientView alert(std::uint8_t description) {
  // Library 20 (SSL); an alert's reason is its description and 1000.
  constexpr unsigned kSslLibrary = 0x0A000000, kFirstAlertReason = 1000;
  const std::string name = tls::name({2, description});
  const std::string said = openssl_words(description, name);
  const std::string code = fmt::format("error:{:08X}:SSL routines::{}",
                                       kSslLibrary + kFirstAlertReason + description, said);
  std::string spoken = name;
  std::replace(spoken.begin(), spoken.end(), '_', ' ');
  ClientView view;
  view.openssl = code;
  view.curl = "curl: (35) " + code;
  view.python = fmt::format("ssl.SSLError: [SSL: {}]", as_constant(said));
  view.go = "remote error: tls: " + spoken;
  view.java = "javax.net.ssl.SSLHandshakeException: Received fatal alert: " + name;
  view.node = "ERR_SSL_" + as_constant(said);
  return view;
}

/// A warning before the close is hidden by most: they report the close alone.
ClientView warned(ClientView view) {
  view.java = "javax.net.ssl.SSLProtocolException: received handshake warning: unrecognized_name";
  return view;
}

ClientView close_notify() {
  ClientView view = closed();
  view.openssl.clear();
  view.curl = "curl: (35) OpenSSL SSL_connect: SSL_ERROR_ZERO_RETURN in connection to <host>";
  view.python = "ssl.SSLZeroReturnError: TLS/SSL connection has been closed (EOF)";
  view.java = "javax.net.ssl.SSLHandshakeException: Received close_notify during handshake";
  return view;
}

ClientView after_rst(const Scene& scene) {
  ClientView view = reset();
  // s_client prints no error of a STARTTLS dialogue that is reset before TLS.
  if (scene.talk.dialogue && !has_hello(scene.talk)) view.openssl.clear();
  return view;
}

ClientView after_fin(const Scene& scene, const Observations& facts) {
  if (facts.has(Fact::ServerWarningAlert)) return warned(closed());
  if (facts.has(Fact::ServerCloseNotify)) return close_notify();
  const bool hello_on_its_way = scene.event.stage == Stage::Accepted && has_hello(scene.talk);
  return hello_on_its_way ? closed_or_reset() : closed();
}

}  // namespace

ClientView client_view(const Scene& scene, const Observations& facts) {
  const Event& event = scene.event;
  // What a client did itself it reports in words of its own.
  if (event.claims == Side::Client && event.mechanism != Mechanism::Icmp) return {};
  switch (event.mechanism) {
    case Mechanism::Fin:
      return after_fin(scene, facts);
    case Mechanism::Rst:
      return event.stage == Stage::Syn ? refused() : after_rst(scene);
    case Mechanism::Alert:
      return event.sealed ? ClientView{} : alert(event.alert_description);
    case Mechanism::Plaintext:
      return event.refused_starttls || event.turned_away ? ClientView{} : not_tls();
    case Mechanism::Icmp: {
      // Once connected, the kernel takes every ICMP error for a soft one: the client times out.
      if (event.stage != Stage::Syn) return timed_out(false);
      const IcmpError& error = scene.talk.icmp[*event.icmp];
      const bool port =
          error.is_v6 ? error.type == 1 && error.code == 4 : error.type == 3 && error.code == 3;
      return port ? refused() : unreachable();
    }
    case Mechanism::Silence:
      return timed_out(event.stage == Stage::Syn);
    case Mechanism::None:
      break;
  }
  return {};
}

}  // namespace whohungup
