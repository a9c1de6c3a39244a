// See signature_names.h.
#include "analyze/signature_names.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace whohungup {
namespace {

/// Who makes it without tampering (the study's own list of false positives, diagnosis.md §2.1).
constexpr std::array<TamperingStage, 4> kStages{{
    {"post-syn",
     "It ended behind a single SYN, before a connection was made. Port scanners and SYN floods "
     "look so, too.",
     "syn"},
    {"post-ack",
     "It ended behind the handshake of TCP, before any data. Clients that try two addresses at "
     "once and drop the slower one look so, too.",
     "accepted"},
    {"post-psh",
     "It ended behind the first packet with data, such as a ClientHello. Programs that are "
     "stopped, closed tabs and lost networks look so, too.",
     "client_hello"},
    {"later-in-flow",
     "It ended behind several packets with data, within the first ten. Programs that close with a "
     "reset look so, too.",
     "server_hello"},
}};

constexpr std::string_view kNothing =
    "nothing more came for 3 s, and no FIN: a drop, or a host that is gone";

constexpr std::array<TamperingName, 19> kNames{{
    {"⟨SYN → ∅⟩", "post-syn", kNothing},
    {"⟨SYN → RST⟩", "post-syn", "one or more resets without ACK"},
    {"⟨SYN → RST+ACK⟩", "post-syn", "one or more resets with ACK"},
    {"⟨SYN → RST;RST+ACK⟩", "post-syn", "resets without ACK and resets with it"},
    {"⟨SYN;ACK → ∅⟩", "post-ack", kNothing},
    {"⟨SYN;ACK → RST⟩", "post-ack", "exactly one reset, without ACK"},
    {"⟨SYN;ACK → RST;RST⟩", "post-ack", "several resets without ACK"},
    {"⟨SYN;ACK → RST+ACK⟩", "post-ack", "exactly one reset, with ACK"},
    {"⟨SYN;ACK → RST+ACK;RST+ACK⟩", "post-ack", "several resets with ACK"},
    {"⟨PSH+ACK → ∅⟩", "post-psh", kNothing},
    {"⟨PSH+ACK → RST⟩", "post-psh", "exactly one reset, without ACK"},
    {"⟨PSH+ACK → RST+ACK⟩", "post-psh", "exactly one reset, with ACK"},
    {"⟨PSH+ACK → RST+ACK;RST+ACK⟩", "post-psh", "several resets with ACK"},
    {"⟨PSH+ACK → RST;RST+ACK⟩", "post-psh", "resets without ACK and resets with it"},
    {"⟨PSH+ACK → RST=RST⟩", "post-psh",
     "several resets without ACK, whose acknowledgement numbers are the same"},
    {"⟨PSH+ACK → RST≠RST⟩", "post-psh",
     "several resets without ACK, whose acknowledgement numbers differ"},
    {"⟨PSH+ACK → RST;RST₀⟩", "post-psh",
     "several resets without ACK, some of which bear the acknowledgement number 0; the study saw "
     "it almost only from China"},
    {"⟨PSH+ACK;Data → RST⟩", "later-in-flow", "one or more resets without ACK"},
    {"⟨PSH+ACK;Data → RST+ACK⟩", "later-in-flow", "one or more resets with ACK"},
}};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

/// One spelling of each: "PSH>RST;RST0".
std::string plain(std::string_view text) {
  constexpr std::size_t kLongest = 80;  // of a name with every blank and bracket there is
  std::string out(text.substr(0, kLongest));
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kSigns{{
      {"⟨", ""},
      {"⟩", ""},
      {"→", "->"},
      {"∅", "NONE"},
      {"≠", "!="},
      {"₀", "0"},
  }};
  for (const auto& [sign, ascii] : kSigns) replace_all(out, sign, ascii);
  std::erase_if(out, [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; });
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  replace_all(out, "->", "\n");
  std::erase_if(out, [](char c) { return c == '<' || c == '>' || c == '_'; });
  replace_all(out, "PSH+ACK", "PSH");
  return out;
}

const TamperingStage& stage_of(const TamperingName& one) {
  return *std::find_if(kStages.begin(), kStages.end(),
                       [&](const TamperingStage& stage) { return stage.id == one.stage; });
}

}  // namespace

std::span<const TamperingStage> tampering_stages() { return kStages; }
std::span<const TamperingName> tampering_names() { return kNames; }

const TamperingName* tampering_named(std::string_view text) {
  const std::string wanted = plain(text);
  if (wanted.find('\n') == std::string::npos) return nullptr;
  const auto found = std::find_if(kNames.begin(), kNames.end(), [&](const TamperingName& one) {
    return plain(one.name) == wanted;
  });
  return found == kNames.end() ? nullptr : &*found;
}

std::string meaning(const TamperingName& one) {
  return fmt::format(
      "Published for servers that look at packets bearing the client's address (Sundara Raman et "
      "al., SIGCOMM 2023); in a client's capture the same is said of packets bearing the server's. "
      "{} Then: {}. It is a shape and no proof: who sent these packets it does not tell.",
      stage_of(one).means, one.shows);
}

}  // namespace whohungup
