// The flows of two captures brought together: each waits for its partner and is judged with it.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "cli/compare.h"
#include "cli/compare_reader.h"

namespace whohungup {

/// What was learnt of all captures before flows are compared.
struct Overview {
  CaptureRead ends[2];  // by Side
  std::optional<CaptureRead> middle;
  std::optional<TraceSaid> trace;
  FlowMatch match;
  FlowMatch to_middle;    // client's capture with the middle one
  FlowMatch from_middle;  // the middle one with the server's
};

/// Takes conversations as they become certain at either end and has whole flows told.
class FlowsTogether {
 public:
  FlowsTogether(const Overview&, const CompareOptions&, CompareReport&);

  void hear(Side end, std::size_t index, Conversation&);
  void hear_middle(std::size_t index, Conversation&);
  void set_notes(const CaptureNotes& client, const CaptureNotes& server) {
    notes_[0] = &client;
    notes_[1] = &server;
  }
  [[nodiscard]] ComparedTotals totals();

 private:
  /// A flow that waits for sightings of it in other captures.
  struct Waiting {
    std::unique_ptr<Conversation> talks[3];  // client, server, middle
  };
  static constexpr std::size_t kMiddle = 2;

  [[nodiscard]] bool is_judged(const FlowPair&) const;
  [[nodiscard]] bool is_wanted(const FlowPair&) const;
  void keep(std::size_t pair, std::size_t place, Conversation&);
  void tell_if_whole(std::size_t pair);
  void tell_pair(std::size_t pair, Waiting&);
  void tell_single(std::size_t pair, Side end, const Conversation&);
  void count(const Verdict&);
  void count_unseen();
  [[nodiscard]] Absence absence(std::size_t pair, Side end) const;
  [[nodiscard]] const TraceSaid* ask_trace(const Conversation& client, const Verdict&) const;
  [[nodiscard]] std::optional<MiddleSaid> ask_middle(std::size_t pair, const Waiting&,
                                                     const JointJudgement&, const Ends&,
                                                     const Pairing&) const;

  const Overview& seen_;
  const CompareOptions& ask_;
  CompareReport& report_;
  const CaptureNotes* notes_[2]{};
  std::vector<std::size_t> pair_of_[3];  // by place in that capture's list of prints
  std::vector<std::size_t> middle_of_;   // by pair
  std::vector<bool> wanted_, related_;   // by pair
  /// When flows between a client and a server began that are in both captures, by end, sorted.
  std::map<std::pair<IpAddress, Endpoint>, std::vector<Time>> known_[2];
  std::map<std::size_t, Waiting> waiting_;
  ComparedTotals totals_;
};

}  // namespace whohungup
