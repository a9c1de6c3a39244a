// One connection of a probe, from the armed capture to the last packet drained.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "capture/dial.h"
#include "capture/dial_starttls.h"
#include "capture/dial_tls.h"
#include "capture/live_capture.h"
#include "cli/probe.h"
#include "cli/probe_evidence.h"
#include "cli/probe_hello.h"
#include "cli/target.h"

namespace whohungup {

/// Where and how one connection is made.
struct Attempt {
  Target target;
  std::string starttls;  // the dialogue to hold first; empty: TLS at once
  Peer to;
  Peer source;            // its port is 0 unless the connection has to have a certain one
  std::string device;     // to capture on
  int connect_hops{};     // hop limit of the SYN and what follows it; 0: the system's
  int hello_hops{};       // from the hello on; 0: as before
  bool leave_abruptly{};  // with a reset, so that nothing unacknowledged is sent again
  int max_segment{};      // bytes of payload in a segment at most; 0: the system's
};

/// How the probe itself saw it end.
enum class Ended : std::uint8_t {
  NotConnected,
  NotGranted,   // the dialogue did not come to TLS
  Finished,     // the TLS handshake
  FirstAnswer,  // stopped on purpose after the first answer to the hello
  ByServer,     // FIN, alert or a TLS error
  Broken,       // reset
  Silent,
  Stopped,  // by ^C
};

struct AttemptResult {
  std::string problem;  // nothing was sent; why
  Ended ended{};
  std::uint16_t local_port{};
  SocketView socket;
  StarttlsOutcome dialogue;
  std::size_t hello_bytes{};
  std::vector<std::uint8_t> first_answer;        // the server's first bytes where TLS was expected
  std::optional<TlsView> tls;                    // of a finished handshake
  std::optional<CertificatesView> certificates;  // of one that was not finished
  std::string tls_error, key_log, unfinished;
  bool deaf{};                  // the socket could be made to ignore resets
  bool reset_ignored{};         // one came and the socket did not hear it
  bool finished_after_reset{};  // and the handshake was finished with the server all the same
  bool dead_after_reset{};      // asked again, the server's address reset again
  bool alive_after_reset{};     // what was said after it was acknowledged
  std::optional<std::uint32_t> resets_ignored;  // by the packets; nothing: none were captured
  Duration took{};
  std::vector<Caught> packets;
  std::string filter;
};

/// Runs it on that dial, which nothing has left yet. `capture` may be null: then no packets are
/// caught. Of the ask it heeds split, pause, timeout and hello_only. A hello without bytes is none:
/// the connection is listened to for what the server says by itself.
AttemptResult run_attempt(const ProbeAsk&, const Attempt&, Dial&, LiveCapture* capture, ProbeHello);

}  // namespace whohungup
