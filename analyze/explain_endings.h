// What an ending that a program reports can have been on the wire: which events produce it, which
// do so seldom, and what to run next. One row an ending.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "analyze/client_texts.h"
#include "analyze/event.h"

namespace whohungup {

/// Events, as a verdict's code names them without its actor: "fin.client_hello".
class EventSet {
 public:
  constexpr EventSet() = default;
  constexpr EventSet(Mechanism mechanism, std::initializer_list<Stage> stages) {
    for (const Stage stage : stages) bits_ |= bit(mechanism, stage);
  }
  [[nodiscard]] constexpr bool has(Mechanism mechanism, Stage stage) const {
    return (bits_ & bit(mechanism, stage)) != 0;
  }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  /// Every event of one stage, or of one mechanism.
  static constexpr EventSet of(Stage stage) {
    EventSet set;
    for (int m = 0; m < kMechanisms; ++m) set.bits_ |= bit(static_cast<Mechanism>(m), stage);
    return set;
  }
  static constexpr EventSet of(Mechanism mechanism) {
    EventSet set;
    for (int s = 0; s < kStages; ++s) set.bits_ |= bit(mechanism, static_cast<Stage>(s));
    return set;
  }

  friend constexpr EventSet operator|(EventSet a, EventSet b) {
    return EventSet(a.bits_ | b.bits_);
  }
  friend constexpr EventSet operator&(EventSet a, EventSet b) {
    return EventSet(a.bits_ & b.bits_);
  }
  friend constexpr EventSet operator-(EventSet a, EventSet b) {
    return EventSet(a.bits_ & ~b.bits_);
  }
  friend constexpr bool operator==(EventSet, EventSet) = default;

  static constexpr int kMechanisms = 7, kStages = 5;

 private:
  constexpr explicit EventSet(std::uint64_t bits) : bits_(bits) {}
  static constexpr std::uint64_t bit(Mechanism mechanism, Stage stage) {
    return std::uint64_t{1} << (static_cast<int>(mechanism) * kStages + static_cast<int>(stage));
  }
  std::uint64_t bits_{};
};

/// All events there are.
EventSet all_events();
/// Their names, by stage and then by mechanism: "fin.accepted".
std::vector<std::string> names(EventSet);

/// What is to be run next; the words between < and > are filled in or left to the reader.
struct EndingRow {
  PrintedEnding ending{};
  std::string_view id;     // kebab-case
  EventSet usual, rare;    // that produce it
  std::string_view means;  // what happened on the wire
  std::string_view not_;   // what it was not; empty: the text excludes little
  std::string_view next;   // one command; <target> is HOST:PORT
};
const EndingRow& ending_row(PrintedEnding);

}  // namespace whohungup
