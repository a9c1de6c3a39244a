// The TCP header, its options however sloppy, and the checksum.
#include <gtest/gtest.h>

#include "support/frame_bytes.h"

namespace whohungup {
namespace {

using namespace testing;

/// The segment these fields make, decoded; its spans point into `bytes`.
struct Decoding {
  Octets bytes;
  Decoded decoded;

  explicit Decoding(Octets frame, std::size_t wire_len = 0)
      : bytes(std::move(frame)),
        decoded(Decoder().decode(packet_of(bytes, LinkType::Ethernet, wire_len))) {}
  explicit Decoding(const TcpFields& fields)
      : Decoding(ethernet_bytes(0x0800, ipv4_bytes(tcp_bytes(fields)))) {}

  [[nodiscard]] const Segment& segment() const { return std::get<Segment>(decoded); }
  [[nodiscard]] const SegmentHeader& header() const { return segment().header; }
  [[nodiscard]] Skipped::Why why() const { return std::get<Skipped>(decoded).why; }
};

using Kinds = std::array<std::uint8_t, 8>;

TEST(DecoderOfTcp, ReadsTheFixedHeader) {
  const Decoding d(TcpFields{.seq = 0xfffffff0, .ack = 17, .flags = 0x1c2, .window = 512});
  EXPECT_EQ(d.segment().from.port, 50000);
  EXPECT_EQ(d.segment().to.port, 443);
  EXPECT_EQ(d.header().seq, Seq{0xfffffff0});
  EXPECT_EQ(d.header().ack, Seq{17});
  EXPECT_EQ(d.header().flags.bits, 0x1c2);
  EXPECT_EQ(d.header().window, 512);
  EXPECT_EQ(d.header().header_len, 20);
  EXPECT_EQ(d.header().window_scale, SegmentHeader::kNoScale);
  EXPECT_EQ(d.header().mss, 0);
  EXPECT_EQ(Octets(d.segment().payload.begin(), d.segment().payload.end()),
            (Octets{'h', 'e', 'l', 'l', 'o'}));
}

TEST(DecoderOfTcp, ReadsTheOptionsOfALinuxSyn) {
  const Decoding d(
      TcpFields{.flags = TcpFlags::kSyn,
                .options = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7},
                .payload = {}});
  EXPECT_EQ(d.header().mss, 1460);
  EXPECT_TRUE(d.header().sack_permitted);
  EXPECT_TRUE(d.header().has_timestamps);
  EXPECT_EQ(d.header().tsval, 1U);
  EXPECT_EQ(d.header().window_scale, 7);
  EXPECT_EQ(d.header().option_kinds, (Kinds{2, 4, 8, 1, 3}));
  EXPECT_FALSE(d.header().bad_options);
  EXPECT_EQ(d.segment().options.size(), 20U);
}

TEST(DecoderOfTcp, ReadsTheCommonTimestampsBlock) {
  const Decoding d(TcpFields{.options = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}});
  EXPECT_TRUE(d.header().has_timestamps);
  EXPECT_EQ(d.header().tsval, 0x01020304U);
  EXPECT_EQ(d.header().tsecr, 0x05060708U);
  EXPECT_EQ(d.header().option_kinds, (Kinds{1, 1, 8}));
}

TEST(DecoderOfTcp, ReadsTheFirstSackBlock) {
  const Decoding d(
      TcpFields{.options = {1, 1, 5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4}});
  EXPECT_TRUE(d.header().has_sack);
  EXPECT_EQ(d.header().sack_left, 1U);
  EXPECT_EQ(d.header().sack_right, 2U);
  EXPECT_FALSE(d.header().bad_options);
}

