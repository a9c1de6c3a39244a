// The plaintext before TLS, in transcripts taken from real captures unless a comment says
// otherwise.
#include "dissect/dialogue.h"

#include <gtest/gtest.h>

#include <string>

namespace whohungup {
namespace {

using namespace std::string_literals;

Bytes bytes(const std::string& s) {
  return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}

std::optional<Dialogue> read(const std::string& client, const std::string& server) {
  return recognise_dialogue(bytes(client), bytes(server));
}

/// "C 14 . CAPABILITY" for each step.
std::string told(const Dialogue& dialogue) {
  std::string out;
  for (const DialogueStep& step : dialogue.steps)
    out += (step.from_client ? "C " : "S ") + std::to_string(step.bytes) + " " + step.text + "\n";
  return out;
}

TEST(Dialogue, ReadsImapAndItsByteCounts) {
  const auto d =
      read(". CAPABILITY\r\n. STARTTLS\r\n",
           "* OK [CAPABILITY IMAP4rev1 IDLE STARTTLS AUTH=PLAIN] IMAP server ready\r\n"
           "* CAPABILITY IMAP4rev1 IDLE STARTTLS AUTH=PLAIN\r\n. OK CAPABILITY completed\r\n"
           ". OK Begin TLS negotiation now\r\n");
  ASSERT_TRUE(d);
  EXPECT_EQ(d->protocol, "imap");
  EXPECT_TRUE(d->banner_seen);
  EXPECT_TRUE(d->offered);
  EXPECT_TRUE(d->asked);
  EXPECT_EQ(d->client_end, 26);
  EXPECT_EQ(told(*d),
            "S 72 * OK [CAPABILITY IMAP4rev1 IDLE STARTTLS AUTH=PLAIN] IMAP server ready\n"
            "C 14 . CAPABILITY\n"
            "S 49 * CAPABILITY IMAP4rev1 IDLE STARTTLS AUTH=PLAIN\n"
            "S 27 . OK CAPABILITY completed\n"
            "C 12 . STARTTLS\n"
            "S 32 . OK Begin TLS negotiation now\n");
}

TEST(Dialogue, TellsImapTagsApart) {
  const std::string greeting =
      "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] Dovecot ready.\r\n";
  const auto granted = read("1 STARTTLS\r\n", greeting + "1 OK Begin TLS negotiation now.\r\n");
  ASSERT_TRUE(granted);
  EXPECT_TRUE(granted->granted);
  EXPECT_FALSE(granted->refused);
  for (const std::string no : {"1 NO not now\r\n", "1 BAD unknown command\r\n"}) {
    const auto refused = read("1 STARTTLS\r\n", greeting + no);
    ASSERT_TRUE(refused);
    EXPECT_FALSE(refused->granted);
    EXPECT_TRUE(refused->refused) << no;
  }
  const auto other = read("1 NOOP\r\n2 STARTTLS\r\n", greeting + "1 OK done\r\n");
  ASSERT_TRUE(other);
  EXPECT_TRUE(other->asked);
  EXPECT_FALSE(other->granted);
}

TEST(Dialogue, TurnsTheClientAwayWithAnImapBye) {
  const auto d = read("", "* BYE Too many connections from your address\r\n");
  ASSERT_TRUE(d);
  EXPECT_EQ(d->protocol, "imap");
  EXPECT_TRUE(d->turned_away);
  EXPECT_FALSE(d->refused);
  EXPECT_FALSE(d->asked);
}

TEST(Dialogue, TurnsNobodyAwayWithTheByeThatAnswersALogout) {
  const auto d = read("1 LOGOUT\r\n", "* OK ready\r\n* BYE Logging out\r\n1 OK done\r\n");
  ASSERT_TRUE(d);
  EXPECT_FALSE(d->turned_away);
  EXPECT_EQ(d->goodbye_at, 0);
}

TEST(Dialogue, TurnsTheClientAwayWhereACommandIsAnsweredWith421) {
  const auto d =
      read("EHLO client.example\r\n", "220 mx.example.com ESMTP\r\n421 4.7.0 Try again later\r\n");
  ASSERT_TRUE(d);
  EXPECT_TRUE(d->turned_away);
  EXPECT_EQ(d->no_at, 26);
}

TEST(Dialogue, ReadsA421AfterTheRequestForTlsAsARefusal) {
  const auto d = read("EHLO a\r\nSTARTTLS\r\n",
                      "220 mx.example.com ESMTP\r\n250 mx.example.com\r\n421 4.7.0 No\r\n");
  ASSERT_TRUE(d);
  EXPECT_TRUE(d->refused);
  EXPECT_FALSE(d->turned_away);
  EXPECT_EQ(d->no_at, 46);
}

TEST(Dialogue, ReadsPop3WithListsAndRefusedCommandsInBetween) {
  const auto d =
      read("AUTH\r\nCAPA\r\nSTLS\r\n",
           "+OK lavad\r\n-ERR Unrecognized command.\r\n"
           "+OK Capabilities follow.\r\nTOP\r\nUSER\r\nUIDL\r\nSTLS\r\nPIPELINING\r\n.\r\n"
           "+OK Ready to start TLS negotiation.\r\n");
  ASSERT_TRUE(d);
  EXPECT_EQ(d->protocol, "pop3");
  EXPECT_TRUE(d->offered);
  EXPECT_TRUE(d->granted);
  EXPECT_FALSE(d->went_on_without_tls);
  EXPECT_EQ(d->steps.back().text, "+OK Ready to start TLS negotiation.");
  EXPECT_EQ(d->steps.back().bytes, 37U);
}

TEST(Dialogue, ReadsAPop3Refusal) {
  const auto d = read("STLS\r\n", "+OK ready\r\n-ERR TLS not available\r\n");
  ASSERT_TRUE(d);
  EXPECT_FALSE(d->offered);
  EXPECT_TRUE(d->asked);
  EXPECT_TRUE(d->refused);
}

const std::string kSmtpServer =
    "220 mx.google.com ESMTP hf10si4097299icc.190 - gsmtp\r\n"
    "250-mx.google.com at your service, [192.150.187.237]\r\n250-SIZE 35882577\r\n250-8BITMIME\r\n"
    "250-STARTTLS\r\n250-ENHANCEDSTATUSCODES\r\n250 CHUNKING\r\n";

TEST(Dialogue, ReadsSmtp) {
  const auto d = read("EHLO openssl.client.net\r\nSTARTTLS\r\n",
                      kSmtpServer + "220 2.0.0 Ready to start TLS\r\n");
  ASSERT_TRUE(d);
  EXPECT_EQ(d->protocol, "smtp");
  EXPECT_TRUE(d->offered && d->asked && d->granted);
  EXPECT_FALSE(d->refused || d->inspected);
  EXPECT_EQ(d->client_end, 35);
  EXPECT_EQ(d->server_end, 224);
}

TEST(Dialogue, MatchesPipelinedCommandsWithTheirReplies) {
  const auto d = read("EHLO a\r\nNOOP\r\nSTARTTLS\r\n",
                      "220 a ESMTP\r\n250-a\r\n250 STARTTLS\r\n250 2.0.0 Ok\r\n"
                      "454 4.7.0 TLS not available due to local problem\r\n");
  ASSERT_TRUE(d);
  EXPECT_TRUE(d->refused);
  EXPECT_FALSE(d->granted);
}

TEST(Dialogue, ReadsRefusalsOfStarttls) {
  for (const std::string no : {"502 5.5.1 Error: command not implemented\r\n",
                               "454 TLS not available\r\n", "501 Syntax error\r\n"}) {
    const auto d = read("EHLO a\r\nSTARTTLS\r\n", "220 a ESMTP\r\n250 a\r\n" + no);
    ASSERT_TRUE(d);
    EXPECT_TRUE(d->asked);
    EXPECT_TRUE(d->refused) << no;
    EXPECT_FALSE(d->offered);
  }
}

TEST(Dialogue, ReadsAGreetingThatTurnsTheClientAway) {
  for (const std::string greeting : {"421 4.3.2 All server ports are busy\r\n",
                                     "554 mail.example.com ESMTP not accepting messages\r\n"}) {
    const auto d = read("", greeting);
    ASSERT_TRUE(d);
    EXPECT_EQ(d->protocol, "smtp");
    EXPECT_TRUE(d->banner_seen);
    EXPECT_TRUE(d->turned_away);
    EXPECT_FALSE(d->refused);
  }
}

TEST(Dialogue, SeesABoxMaskStarttls) {
  // As Cisco ASA's `inspect esmtp` rewrites both directions.
  const auto d =
      read("EHLO a\r\nSTARTTLS\r\n",
           "220 a ESMTP\r\n250-a Hello\r\n250-SIZE 35882577\r\n250-XXXXXXXA\r\n250 HELP\r\n"
           "500 5.5.1 Command unrecognized: \"XXXXXXXX\"\r\n");
  ASSERT_TRUE(d);
  EXPECT_TRUE(d->inspected);
  EXPECT_FALSE(d->offered);
  EXPECT_TRUE(d->refused);
  EXPECT_TRUE(read("EHLO a\r\n", "220 a ESMTP\r\n250-a\r\n250-XXXX\r\n250 HELP\r\n")->inspected);
  EXPECT_TRUE(read("EHLO a\r\nXXXXXXXX\r\n", "220 a ESMTP\r\n250 a\r\n")->inspected);
  EXPECT_TRUE(read("", "220 ****************0*2******0***\r\n")->inspected);
  EXPECT_TRUE(
      read("a CAPABILITY\r\n", "* OK hi\r\n* CAPABILITY IMAP4rev1 XXXXXXXX IDLE\r\na OK done\r\n")
          ->inspected);
  EXPECT_FALSE(read("EHLO a\r\n", "220 XXXX ESMTP\r\n250-a\r\n250 STARTTLS\r\n")->inspected);
}

TEST(Dialogue, SeesAClientThatNeverWantedTls) {
  const auto d = read(
      "EHLO mail01\r\nMAIL FROM:<sanders@skynet.local> SIZE=732\r\nRCPT TO:<a@b>\r\nDATA\r\n"
      "Subject: x\r\n\r\nSTARTTLS\r\n.\r\n",
      "220 mail02 ESMTP Postfix (Ubuntu)\r\n250-mail02\r\n250-STARTTLS\r\n250 DSN\r\n"
      "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 End data with <CR><LF>.<CR><LF>\r\n250 2.0.0 Ok\r\n");
  ASSERT_TRUE(d);
  EXPECT_TRUE(d->offered);
  EXPECT_FALSE(d->asked);  // the STARTTLS stands in the mail
  EXPECT_TRUE(d->went_on_without_tls);
}

TEST(Dialogue, ReadsLmtpByItsHello) {
  const auto d =
      read("LHLO a\r\nSTARTTLS\r\n",
           "220 a Dovecot mail ready.\r\n250-a\r\n250 STARTTLS\r\n220 2.0.0 Begin TLS\r\n");
  ASSERT_TRUE(d);
  EXPECT_EQ(d->protocol, "lmtp");
  EXPECT_TRUE(d->granted);
}

TEST(Dialogue, ReadsFtpWithItsFeatureList) {
  const auto d =
      read("FEAT\r\nAUTH TLS\r\n",
           "220 (vsFTPd 3.0.5)\r\n211-Features:\r\n AUTH TLS\r\n EPRT\r\n PROT\r\n211 End\r\n"
           "234 Proceed with negotiation.\r\n");
  ASSERT_TRUE(d);
  EXPECT_EQ(d->protocol, "ftp");
  EXPECT_TRUE(d->offered && d->asked && d->granted);
  EXPECT_EQ(d->client_end, 16);
}

TEST(Dialogue, ReadsAuthSslAfterALoginThatWasRefused) {
  const auto d =
      read("USER a\r\nAUTH SSL\r\n", "220 hi\r\n530 must use TLS\r\n534 no TLS here\r\n");
  ASSERT_TRUE(d);
  EXPECT_EQ(d->protocol, "ftp");
  EXPECT_TRUE(d->asked && d->refused);
  EXPECT_FALSE(d->went_on_without_tls);
}

TEST(Dialogue, LeavesABare220Undecided) {
  const auto d = read("", "220 Welcome\r\n");
  ASSERT_TRUE(d);
  EXPECT_EQ(d->protocol, "smtp-or-ftp");
  EXPECT_EQ(read("EHLO a\r\n", "220 Welcome\r\n")->protocol, "smtp");
  EXPECT_EQ(read("AUTH TLS\r\n", "220 Welcome\r\n")->protocol, "ftp");
}

TEST(Dialogue, ReadsNntp) {
  const auto d = read("CAPABILITIES\r\nSTARTTLS\r\n",
                      "200 news.example.com NNRP ready\r\n101 Capability list:\r\nVERSION 2\r\n"
                      "STARTTLS\r\n.\r\n382 Continue with TLS negotiation\r\n");  // RFC 4642 §2.2.2
  ASSERT_TRUE(d);
  EXPECT_EQ(d->protocol, "nntp");
  EXPECT_TRUE(d->offered && d->asked && d->granted);
  const auto no = read("STARTTLS\r\n", "200 news ready\r\n580 Can not initiate TLS\r\n");
  ASSERT_TRUE(no);
  EXPECT_TRUE(no->refused);
}

TEST(Dialogue, ReadsSieve) {
  const std::string greeting =
      "\"IMPLEMENTATION\" \"Dovecot Pigeonhole\"\r\n\"SIEVE\" \"fileinto\"\r\n\"STARTTLS\"\r\n"
      "\"VERSION\" \"1.0\"\r\nOK \"Dovecot ready.\"\r\n";
  const auto d = read("STARTTLS\r\n", greeting + "OK \"Begin TLS negotiation now.\"\r\n");
  ASSERT_TRUE(d);
  EXPECT_EQ(d->protocol, "sieve");
  EXPECT_TRUE(d->banner_seen && d->offered && d->asked && d->granted);
  EXPECT_TRUE(read("STARTTLS\r\n", greeting + "NO \"TLS is broken\"\r\n")->refused);
}

const std::string kStartTls =
    "0\x1d\x02\x01\x01w\x18\x80\x16"
    "1.3.6.1.4.1.1466.20037"s;

TEST(Dialogue, ReadsLdap) {
  const auto d = read(kStartTls, "0\x0c\x02\x01\x01x\x07\n\x01\0\x04\0\x04\0"s);
  ASSERT_TRUE(d);
  EXPECT_EQ(d->protocol, "ldap");
  EXPECT_TRUE(d->asked && d->granted);
  EXPECT_EQ(told(*d), "C 31 extendedReq StartTLS\nS 14 extendedResp resultCode 0\n");
  const auto no = read(kStartTls, "0\x10\x02\x01\x01x\x0b\n\x01\x02\x04\0\x04\x04nope"s);
  ASSERT_TRUE(no);
  EXPECT_TRUE(no->refused);
  EXPECT_EQ(no->steps.back().text, "extendedResp resultCode 2 nope");
}

TEST(Dialogue, ReadsXmpp) {
  const std::string stream =
      "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client' "
      "to='jabber.ccc.de' version='1.0'>";
  const std::string ask = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
  const std::string features =
      "<?xml version='1.0'?>" + stream +
      "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
      "</stream:features>";
  const auto d =
      read(stream + ask, features + "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  ASSERT_TRUE(d);
  EXPECT_EQ(d->protocol, "xmpp");
  EXPECT_TRUE(d->offered && d->asked && d->granted);
  EXPECT_EQ(d->steps[1].text, ask);
  EXPECT_EQ(d->steps[1].bytes, 51U);
  EXPECT_EQ(d->steps.back().bytes, 50U);
  EXPECT_TRUE(
      read(stream + ask, features + "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")->refused);
}

const std::string kPostgresRequest = "\0\0\0\x08\x04\xd2\x16/"s;

TEST(Dialogue, ReadsPostgres) {
  const auto d = read(kPostgresRequest, "S");
  ASSERT_TRUE(d);
  EXPECT_EQ(d->protocol, "postgres");
  EXPECT_TRUE(d->asked && d->granted);
  EXPECT_EQ(told(*d), "C 8 SSLRequest\nS 1 S\n");
  EXPECT_TRUE(read(kPostgresRequest, "N")->refused);
  const auto error = read(kPostgresRequest, "E\0\0\0\x24SFATAL\0C53300\0Mtoo many clients\0\0"s);
  EXPECT_TRUE(error->refused);
  EXPECT_EQ(error->steps.back().text, "error: too many clients");
  const auto after_gss = read("\0\0\0\x08\x04\xd2\x16\x30"s + kPostgresRequest, "NS");
  EXPECT_TRUE(after_gss->granted);
  EXPECT_FALSE(after_gss->refused);
  EXPECT_EQ(after_gss->client_end, 16);
}

TEST(Dialogue, ReadsAPostgresClientThatGoesOnAfterANo) {
  const auto d = read(kPostgresRequest + "\0\0\0\x13\0\x03\0\0user\0me\0\0\0"s, "NR");
  ASSERT_TRUE(d);
  EXPECT_TRUE(d->refused);
  EXPECT_TRUE(d->went_on_without_tls);
}

std::string mysql_greeting(char capabilities_high) {
  return "c\0\0\0\n5.5.40-MariaDB-0ubuntu0.14.04.1\0\"\0\0\0\"WoKiO/=\0\xff"s + capabilities_high +
         "\x08\x02\0\x0f\xe0\x15\0\0\0\0\0\0\0\0\0\0&EgXa`?WwrW;\0mysql_native_password\0"s;
}
const std::string kMysqlRequest = " \0\0\x01\x85\xae? \0\0\0\x01!"s + std::string(23, '\0');

TEST(Dialogue, ReadsMysql) {
  const auto d = read(kMysqlRequest, mysql_greeting('\xff'));
  ASSERT_TRUE(d);
  EXPECT_EQ(d->protocol, "mysql");
  EXPECT_TRUE(d->banner_seen && d->offered && d->asked && d->granted);
  EXPECT_EQ(told(*d),
            "S 103 greeting 5.5.40-MariaDB-0ubuntu0.14.04.1, offers TLS\nC 36 SSLRequest\n");
  const auto no = read("", mysql_greeting('\xf7'));
  ASSERT_TRUE(no);
  EXPECT_FALSE(no->offered);
}

TEST(Dialogue, ReadsAMysqlServerThatBlocksTheHost) {
  const auto d = read("", "G\0\0\0\xffi\x04Host '10.0.0.1' is blocked"s);
  ASSERT_TRUE(d);
  EXPECT_TRUE(d->turned_away);
  EXPECT_FALSE(d->refused);
  EXPECT_EQ(d->steps.front().text, "error: Host '10.0.0.1' is blocked");
}

TEST(Dialogue, ReadsHttpConnectThroughAProxyThatWantsCredentials) {
  const std::string ask = "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n";
  const auto d = read(ask + ask,
                      "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 4\r\n\r\nnope"
                      "HTTP/1.1 200 Connection established\r\n\r\n");
  ASSERT_TRUE(d);
  EXPECT_EQ(d->protocol, "http-connect");
  EXPECT_TRUE(d->granted);
  EXPECT_FALSE(d->refused);
  EXPECT_EQ(d->client_end, static_cast<std::int64_t>(2 * ask.size()));
  EXPECT_TRUE(read(ask, "HTTP/1.1 403 Forbidden\r\n\r\n")->refused);
}

TEST(Dialogue, StepsOverAProxyHeader) {
  const std::string header = "PROXY TCP4 1.2.3.4 5.6.7.8 1 25\r\n";
  const auto d =
      read(header + "EHLO a\r\nSTARTTLS\r\n", "220 a ESMTP\r\n250 STARTTLS\r\n220 go\r\n");
  ASSERT_TRUE(d);
  EXPECT_TRUE(d->granted);
  EXPECT_EQ(d->steps[0].bytes, header.size());
  EXPECT_EQ(d->client_end, static_cast<std::int64_t>(header.size() + 18));
}

TEST(Dialogue, IsRecognisedFromOneSideAlone) {
  EXPECT_EQ(read("", "+OK Dovecot (Ubuntu) ready.\r\n")->protocol, "pop3");
  EXPECT_EQ(read("", "220 poczta.home-whs.pl ESMTP\r\n")->protocol, "smtp");
  EXPECT_EQ(read("a1 STARTTLS\r\n", "")->protocol, "imap");
  EXPECT_TRUE(read("a1 STARTTLS\r\n", "")->asked);
  EXPECT_EQ(read("STARTTLS\r\n", "")->protocol, "smtp");
  EXPECT_EQ(read("AUTH TLS\r\n", "")->protocol, "ftp");
  EXPECT_EQ(read(kPostgresRequest, "")->protocol, "postgres");
  EXPECT_EQ(read(kMysqlRequest, "")->protocol, "mysql");
  EXPECT_EQ(read(kStartTls, "")->protocol, "ldap");
}

TEST(Dialogue, IsNothingWhereNothingLikeItWasSaid) {
  EXPECT_FALSE(read("", ""));
  EXPECT_FALSE(read("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"));
  EXPECT_FALSE(read("", "HTTP/1.1 400 Bad Request\r\n\r\n"));
  EXPECT_FALSE(read("SSH-2.0-Go\r\n", "SSH-2.0-OpenSSH_9.2p1\r\n"));
  EXPECT_FALSE(read("\x16\x03\x01\x02\0\x01"s, "\x16\x03\x03\0\x3a\x02"s));
  EXPECT_FALSE(read("NICK a\r\nSTARTTLS\r\n", ":irc.example.org 670 a :STARTTLS successful\r\n"));
  EXPECT_FALSE(read("PING\r\n", "-ERR unknown command 'x'\r\n"));
  EXPECT_FALSE(read("\x01\x02\x03", "\x04\x05\x06"));
  EXPECT_FALSE(read("S", "S"));
}

TEST(Dialogue, WaitsForTheEndOfTheLine) {
  const auto d = read("EHLO a\r\nSTARTTLS", "220 a ESMTP\r\n250 STARTTLS\r\n");
  ASSERT_TRUE(d);
  EXPECT_FALSE(d->asked);
  EXPECT_EQ(d->steps.back().text, "STARTTLS");
}

TEST(Dialogue, KeepsTheRequestWhenTheListIsLong) {
  std::string reply = "220 a ESMTP\r\n250-a\r\n";
  for (int i = 0; i < 60; ++i) reply += "250-X" + std::to_string(i) + "\r\n";
  const auto d = read("EHLO a\r\nSTARTTLS\r\n", reply + "250 STARTTLS\r\n220 go\r\n");
  ASSERT_TRUE(d);
  EXPECT_TRUE(d->granted);
  EXPECT_LE(d->steps.size(), 32U);
  EXPECT_EQ(d->steps.back().text, "220 go");
}

TEST(MentionsStarttls, KnowsEveryWayToAsk) {
  for (const std::string& ask :
       {"EHLO a\r\nSTARTTLS\r\n"s, "STLS\r\n"s, ". STARTTLS\r\n"s, "starttls\n"s, "AUTH TLS\r\n"s,
        "auth ssl\r\n"s, kPostgresRequest, kStartTls, kMysqlRequest,
        "<stream:stream><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"s,
        "CONNECT a:443 HTTP/1.1\r\n\r\n"s})
    EXPECT_TRUE(mentions_starttls(bytes(ask))) << ask;
}

TEST(MentionsStarttls, IsNotFooledByWhatComesBeforeOrAfter) {
  for (const std::string& other :
       {""s, "\n"s, "STARTTLS"s, "STARTTLS\r\nEHLO a\r\n"s, "AUTH LOGIN\r\n"s,
        "GET /STARTTLS HTTP/1.1\r\n"s, "a LOGIN STARTTLS x\r\n"s, "\0\0\0\x08"s,
        "CONNECT a:443 HTTP/1.1\r\n"s})
    EXPECT_FALSE(mentions_starttls(bytes(other))) << other;
}

}  // namespace
}  // namespace whohungup
