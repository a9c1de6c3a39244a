// One trial of a diagnosis: which probe of the matrix (diagnosis.md §8.4) was made, and how it
// ended. Everything `diagnose` concludes is computed from a list of these.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/verdict.h"

namespace whohungup {

/// The probes, in the order in which they are told. Each but the first three changes one thing of
/// the baseline.
enum class Variant : std::uint8_t {
  Connect,       // the TCP connection alone
  BannerWait,    // connect, say nothing, listen
  Baseline,      // the hello that was asked for
  NoName,        // no server_name
  OtherName,     // a name the server is said to serve
  ForeignName,   // a name it surely does not serve
  Broad,         // every version and cipher suite OpenSSL has
  Tls12,         // TLS 1.2 only
  Tls10,         // TLS 1.0 only
  OldHello,      // as SSL 3.0 clients said it: no extensions
  Small,         // below 256 bytes
  Middle,        // 256 to 511 bytes
  Large,         // above 511, one segment
  Huge,          // more than one segment
  HugeInPieces,  // the same in segments of 500 bytes
  PostQuantum,   // with an X25519MLKEM768 share
  TcpSplit,      // the baseline in two segments, with a pause
  RecordSplit,   // the baseline in two TLS records
  NoTimestamps,  // without TCP timestamps
  ResetImmune,   // the baseline, deaf to resets
  Patient,       // the baseline, waited for three times as long
  Http,          // an HTTP request instead of a hello
  Garbage,       // bytes of no protocol
  OtherWay,      // STARTTLS instead of TLS at once, or TLS at once instead of STARTTLS
  Count
};
inline constexpr std::size_t kNumVariants = static_cast<std::size_t>(Variant::Count);

struct VariantInfo {
  std::string_view id;       // kebab-case, never renamed
  std::string_view does;     // "says nothing and listens"
  std::string_view settles;  // what it tells apart
  bool hello{};              // sends a ClientHello
};
const VariantInfo& info(Variant);

/// Whether it is made only where what was seen asks for it, and says nothing of hellos in general.
constexpr bool waits_for_a_reason(Variant variant) {
  return variant == Variant::ResetImmune || variant == Variant::OtherWay ||
         variant == Variant::Patient;
}

/// How a trial ended, as far as causes care.
enum class Ending : std::uint8_t {
  Refused,      // the SYN, by a reset
  Unreachable,  // the SYN, by an ICMP error
  Unanswered,   // the SYN, by nothing
  Greeted,      // plaintext came before a byte was said
  Open,         // nothing was said, nothing came: as a TLS server does
  Answered,     // a ServerHello came, and nothing went wrong that was looked at
  Alert,        // fatal, before a ServerHello
  Plaintext,    // an answer that is not TLS
  Fin,
  Rst,
  Icmp,        // an ICMP error about the open connection
  Silent,      // everything acknowledged, nothing answered
  Unacked,     // not even all of it acknowledged
  Broken,      // after a ServerHello
  NoTls,       // the dialogue did not come to TLS: STARTTLS was refused or not offered
  NoGreeting,  // the dialogue did not begin
  Mismatched   // a ServerHello came that the client cannot take: a version it did not offer
};
std::string_view to_string(Ending);

/// What was seen of the server's certificate.
enum class Certificate : std::uint8_t { Unseen, Fine, Untrusted, Expired, NotYetValid, OtherName };

struct Outcome {
  Ending ending{};
  bool untouched{};         // it ended before a byte of ours was acknowledged
  std::uint8_t alert{};     // its description, where one ended it
  std::uint8_t warned{};    // of a warning that came before it hung up
  bool turned_away{};       // the greeting says to come back later: 421, BYE, "too many"
  bool denied{};            // a reply in plaintext says that this client is blocked or denied
  bool tls_offered{};       // OtherWay: the dialogue came to TLS
  bool icmp_from_target{};  // the error bears the target's own address
  bool no_way{};            // the error says that no way was found: no route, a host that is down
  bool taken_in{};     // the one who answered the SYN acknowledged all of the hello before it ended
  bool answer_lost{};  // packets show that the server sent an answer which never arrived
  bool never_left{};   // this machine kept back what was sent, by the packets that left it
  bool not_let_in{};   // ... or what came, by the packets that reached it
  bool beside{};       // the connection came about without a packet on the interface
  bool finished_after_reset{};  // the reset-immune socket's handshake was finished and signed
  bool reset_seen{};            // one came, heard or not
  bool rewritten{};             // STARTTLS was rewritten on the way ("XXXXXXXA")
  bool certificate_asked{};     // the server wants one of the client
  Certificate certificate{};
  Mechanism broke_by{};  // with Broken
  std::string code;      // the flow's verdict, or what the socket alone says
  Actor actor{Actor::Unknown};
  Confidence confidence{Confidence::Undetermined};
  Duration lasted{};        // from the connection to its end
  std::uint16_t version{};  // of TLS, as the server chose it: 0x0303; 0: it chose none
  std::string said;         // the first line of plaintext, printable
  std::string refusal;      // what was said last in a dialogue that did not come to TLS
  std::string icmp;         // who sent errors, and which: "192.0.2.1 (type 3, code 13)"

