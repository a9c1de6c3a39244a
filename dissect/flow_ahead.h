// Has the flows of packets that are about to come brought near the processor: a table of many flows
// is in no cache, and waiting for one line at a time would be most of a look-up. Inside of
// flow_state.h only.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
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
[[gnu::always_inline]] inline void fetch_to_end(const Flow* first, const Flow* second,
                                                const Flow* third) {
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

/// The frames that come next, as far as they are plain to see.
class LookAhead {
 public:
  /// What is plain to see of one of them.
  struct Plain {
    Glimpse seen;
    std::uint32_t hash{};  // if has_hash
    bool is_plain{}, has_hash{};

    std::uint32_t hash_in(const FlowIndex& index) const {
      return has_hash ? hash : index.hash_of(seen.key);
    }
  };

  void look(std::span<const Packet> packets) {
    packets_ = packets.first(std::min(packets.size(), plain_.size()));
    for (std::size_t i = 0; i < packets_.size(); ++i) {
      plain_[i].is_plain = glimpse(packets_[i], plain_[i].seen);
      plain_[i].has_hash = false;
    }
  }
  /// In steps, so that each waits for all of the frames' flows. Of frames of one flow that come one
  /// behind the other the first is enough.
  void fetch_flows(FlowIndex& index) {
    std::array<const Plain*, FlowTable::kMostAhead> firsts;
    std::size_t count = 0;
    for (std::size_t i = 0; i < packets_.size(); ++i) {
      Plain& one = plain_[i];
      if (!one.is_plain) continue;
      one.has_hash = true;
      if (count > 0 && firsts[count - 1]->seen.key == one.seen.key) {
        one.hash = firsts[count - 1]->hash;
        continue;
      }
      one.hash = index.hash_of(one.seen.key);
      index.fetch_bucket(one.hash);
      firsts[count++] = &one;
    }
    const std::span<const Plain* const> all(firsts.data(), count);
    for (const Plain* one : all) index.fetch_flow(one->hash);
    for (const Plain* one : all) {
      const Flow* const flow = index.first(one->hash);
      if (flow == nullptr) continue;
      if (flow->hash != one->hash)
        __builtin_prefetch(flow->chain);
      else if (flow->phase == Phase::Taped || flow->phase == Phase::Recording)
        fetch(flow->recording, kFirstTouched);
    }
  }

  [[nodiscard]] const Packet& packet(std::size_t place) const { return packets_[place]; }
  [[nodiscard]] const Plain& at(std::size_t place) const { return plain_[place]; }

 private:
  // Bytes of a tape or recording: whom it is about, where it stands.
  static constexpr std::size_t kFirstTouched = 256;

  std::array<Plain, FlowTable::kMostAhead> plain_;
  std::span<const Packet> packets_;
};

}  // namespace whohungup
