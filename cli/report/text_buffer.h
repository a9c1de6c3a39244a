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
    if (static_cast<std::size_t>(limit_ - end_) < size) [[unlikely]]
      grow(size);
    return end_;
  }
  void took(char* end) { end_ = end; }

  void push(char c) {
    *room(1) = c;
    ++end_;
  }
  void append(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(room(text.size()), text.data(), text.size());
    end_ += text.size();
  }

  void fill(char c, std::size_t count) {
    if (count == 0) return;
    std::memset(room(count), c, count);
    end_ += count;
  }
  /// Takes back what was written behind the first `size` characters.
  void cut(std::size_t size) { end_ = memory_.get() + size; }

  [[nodiscard]] std::string_view view() const { return {memory_.get(), size()}; }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(end_ - memory_.get()); }
  /// Forgets the text and keeps the memory.
  void clear() { end_ = memory_.get(); }

 private:
  void grow(std::size_t more);  // text_buffer.cpp

  std::unique_ptr<char[]> memory_;
  char *end_{}, *limit_{};  // of the text, and of the memory
};

}  // namespace whohungup
