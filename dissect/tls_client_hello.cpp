#include "dissect/tls_client_hello.h"

#include <algorithm>

namespace whohungup::tls {

namespace {

Bytes body_of(const Extension* extension) {
  return extension != nullptr ? Bytes(extension->body) : Bytes();
}

}  // namespace

std::optional<ClientHello> ClientHello::read(Bytes body, bool lenient) {
  std::optional<ClientHello> hello(std::in_place);
  if (!read_into(*hello, body, lenient)) hello.reset();
  return hello;
}

bool ClientHello::read_into(ClientHello& into, Bytes body, bool lenient) {
  ByteReader in(body);
  into.sslv2 = false;
  into.legacy_version = in.u16();
  into.random = {};
  const Bytes random = in.take(into.random.size());
  std::copy(random.begin(), random.end(), into.random.begin());
  into.session_id.assign(vector_or_rest(in, 1, lenient));
  const Bytes ciphers = vector_or_rest(in, 2, lenient);
  into.cipher_suites.clear();
  into.cipher_suites.reserve(ciphers.size() / 2);
  for (ByteReader list(ciphers); list.left() >= 2;) into.cipher_suites.push_back(list.u16());
  into.compression_methods.assign(vector_or_rest(in, 1, lenient));

  into.has_extensions = in.more();
  ByteReader block(into.has_extensions ? vector_or_rest(in, 2, lenient) : Bytes());
  read_extensions(block, into.extensions);
  const bool agrees = ciphers.size() % 2 == 0 && block.ok();
  into.cut = !agrees || !in.done();
  return !into.cut || lenient;
}

// V2ClientHello (RFC 5246 appendix E.2):
//
//   length | 0x8000   type 1   version   cipher_spec_length   session_id_length   challenge_length
//   cipher_specs (3 bytes each, a TLS suite behind a zero byte)   session_id   challenge
std::optional<ClientHello> ClientHello::read_sslv2(Bytes bytes) {
  ByteReader header(bytes);
  const std::uint16_t length = header.u16();
  ByteReader in(header.rest().first(std::min<std::size_t>(header.left(), length & 0x7fffU)));
  const std::uint8_t type = in.u8();
  ClientHello hello;
  hello.sslv2 = true;
  hello.legacy_version = in.u16();
  const std::size_t ciphers_len = in.u16();
  const std::size_t session_len = in.u16();
  const std::size_t challenge_len = in.u16();
  if ((length & 0x8000U) == 0 || type != 1 || !in.ok()) return std::nullopt;

  ByteReader ciphers(in.rest().first(std::min(in.left(), ciphers_len)));
  while (ciphers.left() >= 3) {
    const std::uint32_t kind = ciphers.u24();
    if (kind <= 0xffff) hello.cipher_suites.push_back(static_cast<std::uint16_t>(kind));
  }
  in.skip(ciphers_len);
  const Bytes session = in.take(session_len);
  hello.session_id.assign(session);
  const Bytes challenge = in.take(challenge_len);
  const Bytes last = challenge.last(std::min(challenge.size(), hello.random.size()));
  std::copy_backward(last.begin(), last.end(), hello.random.end());
  hello.cut = !in.done();
  return hello;
}

std::vector<std::uint8_t> ClientHello::write() const {
  if (sslv2) return {};
  ByteWriter out;
  out.u16(legacy_version).bytes(random);
  out.vector(1, [&](ByteWriter& w) { w.bytes(session_id); });
  out.vector(2, [&](ByteWriter& w) {
    for (const std::uint16_t suite : cipher_suites) w.u16(suite);
  });
  out.vector(1, [&](ByteWriter& w) { w.bytes(compression_methods); });
  if (has_extensions || !extensions.empty()) write_extensions(out, extensions);
  return out.finish();
}

const Extension* ClientHello::find(std::uint16_t type) const {
  return find_extension(extensions, type);
}

std::optional<std::string> ClientHello::sni() const {
  const auto name = sni_here();
  return name ? std::optional<std::string>(*name) : std::nullopt;
}

std::optional<std::string_view> ClientHello::sni_here() const& {
  ByteReader in(body_of(find(extension::kServerName)));
  ByteReader list = in.vector16();
  while (list.more()) {
    const std::uint8_t kind = list.u8();
    const Bytes name = list.vector16().rest();
    if (list.ok() && kind == 0)
      return std::string_view(reinterpret_cast<const char*>(name.data()), name.size());
  }
  return std::nullopt;
}

std::vector<std::string> ClientHello::alpn() const {
  return read_protocol_names(body_of(find(extension::kAlpn)));
}

Numbers ClientHello::versions() const {
  const Extension* extension = find(extension::kSupportedVersions);
  if (extension == nullptr) return {legacy_version};
  return read_numbers(ByteReader(extension->body).vector8().rest());
}

Numbers ClientHello::groups() const {
  return read_numbers(ByteReader(body_of(find(extension::kSupportedGroups))).vector16().rest());
}

Numbers ClientHello::signature_algorithms() const {
  return read_numbers(ByteReader(body_of(find(extension::kSignatureAlgorithms))).vector16().rest());
}

std::vector<std::uint8_t> ClientHello::point_formats() const {
  const Bytes formats = ByteReader(body_of(find(extension::kPointFormats))).vector8().rest();
  return {formats.begin(), formats.end()};
}

ShortList<KeyShare, 4> ClientHello::key_shares() const {
  ShortList<KeyShare, 4> shares;
  ByteReader in(body_of(find(extension::kKeyShare)));
  ByteReader list = in.vector16();
  while (list.more()) {
    const std::uint16_t group = list.u16();
    const Bytes key = list.vector16().rest();
    if (!list.ok()) break;
    shares.push_back({group, static_cast<std::uint16_t>(key.size())});
  }
  return shares;
}

bool ClientHello::encrypted_client_hello() const {
  return find(extension::kEncryptedClientHello) != nullptr;
}

}  // namespace whohungup::tls
