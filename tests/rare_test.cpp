// A member that few have behaves as one that all have room for.
#include "dissect/rare.h"

#include <gtest/gtest.h>

#include <string>

namespace whohungup {
namespace {

TEST(Rare, IsEmptyUntilSomethingIsPutIn) {
  Rare<std::string> rare;
  EXPECT_FALSE(rare.has_value());
  rare = std::optional<std::string>("imap");
  ASSERT_TRUE(rare);
  EXPECT_EQ(*rare, "imap");
  EXPECT_EQ(rare->size(), 4U);
  rare = std::optional<std::string>();
  EXPECT_FALSE(rare);
}

TEST(Rare, IsCopiedWithWhatItHolds) {
  Rare<std::string> one;
  one = std::optional<std::string>("imap");
  Rare<std::string> other = one;
  other->append("s");
  EXPECT_EQ(*one, "imap");
  EXPECT_EQ(*other, "imaps");
  one = other;
  EXPECT_EQ(*one, "imaps");
  one = Rare<std::string>();
  EXPECT_FALSE(one);
}

}  // namespace
}  // namespace whohungup
