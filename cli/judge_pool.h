// Flows judged and put into words by several threads, and told in the order in which they came.
#pragma once

#include <array>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cli/judge_flows.h"
#include "dissect/tape_player.h"

namespace whohungup {

/// Flows are gathered in sheaves, because handing over each by itself would cost more than judging
/// it. A ring of them bounds the memory: who adds to a full ring helps with the judging.
class JudgePool {
 public:
  JudgePool(unsigned workers, const FlowJudge&, LineReport&);
  JudgePool(const JudgePool&) = delete;
  JudgePool& operator=(const JudgePool&) = delete;
  ~JudgePool();

  /// Takes the conversation's contents and leaves it those of one that is told. Throws what telling
  /// threw.
  void add(Conversation&, std::uint64_t index, const CaptureNotes&);
  /// Takes a flow to record and to judge, and gives its tape back in a later call.
  void add(const TapedFlow&, std::uint64_t index, const CaptureNotes&);
  /// Hands over what was added so far.
  void flush();
  /// Waits until everything is told; returns the counts since the last time.
  FlowTally drain();

 private:
  static constexpr std::size_t kFlows = 32;

  enum class State : std::uint8_t { Free, Filled, Taken, Done };
  struct Line {
    std::size_t end{};  // of its text among the sheaf's
    bool failed{};
  };
  struct Sheaf {
    State state{};
    std::size_t count{};
    std::array<bool, kFlows> is_taped{};
    std::array<Conversation, kFlows> talks;  // or
    std::array<TapedFlow, kFlows> taped;
    std::array<std::uint64_t, kFlows> indices{};
    std::shared_ptr<const CaptureNotes> notes;
    TextBuffer text;
    std::vector<Line> lines;
    FlowTally tally;
  };

  /// What each thread has of its own.
  struct Desk {
    Remembered remembered;
    TapePlayer player;
  };

  void work();
  bool judge_next(std::unique_lock<std::mutex>&, Desk&);
  void judge_sheaf(Sheaf&, Desk&);
  Sheaf& sheaf_for(std::uint64_t index, const CaptureNotes&);
  void added(Sheaf&, bool is_taped);
  void finish(Sheaf&);
  void tell_in_order();
  void tell(Sheaf&);
  void wait_for_room(std::unique_lock<std::mutex>&);
  void take_notes(const CaptureNotes&);
  Sheaf& at(std::size_t number) { return *ring_[number % ring_.size()]; }

  const FlowJudge& judge_;
  LineReport& report_;
  std::vector<std::unique_ptr<Sheaf>> ring_;
  std::shared_ptr<const CaptureNotes> notes_;  // as reports of lines see them now

  std::mutex lock_;
  std::condition_variable filled_, told_;
  std::size_t filling_{};  // the sheaf that flows are added to
  std::size_t next_{};     // the first that nobody has taken
  std::size_t untold_{};   // the first that is not told
  FlowTally tally_;
  std::exception_ptr failure_;
  bool stop_{};
  Desk own_desk_;  // of the thread that adds flows, when it helps
  std::vector<std::thread> workers_;
};

}  // namespace whohungup
