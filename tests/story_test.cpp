// Stories are the ground other tests stand on, so an independent decoder (libtins) reads here what
// the story writer wrote.
#include "tests/support/story.h"

#include <gtest/gtest.h>
#include <tins/tins.h>

#include <string>
#include <string_view>

#include "tests/support/story_tls.h"

namespace whohungup::story {
namespace {

Tins::EthernetII ethernet(const Frame& frame) {
  return {frame.bytes.data(), static_cast<std::uint32_t>(frame.bytes.size())};
}

/// The TCP header and payload of the nth frame (from 1), as libtins reads them.
Tins::TCP tcp(const Capture& capture, std::size_t nth) {
  return ethernet(capture.frames.at(nth - 1)).rfind_pdu<Tins::TCP>();
}

Tins::IP ip(const Capture& capture, std::size_t nth) {
  return ethernet(capture.frames.at(nth - 1)).rfind_pdu<Tins::IP>();
}

std::string complaint(std::string_view story) {
  try {
    tell(story);
    return "none";
  } catch (const StoryError& error) {
    return error.what();
  }
}

constexpr std::string_view kHandshake =
    "0     > S\n"
    "0.010 < SA\n"
    "+0    > A\n";

TEST(Story, KeepsSequenceNumbersLikeTheHostsWould) {
  const Capture capture = tell(std::string(kHandshake) +
                               "0.020 > PA hello a.example size 332\n"
                               "0.030 < A\n"
                               "0.040 < FA\n"
                               "0.050 > A\n");
  const std::uint32_t client = tcp(capture, 1).seq(), server = tcp(capture, 2).seq();
  EXPECT_EQ(tcp(capture, 2).ack_seq(), client + 1);
  EXPECT_EQ(tcp(capture, 4).seq(), client + 1);
  EXPECT_EQ(tcp(capture, 4).ack_seq(), server + 1);
  EXPECT_EQ(tcp(capture, 5).ack_seq(), client + 333);
  EXPECT_EQ(tcp(capture, 6).seq(), server + 1);
  EXPECT_EQ(tcp(capture, 7).ack_seq(), server + 2) << "the FIN counts";
}

TEST(Story, WritesTheResetsLinuxWrites) {
  const Capture refused = tell("0 > S\n0.010 < RA\n");
  EXPECT_EQ(tcp(refused, 2).seq(), 0U);
  EXPECT_EQ(tcp(refused, 2).window(), 0);
  EXPECT_TRUE(tcp(refused, 2).options().empty());
  EXPECT_EQ(ip(refused, 2).id(), 0);

  const Capture active = tell(std::string(kHandshake) + "0.02 > PA hello\n0.03 < A\n0.04 < RA\n");
  EXPECT_EQ(ip(active, 6).id(), ip(active, 5).id() + 1);
  EXPECT_NE(tcp(active, 6).window(), 0);
  EXPECT_EQ(tcp(active, 6).timestamp().first, tcp(active, 5).timestamp().first + 10);

  const Capture stray = tell(std::string(kHandshake) + "0.02 < FA\n0.03 > PA hello\n0.04 < R\n");
  EXPECT_EQ(tcp(stray, 6).seq(), tcp(stray, 4).seq() + 1);
  EXPECT_EQ(tcp(stray, 6).ack_seq(), 0U);
  EXPECT_EQ(tcp(stray, 6).window(), 0);
  EXPECT_TRUE(tcp(stray, 6).options().empty());
}

TEST(Story, LetsAForgedPacketLeaveNoTraceInTheServersState) {
  const Capture capture = tell(std::string(kHandshake) +
                               "0.02 > PA hello\n"
                               "0.03 < A\n"
                               "0.04 < RA ttl 61 forged\n"
                               "0.05 < PA server-hello\n");
  EXPECT_EQ(ip(capture, 6).ttl(), 61);
  EXPECT_EQ(ip(capture, 6).id(), 0);
  EXPECT_EQ(tcp(capture, 7).seq(), tcp(capture, 6).seq());
  EXPECT_EQ(ip(capture, 7).id(), ip(capture, 5).id() + 1);
}

TEST(Story, LeavesALostPacketOutOfTheCaptureOnly) {
  const Capture capture = tell(std::string(kHandshake) +
                               "0.02 > PA hello\n"
                               "0.03 < PA text \"twelve bytes\" lost\n"
                               "0.04 < FA\n");
  ASSERT_EQ(capture.frames.size(), 5U);
  EXPECT_EQ(tcp(capture, 5).seq(), tcp(capture, 2).seq() + 13);
}

TEST(Story, MakesHellosToMeasure) {
  for (const std::size_t size : {300U, 332U, 517U, 2000U})
    EXPECT_EQ(client_hello({.name = "a.example", .size = size}).size(), size);
  EXPECT_EQ(complaint("0 > PA hello a.example size 40\n"),
            "story line 1: a hello cannot be that small");
}

TEST(Story, CutsAPayloadOverSegments) {
  const Capture capture = tell(std::string(kHandshake) +
                               "0.02 > A  hello a.example size 2000 cut 0 1460\n"
                               "0.02 > PA hello a.example size 2000 cut 1460 2000\n");
  const std::vector<std::uint8_t> hello = client_hello({.name = "a.example", .size = 2000});
  auto first = tcp(capture, 4), second = tcp(capture, 5);
  std::vector<std::uint8_t> together = first.rfind_pdu<Tins::RawPDU>().payload();
  const std::vector<std::uint8_t>& rest = second.rfind_pdu<Tins::RawPDU>().payload();
  together.insert(together.end(), rest.begin(), rest.end());
  EXPECT_EQ(together, hello);
  EXPECT_EQ(second.seq(), first.seq() + 1460);
}

TEST(Story, QuotesThePacketAnIcmpErrorIsAbout) {
  const Capture capture = tell(std::string(kHandshake) +
                               "0.02 > PA hello size 400\n"
                               "0.03 < icmp 3 13 from 203.0.113.1 ttl 63 quote 28\n");
  auto frame = ethernet(capture.frames.at(4));
  EXPECT_EQ(frame.rfind_pdu<Tins::IP>().src_addr(), Tins::IPv4Address("203.0.113.1"));
  EXPECT_EQ(frame.rfind_pdu<Tins::ICMP>().code(), 13);
  const auto& quoted = frame.rfind_pdu<Tins::RawPDU>().payload();
  ASSERT_EQ(quoted.size(), 28U);
  EXPECT_EQ(quoted[8], ip(capture, 4).ttl() - 1);
}

TEST(Story, WritesIpv6WithFlowLabelsAndVlanTags) {
  const Capture capture = tell(
      "client [2001:db8::1]:3333\n"
      "server [2001:db8::5]:993 ttl 61 label 0x12345\n"
      "vlan 7\n"
      "0 > S\n"
      "0.010 < SA\n");
  auto frame = ethernet(capture.frames.at(1));
  EXPECT_EQ(frame.rfind_pdu<Tins::Dot1Q>().id(), 7);
  EXPECT_EQ(frame.rfind_pdu<Tins::IPv6>().flow_label(), 0x12345U);
  EXPECT_EQ(frame.rfind_pdu<Tins::IPv6>().hop_limit(), 61);
  EXPECT_EQ(frame.rfind_pdu<Tins::TCP>().sport(), 993);
}

TEST(Story, FillsInChecksumsUnlessToldNotTo) {
  // libtins computes checksums when it writes: an untouched packet must come out the same.
  const Capture capture =
      tell(std::string(kHandshake) + "0.02 > PA hello\n0.03 > PA hello badsum\n");
  for (std::size_t i = 0; i < 4; ++i) {
    auto frame = ethernet(capture.frames[i]);
    EXPECT_EQ(frame.serialize(), capture.frames[i].bytes) << "frame " << i + 1;
  }
  auto wrong = ethernet(capture.frames[4]);
  EXPECT_NE(wrong.serialize(), capture.frames[4].bytes);
}

TEST(Story, CutsFramesAtTheSnapLengthAndSaysSo) {
  const Capture capture = tell("snaplen 96\n" + std::string(kHandshake) + "0.02 > PA hello\n");
  EXPECT_EQ(capture.frames.at(3).bytes.size(), 96U);
  EXPECT_GT(capture.frames.at(3).wire_len, 96U);
}

TEST(Story, TellsInterleavedConnectionsApart) {
  const Capture capture = tell(
      "0 > S\n"
      "connection second\n"
      "0.01 > S\n"
      "connection first\n"
      "0.02 > S\n"
      "connection second\n"
      "0.03 < SA\n");
  EXPECT_NE(tcp(capture, 1).sport(), tcp(capture, 2).sport());
  EXPECT_NE(tcp(capture, 2).sport(), tcp(capture, 3).sport());
  EXPECT_EQ(tcp(capture, 4).dport(), tcp(capture, 2).sport());
}

TEST(Story, SavesWhatLibpcapOpens) {
  const std::vector<std::uint8_t> saved = tell(kHandshake).pcap();
  const std::vector<std::uint8_t> magic(saved.begin(), saved.begin() + 4);
  EXPECT_EQ(magic, (std::vector<std::uint8_t>{0x4d, 0x3c, 0xb2, 0xa1}));
}

TEST(Story, NamesTheLineItDoesNotUnderstand) {
  EXPECT_EQ(complaint("0 > S\n\n# fine\n0.1 > A tttl 3\n"), "story line 4: unknown word 'tttl'");
  EXPECT_EQ(complaint("0 > X\n"), "story line 1: unknown flag 'X'");
  EXPECT_EQ(complaint("soon > S\n"), "story line 1: 'soon' is neither a setting nor a time");
  EXPECT_EQ(complaint("0 > PA bytes 0g\n"), "story line 1: '0g' is not hexadecimal");
  EXPECT_EQ(complaint("server nowhere\n"), "story line 1: unknown word 'nowhere'");
  EXPECT_EQ(complaint("0 <\n"), "story line 1: the line ends too early");
}

}  // namespace
}  // namespace whohungup::story
