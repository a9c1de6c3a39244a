// Puts IPv4 and IPv6 fragments together again (RFC 791 §3.2, RFC 8200 §4.5), within bounds.
//
// Overlapping fragments are a known way to show one thing to a box and another to the server.
// Nobody can tell from outside which of them the server believed, so such a datagram is given up
// (as RFC 5722 demands for IPv6) and its frames are counted as lost.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dissect/decode.h"
#include "dissect/segment.h"

namespace whohungup {

/// What the fragments of one datagram have in common. The interface is part of it, so that a
/// datagram seen on two interfaces is put together twice.
struct FragmentKey {
  IpAddress from, to;
  std::uint32_t id{};
  std::uint32_t interface_id{};
  std::uint8_t protocol{};  // 0 for IPv6
  friend bool operator==(const FragmentKey&, const FragmentKey&) = default;
};

struct Fragment {
  std::size_t offset{};    // of its first byte in the datagram's payload
  std::size_t wire_len{};  // as long as it was on the wire
  Bytes bytes;             // the captured part
  bool more{};             // it is not the last one
};

/// What a fragment made of its datagram.
struct Reassembled {
  enum class State : std::uint8_t {
    Held,        // more is to come
    Lost,        // it overlaps others of its datagram, or there is no room for it
    Impossible,  // no datagram can have such a fragment
    Complete,
  };
  State state{};
  Bytes bytes;         // the payload up to the first byte that was cut; until release_delivered()
  std::size_t wire{};  // its whole length
};

class Fragments {
 public:
  explicit Fragments(FragmentLimits limits) : limits_(limits) {}

  /// Takes one fragment that arrived at `at`. Exact repetitions are held and change nothing.
  Reassembled add(const FragmentKey& key, const Fragment& fragment, Time at);

  /// Frees the datagrams given out by add().
  void release_delivered() {
    if (!delivered_.empty()) delivered_.clear();
  }

 private:
  struct Piece {
    std::size_t begin{}, end{};
    std::size_t captured_end{};
  };
  struct Datagram {
    FragmentKey key;
    Time first{};
    std::vector<Piece> pieces;  // sorted, disjoint
    std::vector<std::uint8_t> bytes;
    std::size_t total{};  // 0: the last fragment is not here yet
    bool given_up{};      // overlap: the rest of it is lost, too
  };

  Datagram* find(const FragmentKey& key);
  void expire(Time now);
  void make_room(std::size_t keep);
  void forget(std::size_t index);
  Reassembled deliver(Datagram& datagram);
  static Reassembled::State insert(Datagram& datagram, const Fragment& fragment);

  FragmentLimits limits_;
  std::vector<Datagram> datagrams_;  // oldest first
  std::vector<std::vector<std::uint8_t>> delivered_;
  std::size_t held_{};  // bytes in all datagrams
};

}  // namespace whohungup
