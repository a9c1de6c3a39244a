// A value that few have: who has none carries a pointer and no room for it.
#pragma once

#include <memory>
#include <optional>
#include <utility>

namespace whohungup {

/// Like std::optional, for members of what there are many of and few have.
template <class T>
class Rare {
 public:
  Rare() = default;
  Rare(Rare&&) noexcept = default;
  Rare(const Rare& other) : held_(other ? std::make_unique<T>(*other) : nullptr) {}
  Rare& operator=(Rare other) noexcept {
    held_ = std::move(other.held_);
    return *this;
  }
  Rare& operator=(std::optional<T> value) {
    held_ = value ? std::make_unique<T>(std::move(*value)) : nullptr;
    return *this;
  }
  ~Rare() = default;

  explicit operator bool() const { return held_ != nullptr; }
  [[nodiscard]] bool has_value() const { return held_ != nullptr; }
  T& operator*() { return *held_; }
  const T& operator*() const { return *held_; }
  T* operator->() { return held_.get(); }
  const T* operator->() const { return held_.get(); }

 private:
  std::unique_ptr<T> held_;
};

}  // namespace whohungup
