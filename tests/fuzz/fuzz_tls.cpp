// Law: whatever hello reads, writes to the same bytes; every prefix of any bytes is read leniently
// without harm; and a strict answer is the lenient one.
#include <algorithm>
#include <cstdlib>

#include "dissect/tls_certificate.h"
#include "dissect/tls_client_hello.h"
#include "dissect/tls_record.h"
#include "dissect/tls_server_hello.h"

namespace {

using namespace whohungup;

void insist(bool law) {
  if (!law) std::abort();
}

template <class Hello>
void check_round_trip(Bytes bytes) {
  const auto strict = Hello::read(bytes);
  const auto lenient = Hello::read(bytes, true);
  insist(lenient.has_value());
  insist(strict.has_value() ? lenient == strict : lenient->cut);
  if (!strict) return;
  const auto written = strict->write();
  insist(std::equal(written.begin(), written.end(), bytes.begin(), bytes.end()));
  insist(Hello::read(written) == strict);
}

/// Asks every question of a hello; the answers' sizes only keep them from being left out.
std::size_t ask_everything(const tls::ClientHello& hello) {
  return hello.sni().value_or("").size() + hello.alpn().size() + hello.versions().size() +
         hello.groups().size() + hello.signature_algorithms().size() +
         hello.point_formats().size() + hello.key_shares().size() + hello.ja3().size() +
         hello.ja4().size();
}

void read_records(Bytes bytes) {
  while (!bytes.empty()) {
    const auto read = tls::read_record_header(bytes);
    const auto* header = std::get_if<tls::RecordHeader>(&read);
    if (header == nullptr) return;
    insist(header->length <= tls::kMaxFragment);
    bytes = bytes.subspan(std::min<std::size_t>(bytes.size(), tls::kHeaderSize + header->length));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes(data, size);
  check_round_trip<tls::ClientHello>(bytes);
  check_round_trip<tls::ServerHello>(bytes);
  // Prefixes cost the square of the size; the first kilobyte holds every field there is.
  for (std::size_t n = 0; n <= std::min<std::size_t>(size, 1024); n += 1 + n / 64) {
    ask_everything(*tls::ClientHello::read(bytes.first(n), true));
    const auto reply = tls::ServerHello::read(bytes.first(n), true);
    insist(reply->has_extensions || !reply->selected_group());
    const auto look = tls::looks_like_client_hello(bytes.first(n));
    insist(n < 6 || look != tls::HelloLook::TooShort || (bytes[0] & 0x80U) != 0);
  }
  if (const auto old = tls::ClientHello::read_sslv2(bytes)) ask_everything(*old);
  insist(tls::read_certificates(bytes, false).size() <= 16);
  insist(tls::read_certificates(bytes, true).size() <= 16);
  insist(!tls::looks_like_record(bytes) || size >= tls::kHeaderSize);
  read_records(bytes);
  return 0;
}
