// See sender.h.
#include "analyze/sender.h"

#include <algorithm>
#include <cstdlib>

namespace whohungup {
namespace {

using Where = Placed::Where;

/// A per-connection counter moves by the packets in between; a busy host's shared counter by more.
constexpr std::uint16_t kNextIpId = 16;
/// Further off than this, no busy counter explains it (diagnosis.md §6.2 B9).
constexpr std::uint16_t kFarIpId = 1000;
/// Clocks may be off by 2 s or 5 % before it says anything (diagnosis.md §6.2 B5).
constexpr double kClockSlackSeconds = 2.0, kClockSlackShare = 1.05;
/// The slowest clocks still met tick every 10 ms: over a longer time each of them moves.
constexpr double kSlowestTickSeconds = 0.010;
/// Timestamp clocks tick at most this often per second (RFC 7323 §5.4: 1 ms to 1 s a tick), unless
/// the flow itself shows a faster one.
constexpr double kUsualTicks = 1000;

}  // namespace

Sender::Sender(const Conversation& talk, std::size_t suspect)
    : talk_(talk), suspect_(talk.segments[suspect]) {
  // What its SYNs are good for depends on whether there are ACKs; few flows have more than one SYN.
  const Placed* first_syn = nullptr;
  const Placed* last_syn = nullptr;
  for (const Placed& s : talk.segments) {
    const bool syn = s.header.flags.syn();
    if (syn && s.header.has_timestamps && s.where != Where::Duplicate)
      offers_timestamps_[static_cast<std::size_t>(s.claims)] = true;
    if (!counts(s)) continue;
    if (syn) {
      if (first_syn == nullptr) first_syn = &s;
      last_syn = &s;
      continue;
    }
    const bool before = &s < &suspect_;
    look_at(s, before);
    ++acks_;
    if (before) let_vouch(s);
  }
  if (first_syn != nullptr) look_at_syns({first_syn, last_syn + 1});
  ip_id_line_ = compare_ip_ids();
  clock_line_ = compare_clocks();
}

void Sender::look_at_syns(std::span<const Placed> between) {
  const bool acks_vouch = voucher_ != nullptr;
  for (const Placed& s : between) {
    if (!counts(s) || !s.header.flags.syn()) continue;
    const bool before = &s < &suspect_;
    // Even where ACKs are there to compare with, a SYN's clock is the connection's.
    const bool real = s.header.window != 0;
    if (s.header.has_timestamps && before && real) {
      if (first_clock_ == nullptr) first_clock_ = &s;
      if (last_clock_ == nullptr) last_clock_ = &s;
    }
    if (!acks_vouch && before) let_vouch(s);
    if (acks_ > 0) continue;
    look_at(s, before);
    ++syns_;
  }
}

void Sender::look_at(const Placed& s, bool before) {
  const SegmentHeader& h = s.header;
  const bool first = acks_ + syns_ == 0;
  if (before || reference_ == nullptr) {
    reference_ = &s;
    nearest_ttl_ = h.ttl;
  }
  ttls_.add(h.ttl);
  if (h.dont_fragment)
    df_any_ = true;
  else
    df_all_ = false;
  if (first) {
    tos_ = without_ecn(h.tos);
    flow_label_ = h.flow_label;
  } else {
    tos_uniform_ = tos_uniform_ && without_ecn(h.tos) == tos_;
    label_uniform_ = label_uniform_ && h.flow_label == flow_label_;
  }
  if (h.has_mac) {
    if (mac_known_ && h.source_mac != mac_) mac_uniform_ = false;
    mac_ = h.source_mac;
    mac_known_ = true;
  }
  if (!h.has_timestamps) timestamps_all_ = false;
  if (h.window == suspect_.header.window) window_seen_ = true;
  if (!before) return;
  if (h.has_timestamps) {
    if (first_clock_ == nullptr) first_clock_ = &s;
    last_clock_ = &s;
  }
  if (h.is_v6 || h.flags.syn() || h.ip_id == 0) return;
  if (last_counted_ != nullptr) {
    const auto step = static_cast<std::uint16_t>(h.ip_id - last_counted_->header.ip_id);
    if (step == 0 || step > kFarIpId) counting_ = false;
  }
  last_counted_ = &s;
  ++counted_;
}

int Sender::ttl_distance(std::uint8_t ttl) const {
  for (int distance = 0; distance < 256; ++distance) {
    const int below = ttl - distance;
    const int above = ttl + distance;
    if (below >= 0 && bears_ttl(static_cast<std::uint8_t>(below))) return distance;
    if (above <= 255 && bears_ttl(static_cast<std::uint8_t>(above))) return distance;
  }
  return 256;
}

Sender::Line Sender::compare_ip_ids() const {
  if (suspect_.header.is_v6 || last_counted_ == nullptr || !counting_) return Line::Untestable;
  const auto ahead =
      static_cast<std::uint16_t>(suspect_.header.ip_id - last_counted_->header.ip_id);
  if (ahead >= 1 && ahead <= kNextIpId) return Line::On;
  const auto behind = static_cast<std::uint16_t>(-ahead);
  if (std::min(ahead, behind) <= kFarIpId) return Line::Near;
  return Line::Off;
}

Sender::Line Sender::compare_clocks() const {
  const SegmentHeader& h = suspect_.header;
  // RFC 7323 §5.2 lets a reset that answers without state carry zero.
  if (!h.has_timestamps || h.tsval == 0 || last_clock_ == nullptr) return Line::Untestable;
  const auto seconds = [](Duration d) { return std::chrono::duration<double>(d).count(); };
  double ticks = kUsualTicks;
  const double observed =
      last_clock_ != first_clock_ ? seconds(last_clock_->at() - first_clock_->at()) : 0;
  if (observed > 0.001) {
    const auto moved =
        static_cast<std::int32_t>(last_clock_->header.tsval - first_clock_->header.tsval);
    ticks = std::max(ticks, static_cast<double>(moved) / observed);
  }
  const auto moved = static_cast<std::int32_t>(h.tsval - last_clock_->header.tsval);
  const double elapsed = std::max(0.0, seconds(h.at - last_clock_->at()));
  const double most = (elapsed * kClockSlackShare + kClockSlackSeconds) * ticks;
  if (moved < -kClockSlackSeconds * ticks || moved > most) return Line::Off;
  // A copied TSval stands still.
  const bool runs = moved > 0 || (moved == 0 && elapsed <= kSlowestTickSeconds);
  bool any = false;
  for (const Placed& s : talk_.segments) {
    if (s.claims == suspect_.claims || !s.header.has_timestamps) continue;
    if (s.header.tsval == h.tsecr) return runs && !echoes_too_old(s) ? Line::On : Line::Near;
    any = true;
  }
  // Echoing something never captured counts against it only where the capture has all.
  return any && talk_.side(other(suspect_.claims)).isn_seen && !talk_.segments_bounded ? Line::Off
                                                                                       : Line::Near;
}

/// What acknowledges new bytes echoes the first packet that brought some, or a later one
/// (RFC 7323 §4.3).
bool Sender::echoes_too_old(const Placed& echoed) const {
  if (suspect_.ack_offset == Placed::kUnknown) return false;
  std::int64_t acked = 0;
  for (const Placed& s : talk_.segments) {
    if (s.frame() >= suspect_.frame()) break;
    if (s.claims == suspect_.claims && !s.header.flags.rst() && s.ack_offset != Placed::kUnknown)
      acked = std::max(acked, s.ack_offset);
  }
  for (const Placed& s : talk_.segments) {
    if (s.frame() >= suspect_.frame()) break;
    const bool first_new = s.claims != suspect_.claims && s.header.has_timestamps &&
                           s.header.payload_len > 0 && s.offset <= acked && s.end() > acked &&
                           s.end() <= suspect_.ack_offset;
    if (first_new) return static_cast<std::int32_t>(echoed.header.tsval - s.header.tsval) < 0;
  }
  return false;
}

bool Sender::is_continued() const {
  const SegmentHeader& h = suspect_.header;
  if (voucher() == nullptr || !vouches_for_ttl(h.ttl) || differs_in_df() || differs_in_tos() ||
      differs_in_flow_label())
    return false;
  const Line id = ip_id_line();
  if (id == Line::Off) return false;
  if (agreed_on_timestamps() || always_has_timestamps()) return clock_line() == Line::On;
  return id == Line::On;
}

std::optional<Duration> shortest_round_trip(const Conversation& talk, const Landmarks& marks,
                                            Side claims) {
  std::optional<Duration> shortest;
  const auto sample = [&](std::int32_t from, std::int32_t to) {
    if (from == Landmarks::kNone || to == Landmarks::kNone || to < from) return;
    const Duration trip = at(talk, to).at() - at(talk, from).at();
    if (!shortest || trip < *shortest) shortest = trip;
  };
  if (claims == Side::Client) {
    sample(marks.syn_ack, marks.connected);
    return shortest;
  }
  // A repeated SYN or hello does not tell which copy was answered.
  if (marks.syns == 1) sample(marks.syn, marks.syn_ack);
  if (marks.hello_copies == 1) sample(marks.hello_end, marks.hello_ack);
  return shortest;
}

}  // namespace whohungup
