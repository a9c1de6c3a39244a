#include "dissect/tls_record.h"

namespace whohungup::tls {

namespace {

bool is_content_type(std::uint8_t byte) { return byte >= 20 && byte <= 24; }

// SSL 3.0 to TLS 1.3. Record headers of drafts and strangers are left to read_record_header, which
// asks only for the major version.
bool is_hello_version(std::uint16_t version) { return version >= 0x0300 && version <= 0x0304; }

// A body holds at least version and random. What is behind them may be missing in the hellos of
// test captures (public: Proxy-IT+pcaptriage/r12-tls-failing.pcap has 35 bytes), and a hello is
// what the client meant them to be.
constexpr std::uint32_t kSmallestHello = 34;
// OpenSSL refuses a ClientHello longer than 131396 bytes, the largest limit known of a server;
// what claims to be longer is no hello.
constexpr std::uint32_t kLargestHello = 131396;

// Asks every byte at hand, so that a beginning that cannot become a hello is told at once. The
// length is in the first record only as far as that record reaches: a client may cut its hello
// into records of one byte (RFC 8446 §5.1).
HelloLook looks_like_tls_hello(Bytes bytes) {
  if (bytes.size() > 1 && bytes[1] != 3) return HelloLook::No;
  if (bytes.size() > 2 && bytes[2] > 4) return HelloLook::No;
  if (bytes.size() < kHeaderSize) return HelloLook::TooShort;

  ByteReader in(bytes.subspan(3));
  const std::size_t length = in.u16();
  if (length == 0 || length > kMaxFragment) return HelloLook::No;
  if (!in.more()) return HelloLook::TooShort;
  if (in.u8() != 1) return HelloLook::No;
  if (length < 4 || in.left() < 3) return HelloLook::Tls;
  const std::uint32_t body = in.u24();
  return body >= kSmallestHello && body <= kLargestHello ? HelloLook::Tls : HelloLook::No;
}

// 2 bytes length with the high bit set, type 1, version, and three lengths that add up to it:
// cipher specs of 3 bytes each, a session id of 0 or 16, a challenge of 16 to 32 bytes.
HelloLook looks_like_sslv2_hello(Bytes bytes) {
  if (bytes.size() > 2 && bytes[2] != 1) return HelloLook::No;
  if (bytes.size() > 3 && bytes[3] != 0 && bytes[3] != 3) return HelloLook::No;
  if (bytes.size() < 11) return HelloLook::TooShort;

  ByteReader in(bytes);
  const std::size_t length = in.u16() & 0x7fffU;
  in.skip(1);
  const std::uint16_t version = in.u16();
  const std::size_t ciphers = in.u16();
  const std::size_t session = in.u16();
  const std::size_t challenge = in.u16();
  const bool plausible = (version == 0x0002 || is_hello_version(version)) && ciphers > 0 &&
                         ciphers % 3 == 0 && (session == 0 || session == 16) && challenge >= 16 &&
                         challenge <= 32 && length == 9 + ciphers + session + challenge;
  return plausible ? HelloLook::Sslv2 : HelloLook::No;
}

}  // namespace

std::variant<RecordHeader, NeedMore, NotTls> read_record_header(Bytes bytes) {
  if (bytes.empty()) return NeedMore{kHeaderSize};
  if (!is_content_type(bytes[0])) return NotTls{bytes[0]};
  if (bytes.size() > 1 && bytes[1] != 3) return NotTls{bytes[0]};
  if (bytes.size() < kHeaderSize) return NeedMore{kHeaderSize - bytes.size()};

  ByteReader in(bytes);
  const RecordHeader header{ContentType{in.u8()}, in.u16(), in.u16()};
  if (header.length > kMaxFragment) return NotTls{bytes[0]};
  // Only application data may be empty (RFC 8446 §5.1, RFC 5246 §6.2.1).
  if (header.length == 0 && header.type != ContentType::ApplicationData) return NotTls{bytes[0]};
  return header;
}

HelloLook looks_like_client_hello(Bytes bytes) {
  if (bytes.empty()) return HelloLook::TooShort;
  if (bytes[0] == static_cast<std::uint8_t>(ContentType::Handshake))
    return looks_like_tls_hello(bytes);
  if ((bytes[0] & 0x80U) != 0) return looks_like_sslv2_hello(bytes);
  return HelloLook::No;
}

bool looks_like_record(Bytes bytes) {
  ByteReader in(bytes);
  const ContentType type{in.u8()};
  const std::uint16_t version = in.u16();
  const std::uint16_t length = in.u16();
  if (!in.ok() || !is_hello_version(version)) return false;
  switch (type) {
    case ContentType::ChangeCipherSpec:
      return length == 1;
    case ContentType::Alert:
      // Two bytes in clear; sealed with a CBC suite at most two bytes, a MAC of 48, padding of
      // 256 and an explicit IV of 16.
      return length >= 2 && length <= 322;
    case ContentType::Handshake:
      return length >= 1 && length <= kMaxFragment;
    default:
      return false;
  }
}

}  // namespace whohungup::tls
