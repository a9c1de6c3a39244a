// Where on the path somebody answers, drops or resets a hello: what was seen of SYNs, hellos and
// datagrams with a limited number of hops, and the judgement of it (diagnosis.md §3.1, A1).
//
// A packet sent with n hops expires at the n-th router. Whoever answers a hello that expired before
// the one who answers SYNs stands before him: he is not the server.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/event.h"
#include "analyze/verdict.h"
#include "dissect/icmp_meaning.h"

namespace whohungup {

enum class HopKind : std::uint8_t { Udp, Syn, Control, Hello };
std::string_view to_string(HopKind);

/// What came back first for the packet in question, ICMP aside.
enum class HopAnswer : std::uint8_t {
  Nothing,
  SynAck,
  Refused,    // a reset to the SYN
  Reset,      // to the hello
  Closed,     // a FIN
  Alert,      // TLS
  Handshake,  // TLS: the server's own
  Plaintext,
};
std::string_view to_string(HopAnswer);
/// Whether it ends the connection: everything but nothing and a handshake.
bool ends(HopAnswer);

/// An ICMP error that quotes the packet in question.
struct HopIcmp {
  std::string reporter;
  std::uint8_t type{}, code{};
  bool is_v6{};
  std::optional<Duration> after;
  std::optional<std::uint8_t> quoted_hops;  // what was left when it expired: 1, or 0
  std::vector<std::string> changed;         // on the way to the reporter: "tos 0x00 → 0x28"

  [[nodiscard]] bool time_exceeded() const { return icmp_time_exceeded(type, is_v6); }
  [[nodiscard]] bool no_way() const { return !time_exceeded() && icmp_no_way(type, code, is_v6); }
  /// A filter's word, or a host's: neither of expiry, nor of size, nor of a way that is missing.
  [[nodiscard]] bool refuses() const {
    return !icmp_no_way(type, code, is_v6) && !icmp_too_big(type, code, is_v6);
  }
};

/// One packet with a limited number of hops, and all that came back.
struct HopProbe {
  HopKind kind{};
  std::uint8_t hops{};
  unsigned sweep{};      // from 0; a sweep keeps its source port
  std::uint16_t port{};  // of the source; 0: a datagram
  bool moved{};          // it had to take another port than its sweep's
  bool sent{};           // the packet in question left; a hello needs a connection first
  bool never_left{};     // ... or should have: it was sent, and not seen to leave this machine
  bool large{};          // a datagram as large as the hello
  bool beside{};         // the connection came about without a packet on the interface
  HopAnswer answer{};
  bool acked{};      // the hello was acknowledged
  bool handshake{};  // the server's own handshake came, before or behind another answer
  bool went_on{};    // ... behind an answer that should have ended it
  bool told{};       // the socket heard of an ICMP error about it, and no more than that
  std::optional<std::uint8_t> answer_ttl;  // that the answer bore
  std::optional<Duration> after;           // its time
  Duration listened{};                     // behind the packet in question, for what comes back
  std::vector<HopIcmp> icmp;
  std::vector<FrameNo> frames;  // of what came back

