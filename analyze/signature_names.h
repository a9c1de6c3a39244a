// The published names of connection tampering and what each says: 19 signatures (Sundara Raman et
// al., "Global, Passive Detection of Connection Tampering", SIGCOMM 2023) and the stages that
// Cloudflare Radar sorts them by.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace whohungup {

/// A stage, by how much of a connection the server had seen.
struct TamperingStage {
  std::string_view id;     // "post-psh"; Radar's interface writes post_psh
  std::string_view means;  // in the study's direction
  std::string_view event;  // of ours, where the ending is behind the dot: "client_hello"
};
std::span<const TamperingStage> tampering_stages();

struct TamperingName {
  std::string_view name;   // "⟨PSH+ACK → RST⟩"
  std::string_view stage;  // id of a TamperingStage
  std::string_view shows;  // what came, or did not
};
std::span<const TamperingName> tampering_names();

/// The signature that is meant, however it is written: with or without brackets and blanks, "->",
/// "RST0", "none" and "!=" instead of the signs, PSH for PSH+ACK. Null: none.
const TamperingName* tampering_named(std::string_view text);

/// A signature as sentences: what it is made of, who else makes it, and that it proves nothing.
std::string meaning(const TamperingName&);

}  // namespace whohungup
