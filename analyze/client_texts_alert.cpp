// How clients word a fatal alert that they received. OpenSSL's words are `openssl errstr 0A000410`
// and its neighbours, Go's are those of crypto/tls/alert.go, Firefox's and GnuTLS's of their
// headers.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analyze/client_texts.h"
#include "dissect/tls_alert.h"

namespace whohungup {
namespace {

std::string openssl_words(std::uint8_t description, const std::string& name) {
  constexpr std::array<std::uint8_t, 11> kSinceSsl3{10, 20, 30, 40, 41, 42, 43, 44, 45, 46, 47};
  constexpr std::array<std::uint8_t, 5> kExtensions{110, 111, 112, 113, 114};
  const auto in = [&](const auto& list) {
    return std::find(list.begin(), list.end(), description) != list.end();
  };
  const bool tls13 = description == 109 || description == 116;
  const std::string_view prefix = tls13             ? "tlsv13 alert "
                                  : in(kSinceSsl3)  ? "sslv3 alert "
                                  : in(kExtensions) ? "tlsv1 "
                                                    : "tlsv1 alert ";
  std::string words = std::string(prefix) + name;
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

/// The same as a constant: SSLV3_ALERT_HANDSHAKE_FAILURE.
std::string as_constant(std::string words) {
  for (char& c : words) {
    if (c == ' ') c = '_';
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return words;
}

/// "HandshakeFailure", as .NET spells it.
std::string in_camel_case(const std::string& name) {
  std::string out;
  bool up = true;
  for (const char c : name) {
    if (c != '_') out += up && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    up = c == '_';
  }
  return out;
}

/// Where Go's words are not the alert's name with spaces (Go 1.19, crypto/tls/alert.go).
std::string go_words(std::uint8_t description, std::string name) {
  switch (description) {
    case 20:
      return "bad record MAC";
    case 44:
      return "revoked certificate";
    case 45:
      return "expired certificate";
    case 46:
      return "unknown certificate";
    case 48:
      return "unknown certificate authority";
    case 50:
      return "error decoding message";
    case 51:
      return "error decrypting message";
    case 70:
      return "protocol version not supported";
    case 71:
      return "insufficient security level";
    default:
      std::replace(name.begin(), name.end(), '_', ' ');
      return name;
  }
}

/// GnuTLS 3.7.9's names (gnutls_alert_get_name), which git prints; empty: it has none.
std::string_view gnutls_words(std::uint8_t description) {
  switch (description) {
    case 10:
      return "Unexpected message";
    case 20:
      return "Bad record MAC";
    case 22:
      return "Record overflow";
    case 40:
      return "Handshake failed";
    case 42:
      return "Certificate is bad";
    case 43:
      return "Certificate is not supported";
    case 44:
      return "Certificate was revoked";
    case 45:
      return "Certificate is expired";
    case 46:
      return "Unknown certificate";
    case 47:
      return "Illegal parameter";
    case 48:
      return "CA is unknown";
    case 49:
      return "Access was denied";
    case 50:
      return "Decode error";
    case 51:
      return "Decrypt error";
    case 70:
      return "Error in protocol version";
    case 71:
      return "Insufficient security";
    case 80:
      return "Internal error";
    case 86:
      return "Inappropriate fallback";
    case 109:
      return "An extension was expected but was not seen";
    case 110:
      return "An unsupported extension was sent";
    case 112:
      return "The server name sent was not recognized";
    case 116:
      return "Certificate is required";
    case 120:
      return "No supported application protocol could be negotiated";
    default:
      return {};
  }
}

std::string openssl_error(std::uint8_t description, const std::string& said) {
  // Library 20 (SSL); an alert's reason is its description and 1000.
  constexpr unsigned kSslLibrary = 0x0A000000, kFirstAlertReason = 1000;
  return fmt::format("error:{:08X}:SSL routines::{}", kSslLibrary + kFirstAlertReason + description,
                     said);
}

}  // namespace

std::string alert_text(Program program, std::uint8_t description) {
  const std::string name = tls::name({2, description});
  const std::string said = openssl_words(description, name);
  switch (program) {
    case Program::OpenSsl:
      return openssl_error(description, said);
    case Program::Curl:
      return "curl: (35) " + openssl_error(description, said);
    case Program::Python:
      return fmt::format("ssl.SSLError: [SSL: {}]", as_constant(said));
    case Program::Go:
      return "remote error: tls: " + go_words(description, name);
    case Program::Java:
      return "javax.net.ssl.SSLHandshakeException: Received fatal alert: " + name;
    case Program::Node:
      return "ERR_SSL_" + as_constant(said);
    case Program::GnuTls:
      return fmt::format("Received alert [{}]", description);
    case Program::DotNet:
      return fmt::format("TLS alert: '{}'", in_camel_case(name));
    case Program::Firefox:
      return fmt::format("SSL_ERROR_{}_ALERT", as_constant(name));
    default:
      return {};
  }
}

std::vector<std::string> other_alert_texts(std::uint8_t description) {
  const std::string name = tls::name({2, description});
  const std::string said = openssl_words(description, name);
  std::vector<std::string> texts{said, as_constant(said),
                                 "received fatal alert: " + in_camel_case(name)};
  if (const std::string_view words = gnutls_words(description); !words.empty())
    texts.push_back(fmt::format("gnutls_handshake() failed: {}", words));
  return texts;
}

}  // namespace whohungup
