// The TLS record layer (RFC 8446 §5.1): which bytes are a record, how many are missing, or why
// this is no TLS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>

#include "dissect/bytes.h"

namespace whohungup::tls {

/// A number with names: strangers keep their value.
enum class ContentType : std::uint8_t {
  ChangeCipherSpec = 20,
  Alert = 21,
  Handshake = 22,
  ApplicationData = 23,
  Heartbeat = 24,
};

/// The longest fragment taken for a record: 2^14 + 2048 (RFC 5246 §6.2.3); more is no TLS.
constexpr std::size_t kMaxFragment = (1U << 14U) + 2048;
constexpr std::size_t kHeaderSize = 5;

struct RecordHeader {
  ContentType type{};
  std::uint16_t version{};
  std::uint16_t length{};  // of the fragment
};

/// TLS 1.3 hides the type of an encrypted record, but not its length: an alert seals 2 bytes, 1 of
/// content type and a tag of 16 (or 8) bytes, and no handshake message is that short (RFC 8446
/// §5.2, §4: a message has a header of 4 bytes).
constexpr bool is_sealed_alert_length(std::uint16_t length) { return length == 19 || length == 11; }

struct NeedMore {
  std::size_t bytes{};  // this many more decide
};
struct NotTls {
  std::uint8_t first_byte{};
};

/// Reads a record header: type 20..24, major version 3, length at most kMaxFragment.
std::variant<RecordHeader, NeedMore, NotTls> read_record_header(Bytes);

/// Whether these bytes begin a ClientHello: a handshake record whose first message is type 1
/// with lengths that agree, or an SSLv2-style hello (RFC 5246 appendix E.2). Six bytes decide a
/// TLS hello, eleven an SSLv2 one; with fewer it says what the bytes at hand allow.
enum class HelloLook : std::uint8_t { No, Tls, Sslv2, TooShort };
HelloLook looks_like_client_hello(Bytes);

/// Whether these bytes begin a TLS record a server could answer a hello with: a handshake, alert
/// or change_cipher_spec record. Used to find the record boundary again after a hole.
bool looks_like_record(Bytes);

}  // namespace whohungup::tls
