// JA3 and JA4 of many hellos: the same program says the same lists every time, so that what was
// digested once is not digested again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dissect/by_content.h"
#include "dissect/digest.h"
#include "dissect/tls_client_hello.h"

namespace whohungup::tls {

/// As ClientHello::ja3() and ja4() give them.
struct Fingerprints {
  std::string ja3, ja4;
};

/// Neither fingerprint is defined for an SSLv2 hello, and that of a cut one would be wrong.
inline bool has_fingerprints(const ClientHello& hello) { return !hello.sslv2 && !hello.cut; }

/// What kind of hello it is, as one list of numbers without GREASE: all that JA3 and JA4 look at,
/// how much there is of it with GREASE, and its key shares. Two hellos with equal numbers have
/// equal fingerprints.
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
  /// Each share's group and size, one behind the other.
  [[nodiscard]] List key_shares() const { return list(5); }

 private:
  static constexpr std::size_t kLists = 6, kSingle = 7, kHead = kSingle + kLists;
  [[nodiscard]] List list(std::size_t) const;

  // Single numbers, how long the lists are, and the lists.
  std::vector<std::uint16_t> numbers_;
  std::array<std::size_t, kLists + 1> begin_{};
};

/// Of a hello that has any.
Fingerprints fingerprints(const HelloTraits&, Digester&);

/// Remembers a text about the last few dozen kinds of hello, by their traits. Browsers that shuffle
/// their extensions are a new kind each time.
class HelloMemory {
 public:
  /// What `tell()` said of the last hello of that kind, or says now of its fingerprints: those are
  /// empty for hellos that have none. Until the next is asked for.
  template <class Tell>
  std::string_view of(const ClientHello& hello, Tell&& tell) {
    if (!has_fingerprints(hello)) return without_ = tell(Fingerprints{});
    traits_.read(hello);
    return kinds_.find(traits_.all(), [&] { return tell(fingerprints(traits_, digester_)); });
  }

 private:
  // More kinds of client than most captures have; 30 KB with lists and texts of the usual length.
  static constexpr std::size_t kKinds = 64;
  // Of the longest list of traits that is remembered: old clients that offer every suite have 150.
  static constexpr std::size_t kMostNumbers = 256;

  HelloTraits traits_;
  Digester digester_;
  ByContent<std::uint16_t, std::string, kKinds, kMostNumbers> kinds_;
  std::string without_;
};

}  // namespace whohungup::tls
