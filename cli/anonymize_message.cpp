// See anonymize_message.h.
#include "cli/anonymize_message.h"

#include <algorithm>

namespace whohungup {

std::size_t MessageMask::number(std::size_t at, std::size_t bytes) const {
  std::size_t value = 0;
  for (std::size_t i = at; i < std::min(at + bytes, size()); ++i) value = value << 8U | byte(i);
  return value;
}

void MessageMask::put(std::size_t at, unsigned becomes) {
  mask_[places_[at]] = static_cast<std::uint8_t>(byte(at) ^ becomes);
}

void MessageMask::noise(std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < std::min(to, size()); ++i) noise_bits(i, 0xff);
}

void MessageMask::noise_bits(std::size_t at, unsigned which) {
  const std::uint8_t noise = keyed_.noise(side_.number, static_cast<std::int64_t>(places_[at]));
  mask_[places_[at]] = static_cast<std::uint8_t>(noise & which);
}

void MessageMask::text(std::size_t from, std::size_t to) {
  to = std::min(to, size());
  std::string before;
  for (std::size_t i = from; i < to; ++i) before += static_cast<char>(byte(i));
  for (std::size_t at = 0; at < before.size();) {
    const std::size_t end = std::min(before.find_first_of(".@ ", at), before.size());
    before.replace(at, end - at, keyed_.word(before.substr(at, end - at)));
    at = end + 1;
  }
  for (std::size_t i = 0; i < before.size(); ++i)
    put(from + i, static_cast<std::uint8_t>(before[i]));
}

}  // namespace whohungup
