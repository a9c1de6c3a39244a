#include "analyze/explain_nearest.h"

#include <algorithm>
#include <set>
#include <string>

#include "analyze/explain_patterns.h"

namespace whohungup {
namespace {

// Enough to recognise one's own text by, and few enough to read.
constexpr std::size_t kMostNear = 3;
// What is pasted behind that is a log, not a message.
constexpr std::size_t kMostLooked = std::size_t{64} << 10, kMostWords = 4096;

bool is_of_word(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

/// The words of three and more letters, in lower case.
std::set<std::string> words_of(std::string_view text) {
  constexpr std::size_t kShortest = 3;
  const std::string folded = lowered(text.substr(0, kMostLooked));
  std::set<std::string> words;
  for (std::size_t at = 0; at < folded.size() && words.size() < kMostWords;) {
    std::size_t end = at;
    while (end < folded.size() && is_of_word(folded[end])) ++end;
    if (end - at >= kShortest) words.insert(folded.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

struct RowWords {
  const ClientText* row{};
  std::set<std::string> words;
};

/// The words of every text of the table, each text once; made once.
const std::vector<RowWords>& words_of_rows() {
  static const std::vector<RowWords> rows = [] {
    std::vector<RowWords> list;
    std::set<std::string_view> seen;
    for (const ClientText& row : client_texts())
      if (seen.insert(row.prints).second) list.push_back({&row, words_of(row.prints)});
    return list;
  }();
  return rows;
}

struct Near {
  const ClientText* row{};
  double share{};  // of the row's words
  std::size_t words{};
};

}  // namespace

std::vector<const ClientText*> nearest_texts(std::string_view text) {
  // Half of a row's words, and two at least: "connection" alone is in every second row.
  constexpr double kLeastShare = 0.5;
  constexpr std::size_t kLeastWords = 2;
  const std::set<std::string> given = words_of(text);
  std::vector<Near> list;
  for (const auto& [row, words] : words_of_rows()) {
    const auto shared = static_cast<std::size_t>(
        std::count_if(words.begin(), words.end(),
                      [&](const std::string& word) { return given.count(word) != 0; }));
    if (shared < kLeastWords) continue;
    const double share = static_cast<double>(shared) / static_cast<double>(words.size());
    if (share >= kLeastShare) list.push_back({row, share, shared});
  }
  std::stable_sort(list.begin(), list.end(), [](const Near& a, const Near& b) {
    return a.share * static_cast<double>(a.words) > b.share * static_cast<double>(b.words);
  });
  std::vector<const ClientText*> rows;
  for (const Near& near : list)
    if (rows.size() < kMostNear) rows.push_back(near.row);
  return rows;
}

}  // namespace whohungup
