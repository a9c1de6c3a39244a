// Certificates as the TLS 1.2 Certificate message carries them in clear (RFC 5246 §7.4.2) or a
// decrypted TLS 1.3 one does (RFC 8446 §4.4.2). X.509 itself is OpenSSL's to parse.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dissect/by_content.h"
#include "dissect/bytes.h"

namespace whohungup::tls {

struct Certificate {
  std::string subject, issuer;                 // RFC 2253 text, from hostile bytes
  std::string serial;                          // lower-case hex
  std::string not_before, not_after;           // RFC 3339 UTC, empty if unreadable
  std::int64_t not_before_s{}, not_after_s{};  // seconds since 1970
  std::vector<std::string>
      names;  // subjectAltName dNSName and iPAddress, at most 256; hostile text
  bool self_issued{};
  bool readable{true};  // false: OpenSSL could not parse it
  std::size_t size{};
};

/// Remembers the certificates read last, by their bytes: a server shows the same chain every time,
/// and to read a certificate takes longer than to judge the flow it came in.
class CertificateMemory {
 public:
  /// The certificate, until the next is asked for.
  const Certificate& read(Bytes der);

 private:
  // Of some servers with chains of two or three; 50 KB with certificates of the usual length.
  static constexpr std::size_t kMost = 16;
  static constexpr std::size_t kLongest = 4096;

  ByContent<std::uint8_t, Certificate, kMost, kLongest> known_;
};

/// The chain in a Certificate message body, the sender's own first, up to the first that is not
/// whole and at most 16. `tls13` says which layout. Never throws; touches nothing outside.
std::vector<Certificate> read_certificates(Bytes body, bool tls13, CertificateMemory* = nullptr);

}  // namespace whohungup::tls
