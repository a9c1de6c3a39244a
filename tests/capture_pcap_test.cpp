// Classic pcap files, sound and damaged.
#include <gtest/gtest.h>

#include "tests/support/capture_bytes.h"

namespace whohungup::test {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

struct Variant {
  const char* name;
  Order order;
  std::uint32_t magic;
  std::int64_t unit;         // nanoseconds
  std::size_t header_extra;  // after the file header
  std::size_t record_extra;  // after each record header
};

void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.name; }

class PcapVariants : public testing::TestWithParam<Variant> {};

TEST_P(PcapVariants, GiveTheSameFrames) {
  const Variant& v = GetParam();
  Author file(v.order);
  file.pcap_header(v.magic).bytes(FileBytes(v.header_extra));
  for (std::uint32_t i = 1; i <= 3; ++i)
    file.u32(1700000000 + i)
        .u32(123456)
        .u32(20)
        .u32(60)
        .bytes(FileBytes(v.record_extra))
        .bytes(counting(20));
  const Kept kept = drain_bytes(file.written());
  ASSERT_EQ(kept.frames.size(), 3U);
  EXPECT_EQ(kept.frames[2], (KeptFrame{3, 1700000003 * kSecond + 123456 * v.unit, counting(20), 60,
                                       0, LinkType::Ethernet}));
  EXPECT_TRUE(kept.notes.quality.complete);
  EXPECT_EQ(kept.notes.packets, 3U);
  EXPECT_EQ(kept.notes.bytes, 60U);
  ASSERT_EQ(kept.notes.interfaces.size(), 1U);
  EXPECT_EQ(kept.notes.interfaces[0].snaplen, 65535U);
  EXPECT_EQ(kept.notes.quality.begin.time_since_epoch().count(), kept.frames[0].at);
  EXPECT_EQ(kept.notes.quality.end.time_since_epoch().count(), kept.frames[2].at);
}

INSTANTIATE_TEST_SUITE_P(
    All, PcapVariants,
    testing::Values(Variant{"LittleMicro", Order::Little, 0xa1b2c3d4, 1000, 0, 0},
                    Variant{"BigMicro", Order::Big, 0xa1b2c3d4, 1000, 0, 0},
                    Variant{"LittleNano", Order::Little, 0xa1b23c4d, 1, 0, 0},
                    Variant{"BigNano", Order::Big, 0xa1b23c4d, 1, 0, 0},
                    Variant{"LittleModified", Order::Little, 0xa1b2cd34, 1000, 0, 8},
                    Variant{"BigModified", Order::Big, 0xa1b2cd34, 1000, 0, 8},
                    Variant{"IxiaHardware", Order::Little, 0x1c0001ab, 1000, 4, 0},
                    Variant{"IxiaSoftware", Order::Little, 0x1c0001ac, 1000, 4, 0}),
    [](const auto& of) { return std::string(of.param.name); });

TEST(PcapFile, HoldsItsLinkTypeInTheLowerHalfOfTheField) {
  Author file;
  file.pcap_header(0xa1b2c3d4, 0x44000000 | 113).record(1, 0, counting(4));
  EXPECT_EQ(drain_bytes(file.written()).frames.at(0).link, LinkType::LinuxSll);
}

TEST(PcapFile, BeforeVersion23HasItsLengthsSwapped) {
  Author file;
  file.pcap_header(0xa1b2c3d4, 1, 2, 2).u32(1).u32(0).u32(60).u32(20).bytes(counting(20));
  const Kept kept = drain_bytes(file.written());
  ASSERT_EQ(kept.frames.size(), 1U);
  EXPECT_EQ(kept.frames[0].bytes.size(), 20U);
  EXPECT_EQ(kept.frames[0].wire_len, 60U);
}

TEST(PcapFile, OfVersion23MayHaveThemEitherWay) {
  Author file;
  file.pcap_header(0xa1b2c3d4, 1, 2, 3);
  file.u32(1).u32(0).u32(60).u32(20).bytes(counting(20));
  file.u32(2).u32(0).u32(20).u32(60).bytes(counting(20));
  const Kept kept = drain_bytes(file.written());
  ASSERT_EQ(kept.frames.size(), 2U);
  for (const KeptFrame& frame : kept.frames) EXPECT_EQ(frame.wire_len, 60U);
}

TEST(PcapFile, NeverSaysLessOnTheWireThanWasCaptured) {
  Author file;
  file.pcap_header().u32(1).u32(0).u32(20).u32(10).bytes(counting(20));
  EXPECT_EQ(drain_bytes(file.written()).frames.at(0).wire_len, 20U);
}

TEST(PcapFile, MayHoldNoPacketAtAll) {
  const Kept kept = drain_bytes(Author().pcap_header().written());
  EXPECT_TRUE(kept.frames.empty());
  EXPECT_TRUE(kept.notes.quality.complete);
}

