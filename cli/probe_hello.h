// The bytes a probe says: from OpenSSL where the handshake is to be finished, made to order where
// OpenSSL cannot say that, or somebody's own from a capture.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/dial_tls.h"
#include "cli/probe.h"
#include "cli/target.h"

namespace whohungup {

struct ProbeHello {
  std::vector<std::uint8_t> message;  // the handshake message, without record headers
  std::vector<std::uint8_t> bytes;    // as they go out
  std::unique_ptr<TlsClient> client;  // can finish the handshake; null: the first answer is all
  std::string why_unfinished;         // if `client` is null
};

/// Someone's hello, read before anything is sent. Throws CaptureError or UsageError.
struct SavedHello {
  std::vector<std::uint8_t> bytes;
  bool parses{};
};
SavedHello read_saved_hello(const ProbeAsk&);

/// A fresh hello for the target. Throws UsageError where none can be made.
ProbeHello make_hello(const ProbeAsk&, const Target&, const TlsClient::Roots&, const SavedHello*);
/// The same for nobody's saved hello; nothing, and a sentence that says why, where none can be
/// made.
std::optional<ProbeHello> try_hello(const ProbeAsk&, const Target&, const TlsClient::Roots&,
                                    std::string& why_not);

/// The hello as text: fields and bytes.
std::string hello_text(const ProbeHello&);

/// "TLS_AES_128_GCM_SHA256", "0x1301", "x25519" … as numbers; throws UsageError.
std::vector<std::uint16_t> read_ciphers(const std::string& list);
std::vector<std::uint16_t> read_groups(const std::string& list);

}  // namespace whohungup
