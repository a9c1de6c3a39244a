// TLS records for stories (RFC 8446 §4.1, §5.1; RFC 5246 §7.4). Written here and not with
// dissect/'s own writers, so that a mistake shared by reader and writer shows up in the samples.
#include "tests/support/story_tls.h"

#include <stdexcept>
#include <string_view>

#include "dissect/bytes.h"

namespace whohungup::story {
namespace {

constexpr std::uint8_t kChangeCipherSpec = 20, kAlert = 21, kHandshake = 22;
constexpr std::uint8_t kClientHello = 1, kServerHello = 2;
constexpr std::uint16_t kTls12 = 0x0303, kTls13 = 0x0304;

/// SHA-256 of "HelloRetryRequest", the random that marks one (RFC 8446 §4.1.3).
constexpr std::uint8_t kRetryRandom[32] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

/// Bytes without pattern to the eye, always the same for the same seed.
std::vector<std::uint8_t> noise(std::size_t size, std::uint32_t seed) {
  std::vector<std::uint8_t> bytes(size);
  for (std::uint8_t& byte : bytes) {
    seed = seed * 1664525U + 1013904223U;
    byte = static_cast<std::uint8_t>(seed >> 24U);
  }
  return bytes;
}

void write_noise(ByteWriter& out, std::size_t size, std::uint32_t seed) {
  for (const std::uint8_t byte : noise(size, seed)) out.u8(byte);
}

std::vector<std::uint8_t> record(std::uint8_t type, std::uint16_t version, Bytes fragment) {
  ByteWriter out;
  out.u8(type).u16(version).u16(static_cast<std::uint16_t>(fragment.size())).bytes(fragment);
  return out.finish();
}

std::vector<std::uint8_t> message(std::uint8_t type, Bytes body) {
  ByteWriter out;
  out.u8(type).u24(static_cast<std::uint32_t>(body.size())).bytes(body);
  return out.finish();
}

template <class Body>
void extension(ByteWriter& out, std::uint16_t type, Body body) {
  out.u16(type).vector(2, body);
}

void write_server_name(ByteWriter& out, std::string_view name) {
  extension(out, 0, [&](ByteWriter& body) {
    body.vector(2, [&](ByteWriter& list) {
      list.u8(0).vector(2, [&](ByteWriter& host) { host.text(name); });
    });
  });
}

void write_alpn(ByteWriter& out, const std::vector<std::string>& protocols) {
  extension(out, 16, [&](ByteWriter& body) {
    body.vector(2, [&](ByteWriter& list) {
      for (const std::string& protocol : protocols)
        list.vector(1, [&](ByteWriter& one) { one.text(protocol); });
    });
  });
}

void write_key_share(ByteWriter& out) {
  extension(out, 51, [](ByteWriter& body) {
    body.vector(2, [](ByteWriter& list) {
      list.u16(0x001d).vector(2, [](ByteWriter& key) { write_noise(key, 32, 7); });
    });
  });
}

void write_extensions(ByteWriter& out, const HelloWish& wish) {
  if (!wish.name.empty()) write_server_name(out, wish.name);
  extension(out, 11, [](ByteWriter& b) { b.u8(3).u8(0).u8(1).u8(2); });
  extension(out, 10, [](ByteWriter& b) {
    b.vector(2, [](ByteWriter& list) {
      for (const int group : {0x001d, 0x0017, 0x001e, 0x0019, 0x0018})
        list.u16(static_cast<std::uint16_t>(group));
    });
  });
  extension(out, 35, [](ByteWriter&) {});
  if (!wish.alpn.empty()) write_alpn(out, wish.alpn);
  extension(out, 22, [](ByteWriter&) {});
  extension(out, 23, [](ByteWriter&) {});
  extension(out, 13, [](ByteWriter& b) {
    b.vector(2, [](ByteWriter& list) {
      for (const int algorithm : {0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b,
                                  0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601})
        list.u16(static_cast<std::uint16_t>(algorithm));
    });
  });
  if (wish.tls12) return;
  extension(out, 43, [](ByteWriter& b) { b.u8(4).u16(kTls13).u16(kTls12); });
  extension(out, 45, [](ByteWriter& b) { b.u8(1).u8(1); });
  write_key_share(out);
}

std::vector<std::uint8_t> hello_record(const HelloWish& wish, std::size_t padding, bool pad) {
  ByteWriter out;
  out.u16(kTls12);
  write_noise(out, 32, 1);
  out.vector(1, [](ByteWriter& session) { write_noise(session, 32, 2); });
  out.vector(2, [&](ByteWriter& suites) {
    if (!wish.tls12) suites.u16(0x1302).u16(0x1303).u16(0x1301);
    for (const int suite :
         {0xc02c, 0xc030, 0x009f, 0xcca9, 0xcca8, 0xccaa, 0xc02b, 0xc02f, 0x009e, 0xc024, 0xc028,
          0xc023, 0xc027, 0xc00a, 0xc014, 0xc009, 0xc013, 0x009d, 0x009c, 0x0035, 0x002f, 0x00ff})
      suites.u16(static_cast<std::uint16_t>(suite));
  });
  out.u8(1).u8(0);
  out.vector(2, [&](ByteWriter& extensions) {
    write_extensions(extensions, wish);
    if (pad)
      extension(extensions, 21, [&](ByteWriter& b) {
        for (std::size_t i = 0; i < padding; ++i) b.u8(0);
      });
  });
  return record(kHandshake, 0x0301, message(kClientHello, out.written()));
}

std::vector<std::uint8_t> server_hello_record(Bytes random, std::uint16_t cipher, bool tls12,
                                              bool retry) {
  ByteWriter out;
  out.u16(kTls12).bytes(random);
  out.vector(1, [](ByteWriter& session) { write_noise(session, 32, 2); });
  out.u16(cipher).u8(0);
  out.vector(2, [&](ByteWriter& extensions) {
    if (tls12) {
      extension(extensions, 0xff01, [](ByteWriter& b) { b.u8(0); });
      extension(extensions, 11, [](ByteWriter& b) { b.u8(1).u8(0); });
      extension(extensions, 23, [](ByteWriter&) {});
      return;
    }
    extension(extensions, 43, [](ByteWriter& b) { b.u16(kTls13); });
    extension(extensions, 51, [&](ByteWriter& b) {
      if (retry)
        b.u16(0x0017);
      else
        b.u16(0x001d).vector(2, [](ByteWriter& key) { write_noise(key, 32, 8); });
    });
  });
  return record(kHandshake, kTls12, message(kServerHello, out.written()));
}

}  // namespace

std::vector<std::uint8_t> client_hello(const HelloWish& wish) {
  const std::vector<std::uint8_t> bare = hello_record(wish, 0, false);
  if (wish.size == 0 || bare.size() == wish.size) return bare;
  constexpr std::size_t kExtensionHeader = 4;
  if (wish.size < bare.size() + kExtensionHeader)
    throw std::length_error("a hello cannot be that small");
  return hello_record(wish, wish.size - bare.size() - kExtensionHeader, true);
}

std::vector<std::uint8_t> server_hello(bool tls12) {
  return server_hello_record(noise(32, 3), tls12 ? 0xc02f : 0x1301, tls12, false);
}

std::vector<std::uint8_t> hello_retry_request() {
  return server_hello_record(kRetryRandom, 0x1301, false, true);
}

std::vector<std::uint8_t> handshake(std::uint8_t type, std::size_t size) {
  return record(kHandshake, kTls12, message(type, std::vector<std::uint8_t>(size)));
}

std::vector<std::uint8_t> alert(std::uint8_t level, std::uint8_t description) {
  const std::uint8_t fragment[] = {level, description};
  return record(kAlert, kTls12, fragment);
}

std::vector<std::uint8_t> change_cipher_spec() {
  const std::uint8_t fragment[] = {1};
  return record(kChangeCipherSpec, kTls12, fragment);
}

std::vector<std::uint8_t> sealed(std::uint8_t type, std::size_t size) {
  return record(type, kTls12, noise(size, static_cast<std::uint32_t>(size) * 256U + type));
}

}  // namespace whohungup::story
