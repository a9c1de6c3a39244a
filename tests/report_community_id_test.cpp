// The Community ID, against the examples its specification was published with.
#include "cli/report/community_id.h"

#include <gtest/gtest.h>

namespace whohungup {
namespace {

Endpoint v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d, std::uint16_t port) {
  Endpoint endpoint;
  endpoint.ip.octets = {a, b, c, d};
  endpoint.port = port;
  return endpoint;
}

const Endpoint kClient = v4(128, 232, 110, 120, 34855);
const Endpoint kServer = v4(66, 35, 250, 204, 80);

TEST(CommunityId, IsThatOfTheSpecificationsTcpExample) {
  EXPECT_EQ(community_id(kClient, kServer), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
}

TEST(CommunityId, IsTheSameForBothDirections) {
  EXPECT_EQ(community_id(kServer, kClient), community_id(kClient, kServer));
}

TEST(CommunityId, DependsOnTheSeed) {
  EXPECT_EQ(community_id(kClient, kServer, 1), "1:3V71V58M3Ksw/yuFALMcW0LAHvc=");
}

TEST(CommunityId, OrdersEqualAddressesByPort) {
  const Endpoint low = v4(127, 0, 0, 1, 443);
  const Endpoint high = v4(127, 0, 0, 1, 50000);
  EXPECT_EQ(community_id(low, high), community_id(high, low));
}

}  // namespace
}  // namespace whohungup
