// Asks every question of fact.h about a conversation.
//
// The observers write into a Notebook or, where only the verdict is wanted, into a Checklist: a bit
// for each fact, and neither frames nor words. Both are told of facts in the same words, so that
// both ways the same questions get the same answers; every observer is compiled for either.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "analyze/event.h"
#include "analyze/fact.h"
#include "analyze/landmarks.h"
#include "analyze/verdict.h"

namespace whohungup {

/// Keeps each fact with its frames and its numbers.
class Notebook {
 public:
  explicit Notebook(Observations& into) : into_(into) {}

  [[nodiscard]] bool has(Fact fact) const { return into_.has(fact); }

  /// Notes a fact shown by `frames` (0 is passed over; at least one must remain).
  void note(Fact fact, std::initializer_list<FrameNo> frames) { add(fact, listed(frames)); }
  /// The same with its numbers: `detail(text)` appends them to an empty text, or `detail()` gives
  /// the text.
  template <class Text>
  void note(Fact fact, std::initializer_list<FrameNo> frames, Text&& detail) {
    write(add(fact, listed(frames)), std::forward<Text>(detail));
  }
  /// The same where the frames have to be collected first.
  template <class Frames, class Text>
  void note_many(Fact fact, Frames&& frames, Text&& detail) {
    write(add(fact, std::forward<Frames>(frames)()), std::forward<Text>(detail));
  }

 private:
  static std::span<const FrameNo> listed(std::initializer_list<FrameNo> frames) {
    return {frames.begin(), frames.size()};
  }
  Observation& add(Fact, std::span<const FrameNo> frames);
  template <class Text>
  void write(Observation& seen, Text&& detail) {
    if constexpr (std::is_invocable_v<Text, std::string&>) {
      seen.detail = into_.spare.take();
      std::forward<Text>(detail)(seen.detail);
    } else {
      seen.detail = std::forward<Text>(detail)();
    }
  }

  Observations& into_;
};

/// Keeps which facts are so.
class Checklist {
 public:
  [[nodiscard]] bool has(Fact fact) const { return facts_.has(fact); }
  [[nodiscard]] const FactSet& facts() const { return facts_; }

  void note(Fact fact, std::initializer_list<FrameNo>) { facts_.add(fact); }
  template <class Text>
  void note(Fact fact, std::initializer_list<FrameNo>, Text&&) {
    facts_.add(fact);
  }
  template <class Frames, class Text>
  void note_many(Fact fact, Frames&&, Text&&) {
    facts_.add(fact);
  }

 private:
  FactSet facts_;
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
Observations observe(const Scene&);
void observe(const Scene&, Observations& into);  // where nothing is noted yet
/// The same without frames and words.
FactSet observe_briefly(const Scene&);

// By theme, each in the file of its name; `Notes` is a Notebook or a Checklist.
template <class Notes>
void observe_connect(const Scene&, Notes&);
template <class Notes>
void observe_hello(const Scene&, Notes&);
template <class Notes>
void observe_answer(const Scene&, Notes&);
template <class Notes>
void observe_ending(const Scene&, Notes&);
template <class Notes>
void observe_rst(const Scene&, Notes&);
template <class Notes>
void observe_after_rst(const Scene&, Notes&);
template <class Notes>
void observe_conflicts(const Scene&, Notes&);
template <class Notes>
void observe_capture(const Scene&, Notes&);
template <class Notes>
void observe_missing(const Scene&, Notes&);

}  // namespace whohungup
