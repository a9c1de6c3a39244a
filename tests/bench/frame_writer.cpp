// See frame_writer.h.
#include "tests/bench/frame_writer.h"

#include <algorithm>
#include <cstring>

namespace whohungup::bench {
namespace {

constexpr std::size_t kBuffered = 1U << 20U;
constexpr std::int64_t kStart = 1'764'000'000;  // seconds since 1970: some day in November 2025

/// Writes numbers behind each other into a frame that is large enough.
class Pen {
 public:
  explicit Pen(std::uint8_t* at) : at_(at) {}
  Pen& u8(unsigned v) {
    *at_++ = static_cast<std::uint8_t>(v);
    return *this;
  }
  Pen& u16(unsigned v) { return u8(v >> 8U).u8(v); }
  Pen& u32(std::uint32_t v) { return u16(v >> 16U).u16(v); }
  Pen& bytes(const std::uint8_t* from, std::size_t n) {
    std::memcpy(at_, from, n);
    at_ += n;
    return *this;
  }
  [[nodiscard]] std::uint8_t* at() const { return at_; }

 private:
  std::uint8_t* at_;
};

std::uint64_t sum(const std::uint8_t* bytes, std::size_t size) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i + 1 < size; i += 2)
    total += static_cast<unsigned>(bytes[i] << 8U | bytes[i + 1]);
  if (size % 2 != 0) total += static_cast<unsigned>(bytes[size - 1] << 8U);
  return total;
}

void put_checksum(std::uint8_t* at, std::uint64_t total) {
  while (total >> 16U != 0) total = (total & 0xffffU) + (total >> 16U);
  Pen(at).u16(~static_cast<unsigned>(total) & 0xffffU);
}

std::size_t write_options(std::uint8_t* at, const Planned& packet) {
  Pen pen(at);
  if (packet.bare) return 0;
  const auto clock = static_cast<std::uint32_t>(packet.at / 1'000'000);
  if ((packet.flags & flag::kSyn) != 0)
    pen.u32(0x020405b4).u32(0x0402080a).u32(clock).u32(0).u32(0x01030307);
  else
    pen.u32(0x0101080a).u32(clock).u32(clock);
  return static_cast<std::size_t>(pen.at() - at);
}

std::size_t write_ip(std::uint8_t* at, const Planned& packet, Speech& mine, const Address& from,
                     const Address& to, std::size_t tcp_size) {
  Pen pen(at);
  if (from.is_v6) {
    pen.u32(0x60000000).u16(static_cast<unsigned>(tcp_size)).u8(6).u8(packet.ttl);
    pen.bytes(from.octets.data(), 16).bytes(to.octets.data(), 16);
    return 40;
  }
  pen.u16(0x4500).u16(static_cast<unsigned>(20 + tcp_size)).u16(mine.ip_id++).u16(0x4000);
  pen.u8(packet.ttl).u8(6).u16(0);
  pen.bytes(from.octets.data(), 4).bytes(to.octets.data(), 4);
  put_checksum(at + 10, sum(at, 20));
  return 20;
}

void write_payload(std::uint8_t* at, const Planned& packet, const Speech& mine) {
  if (packet.size == 0) return;
  if (packet.garbage)
    std::memset(at, 0xe5, packet.size);
  else
    fill(mine, packet.offset - packet.base, at, packet.size);
}

}  // namespace

FrameWriter::FrameWriter(const std::string& path) : file_(path, std::ios::binary) {
  const std::uint32_t header[6] = {0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1};
  buffer_.resize(sizeof header);
  std::memcpy(buffer_.data(), header, sizeof header);
}

std::uint32_t FrameWriter::write(Connection& talk, const Planned& packet) {
  const bool from_client = packet.from == From::Client;
  Speech& mine = talk.speech(packet.from);
  const Speech& peer = talk.speech(from_client ? From::Server : From::Client);
  const Address& from = from_client ? talk.client : talk.server;
  const Address& to = from_client ? talk.server : talk.client;

  std::uint8_t frame[2048];
  Pen pen(frame);
  pen.u16(0x0200).u32(from_client ? 1 : 2).u16(0x0200).u32(from_client ? 2 : 1);
  pen.u16(from.is_v6 ? 0x86dd : 0x0800);
  const std::size_t ip_size = from.is_v6 ? 40 : 20;
  std::uint8_t* const tcp = pen.at() + ip_size;
  const std::size_t header_size = 20 + write_options(tcp + 20, packet);
  const std::size_t tcp_size = header_size + packet.size;
  write_ip(pen.at(), packet, mine, from, to, tcp_size);
  const bool acks = (packet.flags & flag::kAck) != 0;
  Pen(tcp)
      .u16(from.port)
      .u16(to.port)
      .u32(mine.isn + 1 + static_cast<std::uint32_t>(packet.offset))
      .u32(acks ? peer.isn + 1 + static_cast<std::uint32_t>(packet.acked) : 0)
      .u16(static_cast<unsigned>(header_size / 4 << 12U) | packet.flags)
      .u16(502)
      .u32(0);
  write_payload(tcp + header_size, packet, mine);
  const std::size_t address = from.is_v6 ? 16 : 4;
  put_checksum(tcp + 16, sum(from.octets.data(), address) + sum(to.octets.data(), address) + 6 +
                             tcp_size + sum(tcp, tcp_size));

  const auto length = static_cast<std::uint32_t>(tcp + tcp_size - frame);
  const std::int64_t microseconds = packet.at / 1000;
  const std::uint32_t record[4] = {static_cast<std::uint32_t>(kStart + microseconds / 1'000'000),
                                   static_cast<std::uint32_t>(microseconds % 1'000'000), length,
                                   length};
  const std::size_t at = buffer_.size();
  buffer_.resize(at + sizeof record + length);
  std::memcpy(buffer_.data() + at, record, sizeof record);
  std::memcpy(buffer_.data() + at + sizeof record, frame, length);
  if (buffer_.size() > kBuffered) flush();
  return ++frames_;
}

bool FrameWriter::finish() {
  flush();
  return static_cast<bool>(file_.flush());
}

void FrameWriter::flush() {
  file_.write(reinterpret_cast<const char*>(buffer_.data()),
              static_cast<std::streamsize>(buffer_.size()));
  buffer_.clear();
}

}  // namespace whohungup::bench
