#include "cli/explain_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/report/escape.h"
#include "cli/report/json_writer.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view with = ", ") {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += with;
    out += word;
  }
  return out;
}

/// The names of events, those of a whole mechanism as the mechanism alone: "silence".
std::vector<std::string> short_names(EventSet events) {
  std::vector<std::string> list;
  for (int m = 0; m < EventSet::kMechanisms; ++m) {
    const EventSet whole = all_events() & EventSet::of(static_cast<Mechanism>(m));
    const EventSet some = events & whole;
    if (some.empty()) continue;
    if (some == whole)
      list.emplace_back(to_string(static_cast<Mechanism>(m)));
    else
      for (std::string& name : names(some)) list.push_back(std::move(name));
  }
  return list;
}

std::string paragraphs(std::string_view title, const std::vector<std::string>& sentences) {
  std::string out;
  for (const std::string& sentence : sentences)
    out += wrapped(fmt::format("  {:<11}", out.empty() ? title : ""), harmless(sentence));
  return out;
}

std::string shown(const FoundText& text) {
  std::string out(text.prints);
  if (!out.starts_with(to_string(text.program)))
    out = fmt::format("{}: {}", to_string(text.program), text.prints);
  if (!text.remark.empty()) out += fmt::format(" ({})", text.remark);
  return out;
}

std::string heading(const PrintedAttempt& attempt, std::size_t number, std::size_t of,
                    const Style& style) {
  std::string title = of > 1 ? fmt::format("{}. ", number) : "";
  if (!attempt.quote.empty())
    title += fmt::format("\"{}\"", keep_begin(harmless(attempt.quote), 90));
  else if (attempt.counts)
    title += fmt::format("read {} bytes and written {} bytes", attempt.counts->read,
                         attempt.counts->written);
  else
    title += "a connection, and no word of its end";
  return style.bold(title) + "\n";
}

std::string attempt_text(const PrintedAttempt& attempt, std::size_t number, std::size_t of,
                         const Style& style) {
  std::string out = heading(attempt, number, of, style);
  std::vector<std::string> texts;
  for (const FoundText& text : attempt.texts)
    if (std::find(texts.begin(), texts.end(), shown(text)) == texts.end())
      texts.push_back(shown(text));
  out += paragraphs("found", texts);
  out += paragraphs("means", attempt.means);
  out += paragraphs("counts", attempt.counted);
  out += wrapped("  usually    ", joined(short_names(attempt.usual)));
  if (!attempt.rare.empty()) out += wrapped("  seldom     ", joined(short_names(attempt.rare)));
  out += paragraphs("not", attempt.excludes);
  out += wrapped("  never      ", joined(short_names(all_events() - attempt.possible())));
  out += step_text("  run next   ", harmless(attempt.next));
  return out;
}

void write_texts(JsonWriter& json, const PrintedAttempt& attempt) {
  json.key("texts").open_array();
  for (const FoundText& text : attempt.texts) {
    json.open_object().field("line", text.line).field("program", to_string(text.program));
    json.key("endings").open_array();
    for (const PrintedEnding ending : text.endings) json.value(ending_row(ending).id);
    json.close_array().field("text", text.prints);
    json.text_or_null("remark", text.remark);
    json.key("alert");
    if (text.alert)
      json.value(static_cast<unsigned>(*text.alert));
    else
      json.value(nullptr);
    json.close_object();
  }
  json.close_array();
}

void write_counts(JsonWriter& json, const PrintedAttempt& attempt) {
  json.key("counts");
  if (!attempt.counts) {
    json.value(nullptr);
    return;
  }
  json.open_object().field("read", attempt.counts->read).field("written", attempt.counts->written);
  json.key("readings").open_array();
  for (const Reading& reading : attempt.readings) {
    json.open_object().field("law", reading.law->id).field("hello", reading.hello);
    json.field("own_alert", reading.own_alert);
    json.field("dialogue", reading.prelude != nullptr ? reading.prelude->bytes : 0);
    json.text_or_null("protocol", reading.prelude != nullptr ? reading.prelude->protocol : "");
    json.key("name_length").open_array();
    json.value(reading.name.first).value(reading.name.last).close_array().close_object();
  }
  json.close_array().close_object();
}

void write_attempt(JsonWriter& json, const PrintedAttempt& attempt) {
  json.open_object().text_or_null("quote", attempt.quote);
  write_texts(json, attempt);
  json.field("seen_by", attempt.at_server ? "server" : "client");
  json.text_or_null("host", attempt.host.empty() ? attempt.name : attempt.host);
  json.key("port");
  if (attempt.port != 0)
    json.value(static_cast<unsigned>(attempt.port));
  else
    json.value(nullptr);
  json.text_or_null("starttls", attempt.protocol);
  json.key("events").open_object();
  json.field("usual", names(attempt.usual)).field("rare", names(attempt.rare));
  json.field("excluded", names(all_events() - attempt.possible())).close_object();
  json.field("means", attempt.means).field("excludes", attempt.excludes);
  write_counts(json, attempt);
  json.field("proves", attempt.counted).field("next", attempt.next).close_object();
}

/// Nothing is known: what comes near, and what to run instead.
std::string unknown_text(const Explanation& explanation) {
  std::string out = wrapped(
      "", fmt::format("Not known: none of the {} texts in the table, no byte counts and no id of "
                      "ours is in these {}.",
                      client_texts().size(), counted(explanation.bytes, "byte")));
  std::vector<std::string> near;
  for (const ClientText* row : explanation.nearest)
    near.push_back(fmt::format("{}: {}", to_string(row->program), row->prints));
  out += paragraphs("nearest", near);
  out += step_text("  run next   ", harmless(explanation.next));
  return out + wrapped("",
                       "Packets need no words: it captures what it tries, and "
                       "`whohungup read FILE` judges a capture of your own.");
}

