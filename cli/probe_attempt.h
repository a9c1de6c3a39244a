// One connection of a probe, from the armed capture to the last packet drained.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/dial.h"
#include "capture/dial_starttls.h"
#include "capture/dial_tls.h"
#include "capture/live_capture.h"
#include "cli/probe.h"
#include "cli/probe_hello.h"
#include "cli/target.h"

namespace whohungup {

/// A frame kept for the pcapng that is judged.
struct Caught {
  Time at{};
  std::vector<std::uint8_t> bytes;
  std::uint32_t wire_len{};
  LinkType link{};
};

/// Where and how one connection is made.
struct Attempt {
  const Target* target{};
  std::string starttls;
  Peer to, source;
  LiveCapture* capture{};  // null: nothing may be captured
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
  std::vector<std::uint8_t> first_answer;  // the server's first bytes where TLS was expected
  std::optional<TlsView> tls;
  std::string tls_error, key_log, unfinished;
  bool deaf{};                  // the socket could be made to ignore resets
  bool reset_ignored{};         // one came and the socket did not hear it
  bool finished_after_reset{};  // and the handshake was finished all the same
  bool dead_after_reset{};      // asked again, the server's address reset again
  Duration took{};
  std::vector<Caught> packets;
  std::string filter;
};

/// Its socket: bound, and deaf to resets where that is wanted and allowed; nothing has left yet.
std::unique_ptr<Dial> make_dial(const ProbeAsk&, const Attempt&);

/// Runs it on that socket.
AttemptResult run_attempt(const ProbeAsk&, const Attempt&, Dial&, ProbeHello);

}  // namespace whohungup
