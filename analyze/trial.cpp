// See trial.h.
#include "analyze/trial.h"

namespace whohungup {
namespace {

constexpr std::array<VariantInfo, kNumVariants> kVariants{{
    {"connect", "connects and leaves", "whether anything accepts connections", false},
    {"banner-wait", "connects, says nothing and listens",
     "a service that greets in plaintext, or closes whoever comes", false},
    {"baseline", "sends the hello that was asked for", "the failure itself", true},
    {"no-name", "the same hello without a server name",
     "a filter or a policy that goes by the name", true},
    {"other-name", "the same hello for a name the server is said to serve",
     "whether this name is the trouble", true},
    {"foreign-name", "the same hello for a name that is not this server's",
     "a filter that wants this very name", true},
    {"broad", "offers every version and cipher suite OpenSSL has",
     "whether versions and ciphers meet at all", true},
    {"tls12", "offers TLS 1.2 only, in as many bytes", "intolerance of TLS 1.3", true},
    {"tls10", "offers TLS 1.0 only, in as many bytes", "a server that knows only old TLS", true},
    {"old-hello", "a hello as SSL 3.0 clients sent it, without extensions",
     "a server that knows only old TLS, or stumbles over extensions", true},
    {"small", "the same hello in less than 256 bytes", "the 256 to 511 bug, and size in general",
     true},
    {"middle", "the same hello in 400 bytes", "the 256 to 511 bug (RFC 7685)", true},
    {"large", "the same hello in 600 bytes, one segment", "the 256 to 511 bug, and size in general",
     true},
    {"huge", "the same hello in 2000 bytes, two segments",
     "software that reads once, and paths that lose large packets", true},
    {"huge-in-pieces", "the same 2000 bytes in segments of 500",
     "paths that lose large packets from software that reads once", true},
    {"post-quantum", "with an X25519MLKEM768 key share", "what today's clients will meet", true},
    {"tcp-split", "the baseline in two segments, 250 ms apart", "who wants a hello in one segment",
     true},
    {"record-split", "the baseline in two TLS records", "who wants a hello in one record", true},
    {"no-timestamps", "the baseline without TCP timestamps",
     "boxes that understand only headers of 20 bytes", true},
    {"reset-immune", "the baseline, deaf to resets", "whether the server itself sent them", true},
    {"patient", "the baseline, waited for three times as long",
     "a server that is slow from one that hangs", true},
    {"http", "asks in HTTP", "a plaintext service, or a block that goes by no content", false},
    {"garbage", "sends bytes of no protocol", "a block that goes by no content", false},
    {"other-way", "comes to TLS the other way: with STARTTLS, or without",
     "a port that wants the other way to TLS", true},
}};

constexpr std::array<std::string_view, 17> kEndings{
    "refused", "unreachable", "unanswered", "greeted",     "open",      "answered",
    "alert",   "plaintext",   "fin",        "rst",         "icmp",      "silent",
    "unacked", "broken",      "no-tls",     "no-greeting", "mismatched"};

}  // namespace

const VariantInfo& info(Variant variant) { return kVariants[static_cast<std::size_t>(variant)]; }

std::string_view to_string(Ending ending) { return kEndings[static_cast<std::size_t>(ending)]; }

std::size_t Row::answered() const {
  return count([](const Outcome& one) { return one.answered(); });
}

bool Row::steady() const {
  return every([&](const Outcome& one) { return one.alike(*outcomes_.front()); });
}

Matrix::Matrix(std::span<const Trial> trials) {
  for (const Trial& trial : trials)
    if (trial.address == 0) rows_[static_cast<std::size_t>(trial.variant)].add(trial.outcome);
}

}  // namespace whohungup
