// The walk over the blocks: sections, interfaces and packets. What lies beside the packets
// (names, statistics, secrets) is read in pcapng_notes.cpp.
#include "capture/pcapng_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "capture/byte_order.h"
#include "capture/pcapng_clock.h"
#include "capture/pcapng_format.h"
#include "capture/pcapng_notes.h"

namespace whohungup {
namespace {

using pcapng::padded;

// libpcap's limit too; only links with bigger packets may exceed it.
constexpr std::uint32_t kLongestBlock = 16U << 20;
// A section with more is made up; each costs memory that no packet gives back.
constexpr std::size_t kMostInterfaces = 65536;

/// Whether a capture may have gone on from its last packet until then. A year of silence is a
/// damaged stamp, and sums with it would overflow.
bool is_soon_after(Time end, Time last) {
  constexpr std::int64_t kYear = std::int64_t{366} * 86'400;
  const auto seconds = [](Time at) { return at.time_since_epoch() / std::chrono::seconds(1); };
  return end > last && seconds(end) - seconds(last) < kYear;
}

struct Interface {
  pcapng::Clock clock;
  LinkType link{};
  std::uint32_t id{};  // among those of all files
  std::uint32_t snaplen{};
  std::uint32_t longest{};
  std::uint64_t drops_counted{};  // by drop counts on packets
};

class PcapngFile final : public CaptureFile {
 public:
  PcapngFile(std::string name, Window window, CaptureNotes& notes);
  Source::Next next(Packet& packet) override;

 private:
  enum class Taken : std::uint8_t { Packet, Block, Damage };

  Taken take_block(std::uint32_t type, std::size_t length, Packet& packet);
  Taken enhanced_packet(std::size_t length, Packet& packet, bool obsolete);
  Taken simple_packet(std::size_t length, Packet& packet);
  void packet_options(Interface& interface, pcapng::Options options);
  void interface_description(std::size_t length);
  void count_drops(Interface& interface, std::uint64_t lost);
  std::string section_header(std::size_t length);
  Source::Next unfilled(Window::Fill fill, std::size_t wanted);
  Taken damage(std::string what) {
    damaged(std::move(what));
    return Taken::Damage;
  }

  [[nodiscard]] std::uint32_t u32(std::size_t at) const {
    return load<std::uint32_t>(window_.data() + at, swap_);
  }
  [[nodiscard]] std::uint16_t u16(std::size_t at) const {
    return load<std::uint16_t>(window_.data() + at, swap_);
  }
  /// The options between `at` and the trailing length of a block of `length` bytes.
  [[nodiscard]] pcapng::Options options(std::size_t at, std::size_t length) const {
    if (at + 4 > length) return {{}, swap_};
    return {window_.bytes().subspan(at, length - at - 4), swap_};
  }

