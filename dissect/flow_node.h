// What the flow table keeps of every flow: a node of fixed size, found through its bucket and
// waiting in one of four lists. Inside of flow_state.h only.
#pragma once

#include <cstddef>
#include <vector>

#include "dissect/flow_hash.h"
#include "dissect/flow_recorder.h"
#include "dissect/lone_packet.h"
#include "dissect/slabs.h"
#include "dissect/tape.h"

namespace whohungup {

enum class Phase : std::uint8_t {
  Lone,       // one packet, kept in the node itself
  Taped,      // the others are on a tape
  Recording,  // all of them in a recording
  Settled,    // the handshake finished and the server went on; tape or recording may be gone
  NotTls,     // nothing more will be told of it; both are gone
};

/// What a flow waits for, and so how long: each has a list in the order of their deadlines.
/// Told: early, because the memory was used up; only its packets are still to be recognised.
enum class Wait : std::uint8_t { Idle, Linger, IdleFinished, Told };
constexpr std::size_t kNumWaits = 4;

/// What a packet of a settled flow needs comes first, in one line of the cache.
struct alignas(64) Flow {
  FlowKey key;
  std::uint32_t hash{};
  Phase phase{};
  Wait wait{};
  ClientKnownBy known_by{};
  bool client_is_low : 1 {};
  bool lone_claims_low : 1 {};
  bool client_fin : 1 {}, server_fin : 1 {};  // its FIN was seen while settled
  bool taped : 1 {};                          // what is kept of it is a tape
  Flow* chain{};                              // next in the bucket, or next that is free
  Time last{};
  union {
    Recording* recording{};
    Tape* on_tape;
  };
  Flow** link{};              // what leads to it in its bucket
  Flow *earlier{}, *later{};  // in its wait list
  Time listed{};
  LonePacket lone;  // the only packet so far, which came at `last`

  /// Forgets the flow that was here before; what `lone` says is nobody's until it is written.
  void begin() {
    phase = Phase::Lone;
    client_is_low = lone_claims_low = client_fin = server_fin = taped = false;
    recording = nullptr;
  }
  /// What is kept of its packets, or null.
  [[nodiscard]] Recording* talk() const { return taped ? nullptr : recording; }
  [[nodiscard]] Tape* tape() const { return taped ? on_tape : nullptr; }
  [[nodiscard]] bool keeps_packets() const { return recording != nullptr; }
  void keep(Recording* talk) {
    taped = false;
    recording = talk;
  }
  void keep(Tape* tape) {
    taped = tape != nullptr;
    on_tape = tape;
  }
  [[nodiscard]] const Endpoint& client() const { return client_is_low ? key.low : key.high; }
  [[nodiscard]] const Endpoint& server() const { return client_is_low ? key.high : key.low; }
  /// The side that sent the only packet so far.
  [[nodiscard]] Side lone_side() const {
    return lone_claims_low == client_is_low ? Side::Client : Side::Server;
  }
  [[nodiscard]] Side side_of(const Glimpse& seen) const {
    return seen.from_low == client_is_low ? Side::Client : Side::Server;
  }
  [[nodiscard]] Side side_of(const Endpoint& from) const {
    return same(from, key.low) == client_is_low ? Side::Client : Side::Server;
  }
  [[nodiscard]] FrameNo first_frame() const {
    const Recording* const kept = talk();
    return kept != nullptr ? kept->first_frame : lone.frame();
  }
};
static_assert(offsetof(Flow, last) + sizeof(Time) == 64);
static_assert(sizeof(Flow) <= 192,
              "a flow that has shown one packet costs at most 256 bytes, its "
              "share of the table included");

/// Flows in the order in which they are looked at again.
struct WaitList {
  Flow* front{};
  Flow* back{};
  std::size_t size{};
  void push(Flow* flow) {
    ++size;
    flow->listed = flow->last;
    flow->earlier = back;
    flow->later = nullptr;
    (back != nullptr ? back->later : front) = flow;
    back = flow;
  }
  void remove(Flow* flow) {
    --size;
    (flow->earlier != nullptr ? flow->earlier->later : front) = flow->later;
    (flow->later != nullptr ? flow->later->earlier : back) = flow->earlier;
  }
};

using FlowSlabs = Slabs<Flow, 256>;

/// Finds nodes by their endpoints. Chained, so that a node never moves.
class FlowIndex {
 public:
  explicit FlowIndex(const std::uint64_t (&key)[2])
      : hash_(key[0], key[1]), buckets_(1024), found_{{}, hash_of({}), nullptr} {}

  /// A look-up and its result, which whoever looks the same up again is given at once.
  struct Found {
    FlowKey key;
    std::uint32_t hash{};
    Flow* flow{};
  };

  Found& find(const Endpoint& from, const Endpoint& to) {
    const FlowKey key = flow_key(from, to);
    if (key == found_.key) return found_;
    const std::uint32_t hash = hash_of(key);
    return remember(key, hash, look_up(key, hash));
  }
  Found& remember(const FlowKey& key, std::uint32_t hash, Flow* flow) {
    found_ = {key, hash, flow};
    return found_;
  }
  /// The flow of that key and the key's hash, or null.
  [[nodiscard]] Flow* look_up(const FlowKey& key, std::uint32_t hash) {
    Flow* flow = bucket(hash);
    while (flow != nullptr && !(flow->hash == hash && flow->key == key)) flow = flow->chain;
    return flow;
  }

  [[nodiscard]] std::uint32_t hash_of(const FlowKey& key) const {
    return static_cast<std::uint32_t>(hash_(key));
  }
  /// Where a flow with that hash is looked for first; null if nowhere.
  [[nodiscard]] const Flow* first(std::uint32_t hash) { return bucket(hash); }
  [[gnu::always_inline]] void fetch_bucket(std::uint32_t hash) {
    __builtin_prefetch(&bucket(hash));
  }
  [[gnu::always_inline]] void fetch_flow(std::uint32_t hash) { __builtin_prefetch(bucket(hash)); }
  /// Takes in the flow that was looked for and not found.
  void add(Flow* flow) {
    if (2 * size_ >= buckets_.size()) grow();  // most chains have one link
    flow->key = found_.key;
    flow->hash = found_.hash;
    put_first(flow);
    found_.flow = flow;
    ++size_;
  }

  /// Its neighbours are written to and not looked at: nothing has to be waited for.
  void remove(Flow* flow) {
    *flow->link = flow->chain;
    if (flow->chain != nullptr) flow->chain->link = flow->link;
    if (found_.flow == flow) found_.flow = nullptr;
    --size_;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  Flow*& bucket(std::uint32_t hash) { return buckets_[hash & (buckets_.size() - 1)]; }

  void grow() {
    std::vector<Flow*> old(buckets_.size() * 2);
    old.swap(buckets_);
    for (Flow* flow : old)
      while (flow != nullptr) {
        Flow* next = flow->chain;
        put_first(flow);
        flow = next;
      }
  }

  void put_first(Flow* flow) {
    Flow*& home = bucket(flow->hash);
    flow->chain = home;
    flow->link = &home;
    if (home != nullptr) home->link = &flow->chain;
    home = flow;
  }

  FlowHash hash_;
  std::vector<Flow*> buckets_;  // a power of two
  std::size_t size_{};
  Found found_;
};

}  // namespace whohungup
