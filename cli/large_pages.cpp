// See large_pages.h.
#include "cli/large_pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <memory>
#include <vector>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace whohungup {

// The kernel forgets what was asked for a heap as soon as the heap grows. So it is grown first, by
// as much as the flood of three million flows needs, and asked for then.
void use_large_pages() {
#if defined(__GLIBC__) && defined(MADV_HUGEPAGE)
  constexpr int kHeap = 64 << 20;
  constexpr int kUsualPad = 128 << 10;
  constexpr std::size_t kBlock = 64 << 10;  // smaller than what gets a mapping of its own
  constexpr std::size_t kMostBlocks = 8;    // more than the heap's rest can hold
  mallopt(M_TRIM_THRESHOLD, 2 * kHeap);     // else it shrinks at once
  mallopt(M_TOP_PAD, kHeap);
  auto* const begin = static_cast<std::byte*>(sbrk(0));
  std::vector<std::unique_ptr<std::byte[]>> blocks;
  while (blocks.size() < kMostBlocks && sbrk(0) == begin)
    blocks.push_back(std::make_unique_for_overwrite<std::byte[]>(kBlock));
  mallopt(M_TOP_PAD, kUsualPad);
  // The heap ends at a page's beginning. An answer of "no" changes nothing.
  const auto grown = static_cast<std::byte*>(sbrk(0)) - begin;
  if (grown > 0) static_cast<void>(madvise(begin, static_cast<std::size_t>(grown), MADV_HUGEPAGE));
#endif
}

}  // namespace whohungup
