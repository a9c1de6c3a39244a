// What answers on a port where TLS was expected is named from its first bytes.
#include "dissect/plaintext.h"

#include <gtest/gtest.h>

#include <string>

namespace whohungup {
namespace {

using namespace std::string_literals;

Bytes bytes(const std::string& s) {
  return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}

std::string server(const std::string& s) {
  const auto named = recognise_server_plaintext(bytes(s));
  return named ? std::string(named->protocol) : "nothing";
}

std::string client(const std::string& s) {
  const auto named = recognise_client_plaintext(bytes(s));
  return named ? std::string(named->protocol) : "nothing";
}

TEST(ServerPlaintext, NamesTheProtocolsThatGreet) {
  EXPECT_EQ(server("* OK [CAPABILITY IMAP4rev1 LITERAL+] Dovecot (Ubuntu) ready.\r\n"), "imap");
  EXPECT_EQ(server("* BYE too many connections\r\n"), "imap");
  EXPECT_EQ(server("* PREAUTH welcome back\r\n"), "imap");
  EXPECT_EQ(server("+OK Dovecot (Ubuntu) ready.\r\n"), "pop3");
  EXPECT_EQ(server("-ERR Unrecognized command.\r\n"), "pop3");
  EXPECT_EQ(server("220 poczta.home-whs.pl ESMTP\r\n"), "smtp");
  EXPECT_EQ(server("220-xc90.websitewelcome.com ESMTP Exim 4.69 #1\r\n220 and/or bulk\r\n"),
            "smtp");
  EXPECT_EQ(server("421 4.3.2 Service not available\r\n"), "smtp");
  EXPECT_EQ(server("554 5.7.1 rejected\r\n"), "smtp");
  EXPECT_EQ(server("220 mail.example.com LMTP ready\r\n"), "lmtp");
  EXPECT_EQ(server("220 (vsFTPd 3.0.5)\r\n"), "ftp");
  EXPECT_EQ(server("220 mail.example.com FTP server ready\r\n"), "ftp");
  EXPECT_EQ(server("220 ftp.example.com ESMTP Postfix\r\n"), "smtp");
  EXPECT_EQ(server("220 ProFTPD Server (Debian)\r\n"), "ftp");
  EXPECT_EQ(server("220 Welcome\r\n"), "smtp-or-ftp");
  EXPECT_EQ(server("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), "ssh");
  EXPECT_EQ(server("authorised use only\r\nSSH-2.0-OpenSSH_9.2p1\r\n"), "ssh");
  EXPECT_EQ(server("Exceeded MaxStartups\r\n"), "ssh");
  EXPECT_EQ(server("200 news.example.com InterNetNews NNRP server ready (posting ok)\r\n"), "nntp");
  EXPECT_EQ(server("201 no posting\r\n"), "nntp");
  EXPECT_EQ(server("\"IMPLEMENTATION\" \"Dovecot Pigeonhole\"\r\n\"STARTTLS\"\r\nOK\r\n"), "sieve");
  EXPECT_EQ(server("RFB 003.008\n"), "vnc");
  EXPECT_EQ(server(":irc.joulunet.org 670  :STARTTLS successful, go ahead\r\n"), "irc");
}

TEST(ServerPlaintext, NamesTheWebByItsStatusLineOrItsPage) {
  EXPECT_EQ(server("HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n"), "http");
  EXPECT_EQ(server("HTTP/1.0 200 OK\r\n"), "http");
  EXPECT_EQ(server("<html>\r\n<head><title>400 The plain HTTP request"), "http");
  EXPECT_EQ(server("\r\n<!DOCTYPE HTML PUBLIC"), "http");
  EXPECT_EQ(server("<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC"), "http");
  EXPECT_EQ(server("<?xml version='1.0'?><stream:stream xmlns='jabber:client'"), "xmpp");
  EXPECT_EQ(server("<?xml version='1.0'?><cross-domain-policy/>"), "unknown");
}

TEST(ServerPlaintext, TellsRedisFromPop3) {
  EXPECT_EQ(server("-DENIED Redis is running in protected mode because\r\n"), "redis");
  EXPECT_EQ(server("-ERR unknown command '\\x16\\x03\\x01'\r\n"), "redis");
  EXPECT_EQ(server("-ERR Protocol error: unauthenticated multibulk length\r\n"), "redis");
  EXPECT_EQ(server("-ERR [SYS/TEMP] try again\r\n"), "pop3");
}

TEST(ServerPlaintext, NamesBinaryProtocolsByTheirShape) {
  // A greeting from the wire (MariaDB 5.5.40), cut after the capabilities.
  EXPECT_EQ(server("c\0\0\0\n5.5.40-MariaDB-0ubuntu0.14.04.1\0\"\0\0\0\"WoKiO/=\0\xff\xff\x08"s),
            "mysql");
  EXPECT_EQ(server("G\0\0\0\xffj\x04Host '10.0.0.1' is blocked because of many"s), "mysql");
  EXPECT_EQ(server("N"), "postgres");
  EXPECT_EQ(server("S"), "postgres");
  EXPECT_EQ(server("E\0\0\0\x85SFATAL\0VFATAL\0C0A000\0Munsupported frontend protocol\0\0"s),
            "postgres");
  EXPECT_EQ(server("R\0\0\0\x08\0\0\0\0"s), "postgres");
  EXPECT_EQ(server("0\x0c\x02\x01\x01x\x07\n\x01\0\x04\0\x04\0"s), "ldap");
  EXPECT_EQ(server("\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\x1f\x08\0\x02\0\0\0"s), "rdp");
  EXPECT_EQ(server("\xff\xfd\x18\xff\xfd\x20"s), "telnet");
  EXPECT_EQ(server("\x05\xff"), "socks");
  EXPECT_EQ(server("\x80\x2b\x04\0\x01\0\x02\x02\x5c\0\x0f\0\x10"s), "sslv2");
  EXPECT_EQ(server("AMQP\0\0\x09\x01"s), "amqp");
  EXPECT_EQ(server("\0\0\0\0\0\0"s), "zeros");
}

TEST(ServerPlaintext, NamesWhatABoxWroteOver) {
  EXPECT_EQ(server("XXXXXXXA\r\n"), "inspected");
  EXPECT_EQ(server("220 ********************0*2******0***\r\n"), "inspected");
  // A decorated banner is no inspection.
  EXPECT_EQ(server("220 ******** Welcome to ProFTPD ********\r\n"), "ftp");
}

TEST(ServerPlaintext, IsSilentForNothingAndForTls) {
  EXPECT_EQ(server(""), "nothing");
  EXPECT_EQ(server("\x16\x03\x03\0\x3a\x02"s), "nothing");
  EXPECT_EQ(server("\x15\x03\x01\0\x02\x02\x28"s), "nothing");
}

TEST(ServerPlaintext, ShowsWhatItCannotName) {
  const auto named = recognise_server_plaintext(bytes("\x7f\x45weird\r\n"));
  ASSERT_TRUE(named);
  EXPECT_EQ(named->protocol, "unknown");
  EXPECT_EQ(named->excerpt, "\\x7fEweird\\r\\n");
}

TEST(ClientPlaintext, NamesWhatClientsBeginWith) {
  EXPECT_EQ(client("GET / HTTP/1.1\r\nHost: x\r\n"), "http");
  EXPECT_EQ(client("CONNECT example.com:443 HTTP/1.1\r\n\r\n"), "http");
  EXPECT_EQ(client("PROXY TCP4 11.111.11.111 222.222.222.22 52176 443\r\n\x16\x03\x01"s),
            "proxy-protocol");
  EXPECT_EQ(client("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"s), "proxy-protocol");
  EXPECT_EQ(client("SSH-2.0-Go\r\n"), "ssh");
  EXPECT_EQ(client("EHLO openssl.client.net\r\n"), "smtp");
  EXPECT_EQ(client("LHLO a\r\n"), "lmtp");
  EXPECT_EQ(client(". CAPABILITY\r\n"), "imap");
  EXPECT_EQ(client("1 STARTTLS\r\n"), "imap");
  EXPECT_EQ(client("USER id\r\n"), "unknown");
  EXPECT_EQ(client("STLS\r\n"), "pop3");
  EXPECT_EQ(client("AUTH TLS\r\n"), "ftp");
  EXPECT_EQ(client("CAPABILITIES\r\n"), "nntp");
  EXPECT_EQ(client("0\x1d\x02\x01\x01w\x18\x80\x16"
                   "1.3.6.1.4.1.1466.20037"s),
            "ldap");
  EXPECT_EQ(client("\0\0\0\x08\x04\xd2\x16/"s), "postgres");
  EXPECT_EQ(client("*1\r\n$4\r\nPING\r\n"), "redis");
  EXPECT_EQ(client("\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x0b\0\0\0"s), "rdp");
  EXPECT_EQ(client("\x05\x01\0"s), "socks");
  EXPECT_EQ(client("\x80\x2e\x01\x03\x01\0\x15\0\0\0\x10"s), "sslv2");
  EXPECT_EQ(client("<stream:stream to='jabber.ccc.de' version='1.0'>"), "xmpp");
  EXPECT_EQ(client("\x16\x03\x01\x02\0"s), "nothing");
}

TEST(Printable, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(printable(bytes("ok\x1b[31m\xc3\xa9\t\r\n")), "ok\\x1b[31m\\xc3\\xa9\\t\\r\\n");
  EXPECT_EQ(printable(bytes("\\x1b")), "\\\\x1b");
  EXPECT_EQ(printable({}), "");
}

TEST(Printable, NeverCutsAnEscapeInTwo) {
  EXPECT_EQ(printable(bytes("abc\x01"), 6), "abc");
  EXPECT_EQ(printable(bytes("abc\x01"), 7), "abc\\x01");
  EXPECT_EQ(printable(bytes(std::string(200, 'a'))).size(), 80U);
}

}  // namespace
}  // namespace whohungup
