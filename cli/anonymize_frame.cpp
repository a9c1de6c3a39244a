#include "cli/anonymize_frame.h"

#include <algorithm>

namespace whohungup {
namespace {

class FrameRewriter {
 public:
  FrameRewriter(std::vector<std::uint8_t>& frame, KeyedReplacements& keyed,
                const PayloadReplacer& payload)
      : frame_(frame), before_(frame), keyed_(keyed), payload_(payload) {}

  bool link(LinkType type) {
    switch (type) {
      case LinkType::Ethernet:
        return ethernet();
      case LinkType::LinuxSll:
        return has(0, 16) && replace_mac(6) && ip(16);
      case LinkType::LinuxSll2:
        return has(0, 20) && replace_mac(12) && ip(20);
      case LinkType::Null:
      case LinkType::Loop:
        return ip(4);
      case LinkType::Raw:
      case LinkType::RawBsd12:
      case LinkType::RawBsd14:
      case LinkType::Ipv4:
      case LinkType::Ipv6:
        return ip(0);
      default:
        return false;
    }
  }

 private:
  [[nodiscard]] bool has(std::size_t at, std::size_t n) const { return at + n <= frame_.size(); }
  [[nodiscard]] unsigned u16(std::size_t at) const {
    return static_cast<unsigned>(before_[at] << 8U | before_[at + 1]);
  }

  bool replace_mac(std::size_t at) {
    const auto mac = keyed_.mac(Bytes(before_).subspan(at, 6));
    std::copy(mac.begin(), mac.end(), frame_.begin() + static_cast<std::ptrdiff_t>(at));
    return true;
  }

  bool ethernet() {
    if (!has(0, 14)) return false;
    replace_mac(0);
    replace_mac(6);
    std::size_t at = 12;
    while (has(at, 6) && (u16(at) == 0x8100 || u16(at) == 0x88a8 || u16(at) == 0x9100)) at += 4;
    if (!has(at, 2)) return false;
    return (u16(at) == 0x0800 || u16(at) == 0x86dd) && ip(at + 2);
  }

  bool ip(std::size_t at) {
    if (!has(at, 20)) return false;
    return before_[at] >> 4U == 4 ? ipv4(at) : before_[at] >> 4U == 6 && ipv6(at);
  }

  bool ipv4(std::size_t at) {
    const std::size_t header = (before_[at] & 0xfU) * std::size_t{4};
    if (header < 20 || !has(at, header) || (u16(at + 6) & 0x3fffU) != 0) return false;
    const std::size_t total = u16(at + 2) == 0 ? frame_.size() - at : u16(at + 2);
    cut_trailer(at + total);
    replace_address(at + 12, 4);
    replace_address(at + 16, 4);
    // Options may record a route.
    std::fill_n(frame_.begin() + static_cast<std::ptrdiff_t>(at + 20), header - 20,
                std::uint8_t{1});
    fix(at, at + header, at + 10, 0, 0);
    const std::uint8_t protocol = before_[at + 9];
    return transport(protocol, at + header, std::min(frame_.size(), at + total), at + 12, 4);
  }

  bool ipv6(std::size_t at) {
    if (!has(at, 40)) return false;
    const std::size_t total = 40 + u16(at + 4);
    cut_trailer(at + total);
    replace_address(at + 8, 16);
    replace_address(at + 24, 16);
    const std::uint8_t next = before_[at + 6];
    return transport(next, at + 40, std::min(frame_.size(), at + total), at + 8, 16);
  }

  /// What lies behind the packet is padding at best.
  void cut_trailer(std::size_t end) {
    if (end < frame_.size())
      std::fill(frame_.begin() + static_cast<std::ptrdiff_t>(end), frame_.end(), std::uint8_t{0});
  }

