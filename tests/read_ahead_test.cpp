// A window over an input that a thread reads ahead shows what one over the input itself shows.
#include "capture/read_ahead.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <vector>

namespace whohungup {
namespace {

/// Gives at most `step` bytes at once, then ends, or fails if there is a reason.
class Steps : public ByteInput {
 public:
  Steps(std::size_t size, std::size_t step, std::string why = {})
      : bytes_(size), step_(step), why_(std::move(why)) {
    std::iota(bytes_.begin(), bytes_.end(), std::uint8_t{0});
  }
  Result read(std::span<std::uint8_t> into) override {
    const std::size_t n = std::min({into.size(), step_, bytes_.size() - taken_});
    if (n == 0) return {why_.empty() ? State::End : State::Failed, 0, why_};
    std::memcpy(into.data(), bytes_.data() + taken_, n);
    taken_ += n;
    return {State::Some, n, {}};
  }
  [[nodiscard]] Position position() const override { return {taken_, bytes_.size()}; }

 private:
  std::vector<std::uint8_t> bytes_;
  std::size_t step_, taken_{};
  std::string why_;
};

TEST(ReadAhead, ShowsTheSameBytesWhateverIsNeededAtOnce) {
  constexpr std::size_t kSize = 3'000'000;
  for (const std::size_t step : {1'000UL, 77'777UL, 1'000'000UL})
    for (const std::size_t need : {16UL, 1'500UL, 300'000UL, 700'001UL}) {
      Window window = Window::over_thread(std::make_unique<Steps>(kSize, step));
      std::size_t at = 0;
      while (window.need(need) == Window::Fill::Ready) {
        ASSERT_EQ(window.offset(), at);
        ASSERT_EQ(window.data()[0], static_cast<std::uint8_t>(at));
        ASSERT_EQ(window.data()[need - 1], static_cast<std::uint8_t>(at + need - 1));
        window.consume(need);
        at += need;
      }
      EXPECT_EQ(at, kSize / need * need);
      EXPECT_EQ(window.left(), kSize % need);
      EXPECT_EQ(window.position().taken, kSize);
    }
}

TEST(ReadAhead, SaysWhyTheInputFailedBehindEverythingThatWasRead) {
  Window window = Window::over_thread(std::make_unique<Steps>(10, 4, "the disk is on fire"));
  EXPECT_EQ(window.need(11), Window::Fill::Short);
  EXPECT_EQ(window.left(), 10U);
  EXPECT_EQ(window.failure(), "the disk is on fire");
}

TEST(ReadAhead, EndsItsThreadThoughNobodyReadToTheEnd) {
  for (int i = 0; i < 50; ++i) {
    Window window = Window::over_thread(std::make_unique<Steps>(5'000'000, 100'000));
    EXPECT_EQ(window.need(1), Window::Fill::Ready);
  }
}

}  // namespace
}  // namespace whohungup
