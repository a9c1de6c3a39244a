// Why the handshake fails: every cause `diagnose` knows, in one table, with what supports it, what
// refutes it, what it leaves open, and whom to ask for what. Opinions about signs (sign.h), as
// rules are opinions about facts.
//
// A cause says why; it never says who made a packet. Where a cause lies on the path, its sentence
// may say so only if a support asks for a sign that proves it.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "analyze/sign.h"
#include "analyze/verdict.h"

namespace whohungup {

/// One reason for a cause, or against it.
struct Clue {
  Weight weight{Weight::Decides};  // of a support; what refutes always decides
  SignSet when{};
  SignSet unless{};
  std::string_view because{};  // a sentence without a stop; empty: no clue
};

/// Whom to ask, and for what.
struct Ask {
  std::string_view whom{};
  std::string_view what{};
};

struct Cause {
  std::string_view id;      // kebab-case, never renamed
  std::string_view name;    // "a client certificate is required"
  std::string_view within;  // the wider cause this one is a case of; empty: none
  std::string_view says;    // the conclusion where it is supported: a sentence
  std::array<Clue, 9> supports{};
  std::array<Clue, 8> refutes{};
  std::string_view remains{};  // what stays open even then: a sentence, or empty
  std::array<Ask, 2> asks{};
};

std::span<const Cause> causes();
const Cause* find_cause(std::string_view id);

/// Whether the clue speaks about these signs.
constexpr bool speaks(const Clue& clue, const SignSet& signs) {
  return !clue.because.empty() && signs.has_all(clue.when) && !signs.has_any(clue.unless);
}

/// The five causes people name when a handshake is hung up on, and which rows of the table each
/// comes to.
struct CommonTheory {
  std::string_view id;
  std::string_view name;
  std::array<std::string_view, 6> causes{};
};
std::span<const CommonTheory> common_theories();

}  // namespace whohungup