  void replace_address(std::size_t at, std::size_t size) {
    const auto address = keyed_.address(Bytes(before_).subspan(at, size));
    std::copy(address.begin(), address.end(), frame_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  bool transport(std::uint8_t protocol, std::size_t at, std::size_t end, std::size_t addresses,
                 std::size_t size) {
    constexpr std::uint8_t kTcp = 6, kIcmp = 1, kIcmpv6 = 58;
    if (protocol == kTcp) return tcp(at, end, addresses, size, true);
    if (protocol == kIcmp && size == 4) return icmp(at, end, 0, 0);
    return protocol == kIcmpv6 && size == 16 && icmp(at, end, addresses, size);
  }

  Endpoint endpoint(std::size_t address, std::size_t size, std::size_t port) const {
    Endpoint result;
    std::copy_n(before_.begin() + static_cast<std::ptrdiff_t>(address), size,
                result.ip.octets.begin());
    result.ip.is_v6 = size == 16;
    result.port = static_cast<std::uint16_t>(u16(port));
    return result;
  }

  /// A quoted segment may end anywhere behind its sequence number.
  bool tcp(std::size_t at, std::size_t end, std::size_t addresses, std::size_t size, bool whole) {
    if (at + (whole ? 20 : 8) > end) return false;
    const Endpoint from = endpoint(addresses, size, at);
    const Endpoint to = endpoint(addresses + size, size, at + 2);
    std::uint32_t seq = u16(at + 4) << 16U | u16(at + 6);
    if (at + 14 <= end) {
      const std::size_t header = (before_[at + 12] >> 4U) * std::size_t{4};
      const unsigned flags = before_[at + 13];
      if (header < 20) return false;
      if ((flags & TcpFlags::kSyn) != 0) ++seq;
      if (at + header < end)
        payload_(from, to, seq, (flags & TcpFlags::kRst) != 0, frame_.data() + at + header,
                 end - at - header);
    }
    if (at + 18 <= end) fix(at, end, at + 16, addresses, 2 * size);
    return true;
  }

  bool icmp(std::size_t at, std::size_t end, std::size_t addresses, std::size_t size) {
    const std::size_t quoted = at + 8;
    if (quoted + 20 > end) return false;
    if (before_[quoted] >> 4U == 4 && size == 0) {
      const std::size_t header = (before_[quoted] & 0xfU) * std::size_t{4};
      if (header < 20 || quoted + header > end || before_[quoted + 9] != 6) return false;
      replace_address(quoted + 12, 4);
      replace_address(quoted + 16, 4);
      std::fill_n(frame_.begin() + static_cast<std::ptrdiff_t>(quoted + 20), header - 20,
                  std::uint8_t{1});
      fix(quoted, quoted + header, quoted + 10, 0, 0);
      if (!tcp(quoted + header, end, quoted + 12, 4, false)) return false;
    } else if (before_[quoted] >> 4U == 6 && size == 16) {
      if (quoted + 40 > end || before_[quoted + 6] != 6) return false;
      replace_address(quoted + 8, 16);
      replace_address(quoted + 24, 16);
      if (!tcp(quoted + 40, end, quoted + 8, 16, false)) return false;
    } else {
      return false;
    }
    fix(at, end, at + 2, addresses, 2 * size);
    return true;
  }

  /// The one's complement sum of [from, to) without the checksum's own field.
  static std::uint64_t sum(const std::vector<std::uint8_t>& bytes, std::size_t from, std::size_t to,
                           std::size_t field) {
    std::uint64_t total = 0;
    for (std::size_t i = from; i < to; ++i)
      if (i != field && i != field + 1)
        total += std::uint64_t{bytes[i]} << ((i - from) % 2 == 0 ? 8U : 0U);
    return total;
  }

  /// Updates a checksum by what changed under it (RFC 1624): also right where the frame was cut.
  void fix(std::size_t from, std::size_t to, std::size_t field, std::size_t addresses,
           std::size_t addresses_size) {
    constexpr std::uint64_t kModulus = 0xffff;
    const auto whole = [&](const std::vector<std::uint8_t>& bytes) {
      return (sum(bytes, from, to, field) +
              sum(bytes, addresses, addresses + addresses_size, bytes.size())) %
             kModulus;
    };
    const std::uint64_t old = ~u16(field) & kModulus;
    std::uint64_t now = (old + kModulus - whole(before_) + whole(frame_)) % kModulus;
    if (now == 0) now = kModulus;
    const auto checksum = static_cast<std::uint16_t>(~now & kModulus);
    frame_[field] = static_cast<std::uint8_t>(checksum >> 8U);
    frame_[field + 1] = static_cast<std::uint8_t>(checksum & 0xffU);
  }

  std::vector<std::uint8_t>& frame_;
  const std::vector<std::uint8_t> before_;
  KeyedReplacements& keyed_;
  const PayloadReplacer& payload_;
};

}  // namespace

bool anonymize_frame(LinkType link, std::vector<std::uint8_t>& frame, KeyedReplacements& keyed,
                     const PayloadReplacer& payload) {
  return FrameRewriter(frame, keyed, payload).link(link);
}

}  // namespace whohungup
