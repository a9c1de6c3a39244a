// The replacements: functions of a secret key, so that the same becomes the same everywhere.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "capture/packet.h"

namespace whohungup {

/// Whether these are lines for people, and no binary message with words in it.
bool is_text(std::string_view bytes);

class KeyedReplacements {
 public:
  KeyedReplacements();  // with a new random key

  /// An address of 4 or 16 bytes: two that share a prefix still share one of that length.
  std::vector<std::uint8_t> address(Bytes);
  /// Addresses of groups stay: they are nobody's.
  std::array<std::uint8_t, 6> mac(Bytes);
  /// A label of a name or a word: letters become letters and digits digits, and what is no ASCII
  /// something that is none.
  std::string word(std::string_view);
  /// Host names and words within text; words of protocols stay, for without them nobody knows what
  /// was spoken.
  std::string text(std::string_view);
  /// Noise, as long as wanted, for a place of a stream.
  std::uint8_t noise(std::uint64_t stream, std::int64_t offset);

  std::set<std::string> addresses, macs, words;  // that were replaced

 private:
  /// The same where letters are hex digits.
  std::string hex_word(std::string_view);
  /// An address in text: another of the same length, whose octets are octets.
  std::string ipv4_word(std::string_view);
  void socks_addresses(std::string_view original, std::string& to);
  using Digest = std::array<std::uint8_t, 32>;
  [[nodiscard]] Digest keyed(std::string_view what) const;

  Digest key_{};
  std::map<std::string, std::vector<std::uint8_t>> known_;
  std::uint64_t noise_stream_{~std::uint64_t{0}};
  std::int64_t noise_block_{-1};
  Digest noise_{};
};

}  // namespace whohungup
