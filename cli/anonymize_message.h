// The bytes of one side's handshake messages, wherever in the stream its records put them, and what
// becomes of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/anonymize_keyed.h"
#include "cli/anonymize_stream.h"

namespace whohungup {

class MessageMask {
 public:
  /// Of the stream's bytes at `places`, in this order, into `mask`, which is as long as the stream.
  MessageMask(const SideBytes& side, KeyedReplacements& keyed, std::vector<std::size_t> places,
              std::vector<std::uint8_t>& mask)
      : side_(side), keyed_(keyed), places_(std::move(places)), mask_(mask) {}

  [[nodiscard]] std::size_t size() const { return places_.size(); }
  [[nodiscard]] std::uint8_t byte(std::size_t i) const { return side_.bytes[places_[i]]; }
  /// What it becomes, as far as that is settled.
  [[nodiscard]] std::uint8_t becomes(std::size_t i) const {
    return static_cast<std::uint8_t>(byte(i) ^ mask_[places_[i]]);
  }
  [[nodiscard]] bool is_known(std::size_t i) const { return side_.known[places_[i]]; }
  /// The number of so many bytes there; what lies behind the end counts as nothing.
  [[nodiscard]] std::size_t number(std::size_t at, std::size_t bytes) const;

  void put(std::size_t at, unsigned becomes);
  void noise(std::size_t from, std::size_t to);
  /// One byte of noise of which only the bits in `which` change.
  void noise_bits(std::size_t at, unsigned which);
  /// Label by label, as in text: the same name becomes the same name.
  void text(std::size_t from, std::size_t to);

 private:
  const SideBytes& side_;
  KeyedReplacements& keyed_;
  std::vector<std::size_t> places_;
  std::vector<std::uint8_t>& mask_;
};

/// Goes through the messages: names, tickets, keys and signatures are replaced; lengths, versions,
/// ciphers and whatever else gives a hello or a certificate its shape stay. What does not hold
/// together becomes noise.
void mask_handshake(MessageMask&);

/// The same of the DER values that lie between `from` and `to`: certificates, names of authorities,
/// answers about revocation (X.690 §8, RFC 5280 §4).
void mask_der(MessageMask&, std::size_t from, std::size_t to);

}  // namespace whohungup
