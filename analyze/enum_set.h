// A set of enumerators, cheap to compare: what a rule asks for, and what is so.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace whohungup {

/// Of an enumeration whose values begin at 0 and whose last one is `Count`.
template <class Enum>
class EnumSet {
 public:
  constexpr EnumSet() = default;
  constexpr EnumSet(std::initializer_list<Enum> all) {
    for (const Enum one : all) add(one);
  }
  constexpr void add(Enum one) { words_[index(one)] |= bit(one); }
  constexpr void remove(Enum one) { words_[index(one)] &= ~bit(one); }
  [[nodiscard]] constexpr bool has(Enum one) const { return (words_[index(one)] & bit(one)) != 0; }
  [[nodiscard]] constexpr bool has_all(const EnumSet& wanted) const {
    for (std::size_t i = 0; i < words_.size(); ++i)
      if ((words_[i] & wanted.words_[i]) != wanted.words_[i]) return false;
    return true;
  }
  [[nodiscard]] constexpr bool has_any(const EnumSet& wanted) const {
    for (std::size_t i = 0; i < words_.size(); ++i)
      if ((words_[i] & wanted.words_[i]) != 0) return true;
    return false;
  }
  [[nodiscard]] constexpr bool empty() const { return *this == EnumSet{}; }
  [[nodiscard]] constexpr std::size_t size() const {
    std::size_t sum = 0;
    for (const std::uint64_t word : words_) sum += static_cast<std::size_t>(std::popcount(word));
    return sum;
  }
  /// Where to look for it in a table: equal for equal sets, and spread over all 32 bits.
  [[nodiscard]] constexpr std::uint32_t hash() const {
    constexpr std::uint64_t kGoldenRatio = 0x9e3779b97f4a7c15;
    std::uint64_t hash = 0;
    for (const std::uint64_t word : words_) hash = ((hash >> 32U) ^ hash ^ word) * kGoldenRatio;
    return static_cast<std::uint32_t>(hash >> 32U);
  }
  /// Calls `visit(Enum)` for each, in the enumeration's order.
  template <class Visit>
  constexpr void for_each(Visit&& visit) const {
    for (std::size_t word = 0; word < words_.size(); ++word)
      for (std::uint64_t left = words_[word]; left != 0; left &= left - 1)
        visit(static_cast<Enum>(word * 64 + static_cast<std::size_t>(std::countr_zero(left))));
  }
  /// What is in both.
  friend constexpr EnumSet operator&(EnumSet a, const EnumSet& b) {
    for (std::size_t i = 0; i < a.words_.size(); ++i) a.words_[i] &= b.words_[i];
    return a;
  }
  friend constexpr bool operator==(const EnumSet&, const EnumSet&) = default;

 private:
  static constexpr std::size_t index(Enum one) { return static_cast<std::size_t>(one) / 64; }
  static constexpr std::uint64_t bit(Enum one) {
    return std::uint64_t{1} << (static_cast<std::size_t>(one) % 64);
  }
  std::array<std::uint64_t, (static_cast<std::size_t>(Enum::Count) + 63) / 64> words_{};
};

}  // namespace whohungup
