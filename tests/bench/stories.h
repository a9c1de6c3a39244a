// What can happen to a generated connection, and what `read` may say of it.
#pragma once

#include <string_view>
#include <vector>

#include "tests/bench/connection.h"

namespace whohungup::bench {

/// One way for a connection to go. `codes` are the verdicts that follow from what was sent; more
/// than one where the packets cannot prove who sent them.
struct Story {
  std::string_view name;
  unsigned weight{};                    // how often, among the mixed ones
  std::vector<std::string_view> codes;  // none: not TLS, so not judged
  std::uint16_t port{};
  void (*play)(Connection&, Random&, const Octets& hello);
};

const std::vector<Story>& mixed_stories();
const std::vector<Story>& flood_stories();
const std::vector<Story>& adversary_stories();

/// A finished TLS 1.3 handshake.
void finish_handshake(Connection&, Random&, const Octets& hello);

}  // namespace whohungup::bench
