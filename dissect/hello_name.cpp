// See hello_name.h. Layout: RFC 8446 §4.1.2, RFC 6066 §3.
#include "dissect/hello_name.h"

namespace whohungup {
namespace {

/// The only handshake record in clear that the client sent, if it begins where its TLS begins.
const RecordSeen* only_clear_handshake(const Conversation& talk) {
  const RecordSeen* only = nullptr;
  for (const RecordSeen& record : talk.records) {
    if (record.claims != Side::Client || record.sealed) continue;
    if (record.type != tls::ContentType::Handshake) continue;
    if (only != nullptr) return nullptr;
    only = &record;
  }
  return only != nullptr && only->offset == *talk.client_tls_at ? only : nullptr;
}

/// The extension block of a hello that ClientHello::read() takes; nothing of any other.
std::optional<ByteReader> extensions_of(Bytes body) {
  constexpr std::size_t kVersionAndRandom = 34;
  ByteReader in(body);
  in.skip(kVersionAndRandom);
  in.vector8();  // session
  const bool even = in.vector16().left() % 2 == 0;
  in.vector8();  // compression methods
  const ByteReader block = in.more() ? in.vector16() : ByteReader({});
  if (!in.done() || !even) return std::nullopt;
  return block;
}

/// The first host name of the first server_name extension.
std::optional<std::string_view> host_name(Bytes extension) {
  ByteReader in(extension);
  ByteReader list = in.vector16();
  while (list.more()) {
    const std::uint8_t kind = list.u8();
    const Bytes name = list.vector16().rest();
    if (list.ok() && kind == 0)
      return std::string_view(reinterpret_cast<const char*>(name.data()), name.size());
  }
  return std::nullopt;
}

}  // namespace

HelloName read_hello_name(const Conversation& talk) {
  if (!talk.client_tls_at || talk.sslv2_hello) return {};
  const RecordSeen* record = only_clear_handshake(talk);
  if (record == nullptr) return {};
  const Bytes bytes = talk.from_client.from(record->offset);
  if (bytes.size() < tls::kHeaderSize + record->length) return {};
  ByteReader message(bytes.subspan(tls::kHeaderSize, record->length));
  const std::uint8_t type = message.u8();
  const Bytes body = message.vector24().rest();
  if (!message.done() || type != 1) return {};
  std::optional<ByteReader> block = extensions_of(body);
  if (!block) return {};
  std::optional<Bytes> found;
  while (block->more()) {
    const std::uint16_t kind = block->u16();
    const Bytes extension = block->vector16().rest();
    if (!block->ok()) return {};
    if (kind == tls::extension::kServerName && !found) found = extension;
  }
  return {true, found ? host_name(*found) : std::nullopt};
}

}  // namespace whohungup
