// The readers recognise_dialogue tries, one for each way these protocols are written: lines of
// text, BER, length-prefixed packets, XML, HTTP.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "dissect/dialogue.h"

namespace whohungup::dialogues {

/// imap pop3 smtp lmtp sieve ftp nntp (dialogue_lines.cpp).
std::optional<Dialogue> lines(Bytes from_client, Bytes from_server);
/// The others (dialogue_binary.cpp, dialogue_markup.cpp).
std::optional<Dialogue> postgres(Bytes from_client, Bytes from_server);
std::optional<Dialogue> mysql(Bytes from_client, Bytes from_server);
std::optional<Dialogue> ldap(Bytes from_client, Bytes from_server);
std::optional<Dialogue> xmpp(Bytes from_client, Bytes from_server);
std::optional<Dialogue> http_connect(Bytes from_client, Bytes from_server);

/// A dialogue that so far takes up all of both streams.
inline Dialogue begun(std::string_view protocol, Bytes from_client, Bytes from_server) {
  Dialogue dialogue;
  dialogue.protocol = protocol;
  dialogue.client_end = static_cast<std::int64_t>(from_client.size());
  dialogue.server_end = static_cast<std::int64_t>(from_server.size());
  return dialogue;
}

/// Adds steps to a dialogue, at most 16 a side. The last four of them are kept for what matters:
/// a long list of capabilities must not push the request for TLS out.
class Steps {
 public:
  explicit Steps(Dialogue& dialogue) : dialogue_(dialogue) {}

  void add(bool from_client, std::size_t offset, std::size_t bytes, std::string text,
           bool matters = false) {
    std::size_t& count = counts_[from_client ? 0 : 1];
    if (count >= (matters ? kMost : kMost - kReserved)) return;
    ++count;
    dialogue_.steps.push_back({from_client, static_cast<std::int64_t>(offset),
                               static_cast<std::uint32_t>(bytes), std::move(text)});
  }

 private:
  static constexpr std::size_t kMost = 16;
  static constexpr std::size_t kReserved = 4;

  Dialogue& dialogue_;
  std::array<std::size_t, 2> counts_{};
};

}  // namespace whohungup::dialogues
