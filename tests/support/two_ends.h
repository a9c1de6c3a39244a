// A connection over a path of some hops, captured at both ends, for tests of the comparison.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "analyze/compare.h"
#include "analyze/compare_match.h"
#include "tests/support/segment_maker.h"

namespace whohungup::test {

/// A path of some hops with a capture at either end.
class Path {
 public:
  enum Where { Both, AtSenderOnly, AtReceiverOnly };
  static constexpr int kHops = 5;

  explicit Path(const FlowTable::Options& at_server = {}) : server_table_(at_server, server_told) {}

  Duration way{std::chrono::milliseconds{10}};
  Duration offset{};                   // of the server's clock
  std::optional<Time> server_stopped;  // its capture, by the client's clock
  KindsHeld server_holds;              // beside what this flow shows
  int before_server{};                 // so many hops before it its capture was made
  std::uint32_t renumber{};
  std::uint8_t bleached{};  // the TOS that all packets to the server arrive with
  Talker talk;

  void client(std::uint16_t flags, const ByteString& payload = {}, Where where = Both) {
    send(talk.client_says(flags, payload), where);
  }
  void server(std::uint16_t flags, const ByteString& payload = {}, Where where = Both) {
    send(talk.server_says(flags, payload), where);
  }
  void send(Segment s, Where where = Both) {
    const bool to_server = s.from == talk.client;
    s.header.ttl = 64;
    if (where != AtReceiverOnly) add(s, to_server, s.header.at);
    s.header.ttl = 64 - kHops;
    if (to_server && bleached != 0) s.header.tos = bleached;
    if (where != AtSenderOnly) add(s, !to_server, s.header.at + way);
  }
  /// It leaves with so few hops that it dies on the way.
  void send_with_ttl(Segment s, std::uint8_t ttl) {
    s.header.ttl = ttl;
    add(s, s.from == talk.client, s.header.at);
  }
  /// It arrives as it is, whether it left or not.
  void arrive(const Segment& s) { add(s, s.from != talk.client, s.header.at + way); }
  /// Made on the way in the sender's name: it comes from two hops away.
  void forge(Segment s, bool arrives_at_client) {
    s.header.at += way;
    arrive(s, 2, arrives_at_client);
  }
  /// Captured where it arrives, at its own time, after so many hops.
  void arrive(Segment s, int hops, bool at_client = true) {
    s.header.ttl = static_cast<std::uint8_t>(64 - hops);
    add(s, at_client, s.header.at);
  }
  void wait(Duration time) { talk.now += time; }
  void open() {
    client(S);
    wait(way);
    server(SA);
    wait(way);
    client(A);
  }

  /// The handshake of TCP, and the ClientHello that arrives.
  void open_and_greet() {
    open();
    client(PA, client_hello());
    wait(way);
  }
  /// The ClientHello four times, a second apart, by `send`; nothing comes back for a while.
  template <class Send>
  void repeat_hello(Send&& send) {
    Segment hello = talk.client_says(PA, client_hello());
    const ByteString kept = talk.held;
    hello.payload = kept;
    for (int copy = 0; copy < 4; ++copy) {
      hello.header.at = talk.now;
      ++hello.header.ip_id;
      send(hello);
      wait(std::chrono::seconds{1});
    }
    wait(std::chrono::seconds{5});
  }

  /// Both captures, told; they ran on for ten seconds.
  void close() { ASSERT_TRUE(meet()); }

  /// The same; false where too little of the flow is left to be found again.
  bool meet() {
    for (auto* table : {&client_table_, &server_table_}) {
      table->advance(talk.now + std::chrono::seconds{100});
      table->finish({});
    }
    if (client_told.told.size() != 1 || server_told.told.size() != 1) return false;
    const FlowMatch match =
        match_flows({print_of(client_told.told[0], {})}, {print_of(server_told.told[0], {})});
    if (match.matched != 1 || match.pairs.size() != 1) return false;
    joined = match.pairs[0].joined;
    const Time end = talk.now + std::chrono::seconds{10};
    const Time begin = Time{};
    ends.emplace(Ends{
        client_told.told[0], server_told.told[0], joined, match.clock,
        CaptureSpan{begin, end, std::nullopt, true},
        CaptureSpan{begin + offset, server_stopped.value_or(end) + offset, std::nullopt, true}});
    ends->client_span.holds.add(client_told.told[0]);
    ends->server_span.holds.add(server_told.told[0]);
    ends->server_span.holds.add(server_holds);
    ends->torn = match.pairs[0].torn;
    pairing = pair_packets(*ends);
    joint = judge_together(*ends, pairing);
    return true;
  }

  [[nodiscard]] std::string verdict() const {
    return joint.judgement.verdict.code() + " " +
           std::string(to_string(joint.judgement.verdict.confidence));
  }
  [[nodiscard]] bool has(Fact fact) const { return joint.judgement.facts.has(fact); }
  [[nodiscard]] std::uint32_t number(Fate fate) const { return pairing.number(fate); }

  Joined joined{};
  std::optional<Ends> ends;
  Pairing pairing;
  JointJudgement joint;
  Collector client_told, server_told;

 private:
  void add(Segment s, bool at_client, Time moment) {
    s.header.at = at_client ? moment : moment + offset;
    if (s.header.tcp_checksum == ChecksumState::Unknown)
      s.header.tcp_checksum = ChecksumState::Good;
    s.header.frame = FrameNo{++frames_[at_client ? 0 : 1]};
    if (!at_client)
      s.header.ttl = static_cast<std::uint8_t>(
          s.header.ttl + (s.from == talk.client ? before_server : -before_server));
    if (!at_client && renumber != 0) {
      if (s.from == talk.client)
        s.header.seq.value += renumber;
      else
        s.header.ack.value += renumber;
    }
    (at_client ? client_table_ : server_table_).add(s);
  }

  FlowTable client_table_{{}, client_told};
  FlowTable server_table_;
  std::uint32_t frames_[2]{};
};

}  // namespace whohungup::test
