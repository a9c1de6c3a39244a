// The words of one story line, read one after the other. Every complaint names the line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/story_packet.h"

namespace whohungup::story {

class Words {
 public:
  /// Splits at blanks; "quoted text" stays one word, # begins a comment.
  Words(std::string_view line, std::size_t number);

  [[nodiscard]] bool more() const { return next_ < words_.size(); }
  [[nodiscard]] std::string_view peek() const { return words_[next_]; }
  /// The word accept() or next() gave last.
  [[nodiscard]] std::string_view last() const { return words_[next_ - 1]; }
  std::string_view next();
  /// Takes the next word if it is this one.
  bool accept(std::string_view word);

  /// A decimal or 0x number, possibly negative.
  std::int64_t number();
  /// "0.030" since the start, or "+0.030" since `previous`.
  Duration time(Duration previous);
  /// "quoted text" with \r \n \t \" \\ and \xNN.
  Octets quoted();
  /// An even number of hex digits.
  Octets hex();
  Address address();

  [[noreturn]] void fail(std::string_view what) const;

 private:
  std::vector<std::string> words_;
  std::size_t next_{};
  std::size_t line_;
};

}  // namespace whohungup::story