  [[nodiscard]] const HopIcmp* time_exceeded() const;
};

/// All of a trace.
struct HopTrace {
  std::string server;     // address
  Mechanism mechanism{};  // how the connection ended at full hop limit
  Stage stage{};
  bool captured{};  // packets were looked at, not only the socket
  std::vector<HopProbe> probes;
  /// At full hop limit the server answered, and bytes of its answer did not get here; or its last
  /// packets bear the number behind its last byte that did, so that none was lost.
  bool answer_lost{}, nothing_lost{};
};

// -- the judgement -------------------------------------------------------------------------------

enum class HopPlace : std::uint8_t {
  Here,      // on this very machine
  Before,    // on the path: not the server
  AtServer,  // the server or what stands next to it: hops cannot tell them apart
  Proxy,     // who answers TCP stands before the path's end and ended it himself
  NoWay,     // a router finds no way to the server, or packets go in a circle
  Nobody,    // nobody hung up
  Unknown,
};
enum class HopWay : std::uint8_t { InPath, OnPath, Unknown };
std::string_view to_string(HopPlace);
std::string_view to_string(HopWay);

/// A question about the sweeps, as fact.h has them about packets.
enum class HopFact : std::uint8_t {
  HungUp,                // the connection ended badly at full hop limit
  Silence,               // ... without an answer
  NoConnection,          // ... before a connection was made
  EndedBeforeHello,      // ... or before the hello was seen: no limited hello brought that about
  AnsweredBeforeServer,  // a hello that could not reach the one who answers SYNs was answered
  AnswerRepeated,        // ... three times or more, none contradicting
  ExpiredToo,            // ... and ICMP says of that very hello that it expired behind him
  NotForwarded,          // hops that answer others' expiry say nothing of the hello's, twice
  SilentBeforeServer,    // the hello expires up to a hop, and is not heard of behind it
  SilenceRepeated,
  OnlySmallReported,   // no report of it is missing: hops report nothing as large as it
  CopiesHops,          // the answer's own hop limit rises with the hello's
  ServerWentOn,        // at the server's distance the handshake went on
  WentOnBehindAnswer,  // ... behind an answer that should have ended it
  AnsweredAtServer,    // the first to be answered is the first that can reach the server
  ReachedServer,       // the hello was acknowledged at the server's distance
  LostAtEnd,           // the last router saw it expire; at the server's distance nothing came
  PeerBeforeEnd,       // datagrams to the address travel farther than the SYN that is answered
  IcmpFromPath,        // ICMP other than expiry, not from the server's address
  IcmpFromServer,
  NoWayFound,           // a router says that it finds no way to the server
  InACircle,            // the same routers report expiry again and again
  SynLostBeforeEnd,     // SYNs expire up to a hop, datagrams farther on; no SYN is answered
  SynRefusedBeforeEnd,  // a SYN is refused that could not reach the end of the path
  HelloHeard,           // routers do report the expiry of hellos
  SynRefusedAtEnd,      // ... or by the one whom datagrams reach
  NeverLeft,            // no hello was seen to leave this machine, though SYNs were
  SynNeverLeft,         // no SYN was
  BesideInterface,      // connections come about without a packet on the interface
  AnswerLost,           // the server answered at full hop limit, and bytes of that were lost
  NothingLost,          // ... or none were
  SweepsDisagree,       // source ports take different ways, with different results
  Captured,             // packets were looked at
  Count,
};
inline constexpr std::size_t kNumHopFacts = static_cast<std::size_t>(HopFact::Count);
std::string_view id(HopFact);
std::string_view question(HopFact);

class HopFacts {
 public:
  void add(HopFact fact) { bits_ |= std::uint64_t{1} << static_cast<unsigned>(fact); }
  [[nodiscard]] bool has(HopFact fact) const {
    return (bits_ >> static_cast<unsigned>(fact) & 1U) != 0;
  }
  [[nodiscard]] bool all(std::initializer_list<HopFact> facts) const {
    for (const HopFact fact : facts)
      if (!has(fact)) return false;
    return true;
  }
  friend HopFacts operator&(HopFacts a, HopFacts b) { return HopFacts(a.bits_ & b.bits_); }
  HopFacts() = default;

 private:
  static_assert(kNumHopFacts <= 64);
  explicit HopFacts(std::uint64_t bits) : bits_(bits) {}
  std::uint64_t bits_{};
};

struct HopRule {
  std::string_view id;
  HopPlace place{};
  HopWay way{};
  Confidence at_most{};
  std::initializer_list<HopFact> when, unless;
  std::string_view because;
};
/// In order: the first whose facts hold decides.
std::span<const HopRule> hop_rules();

/// What one sweep shows.
struct HopSweep {
  unsigned number{};
  std::uint16_t port{};
  int server_hops{};  // the fewest with which a SYN was answered; 0: none was
  int path_hops{};    // so far the path goes at least, by where datagrams expire; 0: not known
  int answer_hops{};  // the fewest with which the hello was answered so as to end it; 0: never
  int last_heard{};   // the farthest hop that told of the hello's expiry; 0: none
  int next_heard{};   // the next hop that tells of others' expiry, or the server; 0: none
  int answers{};      // hellos answered before the server
  FrameNo frame{};
  std::string no_way_from;  // the router that says so
  std::string beside_peer;  // who reports datagrams' expiry at the distance of who answers SYNs
  std::optional<int> copied_hops;  // hops to who copies the hop limit, by his answers
  HopFacts facts;
};

struct HopVerdict {
  HopPlace place{HopPlace::Unknown};
  HopWay way{HopWay::Unknown};
  Confidence confidence{Confidence::Undetermined};
  std::string_view rule;  // empty: none held
  std::string_view because;
  int after_hop{};   // it stands behind this hop ...
  int before_hop{};  // ... and not behind that one; 0 and 0: not known
  bool hop_known{};
  bool paths_differ{};
  std::string summary;  // one sentence
  std::vector<HopSweep> sweeps;
};

/// Whether silence may be an answer that was lost on its way back.
bool answer_may_be_lost(const HopTrace&);
/// The sweep of that number.
HopSweep read_sweep(const HopTrace&, unsigned number);
HopVerdict judge_hops(const HopTrace&);
/// The verdict as one sentence.
std::string hop_summary(const HopTrace&, const HopVerdict&);

/// Per hop what is known of the router there.
struct HopRow {
  int hops{};
  std::vector<std::string> reporters;  // more than one: the path splits
  std::string own;  // of who answers SYNs in the server's name: it reports datagrams' expiry here
  std::optional<Duration> round_trip;    // the fastest
  int syn{}, control{}, hello{}, udp{};  // how many of each expired here
  std::vector<std::string> changed;      // first seen here in a quoted packet
  std::vector<std::string> answers;      // what came back for a hello with so many hops
};
std::vector<HopRow> hop_table(const HopTrace&);

}  // namespace whohungup
