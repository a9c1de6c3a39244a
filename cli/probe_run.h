// Captured and judged connections, one after the other, for everything that makes them: `probe`,
// `diagnose`, `trace`.
//
//   const TlsClient::Roots roots;               // reads the system's trusted roots
//   Plan plan = make_plan(ask);                 // resolves names, asks for routes
//   ProbeSession session({plan.attempts, 40});  // opens what needs a privilege, gives all up
//   JudgedAttempt one = session.run_and_judge(
//       ask, plan.attempts[0], make_hello(ask, plan.attempts[0].target, roots, nullptr));
//
// Behind the constructor names cannot be resolved nor routes be asked for any more, and files may
// only be written where the plain user may (see user_behind_root()). Without privileges it works
// all the same: then nothing is captured, and the socket alone is judged (`judged` is false, the
// confidence `suggested` at most).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyze/verdict.h"
#include "capture/deaf_sockets.h"
#include "capture/live_capture.h"
#include "capture/privileges.h"
#include "cli/probe_attempt.h"
#include "cli/probe_evidence.h"
#include "dissect/conversation.h"

namespace whohungup {

/// One connection, what the probe saw of it and what was concluded.
struct JudgedAttempt {
  Attempt attempt;
  AttemptResult result;  // the socket's view, the dialogue, TLS, proofs, the packets caught
  std::string code, confidence, summary;  // from the packets, or else from the socket alone
  bool failed{};                          // it was hung up on
  bool on_purpose{};                      // the hello was answered, and the probe left
  bool judged{};                          // from packets; else the members below are empty
  std::optional<Judgement> judgement;     // verdict, facts, evidence, with frame numbers of the
                                          // evidence file, which all connections share
  std::optional<Conversation> talk;       // what was said, converse()d
};

/// What a session has to prepare while it may.
struct ProbeNeeds {
  std::vector<Attempt> attempts;  // their devices and address families; their names for the file
  std::size_t connections{1};     // at most, over all attempts
  bool capture{true};
  bool deaf{true};             // sockets that hear no resets
  std::string packets_file{};  // -w; empty: none
  std::string folder{};        // a bundle, to be written later (privileges.h); empty: none
};

class ProbeSession {
 public:
  /// Opens captures, sockets and the file, then drops every privilege and refuses dangerous system
  /// calls (privileges.h). Throws CaptureError.
  explicit ProbeSession(const ProbeNeeds&);
  ~ProbeSession();
  ProbeSession(const ProbeSession&) = delete;
  ProbeSession& operator=(const ProbeSession&) = delete;

  /// Makes the connection and judges its packets at once, the way `read` does. The attempt may
  /// differ from those of the needs in anything but its device. Throws CaptureError where the
  /// capture breaks.
  JudgedAttempt run_and_judge(const ProbeAsk&, const Attempt&, ProbeHello);

  /// Whether packets are caught at all.
  [[nodiscard]] bool captures() const { return !captures_.empty(); }
  [[nodiscard]] const Dropped& dropped() const { return dropped_; }
  /// All packets so far as a pcapng, with names, losses and secrets: what `-w` writes, what a
  /// bundle is made of and what the final report judges.
  [[nodiscard]] Evidence& evidence() { return evidence_; }

 private:
  using Captures = std::map<std::string, std::unique_ptr<LiveCapture>>;  // by device

  static Captures open_captures(const ProbeNeeds&);
  LiveCapture* capture_for(const Attempt&) const;

  Captures captures_;  // opened first: a file is replaced only where packets will be caught
  std::unique_ptr<DeafSockets> deaf_;
  Evidence evidence_;
  Dropped dropped_;
};

}  // namespace whohungup
