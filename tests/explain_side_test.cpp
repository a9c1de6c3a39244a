// Whose words a text is: the same ones tell of the other end in a server's log. The lines are what
// nginx 1.22.1, HAProxy 2.6.12, Apache 2.4, Go 1.19.8, Node 20.20.2, stunnel 5.68 and
// OpenSSL 3.0.22 logged when the event beside them was made; a capture of the same connection named
// the event.
#include <gtest/gtest.h>

#include <algorithm>

#include "analyze/explain.h"

namespace whohungup {
namespace {

struct Logged {
  std::string_view line;
  std::string_view event;
};

constexpr Logged kOfServers[] = {
    {"[info] 11#11: *1 client closed connection while SSL handshaking, client: 192.0.2.7, server: "
     "0.0.0.0:443",
     "fin.accepted"},
    {"[info] 11#11: *2 recv() failed (104: Connection reset by peer) while SSL handshaking, "
     "client: "
     "192.0.2.7, server: 0.0.0.0:443",
     "rst.accepted"},
    {"[info] 11#11: *3 client timed out (110: Connection timed out) while SSL handshaking, client: "
     "192.0.2.7, server: 0.0.0.0:443",
     "fin.accepted"},
    {"[info] 11#11: *4 peer closed connection in SSL handshake while SSL handshaking, client: "
     "192.0.2.7, server: 0.0.0.0:443",
     "fin.server_hello"},
    {"[info] 11#11: *5 peer closed connection in SSL handshake (104: Connection reset by peer) "
     "while "
     "SSL handshaking, client: 192.0.2.7, server: 0.0.0.0:443",
     "rst.server_hello"},
    {"[info] 11#11: *13 client sent plain HTTP request to HTTPS port while reading client request "
     "headers, client: 192.0.2.7, server: a.test, request: \"GET / HTTP/1.1\", host: \"a\"",
     "plaintext.client_hello"},
    {"[info] 11#11: *16 SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version "
     "number) while SSL handshaking, client: 192.0.2.7, server: 0.0.0.0:443",
     "fin.accepted"},
    {"[info] 11#11: *17 SSL_do_handshake() failed (SSL: error:0A000418:SSL routines::tlsv1 alert "
     "unknown ca:SSL alert number 48) while SSL handshaking, client: 192.0.2.7",
     "alert.server_hello"},
    {"[info] 11#11: *22 SSL_do_handshake() failed (SSL: error:0A0000C1:SSL routines::no shared "
     "cipher) while SSL handshaking, client: 192.0.2.7, server: 0.0.0.0:443",
     "alert.client_hello"},
    {"192.0.2.7:4821 [23/Nov/2026:18:00:18.282] f/1: SSL handshake failure", "rst.accepted"},
    {"192.0.2.7:4821 [23/Nov/2026:18:00:21.287] f/1: SSL handshake failure", "fin.server_hello"},
    {"192.0.2.7:4821 [23/Nov/2026:18:00:31.313] f/1: SSL handshake failure", "fin.client_hello"},
    {"192.0.2.7:4821 [23/Nov/2026:18:00:33.358] f/1: SSL handshake failure", "alert.server_hello"},
    {"192.0.2.7:4821 [23/Nov/2026:18:00:17.780] f/1: Connection closed during SSL handshake",
     "fin.accepted"},
    {"192.0.2.7:4821 [23/Nov/2026:18:00:18.783] f/1: Timeout during SSL handshake", "fin.accepted"},
    {"[ssl:info] [pid 1:tid 2] [client 192.0.2.7:4] AH02008: SSL library error 1 in handshake "
     "(server localhost:443)\n[ssl:info] [pid 1:tid 2] SSL Library Error: error:0A00010B:SSL "
     "routines::wrong version number",
     "fin.accepted"},
    {"[ssl:info] [pid 1:tid 2] (70014)End of file found: [client 192.0.2.7:4] AH02006: SSL "
     "handshake "
     "stopped: connection was closed",
     "fin.server_hello"},
    {"[ssl:info] [pid 1:tid 2] [client 192.0.2.7:4] AH01998: Connection closed to child 5 with "
     "abortive shutdown (server localhost:443)",
     "rst.client_hello"},
    {"2026/11/23 18:00:17 http: TLS handshake error from 192.0.2.7:5: EOF", "fin.accepted"},
    {"2026/11/23 18:00:22 http: TLS handshake error from 192.0.2.7:5: read tcp 192.0.2.1:443->"
     "192.0.2.7:5: read: connection reset by peer",
     "rst.server_hello"},
    {"2026/11/23 18:00:25 http: TLS handshake error from 192.0.2.7:5: read tcp 192.0.2.1:443->"
     "192.0.2.7:5: i/o timeout",
     "fin.server_hello"},
    {"2026/11/23 18:00:31 http: TLS handshake error from 192.0.2.7:5: tls: first record does not "
     "look like a TLS handshake",
     "fin.accepted"},
    {"2026/11/23 18:00:34 http: TLS handshake error from 192.0.2.7:5: remote error: tls: unknown "
     "certificate authority",
     "alert.server_hello"},
    {"2026/11/23 18:00:33 http: TLS handshake error from 192.0.2.7:5: local error: tls: bad record "
     "MAC",
     "alert.server_hello"},
    {"tlsClientError Error: socket hang up ECONNRESET", "fin.server_hello"},
    {"tlsClientError Error: read ECONNRESET ECONNRESET", "rst.server_hello"},
    {"tlsClientError Error [ERR_TLS_HANDSHAKE_TIMEOUT]: TLS handshake timeout "
     "ERR_TLS_HANDSHAKE_TIMEOUT",
     "fin.accepted"},
    {"tlsClientError Error: error:0A00010B:SSL routines:ssl3_get_record:wrong version "
     "number:ssl3_record.c:350:\n ERR_SSL_WRONG_VERSION_NUMBER",
     "fin.accepted"},
    {"LOG3[0]: SSL_accept: ../ssl/record/rec_layer_s3.c:318: error:0A000126:SSL "
     "routines::unexpected "
     "eof while reading",
     "fin.server_hello"},
    {"LOG3[4]: SSL_accept: Connection reset by peer (104)", "rst.server_hello"},
    {"Nov 23 18:54:32 lab postfix/smtpd[12]: SSL_accept error from unknown[192.0.2.7]: -1\nNov 23 "
     "18:54:32 lab postfix/smtpd[12]: warning: TLS library problem: error:0A000418:SSL "
     "routines::tlsv1 alert unknown ca:../ssl/record/rec_layer_s3.c:1602:SSL alert number 48:",
     "alert.server_hello"},
    {"postfix/smtpd[12]: lost connection after CONNECT from unknown[192.0.2.7]",
     "none.established"},
    {"imap-login: Info: Disconnected: Connection closed: SSL_accept() failed: "
     "error:0A00010B:SSL routines::wrong version number (no auth attempts in 0 secs): user=<>, "
     "rip=192.0.2.7, lip=192.0.2.1, TLS handshaking: SSL_accept() failed: error:0A00010B:SSL "
     "routines::wrong version number",
     "fin.accepted"},
    {"imap-login: Info: Disconnected: Connection closed: read(size=429) failed: Connection reset "
     "by "
     "peer (no auth attempts in 0 secs): user=<>, rip=192.0.2.7, lip=192.0.2.1, TLS: "
     "read(size=429) failed: Connection reset by peer",
     "none.established"},
    {"LOG:  could not accept SSL connection: EOF detected", "fin.client_hello"},
    {"conn=1012 fd=11 TLS: can't accept: An unexpected TLS packet was received..", "fin.accepted"},
    {"4037997EB27F0000:error:0A0000C1:SSL routines:tls_post_process_client_hello:no shared "
     "cipher:../ssl/statem/statem_srvr.c:2226:",
     "alert.client_hello"},
};

// The same programs as the client of an upstream.
constexpr Logged kOfProxies[] = {
    {"[error] 11#11: *85 peer closed connection in SSL handshake while SSL handshaking to "
     "upstream, "
     "client: 192.0.2.7, server: p.test, request: \"GET / HTTP/1.1\", upstream: "
     "\"https://198.51.100.9:443/\"",
     "fin.client_hello"},
    {"[error] 11#11: *86 peer closed connection in SSL handshake (104: Connection reset by peer) "
     "while SSL handshaking to upstream, client: 192.0.2.7, server: p.test",
     "rst.client_hello"},
    {"[error] 11#11: *87 SSL_do_handshake() failed (SSL: error:0A000410:SSL routines::sslv3 alert "
     "handshake failure:SSL alert number 40) while SSL handshaking to upstream, client: 192.0.2.7",
     "alert.client_hello"},
    {"[error] 11#11: *88 SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong "
     "version "
     "number) while SSL handshaking to upstream, client: 192.0.2.7, server: p.test",
     "plaintext.client_hello"},
    {"[error] 11#11: *89 upstream timed out (110: Connection timed out) while SSL handshaking to "
     "upstream, client: 192.0.2.7, server: p.test",
     "silence.client_hello"},
    {"[ssl:info] [pid 1:tid 2] [remote 198.51.100.9:443] AH02003: SSL Proxy connect failed\n"
     "[ssl:info] [pid 1:tid 2] SSL Library Error: error:0A00010B:SSL routines::wrong version "
     "number",
     "plaintext.client_hello"},
    {"postfix/smtp[7]: SSL_connect error to mx.example.org[198.51.100.9]:25: Connection reset by "
     "peer",
     "rst.client_hello"},
};

bool has(EventSet events, std::string_view name) {
  const std::vector<std::string> list = names(events);
  return std::find(list.begin(), list.end(), name) != list.end();
}

TEST(ExplainSide, ReadsAServersLogFromItsClientsEnd) {
  for (const auto& [line, event] : kOfServers) {
    const Explanation explanation = explain(line);
    ASSERT_TRUE(explanation.known()) << line;
    for (const PrintedAttempt& attempt : explanation.attempts) {
      EXPECT_TRUE(attempt.at_server) << line;
      EXPECT_TRUE(has(attempt.possible(), event)) << line << " cannot be " << event;
    }
  }
}

TEST(ExplainSide, ReadsAProxysWordsAboutItsUpstreamAsAClients) {
  for (const auto& [line, event] : kOfProxies) {
    const Explanation explanation = explain(line);
    ASSERT_TRUE(explanation.known()) << line;
    for (const PrintedAttempt& attempt : explanation.attempts) {
      EXPECT_FALSE(attempt.at_server) << line;
      EXPECT_TRUE(has(attempt.usual, event)) << line << " cannot be " << event;
    }
  }
}

TEST(ExplainSide, ExcludesNoEndOfAConnectionThatAServerOnlySawClose) {
  // What reached the server was a FIN; what made its client send one can have been anything.
  const EventSet possible = explain(kOfServers[3].line).attempts.front().possible();
  for (const std::string_view event :
       {"silence.client_hello", "icmp.client_hello", "plaintext.client_hello", "rst.client_hello"})
    EXPECT_TRUE(has(possible, event)) << event;
  EXPECT_FALSE(has(possible, "rst.syn"));
}

TEST(ExplainSide, KeepsAClientsAndAServersWordsApart) {
  const Explanation both = explain(
      "curl: (35) Recv failure: Connection reset by peer\n"
      "2026/11/23 18:00:17 http: TLS handshake error from 192.0.2.7:5: EOF\n");
  ASSERT_EQ(both.attempts.size(), 2U);
  EXPECT_FALSE(both.attempts[0].at_server);
  EXPECT_TRUE(has(both.attempts[0].usual, "rst.client_hello"));
  EXPECT_TRUE(both.attempts[1].at_server);
  EXPECT_TRUE(has(both.attempts[1].usual, "fin.client_hello"));
}

TEST(ExplainSide, SaysThatBareWordsCouldBeAServers) {
  const auto warned = [](std::string_view text) {
    const auto excludes = explain(text).attempts.front().excludes;
    return std::any_of(excludes.begin(), excludes.end(), [](const std::string& sentence) {
      return sentence.find("Where a server printed them") != std::string::npos;
    });
  };
  EXPECT_TRUE(warned("error:0A00010B:SSL routines:ssl3_get_record:wrong version number"));
  EXPECT_FALSE(warned("curl: (35) error:0A00010B:SSL routines::wrong version number"));
  EXPECT_FALSE(warned("LOG3[4]: SSL_accept: Connection reset by peer (104)"));
  EXPECT_FALSE(warned("PR_END_OF_FILE_ERROR"));
}

TEST(ExplainSide, TakesTwoRunsOfAClientForTwo) {
  // A FIN ended the one, a reset the other; together they must not exclude either.
  const Explanation two = explain(
      "curl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to a.example:443\n"
      "curl: (35) Recv failure: Connection reset by peer\n");
  ASSERT_EQ(two.attempts.size(), 2U);
  EXPECT_TRUE(has(two.attempts[0].usual, "fin.client_hello"));
  EXPECT_TRUE(has(two.attempts[1].usual, "rst.client_hello"));
}

TEST(ExplainSide, ReadsEveryLineOfALogForItself) {
  const Explanation log = explain(
      "2026/11/23 18:00:20 [info] 1#1: *3 client timed out (110: Connection timed out) while SSL "
      "handshaking, client: 192.0.2.7\n"
      "2026/11/23 18:00:21 [info] 1#1: *4 peer closed connection in SSL handshake while SSL "
      "handshaking, client: 192.0.2.8\n"
      "2026/11/23 18:00:22 [info] 1#1: *5 peer closed connection in SSL handshake while SSL "
      "handshaking, client: 192.0.2.9\n");
  ASSERT_EQ(log.attempts.size(), 2U) << "the same words twice are told once";
  EXPECT_EQ(log.attempts[1].texts.size(), 2U);
}

TEST(ExplainStages, LetsAResetBehindTheHandshakeBe) {
  // Measured: curl 7.88.1, Node 20.20.2, psql 15 against servers that end behind the handshake.
  for (const std::string_view text :
       {"curl: (56) Recv failure: Connection reset by peer",
        "Error: socket hang up\n    at TLSSocket.socketCloseListener (node:_http_client:477:27)\n"
        "  code: 'ECONNRESET'\n}",
        "curl: (55) getpeername() failed with errno 107: Transport endpoint is not connected",
        "psql: error: connection to server at \"127.0.0.1\", port 1 failed: server closed the "
        "connection unexpectedly",
        "java.io.IOException: Error writing to server", "ECONNRESET", "read ECONNRESET"}) {
    const PrintedAttempt attempt = explain(text).attempts.front();
    EXPECT_TRUE(has(attempt.possible(), "none.established")) << text;
    EXPECT_TRUE(has(attempt.possible(), "rst.established")) << text;
  }
  EXPECT_TRUE(has(explain("curl: (56) Recv failure: Connection reset by peer").attempts[0].usual,
                  "rst.established"));
  // Node's own timeout destroys the socket: "socket hang up", and nobody hung up.
  EXPECT_TRUE(has(explain("Error: socket hang up").attempts[0].possible(), "silence.client_hello"));
  // libpq reads an end of file where a reset came before its hello.
  EXPECT_TRUE(
      has(explain("SSL SYSCALL error: EOF detected").attempts[0].possible(), "rst.accepted"));
  // Chromium calls a close_notify before the handshake's end a protocol error.
  EXPECT_TRUE(has(explain("ERR_SSL_PROTOCOL_ERROR").attempts[0].possible(), "fin.client_hello"));
  // OpenLDAP says so of everything.
  EXPECT_TRUE(
      has(explain("Can't contact LDAP server (-1)").attempts[0].possible(), "alert.client_hello"));
}

}  // namespace
}  // namespace whohungup
