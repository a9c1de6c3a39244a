// Reading fields off hostile bytes, and putting them together again.
//
// Every wire format of this program goes through these two types; the one bounds check is
// ByteReader::take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "capture/packet.h"

namespace whohungup {

/// Reads fields off the front of a byte string, in network byte order.
///
/// A reader fails once and stays failed: after the first read past the end every read yields
/// zero or an empty span. So a whole structure is read straight through, and ok() is asked once.
class ByteReader {
 public:
  constexpr explicit ByteReader(Bytes bytes) : rest_(bytes) {}

  constexpr std::uint8_t u8() { return static_cast<std::uint8_t>(number<1>()); }
  constexpr std::uint16_t u16() { return static_cast<std::uint16_t>(number<2>()); }
  constexpr std::uint32_t u24() { return number<3>(); }
  constexpr std::uint32_t u32() { return number<4>(); }

  /// The next `n` bytes, or an empty span and failure if there are fewer.
  constexpr Bytes take(std::size_t n) {
    if (failed_ || n > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const Bytes taken = rest_.first(n);
    rest_ = rest_.subspan(n);
    return taken;
  }
  constexpr void skip(std::size_t n) { take(n); }

  /// A vector with a length prefix of 1, 2 or 3 bytes (RFC 8446 §3.4), as a reader of its own
  /// that cannot run past the vector's end. A short vector fails this reader.
  constexpr ByteReader vector8() { return ByteReader(take(u8())); }
  constexpr ByteReader vector16() { return ByteReader(take(u16())); }
  constexpr ByteReader vector24() { return ByteReader(take(u24())); }

  [[nodiscard]] constexpr Bytes rest() const { return rest_; }
  [[nodiscard]] constexpr std::size_t left() const { return rest_.size(); }
  [[nodiscard]] constexpr bool ok() const { return !failed_; }          // nothing has failed
  [[nodiscard]] constexpr bool more() const { return !rest_.empty(); }  // loop condition
  [[nodiscard]] constexpr bool done() const { return !failed_ && rest_.empty(); }

 private:
  // Unrolled by hand for each width: compilers make one load and one byte swap of it.
  template <std::size_t N>
  constexpr std::uint32_t number() {
    const Bytes b = take(N);
    if (b.size() != N) return 0;
    if constexpr (N == 1) return b[0];
    if constexpr (N == 2) return std::uint32_t{b[0]} << 8U | b[1];
    if constexpr (N == 3) return std::uint32_t{b[0]} << 16U | std::uint32_t{b[1]} << 8U | b[2];
    if constexpr (N == 4)
      return std::uint32_t{b[0]} << 24U | std::uint32_t{b[1]} << 16U | std::uint32_t{b[2]} << 8U |
             b[3];
  }

  Bytes rest_;
  bool failed_{false};
};

/// Puts fields together in network byte order. Lengths are patched in when a vector closes.
class ByteWriter {
 public:
  ByteWriter& u8(std::uint8_t v) { return number(v, 1); }
  ByteWriter& u16(std::uint16_t v) { return number(v, 2); }
  ByteWriter& u24(std::uint32_t v) { return number(v, 3); }
  ByteWriter& u32(std::uint32_t v) { return number(v, 4); }
  ByteWriter& bytes(Bytes b) {
    // Byte by byte: of insert() and resize() GCC 12 warns that they write where they cannot.
    for (const std::uint8_t byte : b) out_.push_back(byte);
    return *this;
  }
  ByteWriter& text(std::string_view t) {
    for (const char c : t) out_.push_back(static_cast<std::uint8_t>(c));
    return *this;
  }

  /// Writes a vector: a length of `prefix` bytes in front of whatever `body` writes.
  template <class Body>
  ByteWriter& vector(std::size_t prefix, Body body) {
    const std::size_t at = out_.size();
    number(0, prefix);
    body(*this);
    const std::size_t length = out_.size() - at - prefix;
    for (std::size_t i = 0; i < prefix; ++i)
      out_[at + i] = static_cast<std::uint8_t>(length >> (8 * (prefix - 1 - i)));
    return *this;
  }

  void reserve(std::size_t size) { out_.reserve(size); }
  [[nodiscard]] const std::vector<std::uint8_t>& written() const { return out_; }
  [[nodiscard]] std::vector<std::uint8_t> finish() { return std::move(out_); }

 private:
  ByteWriter& number(std::uint32_t v, std::size_t n) {
    for (std::size_t i = n; i-- > 0;) out_.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
    return *this;
  }

  std::vector<std::uint8_t> out_;
};

}  // namespace whohungup