std::string begin_json(JsonWriter& json) {
  json.open_object().field("schema", "whohungup/1").field("type", "explanation");
  return {};
}

}  // namespace

std::string explanation_text(const Explanation& explanation, const Style& style) {
  std::string out;
  const auto& attempts = explanation.attempts;
  for (std::size_t i = 0; i < attempts.size(); ++i)
    out += (i > 0 ? "\n" : "") + attempt_text(attempts[i], i + 1, attempts.size(), style);
  if (!explanation.together.empty()) out += "\n" + style.bold("Together") + "\n";
  for (const std::string& text : explanation.together) out += wrapped("  ", text);
  if (explanation.known())
    out += "\n" +
           style.dim(
               "A text tells what reached the one who prints it, never who sent it: "
               "packets do.") +
           "\n";
  else
    out += unknown_text(explanation);
  if (attempts.size() >= kMostAttempts)
    out += wrapped("", fmt::format("Only the first {} ends are told.", kMostAttempts));
  if (explanation.cut)
    out += wrapped("", fmt::format("Only the first {} KiB were read.", kMostText / 1024));
  return out;
}

std::string explanation_json(const Explanation& explanation) {
  JsonWriter json;
  begin_json(json);
  json.field("known", explanation.known()).field("bytes", explanation.bytes);
  json.field("cut", explanation.cut).key("attempts").open_array();
  for (const PrintedAttempt& attempt : explanation.attempts) write_attempt(json, attempt);
  json.close_array().field("together", explanation.together).field("id", nullptr);
  if (!explanation.known()) {
    json.key("nearest").open_array();
    for (const ClientText* row : explanation.nearest)
      json.open_object()
          .field("program", to_string(row->program))
          .field("text", row->prints)
          .close_object();
    json.close_array().field("next", explanation.next);
  }
  return json.close_object().line();
}

std::string code_text(const CodePattern& pattern) {
  std::string out = fmt::format("verdict {}\n", pattern.given);
  for (const std::string& code : pattern.codes)
    out += wrapped(fmt::format("  {:<30}", code), describe_code(code));
  std::string clients;
  for (const std::string& event : names(pattern.events))
    for (const Foretelling& told : foretold_for(event)) {
      const std::string line =
          wrapped(fmt::format("  {:<10}", to_string(told.text->program)), told.text->prints);
      if (clients.find(line) == std::string::npos) clients += line;
    }
  if (!clients.empty()) out += "clients print\n" + clients;
  return out +
         wrapped("run next   ", pattern.codes.size() == 1 && pattern.given.starts_with("nobody")
                                    ? "nothing: it was completed"
                                    : "whohungup diagnose HOST:PORT");
}

std::string code_json(const CodePattern& pattern) {
  JsonWriter json;
  begin_json(json);
  json.field("known", true).field("bytes", pattern.given.size()).field("cut", false);
  json.key("attempts").open_array().close_array().key("together").open_array().close_array();
  json.key("id").open_object().field("kind", "verdict").field("id", pattern.given);
  json.field("codes", pattern.codes);
  json.field("meaning", pattern.codes.size() == 1 ? describe_code(pattern.codes.front()) : "");
  json.key("clients").open_array();
  for (const std::string& event : names(pattern.events))
    for (const Foretelling& told : foretold_for(event))
      json.open_object()
          .field("event", event)
          .field("program", to_string(told.text->program))
          .field("prints", told.text->prints)
          .close_object();
  return json.close_array().close_object().close_object().line();
}

std::string sizes_text() {
  std::string out =
      "Bytes of a ClientHello's record by the length n of the host name, as measured. \"padded\": "
      "a\n"
      "handshake message of 256 to 511 bytes is filled to 512 (RFC 7685), so the record has "
      "517.\n\n";
  out += fmt::format("{:<34}{:<20}{:>9}  {}\n", "client", "options", "no name", "with a name");
  for (const SizeLaw& law : size_laws())
    out +=
        fmt::format("{:<34}{:<20}{:>9}  {} + n{}{}\n", law.client, law.options,
                    law.without_name == 0 ? "-" : std::to_string(hello_size(law, 0)), law.with_name,
                    law.padded ? ", padded" : "", law.measured_here ? "" : " (measured earlier)");
  out += "\nWhat `openssl s_client -starttls` writes before it\n\n";
  for (const Prelude& prelude : preludes())
    out += fmt::format("{:<10}{:>3}  {}\n", prelude.protocol, prelude.bytes, prelude.pieces);
  return out;
}

std::string sizes_json() {
  std::string out;
  for (const SizeLaw& law : size_laws()) {
    JsonWriter json;
    json.open_object().field("schema", "whohungup/1").field("type", "size_law");
    json.field("id", law.id).field("client", law.client).field("options", law.options);
    json.key("without_name");
    if (law.without_name != 0)
      json.value(static_cast<unsigned>(hello_size(law, 0)));
    else
      json.value(nullptr);
    json.field("with_name", static_cast<unsigned>(law.with_name)).field("padded", law.padded);
    json.field("measured_here", law.measured_here).key("sizes").open_object();
    for (const std::size_t length : {8U, 19U, 26U, 60U, 100U, 190U, 230U})
      json.field(std::to_string(length), hello_size(law, length));
    out += json.close_object().close_object().line();
  }
  return out;
}

}  // namespace whohungup
