// What boxes on the way do to packets that they let pass.
#include <algorithm>
#include <array>

#include "analyze/compare_pair.h"
#include "analyze/sender.h"

namespace whohungup {
namespace {

constexpr std::uint16_t kEcnFlags = TcpFlags::kEce | TcpFlags::kCwr;

void compare_ip(const SegmentHeader& a, const SegmentHeader& b, Changes& changes) {
  if (without_ecn(a.tos) != without_ecn(b.tos)) changes.add(Change::Dscp);
  if ((a.tos & 3U) != (b.tos & 3U)) changes.add(Change::Ecn);
  if (a.is_v6 != b.is_v6) return;  // what follows does not exist on one side of a translator
  if (a.is_v6) {
    if (a.flow_label != b.flow_label) changes.add(Change::FlowLabel);
    return;
  }
  if (a.dont_fragment != b.dont_fragment) changes.add(Change::DontFragment);
  if (a.ip_id != b.ip_id) changes.add(Change::IpId);
}

void compare_tcp(const SegmentHeader& a, const SegmentHeader& b, Changes& changes) {
  const unsigned flags = a.flags.bits ^ b.flags.bits;
  if ((flags & kEcnFlags) != 0) changes.add(Change::Ecn);
  if ((flags & ~unsigned{kEcnFlags}) != 0) changes.add(Change::Flags);
  if (a.window != b.window) changes.add(Change::Window);
  if (a.options_cut || b.options_cut) return;  // by a capture, not on the way
  if (a.mss != b.mss) changes.add(Change::Mss);
  if (a.window_scale != b.window_scale) changes.add(Change::WindowScale);
  if (a.option_kinds != b.option_kinds) changes.add(Change::Options);
  if (a.has_timestamps && b.has_timestamps && (a.tsval != b.tsval || a.tsecr != b.tsecr))
    changes.add(Change::Timestamps);
}

/// Whether the captures hold other bytes where both packets carry the same places of the stream.
bool bytes_differ(const Ends& ends, const Placed& a, Side a_end, const Placed& b) {
  const std::size_t begun = std::min(a.first_bytes_len, b.first_bytes_len);
  if (!std::equal(a.first_bytes.begin(), a.first_bytes.begin() + static_cast<std::ptrdiff_t>(begun),
                  b.first_bytes.begin()))
    return true;
  const Stream& of_a = ends.at(a_end).stream(a.claims);
  const Stream& of_b = ends.at(other(a_end)).stream(a.claims);
  if (of_a.carrier(a.offset) != a.frame() || of_b.carrier(b.offset) != b.frame()) return false;
  const Bytes x = of_a.from(a.offset), y = of_b.from(b.offset);
  const std::size_t length = std::min(
      {x.size(), y.size(), std::size_t{a.header.captured_len}, std::size_t{b.header.captured_len}});
  return !std::equal(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(length), y.begin());
}

}  // namespace

std::string_view to_string(Change change) {
  static constexpr std::array<std::string_view, kNumChanges> kWords{
      "ttl",        "dscp",       "ecn",     "dont-fragment", "ip-id",
      "flow-label", "flags",      "window",  "mss",           "window-scale",
      "options",    "timestamps", "payload", "segmentation"};
  return kWords[static_cast<std::size_t>(change)];
}

std::string to_string(const Changes& changes) {
  std::string text;
  for (std::size_t i = 0; i < kNumChanges; ++i)
    if (changes.has(static_cast<Change>(i)))
      text += (text.empty() ? "" : ", ") + std::string(to_string(static_cast<Change>(i)));
  return text;
}

Changes differences(const Ends& ends, const Pairing&, const Placed& sent, const Placed& received) {
  Changes changes;
  compare_ip(sent.header, received.header, changes);
  compare_tcp(sent.header, received.header, changes);
  if (sent.header.payload_len != received.header.payload_len ||
      bytes_differ(ends, sent, sent.claims, received))
    changes.add(Change::Payload);
  return changes;
}

}  // namespace whohungup
