// Every link type in front of the same small segment.
#include <gtest/gtest.h>

#include "support/frame_bytes.h"

namespace whohungup {
namespace {

using namespace testing;

struct LinkCase {
  const char* name;
  LinkType link;
  Octets header;  // in front of an IPv4 packet, or of an IPv6 one
  bool v6{};
  bool has_mac{};
};
void PrintTo(const LinkCase& c, std::ostream* out) { *out << c.name; }

const Octets kMacs{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};

const LinkCase kCases[] = {
    {"Ethernet", LinkType::Ethernet, kMacs + Octets{0x08, 0}, false, true},
    {"EthernetIpv6", LinkType::Ethernet, kMacs + Octets{0x86, 0xdd}, true, true},
    {"Vlan", LinkType::Ethernet, kMacs + Octets{0x81, 0, 0, 7, 8, 0}, false, true},
    {"QinQ", LinkType::Ethernet, kMacs + Octets{0x88, 0xa8, 0, 7, 0x81, 0, 0, 8, 8, 0}, false,
     true},
    {"OldQinQ", LinkType::Ethernet, kMacs + Octets{0x91, 0, 0, 7, 0x81, 0, 0, 8, 0x86, 0xdd}, true,
     true},
    {"VnTag", LinkType::Ethernet, kMacs + Octets{0x89, 0x26, 0, 1, 0, 2, 8, 0}, false, true},
    {"CiscoSecurityGroup", LinkType::Ethernet, kMacs + Octets{0x89, 9, 1, 1, 0, 1, 0, 12, 8, 0},
     false, true},
    {"Snap", LinkType::Ethernet, kMacs + Octets{0, 53, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, false, true},
    {"LlcIp", LinkType::Ethernet, kMacs + Octets{0, 48, 6, 6, 3}, false, true},
    {"Pppoe", LinkType::Ethernet, kMacs + Octets{0x88, 0x64, 0x11, 0, 0, 9, 0, 47, 0, 0x21}, false,
     true},
    {"PppoeIpv6", LinkType::Ethernet, kMacs + Octets{0x88, 0x64, 0x11, 0, 0, 9, 0, 67, 0, 0x57},
     true, true},
    {"MplsTwoLabels", LinkType::Ethernet, kMacs + Octets{0x88, 0x47, 0, 1, 0, 64, 0, 1, 1, 64},
     false, true},
    {"MplsIpv6", LinkType::Ethernet, kMacs + Octets{0x88, 0x47, 0, 1, 1, 64}, true, true},
    {"MplsPseudowire", LinkType::Ethernet,
     kMacs + Octets{0x88, 0x47, 0, 1, 1, 64, 0, 0, 0, 0} + kMacs + Octets{8, 0}, false, true},
    {"LinuxSll", LinkType::LinuxSll, {0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0}, false, true},
    {"LinuxSllWithoutAddress",
     LinkType::LinuxSll,
     {0, 0, 2, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0},
     false,
     false},
    {"LinuxSllVlan",
     LinkType::LinuxSll,
     {0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x81, 0, 0, 5, 8, 0},
     false,
     true},
    {"LinuxSll2",
     LinkType::LinuxSll2,
     {0x86, 0xdd, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0},
     true,
     true},
    {"NullLittleEndian", LinkType::Null, {2, 0, 0, 0}, false, false},
    {"NullBigEndian", LinkType::Null, {0, 0, 0, 2}, false, false},
    {"NullLinux6", LinkType::Null, {10, 0, 0, 0}, true, false},
    {"NullNetBsd6", LinkType::Null, {24, 0, 0, 0}, true, false},
    {"NullFreeBsd6", LinkType::Null, {0, 0, 0, 28}, true, false},
    {"NullMac6", LinkType::Null, {30, 0, 0, 0}, true, false},
    {"Loop", LinkType::Loop, {0, 0, 0, 2}, false, false},
    {"Raw", LinkType::Raw, {}, false, false},
    {"RawIpv6", LinkType::Raw, {}, true, false},
    {"Raw12", LinkType::RawBsd12, {}, false, false},
    {"Raw14", LinkType::RawBsd14, {}, true, false},
    {"Ipv4", LinkType::Ipv4, {}, false, false},
    {"Ipv6", LinkType::Ipv6, {}, true, false},
    {"Ppp", LinkType::Ppp, {0xff, 3, 0, 0x21}, false, false},
    {"PppWithoutAddress", LinkType::Ppp, {0, 0x57}, true, false},
    {"PppCompressed", LinkType::Ppp, {0x21}, false, false},
    {"PppSerial", LinkType::PppSerial, {0xff, 3, 0, 0x21}, false, false},
    {"PppEther", LinkType::PppEther, {0x11, 0, 0, 1, 0, 47, 0, 0x21}, false, false},
    {"CiscoHdlc", LinkType::CiscoHdlc, {0x0f, 0, 8, 0}, false, false},
    {"Nflog",
     LinkType::Nflog,
     {2, 0, 0, 5, 8, 0, 1, 0, 8, 0, 1, 0, 5, 0, 10, 0, 'x', 0, 0, 0, 49, 0, 9, 0},
     false,
     false},
    {"WirelessData", LinkType::Ieee80211,
     Octets{8, 1, 0, 0} + kMacs + Octets{2, 0, 0, 0, 0, 3, 0, 0, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0},
     false, true},
    {"WirelessQosToStation", LinkType::Ieee80211,
     Octets{0x88, 2, 0, 0, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0} +
         Octets{0xaa, 0xaa, 3, 0, 0, 0, 0x86, 0xdd},
     true, true},
    {"Radiotap", LinkType::Radiotap,
     Octets{0, 0, 8, 0, 0, 0, 0, 0, 8, 1, 0, 0} + kMacs +
         Octets{2, 0, 0, 0, 0, 3, 0, 0, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0},
     false, true},
    {"Ppi", LinkType::Ppi, Octets{0, 0, 8, 0, 1, 0, 0, 0} + kMacs + Octets{8, 0}, false, true},
};

class EveryLinkType : public ::testing::TestWithParam<LinkCase> {
 protected:
  static Octets frame() {
    const LinkCase& c = GetParam();
    return c.header +
           (c.v6 ? ipv6_bytes(tcp_bytes({}, kClient6, kServer6)) : ipv4_bytes(tcp_bytes()));
  }
};

TEST_P(EveryLinkType, LeadsToTheSegment) {
  const LinkCase& c = GetParam();
  const Octets bytes = frame();
  Decoder decoder;
  const Decoded decoded = decoder.decode(packet_of(bytes, c.link));
  ASSERT_TRUE(std::holds_alternative<Segment>(decoded))
      << describe(std::get<Skipped>(decoded).why) << " at " << std::get<Skipped>(decoded).offset;
  const auto& segment = std::get<Segment>(decoded);
  EXPECT_EQ(to_string(segment.from), c.v6 ? "[2001:db8::1]:50000" : "192.0.2.1:50000");
  EXPECT_EQ(to_string(segment.to), c.v6 ? "[2001:db8::2]:443" : "198.51.100.2:443");
  EXPECT_EQ(segment.header.payload_len, 5U);
  EXPECT_EQ(segment.payload.data(), bytes.data() + bytes.size() - 5);
  EXPECT_EQ(segment.header.tcp_checksum, ChecksumState::Good);
  EXPECT_EQ(segment.header.has_mac, c.has_mac);
  const MacAddress mac = c.has_mac ? MacAddress{2, 0, 0, 0, 0, 1} : MacAddress{};
  EXPECT_EQ(segment.header.source_mac, mac);
  EXPECT_FALSE(segment.header.tunnelled);
  EXPECT_EQ(decoder.outer_path(), "");
}

TEST_P(EveryLinkType, SaysCutForEveryPrefixThatEndsInTheHeaders) {
  const Octets bytes = frame();
  Decoder decoder;
  for (std::size_t kept = 0; kept < bytes.size(); ++kept) {
    const Octets prefix(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(kept));
    const Decoded decoded = decoder.decode(packet_of(prefix, GetParam().link, bytes.size()));
    if (kept < bytes.size() - 5) {
      ASSERT_TRUE(std::holds_alternative<Skipped>(decoded)) << kept;
      EXPECT_EQ(std::get<Skipped>(decoded).why, Skipped::Why::CutBySnaplen) << kept;
    } else {
      ASSERT_TRUE(std::holds_alternative<Segment>(decoded)) << kept;
      EXPECT_EQ(std::get<Segment>(decoded).header.payload_len, 5U);
      EXPECT_EQ(std::get<Segment>(decoded).header.captured_len, kept - (bytes.size() - 5));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Decoder, EveryLinkType, ::testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

Skipped skipped(const Octets& bytes, LinkType link = LinkType::Ethernet) {
  const Decoded decoded = Decoder().decode(packet_of(bytes, link));
  return std::holds_alternative<Skipped>(decoded) ? std::get<Skipped>(decoded)
                                                  : Skipped{FrameNo{}, {}, 9999};
}

TEST(Decoder, NamesAnUnknownLinkType) {
  const Skipped answer = skipped(plain_frame(), LinkType{147});
  EXPECT_EQ(answer.why, Skipped::Why::UnknownLinkType);
  EXPECT_EQ(answer.frame, FrameNo{7});
}

TEST(Decoder, CallsArpNotIpAndSaysWhere) {
  const Skipped answer = skipped(ethernet_bytes(0x0806, Octets(28)));
  EXPECT_EQ(answer.why, Skipped::Why::NotIp);
  EXPECT_EQ(answer.offset, 14U);
}

TEST(Decoder, CallsSpanningTreeNotIp) {
  EXPECT_EQ(skipped(ethernet_bytes(38, Octets{0x42, 0x42, 3} + Octets(35))).why,
            Skipped::Why::NotIp);
}

TEST(Decoder, GivesUpOnAnEndlessPileOfTags) {
  Octets tags;
  for (int i = 0; i < 100; ++i) tags = tags + Octets{0x81, 0, 0, 1};
  EXPECT_EQ(skipped(Octets(12) + tags).why, Skipped::Why::Malformed);
}

TEST(Decoder, CallsAnEncryptedWirelessFrameNotIp) {
  EXPECT_EQ(skipped(Octets{8, 0x41, 0, 0} + Octets(60), LinkType::Ieee80211).why,
            Skipped::Why::NotIp);
}

}  // namespace
}  // namespace whohungup
