// Writing one JSON object a line, with every string made valid on the way.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capture/packet.h"
#include "cli/report/json_pieces.h"
#include "cli/report/text_buffer.h"
#include "dissect/short_list.h"

namespace whohungup {

/// Keys and values in order, closed by whoever opened them. Written by hand because a flow's object
/// is five kilobytes of strings: with a library's writer they were nine tenths of the time.
class JsonWriter {
 public:
  JsonWriter() : out_(&own_) {}
  /// Writes behind a text that is there already.
  explicit JsonWriter(TextBuffer& out) : out_(&out) {}
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  JsonWriter& open_object() { return open('{'); }
  JsonWriter& close_object() { return close('}'); }
  JsonWriter& open_array() { return open('['); }
  JsonWriter& close_array() { return close(']'); }
  /// JSON that is put together of pieces (json_pieces.h): what stands in the program as it is,
  /// names of members and punctuation with them, and numbers and words of ours between. Whoever
  /// writes it writes its commas.
  template <class... Pieces>
  JsonWriter& put(const Pieces&... pieces) {
    char* to = out_->room((json_piece::longest(pieces) + ...));
    ((to = json_piece::write(to, pieces)), ...);
    out_->took(to);
    ((behind_value_ = !json_piece::is_open(pieces)), ...);
    return *this;
  }
  /// Words of ours within a string that put() begins and ends: nothing in them has to be escaped.
  JsonWriter& text(std::string_view ours) { return put(json_piece::Ours{ours}); }
  /// A name of our own: nothing in it has to be escaped.
  JsonWriter& key(std::string_view ours);
  template <std::size_t Size>
  JsonWriter& key(const char (&ours)[Size]) {
    constexpr std::size_t kLength = Size - 1;
    char* at = begin_value(kLength + 3);
    *at++ = '"';
    at += std::string_view(ours, kLength).copy(at, kLength);
    *at++ = '"';
    *at++ = ':';
    out_->took(at);
    behind_value_ = false;
    return *this;
  }

  JsonWriter& value(std::string_view hostile) { return write_string(hostile, false); }
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  /// A word of ours: nothing in it has to be escaped.
  JsonWriter& word(std::string_view ours) {
    char* at = begin_value(ours.size() + 2);
    *at++ = '"';
    at += ours.copy(at, ours.size());
    *at++ = '"';
    out_->took(at);
    return *this;
  }
  JsonWriter& value(bool truth) { return truth ? constant("true") : constant("false"); }
  JsonWriter& value(FrameNo frame) { return value(number(frame)); }
  JsonWriter& value(std::nullptr_t) { return constant("null"); }
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) JsonWriter& value(T n) { return number_value(std::uint64_t{n}); }
  template <std::signed_integral T>
  JsonWriter& value(T n) {
    return number_value(std::int64_t{n});
  }
  template <class T>
  JsonWriter& value(const std::optional<T>& maybe) {
    return maybe ? value(*maybe) : value(nullptr);
  }
  template <class T>
  JsonWriter& value(const std::vector<T>& list) {
    return value(std::span<const T>(list));
  }
  template <class T, std::size_t Few>
  JsonWriter& value(const ShortList<T, Few>& list) {
    return value(std::span<const T>(list));
  }
  JsonWriter& value(std::span<const FrameNo> frames);
  template <class T>
  JsonWriter& value(std::span<const T> list) {
    open_array();
    for (const T& item : list) value(item);
    return close_array();
  }
  /// A name that packets or files claim, as utf8_name() has it.
  JsonWriter& name(std::string_view hostile) { return write_string(hostile, true); }
  JsonWriter& name_or_null(const std::optional<std::string_view>& maybe) {
    return maybe ? name(*maybe) : value(nullptr);
  }
  /// A number that was written out already.
  JsonWriter& number_text(std::string_view);
  template <class T>
  JsonWriter& field(std::string_view name, const T& v) {
    key(name);
    return value(v);
  }
  template <std::size_t Size, class T>
  JsonWriter& field(const char (&name)[Size], const T& v) {
    key(name);
    return value(v);
  }
  /// The text, or null if it is empty: for texts where empty means unknown.
  JsonWriter& value_or_null(std::string_view text) {
    return text.empty() ? value(nullptr) : value(text);
  }
  template <std::size_t Size>
  JsonWriter& text_or_null(const char (&name)[Size], std::string_view text) {
    key(name);
    return value_or_null(text);
  }

  /// What is written so far.
  [[nodiscard]] std::string_view view() const { return out_->view(); }
  /// The finished document and a newline; the writer is ready for the next.
  std::string line();
  /// Ends the document with a newline where it is.
  void finish_line() {
    out_->push('\n');
    behind_value_ = false;
  }

 private:
  JsonWriter& open(char bracket) {
    char* const at = begin_value(1);
    *at = bracket;
    out_->took(at + 1);
    behind_value_ = false;
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_->push(bracket);
    behind_value_ = true;
    return *this;
  }
  template <std::size_t Size>
  JsonWriter& constant(const char (&ours)[Size]) {
    char* const at = begin_value(Size - 1);
    out_->took(at + std::string_view(ours, Size - 1).copy(at, Size - 1));
    return *this;
  }
  /// Any bytes: copied as they are if nothing in them has to be escaped, which is nearly always so.
  JsonWriter& write_string(std::string_view hostile, bool name);
  template <class Number>
  JsonWriter& number_value(Number n) {
    char* const at = begin_value(kLongestNumber);
    out_->took(write_number(at, n));
    return *this;
  }
  /// Room for what comes now, behind a comma if that follows a value.
  char* begin_value(std::size_t size) {
    char* at = out_->room(size + 1);
    if (behind_value_) *at++ = ',';
    behind_value_ = true;
    return at;
  }

  TextBuffer own_;
  TextBuffer* out_;
  bool behind_value_{};
};

}  // namespace whohungup
