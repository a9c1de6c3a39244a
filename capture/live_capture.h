// Catching packets from an interface: opened and configured through libtins, read as raw frames
// with nanosecond stamps through the pcap handle it lends (libtins itself would cut the stamps to
// microseconds and skip what it cannot parse).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "capture/packet.h"

namespace whohungup {

class LiveCapture {
 public:
  /// Whether this process may open packet sockets (CAP_NET_RAW).
  static bool permitted();

  /// Opens a device ("any" for all). Throws CaptureError that says why it cannot be.
  static std::unique_ptr<LiveCapture> open(const std::string& device);
  ~LiveCapture();
  LiveCapture(const LiveCapture&) = delete;
  LiveCapture& operator=(const LiveCapture&) = delete;

  /// From now on catches what the filter (pcap-filter(7)) wants; what was caught before is
  /// thrown away. Needs no privilege. Throws CaptureError if the filter makes no sense.
  void aim(const std::string& filter);

  /// The next frame that has been caught, without waiting; false if there is none.
  /// Its bytes live until the next call; numbers and interfaces are left to the caller.
  bool next(Packet& packet);

  struct Losses {
    std::uint64_t received{}, dropped_by_os{}, dropped_by_interface{};
  };
  /// Counted since the device was opened.
  [[nodiscard]] Losses losses() const;
  [[nodiscard]] LinkType link() const;
  [[nodiscard]] const std::string& device() const;

 private:
  struct State;
  explicit LiveCapture(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The offloads that make a capture at this device show other segments than the wire had:
/// "tso on, gso on, gro on", or empty where the device does not say.
std::string offloads_of(const std::string& device);

}  // namespace whohungup
