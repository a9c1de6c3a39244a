// The reader that stays failed, and the writer that patches its lengths.
#include "dissect/bytes.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

namespace whohungup {
namespace {

using Octets = std::vector<std::uint8_t>;

TEST(ByteReader, ReadsNumbersInNetworkOrder) {
  const Octets bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  ByteReader read(bytes);
  EXPECT_EQ(read.u8(), 0x01);
  EXPECT_EQ(read.u16(), 0x0203);
  EXPECT_EQ(read.u24(), 0x040506U);
  EXPECT_EQ(read.u32(), 0x0708090aU);
  EXPECT_TRUE(read.done());
}

TEST(ByteReader, StaysFailedAfterTheFirstShortRead) {
  const Octets bytes{1, 2, 3};
  ByteReader read(bytes);
  EXPECT_EQ(read.u16(), 0x0102);
  EXPECT_EQ(read.u16(), 0);
  EXPECT_FALSE(read.ok());
  EXPECT_EQ(read.u8(), 0);  // the third byte is there, but the reader has failed
  EXPECT_FALSE(read.more());
  EXPECT_FALSE(read.done());
}

TEST(ByteReader, TakesNothingAtTheEndWithoutFailing) {
  ByteReader read(Bytes{});
  EXPECT_TRUE(read.take(0).empty());
  EXPECT_TRUE(read.done());
}

TEST(ByteReader, HandsOutAVectorThatCannotRunPastItsEnd) {
  const Octets bytes{0, 2, 7, 8, 9};
  ByteReader read(bytes);
  ByteReader vector = read.vector16();
  EXPECT_EQ(vector.u24(), 0U);
  EXPECT_FALSE(vector.ok());
  EXPECT_TRUE(read.ok());
  EXPECT_EQ(read.u8(), 9);
}

TEST(ByteReader, FailsOnAVectorThatIsTooShort) {
  const Octets bytes{0, 0, 4, 7, 8, 9};
  ByteReader read(bytes);
  EXPECT_FALSE(read.vector24().more());
  EXPECT_FALSE(read.ok());
}

TEST(ByteWriter, WritesALengthInFrontOfWhatTheBodyWrites) {
  ByteWriter out;
  out.u8(0xaa).vector(2, [](ByteWriter& body) {
    body.u8(1).vector(1, [](ByteWriter& inner) { inner.text("ab"); });
  });
  EXPECT_EQ(out.written(), (Octets{0xaa, 0, 4, 1, 2, 'a', 'b'}));
}

RC_GTEST_PROP(ByteReader, ReadsBackWhatAWriterWrote,
              (std::uint8_t a, std::uint16_t b, std::uint32_t d, const Octets& e)) {
  const std::uint32_t c = d & 0xffffffU;
  ByteWriter out;
  out.u8(a).u16(b).u24(c).u32(d).vector(3, [&](ByteWriter& body) { body.bytes(e); });
  ByteReader read(out.written());
  RC_ASSERT(read.u8() == a);
  RC_ASSERT(read.u16() == b);
  RC_ASSERT(read.u24() == c);
  RC_ASSERT(read.u32() == d);
  const Bytes vector = read.vector24().rest();
  RC_ASSERT(Octets(vector.begin(), vector.end()) == e);
  RC_ASSERT(read.done());
}

}  // namespace
}  // namespace whohungup
