// Stream against its own promises and against an obviously correct map of bytes.
#include "dissect/stream.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <string_view>

namespace whohungup {
namespace {

Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
std::string text(Bytes b) { return {b.begin(), b.end()}; }

TEST(Stream, GivesTheGapFreePrefixOnly) {
  Stream stream;
  stream.add(0, bytes("abc"), FrameNo{1});
  stream.add(5, bytes("fg"), FrameNo{2});
  EXPECT_EQ(text(stream.prefix()), "abc");
  EXPECT_EQ(text(stream.from(6)), "g");
  EXPECT_EQ(stream.from(3).size(), 0U);
  ASSERT_EQ(stream.holes().size(), 1U);
  EXPECT_EQ(stream.holes()[0].begin, 3);
  EXPECT_EQ(stream.holes()[0].end, 5);
}

TEST(Stream, FillsAHoleAndRemembersWhoCarriedWhat) {
  Stream stream;
  stream.add(4, bytes("efgh"), FrameNo{1});
  stream.add(0, bytes("abcdef"), FrameNo{2});
  EXPECT_EQ(text(stream.prefix()), "abcdefgh");
  EXPECT_EQ(stream.carriers(0, 8), (std::vector{FrameNo{2}, FrameNo{1}}));
  EXPECT_EQ(stream.carrier(3), FrameNo{2});
  EXPECT_EQ(stream.carrier(5), FrameNo{1});
  EXPECT_TRUE(stream.conflicts().empty());
}

TEST(Stream, KeepsTheFirstValueAndTheDisagreement) {
  Stream stream;
  stream.add(0, bytes("hello"), FrameNo{1});
  stream.add(2, bytes("LLo!"), FrameNo{2});
  EXPECT_EQ(text(stream.prefix()), "hello!");
  ASSERT_EQ(stream.conflicts().size(), 1U);
  EXPECT_EQ(stream.conflicts()[0].offset, 2);
  EXPECT_EQ(stream.conflicts()[0].first, FrameNo{1});
  EXPECT_EQ(stream.conflicts()[0].second, FrameNo{2});
}

TEST(Stream, StopsAtItsBoundAndSaysSo) {
  Stream stream;
  stream.set_bound(4);
  stream.add(2, bytes("cdef"), FrameNo{1});
  EXPECT_TRUE(stream.full());
  EXPECT_EQ(stream.end(), 4);
  stream.add(-2, bytes("xxab"), FrameNo{2});
  EXPECT_EQ(text(stream.prefix()), "abcd");
}

TEST(Stream, AgreesWithAMapOfBytes) {
  const bool holds = rc::check("any order of any overlapping pieces", [] {
    Stream stream;
    std::map<std::int64_t, std::uint8_t> model;
    std::map<std::int64_t, std::uint32_t> carrier;
    bool disagreed = false;
    const auto count = *rc::gen::inRange(0, 40);
    for (int i = 1; i <= count; ++i) {
      const std::int64_t offset = *rc::gen::inRange<std::int64_t>(-4, 60);
      const auto data =
          *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::inRange<std::uint8_t>(0, 3));
      stream.add(offset, data, FrameNo{static_cast<std::uint32_t>(i)});
      for (std::size_t k = 0; k < data.size(); ++k) {
        const std::int64_t at = offset + static_cast<std::int64_t>(k);
        if (at < 0) continue;
        const auto [known, added] = model.emplace(at, data[k]);
        if (added) carrier[at] = static_cast<std::uint32_t>(i);
        disagreed |= !added && known->second != data[k];
      }
    }
    for (std::int64_t at = 0; at < 120; ++at) {
      const Bytes from = stream.from(at);
      RC_ASSERT(model.contains(at) == !from.empty());
      for (std::size_t k = 0; k < from.size(); ++k)
        RC_ASSERT(model.at(at + static_cast<std::int64_t>(k)) == from[k]);
      RC_ASSERT(!model.contains(at + static_cast<std::int64_t>(from.size())));
      RC_ASSERT(number(stream.carrier(at)) == (carrier.contains(at) ? carrier[at] : 0U));
    }
    RC_ASSERT(disagreed == !stream.conflicts().empty());
    RC_ASSERT(!stream.full());
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace whohungup
