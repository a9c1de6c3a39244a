// Where frames come from: saved files, a pipe, an interface. One interface for all of them, and
// one exception type for everything the machine can refuse.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "capture/packet.h"

namespace whohungup {

/// The machine failed: no such file, no permission, no such interface. The message says what,
/// where and what to do; main() prints it and exits with 3.
struct CaptureError : std::runtime_error {
  using runtime_error::runtime_error;
};

/// A place where a file stopped making sense. Everything before it has been delivered.
struct Damage {
  std::string file;
  std::uint64_t offset{};       // bytes from the start of the (decompressed) file
  std::uint32_t after_frame{};  // frames of that file delivered before it
  std::string what;             // "the file ends inside a packet: 40 of 66 bytes"
};

/// The damage as a warning: "FILE: damaged at byte 1234, after frame 17: …; judged up to there".
std::string describe(const Damage& damage);

/// One capture interface, as a pcapng file or a live capture describes it.
struct InterfaceNotes {
  std::string name;
  std::string description;
  LinkType link{};
  std::uint32_t snaplen{};                // 0: unlimited or unknown
  std::optional<std::uint64_t> received;  // by the interface statistics block, if there was one
  std::optional<std::uint64_t> dropped;
};

/// A comment somebody put on a frame (pcapng opt_comment).
struct FrameComment {
  FrameNo frame{};
  std::string text;
};

/// A name the capture knows for an address (pcapng name resolution block); address as text.
struct KnownName {
  std::string address;
  std::string name;
};

/// What a source can say about itself. Grows while it is read; final after next() said End.
struct CaptureNotes {
  std::vector<std::string> files;  // as given; "-" for standard input
  std::vector<InterfaceNotes> interfaces;
  std::vector<Damage> damage;
  std::vector<FrameComment> comments;  // bounded: the first 1000
  std::vector<KnownName> names;        // bounded likewise
  std::string key_log;                 // NSS key log lines of all decryption secrets blocks
  std::uint64_t packets{};
  std::uint64_t bytes{};  // captured bytes of those packets
  CaptureQuality quality;
  /// Of several files read as one, by file: between them nothing may have been captured. Empty for
  /// one, and of a file without packets.
  std::vector<Stretch> stretches;
};

/// A stream of frames in time order.
class Source {
 public:
  enum class Next : std::uint8_t {
    Got,   // `packet` is filled
    Idle,  // a live source had nothing for a while; packet.at says how late it is now
    End,   // nothing will come any more
  };
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  /// Fetches the next frame. Throws CaptureError only when nothing at all could be read;
  /// damage further in ends the stream and is told in notes().
  virtual Next next(Packet& packet) = 0;

  /// The same for as many frames as are at hand, at least one and at most `into.size()`: `count`
  /// says how many. Their bytes live until the source is asked again. Got is about the first; what
  /// is not a frame (damage, the end, silence) is never behind others in one batch.
  virtual Next next_batch(std::span<Packet> into, std::size_t& count) {
    count = 1;
    return next(into.front());
  }
  [[nodiscard]] virtual const CaptureNotes& notes() const = 0;

  /// All comments on the frame that next() fetched last; notes() keeps the first of the capture.
  [[nodiscard]] virtual std::span<const std::string> comments() const { return {}; }

  /// How much of the input has been consumed, 0 to 1; negative when unknown (a pipe).
  [[nodiscard]] virtual double progress() const { return -1; }
};

class ReadSums;  // capture/read_sum.h

/// Opens saved captures (pcap, pcapng, either gzip or zstd compressed, "-" for standard input)
/// as one capture in time order. Throws CaptureError naming the first that cannot be read. With
/// `read_ahead` a single file is read and unpacked in threads of their own. Inputs that `sums`
/// wants are summed as they are read; it must outlive the source.
std::unique_ptr<Source> open_saved(std::span<const std::string> paths, bool read_ahead = false,
                                   ReadSums* sums = nullptr);

}  // namespace whohungup
