// Reads a client's error text or a pasted transcript backwards: which events on the wire produce
// it, which cannot, and what its byte counts prove. Any bytes are valid input.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/explain_endings.h"
#include "analyze/explain_sizes.h"

namespace whohungup {

/// A text of the table that was found.
struct FoundText {
  std::size_t line{};          // from 1
  std::size_t begin{}, end{};  // in the line
  Program program{};
  std::vector<PrintedEnding> endings;  // more than one where the words are the same for both
  std::string_view prints, remark;     // of the table
  std::optional<std::uint8_t> alert;   // its description, where the text names it
  bool unsaid{};  // a server could have printed it of its client: nothing tells which it was
  bool logged{};  // a server says it, of its client
};

/// "SSL handshake has read R bytes and written W bytes" (openssl s_client).
struct Counts {
  std::uint64_t read{}, written{};
};

/// One way to make up the bytes written.
struct Reading {
  const SizeLaw* law{};
  const Prelude* prelude{};  // null: no dialogue before the hello
  std::size_t hello{};
  std::size_t own_alert{};  // kOwnAlert, or 0
  NameLengths name;         // 0 to 0: a hello without a name
};

/// One run of a client, as far as the text lets runs be told apart.
struct PrintedAttempt {
  std::vector<FoundText> texts;
  std::string quote;  // the line of the first text, any bytes, cut
  std::optional<Counts> counts;
  std::vector<Reading> readings;
  bool starttls{};       // a dialogue came before the hello
  std::string protocol;  // imap, smtp …; empty: not told
  std::string name;      // the host name given to the client; empty: not told
  std::string host;      // to connect to, as given
  std::uint16_t port{};  // 0: not told
  std::string options;   // of s_client: the id of the size law they choose; empty: none seen
  bool connected{}, certificate_seen{}, no_certificate{};
  bool answered{};      // a message of the server's handshake is shown (curl -v)
  bool tried_anyway{};  // s_client found no STARTTLS and sent its hello all the same

  // What follows from it.
  bool known{};
  bool at_server{};  // a server's log, not a client's text
  EventSet usual, rare;
  std::vector<std::string> means, excludes, counted;
  std::string next;

  [[nodiscard]] EventSet possible() const { return usual | rare; }
};

struct Explanation {
  std::vector<PrintedAttempt> attempts;
  std::vector<std::string> together;       // what several runs prove beside each other
  std::vector<const ClientText*> nearest;  // where nothing is known
  std::string next;                        // the one command to run then
  std::size_t bytes{};                     // of the input
  bool cut{};                              // only its first part was read

  [[nodiscard]] bool known() const;
};

/// More than this is not looked at: transcripts have kilobytes.
inline constexpr std::size_t kMostText = std::size_t{1} << 20;
/// Nor more runs than this told: whoever pastes a log of thousands wants its kinds, not its lines.
inline constexpr std::size_t kMostAttempts = 32;

Explanation explain(std::string_view text);

/// The texts of common clients for an event, with the ending they tell of; for the other direction.
struct Foretelling {
  PrintedEnding ending{};
  const ClientText* text{};
};
std::vector<Foretelling> foretold_for(std::string_view event);  // "fin.client_hello"

// Its parts, each in the file of its name.
/// Finds what every run of a client says (explain_scan.cpp).
/// The last one says nothing of an end where only a target was found.
std::vector<PrintedAttempt> scan(std::string_view text);
/// Names the dialogue of a run that does not name it, from how much more it wrote than another.
void infer_dialogues(std::vector<PrintedAttempt>&);
/// Keeps only the events that are in `allowed` too; false, and nothing is changed, if none is.
bool keep_only(PrintedAttempt&, EventSet allowed);
/// What the counts of a run prove (explain_counts.cpp).
void weigh_counts(PrintedAttempt&);
/// What the counts of several runs prove beside each other.
std::vector<std::string> compare_counts(const std::vector<PrintedAttempt>&);

/// Whether it can be pasted into a shell as a host name: letters, digits, '-', '.' alone.
bool is_plain_host(std::string_view);

}  // namespace whohungup
