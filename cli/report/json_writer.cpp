#include "cli/report/json_writer.h"

#include <charconv>

#include "cli/report/escape.h"

namespace whohungup {
namespace {

template <class Number>
void append_number(std::string& out, Number number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

}  // namespace

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  text_ += bracket;
  behind_value_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  text_ += bracket;
  behind_value_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  text_.append(1, '"').append(name).append("\":", 2);
  behind_value_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view hostile) {
  separate();
  append_json_string(text_, hostile);
  return *this;
}

JsonWriter& JsonWriter::value(bool truth) { return number_text(truth ? "true" : "false"); }
JsonWriter& JsonWriter::value(std::nullptr_t) { return number_text("null"); }

JsonWriter& JsonWriter::unsigned_value(std::uint64_t n) {
  separate();
  append_number(text_, n);
  return *this;
}
JsonWriter& JsonWriter::signed_value(std::int64_t n) {
  separate();
  append_number(text_, n);
  return *this;
}
JsonWriter& JsonWriter::number_text(std::string_view text) {
  separate();
  text_ += text;
  return *this;
}

JsonWriter& JsonWriter::text_or_null(std::string_view name, std::string_view text) {
  key(name);
  return text.empty() ? value(nullptr) : value(text);
}

std::string JsonWriter::line() {
  std::string finished(finish_line());  // a copy: the writer keeps its room for the next document
  clear();
  return finished;
}

}  // namespace whohungup
