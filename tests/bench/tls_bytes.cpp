// See tls_bytes.h. Layouts: RFC 8446 §4.1 and §5.1, RFC 5246 §7.4.
#include "tests/bench/tls_bytes.h"

#include <initializer_list>

namespace whohungup::bench {
namespace {

void put16(Octets& out, std::size_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8U));
  out.push_back(static_cast<std::uint8_t>(value));
}

void put(Octets& out, std::initializer_list<unsigned> bytes) {
  for (const unsigned byte : bytes) out.push_back(static_cast<std::uint8_t>(byte));
}

void noise(Octets& out, Random& random, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<std::uint8_t>(random.next()));
}

Octets record(std::uint8_t type, unsigned version, const Octets& fragment) {
  Octets out;
  put(out, {type, 3, version});
  put16(out, fragment.size());
  return std::move(out) + fragment;
}

Octets message(std::uint8_t type, const Octets& body) {
  Octets out{type, static_cast<std::uint8_t>(body.size() >> 16U)};
  put16(out, body.size() & 0xffffU);
  return std::move(out) + body;
}

Octets extension(unsigned type, const Octets& body) {
  Octets out;
  put16(out, type);
  put16(out, body.size());
  return std::move(out) + body;
}

Octets server_name(const std::string& name) {
  Octets body;
  put16(body, name.size() + 3);
  body.push_back(0);
  put16(body, name.size());
  return extension(0, std::move(body) + text(name));
}

Octets key_share(Random& random) {
  Octets share;
  put(share, {0, 36, 0, 29, 0, 32});
  noise(share, random, 32);
  return extension(51, share);
}

Octets client_extensions(Random& random, const std::string& name) {
  const auto list = [](unsigned type, std::initializer_list<unsigned> bytes) {
    Octets body;
    put(body, bytes);
    return extension(type, body);
  };
  return server_name(name) + list(23, {}) + list(0xff01, {0}) +
         list(10, {0, 8, 0, 29, 0, 23, 0, 24, 0, 25}) + list(11, {1, 0}) + list(35, {}) +
         list(16, {0, 12, 2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'}) +
         list(5, {1, 0, 0, 0, 0}) +
         list(13, {0, 16, 4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1, 8, 6, 6, 1}) + key_share(random) +
         list(45, {1, 1}) + list(43, {4, 3, 4, 3, 3});
}

}  // namespace

Octets operator+(Octets left, const Octets& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Octets text(const std::string& words) { return {words.begin(), words.end()}; }

Octets client_hello(Random& random, const std::string& name, std::size_t size) {
  Octets body{3, 3};
  noise(body, random, 32);
  body.push_back(32);
  noise(body, random, 32);
  put(body,
      {0, 16, 0x13, 1, 0x13, 2, 0x13, 3, 0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x2c, 0xc0, 0x30, 0, 0x9c});
  put(body, {1, 0});
  Octets extensions = client_extensions(random, name);
  constexpr std::size_t kRecordAndMessage = 9, kExtensionsLength = 2, kPaddingHeader = 4;
  const std::size_t so_far =
      kRecordAndMessage + body.size() + kExtensionsLength + extensions.size() + kPaddingHeader;
  extensions = std::move(extensions) + extension(21, Octets(size > so_far ? size - so_far : 0));
  put16(body, extensions.size());
  return record(22, 1, message(1, std::move(body) + extensions));
}

Octets server_hello(Random& random, bool tls13) {
  Octets body{3, 3};
  noise(body, random, 32);
  body.push_back(32);
  noise(body, random, 32);
  put(body, {tls13 ? 0x13U : 0xc0U, tls13 ? 1U : 0x2fU, 0});
  Octets extensions;
  if (tls13) {
    Octets share;
    put(share, {0, 29, 0, 32});
    noise(share, random, 32);
    extensions = extension(43, {3, 4}) + extension(51, share);
  } else {
    extensions = extension(0xff01, {0});
  }
  put16(body, extensions.size());
  return record(22, 3, message(2, std::move(body) + extensions));
}

Octets sealed(Random& random, std::uint8_t type, std::size_t length) {
  Octets fragment;
  noise(fragment, random, length);
  return record(type, 3, fragment);
}

Octets handshake(Random& random, std::uint8_t type, std::size_t length) {
  Octets body;
  noise(body, random, length);
  return record(22, 3, message(type, body));
}

Octets certificate(Random& random, std::size_t length) {
  Octets body;
  for (const std::size_t nested : {length + 3, length}) {
    body.push_back(0);
    put16(body, nested);
  }
  noise(body, random, length);
  return record(22, 3, message(11, body));
}

Octets server_key_exchange(Random& random) {
  Octets body{3, 0, 29, 32};  // a named curve, x25519
  noise(body, random, 32);
  put(body, {8, 4, 1, 0});  // rsa_pss_rsae_sha256, 256 bytes
  noise(body, random, 256);
  return record(22, 3, message(12, body));
}

Octets new_session_ticket(Random& random) {
  Octets body{0, 0, 1, 44, 0, 180};
  noise(body, random, 180);
  return record(22, 3, message(4, body));
}

Octets change_cipher_spec() { return record(20, 3, {1}); }

Octets alert(std::uint8_t level, std::uint8_t description) {
  return record(21, 3, {level, description});
}

}  // namespace whohungup::bench