  bool swap_{false};
  std::vector<Interface> interfaces_;  // of this section
  std::uint32_t longest_block_{kLongestBlock};
  Time last_{};
};

PcapngFile::PcapngFile(std::string name, Window window, CaptureNotes& notes)
    : CaptureFile(std::move(name), std::move(window), notes) {
  const std::size_t length = pcapng_header_size(window_.data());
  if (const std::string trouble = section_header(length); !trouble.empty())
    throw CaptureError(
        fmt::format("{}: {}; nothing was read, capture or convert it again", name_, trouble));
  window_.consume(length);
}

Source::Next PcapngFile::next(Packet& packet) {
  while (!ended_) {
    if (const auto fill = window_.need(8); fill != Window::Fill::Ready) [[unlikely]]
      return unfilled(fill, pcapng::kBlockOverhead);
    auto type = u32(0);
    // A section header may change the byte order, its own length included.
    if (type == pcapng::kSectionHeader) [[unlikely]] {
      if (const auto fill = window_.need(12); fill != Window::Fill::Ready)
        return unfilled(fill, pcapng::kSectionMinimum);
      if (pcapng_header_size(window_.data()) == 0) return damaged("a section header is unreadable");
      swap_ = load<std::uint32_t>(window_.data() + 8, false) != pcapng::kByteOrderMagic;
    }
    const std::uint32_t told = u32(4);
    const std::size_t length = padded(told);
    if (length < pcapng::kBlockOverhead || told > longest_block_) [[unlikely]]
      return damaged(
          fmt::format("a block of type {:#x} says that it is {} bytes long", type, told));
    if (const auto fill = window_.need(length); fill != Window::Fill::Ready) [[unlikely]]
      return unfilled(fill, length);
    if (padded(u32(length - 4)) != length) [[unlikely]]
      return damaged(
          fmt::format("the two lengths of a block do not agree: {} and {}", told, u32(length - 4)));
    const Taken taken = take_block(type, length, packet);
    if (taken == Taken::Damage) break;
    window_.consume(length);
    if (taken == Taken::Packet) {
      ++frames_;
      last_ = packet.at;
      return Source::Next::Got;
    }
  }
  return Source::Next::End;
}

Source::Next PcapngFile::unfilled(Window::Fill fill, std::size_t wanted) {
  if (fill == Window::Fill::Idle) return Source::Next::Idle;
  if (window_.left() == 0) return finished({});
  return finished(
      fmt::format("the file ends inside a block: {} of {} bytes", window_.left(), wanted));
}

PcapngFile::Taken PcapngFile::take_block(std::uint32_t type, std::size_t length, Packet& packet) {
  switch (type) {
    case pcapng::kEnhancedPacket:
      return enhanced_packet(length, packet, false);
    case pcapng::kPacket:
      return enhanced_packet(length, packet, true);
    case pcapng::kSimplePacket:
      return simple_packet(length, packet);
    case pcapng::kSectionHeader:
      if (std::string trouble = section_header(length); !trouble.empty())
        return damage(std::move(trouble));
      return Taken::Block;
    case pcapng::kInterfaceDescription:
      if (length < 20) return damage("an interface description is too short");
      if (interfaces_.size() == kMostInterfaces)
        return damage("more interfaces than any machine has");
      interface_description(length);
      return Taken::Block;
    case pcapng::kInterfaceStatistics:
      if (length >= 24 && u32(8) < interfaces_.size()) {
        Interface& interface = interfaces_[u32(8)];
        pcapng::read_statistics(options(20, length), notes_.interfaces[interface.id]);
        if (const auto end = pcapng::read_end_time(options(20, length), interface.clock);
            end && is_soon_after(*end, last_))
          notes_.quality.end = std::max(notes_.quality.end, *end);
      }
      return Taken::Block;
    case pcapng::kNameResolution:
      pcapng::read_names(options(8, length), notes_.names);
      return Taken::Block;
    case pcapng::kDecryptionSecrets:
      if (length >= 20 && u32(8) == pcapng::kTlsKeyLog)
        pcapng::read_key_log(
            window_.bytes().subspan(16, std::min<std::size_t>(u32(12), length - 20)),
            notes_.key_log);
      return Taken::Block;
    default:
      if (pcapng::wireshark_numbers(type)) {
        ++extra_.records_before;
        has_extra_ = true;
      }
      return Taken::Block;
  }
}

// enhanced   interface 4          | stamp 4+4 | captured 4 | on the wire 4 | bytes | options
// obsolete   interface 2, drops 2 | the same
PcapngFile::Taken PcapngFile::enhanced_packet(std::size_t length, Packet& packet, bool obsolete) {
  constexpr std::size_t kData = 28;
  if (length < kData + 4) return damage("a packet block is too short for its header");
  const std::uint32_t index = obsolete ? u16(8) : u32(8);
  if (index >= interfaces_.size()) [[unlikely]]
    return damage(fmt::format("a packet is of interface {}, but {} are described", index,
                              interfaces_.size()));
  Interface& interface = interfaces_[index];
  const std::uint32_t captured = u32(20);
  if (captured > interface.longest) [[unlikely]]
    return damage(fmt::format("the packet block says {} bytes, more than any packet", captured));
  const std::size_t end = kData + padded(captured);
  if (end + 4 > length) [[unlikely]]
    return damage(fmt::format("the packet block says {} bytes and has room for {}", captured,
                              length - kData - 4));
  packet.at = interface.clock.time((std::uint64_t{u32(12)} << 32) | u32(16));
  packet.bytes = {window_.data() + kData, captured};
  packet.wire_len = std::max(u32(24), captured);
  packet.interface_id = interface.id;
  packet.link = interface.link;
  if (obsolete) {
    constexpr std::uint16_t kUnknownDrops = 0xffff;
    if (u16(10) != kUnknownDrops) count_drops(interface, u16(10));
  }
  if (end + 8 <= length) packet_options(interface, options(end, length));
  return Taken::Packet;
}

// on the wire 4 | bytes, as many as the snap length of interface 0 left
PcapngFile::Taken PcapngFile::simple_packet(std::size_t length, Packet& packet) {
  constexpr std::size_t kData = 12;
  if (length < kData + 4) return damage("a simple packet block is too short for its header");
  if (interfaces_.empty()) return damage("a packet is of interface 0, but 0 are described");
  const Interface& interface = interfaces_.front();
  const std::uint32_t on_wire = u32(8);
  const std::uint32_t captured =
      interface.snaplen == 0 ? on_wire : std::min(on_wire, interface.snaplen);
  if (captured > length - kData - 4)
    return damage(fmt::format("the packet block says {} bytes and has room for {}", captured,
                              length - kData - 4));
  packet.at = last_;
  packet.bytes = {window_.data() + kData, captured};
  packet.wire_len = on_wire;
  packet.interface_id = interface.id;
  packet.link = interface.link;
  extra_.untimed = has_extra_ = true;
  return Taken::Packet;
}

void PcapngFile::packet_options(Interface& interface, pcapng::Options options) {
  while (const auto option = options.next()) {
    if (option->code == pcapng::kComment) {
      extra_.comments.emplace_back(pcapng::text(option->value));
      has_extra_ = true;
    } else if (option->code == pcapng::kDropCount && option->value.size() == 8) {
      count_drops(interface, load<std::uint64_t>(option->value.data(), swap_));
    }
  }
}

// The interface's statistics, if they come, count the same packets again: the larger is said.
void PcapngFile::count_drops(Interface& interface, std::uint64_t lost) {
  interface.drops_counted += lost;
  auto& dropped = notes_.interfaces[interface.id].dropped;
  dropped = std::max(dropped.value_or(0), interface.drops_counted);
}

// link type 2 | reserved 2 | snap length 4 | options
void PcapngFile::interface_description(std::size_t length) {
  Interface interface;
  InterfaceNotes notes;
  interface.link = notes.link = static_cast<LinkType>(u16(8));
  interface.snaplen = notes.snaplen = u32(12);
  interface.id = static_cast<std::uint32_t>(notes_.interfaces.size());
  interface.longest = longest_packet(u16(8));
  interface.clock = pcapng::read_interface(options(16, length), notes);
  if (interface.longest > longest_block_ / 2) longest_block_ = 2 * interface.longest;
  interfaces_.push_back(interface);
  notes_.interfaces.push_back(std::move(notes));
}

// byte order 4 | major 2 | minor 2 | section length 8 | options
// Returns what is wrong with it, in words.
std::string PcapngFile::section_header(std::size_t length) {
  swap_ = load<std::uint32_t>(window_.data() + 8, false) != pcapng::kByteOrderMagic;
  if (padded(u32(length - 4)) != length)
    return fmt::format("the two lengths of a section header do not agree: {} and {}", length,
                       u32(length - 4));
  const unsigned major = u16(12), minor = u16(14);
  if (major != 1 || (minor != 0 && minor != 2))
    return fmt::format("is pcapng of version {}.{}, and 1.0 and 1.2 are all that exist", major,
                       minor);
  interfaces_.clear();
  return {};
}

}  // namespace

bool is_pcapng(const std::uint8_t* start) {
  const auto magic = load<std::uint32_t>(start + 8, false);
  return load<std::uint32_t>(start, false) == pcapng::kSectionHeader &&
         (magic == pcapng::kByteOrderMagic || swapped(magic) == pcapng::kByteOrderMagic);
}

std::size_t pcapng_header_size(const std::uint8_t* start) {
  if (!is_pcapng(start)) return 0;
  const bool swap = load<std::uint32_t>(start + 8, false) != pcapng::kByteOrderMagic;
  const auto length = load<std::uint32_t>(start + 4, swap);
  return length < pcapng::kSectionMinimum || length > kLongestBlock ? 0 : padded(length);
}

std::unique_ptr<CaptureFile> open_pcapng(std::string name, Window window, CaptureNotes& notes) {
  return std::make_unique<PcapngFile>(std::move(name), std::move(window), notes);
}

}  // namespace whohungup
