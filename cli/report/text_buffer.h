// A text that is put together piece by piece, many times over in the same memory.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace whohungup {

/// Like a std::string, but whoever writes may write straight into the memory behind the text, which
/// is never filled with zeros first.
class TextBuffer {
 public:
  /// Room for `size` characters behind the text. What was written there belongs to the text when
  /// took() is told where it ends.
  char* room(std::size_t size) {
    if (capacity_ - size_ < size) grow(size);
    return memory_.get() + size_;
  }
  void took(const char* end) { size_ = static_cast<std::size_t>(end - memory_.get()); }

  void push(char c) {
    *room(1) = c;
    ++size_;
  }
  void append(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(room(text.size()), text.data(), text.size());
    size_ += text.size();
  }

  void fill(char c, std::size_t count) {
    if (count == 0) return;
    std::memset(room(count), c, count);
    size_ += count;
  }
  /// Takes back what was written behind the first `size` characters.
  void cut(std::size_t size) { size_ = size; }

  [[nodiscard]] std::string_view view() const { return {memory_.get(), size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Forgets the text and keeps the memory.
  void clear() { size_ = 0; }

 private:
  void grow(std::size_t more);  // text_buffer.cpp

  std::unique_ptr<char[]> memory_;
  std::size_t size_{}, capacity_{};
};

}  // namespace whohungup
