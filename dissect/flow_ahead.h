// Has the flows of packets that are about to come brought near the processor: a table of many flows
// is in no cache, and waiting for one line at a time would be most of a look-up. Inside of
// flow_table.cpp only.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dissect/flow_node.h"
#include "dissect/glimpse.h"

namespace whohungup {

// GCC 12 takes a function that does nothing but prefetch for one without effects, and drops calls
// of it (docs/bugs.md): these have to be inlined before it comes to that.

/// Asks for memory to be brought near; an address that leads nowhere does no harm.
[[gnu::always_inline]] inline void fetch(const void* from, std::size_t size) {
  constexpr std::size_t kLine = 64;
  if (from == nullptr) return;
  // Numbers, since there may be less at that address than is asked for.
  const auto begin = reinterpret_cast<std::uintptr_t>(from);
  for (std::size_t at = 0; at < size; at += kLine)
    __builtin_prefetch(
        reinterpret_cast<const void*>(begin + at));  // NOLINT(performance-no-int-to-ptr)
}

/// The same for three flows that end next, in this order (null: no more do): they were last touched
/// seconds ago. What leads to other memory is asked for one flow earlier than that memory, so that
/// nothing is waited for here.
[[gnu::always_inline]] inline void fetch_to_end(const Flow* first, const Flow* second, const Flow* third) {
  constexpr std::size_t kSegments = 6;  // of a short flow
  if (first != nullptr) {
    if (const Recording* talk = first->talk()) {
      fetch(talk->segments.data(), kSegments * sizeof(Placed));
      fetch(talk->records.data(), 2 * sizeof(RecordSeen));
      talk->from_client.fetch();
      talk->from_server.fetch();
    }
  }
  if (second != nullptr) {
    __builtin_prefetch(second->link, 1);
    __builtin_prefetch(second->chain, 1);
    if (const Recording* talk = second->talk()) fetch(talk, sizeof(Recording));
    if (const Tape* tape = second->tape()) fetch(tape, sizeof(Tape));
  }
  if (third != nullptr) fetch(third, sizeof(Flow));
}

/// The same for a list's flows from `flow` on.
[[gnu::always_inline]] inline void fetch_to_end(const Flow* flow) {
  const Flow* const second = flow != nullptr ? flow->later : nullptr;
  fetch_to_end(flow, second, second != nullptr ? second->later : nullptr);
}

class LookAhead {
 public:
  /// Looks at packets in the order of their frames, in steps, so that each waits for all of them.
  void look(std::span<const Glimpse> packets, FlowIndex& index) {
    at_ = 0;
    count_ = std::min(packets.size(), ahead_.size());
    for (std::size_t i = 0; i < count_; ++i) {
      ahead_[i] = {index.hash_of(packets[i].key), packets[i].frame};
      index.fetch_bucket(ahead_[i].hash);
    }
    for (std::size_t i = 0; i < count_; ++i) index.fetch_flow(ahead_[i].hash);
    for (std::size_t i = 0; i < count_; ++i) {
      const Flow* const flow = index.first(ahead_[i].hash);
      if (flow == nullptr) continue;
      if (flow->hash != ahead_[i].hash)
        __builtin_prefetch(flow->chain);
      else if (flow->phase == Phase::Taped || flow->phase == Phase::Recording)
        fetch(flow->recording, kFirstTouched);
    }
  }

  /// The hash of a packet that was looked at; nothing if it was not.
  std::optional<std::uint32_t> hash_of(const Glimpse& seen) {
    while (at_ < count_ && ahead_[at_].frame < seen.frame) ++at_;
    if (at_ == count_ || ahead_[at_].frame != seen.frame) return std::nullopt;
    return ahead_[at_].hash;
  }

 private:
  static constexpr std::size_t kFirstTouched =
      192;  // bytes of a recording: whom it is about, counts

  struct Ahead {
    std::uint32_t hash{};
    FrameNo frame{};
  };
  std::array<Ahead, FlowTable::kLookAhead> ahead_;
  std::size_t count_{}, at_{};
};

}  // namespace whohungup
