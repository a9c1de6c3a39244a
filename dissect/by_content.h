// What was worked out from some bytes or numbers, kept for when the same come again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace whohungup {

/// Keeps at most `Most` values, each under a list of items by which it is found again; a list that
/// meets another in its place takes it. Lists longer than `Longest` are not kept.
template <class Item, class Value, std::size_t Most, std::size_t Longest>
class ByContent {
  static_assert(std::has_unique_object_representations_v<Item>);

 public:
  /// What `make()` gave for the same items before, or gives now; until the next is asked for.
  template <class Make>
  const Value& find(std::span<const Item> items, Make&& make) {
    if (items.empty() || items.size() > Longest) return not_kept_ = make();
    if (known_.empty()) known_.resize(Most);
    const std::string_view bytes(reinterpret_cast<const char*>(items.data()), items.size_bytes());
    Known& known = known_[place_of(bytes)];
    if (!std::equal(items.begin(), items.end(), known.items.begin(), known.items.end())) {
      known.value = make();
      known.items.assign(items.begin(), items.end());
    }
    return known.value;
  }

 private:
  struct Known {
    std::vector<Item> items;
    Value value;
  };
  /// By both ends of what is long: there certificates differ, by serial number and signature. What
  /// meets there and is not the same takes turns.
  static std::size_t place_of(std::string_view bytes) {
    constexpr std::size_t kLong = 256, kEnd = 32;
    constexpr std::hash<std::string_view> kHash{};
    if (bytes.size() < kLong) return kHash(bytes) % Most;
    return (kHash(bytes.substr(0, kEnd)) ^ kHash(bytes.substr(bytes.size() - kEnd))) % Most;
  }

  std::vector<Known> known_;  // none until the first is asked for
  Value not_kept_;
};

}  // namespace whohungup
