// See text_buffer.h.
#include "cli/report/text_buffer.h"

#include <algorithm>

namespace whohungup {

void TextBuffer::grow(std::size_t more) {
  constexpr std::size_t kLeast = 1024;
  const std::size_t size = this->size();
  const std::size_t before = static_cast<std::size_t>(limit_ - memory_.get());
  const std::size_t capacity = std::max({kLeast, 2 * before, size + more});
  auto grown = std::make_unique_for_overwrite<char[]>(capacity);
  if (size != 0) std::memcpy(grown.get(), memory_.get(), size);
  memory_ = std::move(grown);
  end_ = memory_.get() + size;
  limit_ = memory_.get() + capacity;
}

}  // namespace whohungup
