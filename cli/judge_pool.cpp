// See judge_pool.h.
#include "cli/judge_pool.h"

#include <utility>

#include "capture/quiet_thread.h"

namespace whohungup {
namespace {

/// Whether lines look the same with either.
bool alike(const CaptureNotes& a, const CaptureNotes& b) {
  return a.files.size() == b.files.size() && a.quality.complete == b.quality.complete &&
         a.quality.dropped == b.quality.dropped;
}

}  // namespace

JudgePool::JudgePool(unsigned workers, const FlowJudge& judge, LineReport& report)
    : judge_(judge), report_(report) {
  // For every thread one sheaf to work at and one to go on with, and one that is being filled.
  const std::size_t sheaves = 2 * (std::size_t{workers} + 1) + 1;
  for (std::size_t i = 0; i < sheaves; ++i) ring_.push_back(std::make_unique<Sheaf>());
  for (unsigned i = 0; i < workers; ++i) workers_.push_back(quiet_thread([this] { work(); }));
}

JudgePool::~JudgePool() {
  {
    const std::lock_guard hold(lock_);
    stop_ = true;
  }
  filled_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void JudgePool::add(Conversation& talk, std::uint64_t index, const CaptureNotes& notes) {
  Sheaf& sheaf = sheaf_for(index, notes);
  std::swap(sheaf.talks[sheaf.count], talk);
  added(sheaf, false);
}

void JudgePool::add(const TapedFlow& flow, std::uint64_t index, const CaptureNotes& notes) {
  Sheaf& sheaf = sheaf_for(index, notes);
  sheaf.taped[sheaf.count] = flow;
  added(sheaf, true);
}

/// The one that takes the next flow: it is free, or was begun by us, so that nobody else touches
/// it.
JudgePool::Sheaf& JudgePool::sheaf_for(std::uint64_t index, const CaptureNotes& notes) {
  if (!notes_ || !alike(*notes_, notes)) take_notes(notes);
  Sheaf& sheaf = at(filling_);
  if (sheaf.count == 0) {
    sheaf.notes = notes_;
    for (TapedFlow& told : sheaf.taped)
      if (Tape* const tape = std::exchange(told.tape, nullptr)) told.room->give(tape);
  }
  sheaf.indices[sheaf.count] = index;
  return sheaf;
}

void JudgePool::added(Sheaf& sheaf, bool is_taped) {
  sheaf.is_taped[sheaf.count] = is_taped;
  if (++sheaf.count == kFlows) flush();
}

/// What was said of the capture until now holds for the flows added until now.
void JudgePool::take_notes(const CaptureNotes& notes) {
  flush();
  CaptureNotes seen;
  seen.files = notes.files;
  seen.quality = notes.quality;
  notes_ = std::make_shared<const CaptureNotes>(std::move(seen));
}

void JudgePool::flush() {
  if (at(filling_).count == 0) return;
  std::unique_lock hold(lock_);
  at(filling_).state = State::Filled;
  ++filling_;
  filled_.notify_one();
  wait_for_room(hold);
}

/// Until the sheaf to be filled next is free; helps with the judging meanwhile.
void JudgePool::wait_for_room(std::unique_lock<std::mutex>& hold) {
  while (at(filling_).state != State::Free)
    if (!judge_next(hold, own_desk_)) told_.wait(hold);
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

FlowTally JudgePool::drain() {
  flush();
  std::unique_lock hold(lock_);
  while (untold_ != filling_)
    if (!judge_next(hold, own_desk_)) told_.wait(hold);
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  return std::exchange(tally_, {});
}

void JudgePool::work() {
  Desk desk;
  std::unique_lock hold(lock_);
  while (!stop_)
    if (!judge_next(hold, desk)) filled_.wait(hold);
}

/// Judges the oldest sheaf that nobody works at, without the lock meanwhile; false if there is
/// none.
bool JudgePool::judge_next(std::unique_lock<std::mutex>& hold, Desk& desk) {
  if (next_ == filling_) return false;
  Sheaf& sheaf = at(next_++);
  sheaf.state = State::Taken;
  hold.unlock();
  judge_sheaf(sheaf, desk);
  hold.lock();
  finish(sheaf);
  return true;
}

/// Without the lock: nobody else touches a sheaf that is taken.
void JudgePool::judge_sheaf(Sheaf& sheaf, Desk& desk) {
  for (std::size_t i = 0; i < sheaf.count; ++i) {
    const auto tell = [&](const JudgedFlow& flow) {
      report_.line(flow, sheaf.text);
      sheaf.lines.push_back({sheaf.text.size(), flow.verdict().failed()});
    };
    Conversation& talk = sheaf.is_taped[i] ? desk.player.play(sheaf.taped[i]) : sheaf.talks[i];
    sheaf.tally.add(
        judge_.judge_flow(talk, sheaf.indices[i], *sheaf.notes, false, desk.remembered, tell));
    talk.messages.clear();  // made by this thread, so that it is cheapest to free them here
  }
}

/// The lock is held, so that what is told is told in order.
void JudgePool::finish(Sheaf& sheaf) {
  sheaf.state = State::Done;
  while (untold_ != filling_ && at(untold_).state == State::Done) {
    tell(at(untold_));
    ++untold_;
  }
  told_.notify_all();
}

void JudgePool::tell(Sheaf& sheaf) {
  try {
    std::size_t begin = 0;
    for (const Line& line : sheaf.lines) {
      report_.put(sheaf.text.view().substr(begin, line.end - begin), line.failed);
      begin = line.end;
    }
  } catch (...) {
    failure_ = std::current_exception();
  }
  tally_.add(sheaf.tally);
  sheaf.tally = {};
  sheaf.text.clear();
  sheaf.lines.clear();
  sheaf.count = 0;
  sheaf.state = State::Free;
}

}  // namespace whohungup
