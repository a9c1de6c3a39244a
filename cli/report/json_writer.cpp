#include "cli/report/json_writer.h"

#include <charconv>

#include "cli/report/escape.h"

namespace whohungup {
namespace {

constexpr std::size_t kLongestNumber = 20;  // -9223372036854775808 and 18446744073709551615

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
  out_->took(begin_value(0));
  append_json_string(*out_, hostile);
  return *this;
}

JsonWriter& JsonWriter::value(bool truth) { return number_text(truth ? "true" : "false"); }
JsonWriter& JsonWriter::value(std::nullptr_t) { return number_text("null"); }

JsonWriter& JsonWriter::unsigned_value(std::uint64_t n) {
  char* const at = begin_value(kLongestNumber);
  out_->took(std::to_chars(at, at + kLongestNumber, n).ptr);
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

JsonWriter& JsonWriter::text_or_null(std::string_view name, std::string_view text) {
  key(name);
  return text.empty() ? value(nullptr) : value(text);
}

std::string JsonWriter::line() {
  finish_line();
  std::string finished(out_->view());  // a copy: the writer keeps its room for the next document
  out_->clear();
  return finished;
}

}  // namespace whohungup
