// The flows of two captures brought together: each waits for its partner and is judged with it.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <vector>

#include "cli/compare_hosts.h"
#include "cli/compare_overview.h"

namespace whohungup {

/// Takes conversations as they become certain at either end and has whole flows told.
class FlowsTogether {
 public:
  FlowsTogether(const Overview&, const CompareOptions&, CompareReport&);

  /// Of the client's capture (0), the server's or the one from the middle.
  void hear(std::size_t capture, Conversation&);
  /// The flows of a capture that are to be heard of; null: all of them, because memory made the
  /// first reading end some early, and which these are depends on all others.
  [[nodiscard]] const WantedFlows* wanted(std::size_t capture) const {
    return wanted_[capture] ? &*wanted_[capture] : nullptr;
  }
  void set_notes(const CaptureNotes& client, const CaptureNotes& server) {
    notes_[0] = &client;
    notes_[1] = &server;
  }
  [[nodiscard]] ComparedTotals totals();

 private:
  /// A flow that waits for sightings of it in other captures.
  struct Waiting {
    std::unique_ptr<Conversation> talks[3];  // client, server, middle
    std::size_t weight{};
    std::uint64_t since{};  // counts the flows that began to wait
  };
  /// What is done with a pair: nothing, or it is still to be heard of, or that is over.
  enum class State : std::uint8_t { Uninteresting, Wanted, Told, GivenUp };
  static constexpr std::size_t kMiddle = 2;

  [[nodiscard]] bool is_judged(const FlowPair&) const;
  [[nodiscard]] bool is_wanted(const FlowPair&) const;
  void keep(std::size_t pair, std::size_t place, Conversation&);
  void tell_if_whole(std::size_t pair);
  void stay_within_memory();
  void give_up(std::size_t pair);
  void forget(std::size_t pair);
  void not_compared(const FlowPair&);
  [[nodiscard]] bool is_hung_up(const FlowPair&) const;
  [[nodiscard]] bool is_ended(const FlowPair&) const;
  void learn_middle();
  void learn_wanted(std::size_t capture, const CaptureRead&);
  [[nodiscard]] bool may_be_left_out(const FlowPair&) const;
  [[nodiscard]] const FlowPrint& print(std::size_t end, std::uint32_t place) const {
    return seen_.ends[end].prints[place];
  }
  [[nodiscard]] const FlowPrint& one_print(const FlowPair& pair) const {
    return pair.client != FlowPair::kNone ? print(0, pair.client) : print(1, pair.server);
  }
  void tell_pair(std::size_t pair, Waiting&);
  void tell_single(std::size_t pair, Side end, const Conversation&);
  void count(const Verdict&);
  void count_unseen();
  [[nodiscard]] const TraceSaid* ask_trace(const Conversation& client, const Verdict&) const;
  [[nodiscard]] std::optional<MiddleSaid> ask_middle(std::size_t pair, const Waiting&,
                                                     const JointJudgement&, const Ends&,
                                                     const Pairing&) const;

  const Overview& seen_;
  const CompareOptions& ask_;
  CompareReport& report_;
  const CaptureNotes* notes_[2]{};
  std::optional<WantedFlows> wanted_[3];
  /// Pairs to be told, by the first frame of their flow in that capture.
  std::vector<std::pair<FrameNo, std::uint32_t>> by_frame_[3];
  std::vector<std::uint32_t> pair_of_[3];  // by place in that capture's list of prints
  std::vector<std::uint32_t> middle_of_;   // by pair
  /// How the middle's sighting is joined to the client's and to the server's, by pair.
  std::vector<std::array<Joined, 2>> middle_ways_;
  std::vector<bool> middle_holds_two_;  // one to the client and another to the server, by pair
  std::vector<State> state_;            // by pair
  SharedHosts hosts_;
  std::map<std::size_t, Waiting> waiting_;
  std::map<std::uint64_t, std::size_t> by_age_;  // of those that wait
  std::size_t weight_{};                         // of all that wait
  std::uint64_t began_to_wait_{};
  ComparedTotals totals_;
};

}  // namespace whohungup
