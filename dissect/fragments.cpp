#include "dissect/fragments.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace whohungup {
namespace {

constexpr std::size_t kLongestDatagram = 65535;

bool is_impossible(const Fragment& fragment) {
  const bool odd_length = fragment.more && fragment.wire_len % 8 != 0;
  return odd_length || fragment.wire_len == 0 ||
         fragment.offset + fragment.wire_len > kLongestDatagram;
}

}  // namespace

Reassembled Fragments::add(const FragmentKey& key, const Fragment& fragment, Time at) {
  using State = Reassembled::State;
  if (is_impossible(fragment)) return {State::Impossible, {}, 0};
  expire(at);
  Datagram* datagram = find(key);
  if (datagram == nullptr) {
    if (limits_.datagrams == 0) return {State::Lost, {}, 0};
    if (datagrams_.size() >= limits_.datagrams) forget(0);
    datagrams_.push_back({key, at, {}, {}, 0, false});
    datagram = &datagrams_.back();
  }
  if (datagram->given_up) return {State::Lost, {}, 0};

  const std::size_t before = datagram->bytes.size();
  const std::size_t grown = std::max(before, fragment.offset + fragment.bytes.size());
  if (grown > limits_.bytes) return {State::Lost, {}, 0};
  const State state = insert(*datagram, fragment);
  held_ += datagram->bytes.size() - before;
  if (state == State::Lost) {
    held_ -= datagram->bytes.size();
    datagram->given_up = true;
    datagram->bytes = {};
    datagram->pieces = {};
    return {state, {}, 0};
  }
  if (state == State::Complete) return deliver(*datagram);
  make_room(static_cast<std::size_t>(datagram - datagrams_.data()));
  return {state, {}, 0};
}

Fragments::Datagram* Fragments::find(const FragmentKey& key) {
  const auto same = [&](const Datagram& datagram) { return datagram.key == key; };
  const auto found = std::find_if(datagrams_.begin(), datagrams_.end(), same);
  return found == datagrams_.end() ? nullptr : &*found;
}

/// Forgets what is older than the limit, or, in a capture whose clock stepped back, from an
/// impossible future.
void Fragments::expire(Time now) {
  while (!datagrams_.empty()) {
    const Duration age = now - datagrams_.front().first;
    if (age <= limits_.age && age >= -limits_.age) return;
    forget(0);
  }
}

/// Forgets the oldest datagrams, but not the one at `keep`, until the bytes fit their bound.
void Fragments::make_room(std::size_t keep) {
  while (held_ > limits_.bytes && datagrams_.size() > 1) {
    const std::size_t oldest = keep == 0 ? 1 : 0;
    forget(oldest);
    if (oldest < keep) --keep;
  }
}

void Fragments::forget(std::size_t index) {
  held_ -= datagrams_[index].bytes.size();
  datagrams_.erase(datagrams_.begin() + static_cast<std::ptrdiff_t>(index));
}

/// Puts a fragment in its place. Complete when nothing is missing any more.
Reassembled::State Fragments::insert(Datagram& datagram, const Fragment& fragment) {
  using State = Reassembled::State;
  const std::size_t captured = std::min(fragment.bytes.size(), fragment.wire_len);
  const Piece piece{fragment.offset, fragment.offset + fragment.wire_len,
                    fragment.offset + captured};
  auto& pieces = datagram.pieces;
  const auto next =
      std::lower_bound(pieces.begin(), pieces.end(), piece,
                       [](const Piece& a, const Piece& b) { return a.begin < b.begin; });
  if (next != pieces.end() && next->begin == piece.begin && next->end == piece.end) {
    const std::size_t common = std::min(next->captured_end, piece.captured_end) - piece.begin;
    const bool same = common == 0 || std::memcmp(fragment.bytes.data(),
                                                 datagram.bytes.data() + piece.begin, common) == 0;
    return same ? State::Held : State::Lost;
  }
  if (next != pieces.end() && next->begin < piece.end) return State::Lost;
  if (next != pieces.begin() && std::prev(next)->end > piece.begin) return State::Lost;
  if (!fragment.more && datagram.total != 0) return State::Lost;
  if (!fragment.more) datagram.total = piece.end;
  pieces.insert(next, piece);
  if (datagram.total != 0 && pieces.back().end > datagram.total) return State::Lost;

  if (datagram.bytes.size() < piece.captured_end) datagram.bytes.resize(piece.captured_end);
  std::copy_n(fragment.bytes.begin(), captured,
              datagram.bytes.begin() + static_cast<std::ptrdiff_t>(piece.begin));
  if (datagram.total == 0) return State::Held;
  std::size_t end = 0;
  for (const Piece& have : pieces) {
    if (have.begin != end) return State::Held;
    end = have.end;
  }
  return end == datagram.total ? State::Complete : State::Held;
}

/// Hands the datagram out, up to the first byte that the snap length cut.
Reassembled Fragments::deliver(Datagram& datagram) {
  std::size_t whole = 0;
  for (const Piece& piece : datagram.pieces) {
    whole = piece.captured_end;
    if (piece.captured_end < piece.end) break;
  }
  const std::size_t total = datagram.total;
  held_ -= datagram.bytes.size();
  delivered_.push_back(std::move(datagram.bytes));
  datagram.bytes.clear();
  forget(static_cast<std::size_t>(&datagram - datagrams_.data()));
  return {Reassembled::State::Complete, Bytes(delivered_.back()).first(whole), total};
}

}  // namespace whohungup
