// The extension block that both hellos end with (RFC 8446 §4.2), read and written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dissect/bytes.h"
#include "dissect/short_list.h"

namespace whohungup::tls {

/// One extension as it stood on the wire.
struct Extension {
  std::uint16_t type{};
  ShortList<std::uint8_t, 40> body;  // most of them fit, an x25519 key share with them
  friend bool operator==(const Extension&, const Extension&) = default;
};

/// The extensions of a block, in wire order, up to the first that is not whole; `block` has failed
/// then. Types may repeat.
std::vector<Extension> read_extensions(ByteReader& block);
/// The same, written where others were, for their memory.
void read_extensions(ByteReader& block, std::vector<Extension>& into);
/// Writes the block with its length.
void write_extensions(ByteWriter&, const std::vector<Extension>&);
/// The first of that type, or null.
const Extension* find_extension(const std::vector<Extension>&, std::uint16_t type);

/// The bytes of a vector with a length of 1 or 2 bytes. A vector that runs past the end fails the
/// reader; with `lenient` it still gives the bytes that are there.
Bytes vector_or_rest(ByteReader&, std::size_t prefix, bool lenient);
/// The 16-bit numbers of a vector's body; an odd last byte is left out.
using Numbers = ShortList<std::uint16_t, 16>;
Numbers read_numbers(Bytes);
/// The names of an ALPN list (RFC 7301 §3.1), up to the first that is not whole.
std::vector<std::string> read_protocol_names(Bytes extension_body);
/// The same one after another: each name to `take`.
template <class Take>
void for_each_protocol_name(Bytes extension_body, Take&& take) {
  ByteReader in(extension_body);
  ByteReader list = in.vector16();
  while (list.more()) {
    const Bytes name = list.vector8().rest();
    if (!list.ok()) break;
    take(std::string_view(reinterpret_cast<const char*>(name.data()), name.size()));
  }
}

/// Extension types this program looks into (IANA, "TLS ExtensionType Values").
namespace extension {
constexpr std::uint16_t kServerName = 0;
constexpr std::uint16_t kSupportedGroups = 10;
constexpr std::uint16_t kPointFormats = 11;
constexpr std::uint16_t kSignatureAlgorithms = 13;
constexpr std::uint16_t kAlpn = 16;
constexpr std::uint16_t kPadding = 21;
constexpr std::uint16_t kSupportedVersions = 43;
constexpr std::uint16_t kKeyShare = 51;
constexpr std::uint16_t kEncryptedClientHello = 0xfe0d;
}  // namespace extension

}  // namespace whohungup::tls
