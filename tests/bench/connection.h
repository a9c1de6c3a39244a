// One generated TCP connection: who said what when, as planned packets. The bytes of long
// transfers are made only when a packet is written.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/random.h"
#include "tests/bench/tls_bytes.h"

namespace whohungup::bench {

struct Address {
  std::array<std::uint8_t, 16> octets{};  // IPv4: the first four
  bool is_v6{};
  std::uint16_t port{};
};
std::string to_string(const Address&);  // "10.0.0.1:1234", "[2001:db8::1]:443" unabbreviated

enum class From : std::uint8_t { Client, Server };

namespace flag {
constexpr std::uint8_t kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16;
}

/// One packet to be. Offsets count from the byte after the SYN.
struct Planned {
  std::int64_t at{};  // nanoseconds since the start of the capture
  std::int64_t offset{};
  std::int64_t acked{};
  std::int64_t base{};  // the offset at which this use of the ports began to speak
  std::uint16_t size{};
  std::uint8_t flags{};
  std::uint8_t ttl{};
  From from{};
  bool garbage{};  // payload that contradicts the stream
  bool bare{};     // no timestamps option: made by something that is not the host
};

/// What one side says: crafted bytes, then records of application data without end.
struct Speech {
  Octets crafted;
  std::int64_t said{};  // crafted and not
  std::uint32_t isn{};
  std::uint16_t ip_id{};
  std::uint8_t ttl{};
};

/// Fills `out` with the stream's bytes from `offset` on.
void fill(const Speech&, std::int64_t offset, std::uint8_t* out, std::size_t size);

class Connection {
 public:
  Connection(Random&, Address client, Address server, std::int64_t start);

  // Every call sends packets and moves the clock of this connection.
  void open();  // SYN, SYN+ACK, ACK
  void syn() { send(From::Client, flag::kSyn, base_ - 1, 0); }
  void syn_ack() { send(From::Server, flag::kSyn | flag::kAck, base_ - 1, 0); }
  /// The same ports again, at once, with other sequence numbers and the same words.
  void begin_again();
  void say(From, const Octets&);           // in segments, each as long as allowed
  void say_in_bytes(From, const Octets&);  // one byte a segment
  void stream(From, std::int64_t bytes);   // application data with the other side's ACKs
  void ack(From);
  void close(From);
  void reset(From side, bool acks = false);
  /// A reset that `side` did not send: other TTL, bare header, at the place the stream stands.
  void forge_reset(From side);
  void garbage(From, std::int64_t offset, std::uint16_t size);
  void unheard(From, const Octets&);  // as say(), but the other side never acknowledges it

  void wait(std::int64_t nanoseconds) { now_ += nanoseconds; }
  void wait_a_trip() { now_ += trip_; }
  /// Repeats or swaps about one in `n` data packets, as loss and several paths do.
  void disturb(Random&, std::uint64_t n);

  [[nodiscard]] std::int64_t now() const { return now_; }
  [[nodiscard]] const Speech& speech(From from) const { return said_[static_cast<int>(from)]; }
  [[nodiscard]] Speech& speech(From from) { return said_[static_cast<int>(from)]; }

  Address client, server;
  std::vector<Planned> packets;

 private:
  void send(From, unsigned flags, std::int64_t offset, std::size_t size);
  std::int64_t now_, trip_;
  std::int64_t heard_[2]{};  // how much of the other side's stream a side acknowledges
  std::int64_t base_{};
  std::uint16_t mss_{};
  Speech said_[2];
};

}  // namespace whohungup::bench
