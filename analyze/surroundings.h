// What came before a reset: what it answers, and how far either side had got.
#pragma once

#include <cstddef>
#include <cstdint>

#include "analyze/landmarks.h"
#include "dissect/conversation.h"

namespace whohungup {

struct Surroundings {
  const Placed* trigger{};                  // the peer's last packet before it
  const Placed* fin{};                      // the first FIN of either side before it
  std::int64_t expected{Placed::kUnknown};  // the number its receiver waits for
  std::int64_t sent{};                      // one past what its sender had sent
};

Surroundings find_surroundings(const Conversation&, const Landmarks&, std::size_t reset);

}  // namespace whohungup
