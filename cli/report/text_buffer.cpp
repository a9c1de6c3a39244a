// See text_buffer.h.
#include "cli/report/text_buffer.h"

#include <algorithm>

namespace whohungup {

void TextBuffer::grow(std::size_t more) {
  constexpr std::size_t kLeast = 1024;
  const std::size_t capacity = std::max({kLeast, 2 * capacity_, size_ + more});
  auto grown = std::make_unique_for_overwrite<char[]>(capacity);
  if (size_ != 0) std::memcpy(grown.get(), memory_.get(), size_);
  memory_ = std::move(grown);
  capacity_ = capacity;
}

}  // namespace whohungup
