// A TLS client of OpenSSL's whose bytes go through our hands: its hello, padded to an exact size,
// can be sent as one likes, and the handshake is finished over the probe's own socket.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/packet.h"

namespace whohungup {

struct TlsAsk {
  std::string name;                // to check the certificate for: a host name or an address
  std::optional<std::string> sni;  // nothing: no server_name extension
  std::vector<std::string> alpn;
  int lowest{}, highest{};  // 0x0301 … 0x0304; 0: 1.2 and 1.3
  std::string ciphers;      // OpenSSL names joined by ':', of TLS 1.2 and below; empty: default
  std::string suites;       // of TLS 1.3; empty: default
  std::string groups;       // joined by ':'; empty: default
  std::size_t size{};       // of the hello's one record; 0: as it comes out
  bool as_s_client{};       // OpenSSL's own defaults, as `openssl s_client` uses them
};

/// One certificate of the chain, as the server sent it.
struct CertificateView {
  std::string subject, issuer, not_before, not_after;
  std::vector<std::string> names;
  bool expired{}, not_yet_valid{};  // by this machine's clock
};

/// What the server showed and asked for, and what that is worth.
struct CertificatesView {
  std::vector<CertificateView> chain;
  std::string chain_problem;  // empty: it leads to a trusted root and is in date
  bool name_matches{};
  bool client_certificate_asked{};
};

/// What a finished handshake agreed on.
struct TlsView : CertificatesView {
  std::string version, cipher, group, alpn;
  std::string signature;  // the server's signature over this handshake, verified by OpenSSL
};

class TlsClient {
 public:
  /// Loads what has to be read from files (the trusted roots) before privileges are dropped.
  class Roots {
   public:
    Roots();
    ~Roots();
    Roots(const Roots&) = delete;
    Roots& operator=(const Roots&) = delete;

   private:
    friend class TlsClient;
    struct State;
    std::unique_ptr<State> state_;
  };

  /// A client with its hello ready, or nothing and why OpenSSL cannot say that.
  static std::unique_ptr<TlsClient> create(const TlsAsk& ask, const Roots& roots,
                                           std::string& problem);
  ~TlsClient();

  /// The ClientHello: one record.
  [[nodiscard]] const std::vector<std::uint8_t>& hello() const;

  enum class Step : std::uint8_t { WantsMore, Finished, Failed };
  /// Takes bytes of the server; what is to be sent in answer is appended to `to_send`.
  Step take(Bytes from_server, std::vector<std::uint8_t>& to_send);
  /// After the handshake: application bytes are counted and thrown away, tickets are taken. Failed
  /// means an alert or a closed session; why in error().
  Step listen(Bytes from_server, std::vector<std::uint8_t>& to_send);
  /// The close_notify to send.
  std::vector<std::uint8_t> goodbye();

  [[nodiscard]] TlsView view() const;
  /// What of that is known while the handshake is not finished; no chain: it did not come so far.
  [[nodiscard]] CertificatesView certificates() const;
  /// The session's secrets as lines of a key log (RFC 9850).
  [[nodiscard]] const std::string& key_log() const;
  /// OpenSSL's words for what failed: "error:0A000126:SSL routines::unexpected eof…".
  [[nodiscard]] const std::string& error() const;
  [[nodiscard]] bool application_data_seen() const;

 private:
  struct State;
  explicit TlsClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Whether OpenSSL can use all of these cipher suites or groups by their numbers; their names are
/// put into the ask.
bool openssl_ciphers(const std::vector<std::uint16_t>& numbers, TlsAsk& ask);
/// The numbers of every cipher suite OpenSSL has, but for those that need a shared key or password.
std::vector<std::uint16_t> every_openssl_cipher();
bool openssl_groups(const std::vector<std::uint16_t>& numbers, TlsAsk& ask);

}  // namespace whohungup
