// The plaintext dialogues that ask for TLS, one a protocol, as short as the protocol allows, each
// line counted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "capture/dial.h"

namespace whohungup {

/// One thing said before TLS.
struct Said {
  bool by_us{};
  std::uint32_t bytes{};
  std::string text;  // printable; of a binary message, what it is
};

struct StarttlsOutcome {
  bool granted{};
  std::string problem;  // why not: "no banner came within 8 s"
  std::vector<Said> said;
  std::vector<std::uint8_t> left_over;  // bytes that came behind the permission
};

/// imap pop3 smtp lmtp ftp ldap xmpp sieve nntp postgres mysql.
bool knows_starttls(std::string_view protocol);

/// Talks until TLS may begin. `host` is what smtp and xmpp want to be told.
StarttlsOutcome ask_for_tls(Dial& dial, std::string_view protocol, const std::string& host,
                            Duration timeout);

}  // namespace whohungup
