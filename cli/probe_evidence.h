// The packets of all connections of a probe as one growing pcapng: in memory, where they are
// judged, and in -w's file.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/byte_output.h"
#include "capture/live_capture.h"
#include "capture/pcapng_writer.h"

namespace whohungup {

/// A frame that was caught.
struct Caught {
  Time at{};
  std::vector<std::uint8_t> bytes;
  std::uint32_t wire_len{};
  LinkType link{};
};

class Evidence {
 public:
  /// Creates the file `path`, replacing one of that name; empty: keeps the packets in memory only.
  /// `copy` is a file that will hold them, too, with the same numbers; empty: none. Throws
  /// CaptureError.
  explicit Evidence(const std::string& path, const std::string& copy = {});
  ~Evidence();
  Evidence(const Evidence&) = delete;
  Evidence& operator=(const Evidence&) = delete;

  /// What one connection left: its TLS secrets, its packets, and the capture's losses by now.
  void add(const std::vector<Caught>& packets, const std::string& key_log,
           const std::string& filter, const LiveCapture&);
  /// A name for an address.
  void name(const std::string& address, const std::string& name);
  /// Brings the file to the disk. Throws CaptureError if it does not get there.
  void close();

  /// The whole pcapng so far: what `-w` writes. open_saved_bytes() reads it.
  [[nodiscard]] Bytes bytes() const { return bytes_; }
  /// Its packets so far; the next one's frame number is one more.
  [[nodiscard]] std::uint32_t packets() const { return packets_; }
  /// What stands for a file name in reports.
  [[nodiscard]] std::string title() const;
  /// The secrets of all connections so far, as lines of a key log.
  [[nodiscard]] const std::string& key_log() const { return key_log_; }

 private:
  void add_statistics(const LiveCapture&);
  std::uint32_t interface_of(const LiveCapture&, const std::string& filter);
  void keep();

  std::string path_, copy_;
  std::vector<std::uint8_t> bytes_;
  std::unique_ptr<ByteOutput> memory_, file_;
  PcapngWriter writer_;
  std::map<const LiveCapture*, std::uint32_t> interfaces_;
  std::string key_log_;
  std::size_t written_{};
  std::uint32_t packets_{};
  Time began_{};
};

}  // namespace whohungup
