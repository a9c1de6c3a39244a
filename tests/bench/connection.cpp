// See connection.h.
#include "tests/bench/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace whohungup::bench {
namespace {

constexpr std::int64_t kMicrosecond = 1'000, kMillisecond = 1'000'000;
constexpr std::size_t kRecord = 16384;  // of application data, behind five bytes of header

From other(From from) { return from == From::Client ? From::Server : From::Client; }

/// The same noise for every stream: what it says does not matter, only that it is no text.
const Octets& noise() {
  static const Octets bytes = [] {
    Random random(7);
    Octets made(2 * kRecord);
    for (std::uint8_t& byte : made) byte = static_cast<std::uint8_t>(random.next());
    return made;
  }();
  return bytes;
}

}  // namespace

std::string to_string(const Address& address) {
  const auto& o = address.octets;
  if (!address.is_v6) return fmt::format("{}.{}.{}.{}:{}", o[0], o[1], o[2], o[3], address.port);
  std::string text = "[";
  for (std::size_t i = 0; i < 16; i += 2)
    text += fmt::format("{}{:x}", i == 0 ? "" : ":", o[i] << 8U | o[i + 1]);
  return text + fmt::format("]:{}", address.port);
}

void fill(const Speech& speech, std::int64_t offset, std::uint8_t* out, std::size_t size) {
  std::size_t done = 0;
  const auto at = static_cast<std::size_t>(offset);
  if (at < speech.crafted.size()) {
    done = std::min(size, speech.crafted.size() - at);
    std::memcpy(out, speech.crafted.data() + at, done);
  }
  constexpr std::uint8_t kHeader[5] = {23, 3, 3, kRecord >> 8U, kRecord & 0xffU};
  while (done < size) {
    const std::size_t place = (at + done - speech.crafted.size()) % (kRecord + sizeof kHeader);
    if (place < sizeof kHeader) {
      out[done++] = kHeader[place];
      continue;
    }
    const std::size_t piece = std::min(size - done, kRecord + sizeof kHeader - place);
    std::memcpy(out + done, noise().data() + (place + at % 61) % kRecord, piece);
    done += piece;
  }
}

Connection::Connection(Random& random, Address from, Address to, std::int64_t start)
    : client(from), server(to), now_(start), trip_(random.between(200, 40'000) * kMicrosecond) {
  mss_ = client.is_v6 ? 1428 : 1448;
  for (Speech& speech : said_) {
    speech.isn = static_cast<std::uint32_t>(random.next());
    speech.ip_id = static_cast<std::uint16_t>(random.next());
  }
  speech(From::Client).ttl = 64;
  speech(From::Server).ttl = static_cast<std::uint8_t>(random.between(44, 60));
}

void Connection::send(From from, unsigned flags, std::int64_t offset, std::size_t size) {
  Planned packet;
  packet.at = now_;
  packet.offset = offset;
  packet.base = base_;
  packet.acked = heard_[static_cast<int>(from)];
  packet.size = static_cast<std::uint16_t>(size);
  packet.flags = static_cast<std::uint8_t>(flags);
  packet.ttl = speech(from).ttl;
  packet.from = from;
  packets.push_back(packet);
  now_ += 10 * kMicrosecond;
}

void Connection::open() {
  syn();
  wait_a_trip();
  syn_ack();
  wait(50 * kMicrosecond);
  ack(From::Client);
}

void Connection::begin_again() {
  base_ += 1 << 20U;
  for (const From from : {From::Client, From::Server})
    speech(from).said = heard_[static_cast<int>(from)] = base_;
}

void Connection::unheard(From from, const Octets& bytes) {
  Speech& mine = speech(from);
  mine.crafted.insert(mine.crafted.end(), bytes.begin(), bytes.end());
  for (std::size_t at = 0; at < bytes.size(); at += mss_) {
    const std::size_t size = std::min<std::size_t>(mss_, bytes.size() - at);
    const bool last = at + size == bytes.size();
    send(from, flag::kAck | (last ? flag::kPsh : 0U), mine.said, size);
    mine.said += static_cast<std::int64_t>(size);
  }
}

void Connection::say(From from, const Octets& bytes) {
  unheard(from, bytes);
  wait_a_trip();
  heard_[static_cast<int>(other(from))] = speech(from).said;
}

void Connection::say_in_bytes(From from, const Octets& bytes) {
  Speech& mine = speech(from);
  mine.crafted.insert(mine.crafted.end(), bytes.begin(), bytes.end());
  for (std::size_t i = 0; i < bytes.size(); ++i)
    send(from, flag::kAck | flag::kPsh, mine.said++, 1);
  wait_a_trip();
  heard_[static_cast<int>(other(from))] = mine.said;
}

void Connection::stream(From from, std::int64_t bytes) {
  Speech& mine = speech(from);
  for (unsigned segments = 1; bytes > 0; ++segments) {
    const auto size = std::min<std::int64_t>(bytes, mss_);
    send(from, flag::kAck, mine.said, static_cast<std::size_t>(size));
    mine.said += size;
    bytes -= size;
    if (segments % 2 != 0 && bytes > 0) continue;
    heard_[static_cast<int>(other(from))] = mine.said;
    ack(other(from));
    if (segments % 16 == 0) wait_a_trip();
  }
}

void Connection::ack(From from) { send(from, flag::kAck, speech(from).said, 0); }

void Connection::close(From from) {
  send(from, flag::kFin | flag::kAck, speech(from).said, 0);
  wait_a_trip();
  ++speech(from).said;  // a FIN takes a number
  heard_[static_cast<int>(other(from))] = speech(from).said;
}

void Connection::reset(From from, bool acks) {
  send(from, flag::kRst | (acks ? flag::kAck : 0U), speech(from).said, 0);
  if (!acks) packets.back().bare = true;
}

void Connection::forge_reset(From side) {
  reset(side, true);
  packets.back().ttl = static_cast<std::uint8_t>(speech(side).ttl + 7);
  packets.back().bare = true;
}

void Connection::garbage(From from, std::int64_t offset, std::uint16_t size) {
  send(from, flag::kAck, offset, size);
  packets.back().garbage = true;
}

void Connection::disturb(Random& random, std::uint64_t n) {
  const std::size_t planned = packets.size();
  for (std::size_t i = 1; i + 1 < planned; ++i) {
    if (packets[i].size == 0 || !random.one_in(n)) continue;
    const Planned& next = packets[i + 1];
    if (next.size > 0 && next.from == packets[i].from) {
      std::swap(packets[i].at, packets[i + 1].at);
    } else {
      packets.push_back(packets[i]);
      packets.back().at += 210 * kMillisecond;  // Linux' shortest retransmission timeout
    }
  }
  std::stable_sort(packets.begin(), packets.end(),
                   [](const Planned& a, const Planned& b) { return a.at < b.at; });
}

}  // namespace whohungup::bench
