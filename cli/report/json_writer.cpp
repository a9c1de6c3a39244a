#include "cli/report/json_writer.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "cli/report/escape.h"

namespace whohungup {

struct JsonWriter::State {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
};

JsonWriter::JsonWriter() : state_(std::make_unique<State>()) {}
JsonWriter::~JsonWriter() = default;

JsonWriter& JsonWriter::open_object() {
  state_->writer.StartObject();
  return *this;
}
JsonWriter& JsonWriter::close_object() {
  state_->writer.EndObject();
  return *this;
}
JsonWriter& JsonWriter::open_array() {
  state_->writer.StartArray();
  return *this;
}
JsonWriter& JsonWriter::close_array() {
  state_->writer.EndArray();
  return *this;
}
JsonWriter& JsonWriter::key(std::string_view name) { return value(name); }

JsonWriter& JsonWriter::value(std::string_view hostile) {
  // rapidjson would copy broken UTF-8 and C1 controls as they are; json_string() does not.
  const std::string text = json_string(hostile);
  state_->writer.RawValue(text.data(), text.size(), rapidjson::kStringType);
  return *this;
}

JsonWriter& JsonWriter::value(bool truth) {
  state_->writer.Bool(truth);
  return *this;
}
JsonWriter& JsonWriter::value(std::nullptr_t) {
  state_->writer.Null();
  return *this;
}
JsonWriter& JsonWriter::unsigned_value(std::uint64_t n) {
  state_->writer.Uint64(n);
  return *this;
}
JsonWriter& JsonWriter::signed_value(std::int64_t n) {
  state_->writer.Int64(n);
  return *this;
}
JsonWriter& JsonWriter::number_text(std::string_view text) {
  state_->writer.RawValue(text.data(), text.size(), rapidjson::kNumberType);
  return *this;
}

JsonWriter& JsonWriter::text_or_null(std::string_view name, std::string_view text) {
  key(name);
  return text.empty() ? value(nullptr) : value(text);
}

std::string JsonWriter::line() {
  std::string text(state_->buffer.GetString(), state_->buffer.GetSize());
  state_->buffer.Clear();
  state_->writer.Reset(state_->buffer);
  return text + '\n';
}

}  // namespace whohungup
