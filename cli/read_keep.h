// What `read -w` and `read -o` keep: the flows worth keeping are remembered while they are told,
// and their packets fetched from the input a second time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "analyze/verdict.h"
#include "cli/bundle.h"
#include "cli/bundle_pick.h"
#include "cli/read.h"

namespace whohungup {

class FlowsToKeep {
 public:
  /// Refuses what cannot be written before a long reading begins, and hashes the inputs.
  explicit FlowsToKeep(const ReadOptions&);

  [[nodiscard]] bool wanted() const { return wanted_; }
  /// For open_saved(): sums of what cannot be read again.
  [[nodiscard]] ReadSums* sums() { return sums_.while_reading(); }
  /// Whether it has to be passed every packet.
  [[nodiscard]] bool wants_packets() const { return spool_ != nullptr; }
  /// Puts a packet of standard input aside; of files it does nothing.
  void pass(const Packet& packet, const CaptureNotes& notes) {
    if (spool_) spool(packet, notes);
  }
  void add(const Conversation&, const Verdict&);
  /// Writes what was asked for; nothing if no flow was judged. `secrets` are what the flows were
  /// judged with.
  void write(const CaptureNotes&, Filter&, const std::string& secrets);

 private:
  struct Kept {
    FlowPick flows;
    std::vector<std::string> codes;
    void add(const Conversation&, const Verdict&);
  };
  void spool(const Packet&, const CaptureNotes&);
  [[nodiscard]] const Kept& chosen() const;
  std::unique_ptr<Source> read_again();
  void warn_of_changes(BundleSummary) const;

  const ReadOptions& ask_;
  bool wanted_;
  InputSums sums_;
  std::unique_ptr<PacketSpool> spool_;  // of standard input
  Kept failed_, others_;
};

}  // namespace whohungup
