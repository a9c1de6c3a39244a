// Reassembly of IPv4 and IPv6 fragments, its bounds, and what overlaps do to it.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/frame_bytes.h"

namespace whohungup {
namespace {

using namespace testing;

Octets part(const Octets& bytes, std::size_t begin, std::size_t end) {
  return {bytes.begin() + static_cast<std::ptrdiff_t>(begin),
          bytes.begin() + static_cast<std::ptrdiff_t>(end)};
}

/// A TCP segment of 20 + 44 bytes, in fragments of 24, 24 and 16.
Octets whole() { return tcp_bytes({.payload = Octets(44, 'x')}); }

Octets fragment4(std::size_t begin, std::size_t end, std::uint16_t id = 9,
                 const Octets& from = kClient4) {
  const Octets bytes = whole();
  const unsigned more = end < bytes.size() ? 0x2000U : 0U;
  return ipv4_bytes(
      part(bytes, begin, end),
      {.id = id, .fragment = static_cast<std::uint16_t>(more | begin / 8), .from = from});
}

Octets fragment6(std::size_t begin, std::size_t end) {
  const Octets bytes = tcp_bytes({.payload = Octets(44, 'x')}, kClient6, kServer6);
  ByteWriter header;
  header.u8(6).u8(0).u16(static_cast<std::uint16_t>(begin | (end < bytes.size() ? 1U : 0U)));
  header.u32(0xabcdef01);
  return ipv6_bytes(header.finish() + part(bytes, begin, end), 44);
}

Packet at(const Octets& bytes, std::uint32_t frame, Duration when = {}, std::size_t wire = 0) {
  Packet packet = packet_of(bytes, LinkType::Raw, wire);
  packet.no = FrameNo{frame};
  packet.at += when;
  return packet;
}

Skipped::Why why(const Decoded& decoded) {
  if (const auto* skipped = std::get_if<Skipped>(&decoded)) return skipped->why;
  ADD_FAILURE() << "was not skipped";
  return {};
}
constexpr auto kHeld = Skipped::Why::FragmentHeld;
constexpr auto kLost = Skipped::Why::FragmentLost;

void expect_whole(const Decoded& decoded, std::uint32_t frame) {
  ASSERT_TRUE(std::holds_alternative<Segment>(decoded));
  const auto& segment = std::get<Segment>(decoded);
  EXPECT_TRUE(segment.header.from_fragments);
  EXPECT_EQ(segment.header.frame, FrameNo{frame});
  EXPECT_EQ(segment.header.payload_len, 44U);
  EXPECT_EQ(segment.header.captured_len, 44U);
  EXPECT_EQ(segment.header.tcp_checksum, ChecksumState::Good);
  EXPECT_TRUE(std::ranges::all_of(segment.payload, [](auto byte) { return byte == 'x'; }));
}

TEST(Fragments, CompleteInTheFrameThatBringsTheLastOne) {
  Decoder decoder;
  const Octets a = fragment4(0, 24), b = fragment4(24, 48), c = fragment4(48, 64);
  EXPECT_EQ(why(decoder.decode(at(a, 1))), kHeld);
  EXPECT_EQ(why(decoder.decode(at(b, 2))), kHeld);
  expect_whole(decoder.decode(at(c, 3)), 3);
}

TEST(Fragments, CompleteInEveryOrder) {
  std::vector<Octets> pieces{fragment4(0, 24), fragment4(24, 48), fragment4(48, 64)};
  std::vector<std::size_t> order{0, 1, 2};
  do {
    Decoder decoder;
    EXPECT_EQ(why(decoder.decode(at(pieces[order[0]], 1))), kHeld);
    EXPECT_EQ(why(decoder.decode(at(pieces[order[1]], 2))), kHeld);
    expect_whole(decoder.decode(at(pieces[order[2]], 3)), 3);
  } while (std::ranges::next_permutation(order).found);
}

TEST(Fragments, OfIpv6CompleteToo) {
  Decoder decoder;
  const Octets a = fragment6(0, 24), b = fragment6(24, 64);
  EXPECT_EQ(why(decoder.decode(at(b, 1))), kHeld);
  expect_whole(decoder.decode(at(a, 2)), 2);
}

TEST(Fragments, OfDifferentDatagramsDoNotMix) {
  Decoder decoder;
  const Octets a = fragment4(0, 24, 9), b = fragment4(24, 64, 10),
               c = fragment4(24, 64, 9, {192, 0, 2, 77}), d = fragment4(24, 64, 9);
  EXPECT_EQ(why(decoder.decode(at(a, 1))), kHeld);
  EXPECT_EQ(why(decoder.decode(at(b, 2))), kHeld);
  EXPECT_EQ(why(decoder.decode(at(c, 3))), kHeld);
  expect_whole(decoder.decode(at(d, 4)), 4);
}

TEST(Fragments, SeenOnTwoInterfacesCompleteTwice) {
  Decoder decoder;
  const Octets a = fragment4(0, 24), b = fragment4(24, 64);
  const auto on_second = [](Packet packet) {
    packet.interface_id = 1;
    return packet;
  };
  EXPECT_EQ(why(decoder.decode(at(a, 1))), kHeld);
  EXPECT_EQ(why(decoder.decode(on_second(at(a, 2)))), kHeld);
  expect_whole(decoder.decode(at(b, 3)), 3);
  expect_whole(decoder.decode(on_second(at(b, 4))), 4);
}

TEST(Fragments, RepeatedExactlyDoNoHarm) {
  Decoder decoder;
  const Octets a = fragment4(0, 24), b = fragment4(24, 64);
  EXPECT_EQ(why(decoder.decode(at(a, 1))), kHeld);
  EXPECT_EQ(why(decoder.decode(at(a, 2))), kHeld);
  expect_whole(decoder.decode(at(b, 3)), 3);
}

TEST(Fragments, ThatOverlapGiveTheDatagramUp) {
  Decoder decoder;
  const Octets a = fragment4(0, 24), b = fragment4(16, 48), c = fragment4(24, 64);
  EXPECT_EQ(why(decoder.decode(at(a, 1))), kHeld);
  EXPECT_EQ(why(decoder.decode(at(b, 2))), kLost);
  EXPECT_EQ(why(decoder.decode(at(c, 3))), kLost);
}

TEST(Fragments, RepeatedWithOtherBytesGiveTheDatagramUp) {
  Decoder decoder;
  const Octets a = fragment4(0, 24);
  Octets other = a;
  other.back() ^= 1;
  EXPECT_EQ(why(decoder.decode(at(a, 1))), kHeld);
  EXPECT_EQ(why(decoder.decode(at(other, 2))), kLost);
}

TEST(Fragments, BehindTheLastOneGiveTheDatagramUp) {
  Decoder decoder;
  const Octets a = fragment4(24, 64);
  Octets behind = ipv4_bytes(Octets(8), {.id = 9, .fragment = 0x2000 | 10});
  EXPECT_EQ(why(decoder.decode(at(a, 1))), kHeld);
  EXPECT_EQ(why(decoder.decode(at(behind, 2))), kLost);
}

TEST(Fragments, ThatNoDatagramCanHaveAreMalformed) {
  Decoder decoder;
  const Octets odd = ipv4_bytes(Octets(23), {.fragment = 0x2000});
  const Octets beyond = ipv4_bytes(Octets(64), {.fragment = 0x1fff});
  const Octets empty = ipv4_bytes({}, {.fragment = 0x2000});
  EXPECT_EQ(why(decoder.decode(at(odd, 1))), Skipped::Why::Malformed);
  EXPECT_EQ(why(decoder.decode(at(beyond, 2))), Skipped::Why::Malformed);
  EXPECT_EQ(why(decoder.decode(at(empty, 3))), Skipped::Why::Malformed);
}

TEST(Fragments, ThatWereCutDeliverWhatStandsBeforeTheCut) {
  Decoder decoder;
  const Octets a = fragment4(0, 48), b = fragment4(48, 64);
  const Octets cut = part(a, 0, 20 + 30);
  EXPECT_EQ(why(decoder.decode(at(cut, 1, {}, a.size()))), kHeld);
  const Decoded decoded = decoder.decode(at(b, 2));
  ASSERT_TRUE(std::holds_alternative<Segment>(decoded));
  EXPECT_EQ(std::get<Segment>(decoded).header.payload_len, 44U);
  EXPECT_EQ(std::get<Segment>(decoded).header.captured_len, 10U);
  EXPECT_EQ(std::get<Segment>(decoded).header.tcp_checksum, ChecksumState::Unknown);
}

TEST(Fragments, AreForgottenAfterTheirAge) {
  for (const auto& [seconds, completes] : {std::pair{30, true}, std::pair{31, false}}) {
    Decoder decoder;
    const Octets a = fragment4(0, 24), b = fragment4(24, 64);
    decoder.decode(at(a, 1));
    const Decoded decoded = decoder.decode(at(b, 2, std::chrono::seconds{seconds}));
    EXPECT_EQ(std::holds_alternative<Segment>(decoded), completes) << seconds;
  }
}

TEST(Fragments, MakeRoomByForgettingTheOldestDatagram) {
  for (const auto& [others, completes] : {std::pair{1, true}, std::pair{2, false}}) {
    Decoder decoder(FragmentLimits{.datagrams = 2});
    const Octets a = fragment4(0, 24), b = fragment4(24, 64);
    decoder.decode(at(a, 1));
    for (int i = 0; i < others; ++i) {
      const Octets other = fragment4(0, 24, static_cast<std::uint16_t>(100 + i));
      EXPECT_EQ(why(decoder.decode(at(other, 2))), kHeld);
    }
    const Decoded decoded = decoder.decode(at(b, 9));
    EXPECT_EQ(std::holds_alternative<Segment>(decoded), completes) << others;
  }
}

TEST(Fragments, HoldNoMoreBytesThanAllowed) {
  for (const auto& [bytes, completes] : {std::pair{88U, true}, std::pair{63U, false}}) {
    Decoder decoder(FragmentLimits{.bytes = bytes});
    const Octets a = fragment4(0, 24), other = fragment4(24, 64, 10), b = fragment4(24, 64);
    decoder.decode(at(a, 1));
    decoder.decode(at(other, 2));
    const Decoded decoded = decoder.decode(at(b, 3));
    EXPECT_EQ(std::holds_alternative<Segment>(decoded), completes) << bytes;
  }
}

TEST(Fragments, OfATunnelCompleteAroundAFragmentedSegment) {
  // The inner datagram is in two fragments, and the packet with the second of them in two as well.
  const Octets outer = Octets{0, 0, 8, 0} + fragment4(24, 64);
  const auto outer_fragment = [&](std::size_t begin, std::size_t end) {
    const unsigned more = end < outer.size() ? 0x2000U : 0U;
    return ipv4_bytes(
        part(outer, begin, end),
        {.protocol = 47, .id = 77, .fragment = static_cast<std::uint16_t>(more | begin / 8)});
  };
  Decoder decoder;
  const Octets a = fragment4(0, 24), b = outer_fragment(0, 32),
               c = outer_fragment(32, outer.size());
  EXPECT_EQ(why(decoder.decode(at(a, 1))), kHeld);
  EXPECT_EQ(why(decoder.decode(at(b, 2))), kHeld);
  expect_whole(decoder.decode(at(c, 3)), 3);
}

}  // namespace
}  // namespace whohungup
