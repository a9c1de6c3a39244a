// What ended it first: mechanism and stage, computed from the packets and never weighed
// (CONTRACT.md "The verdict", DESIGN.md decisions 2 and 6).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "dissect/conversation.h"

namespace whohungup {

struct Landmarks;  // analyze/landmarks.h

enum class Mechanism : std::uint8_t { Fin, Rst, Alert, Plaintext, Icmp, Silence, None };
enum class Stage : std::uint8_t { Syn, Accepted, ClientHello, ServerHello, Established };

std::string_view to_string(Mechanism);
std::string_view to_string(Stage);

/// The first packet that ended the connection, or the lack of one. Owns no memory: on the way to it
/// many are made and moved.
struct Event {
  Mechanism mechanism{Mechanism::None};
  Stage stage{Stage::Established};
  std::optional<Side> claims;          // whose address the ending packet bears; nothing for silence
  std::optional<std::size_t> segment;  // index of the ending packet in Conversation::segments
  std::optional<std::size_t> icmp;     // index of the ending error in Conversation::icmp
  FrameNo frame{};                     // that ended it; for silence the first unanswered one
  Time at{};                           // of that frame
  /// How long the silence lasted, or how long after the previous packet of the other side the end
  /// came; 0 where there is nothing to measure.
  Duration waited{};
  bool sealed{};            // an alert known by its length or content type only
  bool opened{};            // an alert decrypted with the session's keys
  bool gave_up{};           // silence that a client ended after waiting long enough
  bool in_flight{};         // what is missing may only be behind the capture's end
  bool refused_starttls{};  // the plaintext answer is a refusal to begin TLS
  bool turned_away{};       // … or to serve the client at all, before TLS was asked for
  std::uint8_t alert_level{}, alert_description{};  // if it is an alert and can be read
};

/// A client that gives up after this long without an answer did not hang up (CONTRACT.md). It is
/// also the published signatures' limit of inactivity (diagnosis.md §2.1).
inline constexpr Duration kSilence = std::chrono::seconds{3};

using tls::is_sealed_alert_length;

/// What ended the conversation first.
Event find_event(const Conversation&, const Landmarks&);

}  // namespace whohungup
