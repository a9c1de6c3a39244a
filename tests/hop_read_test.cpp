// What the packets around one with a limited number of hops say of it.
#include "analyze/hop_read.h"

#include <gtest/gtest.h>

#include <list>
#include <string>
#include <vector>

#include "tests/support/frame_bytes.h"

namespace whohungup {
namespace {

using namespace testing;
using std::chrono::milliseconds;

constexpr std::uint32_t kHelloAt = 1001, kServerAt = 7001;
const Octets kHello(332, 0x16);

/// Frames as they were caught, one after the other.
class Caught {
 public:
  Caught& ours(const TcpFields& tcp, milliseconds after = {}) {
    return add(ipv4_bytes(tcp_bytes(tcp)), after);
  }
  Caught& theirs(std::uint16_t flags, std::uint32_t seq, milliseconds after) {
    const TcpFields tcp{443, 50000, seq, kHelloAt + 332, flags, 500, {}, {}};
    return add(ipv4_bytes(tcp_bytes(tcp, kServer4, kClient4), {.from = kServer4, .to = kClient4}),
               after);
  }
  /// A router says that this packet's time was over.
  Caught& expired(const Octets& quoted, milliseconds after = milliseconds{2}) {
    ByteWriter icmp;
    icmp.u8(11).u8(0).u16(0).u32(0).bytes(quoted);
    return add(ipv4_bytes(icmp.finish(),
                          {.ttl = 250, .protocol = 1, .from = {203, 0, 113, 9}, .to = kClient4}),
               after);
  }

  [[nodiscard]] HopProbe read(HopKind kind = HopKind::Hello) const {
    HopProbe probe;
    probe.kind = kind;
    read_hop_packets(probe, frames_, {50000, 443, Time{}});
    return probe;
  }

 private:
  Caught& add(Octets bytes, milliseconds after) {
    bytes_.push_back(std::move(bytes));
    Packet packet = packet_of(bytes_.back(), LinkType::Raw);
    packet.at = Time{std::chrono::seconds{1}} + after;
    packet.no = FrameNo{static_cast<std::uint32_t>(bytes_.size())};
    frames_.push_back(packet);
    return *this;
  }
  std::list<Octets> bytes_;
  std::vector<Packet> frames_;
};

TcpFields hello() {
  return {50000, 443, kHelloAt, kServerAt, TcpFlags::kPsh | TcpFlags::kAck, 502, {}, kHello};
}

TEST(HopPackets, ClearTheServerWhoseAcknowledgementComesBehindAReset) {
  const HopProbe probe = Caught()
                             .ours(hello())
                             .theirs(TcpFlags::kRst | TcpFlags::kAck, kServerAt, milliseconds{4})
                             .theirs(TcpFlags::kAck, kServerAt, milliseconds{30})
                             .read();
  EXPECT_EQ(probe.answer, HopAnswer::Reset);
  EXPECT_TRUE(probe.went_on) << "who has reset a connection acknowledges nothing on it any more";
}

TEST(HopPackets, DoNotClearItByAnAcknowledgementThatTheResetMayHaveOvertaken) {
  const HopProbe probe = Caught()
                             .ours(hello())
                             .theirs(TcpFlags::kRst | TcpFlags::kAck, kServerAt, milliseconds{4})
                             .theirs(TcpFlags::kAck, kServerAt, milliseconds{5})
                             .read();
  EXPECT_EQ(probe.answer, HopAnswer::Reset);
  EXPECT_FALSE(probe.went_on);
}

TEST(HopPackets, DoNotClearItByAnAcknowledgementBeforeTheReset) {
  const HopProbe probe = Caught()
                             .ours(hello())
                             .theirs(TcpFlags::kAck, kServerAt, milliseconds{4})
                             .theirs(TcpFlags::kRst | TcpFlags::kAck, kServerAt, milliseconds{30})
                             .read();
  EXPECT_TRUE(probe.acked);
  EXPECT_FALSE(probe.went_on);
}

std::vector<std::string> changes_of(const Octets& quoted) {
  const HopProbe probe = Caught().ours(hello()).expired(quoted).read();
  return probe.icmp.empty() ? std::vector<std::string>{"not about it"} : probe.icmp[0].changed;
}

TEST(HopPackets, ShowNothingChangedWhereOnlyTheHopLimitAndTheChecksumDid) {
  EXPECT_EQ(changes_of(ipv4_bytes(tcp_bytes(hello()), {.ttl = 1})), std::vector<std::string>{});
}

TEST(HopPackets, ShowWhatABoxChangedBeforeTheRouterThatQuotes) {
  using List = std::vector<std::string>;
  EXPECT_EQ(changes_of(ipv4_bytes(tcp_bytes(hello()), {.tos = 0x28, .ttl = 1})),
            List{"traffic class 0x00 → 0x28"});
  EXPECT_EQ(changes_of(ipv4_bytes(tcp_bytes(hello()), {.ttl = 1, .fragment = 0})),
            List{"DF cleared"});
  TcpFields windowed = hello();
  windowed.window = 100;
  EXPECT_EQ(changes_of(ipv4_bytes(tcp_bytes(windowed), {.ttl = 1})), List{"window 502 → 100"});
}

TEST(HopPackets, ShowTheOptionsOfASynThatABoxChanged) {
  TcpFields syn{50000, 443, 1000, 0, TcpFlags::kSyn, 64240, {2, 4, 5, 0xb4, 4, 2, 1, 1}, {}};
  syn.options = {2, 4, 3, 0xe8, 1, 1, 1, 1};
  const HopProbe probe =
      Caught()
          .ours({50000, 443, 1000, 0, TcpFlags::kSyn, 64240, {2, 4, 5, 0xb4, 4, 2, 1, 1}, {}})
          .expired(ipv4_bytes(tcp_bytes(syn), {.ttl = 1}))
          .read(HopKind::Syn);
  ASSERT_EQ(probe.icmp.size(), 1U);
  EXPECT_EQ(probe.icmp[0].changed,
            (std::vector<std::string>{"MSS 1460 → 1000", "SACK permitted taken out"}));
}

TEST(HopPackets, KnowAHelloAgainThatABoxRenumbered) {
  TcpFields renumbered = hello();
  renumbered.seq += 123456;
  EXPECT_EQ(changes_of(ipv4_bytes(tcp_bytes(renumbered), {.ttl = 1})),
            std::vector<std::string>{"sequence number rewritten"});
}

TEST(HopPackets, DoNotTakeAnAcknowledgementThatExpiredForTheHello) {
  TcpFields bare = hello();
  bare.seq += 332;
  bare.flags = TcpFlags::kAck;
  bare.payload.clear();
  EXPECT_EQ(changes_of(ipv4_bytes(tcp_bytes(bare), {.ttl = 1})),
            std::vector<std::string>{"not about it"});
}

}  // namespace
}  // namespace whohungup
