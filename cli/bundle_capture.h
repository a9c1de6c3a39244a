// The capture of a bundle: the packets byte for byte, with comments on those a verdict cites.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "capture/byte_output.h"
#include "capture/source.h"
#include "cli/report/report.h"

namespace whohungup {

/// Comments by frame.
class CitedComments {
 public:
  /// What the judgement says about each packet it cites: the verdict on those that ended the
  /// connection, the facts on all of them.
  void add(const JudgedFlow&);
  /// Something else that is to be said of a packet; empty: nothing.
  void add(FrameNo, std::string_view);
  [[nodiscard]] const std::vector<std::string>& on(FrameNo) const;
  /// Flows that were left without comments, because there are too many.
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

 private:
  // A thousand pages of comments; nobody reads more, and it is kept in memory.
  static constexpr std::size_t kMostFlows = 20'000;
  std::map<FrameNo, std::vector<std::string>> by_frame_;
  std::size_t flows_{};
  std::uint64_t left_out_{};
};

/// What the file says beside its packets.
struct AnnotatedCapture {
  const CaptureNotes& original;  // of the capture the packets come from: interfaces and losses
  std::vector<KnownName> names;
  std::string key_log;  // TLS secrets that may be published; empty: none
  std::string comment;  // on the whole file
  /// By interface, the seconds that readers add to its stamps; none: no interface has any.
  std::vector<std::int64_t> time_offsets{};
  /// By frame, what is the same for sightings of one packet at several interfaces.
  std::map<FrameNo, std::uint64_t> packet_ids{};
};

/// Copies `packets` to its end. Throws CaptureError if it cannot be written.
void write_annotated(ByteOutput&, Source& packets, const AnnotatedCapture&, const CitedComments&);

/// "Linux 6.1.0 x86_64", for the section's options.
std::string operating_system();

}  // namespace whohungup
