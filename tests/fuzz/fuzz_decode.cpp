// Any bytes behind any link type are decoded without complaint, and what comes out is consistent.
//
// The first byte chooses the link type, the second how much longer the frames were on the wire;
// the rest is up to eight frames, each with its length in front, so that fragments can meet.
#include <cassert>
#include <cstdlib>

#include "dissect/bytes.h"
#include "dissect/decode.h"

namespace {

using namespace whohungup;

constexpr LinkType kLinks[] = {LinkType::Ethernet,  LinkType::Null,     LinkType::Ppp,
                               LinkType::RawBsd12,  LinkType::RawBsd14, LinkType::PppSerial,
                               LinkType::PppEther,  LinkType::Raw,      LinkType::CiscoHdlc,
                               LinkType::Ieee80211, LinkType::Loop,     LinkType::LinuxSll,
                               LinkType::Radiotap,  LinkType::Ppi,      LinkType::Ipv4,
                               LinkType::Ipv6,      LinkType::Nflog,    LinkType::LinuxSll2};

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const Packet& packet, const Skipped& skipped) {
  require(skipped.frame == packet.no);
  require(skipped.offset <= packet.bytes.size());
  require(describe(skipped.why) != "unknown");
}

void check(const Packet& packet, const IcmpError& error) {
  require(error.frame == packet.no);
  require(error.has_quoted_seq || error.quoted_seq == Seq{});
}

void check(const Packet& packet, const Segment& segment) {
  const SegmentHeader& header = segment.header;
  require(header.frame == packet.no && header.at == packet.at);
  require(header.captured_len == segment.payload.size());
  require(header.captured_len <= header.payload_len);
  require(header.header_len >= 20 && segment.options.size() <= header.header_len - 20U);
  require(segment.from.ip.is_v6 == header.is_v6 && segment.to.ip.is_v6 == header.is_v6);
  const std::uint8_t* begin = packet.bytes.data();
  const std::uint8_t* end = begin + packet.bytes.size();
  const std::uint8_t* payload = segment.payload.data();
  if (!header.from_fragments && !segment.payload.empty())
    require(payload >= begin && payload + segment.payload.size() <= end);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader input(Bytes(data, size));
  const LinkType link = kLinks[input.u8() % std::size(kLinks)];
  const std::uint8_t cut = input.u8();
  Decoder decoder(FragmentLimits{.datagrams = 4, .bytes = 4096});
  for (std::uint32_t frame = 1; input.more() && frame <= 8; ++frame) {
    const std::size_t length = std::min<std::size_t>(input.u16(), input.left());
    const Bytes bytes = input.take(length);
    const Packet packet{Time{std::chrono::seconds{frame}},
                        bytes,
                        FrameNo{frame},
                        static_cast<std::uint32_t>(bytes.size() + cut),
                        0,
                        link};
    const Decoded decoded = decoder.decode(packet);
    std::visit([&](const auto& answer) { check(packet, answer); }, decoded);
    require(decoder.outer_path().size() < 2000);
  }
  return 0;
}
