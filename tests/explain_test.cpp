// What `explain` makes of texts as clients really print them, and of text that nobody prints.
#include "analyze/explain.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/explained.h"

namespace whohungup {
namespace {

using namespace test;

constexpr std::string_view kEof993 =
    "4097B787EA7F0000:error:0A000126:SSL routines:ssl3_read_n:unexpected eof while reading:../ssl/"
    "record/rec_layer_s3.c:318:\nCONNECTED(00000003)\n---\nno peer certificate available\n---\n"
    "SSL handshake has read 0 bytes and written 332 bytes\nVerification: OK\n";
constexpr std::string_view kEof143 =
    "Didn't find STARTTLS in server response, trying anyway...\n"
    "4077B1E7AB7F0000:error:0A000126:SSL routines:ssl3_read_n:unexpected eof while reading:../ssl/"
    "record/rec_layer_s3.c:318:\nCONNECTED(00000003)\n---\nno peer certificate available\n---\n"
    "SSL handshake has read 0 bytes and written 358 bytes\n";

TEST(Explain, ReadsTheSeed) {
  const PrintedAttempt seed = only(kEof993);
  EXPECT_EQ(names(seed.usual), (List{"fin.accepted", "fin.client_hello"}));
  // A hello lost on the way and a server that hangs up by its own clock: `read` calls that silence.
  EXPECT_EQ(names(seed.rare), (List{"icmp.accepted", "silence.accepted", "icmp.client_hello",
                                    "silence.client_hello"}));
  ASSERT_EQ(seed.readings.size(), 2U);
  EXPECT_EQ(seed.readings[0].hello, 325U);
  EXPECT_EQ(seed.readings[0].own_alert, 7U);
  EXPECT_EQ(seed.readings[0].name.first, 19U);
  EXPECT_EQ(seed.readings[1].hello, 332U);
  EXPECT_EQ(seed.readings[1].name.last, 26U);
  EXPECT_TRUE(says(seed.means, "A FIN reached the program"));
  EXPECT_TRUE(says(seed.excludes, "No reset ended it first"));
}

TEST(Explain, KnowsThatWithoutAGreetingTheHelloIsNotTheReason) {
  const PrintedAttempt seed = only(kEof143);
  EXPECT_EQ(names(seed.possible()), List{"fin.accepted"});
  EXPECT_TRUE(says(seed.excludes, "The ClientHello cannot be the reason"));
}

TEST(Explain, SubtractsTheDialogueFromTwoRuns) {
  const Explanation both = explain(std::string(kEof993) + std::string(kEof143));
  ASSERT_EQ(both.attempts.size(), 2U);
  EXPECT_EQ(both.attempts[1].protocol, "imap");
  ASSERT_EQ(both.together.size(), 1U);
  EXPECT_TRUE(both.together.front().starts_with(
      "358 − 332 = 26 = `. CAPABILITY` 14 + `. STARTTLS` 12: both runs wrote the same hello"))
      << both.together.front();
  EXPECT_EQ(both.attempts[1].readings.front().hello, 325U);
}

TEST(Explain, SubtractsBareCountsOnlyConditionally) {
  const Explanation both = explain(
      "SSL handshake has read 0 bytes and written 332 bytes\n"
      "SSL handshake has read 0 bytes and written 358 bytes\n");
  ASSERT_EQ(both.together.size(), 1U);
  EXPECT_TRUE(says(both.together, "if it ran with -starttls"));
}

TEST(Explain, ChoosesTheReadingThatFitsTheNameGiven) {
  const PrintedAttempt seed =
      only("$ openssl s_client -connect imap.example-host.de:993\n" + std::string(kEof993));
  ASSERT_EQ(std::string_view("imap.example-host.de").size(), 20U);
  EXPECT_TRUE(says(seed.counted, "no reading of 332 fits it"));
  const PrintedAttempt other =
      only("$ openssl s_client -connect imap.examplehost.de:993\n" + std::string(kEof993));
  ASSERT_EQ(other.readings.size(), 1U);
  EXPECT_EQ(other.readings.front().own_alert, 7U);
  EXPECT_EQ(other.next, "whohungup diagnose imap.examplehost.de:993");
}

TEST(Explain, ReadsAResetAsAResetOrAsAHelloThatMetAClosedSocket) {
  const PrintedAttempt reset = only(
      "write:errno=104\nCONNECTED(00000003)\nno peer certificate available\n"
      "SSL handshake has read 0 bytes and written 332 bytes\n");
  EXPECT_EQ(names(reset.usual), (List{"fin.accepted", "rst.accepted", "rst.client_hello"}));
  ASSERT_EQ(reset.readings.size(), 1U);
  EXPECT_EQ(reset.readings.front().name.first, 26U) << "the client saw no end it could answer";
}

TEST(Explain, DoesNotTakeNodesCodeForAReset) {
  const PrintedAttempt closed = only(
      "Error: Client network socket disconnected before secure TLS connection was established "
      "ECONNRESET");
  EXPECT_EQ(names(closed.usual), (List{"fin.accepted", "fin.client_hello", "fin.server_hello"}));
  const PrintedAttempt reset = only("Error: read ECONNRESET ECONNRESET");
  EXPECT_FALSE(reset.usual.has(Mechanism::Fin, Stage::ClientHello));
  EXPECT_TRUE(reset.usual.has(Mechanism::Rst, Stage::ClientHello));
}

TEST(Explain, NamesTheAlertOfEveryClient) {
  for (const std::string_view text :
       {"4007:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake "
        "failure:../ssl:1602:"
        "SSL alert number 40",
        "140:error:14094410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:s3_pkt.c",
        "ssl.SSLError: [SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure (_ssl.c)",
        "remote error: tls: handshake failure", "*** Received alert [40]: Handshake failed",
        "javax.net.ssl.SSLHandshakeException: Received fatal alert: handshake_failure",
        "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", "SSL_ERROR_HANDSHAKE_FAILURE_ALERT",
        "Authentication failed, see inner exception. TLS alert: 'HandshakeFailure'."}) {
    const PrintedAttempt attempt = only(text);
    EXPECT_TRUE(says(attempt.means, "The alert is handshake_failure (40).")) << text;
    EXPECT_TRUE(attempt.usual.has(Mechanism::Alert, Stage::ClientHello)) << text;
    EXPECT_FALSE(attempt.possible().has(Mechanism::Rst, Stage::ClientHello)) << text;
  }
  EXPECT_TRUE(says(only("remote error: tls: unknown certificate authority").means,
                   "The alert is unknown_ca (48)."));
}

TEST(Explain, TakesGnuTlssWarningForAWarning) {
  // gnutls-cli 3.7.9, a warning alert and a close.
  const PrintedAttempt attempt = only(
      "*** Non fatal error: A TLS warning alert has been received.\n"
      "*** Fatal error: The TLS connection was non-properly terminated.\n"
      "*** Received alert [112]: The server name sent was not recognized\n");
  EXPECT_EQ(names(attempt.usual), List{"fin.client_hello"});
  EXPECT_TRUE(says(attempt.means, "The alert is unrecognized_name (112)."));
}

TEST(Explain, ReadsAServersLogAsAServersLog) {
  const PrintedAttempt attempt = only(
      "dovecot: imap-login: Warning: process_limit (100) reached, client connections are being "
      "dropped");
  EXPECT_TRUE(attempt.at_server);
  EXPECT_EQ(names(attempt.usual), (List{"fin.accepted", "rst.accepted"}));
  EXPECT_TRUE(
      only("postfix/smtpd[7]: SSL_accept error from unknown[192.0.2.7]: Connection reset by peer")
          .at_server);
}

TEST(Explain, AsksForTheDialogueWhereTheServiceSpeaksPlaintext) {
  const PrintedAttempt attempt = only(
      "$ openssl s_client -connect mail.example.org:143\n"
      "error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl:350:\n"
      "SSL handshake has read 5 bytes and written 322 bytes");
  EXPECT_EQ(attempt.next, "whohungup probe imap://mail.example.org:143");
  EXPECT_EQ(names(attempt.usual), (List{"plaintext.accepted", "plaintext.client_hello"}));
}

TEST(Explain, NeverPutsAHostileNameIntoACommand) {
  for (const std::string_view host : {"$(reboot)", "-rf", "\x1b[2J",
                                      "\xe2\x80\xae"
                                      "moc.elgoog",
                                      "a%b"}) {
    const PrintedAttempt attempt =
        only("openssl s_client -connect " + std::string(host) + ":993\nwrite:errno=104\n");
    EXPECT_EQ(attempt.next, "whohungup diagnose HOST:993") << host;
  }
}

TEST(Explain, TellsRunsApartThatEndedDifferently) {
  const Explanation two = explain(
      "curl: (35) Recv failure: Connection reset by peer\n"
      "curl: (7) Failed to connect to www.example.org port 443 after 2 ms: Couldn't connect to "
      "server\n");
  ASSERT_EQ(two.attempts.size(), 2U);
  EXPECT_EQ(two.attempts[1].next, "whohungup trace www.example.org:443");
}

TEST(Explain, SaysHonestlyThatItDoesNotKnow) {
  EXPECT_FALSE(explain("").known());
  EXPECT_FALSE(explain("it does not work").known());
  EXPECT_FALSE(explain(std::string(5000, '\0')).known());
  EXPECT_FALSE(explain(std::string(3 << 20, 'e')).known());
}

TEST(Explain, TakesAnyBytes) {
  // Every text of the table between rubbish, cut anywhere, must neither crash nor blame a stranger.
  std::uint32_t state = 7;
  const auto next = [&] { return state = state * 1664525 + 1013904223; };
  for (const ClientText& row : client_texts()) {
    std::string text;
    for (int i = 0; i < 40; ++i) text += static_cast<char>(next() >> 24);
    text += row.prints;
    for (int i = 0; i < 40; ++i) text += static_cast<char>(next() >> 24);
    for (std::size_t cut = 0; cut < text.size(); cut += 7) explain(text.substr(cut));
  }
  EXPECT_TRUE(explain(std::string(100, '\xff') + "\nwrite:errno=104\n").known());
}

TEST(ExplainTable, FindsEveryRowInItsOwnWords) {
  for (const ClientText& row : client_texts()) {
    std::string text(row.look_for.empty() ? row.prints : row.look_for);
    if (text.starts_with('^')) text.erase(0, 1);
    if (text.ends_with('$')) text.pop_back();
    if (text.ends_with(' ')) text += "and more";
    const Explanation explanation = explain(text);
    const auto tells = [&](const PrintedAttempt& attempt) {
      return std::any_of(attempt.texts.begin(), attempt.texts.end(), [&](const FoundText& found) {
        return std::find(found.endings.begin(), found.endings.end(), row.ending) !=
               found.endings.end();
      });
    };
    EXPECT_TRUE(std::any_of(explanation.attempts.begin(), explanation.attempts.end(), tells))
        << row.prints;
  }
}

TEST(ExplainTable, ForetellsOnlyTextsThatLeadBackToTheirEnding) {
  for (const ClientText& row : client_texts()) {
    // Go puts an address into the one, Node a word before the other.
    if (row.proof != Proof::Foretold || row.prints == "dial tcp: i/o timeout" ||
        row.prints == "timeout")
      continue;
    const Explanation explanation = explain(row.prints);
    ASSERT_FALSE(explanation.attempts.empty()) << row.prints;
    for (const std::string& event : names(ending_row(row.ending).usual)) {
      const auto all = names(explanation.attempts.front().possible());
      EXPECT_NE(std::find(all.begin(), all.end(), event), all.end()) << row.prints << " " << event;
    }
  }
}

TEST(ExplainTable, KnowsAnEventForEveryEndingButAnUnknownName) {
  for (std::size_t i = 0; i < kNumEndings; ++i) {
    const EndingRow& row = ending_row(static_cast<PrintedEnding>(i));
    EXPECT_EQ(row.usual.empty(), row.ending == PrintedEnding::NoName) << row.id;
    EXPECT_TRUE((row.usual & row.rare).empty()) << row.id;
    EXPECT_TRUE(((row.usual | row.rare) - all_events()).empty()) << row.id;
  }
}

TEST(HelloSizes, PadsAsOpenSslDoes) {
  // Measured with curl 7.88.1 (tests/lab/hello_sizes.py): the dip where the padding ends.
  const SizeLaw& curl = *find_size_law("curl");
  EXPECT_EQ(hello_size(curl, 8), 517U);
  EXPECT_EQ(hello_size(curl, 188), 517U);
  EXPECT_EQ(hello_size(curl, 189), 518U);
  EXPECT_EQ(hello_size(curl, 192), 521U);
  EXPECT_EQ(hello_size(curl, 193), 517U);
  EXPECT_EQ(hello_size(curl, 230), 554U);
  EXPECT_EQ(name_lengths(curl, 517)->first, 1U);
  EXPECT_FALSE(name_lengths(*find_size_law("openssl-s-client"), 300).has_value());
}

}  // namespace
}  // namespace whohungup
