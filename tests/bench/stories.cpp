// See stories.h.
#include "tests/bench/stories.h"

#include <algorithm>

namespace whohungup::bench {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000, kSecond = 1'000'000'000;
constexpr From kClient = From::Client, kServer = From::Server;

void transfer(Connection& talk, Random& random) {
  talk.wait(random.between(1, 8000) * kMillisecond);
  talk.say(kClient, sealed(random, 23, static_cast<std::size_t>(random.between(80, 900))));
  const std::int64_t bytes =
      random.one_in(3) ? random.between(20'000, 150'000) : random.between(2'000, 20'000);
  talk.stream(kServer, bytes);
  talk.wait_a_trip();
}

void part(Connection& talk, From first) {
  const From second = first == kClient ? kServer : kClient;
  talk.close(first);
  talk.close(second);
  talk.ack(first);
}

void completed13(Connection& talk, Random& random, const Octets& hello) {
  finish_handshake(talk, random, hello);
  transfer(talk, random);
  part(talk, random.one_in(2) ? kClient : kServer);
  talk.disturb(random, 50);
}

void completed12(Connection& talk, Random& random, const Octets& hello) {
  talk.open();
  talk.say(kClient, hello);
  talk.say(kServer, server_hello(random, false) + certificate(random, 2600) +
                        server_key_exchange(random) + handshake(random, 14, 0));
  talk.say(kClient, handshake(random, 16, 33) + change_cipher_spec() + sealed(random, 22, 40));
  talk.say(kServer, new_session_ticket(random) + change_cipher_spec() + sealed(random, 22, 40));
  transfer(talk, random);
  part(talk, kClient);
  talk.disturb(random, 50);
}

void reset_after_hello(Connection& talk, Random&, const Octets& hello) {
  talk.open();
  talk.say(kClient, hello);
  talk.reset(kServer, true);
  talk.packets.back().ttl = talk.speech(kServer).ttl;
}

void close_after_hello(Connection& talk, Random&, const Octets& hello) {
  talk.open();
  talk.say(kClient, hello);
  talk.ack(kServer);
  talk.wait(3 * kMillisecond);
  part(talk, kServer);
}

void alert_after_hello(Connection& talk, Random&, const Octets& hello) {
  talk.open();
  talk.say(kClient, hello);
  talk.say(kServer, alert(2, 40));
  part(talk, kServer);
}

void client_distrusts(Connection& talk, Random& random, const Octets& hello) {
  talk.open();
  talk.say(kClient, hello);
  talk.say(kServer, server_hello(random, false) + certificate(random, 1900) +
                        server_key_exchange(random) + handshake(random, 14, 0));
  talk.say(kClient, alert(2, 48));
  part(talk, kClient);
}

void not_tls_answer(Connection& talk, Random&, const Octets& hello) {
  talk.open();
  talk.say(kClient, hello);
  talk.say(kServer, text("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
  part(talk, kServer);
}

void refused(Connection& talk, Random&, const Octets&) {
  talk.syn();
  talk.wait_a_trip();
  talk.reset(kServer, true);
}

void syn_alone(Connection& talk, Random&, const Octets&) { talk.syn(); }

void syn_unanswered(Connection& talk, Random&, const Octets&) {
  for (int retry = 0; retry < 4; ++retry) {
    talk.syn();
    talk.wait(kSecond << retry);
  }
}

void repeat_hello(Connection& talk) {
  const Planned first = talk.packets.back();
  for (const std::int64_t later : {300, 900, 2'100, 4'500}) {
    Planned again = first;
    again.at = first.at + later * kMillisecond;
    talk.packets.push_back(again);
  }
}

void silence_unheard(Connection& talk, Random& random, const Octets&) {
  talk.open();
  talk.unheard(kClient, client_hello(random, "lost.example", 517));
  repeat_hello(talk);
  talk.wait(10 * kSecond);
  talk.close(kClient);
}

void silence_heard(Connection& talk, Random&, const Octets& hello) {
  talk.open();
  talk.say(kClient, hello);
  talk.ack(kServer);
  talk.wait(12 * kSecond);
  talk.close(kClient);
  talk.ack(kServer);
}

void reset_at_accept(Connection& talk, Random&, const Octets&) {
  talk.open();
  talk.wait(kMillisecond);
  talk.reset(kServer, true);
}

void close_at_accept(Connection& talk, Random&, const Octets&) {
  talk.open();
  talk.wait(kMillisecond);
  part(talk, kServer);
}

/// A box on the path resets the client; the server knows nothing of it and answers.
void forged(Connection& talk, Random& random, const Octets& hello) {
  talk.open();
  talk.say(kClient, hello);
  talk.forge_reset(kServer);
  talk.wait(2 * kMillisecond);
  talk.ack(kServer);
  talk.unheard(kServer,
               server_hello(random, true) + change_cipher_spec() + sealed(random, 23, 1800));
}

void reset_in_handshake(Connection& talk, Random& random, const Octets& hello) {
  talk.open();
  talk.say(kClient, hello);
  talk.say(kServer, server_hello(random, false) + certificate(random, 1500));
  talk.ack(kClient);
  talk.wait(kMillisecond);
  talk.reset(kServer, true);
}

void health_probe(Connection& talk, Random&, const Octets&) {
  talk.open();
  part(talk, kClient);
}

void plain_http(Connection& talk, Random&, const Octets&) {
  talk.open();
  talk.say(kClient, text("GET / HTTP/1.1\r\nHost: plain.example\r\n\r\n"));
  talk.say(kServer, text("HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n"));
  talk.stream(kServer, 30'000);
  part(talk, kServer);
}

void reset_hello_quickly(Connection& talk, Random&, const Octets& hello) {
  talk.open();
  talk.say(kClient, hello);
  talk.reset(kServer, true);
}

// ── adversary ──────────────────────────────────────────────────────────────────────────────────

/// Announces the longest record there is and sends it drop by drop, for ever.
void endless_hello(Connection& talk, Random& random, const Octets&) {
  talk.open();
  const Octets hello = client_hello(random, "endless.example", 16'000);
  for (std::size_t at = 0; at + 400 < hello.size() && at < 12'000; at += 400) {
    const auto piece = hello.begin() + static_cast<std::ptrdiff_t>(at);
    talk.say(kClient, Octets(piece, piece + 400));
    talk.wait(kSecond);
  }
}

void byte_by_byte(Connection& talk, Random& random, const Octets&) {
  talk.open();
  talk.say_in_bytes(kClient, client_hello(random, "bytes.example", 320));
  talk.ack(kServer);
  talk.reset(kServer, true);
}

/// The hello, and then other bytes for the same places of the stream, and far outside of it.
void overlapping(Connection& talk, Random& random, const Octets& hello) {
  talk.open();
  talk.say(kClient, hello);
  for (int i = 0; i < 40; ++i)
    talk.garbage(kClient, random.between(-100, 70'000),
                 static_cast<std::uint16_t>(random.between(1, 1400)));
  talk.ack(kServer);
  talk.reset(kServer, true);
}

/// Of a client whose address is the complement of his port, to one server: all such connections
/// have the same sum and the same exclusive or of addresses and ports, which is what simple tables
/// look flows up by.
void colliding(Connection& talk, Random& random, const Octets& hello) {
  const unsigned rest = 0xffffU - talk.client.port;
  talk.client.is_v6 = talk.server.is_v6 = false;
  talk.client.octets = {172, 16, static_cast<std::uint8_t>(rest >> 8U),
                        static_cast<std::uint8_t>(rest)};
  talk.server.octets = {203, 0, 113, 1};
  reset_hello_quickly(talk, random, hello);
}

/// Many connections over one pair of ports, each begun the moment the last one ended.
void reused(Connection& talk, Random& random, const Octets& hello) {
  for (int i = 0; i < 20; ++i) {
    reset_after_hello(talk, random, hello);
    talk.begin_again();
  }
}

}  // namespace

void finish_handshake(Connection& talk, Random& random, const Octets& hello) {
  talk.open();
  talk.say(kClient, hello);
  talk.say(kServer, server_hello(random, true) + change_cipher_spec() +
                        sealed(random, 23, static_cast<std::size_t>(random.between(1800, 4200))));
  talk.say(kClient, change_cipher_spec() + sealed(random, 23, 53));
  talk.say(kServer, sealed(random, 23, 250));
}

const std::vector<Story>& mixed_stories() {
  static const std::vector<Story> stories{
      {"completed-1.3", 40, {"nobody.none.established"}, 443, completed13},
      {"completed-1.2", 15, {"nobody.none.established"}, 443, completed12},
      {"server-reset",
       8,
       {"server.rst.client_hello", "unknown.rst.client_hello"},
       443,
       reset_after_hello},
      {"server-close", 6, {"server.fin.client_hello"}, 443, close_after_hello},
      {"server-alert", 8, {"server.alert.client_hello"}, 443, alert_after_hello},
      {"client-alert", 3, {"client.alert.server_hello"}, 443, client_distrusts},
      {"plaintext", 2, {"server.plaintext.client_hello"}, 443, not_tls_answer},
      {"refused", 2, {"server.rst.syn", "unknown.rst.syn"}, 993, refused},
      {"no-answer", 1, {"unknown.silence.syn"}, 993, syn_unanswered},
      {"lost",
       1,
       {"unknown.silence.accepted", "unknown.silence.client_hello"},
       443,
       silence_unheard},
      {"silent", 1, {"server.silence.client_hello"}, 443, silence_heard},
      {"reset-at-accept", 2, {"server.rst.accepted", "unknown.rst.accepted"}, 465, reset_at_accept},
      {"close-at-accept", 2, {"server.fin.accepted"}, 993, close_at_accept},
      {"forged-reset", 3, {"middlebox.rst.client_hello", "unknown.rst.client_hello"}, 443, forged},
      {"reset-in-handshake",
       2,
       {"server.rst.server_hello", "unknown.rst.server_hello"},
       443,
       reset_in_handshake},
      {"health-probe", 1, {"client.fin.accepted"}, 443, health_probe},
      {"plain-http", 3, {}, 80, plain_http},
  };
  return stories;
}

const std::vector<Story>& flood_stories() {
  static const std::vector<Story> stories{
      {"syn-alone", 3, {"unknown.silence.syn"}, 443, syn_alone},
      {"server-reset",
       7,
       {"server.rst.client_hello", "unknown.rst.client_hello"},
       443,
       reset_hello_quickly},
  };
  return stories;
}

const std::vector<Story>& adversary_stories() {
  static const std::vector<Story> stories{
      {"endless-hello", 4, {"*"}, 443, endless_hello},
      {"byte-by-byte", 2, {"*"}, 443, byte_by_byte},
      {"overlapping", 2, {"*"}, 443, overlapping},
      {"reused", 1, {"*"}, 443, reused},
      {"colliding", 3, {"*"}, 443, colliding},
      {"syn-alone", 4, {"*"}, 443, syn_alone},
  };
  return stories;
}

}  // namespace whohungup::bench
