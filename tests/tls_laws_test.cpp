// What holds for every hello, not only for those somebody thought of: reading undoes writing,
// writing undoes reading, and no bytes at all bring the readers down.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "dissect/tls_certificate.h"
#include "dissect/tls_client_hello.h"
#include "dissect/tls_record.h"
#include "dissect/tls_server_hello.h"
#include "tests/support/hex.h"
#include "tests/support/tls_vectors.h"

namespace whohungup::tls {
namespace {

template <class Number>
std::vector<Number> up_to(std::size_t most) {
  const auto size = *rc::gen::inRange<std::size_t>(0, most + 1);
  return *rc::gen::container<std::vector<Number>>(size, rc::gen::arbitrary<Number>());
}

std::vector<Extension> some_extensions() {
  std::vector<Extension> extensions(*rc::gen::inRange<std::size_t>(0, 12));
  for (Extension& extension : extensions)
    extension = {*rc::gen::arbitrary<std::uint16_t>(), up_to<std::uint8_t>(80)};
  return extensions;
}

ClientHello some_client_hello() {
  ClientHello hello;
  hello.legacy_version = *rc::gen::arbitrary<std::uint16_t>();
  hello.random = *rc::gen::arbitrary<std::array<std::uint8_t, 32>>();
  hello.session_id = up_to<std::uint8_t>(255);
  hello.cipher_suites = up_to<std::uint16_t>(120);
  hello.compression_methods = up_to<std::uint8_t>(3);
  hello.extensions = some_extensions();
  hello.has_extensions = !hello.extensions.empty() || *rc::gen::arbitrary<bool>();
  return hello;
}

ServerHello some_server_hello() {
  ServerHello hello;
  hello.legacy_version = *rc::gen::element<std::uint16_t>(0x0300, 0x0301, 0x0303, 0x7f10, 0x7f1c);
  hello.random = *rc::gen::arbitrary<std::array<std::uint8_t, 32>>();
  const bool draft = hello.legacy_version == 0x7f10;
  if (!draft) hello.session_id = up_to<std::uint8_t>(32);
  hello.cipher_suite = *rc::gen::arbitrary<std::uint16_t>();
  if (!draft) hello.compression_method = *rc::gen::arbitrary<std::uint8_t>();
  hello.extensions = some_extensions();
  hello.has_extensions = !hello.extensions.empty() || *rc::gen::arbitrary<bool>();
  return hello;
}

/// RFC 8448's bytes with a few of them changed: near enough to a hello to be read deep inside.
std::vector<std::uint8_t> bent(std::string_view hex) {
  auto bytes = from_hex(hex);
  const auto times = *rc::gen::inRange(0, 4);
  for (int i = 0; i < times; ++i)
    bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = *rc::gen::arbitrary<std::uint8_t>();
  bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size() + 1));
  return bytes;
}

/// Asks every question of a hello; the answers' sizes only keep them from being left out.
std::size_t ask_everything(const ClientHello& hello) {
  return hello.sni().value_or("").size() + hello.alpn().size() + hello.versions().size() +
         hello.groups().size() + hello.signature_algorithms().size() +
         hello.point_formats().size() + hello.key_shares().size() + hello.ja3().size() +
         hello.ja4().size();
}

TEST(HelloLaws, ReadingAClientHelloUndoesWritingIt) {
  EXPECT_TRUE(rc::check([] {
    const ClientHello hello = some_client_hello();
    RC_ASSERT(ClientHello::read(hello.write()) == hello);
    ask_everything(hello);
  }));
}

TEST(HelloLaws, ReadingAServerHelloUndoesWritingIt) {
  EXPECT_TRUE(rc::check([] {
    const ServerHello hello = some_server_hello();
    RC_ASSERT(ServerHello::read(hello.write()) == hello);
  }));
}

TEST(HelloLaws, WritingUndoesReading) {
  EXPECT_TRUE(rc::check([] {
    const auto bytes = bent(kRfc8448ClientHello);
    if (const auto hello = ClientHello::read(bytes)) RC_ASSERT(hello->write() == bytes);
    const auto reply = bent(kRfc8448ServerHello);
    if (const auto hello = ServerHello::read(reply)) RC_ASSERT(hello->write() == reply);
  }));
}

TEST(HelloLaws, LenientReadingGivesWhatStrictReadingDoesAndOtherwiseSaysCut) {
  EXPECT_TRUE(rc::check([] {
    const auto bytes = bent(kRfc8448ClientHello);
    const auto strict = ClientHello::read(bytes);
    const auto lenient = ClientHello::read(bytes, true);
    RC_ASSERT(lenient.has_value());
    const bool agree = strict ? lenient == strict : lenient->cut;
    RC_ASSERT(agree);
    ask_everything(*lenient);
  }));
}

TEST(HelloLaws, ARecordedHelloLooksLikeOneFromItsSixthByte) {
  EXPECT_TRUE(rc::check([] {
    const auto body = some_client_hello().write();
    const std::size_t first = *rc::gen::inRange<std::size_t>(1, body.size() + 5);
    ByteWriter message;
    message.u8(1).vector(3, [&](ByteWriter& w) { w.bytes(body); });
    const auto bytes = message.finish();
    ByteWriter out;
    out.u8(22).u16(0x0301).u16(static_cast<std::uint16_t>(first)).bytes(Bytes(bytes).first(first));
    const auto record = out.finish();
    for (std::size_t n = 0; n <= record.size(); ++n)
      RC_ASSERT(looks_like_client_hello(Bytes(record).first(n)) ==
                (n < 6 ? HelloLook::TooShort : HelloLook::Tls));
  }));
}

TEST(HelloLaws, NoBytesBringTheReadersDown) {
  EXPECT_TRUE(rc::check([](const std::vector<std::uint8_t>& bytes) {
    ask_everything(*ClientHello::read(bytes, true));
    if (const auto old = ClientHello::read_sslv2(bytes)) ask_everything(*old);
    const auto reply = ServerHello::read(bytes, true);
    RC_ASSERT(reply.has_value());
    RC_ASSERT(reply->selected_group().has_value() <= reply->has_extensions);
    RC_ASSERT(read_certificates(bytes, true).size() <= 16U);
    RC_ASSERT(read_certificates(bytes, false).size() <= 16U);
    RC_ASSERT(!looks_like_record(bytes) || bytes.size() >= kHeaderSize);
  }));
}

}  // namespace
}  // namespace whohungup::tls
