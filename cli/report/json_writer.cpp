#include "cli/report/json_writer.h"

#include <array>
#include <charconv>
#include <cstring>

#include "cli/report/escape.h"
#include "cli/report/plain_text.h"

namespace whohungup {
namespace {

constexpr std::size_t kLongestNumber = 20;  // -9223372036854775808 and 18446744073709551615

/// "00", "01" … "99".
constexpr auto kPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

/// Writes the number and returns its end. Most are frames: up to eight digits, which are put
/// together from the last and copied at once.
char* write_number(char* to, std::uint64_t n) {
  constexpr std::uint64_t kNineDigits = 100'000'000;
  if (n >= kNineDigits) return std::to_chars(to, to + kLongestNumber, n).ptr;
  auto left = static_cast<std::uint32_t>(n);
  std::array<char, 16> digits{};  // as many as are needed, and behind them zeros
  std::size_t at = 8;
  for (; left >= 100; left /= 100) std::memcpy(&digits[at -= 2], &kPairs[2 * (left % 100)], 2);
  if (left >= 10)
    std::memcpy(&digits[at -= 2], &kPairs[2 * left], 2);
  else
    digits[--at] = static_cast<char>('0' + left);
  std::memcpy(to, &digits[at], 8);
  return to + (8 - at);
}

}  // namespace

JsonWriter& JsonWriter::key(std::string_view ours) {
  char* at = begin_value(ours.size() + 3);
  *at++ = '"';
  at += ours.copy(at, ours.size());
  *at++ = '"';
  *at++ = ':';
  out_->took(at);
  behind_value_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view hostile) {
  char* const quote = begin_value(hostile.size() + 2);
  char* const text = quote + 1;
  if (copy_plain(text, hostile.data(), hostile.size()) == hostile.size()) {
    *quote = text[hostile.size()] = '"';
    out_->took(text + hostile.size() + 1);
  } else {
    out_->took(quote);
    append_json_string(*out_, hostile);
  }
  return *this;
}

JsonWriter& JsonWriter::name(std::string_view hostile) {
  return is_plain_text(hostile) ? value(hostile) : value(utf8_name(hostile));
}

JsonWriter& JsonWriter::unsigned_value(std::uint64_t n) {
  out_->took(write_number(begin_value(kLongestNumber), n));
  return *this;
}
JsonWriter& JsonWriter::signed_value(std::int64_t n) {
  char* const at = begin_value(kLongestNumber);
  out_->took(std::to_chars(at, at + kLongestNumber, n).ptr);
  return *this;
}
JsonWriter& JsonWriter::number_text(std::string_view text) {
  char* const at = begin_value(text.size());
  out_->took(at + text.copy(at, text.size()));
  return *this;
}

std::string JsonWriter::line() {
  finish_line();
  std::string finished(out_->view());  // a copy: the writer keeps its room for the next document
  out_->clear();
  return finished;
}

}  // namespace whohungup
