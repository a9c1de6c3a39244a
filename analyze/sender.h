// What a suspect packet is compared with: the other packets that bear its sender's address.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

#include "analyze/landmarks.h"
#include "analyze/ttl.h"
#include "dissect/conversation.h"

namespace whohungup {

/// The type of service without its two ECN bits: those are set on data and not on ACKs and resets
/// of one and the same host (RFC 3168 §6.1.4).
constexpr std::uint8_t without_ecn(std::uint8_t tos) {
  return static_cast<std::uint8_t>(tos & 0xfcU);
}

/// The sender's other packets: no resets, none captured twice. ACKs and data come first, the SYN
/// or SYN+ACK counts only where there is nothing else: behind a SYN proxy it is another box's
/// (diagnosis.md §0.4).
class Sender {
 public:
  /// Of the address that `talk.segments[suspect]` bears.
  Sender(const Conversation& talk, std::size_t suspect);

  [[nodiscard]] bool known() const { return acks_ + syns_ > 0; }
  [[nodiscard]] int acks() const { return acks_; }
  /// How many packets before the suspect carry an IP-ID that counts (not 0, not a SYN).
  [[nodiscard]] int counted() const { return counted_; }
  [[nodiscard]] const Placed& suspect() const { return suspect_; }
  /// A packet to cite the comparison with: the nearest before the suspect, else the first after.
  [[nodiscard]] FrameNo reference() const {
    return reference_ != nullptr ? reference_->frame() : FrameNo{};
  }
  [[nodiscard]] const Placed* nearest() const { return reference_; }

  /// The nearest packet before the suspect that can vouch for it: an ACK or data, else the SYN or
  /// SYN+ACK. What comes after it may be its author's companion, like the FIN behind an alert.
  [[nodiscard]] const Placed* voucher() const { return voucher_; }
  [[nodiscard]] bool vouches_for_ttl(std::uint8_t ttl) const { return vouched_ttls_.has(ttl); }
  [[nodiscard]] std::uint8_t lowest_vouched_ttl() const { return vouched_ttls_.lowest; }
  [[nodiscard]] std::uint8_t highest_vouched_ttl() const { return vouched_ttls_.highest; }
  /// Both SYNs bore timestamps, so every later packet but a reset must (RFC 7323 §3.2).
  [[nodiscard]] bool agreed_on_timestamps() const {
    return offers_timestamps_[0] && offers_timestamps_[1];
  }

  [[nodiscard]] bool bears_ttl(std::uint8_t ttl) const { return ttls_.has(ttl); }
  /// Distance to the nearest TTL of the others.
  [[nodiscard]] int ttl_distance(std::uint8_t ttl) const;
  [[nodiscard]] std::uint8_t ttl() const { return nearest_ttl_; }
  [[nodiscard]] std::uint8_t lowest_ttl() const { return ttls_.lowest; }
  [[nodiscard]] std::uint8_t highest_ttl() const { return ttls_.highest; }

  [[nodiscard]] bool all_dont_fragment() const { return known() && df_all_; }
  [[nodiscard]] bool none_dont_fragment() const { return known() && !df_any_; }
  [[nodiscard]] bool differs_in_df() const {
    if (suspect_.header.is_v6 || !known()) return false;
    return suspect_.header.dont_fragment ? none_dont_fragment() : all_dont_fragment();
  }
  [[nodiscard]] bool differs_in_tos() const {
    return known() && tos_uniform_ && tos_ != without_ecn(suspect_.header.tos);
  }
  [[nodiscard]] bool differs_in_flow_label() const {
    return known() && suspect_.header.is_v6 && label_uniform_ &&
           suspect_.header.flow_label != flow_label_;
  }
  [[nodiscard]] bool differs_in_mac() const {
    return suspect_.header.has_mac && mac_known_ && mac_uniform_ &&
           suspect_.header.source_mac != mac_;
  }
  [[nodiscard]] bool differs_in_window() const { return known() && !window_seen_; }
  [[nodiscard]] bool always_has_timestamps() const { return known() && timestamps_all_; }

  enum class Line : std::uint8_t { Untestable, On, Near, Off };
  /// The suspect's IP-ID beside the counter its sender's packets keep. Off needs three of them.
  [[nodiscard]] Line ip_id_line() const { return ip_id_line_; }
  /// The suspect's TSval beside the sender's clock, and whether its TSecr was ever sent to it. On
  /// means that the clock ran on like the time, and that the echo is of what it acknowledges.
  [[nodiscard]] Line clock_line() const { return clock_line_; }
  /// TTL, DF, TOS and flow label as the others', and clock or IP-ID continued, beside packets that
  /// came before it.
  [[nodiscard]] bool is_continued() const;

 private:
  /// The TTLs some packets bear.
  struct Ttls {
    std::uint64_t bits[4]{};
    std::uint8_t lowest{255}, highest{};
    void add(std::uint8_t ttl) {
      bits[ttl / 64] |= std::uint64_t{1} << (ttl % 64);
      lowest = std::min(lowest, ttl);
      highest = std::max(highest, ttl);
    }
    [[nodiscard]] bool has(std::uint8_t ttl) const {
      return (bits[ttl / 64] >> (ttl % 64) & 1U) != 0;
    }
  };

  /// Whether it is one of the others.
  [[nodiscard]] bool counts(const Placed& s) const {
    return s.claims == suspect_.claims && s.where != Placed::Where::Duplicate &&
           !s.header.flags.rst() && &s != &suspect_;
  }
  void look_at_syns(std::span<const Placed> between);
  void look_at(const Placed&, bool before);
  void let_vouch(const Placed& s) {
    if (s.where == Placed::Where::OutsideWindow) return;
    voucher_ = &s;
    vouched_ttls_.add(s.header.ttl);
  }
  [[nodiscard]] Line compare_ip_ids() const;
  [[nodiscard]] Line compare_clocks() const;
  [[nodiscard]] bool echoes_too_old(const Placed& echoed) const;

  const Conversation& talk_;
  const Placed& suspect_;
  const Placed* reference_{};
  const Placed* last_counted_{};  // the last before the suspect with an IP-ID that counts
  const Placed* first_clock_{};
  const Placed* last_clock_{};  // the last before the suspect with a timestamp
  int acks_{}, syns_{};
  int counted_{};  // packets before the suspect whose IP-IDs count up
  bool counting_{true};
  const Placed* voucher_{};
  Ttls ttls_, vouched_ttls_;
  std::uint8_t nearest_ttl_{}, tos_{};
  std::uint32_t flow_label_{};
  MacAddress mac_{};
  bool df_all_{true}, df_any_{}, tos_uniform_{true}, label_uniform_{true}, mac_uniform_{true};
  bool mac_known_{}, timestamps_all_{true}, window_seen_{};
  bool offers_timestamps_[2]{};  // in a SYN, by Side
  Line ip_id_line_{}, clock_line_{};
};

/// The shortest round trip to the side that bears `claims`, from SYN, hello and what acknowledged
/// them; nothing where no pair was captured.
std::optional<Duration> shortest_round_trip(const Conversation&, const Landmarks&, Side claims);

}  // namespace whohungup
