// JA3 and JA4 of many hellos: the same program says the same lists every time, so that what was
// digested once is not digested again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dissect/by_content.h"
#include "dissect/digest.h"
#include "dissect/tls_client_hello.h"

namespace whohungup::tls {

/// As ClientHello::ja3() and ja4() give them.
struct Fingerprints {
  std::string ja3, ja4;
};

/// All that JA3 and JA4 look at in a hello, as one list of numbers without GREASE: two hellos with
/// equal numbers have equal fingerprints.
class HelloTraits {
 public:
  void read(const ClientHello&);

  using List = std::span<const std::uint16_t>;
  [[nodiscard]] List all() const { return numbers_; }
  [[nodiscard]] std::uint16_t legacy_version() const { return numbers_[0]; }
  [[nodiscard]] std::uint16_t version() const { return numbers_[1]; }  // the highest
  [[nodiscard]] bool names_host() const { return numbers_[2] != 0; }
  /// The first and last byte of the first protocol name; 0 without one.
  [[nodiscard]] std::uint16_t protocol_ends() const { return numbers_[3]; }
  [[nodiscard]] List ciphers() const { return list(0); }
  [[nodiscard]] List extensions() const { return list(1); }
  [[nodiscard]] List groups() const { return list(2); }
  [[nodiscard]] List signatures() const { return list(3); }
  [[nodiscard]] List point_formats() const { return list(4); }

 private:
  static constexpr std::size_t kLists = 5, kSingle = 4, kHead = kSingle + kLists;
  [[nodiscard]] List list(std::size_t) const;

  // Single numbers, how long the lists are, and the lists.
  std::vector<std::uint16_t> numbers_;
  std::array<std::size_t, kLists + 1> begin_{};
};

/// Remembers the fingerprints of the last few dozen kinds of hello, by their traits. Browsers that
/// shuffle their extensions are a new kind each time.
class FingerprintMemory {
 public:
  /// The fingerprints, until the next are asked for; empty for hellos that have none.
  const Fingerprints& of(const ClientHello&);

 private:
  // More kinds of client than most captures have; 30 KB with lists of the usual length.
  static constexpr std::size_t kKinds = 64;
  // Of the longest list of traits that is remembered: old clients that offer every suite have 150.
  static constexpr std::size_t kMostNumbers = 256;

  HelloTraits traits_;
  Digester digester_;
  ByContent<std::uint16_t, Fingerprints, kKinds, kMostNumbers> kinds_;
  Fingerprints none_;
};

}  // namespace whohungup::tls
