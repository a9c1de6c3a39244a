// Opening records with a session's secrets (RFC 8446 §5.2, §7.3; RFC 5246 §6.2.3.3), through
// OpenSSL. A record that opens was sealed by an owner of the keys: nobody on the path is one.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dissect/bytes.h"
#include "dissect/tls_record.h"

namespace whohungup::tls {

/// Secrets by client random, as an NSS key log (SSLKEYLOGFILE, RFC 9850) lists them.
class KeyLog {
 public:
  KeyLog();
  ~KeyLog();
  KeyLog(KeyLog&&) noexcept;
  KeyLog& operator=(KeyLog&&) noexcept;
  /// Adds the lines of a key log; lines it does not understand are counted, never fatal.
  void add(std::string_view lines);
  [[nodiscard]] bool empty() const;
  [[nodiscard]] std::size_t sessions() const;
  [[nodiscard]] std::size_t ignored_lines() const;
  /// Whether it has any secret of that session.
  [[nodiscard]] bool knows(const std::array<std::uint8_t, 32>& client_random) const;
  /// A secret by label ("CLIENT_RANDOM", "SERVER_HANDSHAKE_TRAFFIC_SECRET" …), or empty.
  [[nodiscard]] Bytes secret(const std::array<std::uint8_t, 32>& client_random,
                             std::string_view label) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What a sealed record held.
struct Opened {
  ContentType type{};  // the inner type
  std::vector<std::uint8_t> plaintext;
};

/// Opens the records of one session, in order, each direction on its own.
///
/// TLS 1.3 (all suites of RFC 8446) and the AEAD suites of TLS 1.2 (AES-GCM, AES-CCM,
/// ChaCha20-Poly1305). Starts with the handshake traffic keys and moves on to the application
/// keys by itself when a direction's Finished has passed; follows KeyUpdate.
class RecordOpener {
 public:
  /// Nothing if the log has no secrets for this session or the suite is not one of ours.
  static std::optional<RecordOpener> create(const KeyLog&,
                                            const std::array<std::uint8_t, 32>& client_random,
                                            const std::array<std::uint8_t, 32>& server_random,
                                            std::uint16_t version, std::uint16_t cipher_suite);
  ~RecordOpener();
  RecordOpener(RecordOpener&&) noexcept;
  RecordOpener& operator=(RecordOpener&&) noexcept;

  /// Opens the next sealed record of that direction (`header` as on the wire, `fragment` its
  /// bytes). Nothing if it does not authenticate.
  std::optional<Opened> open(bool from_client, const RecordHeader& header, Bytes fragment);

 private:
  RecordOpener();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace whohungup::tls
