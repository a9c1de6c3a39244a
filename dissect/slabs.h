// Objects of one kind that come and go by the thousand: taken from slabs, reused in the order in
// which they were given back, so that the next one is the one that is still near the processor.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace whohungup {

/// `T` has a member `T* chain`, which leads to the next one that is free, and begin(), which makes
/// it a new one.
template <class T, std::size_t PerSlab>
class Slabs {
 public:
  T* take() {
    if (free_ == nullptr) grow();
    T* const item = free_;
    free_ = item->chain;
    item->begin();
    return item;
  }
  void give(T* item) {
    item->chain = free_;
    free_ = item;
  }
  /// Gives back all that hang together from `first` to `last`.
  void give(T* first, T* last) {
    last->chain = free_;
    free_ = first;
  }

 private:
  using Slab = std::array<T, PerSlab>;
  void grow() {
    slabs_.push_back(std::make_unique_for_overwrite<Slab>());
    for (auto item = slabs_.back()->rbegin(); item != slabs_.back()->rend(); ++item) give(&*item);
  }
  std::vector<std::unique_ptr<Slab>> slabs_;
  T* free_{};
};

}  // namespace whohungup
