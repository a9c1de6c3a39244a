// Which bytes are a record or a hello, which are not, and how many are missing.
#include "dissect/tls_record.h"

#include <gtest/gtest.h>

#include "tests/support/hex.h"

namespace whohungup::tls {
namespace {

HelloLook look(std::string_view hex) { return looks_like_client_hello(from_hex(hex)); }

// The first bytes of a hello of 0xc4 bytes in one record (RFC 8448 §3).
constexpr std::string_view kHello = "16030100c4 010000c0 0303";

// What a Windows client of 2015 sent: length 124, TLS 1.0, 33 cipher kinds, challenge of 16.
constexpr std::string_view kSslv2 = "807c 01 0301 0063 0000 0010 000039";

TEST(TlsRecord, ReadsAHeader) {
  const auto read = read_record_header(from_hex("15030300020228"));
  const auto* header = std::get_if<RecordHeader>(&read);
  ASSERT_NE(header, nullptr);
  EXPECT_EQ(header->type, ContentType::Alert);
  EXPECT_EQ(header->version, 0x0303);
  EXPECT_EQ(header->length, 2);
}

TEST(TlsRecord, SaysHowManyBytesOfAHeaderAreMissing) {
  const auto bytes = from_hex("1603010005");
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const auto read = read_record_header(Bytes(bytes).first(n));
    const auto* more = std::get_if<NeedMore>(&read);
    ASSERT_NE(more, nullptr) << n;
    EXPECT_EQ(more->bytes, bytes.size() - n);
  }
}

TEST(TlsRecord, IsNotTlsByItsTypeOrMajorVersionAlone) {
  for (const std::string_view hex : {"48", "13030100", "19030100", "1602", "16fefd0000"}) {
    const auto read = read_record_header(from_hex(hex));
    const auto* other = std::get_if<NotTls>(&read);
    ASSERT_NE(other, nullptr) << hex;
    EXPECT_EQ(other->first_byte, from_hex(hex)[0]);
  }
}

TEST(TlsRecord, IsAtMostAsLongAsRfc5246Allows) {
  EXPECT_TRUE(std::holds_alternative<RecordHeader>(read_record_header(from_hex("1703034800"))));
  EXPECT_TRUE(std::holds_alternative<NotTls>(read_record_header(from_hex("1703034801"))));
}

// A Modbus server's error message: public zeek+zeek/modbus-and-non-modbus-p502.pcap, frame 51.
TEST(TlsRecord, IsEmptyOnlyWhereItIsApplicationData) {
  EXPECT_TRUE(std::holds_alternative<NotTls>(read_record_header(from_hex("160301000003008001"))));
  EXPECT_TRUE(std::holds_alternative<RecordHeader>(read_record_header(from_hex("1703030000"))));
}

TEST(TlsHelloLook, KnowsAHelloByItsSixthByte) {
  const auto bytes = from_hex(kHello);
  for (std::size_t n = 0; n <= bytes.size(); ++n)
    EXPECT_EQ(looks_like_client_hello(Bytes(bytes).first(n)),
              n < 6 ? HelloLook::TooShort : HelloLook::Tls)
        << n;
}

TEST(TlsHelloLook, LooksAtEveryByteThatIsThere) {
  EXPECT_EQ(look("17"), HelloLook::No);
  EXPECT_EQ(look("1602"), HelloLook::No);
  EXPECT_EQ(look("160305"), HelloLook::No);
  EXPECT_EQ(look("1603010000"), HelloLook::No);          // an empty handshake record (Skype's play)
  EXPECT_EQ(look("1603014801"), HelloLook::No);          // longer than any record
  EXPECT_EQ(look("16030100c402"), HelloLook::No);        // a ServerHello
  EXPECT_EQ(look("16030100c401000021"), HelloLook::No);  // no room for version and random
  EXPECT_EQ(look("16030100c401000022"), HelloLook::Tls);
  EXPECT_EQ(look("16030140000102014501"), HelloLook::No);  // OpenSSL's limit and one byte more
  EXPECT_EQ(look("16030140000102014401"), HelloLook::Tls);
}

TEST(TlsHelloLook, AcceptsAHelloCutIntoRecordsOfAnyLength) {
  EXPECT_EQ(look("160301000101 1603010001ff"), HelloLook::Tls);
  EXPECT_EQ(look("1603010003010000 16030100ff"), HelloLook::Tls);
  EXPECT_EQ(look("1603010040 010000c0 0303"), HelloLook::Tls);
}

TEST(TlsHelloLook, KnowsAnSslv2HelloByItsEleventhByte) {
  const auto bytes = from_hex(kSslv2);
  for (std::size_t n = 1; n <= bytes.size(); ++n)
    EXPECT_EQ(looks_like_client_hello(Bytes(bytes).first(n)),
              n < 11 ? HelloLook::TooShort : HelloLook::Sslv2)
        << n;
}

TEST(TlsHelloLook, RefusesAnSslv2HelloWhoseLengthsDisagree) {
  EXPECT_EQ(look("807d 01 0301 0063 0000 0010"), HelloLook::No);  // sum
  EXPECT_EQ(look("807d 01 0301 0064 0000 0010"), HelloLook::No);  // not of 3 bytes each
  EXPECT_EQ(look("8019 01 0301 0000 0000 0010"), HelloLook::No);  // no cipher
  EXPECT_EQ(look("8078 01 0301 0063 0000 000c"), HelloLook::No);  // challenge too short
  EXPECT_EQ(look("807c 02 0301 0063 0000 0010"), HelloLook::No);  // not a hello
  EXPECT_EQ(look("807c 01 0400 0063 0000 0010"), HelloLook::No);  // no version of ours
  EXPECT_EQ(look("807c 01 0002 0063 0000 0010"), HelloLook::Sslv2);
}

TEST(TlsHelloLook, IsNotTakenInByOtherProtocols) {
  EXPECT_EQ(look("474554202f20"), HelloLook::No);            // GET / HTTP
  EXPECT_EQ(look("5353482d322e"), HelloLook::No);            // SSH-2.
  EXPECT_EQ(look("0000000804d2162f"), HelloLook::No);        // a PostgreSQL SSLRequest
  EXPECT_EQ(look("85200fd23a5f94e0011122"), HelloLook::No);  // a sealed stream with bit 7 set
}

TEST(TlsRecordLook, TakesWhatAServerAnswersAHelloWith) {
  EXPECT_TRUE(looks_like_record(from_hex("160303005a")));
  EXPECT_TRUE(looks_like_record(from_hex("1503030002")));
  EXPECT_TRUE(looks_like_record(from_hex("1403030001")));
  EXPECT_FALSE(looks_like_record(from_hex("16030300")));    // no whole header
  EXPECT_FALSE(looks_like_record(from_hex("1703030020")));  // application data
  EXPECT_FALSE(looks_like_record(from_hex("1603030000")));
  EXPECT_FALSE(looks_like_record(from_hex("1603050020")));
  EXPECT_FALSE(looks_like_record(from_hex("1403030002")));
  EXPECT_FALSE(looks_like_record(from_hex("1503030001")));
  EXPECT_TRUE(looks_like_record(from_hex("1503010142")));
  EXPECT_FALSE(looks_like_record(from_hex("1503010143")));
}

}  // namespace
}  // namespace whohungup::tls
