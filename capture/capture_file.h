// One saved capture being read: what the formats pcap and pcapng have in common.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "capture/byte_input.h"
#include "capture/packet.h"
#include "capture/source.h"

namespace whohungup {

/// The frames of one file, in the order they lie in it.
class CaptureFile {
 public:
  CaptureFile(std::string name, Window window, CaptureNotes& notes)
      : name_(std::move(name)), window_(std::move(window)), notes_(notes) {}
  CaptureFile(const CaptureFile&) = delete;
  CaptureFile& operator=(const CaptureFile&) = delete;
  virtual ~CaptureFile() = default;

  /// Fills everything of `packet` but its number. Damage ends the file: it is written to the
  /// notes, and every later call says End.
  virtual Source::Next next(Packet& packet) = 0;

  /// Fills the frames behind it that are in the window already and have nothing beside their bytes;
  /// says how many. The window does not move, so that all frames since next() stay in place.
  virtual std::size_t more(std::span<Packet>) { return 0; }

  /// What the last frame fetched had beside its bytes. Rare, so the caller asks only if extra().
  struct Extra {
    std::uint32_t records_before{};  // records without a packet that Wireshark numbers too
    bool untimed{false};             // a simple packet block: `at` repeats the time before
    std::vector<std::string> comments;
  };
  [[nodiscard]] bool has_extra() const { return has_extra_; }
  Extra take_extra() {
    has_extra_ = false;
    return std::exchange(extra_, {});
  }

  [[nodiscard]] ByteInput::Position position() const { return window_.position(); }

 protected:
  /// Ends the file here because of what `what` says.
  Source::Next damaged(std::string what) {
    ended_ = true;
    notes_.damage.push_back({name_, window_.offset(), frames_, std::move(what)});
    notes_.quality.complete = false;
    return Source::Next::End;
  }
  /// The file is over, in order (`left_over` is empty) or inside something.
  Source::Next finished(const std::string& left_over) {
    if (!window_.failure().empty()) return damaged(window_.failure());
    if (!left_over.empty()) return damaged(left_over);
    ended_ = true;
    return Source::Next::End;
  }

  std::string name_;
  Window window_;
  CaptureNotes& notes_;
  Extra extra_;
  bool has_extra_{false};
  bool ended_{false};
  std::uint32_t frames_{};  // delivered so far
};

/// The longest packet that is believed: libpcap's and Wireshark's limits, which no real frame of
/// these link types exceeds. A length beyond it means that the file is damaged.
constexpr std::uint32_t longest_packet(std::uint32_t link) {
  constexpr std::uint32_t kUsbLinux = 189, kUsbLinuxMmapped = 220, kDBus = 231, kUsbPcap = 249;
  constexpr std::uint32_t kUsual = 256U << 10;  // 4 times the longest IPv4 packet
  constexpr std::uint32_t kHuge = 128U << 20;   // D-Bus messages and USB transfers
  const bool huge =
      link == kDBus || link == kUsbPcap || link == kUsbLinux || link == kUsbLinuxMmapped;
  return huge ? kHuge : kUsual;
}

/// `seconds` and `nanoseconds` since 1970 as a Time. Beyond 146 years (before 1824 and after 2116,
/// seen in damaged files only; classic pcap ends in 2106) it stops, so that the difference of any
/// two times fits in 64 bits, and a time and what one waits for, too.
constexpr Time time_from(std::int64_t seconds, std::int64_t nanoseconds) {
  constexpr std::int64_t kLast = Time::max().time_since_epoch() / std::chrono::seconds(2) - 8;
  if (seconds > kLast) seconds = kLast;
  if (seconds < -kLast) seconds = -kLast;
  return Time(Duration(seconds * 1'000'000'000 + nanoseconds));
}
static_assert(time_from(INT64_MAX, 999'999'999) - time_from(INT64_MIN, 0) > Duration{});

/// The same of a number in a file that somebody else may have written.
constexpr Time time_from_ns(std::int64_t nanoseconds) {
  return time_from(nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000);
}

}  // namespace whohungup
