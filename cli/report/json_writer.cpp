#include "cli/report/json_writer.h"

#include "cli/report/escape.h"
#include "cli/report/plain_text.h"

namespace whohungup {
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

JsonWriter& JsonWriter::write_string(std::string_view hostile, bool name) {
  char* const quote = begin_value(hostile.size() + 2);
  char* const text = quote + 1;
  if (copy_whole(text, hostile.data(), hostile.size())) [[likely]] {
    *quote = text[hostile.size()] = '"';
    out_->took(text + hostile.size() + 1);
    return *this;
  }
  out_->took(quote);
  name ? append_json_string(*out_, utf8_name(hostile)) : append_json_string(*out_, hostile);
  return *this;
}

JsonWriter& JsonWriter::value(std::span<const FrameNo> frames) {
  out_->took(json_piece::write(begin_value(json_piece::longest(frames)), frames));
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
