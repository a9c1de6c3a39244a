#include "dissect/tls_server_hello.h"

#include <algorithm>

namespace whohungup::tls {

namespace {

// SHA-256 of "HelloRetryRequest" (RFC 8446 §4.1.3).
constexpr std::array<std::uint8_t, 32> kRetryRandom{
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

bool has_draft_layout(std::uint16_t legacy_version) {
  return legacy_version >= 0x7f00 && legacy_version <= 0x7f15;
}

}  // namespace

std::optional<ServerHello> ServerHello::read(Bytes body, bool lenient) {
  ByteReader in(body);
  ServerHello hello;
  hello.legacy_version = in.u16();
  const bool draft = has_draft_layout(hello.legacy_version);
  const Bytes random = in.take(hello.random.size());
  std::copy(random.begin(), random.end(), hello.random.begin());
  if (!draft) {
    const Bytes session = vector_or_rest(in, 1, lenient);
    hello.session_id.assign(session);
  }
  hello.cipher_suite = in.u16();
  if (!draft) hello.compression_method = in.u8();

  bool agrees = true;
  hello.has_extensions = in.more();
  if (hello.has_extensions) {
    ByteReader block(vector_or_rest(in, 2, lenient));
    hello.extensions = read_extensions(block);
    agrees = block.ok();
  }
  hello.cut = !agrees || !in.done();
  if (hello.cut && !lenient) return std::nullopt;
  return hello;
}

std::vector<std::uint8_t> ServerHello::write() const {
  const bool draft = has_draft_layout(legacy_version);
  ByteWriter out;
  out.u16(legacy_version).bytes(random);
  if (!draft) out.vector(1, [&](ByteWriter& w) { w.bytes(session_id); });
  out.u16(cipher_suite);
  if (!draft) out.u8(compression_method);
  if (has_extensions || !extensions.empty()) write_extensions(out, extensions);
  return out.finish();
}

std::uint16_t ServerHello::version() const {
  const Extension* selected = find_extension(extensions, extension::kSupportedVersions);
  if (selected == nullptr || selected->body.size() != 2) return legacy_version;
  return ByteReader(selected->body).u16();
}

bool ServerHello::is_hello_retry_request() const { return random == kRetryRandom; }

// A ServerHello's key share begins with its group; a HelloRetryRequest's is the group alone.
std::optional<std::uint16_t> ServerHello::selected_group() const {
  const Extension* share = find_extension(extensions, extension::kKeyShare);
  if (share == nullptr || share->body.size() < 2) return std::nullopt;
  return ByteReader(share->body).u16();
}

std::optional<std::string> ServerHello::alpn() const {
  const auto name = alpn_here();
  return name ? std::optional<std::string>(*name) : std::nullopt;
}

std::optional<std::string_view> ServerHello::alpn_here() const& {
  const Extension* chosen = find_extension(extensions, extension::kAlpn);
  if (chosen == nullptr) return std::nullopt;
  std::optional<std::string_view> first;
  for_each_protocol_name(chosen->body, [&](std::string_view name) {
    if (!first) first = name;
  });
  return first;
}

}  // namespace whohungup::tls
