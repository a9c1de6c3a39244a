#include "dissect/tls_alert.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace whohungup::tls {

namespace {

struct Known {
  std::uint8_t description;
  std::string_view name;
  std::string_view usual_cause;
};

// The registry (IANA, "TLS Alerts") with the reserved descriptions of older versions, by number.
// The causes are what OpenSSL, Go, GnuTLS, nginx, HAProxy and the big proxies were seen to mean.
constexpr Known kAlerts[] = {
    {0, "close_notify", "The sender closes the connection in good order and will send no more."},
    {10, "unexpected_message",
     "A message came that does not belong here, often plaintext or a byte stream out of step."},
    {20, "bad_record_mac",
     "A record did not decrypt: the two sides derived different keys, or bytes were altered."},
    {21, "decryption_failed", "A record did not decrypt; only old implementations say so."},
    {22, "record_overflow",
     "A record was longer than allowed; usually the bytes were no TLS at all."},
    {30, "decompression_failure", "Compressed data did not unpack."},
    {40, "handshake_failure",
     "No common ground: no cipher suite, group or signature algorithm both sides accept; some "
     "servers also say so for an unknown host name or a missing client certificate."},
    {41, "no_certificate", "An SSL 3.0 client has no certificate to show."},
    {42, "bad_certificate",
     "The other side's certificate was corrupt, its signature did not verify, or the application's "
     "own check refused it."},
    {43, "unsupported_certificate",
     "The other side's certificate is of a type or key usage the sender does not accept."},
    {44, "certificate_revoked", "The other side's certificate was revoked by its issuer."},
    {45, "certificate_expired",
     "The other side's certificate is outside its validity; also check the sender's clock."},
    {46, "certificate_unknown",
     "The other side's certificate was refused for a reason of the sender's own, often a name that "
     "does not match or an issuer that Java or a browser does not trust."},
    {47, "illegal_parameter",
     "A field contradicts the protocol or another field; an implementation or a middlebox that "
     "rewrites hellos is at fault."},
    {48, "unknown_ca",
     "The sender does not trust the issuer of the other side's certificate: a missing "
     "intermediate, "
     "a private CA, or a TLS-inspecting proxy whose CA is not installed."},
    {49, "access_denied", "The certificate was valid, but the sender's access rules refuse it."},
    {50, "decode_error",
     "A message was cut short or malformed; OpenSSL 3 also sends it when the other side hung up "
     "in the middle of the handshake."},
    {51, "decrypt_error",
     "A signature, a Finished or a PSK binder did not verify: altered messages or a wrong key."},
    {60, "export_restriction", "Export ciphers of the 1990s were at odds."},
    {70, "protocol_version",
     "No TLS version both sides accept: the client is too old, or the server is."},
    {71, "insufficient_security",
     "The other side offers only cipher suites, keys or parameters the sender holds too weak."},
    {80, "internal_error",
     "The sender failed for reasons of its own: no certificate for the host name (Go), a version "
     "its policy forbids (OpenSSL, nginx), or a broken configuration; its log says which."},
    {86, "inappropriate_fallback",
     "The client tried again with a lower version (TLS_FALLBACK_SCSV) than the server supports."},
    {90, "user_canceled", "The handshake was given up by its user or application."},
    {100, "no_renegotiation", "The sender refuses to renegotiate."},
    {109, "missing_extension",
     "An extension TLS 1.3 requires is missing, most often signature_algorithms or key_share."},
    {110, "unsupported_extension", "The server answered with an extension nobody asked for."},
    {111, "certificate_unobtainable", "A certificate named by URL could not be fetched."},
    {112, "unrecognized_name",
     "The server has no certificate for the host name asked for (SNI), or asks that one be sent."},
    {113, "bad_certificate_status_response", "The stapled OCSP answer is invalid or missing."},
    {114, "bad_certificate_hash_value", "A certificate does not match its announced hash."},
    {115, "unknown_psk_identity", "The server does not know the pre-shared key's identity."},
    {116, "certificate_required", "The server wants a client certificate and got none."},
    {120, "no_application_protocol",
     "The server speaks none of the protocols the client offers (ALPN)."},
    {121, "ech_required",
     "The client insists on Encrypted ClientHello and the server did not accept it."},
};

const Known* find(Alert alert) {
  const auto* found = std::find_if(std::begin(kAlerts), std::end(kAlerts), [&](const Known& known) {
    return known.description == alert.description;
  });
  return found == std::end(kAlerts) ? nullptr : found;
}

}  // namespace

std::string name(Alert alert) {
  const Known* known = find(alert);
  return known != nullptr ? std::string(known->name) : fmt::format("alert {}", alert.description);
}

std::string_view usual_cause(Alert alert) {
  const Known* known = find(alert);
  return known != nullptr ? known->usual_cause : std::string_view();
}

}  // namespace whohungup::tls
