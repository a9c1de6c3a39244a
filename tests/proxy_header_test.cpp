// A PROXY protocol header says for whom a balancer speaks.
#include "dissect/proxy_header.h"

#include <gtest/gtest.h>

namespace whohungup {
namespace {

using namespace std::string_literals;

Bytes bytes(const std::string& s) {
  return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;

std::string said_by(const std::string& s) {
  const auto header = read_proxy_header(bytes(s));
  if (!header) return "nothing";
  if (!header->source || !header->destination) return "nobody";
  return to_string(*header->source) + " > " + to_string(*header->destination);
}

TEST(ProxyHeader, IsMeasuredInBothVersions) {
  EXPECT_EQ(read_proxy_header(bytes("PROXY TCP4 1.2.3.4 5.6.7.8 1 443\r\n\x16"))->bytes, 34U);
  EXPECT_EQ(read_proxy_header(bytes(kSignature + "\x20\0\0\x02yyrest"s))->bytes, 18U);
}

TEST(ProxyHeader, IsNoneBeforeItIsWhole) {
  EXPECT_EQ(said_by("PROXY TCP4 1.2.3.4 5.6"), "nothing");
  EXPECT_EQ(said_by(kSignature + "\x20\0\0\x09yy"s), "nothing");
  EXPECT_EQ(said_by("GET / HTTP/1.1\r\n"), "nothing");
  EXPECT_EQ(said_by("PROXY " + std::string(200, ' ') + "\r\n"), "nothing");  // longer than allowed
}

TEST(ProxyHeader, NamesTheClientInText) {
  EXPECT_EQ(said_by("PROXY TCP4 192.0.2.7 198.51.100.9 40000 443\r\n"),
            "192.0.2.7:40000 > 198.51.100.9:443");
  EXPECT_EQ(said_by("PROXY TCP6 2001:db8::7 2001:db8::9 40000 443\r\n"),
            "[2001:db8::7]:40000 > [2001:db8::9]:443");
}

TEST(ProxyHeader, NamesTheClientInBinary) {
  const std::string v4 = "\xc0\0\x02\x07\xc6\x33\x64\x09\x9c\x40\x01\xbb"s;
  EXPECT_EQ(said_by(kSignature + "\x21\x11\0\x0c"s + v4), "192.0.2.7:40000 > 198.51.100.9:443");
  const std::string v6 = "\x20\x01\x0d\xb8"s + std::string(11, '\0');
  EXPECT_EQ(said_by(kSignature + "\x21\x21\0\x24"s + v6 + "\x07"s + v6 + "\x09\x9c\x40\x01\xbb"s),
            "[2001:db8::7]:40000 > [2001:db8::9]:443");
}

TEST(ProxyHeader, MayNameNobody) {
  EXPECT_EQ(said_by("PROXY UNKNOWN\r\n"), "nobody");
  EXPECT_EQ(said_by("PROXY TCP4 <script> 198.51.100.9 40000 443\r\n"), "nobody");
  EXPECT_EQ(said_by("PROXY TCP4 192.0.2.7 198.51.100.9 70000 443\r\n"), "nobody");
  EXPECT_EQ(said_by(kSignature + "\x20\0\0\0"s), "nobody");          // LOCAL: a health check
  EXPECT_EQ(said_by(kSignature + "\x21\x11\0\x04yyyy"s), "nobody");  // too short for addresses
}

}  // namespace
}  // namespace whohungup
