#include "dissect/tls_certificate.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <memory>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include "dissect/segment.h"

namespace whohungup::tls {

namespace {

// OpenSSL verifies chains of at most 100; servers that mean well send two to four. What a hostile
// server sends beyond these is not worth the memory.
constexpr std::size_t kMaxCertificates = 16;
constexpr std::size_t kMaxNames = 256;

struct Free {
  void operator()(X509* p) const { X509_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(BIGNUM* p) const { BN_free(p); }
  void operator()(GENERAL_NAMES* p) const { GENERAL_NAMES_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

/// Parsing leaves errors in OpenSSL's queue of this thread; this takes them out again.
class ErrorsForgotten {
 public:
  ErrorsForgotten() { ERR_set_mark(); }
  ~ErrorsForgotten() { ERR_pop_to_mark(); }
  ErrorsForgotten(const ErrorsForgotten&) = delete;
  ErrorsForgotten& operator=(const ErrorsForgotten&) = delete;
};

std::string printed(const X509_NAME* name, unsigned long flags) {
  const Owned<BIO> out(BIO_new(BIO_s_mem()));
  if (!out || X509_NAME_print_ex(out.get(), name, 0, flags) < 0) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

/// RFC 2253 text in UTF-8; where the name is no valid text, its bytes escaped.
std::string text_of(const X509_NAME* name) {
  constexpr unsigned long kEscaped =
      XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_UTF8_CONVERT);
  std::string text =
      printed(name, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  return text.empty() ? printed(name, kEscaped) : text;
}

std::string hex(Bytes bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

std::string hex(const ASN1_INTEGER* number) {
  const Owned<BIGNUM> big(ASN1_INTEGER_to_BN(number, nullptr));
  if (!big) return {};
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(BN_num_bytes(big.get())));
  BN_bn2bin(big.get(), bytes.data());
  const std::string sign = BN_is_negative(big.get()) != 0 ? "-" : "";
  return bytes.empty() ? "00" : sign + hex(bytes);
}

std::optional<std::tm> moment(const ASN1_TIME* time) {
  std::tm read{};
  if (ASN1_TIME_to_tm(time, &read) != 1) return std::nullopt;
  return read;
}

std::string rfc3339(const std::tm& t) {
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", t.tm_year + 1900, t.tm_mon + 1,
                     t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

std::int64_t seconds_since_1970(const std::tm& t) {
  using namespace std::chrono;
  const sys_days day = year{t.tm_year + 1900} / month{static_cast<unsigned>(t.tm_mon + 1)} /
                       std::chrono::day{static_cast<unsigned>(t.tm_mday)};
  const sys_seconds at = day + hours{t.tm_hour} + minutes{t.tm_min} + seconds{t.tm_sec};
  return at.time_since_epoch().count();
}

Bytes bytes_of(const ASN1_STRING* text) {
  return {ASN1_STRING_get0_data(text), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

/// "192.0.2.1", "2001:db8::1"; the bytes in hex if they are neither 4 nor 16.
std::string address_text(Bytes bytes) {
  if (bytes.size() == 4 || bytes.size() == 16) {
    IpAddress address;
    address.is_v6 = bytes.size() == 16;
    std::copy(bytes.begin(), bytes.end(), address.octets.begin());
    return to_string(address);
  }
  return hex(bytes);
}

std::vector<std::string> alternative_names(const X509* x509) {
  std::vector<std::string> names;
  const Owned<GENERAL_NAMES> all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x509, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()) && names.size() < kMaxNames; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type == GEN_DNS) {
      const Bytes host = bytes_of(name->d.dNSName);
      names.emplace_back(host.begin(), host.end());
    } else if (name->type == GEN_IPADD) {
      names.push_back(address_text(bytes_of(name->d.iPAddress)));
    }
  }
  return names;
}

Certificate read_certificate(Bytes der) {
  const ErrorsForgotten errors;
  Certificate certificate;
  certificate.size = der.size();
  const std::uint8_t* at = der.data();
  const Owned<X509> x509(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!x509 || at != der.data() + der.size()) {
    certificate.readable = false;
    return certificate;
  }
  const X509_NAME* subject = X509_get_subject_name(x509.get());
  const X509_NAME* issuer = X509_get_issuer_name(x509.get());
  certificate.subject = text_of(subject);
  certificate.issuer = text_of(issuer);
  certificate.self_issued = X509_NAME_cmp(subject, issuer) == 0;
  certificate.serial = hex(X509_get0_serialNumber(x509.get()));
  if (const auto from = moment(X509_get0_notBefore(x509.get()))) {
    certificate.not_before = rfc3339(*from);
    certificate.not_before_s = seconds_since_1970(*from);
  }
  if (const auto until = moment(X509_get0_notAfter(x509.get()))) {
    certificate.not_after = rfc3339(*until);
    certificate.not_after_s = seconds_since_1970(*until);
  }
  certificate.names = alternative_names(x509.get());
  return certificate;
}

}  // namespace

const Certificate& CertificateMemory::read(Bytes der) {
  return known_.find(der, [&] { return read_certificate(der); });
}

std::vector<Certificate> read_certificates(Bytes body, bool tls13, CertificateMemory* memory) {
  std::vector<Certificate> chain;
  ByteReader in(body);
  if (tls13) in.vector8();
  ByteReader list = in.vector24();
  while (list.more() && chain.size() < kMaxCertificates) {
    const Bytes der = list.vector24().rest();
    if (tls13) list.vector16();
    if (!list.ok()) break;
    chain.push_back(memory != nullptr ? memory->read(der) : read_certificate(der));
  }
  return chain;
}

}  // namespace whohungup::tls
