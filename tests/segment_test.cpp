// How addresses, flags, reasons and checksums come out.
#include "dissect/segment.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <set>

#include "dissect/decode_checksum.h"

namespace whohungup {
namespace {

IpAddress v6(const char* text) {
  IpAddress address{{}, true};
  EXPECT_EQ(inet_pton(AF_INET6, text, address.octets.data()), 1) << text;
  return address;
}

TEST(IpAddress, IsADottedQuad) {
  EXPECT_EQ(to_string(IpAddress{{192, 0, 2, 255}, false}), "192.0.2.255");
}

// RFC 5952 §4, each recommendation by its example.
TEST(IpAddress, FollowsRfc5952) {
  EXPECT_EQ(to_string(v6("2001:0db8::0001")), "2001:db8::1");
  EXPECT_EQ(to_string(v6("2001:db8:0:0:0:0:2:1")), "2001:db8::2:1");
  EXPECT_EQ(to_string(v6("2001:db8:0:1:1:1:1:1")), "2001:db8:0:1:1:1:1:1");
  EXPECT_EQ(to_string(v6("2001:0:0:1:0:0:0:1")), "2001:0:0:1::1");
  EXPECT_EQ(to_string(v6("2001:db8:0:0:1:0:0:1")), "2001:db8::1:0:0:1");
  EXPECT_EQ(to_string(v6("2001:DB8::ABCD")), "2001:db8::abcd");
  EXPECT_EQ(to_string(v6("::")), "::");
  EXPECT_EQ(to_string(v6("::1")), "::1");
  EXPECT_EQ(to_string(v6("1::")), "1::");
  EXPECT_EQ(to_string(v6("::ffff:192.0.2.1")), "::ffff:192.0.2.1");
}

RC_GTEST_PROP(IpAddress, ReadsBackAsItself,
              (const std::array<std::uint8_t, 16>& octets, std::uint16_t zeroed)) {
  IpAddress address{octets, true};
  for (std::size_t i = 0; i < 16; ++i)
    if ((zeroed >> (i / 2 * 2) & 3U) != 0) address.octets[i] = 0;
  IpAddress back{{}, true};
  RC_ASSERT(inet_pton(AF_INET6, to_string(address).c_str(), back.octets.data()) == 1);
  RC_ASSERT(back == address);
}

TEST(Endpoint, PutsIpv6InBrackets) {
  EXPECT_EQ(to_string(Endpoint{{{192, 0, 2, 1}, false}, 443}), "192.0.2.1:443");
  EXPECT_EQ(to_string(Endpoint{v6("2001:db8::1"), 443}), "[2001:db8::1]:443");
}

TEST(TcpFlags, AreWrittenInLetters) {
  EXPECT_EQ(to_string(TcpFlags{0x002}), "S");
  EXPECT_EQ(to_string(TcpFlags{0x012}), "SA");
  EXPECT_EQ(to_string(TcpFlags{0x018}), "PA");
  EXPECT_EQ(to_string(TcpFlags{0x004}), "R");
  EXPECT_EQ(to_string(TcpFlags{0x014}), "RA");
  EXPECT_EQ(to_string(TcpFlags{0x011}), "FA");
  EXPECT_EQ(to_string(TcpFlags{0x0c2}), "SEC");
  EXPECT_EQ(to_string(TcpFlags{0x112}), "SA+0x100");
  EXPECT_EQ(to_string(TcpFlags{0}), "none");
}

TEST(Seq, MeasuresDistanceAcrossTheWrap) {
  EXPECT_EQ(Seq{5} - Seq{0xfffffffb}, 10);
  EXPECT_EQ(Seq{0xfffffffb} - Seq{5}, -10);
  EXPECT_EQ(Seq{0xfffffffb} + 10, Seq{5});
}

TEST(Skipped, HasItsOwnWordsAndKeyForEveryReason) {
  std::set<std::string_view> words, keys;
  for (std::size_t i = 0; i < Skipped::kNumReasons; ++i) {
    words.insert(describe(static_cast<Skipped::Why>(i)));
    keys.insert(id(static_cast<Skipped::Why>(i)));
  }
  EXPECT_EQ(words.size(), Skipped::kNumReasons);
  EXPECT_EQ(keys.size(), Skipped::kNumReasons);
  EXPECT_FALSE(words.contains("unknown"));
  EXPECT_EQ(describe(Skipped::Why::CutBySnaplen), "cut by the snap length");
  EXPECT_EQ(id(Skipped::Why::CutBySnaplen), "cut_by_snaplen");
}

RC_GTEST_PROP(Checksum, FoldsLikeTheTextbook, (const std::vector<std::uint8_t>& bytes)) {
  std::uint32_t sum = 0;  // RFC 1071 §4.1, in network order
  for (std::size_t i = 0; i < bytes.size(); ++i)
    sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8U : bytes[i];
  while (sum > 0xffff) sum = (sum & 0xffffU) + (sum >> 16U);
  RC_ASSERT(ntohs(fold_checksum(add_to_checksum(0, bytes))) == sum);
}

TEST(Checksum, LosesNoCarryInALongRunOfOnes) {
  const std::vector<std::uint8_t> ones(65535, 0xff);
  EXPECT_EQ(fold_checksum(add_to_checksum(0, Bytes(ones).first(65534))), 0xffff);
}

}  // namespace
}  // namespace whohungup
