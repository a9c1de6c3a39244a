// What the packets of one side show at a glance.
#include "analyze/glance.h"

#include <gtest/gtest.h>

namespace whohungup {
namespace {

Placed packet(std::uint8_t ttl, std::uint16_t flags = TcpFlags::kAck) {
  Placed s;
  s.header.ttl = ttl;
  s.header.flags.bits = flags;
  return s;
}

TEST(Glance, HasSeenNothingAtFirst) {
  const Glance glance;
  EXPECT_FALSE(glance.any());
  EXPECT_FALSE(glance.acks());
  EXPECT_FALSE(glance.cut());
  EXPECT_FALSE(glance.untouched());
  EXPECT_FALSE(glance.has_bad_checksums() || glance.has_good_checksums());
  EXPECT_EQ(glance.furthest_bare(), Placed::kUnknown);
}

TEST(Glance, KnowsOneUntouchedTtlFromTwo) {
  constexpr std::uint8_t kUntouched[] = {64, 128, 255};
  for (const std::uint8_t ttl : kUntouched) {
    Glance glance;
    glance.add(packet(ttl));
    glance.add(packet(ttl));
    EXPECT_TRUE(glance.untouched()) << int{ttl};
    EXPECT_FALSE(glance.far()) << int{ttl};
    EXPECT_EQ(glance.lowest_ttl(), ttl);
    glance.add(packet(52));
    EXPECT_FALSE(glance.untouched()) << int{ttl};
    EXPECT_FALSE(glance.far()) << int{ttl};
    EXPECT_EQ(glance.lowest_ttl(), 52);
  }
  Glance far;
  far.add(packet(0));
  EXPECT_TRUE(far.far());
  far.add(packet(52));
  EXPECT_TRUE(far.far());
}

TEST(Glance, TakesResetsForTheirChecksumsAndPayloadsOnly) {
  Placed reset = packet(64, TcpFlags::kRst | TcpFlags::kAck);
  reset.where = Placed::Where::Ahead;
  reset.header.tcp_checksum = ChecksumState::Bad;
  reset.header.payload_len = 10;
  Glance glance;
  glance.add(reset);
  EXPECT_FALSE(glance.any());
  EXPECT_FALSE(glance.acks());
  EXPECT_FALSE(glance.has(Placed::Where::Ahead));
  EXPECT_TRUE(glance.has_bad_checksums());
  EXPECT_TRUE(glance.cut());
  EXPECT_EQ(glance.largest(), 10U);
}

TEST(Glance, TellsPlacesAndChecksumsApart) {
  Placed first = packet(64), second = packet(64);
  first.header.tcp_checksum = ChecksumState::Good;
  second.header.tcp_checksum = ChecksumState::Unfinished;
  second.where = Placed::Where::Ahead;
  Glance glance;
  glance.add(first);
  EXPECT_TRUE(glance.any() && glance.acks());
  EXPECT_TRUE(glance.has_good_checksums());
  EXPECT_FALSE(glance.has_bad_checksums());
  EXPECT_FALSE(glance.has(Placed::Where::Ahead));
  glance.add(second);
  EXPECT_TRUE(glance.has_bad_checksums());
  EXPECT_TRUE(glance.has(Placed::Where::Ahead));
}

TEST(Glance, FollowsBarePacketsInsideTheWindow) {
  Placed bare = packet(64);
  Glance glance;
  glance.add_place(bare);  // its place is unknown
  EXPECT_EQ(glance.furthest_bare(), Placed::kUnknown);
  bare.offset = 7;
  glance.add_place(bare);
  bare.offset = 5;
  glance.add_place(bare);
  bare.offset = 900;
  bare.where = Placed::Where::OutsideWindow;
  glance.add_place(bare);
  EXPECT_EQ(glance.furthest_bare(), 7);
}

}  // namespace
}  // namespace whohungup
