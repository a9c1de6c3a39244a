// The way through one frame while it is rewritten: the layers that can be entered. Inside of
// anonymize_*.cpp only; others include anonymize_frame.h.
//
// Follows the decoder's way (dissect/decode_walk.h): what it peels is peeled here, and what it
// would not read to the end is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "cli/anonymize_frame.h"

namespace whohungup {

class FrameRewriter {
 public:
  FrameRewriter(const FrameToRewrite& which, std::vector<std::uint8_t>& frame,
                KeyedReplacements& keyed, const PayloadReplacer& payload,
                FragmentedPayloads& fragments)
      : which_(which),
        frame_(frame),
        before_(frame),
        keyed_(keyed),
        payload_(payload),
        fragments_(fragments) {}

  bool link();
  /// The payload of a datagram put together from fragments, behind its two addresses.
  bool whole_datagram(std::uint8_t protocol, std::size_t address_size);

 private:
  /// Where the addresses stand that a segment and its checksum refer to.
  struct Ends {
    std::size_t from{}, to{};
    std::size_t final_to{};  // behind a routing header TCP's checksum covers the last address
    std::size_t size{};      // 4 or 16
  };

  // anonymize_link.cpp: what lies below IP, and the tunnels.
  bool ethernet(std::size_t at, std::size_t end);
  bool nflog(std::size_t at, std::size_t end);
  bool ether_type(unsigned type, std::size_t at, std::size_t end);
  bool logical_link(std::size_t at, std::size_t end);
  bool ppp(std::size_t at, std::size_t end);
  bool mpls(std::size_t at, std::size_t end);
  bool gre(std::size_t at, std::size_t end);
  bool udp(std::size_t at, std::size_t end, const Ends& ends);
  bool erspan(unsigned type, bool has_sequence, std::size_t at, std::size_t end);
  bool udp_tunnel(unsigned port, std::size_t at, std::size_t end);
  bool geneve(std::size_t at, std::size_t end);
  bool gtp(std::size_t at, std::size_t end);
  bool l2tp(std::size_t at, std::size_t end);
  void replace_mac(std::size_t at);

  // anonymize_frame.cpp: IP and what it carries.
  bool ip(std::size_t at, std::size_t end);
  bool ipv4(std::size_t at, std::size_t end);
  bool ipv6(std::size_t at, std::size_t end);
  bool extension(std::uint8_t type, std::size_t at, std::size_t size, Ends& ends);
  void routing_header(std::size_t at, std::size_t size, Ends& ends);
  bool fragment(const FragmentKey& key, std::size_t offset, bool more, std::size_t at,
                std::size_t end, std::size_t wire_end, std::uint8_t protocol, const Ends& ends);
  bool transport(std::uint8_t protocol, std::size_t at, std::size_t end, const Ends& ends);
  bool authentication(std::size_t at, std::size_t end, const Ends& ends);
  /// A quoted segment may end anywhere behind its sequence number.
  bool tcp(std::size_t at, std::size_t end, const Ends& ends, bool whole);
  void blank_tcp_options(std::size_t at, std::size_t end);
  bool icmp(std::size_t at, std::size_t end, const Ends& ends, bool v6);
  bool quoted(std::size_t at, std::size_t end, bool v6);
  bool quoted_ipv6(std::size_t at, std::size_t end);

  [[nodiscard]] bool has(std::size_t at, std::size_t n) const { return at + n <= frame_.size(); }
  [[nodiscard]] unsigned u16(std::size_t at) const {
    return static_cast<unsigned>(before_[at] << 8U | before_[at + 1]);
  }
  [[nodiscard]] Endpoint endpoint(std::size_t address, std::size_t size, std::size_t port) const;
  void replace_address(std::size_t at, std::size_t size);
  void replace_ipv4_options(std::size_t at, std::size_t header);
  void blank(std::size_t from, std::size_t to);
  void noise(std::size_t from, std::size_t to);
  /// Updates a checksum by what changed under it (RFC 1624): also right where the frame was cut.
  /// With `ends`, a pseudo header is under it, too.
  void fix(std::size_t from, std::size_t to, std::size_t field, const Ends* ends);

  /// The one's complement sum of the two addresses in a pseudo header.
  static std::uint64_t address_sum(const std::vector<std::uint8_t>& bytes, const Ends& ends);
  void put_u16(std::size_t at, std::uint64_t value);
  /// A checksum left for the network card to finish holds the pseudo header's sum alone, with the
  /// length or without: so does the new one. False: it is none of these.
  bool leave_unfinished(std::size_t from, std::size_t to, std::size_t field, const Ends& ends);

  const FrameToRewrite& which_;
  std::vector<std::uint8_t>& frame_;
  const std::vector<std::uint8_t> before_;
  KeyedReplacements& keyed_;
  const PayloadReplacer& payload_;
  FragmentedPayloads& fragments_;
  unsigned layers_{};
};

}  // namespace whohungup
