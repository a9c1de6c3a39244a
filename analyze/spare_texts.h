// Texts of a judgement that is over, for their memory.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace whohungup {

/// A judgement has a dozen texts too long to lie in a std::string itself. Whoever judges many flows
/// writes those of the next where those of the last were, in place of asking for memory.
class SpareTexts {
 public:
  /// An empty text, with room if there is one to spare.
  std::string take() {
    if (texts_.empty()) return {};
    std::string text = std::move(texts_.back());
    texts_.pop_back();
    return text;
  }
  void give(std::string&& text) {
    const std::size_t room = text.capacity();
    if (texts_.size() == kMost || room > kLongest || room == std::string().capacity()) return;
    text.clear();
    texts_.push_back(std::move(text));
  }

 private:
  static constexpr std::size_t kMost = 64, kLongest = 1024;  // more are given back
  std::vector<std::string> texts_;
};

}  // namespace whohungup
