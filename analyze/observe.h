// Asks every question of fact.h about a conversation.
//
// The observers write into a Notebook. Where only the verdict is wanted it keeps a bit for each
// fact and asks for neither frames nor words, so both ways the same questions get the same answers.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "analyze/event.h"
#include "analyze/fact.h"
#include "analyze/landmarks.h"
#include "analyze/verdict.h"

namespace whohungup {

class Notebook {
 public:
  Notebook(Observations& into, Detail detail) : into_(into), full_(detail == Detail::Full) {}

  [[nodiscard]] bool wants_detail() const { return full_; }
  [[nodiscard]] bool has(Fact fact) const { return into_.has(fact); }

  /// Notes a fact shown by `frames` (0 is passed over; at least one must remain).
  void note(Fact fact, std::initializer_list<FrameNo> frames) {
    into_.set.add(fact);
    if (full_) write(fact, frames, {});
  }
  /// The same with its numbers; `detail()` gives the text and is called only if it is wanted.
  template <class Text>
  void note(Fact fact, std::initializer_list<FrameNo> frames, Text&& detail) {
    into_.set.add(fact);
    if (full_) write(fact, frames, std::forward<Text>(detail)());
  }
  /// The same where the frames have to be collected first.
  template <class Frames, class Text>
  void note_many(Fact fact, Frames&& frames, Text&& detail) {
    into_.set.add(fact);
    if (full_) write(fact, std::forward<Frames>(frames)(), std::forward<Text>(detail)());
  }

 private:
  void write(Fact, std::vector<FrameNo> frames, std::string detail);

  Observations& into_;
  bool full_;
};

class Sender;  // analyze/sender.h

/// What every observer may look at.
struct Scene {
  const Conversation& talk;
  const Landmarks& marks;
  const Event& event;
  /// The packet that ended it beside its sender's others; observe() sets it where there is one.
  const Sender* ending{};
};

/// The facts about a conversation whose landmarks and event are known.
Observations observe(const Scene&, Detail);

// By theme, each in the file of its name.
void observe_capture(const Scene&, Notebook&);
void observe_connect(const Scene&, Notebook&);
void observe_hello(const Scene&, Notebook&);
void observe_answer(const Scene&, Notebook&);
void observe_ending(const Scene&, Notebook&);
void observe_rst(const Scene&, Notebook&);
void observe_after(const Scene&, Notebook&);

}  // namespace whohungup
