// The probes of the matrix (diagnosis.md §8.4) as connections to make: what each changes in the
// hello that was asked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/diagnose.h"

namespace whohungup {

/// A connection ready to be made.
struct Prepared {
  ProbeAsk ask;
  Attempt attempt;
  ProbeHello hello;
};

/// How many times as long as the others Patient waits.
inline constexpr double kPatience = 3;

class Probes {
 public:
  Probes(const DiagnoseAsk& ask, const TlsClient::Roots& roots) : ask_(ask), roots_(roots) {}

  /// The probe to this address, or why there is none: a sentence in `why_not`.
  std::optional<Prepared> prepare(Variant, const Attempt& to, std::string& why_not) const;

  /// Those that make sense before anything is known: all but those that wait for a
  /// reason, and those that would repeat the baseline.
  [[nodiscard]] std::vector<Variant> always(const Attempt&) const;

  [[nodiscard]] Circumstances circumstances(const Attempt&, std::size_t addresses) const;
  /// The dialogue OtherWay is to try.
  void expect_dialogue(const std::string& protocol) { dialogue_ = protocol; }
  [[nodiscard]] const std::string& dialogue() const { return dialogue_; }

 private:
  bool change(Variant, Prepared&, std::string& why_not) const;
  bool small(Prepared&, std::string& why_not) const;
  [[nodiscard]] bool make(Prepared&, std::string& why_not) const;

  const DiagnoseAsk& ask_;
  const TlsClient::Roots& roots_;
  std::string dialogue_;
};

}  // namespace whohungup
