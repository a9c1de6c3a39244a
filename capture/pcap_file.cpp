// file header   magic 4 | major 2 | minor 2 | zone 4 | sigfigs 4 | snaplen 4 | link type 4
// record        seconds 4 | micro- or nanoseconds 4 | captured 4 | on the wire 4 | bytes
#include "capture/pcap_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "capture/byte_order.h"

namespace whohungup {
namespace {

struct Magic {
  std::uint32_t number;
  PcapShape shape;
};

constexpr std::size_t kHeader = 24;
constexpr std::size_t kRecordHeader = 16;

// Magic numbers as libpcap's sf-pcap.c and Wireshark's wiretap/libpcap.c know them.
constexpr std::array<Magic, 5> kMagics{{
    {0xa1b2c3d4, {false, 1000, kHeader, kRecordHeader}},
    {0xa1b23c4d, {false, 1, kHeader, kRecordHeader}},
    // Kuznetzov's patch: each record also has an interface index, a protocol and a packet type.
    {0xa1b2cd34, {false, 1000, kHeader, kRecordHeader + 8}},
    // IXIA's hardware and software captures: the file header ends with the size of all records.
    {0x1c0001ab, {false, 1000, kHeader + 4, kRecordHeader}},
    {0x1c0001ac, {false, 1000, kHeader + 4, kRecordHeader}},
}};

/// Files before version 2.3 have the two lengths the other way round, some of version 2.3 too.
enum class Lengths : std::uint8_t { AsToday, Swapped, SwappedIfAbsurd };

class PcapFile final : public CaptureFile {
 public:
  PcapFile(const PcapShape& shape, std::string name, Window window, CaptureNotes& notes);
  Source::Next next(Packet& packet) override;
  std::size_t more(std::span<Packet> into) override;

 private:
  void check_version(std::uint16_t major, std::uint16_t minor);
  Source::Next unfilled(Window::Fill fill, std::size_t wanted);
  [[nodiscard]] std::uint32_t u32(std::size_t at) const {
    return load<std::uint32_t>(window_.data() + at, shape_.swap);
  }

  PcapShape shape_;
  Lengths lengths_{Lengths::AsToday};
  LinkType link_{};
  std::uint32_t interface_{};
  std::uint32_t longest_{};
};

PcapFile::PcapFile(const PcapShape& shape, std::string name, Window window, CaptureNotes& notes)
    : CaptureFile(std::move(name), std::move(window), notes), shape_(shape) {
  check_version(load<std::uint16_t>(window_.data() + 4, shape_.swap),
                load<std::uint16_t>(window_.data() + 6, shape_.swap));
  // The upper half of the link type field says whether frames end with a checksum, and how long
  // it is; no link type exceeds 16 bits (pcap-savefile(5)).
  link_ = static_cast<LinkType>(u32(20) & 0xffff);
  longest_ = longest_packet(static_cast<std::uint32_t>(link_));
  interface_ = static_cast<std::uint32_t>(notes_.interfaces.size());
  InterfaceNotes interface;
  interface.link = link_;
  interface.snaplen = u32(16);
  notes_.interfaces.push_back(std::move(interface));
  window_.consume(shape_.header_size);
}

void PcapFile::check_version(std::uint16_t major, std::uint16_t minor) {
  const bool dg_ux = major == 543 && minor == 0;  // DG/UX tcpdump wrote that number
  if (!dg_ux && (major != 2 || minor > 4))
    throw CaptureError(
        fmt::format("{}: is a pcap file of version {}.{}, and 2.0 to 2.4 are all that exist; "
                    "nothing was read, capture or convert it again",
                    name_, major, minor));
  if (dg_ux || minor < 3)
    lengths_ = Lengths::Swapped;
  else if (minor == 3)
    lengths_ = Lengths::SwappedIfAbsurd;
}

Source::Next PcapFile::next(Packet& packet) {
  if (ended_) return Source::Next::End;
  const std::size_t header = shape_.record_header_size;
  if (const auto fill = window_.need(header); fill != Window::Fill::Ready) [[unlikely]]
    return unfilled(fill, header);

  std::uint32_t captured = u32(8);
  std::uint32_t on_wire = u32(12);
  if (lengths_ != Lengths::AsToday) [[unlikely]]
    if (lengths_ == Lengths::Swapped || captured > on_wire) std::swap(captured, on_wire);
  if (captured == 0 && on_wire == 0 && pcap_shape(window_.data())) [[unlikely]]
    return damaged("another capture begins here; name the files one by one, or use mergecap");
  if (captured > longest_) [[unlikely]]
    return damaged(fmt::format("the packet record says {} bytes, more than any packet", captured));
  if (const auto fill = window_.need(header + captured); fill != Window::Fill::Ready) [[unlikely]]
    return unfilled(fill, header + captured);

  packet.at = Time(Duration(std::int64_t{u32(0)} * 1'000'000'000 +
                            std::int64_t{u32(4)} * std::int64_t{shape_.nanoseconds}));
  packet.bytes = {window_.data() + header, captured};
  packet.wire_len = std::max(on_wire, captured);
  packet.interface_id = interface_;
  packet.link = link_;
  window_.consume(header + captured);
  ++frames_;
  return Source::Next::Got;
}

// Files of this machine's byte order and of today's version: nearly all there are.
std::size_t PcapFile::more(std::span<Packet> into) {
  if (shape_.swap || lengths_ != Lengths::AsToday) return 0;
  const std::size_t header = shape_.record_header_size;
  const std::int64_t unit = shape_.nanoseconds;
  const std::uint8_t* at = window_.data();
  std::size_t left = window_.left();
  std::size_t count = 0;
  for (; count < into.size() && left >= header; ++count) {
    std::uint32_t field[4];  // seconds, their fraction, captured, on the wire
    std::memcpy(field, at, sizeof field);
    if (field[2] == 0 || field[2] > longest_ || left < header + field[2]) break;
    Packet& packet = into[count];
    packet.at = Time(Duration(std::int64_t{field[0]} * 1'000'000'000 + field[1] * unit));
    packet.bytes = {at + header, field[2]};
    packet.wire_len = std::max(field[2], field[3]);
    packet.interface_id = interface_;
    packet.link = link_;
    at += header + field[2];
    left -= header + field[2];
  }
  window_.consume(window_.left() - left);
  frames_ += static_cast<std::uint32_t>(count);
  return count;
}

Source::Next PcapFile::unfilled(Window::Fill fill, std::size_t wanted) {
  if (fill == Window::Fill::Idle) return Source::Next::Idle;
  const std::size_t left = window_.left();
  const std::size_t header = shape_.record_header_size;
  if (left == 0) return finished({});
  if (left < header)
    return finished(
        fmt::format("the file ends inside a packet's header: {} of {} bytes", left, header));
  return finished(
      fmt::format("the file ends inside a packet: {} of {} bytes", left - header, wanted - header));
}

}  // namespace

std::optional<PcapShape> pcap_shape(const std::uint8_t* magic) {
  for (const bool swap : {false, true})
    for (const Magic& known : kMagics)
      if (load<std::uint32_t>(magic, swap) == known.number) {
        PcapShape shape = known.shape;
        shape.swap = swap;
        return shape;
      }
  return std::nullopt;
}

std::unique_ptr<CaptureFile> open_pcap(const PcapShape& shape, std::string name, Window window,
                                       CaptureNotes& notes) {
  return std::make_unique<PcapFile>(shape, std::move(name), std::move(window), notes);
}

}  // namespace whohungup
