// What JSON is put together of where nothing has to be escaped: how much room each piece takes at
// most, and how it is written.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "capture/packet.h"
#include "dissect/digits.h"
#include "dissect/segment.h"
#include "dissect/short_list.h"

namespace whohungup::json_piece {

/// Words of ours, within quotation marks that the pieces around them have.
struct Ours {
  std::string_view text;
};
/// What `write` puts where it is told, at most so many characters; it returns the end.
template <class Write>
struct Written {
  std::size_t most{};
  Write write;
};
template <class Write>
Written(std::size_t, Write) -> Written<Write>;
/// A number, or null where there is none.
template <class Number>
struct OrNull {
  bool there{};
  Number number{};
};
template <class Number>
OrNull(bool, Number) -> OrNull<Number>;

// JSON as it stands: punctuation, names of members.
template <std::size_t Size>
constexpr std::size_t longest(const char (&)[Size]) {
  return Size - 1;
}
template <std::size_t Size>
char* write(char* to, const char (&json)[Size]) {
  std::memcpy(to, json, Size - 1);
  return to + Size - 1;
}

constexpr std::size_t longest(Ours ours) { return ours.text.size(); }
inline char* write(char* to, Ours ours) { return to + ours.text.copy(to, ours.text.size()); }

template <class Write>
constexpr std::size_t longest(const Written<Write>& piece) {
  return piece.most;
}
template <class Write>
char* write(char* to, const Written<Write>& piece) {
  return piece.write(to);
}

constexpr std::size_t longest(bool) { return 5; }
inline char* write(char* to, bool truth) { return truth ? write(to, "true") : write(to, "false"); }

template <std::integral Number>
constexpr std::size_t longest(Number) {
  return kLongestNumber;
}
template <std::unsigned_integral Number>
char* write(char* to, Number n) {
  return write_number(to, std::uint64_t{n});
}
template <std::signed_integral Number>
char* write(char* to, Number n) {
  return write_number(to, std::int64_t{n});
}

constexpr std::size_t longest(FrameNo) { return kLongestNumber; }
inline char* write(char* to, FrameNo frame) { return write(to, number(frame)); }

constexpr std::size_t longest(TcpFlags) { return kLongestFlags; }
inline char* write(char* to, TcpFlags flags) { return write_flags(to, flags); }

constexpr std::size_t longest(const IpAddress&) { return kLongestAddress; }
inline char* write(char* to, const IpAddress& ip) { return write_address(to, ip); }

constexpr std::size_t longest(std::span<const FrameNo> frames) {
  return 2 + frames.size() * (kLongestNumber + 1);
}
inline char* write(char* to, std::span<const FrameNo> frames) {
  *to++ = '[';
  for (const FrameNo& frame : frames) {
    if (&frame != frames.data()) *to++ = ',';
    to = write(to, frame);
  }
  *to++ = ']';
  return to;
}
template <std::size_t Few>
std::size_t longest(const ShortList<FrameNo, Few>& frames) {
  return longest(std::span<const FrameNo>(frames));
}
template <std::size_t Few>
char* write(char* to, const ShortList<FrameNo, Few>& frames) {
  return write(to, std::span<const FrameNo>(frames));
}

template <class Number>
constexpr std::size_t longest(OrNull<Number> piece) {
  return longest(piece.number);
}
template <class Number>
char* write(char* to, OrNull<Number> piece) {
  return piece.there ? write(to, piece.number) : write(to, "null");
}
template <class Number>
constexpr std::size_t longest(const std::optional<Number>&) {
  return longest(Number{});
}
template <class Number>
char* write(char* to, const std::optional<Number>& piece) {
  return piece ? write(to, *piece) : write(to, "null");
}

/// Whether a value has to follow before there can be a comma.
template <std::size_t Size>
constexpr bool is_open(const char (&json)[Size]) {
  const char last = json[Size - 2];
  return last == ':' || last == '[' || last == '{' || last == ',';
}
template <class Piece>
constexpr bool is_open(const Piece&) {
  return false;
}

}  // namespace whohungup::json_piece
