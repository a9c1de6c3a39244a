// The 19 published signatures of connection tampering (Sundara Raman et al., SIGCOMM 2023;
// diagnosis.md §2.1), which a server sees in packets that bear the client's address.
//
// Our captures are mostly the client's, so they are mirrored: the stage is the client's own
// progress, as published, and the resets are those that bear the address of the side that is
// reset *from*: the server's at a client, the client's at a server. A name is a shape and no
// proof; the same shapes come from healthy hosts.
#include <string>

#include "analyze/tell.h"

namespace whohungup {
namespace {

/// The study looks at a connection's first packets; resets further apart are no burst.
constexpr Duration kTogether = kSilence;

/// A packet sent this long after the reset asks again (a keep-alive, Linux' first retransmission
/// comes after 200 ms): resets behind it answer it and are no part of the burst.
constexpr Duration kAsksAgain = std::chrono::milliseconds{150};

/// The resets that bear one address, as far as the names tell them apart.
struct Resets {
  int bare{}, with_ack{}, bare_with_zero_ack{};
  bool acks_differ{};
};

Resets count_resets(const Conversation& talk, std::size_t first) {
  Resets resets;
  const Placed& begin = talk.segments[first];
  for (std::size_t i = first; i < talk.segments.size(); ++i) {
    const Placed& s = talk.segments[i];
    const bool asks = s.claims != begin.claims && !s.header.flags.rst();
    if (asks && s.at() - begin.at() >= kAsksAgain) break;
    if (s.claims != begin.claims || !s.header.flags.rst() || s.where == Placed::Where::Duplicate ||
        s.at() - begin.at() > kTogether)
      continue;
    if (s.header.flags.ack()) {
      ++resets.with_ack;
      continue;
    }
    ++resets.bare;
    resets.bare_with_zero_ack += s.header.ack.value == 0 ? 1 : 0;
    resets.acks_differ = resets.acks_differ || s.header.ack != begin.header.ack;
  }
  return resets;
}

std::string name_resets(Stage stage, const Resets& r) {
  if (stage == Stage::Syn) {
    if (r.bare > 0 && r.with_ack > 0) return "RST;RST+ACK";
    return r.bare > 0 ? "RST" : "RST+ACK";
  }
  if (stage == Stage::Accepted) {
    if (r.bare > 0) return r.bare > 1 ? "RST;RST" : "RST";
    return r.with_ack > 1 ? "RST+ACK;RST+ACK" : "RST+ACK";
  }
  if (stage == Stage::ClientHello) {
    if (r.bare > 0 && r.with_ack > 0) return "RST;RST+ACK";
    if (r.with_ack > 1) return "RST+ACK;RST+ACK";
    if (r.with_ack == 1) return "RST+ACK";
    if (r.bare == 1) return "RST";
    if (!r.acks_differ) return "RST=RST";
    return r.bare_with_zero_ack > 0 ? "RST;RST₀" : "RST≠RST";
  }
  return r.bare > 0 ? "RST" : "RST+ACK";
}

std::string_view name_stage(Stage stage) {
  switch (stage) {
    case Stage::Syn:
      return "SYN";
    case Stage::Accepted:
      return "SYN;ACK";
    case Stage::ClientHello:
      return "PSH+ACK";
    default:
      return "PSH+ACK;Data";
  }
}

/// The study's stage: how many packets with data the client had sent, acknowledged or not; their
/// repetitions bring nothing new.
Stage stage_by_data(const Scene& scene) {
  int packets = 0;
  for (const Placed& s : scene.talk.segments) {
    if (s.frame() >= scene.event.frame) break;
    const bool news = s.is(Side::Client) && s.header.payload_len > 0 && !s.header.flags.rst() &&
                      s.where != Placed::Where::Repeat && s.where != Placed::Where::KeepAlive &&
                      s.where != Placed::Where::Duplicate;
    packets += news ? 1 : 0;
  }
  if (packets == 0) return Stage::Accepted;
  return packets == 1 ? Stage::ClientHello : Stage::ServerHello;
}

}  // namespace

std::optional<std::string> tampering_signature(const Scene& scene) {
  const Event& event = scene.event;
  std::string ending;
  Stage stage = event.stage;
  if (event.mechanism == Mechanism::Silence) {
    // The study knows silence after the SYN, the handshake and the first data.
    if (event.in_flight || stage == Stage::ServerHello ||
        scene.talk.side(Side::Server).fin_offset != Placed::kUnknown)
      return std::nullopt;
    ending = "∅";
  } else if (event.mechanism == Mechanism::Rst && event.segment) {
    if (stage != Stage::Syn) stage = stage_by_data(scene);
    ending = name_resets(stage, count_resets(scene.talk, *event.segment));
  } else {
    return std::nullopt;
  }
  std::string name = "⟨";
  name.append(name_stage(stage)).append(" → ").append(ending).append("⟩");
  return name;
}

}  // namespace whohungup
