// How far a run came by its own words, where the line that ends it says less: curl's messages,
// s_client's report of its session, a reset before the program knew of its connection.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/explained.h"

namespace whohungup {
namespace {

using namespace test;

// curl 7.88.1 and s_client 3.0.22 against servers that did what the tests' names say.
const std::string kHelloSent =
    "*   Trying 127.0.0.1:38101...\n* Connected to 127.0.0.1 (127.0.0.1) port 38101 (#0)\n"
    "* TLSv1.3 (OUT), TLS handshake, Client hello (1):\n} [512 bytes data]\n";
const std::string kTls12Answered = kHelloSent +
                                   "* TLSv1.3 (IN), TLS handshake, Server hello (2):\n"
                                   "* TLSv1.2 (IN), TLS handshake, Certificate (11):\n"
                                   "* TLSv1.2 (IN), TLS handshake, Server finished (14):\n"
                                   "* TLSv1.2 (OUT), TLS handshake, Client key exchange (16):\n"
                                   "* TLSv1.2 (OUT), TLS handshake, Finished (20):\n";
const std::string kSession =
    "CONNECTED(00000003)\n---\nServer certificate\n---\n"
    "SSL handshake has read 1242 bytes and written 402 bytes\n"
    "Verification error: self-signed certificate\n---\n"
    "New, TLSv1.2, Cipher is ECDHE-RSA-AES256-GCM-SHA384\n";
const std::string kUnverified =
    "depth=0 CN = lab.test\nverify error:num=18:self-signed certificate\nverify return:1\n";

bool has(const List& events, std::string_view event) {
  return std::find(events.begin(), events.end(), event) != events.end();
}

TEST(ExplainStage, DoesNotTakeTheClientsFinishedForACompletedHandshake) {
  const PrintedAttempt mute = only(kTls12Answered +
                                   "* SSL connection timeout\n* Closing connection 0\n"
                                   "curl: (28) SSL connection timeout\n");
  EXPECT_TRUE(has(names(mute.usual), "silence.server_hello"));
  EXPECT_FALSE(has(names(mute.possible()), "silence.client_hello")) << "the answer came";
  EXPECT_FALSE(says(mute.means, "completed"));
  const PrintedAttempt closed =
      only(kTls12Answered +
           "curl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to 127.0.0.1:38101\n");
  EXPECT_EQ(names(closed.usual), List{"fin.server_hello"});
  EXPECT_FALSE(says(closed.means, "completed"));
  const PrintedAttempt reset =
      only(kTls12Answered + "curl: (35) Recv failure: Connection reset by peer\n");
  EXPECT_EQ(names(reset.usual), List{"rst.server_hello"});
  const PrintedAttempt refused = only(
      kTls12Answered +
      "* TLSv1.2 (IN), TLS alert, handshake failure (552):\n"
      "curl: (35) OpenSSL/3.0.22: error:0A000410:SSL routines::sslv3 alert handshake failure\n");
  EXPECT_EQ(names(refused.usual), List{"alert.server_hello"});
  EXPECT_FALSE(says(refused.means, "completed"));
}

TEST(ExplainStage, TakesTheServersFinishedForACompletedHandshake) {
  const PrintedAttempt done =
      only(kTls12Answered + "* TLSv1.2 (IN), TLS handshake, Finished (20):\n");
  EXPECT_EQ(names(done.usual), List{"none.established"});
}

TEST(ExplainStage, TellsTheNextConnectionOfCurlFromTheOneThatWasAnswered) {
  const Explanation two =
      explain(kTls12Answered + "curl: (28) SSL connection timeout\n*   Trying 192.0.2.1:443...\n" +
              "curl: (28) Connection timed out after 3001 milliseconds\n");
  ASSERT_EQ(two.attempts.size(), 2U);
  EXPECT_TRUE(has(names(two.attempts[1].usual), "silence.syn"));
}

TEST(ExplainStage, LeavesWhatCanComeBehindTheAcceptPossibleWhereCurlWasResetAtOnce) {
  const std::string last =
      "curl: (7) Failed to connect to 127.0.0.1 port 38112 after 0 ms: Couldn't connect to "
      "server\n";
  const PrintedAttempt told = only(
      "*   Trying 127.0.0.1:38112...\n"
      "* connect to 127.0.0.1 port 38112 failed: Connection reset by peer\n"
      "* Failed to connect to 127.0.0.1 port 38112 after 0 ms: Couldn't connect to server\n"
      "* Closing connection 0\n" +
      last);
  EXPECT_TRUE(has(names(told.usual), "rst.accepted"));
  EXPECT_FALSE(has(names(told.possible()), "rst.syn")) << "that is \"Connection refused\"";
  const PrintedAttempt short_words = only(last);
  EXPECT_TRUE(has(names(short_words.usual), "rst.syn"));
  const PrintedAttempt old =
      only("curl: (7) Failed to connect to 127.0.0.1 port 38112: Connection reset by peer\n");
  for (const auto& attempt : {told, short_words, old}) {
    for (const auto* event : {"rst.accepted", "plaintext.accepted", "fin.accepted"})
      EXPECT_TRUE(has(names(attempt.possible()), event)) << event;
    EXPECT_FALSE(says(attempt.means, "No connection was made,"));
  }
}

TEST(ExplainStage, TakesAnUnverifiedCertificateOfSClientForNoEnd) {
  const PrintedAttempt good = only(kUnverified + kSession);
  EXPECT_EQ(names(good.usual), List{"none.established"});
  EXPECT_FALSE(says(good.means, "broke off"));
}

TEST(ExplainStage, TakesSClientsReportBehindAnErrorForNoCompletedHandshake) {
  const PrintedAttempt refused = only(
      kUnverified +
      "4097C483337F0000:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:"
      "../ssl/record/rec_layer_s3.c:1602:SSL alert number 40\n" +
      kSession);
  EXPECT_EQ(names(refused.usual), List{"alert.server_hello"});
  EXPECT_FALSE(says(refused.means, "completed"));
  const PrintedAttempt reset = only("write:errno=104\n" + kSession);
  EXPECT_EQ(names(reset.usual), List{"rst.server_hello"});
}

TEST(ExplainStage, NamesTheMissingStarttlsBeforeWhatCameOfIt) {
  const std::string anyway = "Didn't find STARTTLS in server response, trying anyway...\n";
  for (const std::string& end :
       {std::string("40E7:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl/"
                    "record/ssl3_record.c:354:\n"),
        std::string("40E7:error:0A000126:SSL routines:ssl3_read_n:unexpected eof while reading:../"
                    "ssl/record/rec_layer_s3.c:318:\n"),
        std::string("write:errno=104\n"), std::string()}) {
    const PrintedAttempt attempt =
        only(anyway + end + "CONNECTED(00000003)\n---\nno peer certificate available\n---\n" +
             "SSL handshake has read 98 bytes and written 342 bytes\n");
    ASSERT_FALSE(attempt.means.empty());
    EXPECT_NE(attempt.means.front().find("STARTTLS"), std::string::npos) << end;
    EXPECT_TRUE(has(names(attempt.usual), "plaintext.accepted")) << end;
    EXPECT_TRUE(has(names(attempt.usual), "plaintext.client_hello")) << end;
  }
}

TEST(ExplainStage, RulesTheSynOutWhereCurlWasConnected) {
  const PrintedAttempt attempt =
      only(kHelloSent + "curl: (28) Connection timed out after 3001 milliseconds\n");
  EXPECT_TRUE(has(names(attempt.usual), "silence.client_hello"));
  EXPECT_FALSE(has(names(attempt.possible()), "silence.syn"));
  EXPECT_FALSE(says(attempt.means, "Nothing answered the SYN"));
}

TEST(ExplainStage, ReadsTheLevelOfAnAlertThatCurlShows) {
  const std::string warning = "* TLSv1.3 (IN), TLS alert, unrecognized name (368):\n";
  const PrintedAttempt warned =
      only(kHelloSent + warning +
           "curl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to 127.0.0.1:38114\n");
  EXPECT_TRUE(has(names(warned.usual), "fin.client_hello"));
  EXPECT_TRUE(says(warned.means, "warning alert"));
  EXPECT_TRUE(says(warned.means, "unrecognized_name"));
  EXPECT_FALSE(says(warned.means, "without a TLS message"));
  const PrintedAttempt mute = only(kHelloSent + warning + "curl: (28) SSL connection timeout\n");
  EXPECT_TRUE(has(names(mute.possible()), "silence.client_hello"));
  const PrintedAttempt reset =
      only(kHelloSent + warning + "curl: (35) Recv failure: Connection reset by peer\n");
  EXPECT_TRUE(has(names(reset.possible()), "rst.client_hello"));
  // Many servers warn of the name and go on.
  const PrintedAttempt done = only(kHelloSent + warning +
                                   "* TLSv1.2 (IN), TLS handshake, Server hello (2):\n"
                                   "* TLSv1.2 (IN), TLS handshake, Finished (20):\n");
  EXPECT_EQ(names(done.usual), List{"none.established"});
  EXPECT_FALSE(says(done.means, "warning"));
}

TEST(ExplainStage, TellsAFatalAlertOfGnuTlsFromAWarning) {
  const std::string number = "*** Received alert [40]: Handshake failed\n";
  const PrintedAttempt fatal =
      only("*** Fatal error: A TLS fatal alert has been received.\n" + number);
  EXPECT_TRUE(says(fatal.means, "A fatal TLS alert"));
  EXPECT_FALSE(says(fatal.means, "warning"));
  const PrintedAttempt warned =
      only("*** Fatal error: A TLS warning alert has been received.\n" + number);
  EXPECT_FALSE(says(warned.means, "A fatal TLS alert"));
  EXPECT_TRUE(says(warned.means, "warning"));
}

TEST(ExplainStage, KnowsAGreetingThatTurnsCurlAway) {
  for (const auto* text :
       {"curl: (8) Got unexpected smtp-server response: 554\n", "curl: (8) Weird server reply\n",
        "curl: (8) Got a 421 ftp-server response when 220 was expected\n"}) {
    const PrintedAttempt attempt = only(text);
    EXPECT_TRUE(has(names(attempt.usual), "plaintext.accepted")) << text;
    EXPECT_TRUE(has(names(attempt.possible()), "none.established")) << "smtps: in TLS";
  }
}

}  // namespace
}  // namespace whohungup
