// What it means: the words of a verdict, the event it is about, and everything that supports it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/event.h"
#include "analyze/fact.h"
#include "dissect/conversation.h"

namespace whohungup {

/// Who ended it. A load balancer in front of the server counts as server.
enum class Actor : std::uint8_t { Server, Client, Middlebox, Unknown, Nobody };
inline constexpr std::size_t kNumActors = 5;
enum class Confidence : std::uint8_t { Undetermined, Suggested, Strong, Proven };

std::string_view to_string(Actor);
std::string_view to_string(Confidence);

/// How much a rule weighs. No number of hints outweighs one rule that decides.
enum class Weight : std::uint8_t { Hints, Points, Decides };
std::string_view to_string(Weight);

struct Rule;  // analyze/rules.h

/// A rule that fired, with the frames of the facts it rests on.
struct Reason {
  const Rule* rule{};
  Frames frames;
  std::string_view text;
  Frames other_frames{};  // of the other capture, where two were compared
};

struct LookAlike {
  enum class Status : std::uint8_t { Excluded, Possible, Untestable };
  std::string_view id;  // kebab-case
  Status status{};
  std::string why;
};
std::string_view to_string(LookAlike::Status);

/// What common clients would have printed for this ending (diagnosis.md §7.1).
struct ClientView {
  std::string openssl, curl, python, go, java, node;  // empty: not known
  std::optional<std::string> error_number;            // "ECONNRESET", or nothing
};

/// What ended it, as a verdict cites it.
struct CitedEvent : Event {
  Frames frames;  // that show it (by tell()), `frame` first
};

struct Verdict {
  CitedEvent event;
  Actor actor{Actor::Unknown};
  Confidence confidence{Confidence::Undetermined};
  std::string summary;  // one sentence
  std::vector<Reason> evidence, dissent;
  std::vector<LookAlike> look_alikes;
  std::optional<std::string> tampering_signature;  // "⟨PSH+ACK → RST⟩"
  ClientView client_view;
  std::vector<std::string> next;  // what to run or ask next
  Frames cited;                   // every frame the verdict and its evidence rest on, sorted

  /// "server.fin.client_hello"
  [[nodiscard]] std::string code() const;
  /// Whether the handshake failed (exit status 1 and listed without --all): not for completed
  /// handshakes and not for a health probe (a client that closes without having sent a byte).
  [[nodiscard]] bool failed() const { return failed_; }
  bool failed_{};
};

struct Judgement {
  Observations facts;
  Verdict verdict;
};

/// Observes and judges one conversation; converse() must have run.
Judgement judge(const Conversation&);

}  // namespace whohungup
