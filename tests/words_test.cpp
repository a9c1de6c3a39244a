// How times, numbers and the texts made of them are written.
#include "analyze/words.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

#include "analyze/spare_texts.h"
#include "dissect/digits.h"

namespace whohungup {
namespace {

/// As fmt rounds the number of milliseconds.
std::string as_fmt_says(Duration time) {
  const double ms = std::chrono::duration<double, std::milli>(time).count();
  const double size = ms < 0 ? -ms : ms;
  if (size < 0.1) return fmt::format("{:.3f} ms", ms);
  if (size < 10) return fmt::format("{:.1f} ms", ms);
  if (size < 1000) return fmt::format("{:.0f} ms", ms);
  return fmt::format("{:.1f} s", ms / 1000);
}

TEST(SayingATime, RoundsAsFmtDoes) {
  std::mt19937_64 random{7};
  for (const std::int64_t most : {200'000LL, 20'000'000LL, 2'000'000'000LL, 20'000'000'000'000LL})
    for (int i = 0; i < 20'000; ++i) {
      const Duration time{static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most))};
      ASSERT_EQ(say(time), as_fmt_says(time)) << time.count();
      ASSERT_EQ(say(-time), as_fmt_says(-time)) << time.count();
    }
}

TEST(SayingATime, RoundsWhatLiesBetweenTwoNumbersAsFmtDoes) {
  for (const std::int64_t step : {500, 50'000, 500'000, 50'000'000})
    for (std::int64_t n = 0; n < 3'000; ++n)
      for (const std::int64_t aside : {-1, 0, 1}) {
        const Duration time{n * step + aside};
        ASSERT_EQ(say(time), as_fmt_says(time)) << time.count();
      }
  for (const std::int64_t extreme : {INT64_MIN, INT64_MIN + 1, INT64_MAX})
    EXPECT_EQ(say(Duration{extreme}), as_fmt_says(Duration{extreme}));
}

TEST(WritingANumber, GivesItsDigits) {
  char text[kLongestNumber];
  const auto written = [&](auto n) { return std::string(text, write_number(text, n)); };
  for (std::uint64_t power = 1; power < UINT64_MAX / 10; power *= 10)
    for (const std::uint64_t n : {power - 1, power, power + 1, 7 * power}) {
      EXPECT_EQ(written(n), std::to_string(n));
      const auto negative = -static_cast<std::int64_t>(n % INT64_MAX);
      EXPECT_EQ(written(negative), std::to_string(negative));
    }
  EXPECT_EQ(written(UINT64_MAX), std::to_string(UINT64_MAX));
  EXPECT_EQ(written(INT64_MIN), std::to_string(INT64_MIN));
}

TEST(PuttingPieces, AppendsThemOneBehindTheOther) {
  std::string text = "a";
  put(text, " TTL ", std::uint8_t{64}, ", ", std::int64_t{-3}, ", ", piece::Hex{0x1f});
  EXPECT_EQ(text, "a TTL 64, -3, 0x001f");
  text.clear();
  put(text, TcpFlags{TcpFlags::kSyn | TcpFlags::kAck}, " ", TcpFlags{0x104}, " ", TcpFlags{});
  EXPECT_EQ(text, "SA R+0x100 none");
  text.clear();
  put(text, piece::Elapsed{std::chrono::milliseconds{31}}, std::string(" and ") + "more");
  EXPECT_EQ(text, "31 ms and more");
}

TEST(PuttingPieces, TakesTextsOfAnyLength) {
  const std::string long_one(1000, 'x');
  std::string text = "a";
  put(text, std::string_view(long_one), 1U, "b");
  EXPECT_EQ(text, "a" + long_one + "1b");
}

TEST(SpareTexts, AreEmptyAndHaveRoom) {
  SpareTexts spare;
  EXPECT_EQ(spare.take(), "");
  std::string text(100, 'x');
  const char* const memory = text.data();
  spare.give(std::move(text));
  spare.give("short");  // has no memory of its own
  const std::string again = spare.take();
  EXPECT_EQ(again, "");
  EXPECT_EQ(again.data(), memory);
  EXPECT_EQ(spare.take().capacity(), std::string().capacity());
}

}  // namespace
}  // namespace whohungup
