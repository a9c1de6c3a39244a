// The ServerHello and HelloRetryRequest of RFC 8448, and those of old versions and drafts.
#include "dissect/tls_server_hello.h"

#include <gtest/gtest.h>

#include "tests/support/hex.h"
#include "tests/support/tls_vectors.h"

namespace whohungup::tls {
namespace {

TEST(ServerHello, ReadsWhatRfc8448Prints) {
  const auto hello = ServerHello::read(from_hex(kRfc8448ServerHello));
  ASSERT_TRUE(hello.has_value());
  EXPECT_EQ(hello->legacy_version, 0x0303);
  EXPECT_EQ(hello->version(), 0x0304);
  EXPECT_EQ(hello->cipher_suite, 0x1301);
  EXPECT_EQ(hello->selected_group(), 29);
  EXPECT_EQ(hello->alpn(), std::nullopt);
  EXPECT_FALSE(hello->is_hello_retry_request());
  EXPECT_EQ(hello->write(), from_hex(kRfc8448ServerHello));
}

TEST(ServerHello, KnowsAHelloRetryRequestByItsRandom) {
  auto bytes = from_hex(kRfc8448RetryRequest);
  const auto retry = ServerHello::read(bytes);
  ASSERT_TRUE(retry.has_value());
  EXPECT_TRUE(retry->is_hello_retry_request());
  EXPECT_EQ(retry->selected_group(), 23);
  EXPECT_EQ(retry->write(), bytes);
  bytes[33] ^= 1U;
  EXPECT_FALSE(ServerHello::read(bytes)->is_hello_retry_request());
}

TEST(ServerHello, MayHaveNoExtensions) {
  const std::string random(64, '7');
  const auto bytes = from_hex("0301" + random + "00 002f 00");
  const auto hello = ServerHello::read(bytes);
  ASSERT_TRUE(hello.has_value());
  EXPECT_FALSE(hello->has_extensions);
  EXPECT_EQ(hello->version(), 0x0301);
  EXPECT_EQ(hello->cipher_suite, 0x002f);
  EXPECT_EQ(hello->selected_group(), std::nullopt);
  EXPECT_EQ(hello->write(), bytes);
}

// public: 0xxon+zeek-tls-log-alternative/nghttp2.pcap frame 6, draft 19.
TEST(ServerHello, OfADraftHasNeitherSessionNorCompression) {
  const auto bytes = from_hex(
      "7f13780283812cb9d2f1f8e094718c01257de0f1d76ecf09705789f461da86cad38b1302002800280024001d0020"
      "2d84982f1fd075f670fe1a38c8cba26d144f7aae9fa765362a8c731745099a75");
  const auto hello = ServerHello::read(bytes);
  ASSERT_TRUE(hello.has_value());
  EXPECT_EQ(hello->cipher_suite, 0x1302);
  EXPECT_EQ(hello->version(), 0x7f13);
  EXPECT_EQ(hello->write(), bytes);
}

TEST(ServerHello, NamesTheProtocolItChose) {
  ServerHello hello;
  hello.extensions = {{16, from_hex("0003 02 6832")}};
  EXPECT_EQ(hello.alpn(), "h2");
  hello.extensions = {{16, {}}};
  EXPECT_EQ(hello.alpn(), std::nullopt);
}

TEST(ServerHello, GivesNothingForAPrefixAndWhatIsThereWhenLenient) {
  const auto bytes = from_hex(kRfc8448ServerHello);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const Bytes prefix = Bytes(bytes).first(n);
    EXPECT_EQ(ServerHello::read(prefix).has_value(), n == 38) << n;
    const auto lenient = ServerHello::read(prefix, true);
    ASSERT_TRUE(lenient.has_value()) << n;
    EXPECT_EQ(lenient->cut, n != 38) << n;
    EXPECT_EQ(lenient->cipher_suite, n < 37 ? 0 : 0x1301) << n;
  }
}

}  // namespace
}  // namespace whohungup::tls
