// A list of numbers that is nearly always short.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <span>
#include <type_traits>
#include <vector>

#include "capture/packet.h"

namespace whohungup {

/// Like a std::vector, but up to `Few` items lie in the object itself: a flow's judgement has a
/// hundred such lists, and asking for memory for each costs more than filling it.
template <class T, std::size_t Few>
class ShortList {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  using value_type = T;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = T&;
  using const_reference = const T&;
  using iterator = T*;
  using const_iterator = const T*;

  ShortList() = default;
  ShortList(std::initializer_list<T> items) { append(items.begin(), items.size()); }
  explicit ShortList(std::span<const T> items) { append(items.data(), items.size()); }
  ShortList(const std::vector<T>& items) { append(items.data(), items.size()); }  // NOLINT
  ShortList(const ShortList& other) { copy(other); }
  ShortList(ShortList&& other) noexcept { take(other); }
  ShortList& operator=(const ShortList& other) {
    if (this != &other) {
      release();
      copy(other);
    }
    return *this;
  }
  ShortList& operator=(ShortList&& other) noexcept {
    if (this != &other) {
      release();
      take(other);
    }
    return *this;
  }
  ~ShortList() { release(); }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] T* data() { return is_long() ? heap() : few(); }
  [[nodiscard]] const T* data() const { return is_long() ? heap() : few(); }
  [[nodiscard]] iterator begin() { return data(); }
  [[nodiscard]] iterator end() { return data() + size_; }
  [[nodiscard]] const_iterator begin() const { return data(); }
  [[nodiscard]] const_iterator end() const { return data() + size_; }
  [[nodiscard]] T& operator[](std::size_t i) { return data()[i]; }
  [[nodiscard]] const T& operator[](std::size_t i) const { return data()[i]; }
  [[nodiscard]] T& front() { return *begin(); }
  [[nodiscard]] const T& front() const { return *begin(); }
  [[nodiscard]] T& back() { return *(end() - 1); }
  [[nodiscard]] const T& back() const { return *(end() - 1); }

  void push_back(T item) {
    if (size_ == capacity_) grow(size_ + 1);
    data()[size_++] = item;
  }
  void append(const T* items, std::size_t count) {
    if (count == 0) return;
    if (count > capacity_ - size_) grow(size_ + count);
    std::memcpy(data() + size_, items, count * sizeof(T));
    size_ += static_cast<std::uint32_t>(count);
  }
  void append(std::span<const T> items) { append(items.data(), items.size()); }
  void assign(std::span<const T> items) {
    size_ = 0;
    append(items);
  }
  /// Leaves out what lies between, which is of this list.
  void erase(const T* from, const T* to) {
    if (from == to) return;
    T* const gap = data() + (from - data());
    std::memmove(gap, to, static_cast<std::size_t>(end() - to) * sizeof(T));
    size_ -= static_cast<std::uint32_t>(to - from);
  }
  void clear() { size_ = 0; }
  /// Heap bytes held.
  [[nodiscard]] std::size_t footprint() const { return is_long() ? capacity_ * sizeof(T) : 0; }

  friend bool operator==(const ShortList& a, const ShortList& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  static constexpr std::size_t kRoom = std::max(Few * sizeof(T), sizeof(T*));

  [[nodiscard]] bool is_long() const { return capacity_ > Few; }
  [[nodiscard]] T* few() { return reinterpret_cast<T*>(room_); }
  [[nodiscard]] const T* few() const { return reinterpret_cast<const T*>(room_); }
  [[nodiscard]] T* heap() const {
    T* at = nullptr;
    std::memcpy(&at, room_, sizeof at);
    return at;
  }
  void grow(std::size_t needed) {
    const std::size_t capacity = std::max(needed, std::size_t{2} * capacity_);
    T* const grown = new T[capacity];
    std::memcpy(grown, data(), size_ * sizeof(T));
    release();
    std::memcpy(room_, &grown, sizeof grown);
    capacity_ = static_cast<std::uint32_t>(capacity);
  }
  void release() {
    if (is_long()) delete[] heap();
  }
  /// What another has.
  void copy(const ShortList& other) {
    size_ = 0;
    capacity_ = Few;
    if (other.is_long()) return append(other.data(), other.size());
    size_ = other.size_;
    std::memcpy(room_, other.room_, sizeof room_);
  }
  /// Takes what another has and leaves it empty.
  void take(ShortList& other) {
    size_ = other.size_;
    capacity_ = other.capacity_;
    std::memcpy(room_, other.room_, sizeof room_);  // all of it, for then no length is asked
    other.size_ = 0;
    other.capacity_ = Few;
  }

  std::uint32_t size_{}, capacity_{Few};
  // The items, or where they are.
  alignas(std::max(alignof(T), alignof(T*))) unsigned char room_[kRoom]{};
};

/// Frames that show something: mostly one or two, seldom more than these.
using Frames = ShortList<FrameNo, 6>;

}  // namespace whohungup
