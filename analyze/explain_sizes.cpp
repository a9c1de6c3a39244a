// Measured with tests/lab/hello_sizes.py on Debian 12, November 2026; the same script holds the
// table to what is installed.
#include "analyze/explain_sizes.h"

#include <algorithm>
#include <iterator>

namespace whohungup {
namespace {

constexpr SizeLaw kLaws[] = {
    {"openssl-s-client", "OpenSSL 3.0.22 s_client", "", 297, 306, false, true},
    {"openssl-s-client-tls1-2", "OpenSSL 3.0.22 s_client", "-tls1_2", 188, 197, false, true},
    {"openssl-s-client-tls1-3", "OpenSSL 3.0.22 s_client", "-tls1_3", 225, 234, false, true},
    {"openssl-s-client-alpn", "OpenSSL 3.0.22 s_client", "-alpn h2,http/1.1", 315, 324, false,
     true},
    {"openssl-s-client-alpn-imap", "OpenSSL 3.0.22 s_client", "-alpn imap", 308, 317, false, true},
    {"openssl-s-client-status", "OpenSSL 3.0.22 s_client", "-status", 306, 315, false, true},
    {"openssl-s-client-no-ticket", "OpenSSL 3.0.22 s_client", "-no_ticket", 293, 302, false, true},
    {"openssl-s-client-bugs", "OpenSSL 3.0.22 s_client", "-bugs", 297, 306, true, true},
    {"curl", "curl 7.88.1 with OpenSSL 3.0.22", "", 315, 324, true, true},
    {"python", "Python 3.11.2 with OpenSSL 3.0.22", "", 297, 306, true, true},
    {"gnutls-cli", "gnutls-cli 3.7.9", "", 373, 382, false, true},
    {"node", "Node 20.20.2", "", 0, 358, false, true},
    {"java", "OpenJDK 17.0.15", "", 0, 449, false, true},
    {"go", "Go 1.19.8", "", 0, 248, false, true},
    // From an earlier measurement with these versions (diagnosis.md §7.1); not in Debian 12.
    {"openssl-1-1-1-s-client", "OpenSSL 1.1.1w s_client", "", 0, 302, false, false},
    {"openssl-3-5-s-client", "OpenSSL 3.5.7 s_client", "", 0, 1542, false, false},
};

// LMTP looks for an offer too, but its bytes are as many as SMTP's.
constexpr Prelude kPreludes[] = {
    {"imap", 26, "`. CAPABILITY` 14 + `. STARTTLS` 12", true, true, true},
    {"smtp", 33, "`EHLO mail.example.com` 23 + `STARTTLS` 10", true, true, true},
    {"lmtp", 33, "`LHLO mail.example.com` 23 + `STARTTLS` 10", true, true, false},
    {"pop3", 6, "`STLS` 6", true, true, false},
    {"ftp", 10, "`AUTH TLS` 10", true, true, false},
    {"nntp", 24, "`CAPABILITIES` 14 + `STARTTLS` 10", true, false, false},
    {"sieve", 10, "`STARTTLS` 10", true, false, false},
    {"postgres", 8, "SSLRequest 8", false, false, false},
    {"ldap", 31, "the StartTLS request 31", false, false, false},
};

/// What OpenSSL's padding extension makes of a record of so many bytes
/// (tls_construct_ctos_padding, statem/extensions_clnt.c).
std::size_t with_padding(std::size_t record) {
  constexpr std::size_t kRecordHeader = 5, kExtensionHeader = 4, kFrom = 0x100, kTo = 0x200;
  const std::size_t message = record - kRecordHeader;
  if (message < kFrom || message >= kTo) return record;
  const std::size_t missing = kTo - message;
  return record + kExtensionHeader + (missing > kExtensionHeader ? missing - kExtensionHeader : 1);
}

}  // namespace

std::span<const SizeLaw> size_laws() { return kLaws; }

const SizeLaw* find_size_law(std::string_view id) {
  const auto* found = std::find_if(std::begin(kLaws), std::end(kLaws),
                                   [&](const SizeLaw& law) { return law.id == id; });
  return found == std::end(kLaws) ? nullptr : found;
}

std::size_t hello_size(const SizeLaw& law, std::size_t name_length) {
  const std::size_t bare = name_length == 0 ? law.without_name : law.with_name + name_length;
  return law.padded && bare > 0 ? with_padding(bare) : bare;
}

std::optional<NameLengths> name_lengths(const SizeLaw& law, std::size_t size) {
  std::optional<NameLengths> found;
  for (std::size_t length = 1; length <= kLongestName; ++length) {
    if (hello_size(law, length) != size) continue;
    if (!found) found = NameLengths{length, length};
    found->last = length;
  }
  return found;
}

std::span<const Prelude> preludes() { return kPreludes; }

const Prelude* find_prelude(std::string_view protocol) {
  const auto* found = std::find_if(std::begin(kPreludes), std::end(kPreludes),
                                   [&](const Prelude& row) { return row.protocol == protocol; });
  return found == std::end(kPreludes) ? nullptr : found;
}

}  // namespace whohungup
