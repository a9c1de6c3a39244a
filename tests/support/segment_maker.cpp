#include "tests/support/segment_maker.h"

#include <algorithm>

namespace whohungup::test {

ByteString record(std::uint8_t type, std::size_t length, std::uint8_t fill) {
  ByteWriter out;
  out.u8(type).u16(0x0303).vector(2, [&](ByteWriter& w) {
    for (std::size_t i = 0; i < length; ++i) w.u8(fill);
  });
  return out.finish();
}

ByteString client_hello(std::size_t size) {
  tls::ClientHello hello;
  hello.legacy_version = 0x0303;
  hello.cipher_suites = {0xc02f, 0x1301};
  hello.compression_methods = {0};
  hello.has_extensions = true;
  const auto write = [&] {
    ByteWriter out;
    out.u8(22).u16(0x0301).vector(2, [&](ByteWriter& r) {
      r.u8(1).vector(3, [&](ByteWriter& m) { m.bytes(hello.write()); });
    });
    return out.finish();
  };
  const std::size_t plain = write().size();
  if (size > plain + 4) hello.extensions.push_back({21, ByteString(size - plain - 4)});
  return write();
}

ByteString server_hello() {
  tls::ServerHello hello;
  hello.legacy_version = 0x0303;
  hello.cipher_suite = 0xc02f;
  ByteWriter out;
  out.u8(22).u16(0x0303).vector(
      2, [&](ByteWriter& r) { r.u8(2).vector(3, [&](ByteWriter& m) { m.bytes(hello.write()); }); });
  return out.finish();
}

ByteString text(std::string_view t) { return {t.begin(), t.end()}; }

Segment Talker::client_says(std::uint16_t flags, const ByteString& payload) {
  return make(true, flags, payload);
}
Segment Talker::server_says(std::uint16_t flags, const ByteString& payload) {
  return make(false, flags, payload);
}

void Talker::open(FlowTable& table) {
  table.add(client_says(S));
  table.add(server_says(SA));
  table.add(client_says(A));
}

Segment Talker::make(bool from_client, std::uint16_t flags, const ByteString& payload) {
  held = payload;
  now += std::chrono::milliseconds{1};
  std::uint32_t& mine = from_client ? client_next : server_next;
  const std::uint32_t theirs = from_client ? server_next : client_next;
  Segment s;
  s.from = from_client ? client : server;
  s.to = from_client ? server : client;
  s.header.at = now;
  s.header.frame = FrameNo{++frame};
  s.header.flags = {flags};
  s.header.seq = {mine};
  s.header.ack = {(flags & A) != 0 ? theirs : 0};
  s.header.payload_len = s.header.captured_len = static_cast<std::uint32_t>(payload.size());
  s.header.window = 64;
  s.header.ttl = from_client ? 64 : 57;
  s.header.ip_id = ip_id++;
  s.header.header_len = 20;
  s.payload = held;
  if ((flags & R) == 0) mine += s.header.payload_len + ((flags & S) != 0) + ((flags & F) != 0);
  return s;
}

void Collector::tell(Conversation& talk) {
  converse(talk);
  told.push_back(talk);
}

}  // namespace whohungup::test
