// What a capture is made of: one frame as it was caught, before any opinion about it.
//
// This header is the only door between capture/ and dissect/: it names bytes, times and numbers
// and includes nothing that could touch the world.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

namespace whohungup {

using Bytes = std::span<const std::uint8_t>;
using Duration = std::chrono::nanoseconds;
/// UTC as the capture states it, to the nanosecond.
using Time = std::chrono::sys_time<Duration>;

/// 1-based, counts every frame of the capture, decodable or not: Wireshark's "No." column.
/// Several files read as one are numbered as mergecap would merge them.
enum class FrameNo : std::uint32_t {};

constexpr std::uint32_t number(FrameNo frame) { return static_cast<std::uint32_t>(frame); }

/// The link-layer header type as saved files number it (LINKTYPE_*, tcpdump.org/linktypes.html).
enum class LinkType : std::uint16_t {
  Null = 0,
  Ethernet = 1,
  Ppp = 9,
  RawBsd12 = 12,  // DLT_RAW as some systems saved it
  RawBsd14 = 14,
  PppSerial = 50,
  PppEther = 51,
  Raw = 101,
  CiscoHdlc = 104,
  Ieee80211 = 105,
  Loop = 108,
  LinuxSll = 113,
  Radiotap = 127,
  Ppi = 192,
  Ipv4 = 228,
  Ipv6 = 229,
  Nflog = 239,
  LinuxSll2 = 276,
};

/// One frame. `bytes` is what the snap length left of `wire_len` bytes; it lives until the
/// source is asked for the next frame.
struct Packet {
  Time at{};
  Bytes bytes;
  FrameNo no{};
  std::uint32_t wire_len{};
  std::uint32_t interface_id{};  // counts the interfaces of all files together, from 0
  LinkType link{};
};

/// The latest time of packets that come more or less in order. Kernels and edited captures stamp
/// single packets decades ahead (captures/public Lekensteyn+wireshark-notes/pgsql-ssl.pcapng): a
/// time an hour or more ahead of all before it counts when four packets in a row bear such, or when
/// none come that take it back.
class LatestTime {
 public:
  /// Whether the time counts for now.
  bool see(Time at) {
    constexpr Duration kFar = std::chrono::hours{1};
    constexpr std::uint8_t kEnough = 4;
    if (any_ && at - kFar >= latest_) [[unlikely]] {
      furthest_ = far_ == 0 ? at : std::max(furthest_, at);
      if (++far_ < kEnough) return false;
    }
    far_ = 0;
    latest_ = any_ ? std::max(latest_, at) : at;
    any_ = true;
    return true;
  }
  /// The latest so far; of no packets, the beginning of 1970.
  [[nodiscard]] Time time() const { return latest_; }
  /// The latest where no more packets come.
  [[nodiscard]] Time last() const { return far_ > 0 ? furthest_ : latest_; }

 private:
  Time latest_{}, furthest_{};
  std::uint8_t far_{};  // packets in a row that are far ahead
  bool any_{};
};

/// From one moment to another.
struct Stretch {
  Time begin{}, end{};
};

/// What a judgement has to know about the capture's own quality.
struct CaptureQuality {
  bool complete{true};  // false: the file is damaged or ends inside a packet
  std::optional<std::uint64_t>
      dropped;          // frames the kernel or interface lost; unknown for most files
  Time begin{}, end{};  // first and last moment captured
};

}  // namespace whohungup
