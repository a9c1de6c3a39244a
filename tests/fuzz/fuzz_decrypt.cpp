// Hostile records against known keys, and hostile key logs.
#include <cstdlib>
#include <string>

#include "dissect/plaintext_text.h"
#include "dissect/tls_decrypt.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace whohungup;
  const Bytes input(data, size);
  tls::KeyLog log;
  log.add(text::view(input));

  const std::array<std::uint8_t, 32> random{};
  const std::string zeros(64, '0');
  log.add("CLIENT_RANDOM " + zeros + " " + std::string(96, '1') + "\n" +
          "CLIENT_HANDSHAKE_TRAFFIC_SECRET " + zeros + " " + std::string(64, '2') + "\n" +
          "CLIENT_TRAFFIC_SECRET_0 " + zeros + " " + std::string(64, '3') + "\n" +
          "SERVER_TRAFFIC_SECRET_0 " + zeros + " " + std::string(64, '4') + "\n");
  if (log.empty() || log.secret(random, "CLIENT_RANDOM").empty()) std::abort();

  ByteReader r(input);
  constexpr std::uint16_t kSuites[] = {0x1301, 0x1303, 0x1305, 0xc02f, 0xcca8, 0xc0ae};
  const std::uint16_t suite = kSuites[r.u8() % std::size(kSuites)];
  const std::uint16_t version = suite >> 8U == 0x13 ? 0x0304 : 0x0303;
  auto opener = tls::RecordOpener::create(log, random, random, version, suite);
  if (!opener) std::abort();
  for (int i = 0; i < 16 && r.more(); ++i) {
    const bool from_client = (r.u8() & 1U) != 0;
    tls::RecordHeader header;
    header.type = static_cast<tls::ContentType>(r.u8());
    header.version = r.u16();
    header.length = r.u8();
    opener->open(from_client, header, r.take(header.length));
  }
  return 0;
}
