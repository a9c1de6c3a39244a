// What two captures have to show before anything is proven by them: that the one which lacks a
// packet was running, takes such packets and was made at its end; and that whoever left was given
// no cause that these captures do not hold.
#pragma once

#include <optional>
#include <string_view>

#include "analyze/compare.h"
#include "analyze/fact.h"

namespace whohungup {

/// Why what two captures say is strong and no proof.
struct ProofGap {
  std::string_view id;       // of the look-alike it leaves open
  std::string_view why;      // a clause
  std::string_view measure;  // that would decide it
};

/// Whom the two captures name, and by what.
struct Claimed {
  Actor actor{};
  Side from{};  // whose capture the event is of
  const Event& event;
  const FactSet& facts;
  MadeBecause because{};
  const FactSet& at_client;  // what either capture shows alone
  const FactSet& at_server;
};

/// The first thing that a proof lacks, or nothing.
std::optional<ProofGap> what_proof_lacks(const Ends&, const Pairing&, const Claimed&);

/// Whether nothing shows that the capture at that end was still running at that moment of the
/// client's clock: no later packet of whatever kind, and no note of when it ended. Of several files
/// one has to have run then.
bool may_have_stopped(const Ends&, Side end, Time);

/// When a packet is due at the other end at the latest: 3 s later than any took, or when one came
/// that was sent after it. Of what was made on the way, when it would have left its alleged sender.
Time due_there(const Ends&, const Pairing&, const Sighting&);

}  // namespace whohungup