TEST(PcapFile, KeepsTimesThatGoBackwards) {
  Author file;
  file.pcap_header().record(9, 0, counting(4)).record(5, 0, counting(4)).record(7, 0, counting(4));
  const Kept kept = drain_bytes(file.written());
  ASSERT_EQ(kept.frames.size(), 3U);
  EXPECT_EQ(kept.frames[1].at, 5 * kSecond);
  EXPECT_EQ(kept.notes.quality.begin, Time(std::chrono::seconds(5)));
  EXPECT_EQ(kept.notes.quality.end, Time(std::chrono::seconds(9)));
}

// pgsql-ssl.pcapng among the public captures has one such packet.
TEST(PcapFile, EndsWhenItsPacketsSayThoughSomeOfThemAreYearsAhead) {
  const auto end_of = [](const std::vector<std::uint32_t>& seconds) {
    Author file;
    file.pcap_header();
    for (const std::uint32_t second : seconds) file.record(second, 0, counting(4));
    return drain_bytes(file.written()).notes.quality.end.time_since_epoch() /
           std::chrono::seconds{1};
  };
  constexpr std::uint32_t kYear = 31'536'000;
  EXPECT_EQ(end_of({5, kYear, 6, 8, 7}), 8);
  EXPECT_EQ(end_of({5, kYear, kYear + 1, 2 * kYear, 8}), 8);
  EXPECT_EQ(end_of({5, kYear, kYear + 1, kYear + 2, kYear + 3, 8}), kYear + 3);
  EXPECT_EQ(end_of({5, kYear}), kYear);
  EXPECT_EQ(end_of({5, kYear + 1, kYear}), kYear + 1);
  EXPECT_EQ(end_of({kYear}), kYear);
}

TEST(PcapFile, SaysWhereAnotherOneWasAppended) {
  Author file;
  file.pcap_header().record(1, 0, counting(4)).pcap_header().record(2, 0, counting(4));
  const Kept kept = drain_bytes(file.written());
  EXPECT_EQ(kept.frames.size(), 1U);
  ASSERT_EQ(kept.notes.damage.size(), 1U);
  EXPECT_NE(kept.notes.damage[0].what.find("another capture begins here"), std::string::npos);
}

TEST(PcapFile, IsJudgedUpToAnAbsurdLength) {
  Author file;
  file.pcap_header().record(1, 0, counting(20)).u32(2).u32(0).u32(99999999).u32(60);
  const Kept kept = drain_bytes(file.written());
  EXPECT_EQ(kept.frames.size(), 1U);
  EXPECT_FALSE(kept.notes.quality.complete);
  ASSERT_EQ(kept.notes.damage.size(), 1U);
  EXPECT_EQ(describe(kept.notes.damage[0]),
            "test.pcap: damaged at byte 60, after frame 1: the packet record says 99999999 bytes, "
            "more than any packet; judged up to there");
}

TEST(PcapFile, TakesAPacketOfTheLongestLengthAndNoneLonger) {
  const std::uint32_t longest = 262144;  // libpcap's limit
  for (const std::uint32_t length : {longest, longest + 1}) {
    Author file;
    file.pcap_header().u32(1).u32(0).u32(length).u32(length).bytes(FileBytes(length));
    EXPECT_EQ(drain_bytes(file.written()).frames.size(), length == longest ? 1U : 0U);
  }
}

TEST(PcapFile, CutInsideAPacketLosesThatPacketOnly) {
  Author whole;
  whole.pcap_header().record(1, 0, counting(60)).record(2, 0, counting(60));
  FileBytes cut = whole.written();
  cut.resize(cut.size() - 36);
  const Kept kept = drain_bytes(cut);
  EXPECT_EQ(kept.frames.size(), 1U);
  ASSERT_EQ(kept.notes.damage.size(), 1U);
  EXPECT_EQ(describe(kept.notes.damage[0]),
            "test.pcap: damaged at byte 100, after frame 1: the file ends inside a packet: 24 of "
            "60 bytes; judged up to there");
}

TEST(PcapFile, CutInsideARecordHeaderSaysSo) {
  FileBytes cut = Author().pcap_header().record(1, 0, counting(60)).written();
  cut.resize(24 + 10);
  const Kept kept = drain_bytes(cut);
  ASSERT_EQ(kept.notes.damage.size(), 1U);
  EXPECT_EQ(describe(kept.notes.damage[0]),
            "test.pcap: damaged at byte 24, before its first frame: the file ends inside a "
            "packet's header: 10 of 16 bytes; judged up to there");
}

TEST(PcapFile, OfUnknownVersionIsRefused) {
  EXPECT_EQ(refusal_of(Author().pcap_header(0xa1b2c3d4, 1, 3, 0).written()),
            "test.pcap: is a pcap file of version 3.0, and 2.0 to 2.4 are all that exist; nothing "
            "was read, capture or convert it again");
}

TEST(PcapFile, CutInsideItsHeaderIsRefused) {
  FileBytes cut = Author().pcap_header().written();
  cut.resize(20);
  EXPECT_EQ(refusal_of(cut),
            "test.pcap: ends inside its file header: 20 of 24 bytes; nothing can be read from it, "
            "capture it again");
}

}  // namespace
}  // namespace whohungup::test