TEST(DecoderOfTcp, KeepsEightKindsAndReadsTheRestAllTheSame) {
  const Decoding d(TcpFields{.options = {1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 2, 24}});
  EXPECT_EQ(d.header().option_kinds, (Kinds{1, 1, 1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(d.header().mss, 536);
}

TEST(DecoderOfTcp, StopsAtTheEndOfOptions) {
  const Decoding d(TcpFields{.options = {2, 4, 2, 24, 0, 77, 77, 77}});
  EXPECT_EQ(d.header().option_kinds, (Kinds{2}));
  EXPECT_FALSE(d.header().bad_options);
}

struct SloppyCase {
  const char* name;
  Octets options;
};
void PrintTo(const SloppyCase& c, std::ostream* out) { *out << c.name; }

class SloppyOptions : public ::testing::TestWithParam<SloppyCase> {};

TEST_P(SloppyOptions, AreNotedAndTheResetIsStillThere) {
  const Decoding d(
      TcpFields{.flags = TcpFlags::kRst, .options = GetParam().options, .payload = {}});
  ASSERT_TRUE(std::holds_alternative<Segment>(d.decoded));
  EXPECT_TRUE(d.header().bad_options);
  EXPECT_TRUE(d.header().flags.rst());
  EXPECT_EQ(d.header().tcp_checksum, ChecksumState::Good);
}

INSTANTIATE_TEST_SUITE_P(Decoder, SloppyOptions,
                         ::testing::Values(SloppyCase{"LengthZero", {2, 0, 0, 0}},
                                           SloppyCase{"LengthOne", {2, 1, 0, 0}},
                                           SloppyCase{"LengthBeyondTheHeader", {2, 5, 5, 0xb4}},
                                           SloppyCase{"NoLengthAtAll", {1, 1, 1, 8}},
                                           SloppyCase{"ShortMss", {2, 3, 5, 0}},
                                           SloppyCase{"LongMss", {2, 6, 5, 0xb4, 0, 0, 0, 0}},
                                           SloppyCase{"ShortTimestamps", {8, 8, 0, 0, 0, 1, 0, 0}},
                                           SloppyCase{"LongScale", {3, 4, 7, 7}},
                                           SloppyCase{"SackPermittedWithContents", {4, 3, 1, 0}},
                                           SloppyCase{"SackOfHalfABlock", {5, 6, 0, 0, 0, 1, 1, 1}},
                                           SloppyCase{"SackOfNothing", {5, 2, 0, 0}}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(DecoderOfTcp, DeliversASegmentWhoseOptionsWereCut) {
  Octets bytes = ethernet_bytes(
      0x0800, ipv4_bytes(tcp_bytes({.options = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}})));
  const std::size_t wire = bytes.size();
  bytes.resize(14 + 20 + 20 + 6);
  const Decoding d(bytes, wire);
  EXPECT_FALSE(d.header().bad_options);
  EXPECT_FALSE(d.header().has_timestamps);
  EXPECT_EQ(d.segment().options.size(), 6U);
  EXPECT_EQ(d.header().header_len, 32);
  EXPECT_EQ(d.header().payload_len, 5U);
  EXPECT_EQ(d.header().captured_len, 0U);
  EXPECT_EQ(d.header().tcp_checksum, ChecksumState::Unknown);
}

TEST(DecoderOfTcp, CallsAHeaderOfFourWordsMalformed) {
  Octets bytes = plain_frame();
  bytes[46] = 0x40;
  EXPECT_EQ(Decoding(bytes).why(), Skipped::Why::Malformed);
}

TEST(DecoderOfTcp, CallsAHeaderLongerThanTheSegmentMalformed) {
  Octets bytes = plain_frame();
  bytes[46] = 0xf0;
  EXPECT_EQ(Decoding(bytes).why(), Skipped::Why::Malformed);
}

TEST(DecoderOfTcp, NotesABadChecksumAndDropsNothing) {
  Octets bytes = plain_frame();
  bytes.back() ^= 1;
  EXPECT_EQ(Decoding(bytes).header().tcp_checksum, ChecksumState::Bad);
}

TEST(DecoderOfTcp, TellsAnUnfinishedChecksumFromAWrongOne) {
  // What a host leaves for its card: the pseudo-header's sum, not complemented. The right checksum
  // is the complement of that and the segment's own sum, so the segment's sum is known from it.
  const Octets bytes = plain_frame();
  const std::size_t tcp_at = 34;
  const auto word = [&](std::size_t at) {
    return std::uint32_t{bytes[at]} << 8U | (at + 1 < bytes.size() ? bytes[at + 1] : 0U);
  };
  std::uint32_t pseudo = 6 + static_cast<std::uint32_t>(bytes.size() - tcp_at);
  for (std::size_t at = 26; at < tcp_at; at += 2) pseudo += word(at);
  const auto with_field = [&](std::uint32_t sum) {
    while (sum > 0xffff) sum = (sum & 0xffffU) + (sum >> 16U);
    Octets changed = bytes;
    changed[tcp_at + 16] = static_cast<std::uint8_t>(sum >> 8U);
    changed[tcp_at + 17] = static_cast<std::uint8_t>(sum);
    return Decoding(changed).header().tcp_checksum;
  };
  EXPECT_EQ(with_field(pseudo), ChecksumState::Unfinished);
  EXPECT_EQ(with_field(pseudo - static_cast<std::uint32_t>(bytes.size() - tcp_at)),
            ChecksumState::Unfinished)
      << "without the length";
  EXPECT_EQ(with_field(pseudo + 1), ChecksumState::Bad);
}

TEST(DecoderOfTcp, VerifiesOddLengthsToo) {
  for (std::size_t length = 0; length < 9; ++length) {
    const Decoding d(TcpFields{.payload = Octets(length, 0xc3)});
    EXPECT_EQ(d.header().tcp_checksum, ChecksumState::Good) << length;
  }
}

TEST(DecoderOfTcp, LeavesBulkDataUnverified) {
  EXPECT_EQ(Decoding(TcpFields{.payload = Octets(128, 0x17)}).header().tcp_checksum,
            ChecksumState::Good);
  EXPECT_EQ(Decoding(TcpFields{.payload = Octets(129, 0x17)}).header().tcp_checksum,
            ChecksumState::Unknown);
}

TEST(DecoderOfTcp, VerifiesALongFinAndALongHello) {
  EXPECT_EQ(Decoding(TcpFields{.flags = 0x11, .payload = Octets(1000, 0x17)}).header().tcp_checksum,
            ChecksumState::Good);
  EXPECT_EQ(Decoding(TcpFields{.payload = Octets{22, 3, 1} + Octets(600)}).header().tcp_checksum,
            ChecksumState::Good);
}

}  // namespace
}  // namespace whohungup