  /// A ServerHello came: the hello was taken.
  [[nodiscard]] bool answered() const {
    return ending == Ending::Answered || ending == Ending::Broken;
  }
  /// A TCP connection came about.
  [[nodiscard]] bool connected() const { return ending > Ending::Unanswered; }
  /// The server (or what stands in its place) hung up without a word.
  [[nodiscard]] bool hung_up() const { return ending == Ending::Fin || ending == Ending::Rst; }
  /// This machine kept something of it back.
  [[nodiscard]] bool kept_back() const { return never_left || not_let_in; }
  /// Whether two trials ended alike: the same ending and the same alert.
  [[nodiscard]] bool alike(const Outcome& other) const {
    return ending == other.ending && alert == other.alert;
  }
};

struct Trial {
  Variant variant{};
  std::size_t address{};  // of the target's, as an index; the matrix is about address 0
  Outcome outcome;
};

/// What the baseline was, as far as conclusions depend on it.
struct Circumstances {
  bool name_sent{};          // the baseline bears a server_name
  bool both_versions{};      // it offers TLS 1.2 and 1.3
  bool starttls{};           // it asks for TLS in a plaintext dialogue
  bool ldap{};               // the port is LDAP's over TLS
  bool clock_doubtful{};     // this machine's clock is not synchronised
  bool local_rule_hit{};     // a rule of the local firewall counted packets whenever it failed
  std::string local_rule{};  // its text
  std::size_t addresses{1};
};

/// The outcomes of one probe against the first address.
class Row {
 public:
  void add(const Outcome& one) { outcomes_.push_back(&one); }
  [[nodiscard]] std::size_t tries() const { return outcomes_.size(); }
  [[nodiscard]] std::size_t answered() const;
  [[nodiscard]] std::span<const Outcome* const> all() const { return outcomes_; }
  template <class Is>
  [[nodiscard]] std::size_t count(Is&& is) const {
    std::size_t sum = 0;
    for (const Outcome* one : outcomes_) sum += is(*one) ? 1U : 0U;
    return sum;
  }
  /// All of at least one.
  template <class Is>
  [[nodiscard]] bool every(Is&& is) const {
    return !outcomes_.empty() && count(is) == outcomes_.size();
  }
  /// All tries ended alike.
  [[nodiscard]] bool steady() const;

 private:
  std::vector<const Outcome*> outcomes_;
};

/// The trials by probe; points into them.
class Matrix {
 public:
  explicit Matrix(std::span<const Trial>);
  [[nodiscard]] const Row& row(Variant variant) const {
    return rows_[static_cast<std::size_t>(variant)];
  }
  [[nodiscard]] const Row& operator[](Variant variant) const { return row(variant); }

 private:
  std::array<Row, kNumVariants> rows_;
};

}  // namespace whohungup
