#include "cli/report/words.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstring>
#include <optional>

#include "cli/report/escape.h"
#include "dissect/digits.h"

namespace whohungup {
namespace {

/// A moment taken apart: what a clock and a calendar show in UTC.
struct Civil {
  std::chrono::year_month_day day;
  std::chrono::hh_mm_ss<Duration> time;
};

Civil civil(Time at) {
  const auto midnight = std::chrono::floor<std::chrono::days>(at);
  return {std::chrono::year_month_day{midnight}, std::chrono::hh_mm_ss<Duration>{at - midnight}};
}

/// What is known not to be negative.
constexpr std::uint64_t digits_of(std::int64_t number) {
  return static_cast<std::uint64_t>(number);
}

/// "00:00:00". By hand, because every flow has its time.
void write_time(char* to, const std::chrono::hh_mm_ss<Duration>& time) {
  write_digits(to, 2, digits_of(time.hours().count()));
  write_digits(to + 3, 2, digits_of(time.minutes().count()));
  write_digits(to + 6, 2, digits_of(time.seconds().count()));
}

struct CodeWords {
  Actor actor{};
  Mechanism mechanism{};
  Stage stage{};
};

constexpr std::array kActors{Actor::Server, Actor::Client, Actor::Middlebox, Actor::Unknown,
                             Actor::Nobody};
constexpr std::array kMechanisms{Mechanism::Fin,       Mechanism::Rst,  Mechanism::Alert,
                                 Mechanism::Plaintext, Mechanism::Icmp, Mechanism::Silence,
                                 Mechanism::None};
constexpr std::array kStages{Stage::Syn, Stage::Accepted, Stage::ClientHello, Stage::ServerHello,
                             Stage::Established};

template <class Word, std::size_t N>
std::optional<Word> word_named(const std::array<Word, N>& words, std::string_view name) {
  for (const Word word : words)
    if (to_string(word) == name) return word;
  return std::nullopt;
}

std::optional<CodeWords> read_code(std::string_view code) {
  const std::size_t first = code.find('.');
  const std::size_t last = code.rfind('.');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  const auto actor = word_named(kActors, code.substr(0, first));
  const auto mechanism = word_named(kMechanisms, code.substr(first + 1, last - first - 1));
  const auto stage = word_named(kStages, code.substr(last + 1));
  if (!actor || !mechanism || !stage) return std::nullopt;
  return CodeWords{*actor, *mechanism, *stage};
}

std::string_view who(Actor actor) {
  switch (actor) {
    case Actor::Server:
      return "the server";
    case Actor::Client:
      return "the client";
    case Actor::Middlebox:
      return "a middlebox";
    case Actor::Unknown:
      return "somebody";
    case Actor::Nobody:
      return "nobody";
  }
  return "";
}

std::string_view did_what(const CodeWords& code) {
  switch (code.mechanism) {
    case Mechanism::Fin:
      return "closed (FIN)";
    case Mechanism::Rst:
      return code.stage == Stage::Syn ? "refused (RST)" : "reset (RST)";
    case Mechanism::Alert:
      return "sent a fatal alert";
    case Mechanism::Plaintext:
      return "answered without TLS";
    case Mechanism::Icmp:
      return "sent an ICMP error";
    case Mechanism::Silence:
      return code.actor == Actor::Unknown ? "stopped answering" : "owed an answer";
    case Mechanism::None:
      return "hung up";
  }
  return "";
}

std::string_view when(Stage stage) {
  switch (stage) {
    case Stage::Syn:
      return "before any connection";
    case Stage::Accepted:
      return "before seeing a ClientHello";
    case Stage::ClientHello:
      return "after the ClientHello";
    case Stage::ServerHello:
      return "during the handshake";
    case Stage::Established:
      return "after the handshake";
  }
  return "";
}

}  // namespace

char* write_rfc3339(char* to, Time at) {
  const auto [day, time] = civil(at);
  std::memcpy(to, "0000-00-00T00:00:00.000000000Z", kRfc3339);
  write_digits(to, 4, digits_of(static_cast<int>(day.year())));  // 1677 to 2262, no further
  write_two_digits(to + 5, static_cast<unsigned>(day.month()));
  write_two_digits(to + 8, static_cast<unsigned>(day.day()));
  write_time(to + 11, time);
  write_digits(to + 20, 9, digits_of(time.subseconds().count()));
  return to + kRfc3339;
}

std::string rfc3339(Time at) {
  char text[kRfc3339];
  return {text, write_rfc3339(text, at)};
}

std::string clock_time(Time at) {
  char text[8];
  return {text, write_clock_time(text, at)};
}

char* write_clock_time(char* to, Time at) {
  to[2] = to[5] = ':';
  write_time(to, civil(at).time);
  return to + 8;
}

std::string amount(Duration d) {
  const double s = std::chrono::duration<double>(d).count();
  const auto digits = [](double value, std::string_view unit) {
    const int decimals = std::abs(value) < 9.995 ? 2 : std::abs(value) < 99.95 ? 1 : 0;
    return fmt::format("{:.{}f} {}", value, decimals, unit);
  };
  if (std::abs(s) < 0.001) return fmt::format("{:.0f} µs", s * 1e6);
  return std::abs(s) < 1 ? digits(s * 1e3, "ms") : digits(s, "s");
}

char* write_seconds(char* to, Duration d) {
  constexpr std::size_t kFraction = 9;
  constexpr std::uint64_t kSecond = 1'000'000'000;
  const std::int64_t ns = d.count();
  if (ns < 0) *to++ = '-';
  const std::uint64_t size = ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : digits_of(ns);
  to = write_number(to, size / kSecond);
  *to++ = '.';
  write_digits(to, kFraction, size % kSecond);
  const char* const least = to + 1;
  to += kFraction;
  while (to > least && to[-1] == '0') --to;
  return to;
}

std::string seconds(Duration d) {
  char text[kLongestSeconds];
  return {text, write_seconds(text, d)};
}

std::string describe_code(std::string_view code) {
  const auto words = read_code(code);
  if (!words) return {};
  if (words->mechanism == Mechanism::None) return "the handshake was completed";
  return fmt::format("{} {} {}", who(words->actor), did_what(*words), when(words->stage));
}

bool is_code(std::string_view code) { return read_code(code).has_value(); }

std::string counted(std::uint64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

bool among(std::span<const FrameNo> frames, FrameNo frame) {
  return std::find(frames.begin(), frames.end(), frame) != frames.end();
}

std::string frame_list(std::span<const FrameNo> frames) {
  // A burst of retransmissions cites many frames; ten show what it is about.
  constexpr std::size_t kMost = 10;
  std::string out;
  for (std::size_t i = 0; i < frames.size() && i < kMost; ++i)
    out += fmt::format("{}#{}", i == 0 ? "" : " ", number(frames[i]));
  if (frames.size() > kMost) out += fmt::format(" … {} more", frames.size() - kMost);
  return out;
}

std::string proxy_words(const ProxyHeader& header) {
  if (!header.source || !header.destination) return "for nobody it names";
  return fmt::format("for {}, connected to {}", to_string(*header.source),
                     to_string(*header.destination));
}

std::string_view word_for(Side side) { return side == Side::Client ? "client" : "server"; }

std::string_view word_for(ClientKnownBy by) {
  switch (by) {
    case ClientKnownBy::Syn:
      return "syn";
    case ClientKnownBy::SynAck:
      return "syn_ack";
    case ClientKnownBy::Hello:
      return "hello";
    case ClientKnownBy::Dialogue:
      return "dialogue";
    case ClientKnownBy::Port:
      return "port";
    case ClientKnownBy::Guess:
      return "guess";
  }
  return "";
}

std::string_view word_for(JudgedFor why) {
  switch (why) {
    case JudgedFor::Nothing:
      return "nothing";
    case JudgedFor::ClientHello:
      return "client_hello";
    case JudgedFor::Dialogue:
      return "dialogue";
    case JudgedFor::Port:
      return "port";
  }
  return "";
}

std::string_view word_for(EndedBy by) {
  switch (by) {
    case EndedBy::Close:
      return "close";
    case EndedBy::Idle:
      return "idle";
    case EndedBy::PortReuse:
      return "port_reuse";
    case EndedBy::EndOfCapture:
      return "end_of_capture";
    case EndedBy::MemoryLimit:
      return "memory_limit";
  }
  return "";
}

std::string wrapped(std::string_view prefix, std::string_view text, std::size_t columns) {
  const std::size_t indent = width(prefix);
  std::string out(prefix);
  out.reserve(out.size() + text.size() +
              (text.size() / std::max<std::size_t>(columns, 1) + 2) * (indent + 1));
  std::size_t column = indent;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    const std::size_t wide = width(word);
    if (column > indent && column + 1 + wide > columns) {
      out.append(1, '\n').append(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += wide;
  }
  out += '\n';
  return out;
}

std::string step_text(std::string_view prefix, std::string_view step, std::size_t columns) {
  if (!step.starts_with("whohungup ")) return wrapped(prefix, step, columns);
  return std::string(prefix).append(step).append("\n");
}

}  // namespace whohungup
