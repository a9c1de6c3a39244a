#include "dissect/glimpse.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "capture/source.h"
#include "dissect/decode.h"
#include "tests/support/frame_bytes.h"

namespace whohungup {
namespace {

/// Whether what was glimpsed is what the decoder says, if anything was.
void expect_no_contradiction(const Packet& packet) {
  Glimpse seen;
  if (!glimpse(packet, seen)) return;
  Decoder decoder;
  const Decoded decoded = decoder.decode(packet);
  const auto* segment = std::get_if<Segment>(&decoded);
  ASSERT_NE(segment, nullptr);
  EXPECT_EQ(seen.from(), segment->from);
  EXPECT_EQ(seen.to(), segment->to);
  EXPECT_EQ(seen.key, flow_key(segment->from, segment->to));
  EXPECT_EQ(seen.at, segment->header.at);
  EXPECT_EQ(seen.frame, segment->header.frame);
  EXPECT_EQ(seen.seq, segment->header.seq);
  EXPECT_EQ(seen.ack, segment->header.ack);
  EXPECT_EQ(seen.payload_len, segment->header.payload_len);
  EXPECT_EQ(seen.flags, segment->header.flags);
  EXPECT_EQ(seen.payload.size(), segment->payload.size());
  if (!seen.payload.empty()) {
    EXPECT_EQ(seen.payload.data(), segment->payload.data());
  }
  EXPECT_EQ(seen.whole, segment->header.captured_len == segment->header.payload_len &&
                            !segment->header.options_cut);
  EXPECT_FALSE(segment->header.tunnelled);
  if (seen.whole && segment->header.tcp_checksum != ChecksumState::Unknown) {
    EXPECT_EQ(is_checksum_wrong(packet, seen), segment->header.tcp_checksum == ChecksumState::Bad);
  }
}

TEST(Glimpse, SeesAPlainSegment) {
  const testing::Octets frame = testing::plain_frame();
  Glimpse seen;
  ASSERT_TRUE(glimpse(testing::packet_of(frame), seen));
  EXPECT_EQ(to_string(seen.to()), "198.51.100.2:443");
  EXPECT_EQ(seen.payload_len, 5U);
  expect_no_contradiction(testing::packet_of(frame));
}

TEST(Glimpse, SeesASegmentOverIpv6) {
  const testing::Octets tcp = testing::tcp_bytes({}, testing::kClient6, testing::kServer6);
  const testing::Octets frame = testing::ethernet_bytes(0x86dd, testing::ipv6_bytes(tcp));
  Glimpse seen;
  ASSERT_TRUE(glimpse(testing::packet_of(frame), seen));
  EXPECT_EQ(to_string(seen.from()), "[2001:db8::1]:50000");
}

TEST(Glimpse, LeavesFragmentsTagsAndOtherLinksToTheDecoder) {
  testing::Ipv4Fields fragment;
  fragment.fragment = 0x2000;
  const auto whole = testing::plain_frame();
  const auto fragmented =
      testing::ethernet_bytes(0x0800, testing::ipv4_bytes(testing::tcp_bytes(), fragment));
  Glimpse seen;
  EXPECT_FALSE(glimpse(testing::packet_of(fragmented), seen));
  EXPECT_FALSE(glimpse(testing::packet_of(whole, LinkType::Raw), seen));
}

TEST(Glimpse, NeverContradictsTheDecoderWhateverByteIsChangedOrCutOff) {
  const testing::Octets six = testing::tcp_bytes({}, testing::kClient6, testing::kServer6);
  for (const testing::Octets& frame :
       {testing::plain_frame(), testing::ethernet_bytes(0x86dd, testing::ipv6_bytes(six))}) {
    for (std::size_t at = 0; at < frame.size(); ++at) {
      testing::Octets cut(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(at));
      expect_no_contradiction(testing::packet_of(cut, LinkType::Ethernet, frame.size()));
      expect_no_contradiction(testing::packet_of(cut));
      for (int value = 0; value < 256; ++value) {
        testing::Octets bent = frame;
        bent[at] = static_cast<std::uint8_t>(value);
        expect_no_contradiction(testing::packet_of(bent));
      }
    }
  }
}

TEST(Glimpse, NeverContradictsTheDecoderOnAnySample) {
  unsigned seen = 0;
  const std::filesystem::path samples(WHOHUNGUP_SOURCE_DIR "/samples");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(samples)) {
    if (entry.path().stem() != "capture") continue;
    const std::string path = entry.path().string();
    const auto source = open_saved(std::vector<std::string>{path});
    Packet packet;
    Glimpse glimpsed;
    while (source->next(packet) == Source::Next::Got) {
      if (glimpse(packet, glimpsed)) ++seen;
      expect_no_contradiction(packet);
    }
  }
  EXPECT_GT(seen, 100U);
}

}  // namespace
}  // namespace whohungup
