// pcapng files, sound and damaged, and the writer of them.
#include <gtest/gtest.h>

#include <limits>

#include "capture/pcap_writer.h"
#include "capture/pcapng_clock.h"
#include "capture/pcapng_writer.h"
#include "tests/support/capture_bytes.h"

namespace whohungup::test {
namespace {

constexpr std::uint64_t kMicros = 1'700'000'000'123'456;
constexpr std::int64_t kNanos = 1'700'000'000'123'456'000;

FileBytes one_packet(Order order, const Author& interface_options, std::uint64_t stamp) {
  const Author none(order);
  return Author(order)
      .section()
      .interface(1, interface_options)
      .enhanced(0, stamp, counting(21), none)
      .written();
}

class PcapngOrders : public testing::TestWithParam<Order> {};
INSTANTIATE_TEST_SUITE_P(Both, PcapngOrders, testing::Values(Order::Little, Order::Big),
                         [](const auto& of) {
                           return of.param == Order::Little ? "Little" : "Big";
                         });

TEST_P(PcapngOrders, GiveTheSameFrame) {
  const Kept kept = drain_bytes(one_packet(GetParam(), Author(GetParam()), kMicros));
  ASSERT_EQ(kept.frames.size(), 1U);
  EXPECT_EQ(kept.frames[0], (KeptFrame{1, kNanos, counting(21), 21, 0, LinkType::Ethernet}));
  EXPECT_TRUE(kept.notes.quality.complete);
}

TEST_P(PcapngOrders, TellNamesSecretsDropsAndComments) {
  const Author make(GetParam());
  Author file = make;
  file.section().interface(1, make.same().option(2, "eth0").option(3, "uplink").option(0, ""),
                           262144);
  file.block(4, make.same()
                    .option(1, std::string_view("\xc0\x00\x02\x01www.example\0alias.example\0", 29))
                    .option(2, std::string(15, '\0') + std::string("\1six.example\0", 13))
                    .option(0, ""));
  file.block(10, make.same().u32(0x544c534b).u32(8).text("RSA ab c"));
  file.enhanced(0, kMicros, counting(5),
                make.same()
                    .option(1, "first comment")
                    .option(1, "second comment")
                    .option(4, make.same().u64(7))
                    .option(0, ""));
  file.block(5, make.same()
                    .u32(0)
                    .u64(0)
                    .option(4, make.same().u64(1000))
                    .option(5, make.same().u64(9))
                    .option(7, make.same().u64(2))
                    .option(0, ""));
  const CaptureNotes notes = drain_bytes(file.written()).notes;
  ASSERT_EQ(notes.interfaces.size(), 1U);
  EXPECT_EQ(notes.interfaces[0].name, "eth0");
  EXPECT_EQ(notes.interfaces[0].description, "uplink");
  EXPECT_EQ(notes.interfaces[0].snaplen, 262144U);
  EXPECT_EQ(notes.interfaces[0].received, 1000U);
  EXPECT_EQ(notes.interfaces[0].dropped, 11U);
  EXPECT_EQ(notes.quality.dropped, 11U);
  ASSERT_EQ(notes.names.size(), 3U);
  EXPECT_EQ(notes.names[0].address, "192.0.2.1");
  EXPECT_EQ(notes.names[0].name, "www.example");
  EXPECT_EQ(notes.names[1].name, "alias.example");
  EXPECT_EQ(notes.names[2].address, "::1");
  EXPECT_EQ(notes.key_log, "RSA ab c\n");
  ASSERT_EQ(notes.comments.size(), 2U);
  EXPECT_EQ(number(notes.comments[1].frame), 1U);
  EXPECT_EQ(notes.comments[1].text, "second comment");
}

TEST(PcapngFile, CountsDropsSaidOnPacketsWhereNoStatisticsCome) {
  const Author make;
  Author file;
  file.section().interface(1, make);
  for (int i = 0; i < 2; ++i)
    file.enhanced(0, kMicros, counting(4), make.same().option(4, make.same().u64(7)));
  EXPECT_EQ(drain_bytes(file.written()).notes.quality.dropped, 14U);
}

TEST(PcapngFile, DoesNotKnowDropsThatNobodyCounted) {
  const Author none;
  EXPECT_EQ(drain_bytes(one_packet(Order::Little, none, kMicros)).notes.quality.dropped,
            std::nullopt);
}

TEST(PcapngFile, MixesLinkTypesClocksAndByteOrders) {
  const Author little(Order::Little), big(Order::Big);
  Author first(Order::Little);
  first.section()
      .interface(1, little)
      .interface(113, little.same().option(9, "\x09"))
      .enhanced(1, 5, counting(1), little)
      .enhanced(0, 5, counting(2), little);
  Author second(Order::Big);
  second.section().interface(276, big.same().option(9, "\x03")).enhanced(0, 5, counting(3), big);
  const Kept kept = drain_bytes(Author().bytes(first.written()).bytes(second.written()).written());
  ASSERT_EQ(kept.frames.size(), 3U);
  EXPECT_EQ(kept.frames[0], (KeptFrame{1, 5, counting(1), 1, 1, LinkType::LinuxSll}));
  EXPECT_EQ(kept.frames[1], (KeptFrame{2, 5000, counting(2), 2, 0, LinkType::Ethernet}));
  EXPECT_EQ(kept.frames[2], (KeptFrame{3, 5'000'000, counting(3), 3, 2, LinkType::LinuxSll2}));
}

TEST(PcapngClock, CountsInPowersOfTenAndTwoFromAnyStart) {
  using pcapng::Clock;
  const auto ns = [](const Clock& clock, std::uint64_t stamp) {
    return clock.time(stamp).time_since_epoch().count();
  };
  EXPECT_EQ(ns(Clock(), kMicros), kNanos);
  EXPECT_EQ(ns(Clock(0), 17), 17'000'000'000);
  EXPECT_EQ(ns(Clock(9), 17), 17);
  EXPECT_EQ(ns(Clock(12), 17'999), 17);
  EXPECT_EQ(ns(Clock(0x80 | 10), 1024 + 512), 1'500'000'000);
  EXPECT_EQ(ns(Clock(0x80 | 32), (std::uint64_t{3} << 32) | (1U << 30)), 3'250'000'000);
  EXPECT_EQ(ns(Clock(0x80 | 63), (std::uint64_t{1} << 63) | (std::uint64_t{1} << 62)),
            1'500'000'000);
  EXPECT_EQ(ns(Clock(6, 3600), 5), 3'600'000'005'000);
  EXPECT_EQ(ns(Clock(6, -1), 5), -999'995'000);
}

TEST(PcapngClock, StopsAtTheEndsOfTimeInsteadOfOverflowing) {
  using pcapng::Clock;
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  for (const int resolution : {0, 3, 6, 9, 19, 127, 0x80, 0x80 | 40, 0xff})
    for (const std::int64_t offset : {std::numeric_limits<std::int64_t>::min(), std::int64_t{0},
                                      std::numeric_limits<std::int64_t>::max()}) {
      const Clock clock(static_cast<std::uint8_t>(resolution), offset);
      EXPECT_LE(clock.time(0), clock.time(kMost)) << resolution << " " << offset;
    }
  EXPECT_GT(Clock(6).time(kMost), Clock(6).time(kMost / 4));
}

TEST(PcapngFile, GivesSimplePacketsTheTimeBefore) {
  const Author make;
  Author file;
  file.section().interface(1, make, 3).enhanced(0, kMicros, counting(2), make);
  file.block(3, make.same().u32(60).bytes(counting(3)));
  const Kept kept = drain_bytes(file.written());
  ASSERT_EQ(kept.frames.size(), 2U);
  EXPECT_EQ(kept.frames[1], (KeptFrame{2, kNanos, counting(3), 60, 0, LinkType::Ethernet}));
}

TEST(PcapngFile, ReadsTheObsoletePacketBlockAndItsDrops) {
  const Author make;
  Author file;
  file.section().interface(1, make);
  for (const std::uint16_t drops : {std::uint16_t{3}, std::uint16_t{0xffff}})  // 0xffff: unknown
    file.block(2, make.same()
                      .u16(0)
                      .u16(drops)
                      .u32(kMicros >> 32)
                      .u32(kMicros & 0xffffffff)
                      .u32(5)
                      .u32(9)
                      .bytes(counting(5)));
  const Kept kept = drain_bytes(file.written());
  ASSERT_EQ(kept.frames.size(), 2U);
  EXPECT_EQ(kept.frames[0], (KeptFrame{1, kNanos, counting(5), 9, 0, LinkType::Ethernet}));
  EXPECT_EQ(kept.notes.quality.dropped, 3U);
}

// tshark 4.0.17 numbers custom blocks and journal entries, and passes over unknown blocks.
TEST(PcapngFile, NumbersWhatWiresharkNumbers) {
  const Author make;
  Author file;
  file.section().interface(1, make).enhanced(0, kMicros, counting(2), make);
  for (const std::uint32_t numbered : {0x00000badU, 0x40000badU, 9U, 0x204U})
    file.block(numbered, make.same().u32(32473).text("whatever it says here, and then some"));
  file.block(0x7777, make.same().text("unknown"));
  file.enhanced(0, kMicros, counting(2), make.same().option(1, "a comment"));
  const Kept kept = drain_bytes(file.written());
  ASSERT_EQ(kept.frames.size(), 2U);
  EXPECT_EQ(kept.frames[1].no, 6U);
  EXPECT_EQ(number(kept.notes.comments.at(0).frame), 6U);
  EXPECT_EQ(kept.notes.packets, 2U);
}

TEST(PcapngFile, WithoutPacketsIsACompleteCapture) {
  const Kept kept = drain_bytes(Author().section().written());
  EXPECT_TRUE(kept.frames.empty());
  EXPECT_TRUE(kept.notes.quality.complete);
}

struct Harm {
  const char* name;
  FileBytes tail;
  const char* says;
};
void PrintTo(const Harm& harm, std::ostream* out) { *out << harm.name; }
class PcapngHarm : public testing::TestWithParam<Harm> {};

TEST_P(PcapngHarm, EndsTheFileAndIsTold) {
  const Author none;
  Author file;
  file.section().interface(1, none).enhanced(0, kMicros, counting(4), none);
  const std::size_t sound = file.written().size();
  const Kept kept = drain_bytes(file.bytes(GetParam().tail).written());
  EXPECT_EQ(kept.frames.size(), 1U);
  EXPECT_FALSE(kept.notes.quality.complete);
  ASSERT_EQ(kept.notes.damage.size(), 1U);
  EXPECT_EQ(kept.notes.damage[0].what, GetParam().says);
  EXPECT_EQ(kept.notes.damage[0].offset, sound);
  EXPECT_EQ(kept.notes.damage[0].after_frame, 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Each, PcapngHarm,
    testing::Values(
        Harm{"NoLength", FileBytes(40), "a block of type 0x0 says that it is 0 bytes long"},
        Harm{"AbsurdLength", Author().u32(6).u32(0xfffffff0).written(),
             "a block of type 0x6 says that it is 4294967280 bytes long"},
        Harm{"TwoLengths", Author().u32(6).u32(16).u32(0).u32(20).written(),
             "the two lengths of a block do not agree: 16 and 20"},
        Harm{"CutBlock", Author().u32(6).u32(60).u32(0).written(),
             "the file ends inside a block: 12 of 60 bytes"},
        Harm{"UnknownInterface", Author().enhanced(5, 0, counting(4), Author()).written(),
             "a packet is of interface 5, but 1 are described"},
        Harm{"PacketLongerThanItsBlock",
             Author().block(6, Author().u32(0).u64(0).u32(100).u32(100).u32(0)).written(),
             "the packet block says 100 bytes and has room for 4"},
        Harm{"PacketLongerThanAny",
             Author().block(6, Author().u32(0).u64(0).u32(262145).u32(100).u32(0)).written(),
             "the packet block says 262145 bytes, more than any packet"},
        Harm{"StrangeVersion", Author().section(2, 0).written(),
             "is pcapng of version 2.0, and 1.0 and 1.2 are all that exist"}),
    [](const auto& of) { return std::string(of.param.name); });

TEST(PcapngFile, OfUnknownVersionIsRefused) {
  EXPECT_EQ(refusal_of(Author().section(2, 7).written()),
            "test.pcap: is pcapng of version 2.7, and 1.0 and 1.2 are all that exist; nothing was "
            "read, capture or convert it again");
}

TEST(PcapngFile, CutInsideItsFirstBlockIsRefused) {
  FileBytes cut = Author().section().written();
  cut.resize(20);
  EXPECT_EQ(refusal_of(cut),
            "test.pcap: ends inside its file header: 20 of 28 bytes; nothing can be read from it, "
            "capture it again");
}

Packet packet_of(const FileBytes& bytes, std::int64_t at, std::uint32_t wire_len) {
  Packet packet;
  packet.at = Time(Duration(at));
  packet.bytes = bytes;
  packet.wire_len = wire_len;
  return packet;
}

/// A file with everything the writer can write.
FileBytes everything() {
  FileBytes bytes;
  const auto out = write_to_memory(bytes);
  PcapngWriter writer(
      *out,
      {.hardware = "a machine", .os = "an OS", .application = "whohungup", .comment = "a section"});
  const std::uint32_t eth = writer.add_interface({.link = LinkType::Ethernet,
                                                  .snaplen = 300,
                                                  .name = "eth0",
                                                  .description = "the uplink",
                                                  .filter = "tcp port 443",
                                                  .os = "Linux"});
  const std::uint32_t raw =
      writer.add_interface({.link = LinkType::Raw, .name = "tun0", .time_offset = 1'600'000'000});
  const std::vector<KnownName> names{
      {"192.0.2.1", "www.example"}, {"2001:db8::1", "six.example"}, {"not an address", "x"}};
  writer.add_names(names);
  writer.add_key_log("CLIENT_RANDOM 00 11\n");
  const FileBytes first = counting(61), second = counting(20);
  writer.add_packet(packet_of(first, kNanos + 789, 1514), eth,
                    {.comments = {"one", "two"}, .flags = 2, .drop_count = 5, .packet_id = 77});
  writer.add_packet(packet_of(second, kNanos + 1000, 20), raw);
  writer.add_statistics(eth, {.at = Time(Duration(kNanos)),
                              .begin = Time(Duration(kNanos)),
                              .end = Time(Duration(kNanos + 1000)),
                              .received = 10,
                              .dropped = 8,
                              .accepted_by_filter = 9,
                              .dropped_by_os = 1});
  out->flush();
  return bytes;
}

TEST(PcapngWriter, IsReadBackAsItWasWritten) {
  const Kept kept = drain_bytes(everything());
  ASSERT_EQ(kept.frames.size(), 2U);
  EXPECT_EQ(kept.frames[0],
            (KeptFrame{1, kNanos + 789, counting(61), 1514, 0, LinkType::Ethernet}));
  EXPECT_EQ(kept.frames[1], (KeptFrame{2, kNanos + 1000, counting(20), 20, 1, LinkType::Raw}));
  EXPECT_EQ(kept.notes.key_log, "CLIENT_RANDOM 00 11\n");
  ASSERT_EQ(kept.notes.names.size(), 2U);
  EXPECT_EQ(kept.notes.names[1].address, "2001:db8::1");
  ASSERT_EQ(kept.notes.comments.size(), 2U);
  EXPECT_EQ(kept.notes.comments[0].text, "one");
  EXPECT_EQ(kept.notes.interfaces[0].name, "eth0");
  EXPECT_EQ(kept.notes.interfaces[0].received, 10U);
  EXPECT_EQ(kept.notes.quality.dropped, 9U);
}

TEST(PcapngWriter, CutsAnEndlessCommentBetweenCharacters) {
  FileBytes bytes;
  const auto out = write_to_memory(bytes);
  PcapngWriter writer(*out, {});
  std::string comment;
  while (comment.size() < 70'000) comment += "\xe2\x82\xac";  // 3 bytes, and 65535 is 3 * 21845
  const FileBytes data = counting(4);
  writer.add_packet(packet_of(data, kNanos, 4), writer.add_interface({}),
                    {.comments = {"x" + comment}});
  const Kept kept = drain_bytes(bytes);
  EXPECT_EQ(kept.notes.comments.at(0).text.size(), 65533U);
}

TEST(PcapngWriter, IsUnderstoodByTshark) {
  if (!installed("tshark")) GTEST_SKIP() << "tshark is not installed";
  const ScratchDirectory here;
  const std::string file = here.store("all.pcapng", everything());
  EXPECT_EQ(output_of("tshark -r " + file +
                      " -T fields -E separator='|' -e frame.number -e frame.time_epoch "
                      "-e frame.cap_len -e frame.len -e frame.interface_name -e frame.comment "
                      "-e frame.packet_id -e frame.drop_count"),
            "1|1700000000.123456789|61|1514|eth0|one,two|77|5\n"
            "2|1700000000.123457000|20|20|tun0|||\n");
  const std::string about = output_of("capinfos " + file);
  for (const char* said : {"a machine", "an OS", "whohungup", "a section", "Name = eth0",
                           "Description = the uplink", "Filter string = tcp port 443",
                           "Number of stat entries = 1", "Time precision = nanoseconds (9)"})
    EXPECT_NE(about.find(said), std::string::npos) << said << "\n" << about;
  EXPECT_EQ(output_of("editcap " + file + " " + here.path("again.pcapng") + " && echo fine"),
            "fine\n");
  EXPECT_EQ(drain_files({here.path("again.pcapng")}).frames.size(), 2U);
}

TEST(PcapWriter, IsReadBackAsItWasWritten) {
  for (const PcapPrecision precision : {PcapPrecision::Micro, PcapPrecision::Nano}) {
    FileBytes bytes;
    const auto out = write_to_memory(bytes);
    PcapWriter writer(*out, LinkType::LinuxSll2, precision);
    const FileBytes data = counting(30);
    writer.add_packet(packet_of(data, kNanos + 789, 99));
    const std::int64_t at = kNanos + (precision == PcapPrecision::Nano ? 789 : 0);
    EXPECT_EQ(drain_bytes(bytes).frames.at(0),
              (KeptFrame{1, at, counting(30), 99, 0, LinkType::LinuxSll2}));
  }
}

}  // namespace
}  // namespace whohungup::test
