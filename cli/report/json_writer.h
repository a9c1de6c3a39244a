// Writing one JSON object a line, with every string made valid on the way.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/packet.h"

namespace whohungup {

/// Keys and values in order, closed by whoever opened them. Written by hand because a flow's object
/// is five kilobytes of strings: with a library's writer they were nine tenths of the time.
class JsonWriter {
 public:
  JsonWriter() = default;
  /// Writes behind a text that is there already.
  explicit JsonWriter(std::string&& begun) : text_(std::move(begun)) {}
  /// Gives the text away.
  std::string release() { return std::move(text_); }

  JsonWriter& open_object() { return open('{'); }
  JsonWriter& close_object() { return close('}'); }
  JsonWriter& open_array() { return open('['); }
  JsonWriter& close_array() { return close(']'); }
  JsonWriter& key(std::string_view ours);  // a name of our own: nothing in it has to be escaped

  JsonWriter& value(std::string_view hostile);  // any bytes
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(bool);
  JsonWriter& value(FrameNo frame) { return value(number(frame)); }
  JsonWriter& value(std::nullptr_t);
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) JsonWriter& value(T n) { return unsigned_value(n); }
  template <std::signed_integral T>
  JsonWriter& value(T n) {
    return signed_value(n);
  }
  template <class T>
  JsonWriter& value(const std::optional<T>& maybe) {
    return maybe ? value(*maybe) : value(nullptr);
  }
  template <class T>
  JsonWriter& value(const std::vector<T>& list) {
    open_array();
    for (const T& item : list) value(item);
    return close_array();
  }
  /// A number that was written out already.
  JsonWriter& number_text(std::string_view);

  template <class T>
  JsonWriter& field(std::string_view name, const T& v) {
    key(name);
    return value(v);
  }
  /// The text, or null if it is empty: for texts where empty means unknown.
  JsonWriter& text_or_null(std::string_view name, std::string_view text);

  /// The finished document and a newline; the writer is ready for the next.
  std::string line();
  /// The same in place, until the writer is cleared for the next.
  std::string_view finish_line() { return text_ += '\n'; }
  void clear() {
    text_.clear();
    behind_value_ = false;
  }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& unsigned_value(std::uint64_t);
  JsonWriter& signed_value(std::int64_t);
  /// Whatever comes now, a comma comes before it if it follows a value.
  void separate() {
    if (behind_value_) text_ += ',';
    behind_value_ = true;
  }

  std::string text_;
  bool behind_value_{};
};

}  // namespace whohungup
