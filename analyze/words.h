// Small ways to say numbers (milliseconds, counts, places in a stream as Wireshark prints them),
// and to put a text together of them.
#pragma once

#include <fmt/compile.h>

#include <concepts>
#include <cstring>
#include <string>
#include <string_view>

#include "capture/packet.h"
#include "dissect/digits.h"
#include "dissect/segment.h"

namespace whohungup {

inline constexpr std::size_t kLongestSaid = 24;
/// "0.2 ms", "31 ms", "3.1 s"; returns the end.
char* write_said(char* to, Duration);
std::string say(Duration);

/// "1 byte", "47 bytes".
template <class Number>
std::string count(Number number, std::string_view noun) {
  return fmt::format(FMT_COMPILE("{} {}{}"), number, noun, number == 1 ? "" : "s");
}

/// How a piece of a text is written: at most so many characters, and where it ends.
namespace piece {

/// "0x04d2"
struct Hex {
  std::uint64_t number{};
  std::size_t digits{4};
};
/// As say() says it.
struct Elapsed {
  Duration time;
};

constexpr std::size_t longest(std::string_view text) { return text.size(); }
inline char* write(char* to, std::string_view text) { return to + text.copy(to, text.size()); }

/// A text that stands in the program; how long it is need not be counted.
template <std::size_t Size>
constexpr std::size_t longest(const char (&)[Size]) {
  return Size - 1;
}
template <std::size_t Size>
char* write(char* to, const char (&text)[Size]) {
  std::memcpy(to, text, Size - 1);
  return to + Size - 1;
}

constexpr std::size_t longest(std::integral auto) { return kLongestNumber; }
char* write(char* to, std::unsigned_integral auto n) { return write_number(to, std::uint64_t{n}); }
char* write(char* to, std::signed_integral auto n) { return write_number(to, std::int64_t{n}); }

constexpr std::size_t longest(TcpFlags) { return kLongestFlags; }
inline char* write(char* to, TcpFlags flags) { return write_flags(to, flags); }

constexpr std::size_t longest(const IpAddress&) { return kLongestAddress; }
inline char* write(char* to, const IpAddress& ip) { return write_address(to, ip); }

constexpr std::size_t longest(const Endpoint&) { return kLongestEndpoint; }
inline char* write(char* to, const Endpoint& endpoint) { return write_endpoint(to, endpoint); }

constexpr std::size_t longest(Hex hex) { return 2 + hex.digits; }
inline char* write(char* to, Hex hex) { return write_hex(write(to, "0x"), hex.digits, hex.number); }

constexpr std::size_t longest(Elapsed) { return kLongestSaid; }
inline char* write(char* to, Elapsed elapsed) { return write_said(to, elapsed.time); }

}  // namespace piece

/// Appends the pieces, one behind the other: texts, numbers, flags, endpoints. What fmt would do
/// from a format, for the texts that every flow has a dozen of.
template <class... Pieces>
void put(std::string& text, const Pieces&... pieces) {
  constexpr std::size_t kUsual = 256;
  const std::size_t most = (piece::longest(pieces) + ...);
  if (most <= kUsual) {
    char room[kUsual];
    char* to = room;
    ((to = piece::write(to, pieces)), ...);
    text.append(room, static_cast<std::size_t>(to - room));
    return;
  }
  const std::size_t before = text.size();
  text.resize(before + most);
  char* to = text.data() + before;
  ((to = piece::write(to, pieces)), ...);
  text.resize(static_cast<std::size_t>(to - text.data()));
}

}  // namespace whohungup
