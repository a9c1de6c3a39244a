// Chance that repeats itself: for tests that spoil captures at random.
#pragma once

#include <cstdint>

namespace whohungup::test {

/// Numbers from 0 to below 1, the same for the same seed (splitmix64).
class Lots {
 public:
  explicit Lots(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 1) {}
  double draw() {
    std::uint64_t x = state_ += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111eb;
    return static_cast<double>((x ^ (x >> 31U)) >> 11U) * 0x1p-53;
  }

 private:
  std::uint64_t state_;
};

}  // namespace whohungup::test
