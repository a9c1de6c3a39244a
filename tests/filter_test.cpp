// A BPF filter means what it means to tcpdump, whatever the link type.
#include "capture/filter.h"

#include <gtest/gtest.h>

#include "tests/support/story.h"

namespace whohungup {
namespace {

constexpr const char* kStory = R"(
server 203.0.113.5:443
0.000  >  S
0.030  <  SA
+0     >  A
)";

/// How many frames of the story the filter wants.
int wanted(Filter filter) {
  const story::Capture capture = story::tell(kStory);
  int count = 0;
  for (const Packet& packet : capture.packets()) count += filter.wants(packet) ? 1 : 0;
  return count;
}

TEST(Filter, WantsEverythingWhenEmpty) { EXPECT_EQ(wanted(Filter("")), 3); }

TEST(Filter, WantsWhatMatches) {
  EXPECT_EQ(wanted(Filter("src host 203.0.113.5")), 1);
  EXPECT_EQ(wanted(Filter("tcp port 443")), 3);
  EXPECT_EQ(wanted(Filter("tcp port 444")), 0);
}

TEST(Filter, SaysWhyItMakesNoSense) {
  const Filter filter("tcp port");
  EXPECT_NE(filter.problem(), "");
}

TEST(Filter, MakesSenseWhenOneLinkTypeUnderstandsIt) {
  EXPECT_EQ(Filter("ether proto 0x800").problem(), "");
  EXPECT_EQ(Filter("ifindex 3").problem(), "");  // Linux cooked v2 only
}

TEST(Filter, YieldsNothingOnALinkTypeThatDoesNotUnderstandIt) {
  EXPECT_EQ(wanted(Filter("ifindex 3")), 0);
}

TEST(Filter, IsCompiledAnewForEachLinkType) {
  const story::Capture capture = story::tell(kStory);
  Packet ethernet = capture.packets().front();
  Packet raw = ethernet;
  raw.bytes = raw.bytes.subspan(14);
  raw.wire_len -= 14;
  raw.link = LinkType::Raw;
  Filter filter("tcp port 443");
  EXPECT_TRUE(filter.wants(ethernet));
  EXPECT_TRUE(filter.wants(raw));
}

}  // namespace
}  // namespace whohungup
