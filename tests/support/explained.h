// What the tests of `explain` ask of its answers.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/explain.h"

namespace whohungup::test {

using List = std::vector<std::string>;

/// The one attempt that `text` tells of; a test that finds another number of them fails.
inline PrintedAttempt only(std::string_view text) {
  Explanation explanation = explain(text);
  EXPECT_EQ(explanation.attempts.size(), 1U) << text;
  return explanation.attempts.empty() ? PrintedAttempt{} : explanation.attempts.front();
}

/// Whether one of `sentences` contains `words`.
inline bool says(const List& sentences, std::string_view words) {
  return std::any_of(sentences.begin(), sentences.end(), [&](const std::string& sentence) {
    return sentence.find(words) != std::string::npos;
  });
}

}  // namespace whohungup::test
