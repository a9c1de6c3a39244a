// What an ICMP error's quotation says was changed on the way (tracebox; Detal et al., IMC 2013).
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "analyze/hop_read.h"
#include "dissect/bytes.h"

namespace whohungup {
namespace {

constexpr std::uint8_t kTcp = 6;
constexpr std::size_t kTcpHeader = 20;

/// The fields worth comparing; what the quotation cuts off is unknown.
struct Seen {
  std::uint8_t tos{};
  std::uint16_t length{}, ip_id{};
  bool dont_fragment{}, v4{};
  std::uint32_t flow_label{};
  std::optional<std::uint32_t> seq, ack;
  std::optional<std::uint16_t> flags, window;
  std::optional<std::vector<std::uint8_t>> options;
};

/// The last packet in the frame from one address to the other: an ICMP error's own header names
/// the router, the one it quotes names us.
std::optional<Bytes> find_packet(Bytes frame, const IpAddress& from, const IpAddress& to) {
  const std::size_t size = from.is_v6 ? 16 : 4, at = from.is_v6 ? 8 : 12;
  std::vector<std::uint8_t> addresses(from.octets.begin(), from.octets.begin() + size);
  addresses.insert(addresses.end(), to.octets.begin(), to.octets.begin() + size);
  const auto found = std::find_end(frame.begin(), frame.end(), addresses.begin(), addresses.end());
  const auto offset = static_cast<std::size_t>(found - frame.begin());
  if (found == frame.end() || offset < at) return std::nullopt;
  const Bytes packet = frame.subspan(offset - at);
  if (packet[0] >> 4U != (from.is_v6 ? 6 : 4)) return std::nullopt;
  return packet;
}

void read_tcp(Bytes tcp, Seen& seen) {
  ByteReader read(tcp);
  read.skip(4);
  const std::uint32_t seq = read.u32();
  if (read.ok()) seen.seq = seq;
  const std::uint32_t ack = read.u32();
  if (read.ok()) seen.ack = ack;
  const std::uint16_t offset_and_flags = read.u16();
  if (read.ok()) seen.flags = offset_and_flags & 0xfffU;
  const std::uint16_t window = read.u16();
  if (read.ok()) seen.window = window;
  const std::size_t header = (offset_and_flags >> 12U) * std::size_t{4};
  if (header >= kTcpHeader && tcp.size() >= header) {
    const Bytes options = tcp.subspan(kTcpHeader, header - kTcpHeader);
    seen.options.emplace(options.begin(), options.end());
  }
}

Seen read_packet(Bytes packet, bool v6) {
  Seen seen;
  seen.v4 = !v6;
  ByteReader read(packet);
  if (v6) {
    const std::uint32_t first = read.u32();
    seen.tos = static_cast<std::uint8_t>(first >> 20U);
    seen.flow_label = first & 0xfffffU;
    seen.length = read.u16();
    const std::uint8_t next = read.u8();
    if (next == kTcp && packet.size() > 40) read_tcp(packet.subspan(40), seen);
    return seen;
  }
  const std::size_t header = (read.u8() & 0xfU) * std::size_t{4};
  seen.tos = read.u8();
  seen.length = read.u16();
  seen.ip_id = read.u16();
  seen.dont_fragment = (read.u16() & 0x4000U) != 0;
  if (header >= 20 && packet.size() > header) read_tcp(packet.subspan(header), seen);
  return seen;
}

struct Option {
  std::uint8_t kind;
  std::string_view name;
};
constexpr Option kOptions[] = {
    {2, "MSS"}, {3, "window scale"}, {4, "SACK permitted"}, {8, "timestamps"}};

/// The value of one TCP option; nothing if it is not there.
std::optional<std::vector<std::uint8_t>> option(const std::vector<std::uint8_t>& options,
                                                std::uint8_t kind) {
  for (std::size_t i = 0; i < options.size();) {
    if (options[i] == 0) break;
    if (options[i] == 1) {
      ++i;
      continue;
    }
    if (i + 1 >= options.size() || options[i + 1] < 2 || i + options[i + 1] > options.size()) break;
    const auto begin = options.begin() + static_cast<std::ptrdiff_t>(i);
    if (options[i] == kind) return std::vector<std::uint8_t>(begin + 2, begin + options[i + 1]);
    i += options[i + 1];
  }
  return std::nullopt;
}

std::string bytes_text(const std::vector<std::uint8_t>& bytes) {
  if (bytes.size() == 2) return fmt::format("{}", bytes[0] << 8U | bytes[1]);
  std::string out;
  for (const std::uint8_t byte : bytes) out += fmt::format("{:02x}", byte);
  return out.empty() ? "empty" : out;
}

void compare_options(const Seen& before, const Seen& after, std::vector<std::string>& changes) {
  if (!before.options || !after.options) return;
  for (const Option& one : kOptions) {
    const auto was = option(*before.options, one.kind), is = option(*after.options, one.kind);
    const bool varies = one.kind == 8 && was && is;  // a clock: every repetition has its own time
    if (was == is || varies) continue;
    if (!is)
      changes.push_back(fmt::format("{} taken out", one.name));
    else if (!was)
      changes.push_back(fmt::format("{} put in", one.name));
    else
      changes.push_back(fmt::format("{} {} → {}", one.name, bytes_text(*was), bytes_text(*is)));
  }
}

template <class Number>
void compare(std::string_view name, std::string_view form, const Number& was, const Number& is,
             std::vector<std::string>& changes) {
  if (was == is) return;
  const auto text = [&](const Number& n) { return fmt::format(fmt::runtime(form), n); };
  changes.push_back(fmt::format("{} {} → {}", name, text(was), text(is)));
}

template <class Number>
void compare(std::string_view name, std::string_view form, const std::optional<Number>& was,
             const std::optional<Number>& is, std::vector<std::string>& changes) {
  if (was && is) compare(name, form, *was, *is, changes);
}

}  // namespace

std::vector<std::string> quoted_changes(Bytes sent, Bytes quoting, const Segment& sent_segment) {
  const IpAddress &from = sent_segment.from.ip, &to = sent_segment.to.ip;
  const auto was = find_packet(sent, from, to), is = find_packet(quoting, from, to);
  if (!was || !is) return {};
  const Seen before = read_packet(*was, from.is_v6), after = read_packet(*is, from.is_v6);
  std::vector<std::string> changes;
  compare("traffic class", "{:#04x}", before.tos, after.tos, changes);
  compare("length", "{}", before.length, after.length, changes);
  compare("IP-ID", "{:#06x}", before.ip_id, after.ip_id, changes);
  if (before.dont_fragment != after.dont_fragment)
    changes.emplace_back(after.dont_fragment ? "DF set" : "DF cleared");
  compare("flow label", "{:#07x}", before.flow_label, after.flow_label, changes);
  if (before.seq && after.seq && *before.seq != *after.seq)
    changes.emplace_back("sequence number rewritten");
  if (before.ack && after.ack && *before.ack != *after.ack)
    changes.emplace_back("acknowledgement rewritten");
  compare("flags", "{:#05x}", before.flags, after.flags, changes);
  compare("window", "{}", before.window, after.window, changes);
  compare_options(before, after, changes);
  return changes;
}

}  // namespace whohungup
