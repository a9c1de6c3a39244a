// The decoder against libtins, which knows nothing of it: on random packets that libtins crafts,
// and on the frames of the captures of known truth.
#include <gtest/gtest.h>
#include <tins/tins.h>

#include <rapidcheck/gtest.h>
#include <filesystem>

#include "capture/source.h"
#include "support/frame_bytes.h"

namespace whohungup {
namespace {

using testing::Octets;
using testing::packet_of;

/// Fails unless libtins' reading of the frame is the decoder's.
void expect_same(const Segment& ours, const Tins::PDU& frame) {
  const SegmentHeader& header = ours.header;
  const auto& tcp = frame.rfind_pdu<Tins::TCP>();
  if (const auto* ip = frame.find_pdu<Tins::IP>()) {
    EXPECT_EQ(to_string(ours.from.ip), ip->src_addr().to_string());
    EXPECT_EQ(to_string(ours.to.ip), ip->dst_addr().to_string());
    EXPECT_EQ(header.ttl, ip->ttl());
    EXPECT_EQ(header.tos, ip->tos());
    EXPECT_EQ(header.ip_id, ip->id());
  }
  if (const auto* ip = frame.find_pdu<Tins::IPv6>()) {
    EXPECT_EQ(header.ttl, ip->hop_limit());
    EXPECT_EQ(header.flow_label, static_cast<std::uint32_t>(ip->flow_label()));
    EXPECT_EQ(Tins::IPv6Address(ours.from.ip.octets.data()), ip->src_addr());
    EXPECT_EQ(Tins::IPv6Address(ours.to.ip.octets.data()), ip->dst_addr());
  }
  EXPECT_EQ(ours.from.port, tcp.sport());
  EXPECT_EQ(ours.to.port, tcp.dport());
  EXPECT_EQ(header.seq.value, tcp.seq());
  EXPECT_EQ(header.ack.value, tcp.ack_seq());
  EXPECT_EQ(header.flags.bits & 0xffU, static_cast<unsigned>(tcp.flags()) & 0xffU);
  EXPECT_EQ(header.window, tcp.window());
  EXPECT_EQ(header.urgent, tcp.urg_ptr());
  EXPECT_EQ(header.header_len, tcp.header_size());
  const auto [tsval, tsecr] =
      header.has_timestamps ? tcp.timestamp() : std::pair<std::uint32_t, std::uint32_t>{};
  EXPECT_EQ(header.tsval, tsval);
  EXPECT_EQ(header.tsecr, tsecr);
  EXPECT_EQ(header.mss, tcp.search_option(Tins::TCP::MSS) == nullptr ? 0 : tcp.mss());
  const auto* raw = frame.find_pdu<Tins::RawPDU>();
  const Octets payload = raw == nullptr ? Octets{} : raw->payload();
  EXPECT_EQ(Octets(ours.payload.begin(), ours.payload.end()), payload);
}

Tins::TCP random_tcp() {
  Tins::TCP tcp(*rc::gen::arbitrary<std::uint16_t>(), *rc::gen::arbitrary<std::uint16_t>());
  tcp.seq(*rc::gen::arbitrary<std::uint32_t>());
  tcp.ack_seq(*rc::gen::arbitrary<std::uint32_t>());
  tcp.flags(*rc::gen::arbitrary<std::uint8_t>());
  tcp.window(*rc::gen::arbitrary<std::uint16_t>());
  tcp.urg_ptr(*rc::gen::arbitrary<std::uint16_t>());
  if (*rc::gen::arbitrary<bool>()) tcp.mss(*rc::gen::inRange<std::uint16_t>(1, 65535));
  if (*rc::gen::arbitrary<bool>()) tcp.winscale(*rc::gen::inRange<std::uint8_t>(0, 15));
  if (*rc::gen::arbitrary<bool>()) tcp.sack_permitted();
  if (*rc::gen::arbitrary<bool>())
    tcp.timestamp(*rc::gen::arbitrary<std::uint32_t>(), *rc::gen::arbitrary<std::uint32_t>());
  return tcp;
}

void check_crafted(Tins::EthernetII& frame) {
  const Octets bytes = frame.serialize();
  const Decoded decoded = Decoder().decode(packet_of(bytes));
  RC_ASSERT(std::holds_alternative<Segment>(decoded));
  const auto& segment = std::get<Segment>(decoded);
  expect_same(segment, frame);
  RC_ASSERT(!::testing::Test::HasFailure());
  RC_ASSERT(!segment.header.bad_options);
  RC_ASSERT(segment.header.tcp_checksum != ChecksumState::Bad);
  RC_ASSERT(segment.header.ip_checksum != ChecksumState::Bad);
}

RC_GTEST_PROP(Decoder, ReadsEveryIpv4SegmentThatLibtinsCrafts, (const Octets& payload)) {
  const auto from = *rc::gen::arbitrary<std::uint32_t>(), to = *rc::gen::arbitrary<std::uint32_t>();
  Tins::IP ip{Tins::IPv4Address(to), Tins::IPv4Address(from)};
  ip.ttl(*rc::gen::arbitrary<std::uint8_t>());
  ip.tos(*rc::gen::arbitrary<std::uint8_t>());
  ip.id(*rc::gen::arbitrary<std::uint16_t>());
  Tins::EthernetII frame = Tins::EthernetII() / ip / random_tcp();
  if (!payload.empty()) frame /= Tins::RawPDU(payload);
  check_crafted(frame);
}

RC_GTEST_PROP(Decoder, ReadsEveryIpv6SegmentThatLibtinsCrafts,
              (const std::array<std::uint8_t, 16>& from, const std::array<std::uint8_t, 16>& to,
               const Octets& payload)) {
  Tins::IPv6 ip{Tins::IPv6Address(to.data()), Tins::IPv6Address(from.data())};
  ip.hop_limit(*rc::gen::arbitrary<std::uint8_t>());
  ip.flow_label(*rc::gen::inRange<std::uint32_t>(0, 1U << 20U));
  Tins::EthernetII frame = Tins::EthernetII() / ip / random_tcp();
  if (!payload.empty()) frame /= Tins::RawPDU(payload);
  check_crafted(frame);
}

RC_GTEST_PROP(Decoder, IsNotTroubledByAFlippedByte,
              (std::uint16_t place, std::uint8_t value, std::uint8_t kept)) {
  Octets bytes = testing::plain_frame();
  bytes[place % bytes.size()] = value;
  const std::size_t wire = bytes.size();
  bytes.resize(wire - kept % wire);
  const Decoded decoded = Decoder().decode(packet_of(bytes, LinkType::Ethernet, wire));
  if (const auto* segment = std::get_if<Segment>(&decoded))
    RC_ASSERT(segment->header.captured_len <= segment->header.payload_len);
}

TEST(Decoder, AgreesWithLibtinsOnTheCapturesOfKnownTruth) {
  const char* shared = std::getenv("WHOHUNGUP_SHARED");
  const std::filesystem::path root = shared != nullptr ? shared : WHOHUNGUP_SOURCE_DIR "/../shared";
  const auto folder = root / "captures" / "anatomy";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder;
  std::size_t compared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".pcap") continue;
    const std::string path = entry.path();
    const auto source = open_saved({&path, 1});
    Decoder decoder;
    Packet packet;
    while (source->next(packet) == Source::Next::Got) {
      const Decoded decoded = decoder.decode(packet);
      const auto* segment = std::get_if<Segment>(&decoded);
      if (segment == nullptr || packet.link != LinkType::Ethernet) continue;
      const auto size = static_cast<std::uint32_t>(packet.bytes.size());
      SCOPED_TRACE(path + " frame " + std::to_string(number(packet.no)));
      expect_same(*segment, Tins::EthernetII(packet.bytes.data(), size));
      ++compared;
    }
  }
  EXPECT_GT(compared, 500U);
}

}  // namespace
}  // namespace whohungup
