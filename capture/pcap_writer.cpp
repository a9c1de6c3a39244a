#include "capture/pcap_writer.h"

#include <array>
#include <chrono>
#include <cstring>

namespace whohungup {
namespace {

template <std::size_t N>
void write_numbers(ByteOutput& out, const std::array<std::uint32_t, N>& numbers) {
  std::array<std::uint8_t, 4 * N> bytes;
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
  out.write(bytes);
}

// Two 16-bit numbers, in this machine's byte order.
std::uint32_t pair(std::uint16_t first, std::uint16_t second) {
  const std::array<std::uint16_t, 2> both{first, second};
  std::uint32_t word = 0;
  std::memcpy(&word, both.data(), sizeof word);
  return word;
}

}  // namespace

PcapWriter::PcapWriter(ByteOutput& out, LinkType link, PcapPrecision precision,
                       std::uint32_t snaplen)
    : out_(out), precision_(precision) {
  constexpr std::uint32_t kMicro = 0xa1b2c3d4, kNano = 0xa1b23c4d;
  write_numbers<6>(out_, {precision == PcapPrecision::Micro ? kMicro : kNano, pair(2, 4), 0, 0,
                          snaplen, static_cast<std::uint32_t>(link)});
}

void PcapWriter::add_packet(const Packet& packet) {
  using namespace std::chrono;
  const auto second = floor<seconds>(packet.at);
  const std::int64_t rest = (packet.at - second).count();
  const std::int64_t fraction = precision_ == PcapPrecision::Micro ? rest / 1000 : rest;
  write_numbers<4>(out_, {static_cast<std::uint32_t>(second.time_since_epoch().count()),
                          static_cast<std::uint32_t>(fraction),
                          static_cast<std::uint32_t>(packet.bytes.size()), packet.wire_len});
  out_.write(packet.bytes);
}

}  // namespace whohungup
