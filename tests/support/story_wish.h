// What the words of one packet line ask for, beyond its time and direction.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tests/support/story_words.h"

namespace whohungup::story {

/// Whatever is not given stays as the teller would have it.
struct Wish {
  std::optional<std::int64_t> seq, ack, sack_left, sack_right, ttl, id, window, tos, tsval, tsecr;
  std::optional<std::int64_t> mss, label, mac, cut_begin, cut_end, quote, quoted_ttl, mtu, reserved;
  std::optional<Octets> options;
  std::optional<Address> reporter;
  bool forged{}, lost{}, no_timestamps{}, no_options{}, bad_checksum{};
  std::optional<bool> dont_fragment;
  Octets payload;
};

/// "PA" as bits of the TCP header, "." none.
std::uint16_t read_flags(Words& words, std::string_view letters);
/// The rest of the line.
Wish read_wish(Words& words);

template <class Number>
Number or_else(const std::optional<std::int64_t>& given, Number usual) {
  return given ? static_cast<Number>(*given) : usual;
}

}  // namespace whohungup::story
