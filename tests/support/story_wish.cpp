// The vocabulary of packet lines: header fields, payloads, and how much of a payload is sent.
#include "tests/support/story_wish.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "tests/support/story_tls.h"

namespace whohungup::story {
namespace {

HelloWish read_hello(Words& words) {
  HelloWish wish;
  if (words.more() && words.peek().find('.') != std::string_view::npos) wish.name = words.next();
  while (words.more()) {
    if (words.accept("size"))
      wish.size = static_cast<std::size_t>(words.number());
    else if (words.accept("alpn"))
      wish.alpn.emplace_back(words.next());
    else if (words.accept("tls12"))
      wish.tls12 = true;
    else
      break;
  }
  return wish;
}

/// One item of payload, or nothing if the next word is none.
std::optional<Octets> read_payload(Words& words) {
  if (words.accept("hello")) {
    try {
      return client_hello(read_hello(words));
    } catch (const std::length_error& error) {
      words.fail(error.what());
    }
  }
  if (words.accept("server-hello")) return server_hello(words.accept("tls12"));
  if (words.accept("hello-retry-request")) return hello_retry_request();
  if (words.accept("ccs")) return change_cipher_spec();
  if (words.accept("appdata")) return sealed(23, static_cast<std::size_t>(words.number()));
  if (words.accept("sealed")) {
    const auto type = static_cast<std::uint8_t>(words.number());
    return sealed(type, static_cast<std::size_t>(words.number()));
  }
  if (words.accept("handshake")) {
    const auto type = static_cast<std::uint8_t>(words.number());
    return handshake(type, static_cast<std::size_t>(words.number()));
  }
  if (words.accept("alert")) {
    const bool fatal = words.accept("fatal");
    if (!fatal && !words.accept("warning")) words.fail("an alert is fatal or warning");
    return alert(fatal ? 2 : 1, static_cast<std::uint8_t>(words.number()));
  }
  if (words.accept("text")) return words.quoted();
  if (words.accept("bytes")) return words.hex();
  return std::nullopt;
}

}  // namespace

std::uint16_t read_flags(Words& words, std::string_view letters) {
  std::uint16_t flags = 0;
  constexpr std::string_view kLetters = "FSRPAUEC";
  for (const char letter : letters) {
    if (letter == '.') continue;
    const std::size_t bit = kLetters.find(letter);
    if (bit == std::string_view::npos) words.fail(fmt::format("unknown flag '{}'", letter));
    flags = static_cast<std::uint16_t>(flags | 1U << bit);
  }
  return flags;
}

Wish read_wish(Words& words) {
  Wish wish;
  const std::pair<std::string_view, std::optional<std::int64_t>*> numbers[] = {
      {"seq", &wish.seq},     {"ack", &wish.ack},         {"ttl", &wish.ttl},
      {"id", &wish.id},       {"win", &wish.window},      {"tos", &wish.tos},
      {"tsval", &wish.tsval}, {"mss", &wish.mss},         {"tsecr", &wish.tsecr},
      {"label", &wish.label}, {"mac", &wish.mac},         {"mtu", &wish.mtu},
      {"quote", &wish.quote}, {"qttl", &wish.quoted_ttl}, {"reserved", &wish.reserved}};
  const std::pair<std::string_view, bool*> switches[] = {{"forged", &wish.forged},
                                                         {"lost", &wish.lost},
                                                         {"nots", &wish.no_timestamps},
                                                         {"noopt", &wish.no_options},
                                                         {"badsum", &wish.bad_checksum}};
  const auto read_one = [&] {
    for (const auto& [word, value] : numbers)
      if (words.accept(word)) return *value = words.number(), true;
    for (const auto& [word, value] : switches)
      if (words.accept(word)) return *value = true;
    if (words.accept("df") || words.accept("nodf")) {
      wish.dont_fragment = words.last() == "df";
    } else if (words.accept("options")) {
      wish.options = words.hex();
    } else if (words.accept("from")) {
      wish.reporter = words.address();
    } else if (words.accept("cut")) {
      wish.cut_begin = words.number();
      wish.cut_end = words.number();
    } else if (words.accept("sack")) {
      wish.sack_left = words.number();
      wish.sack_right = words.number();
    } else if (const std::optional<Octets> bytes = read_payload(words)) {
      wish.payload.insert(wish.payload.end(), bytes->begin(), bytes->end());
    } else {
      return false;
    }
    return true;
  };
  while (words.more())
    if (!read_one()) words.fail(fmt::format("unknown word '{}'", words.peek()));
  if (wish.cut_begin) {
    const auto size = static_cast<std::int64_t>(wish.payload.size());
    if (*wish.cut_begin > *wish.cut_end || *wish.cut_end > size)
      words.fail(fmt::format("cannot cut {} bytes there", size));
    wish.payload =
        Octets(wish.payload.begin() + *wish.cut_begin, wish.payload.begin() + *wish.cut_end);
  }
  return wish;
}

}  // namespace whohungup::story
