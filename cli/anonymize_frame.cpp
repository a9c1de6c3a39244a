#include "cli/anonymize_frame.h"

#include <algorithm>
#include <utility>

#include "cli/anonymize_rewriter.h"

namespace whohungup {
namespace {

constexpr std::uint8_t kHopByHop = 0, kIcmp = 1, kIpInIp = 4, kTcp = 6, kUdp = 17, kIpv6InIp = 41,
                       kRouting = 43, kFragment = 44, kGre = 47, kAuthentication = 51, kIcmpv6 = 58,
                       kDestinationOptions = 60, kMplsInIp = 137;

constexpr std::size_t kIpv4Header = 20, kIpv6Header = 40;
constexpr unsigned kMostLayers = 32;        // as the decoder's
constexpr std::uint64_t kModulus = 0xffff;  // of one's complement sums of 16 bits

/// The one's complement sum of [from, to) without the checksum's own field.
std::uint64_t sum(const std::vector<std::uint8_t>& bytes, std::size_t from, std::size_t to,
                  std::size_t field) {
  std::uint64_t total = 0;
  for (std::size_t i = from; i < to; ++i)
    if (i != field && i != field + 1)
      total += std::uint64_t{bytes[i]} << ((i - from) % 2 == 0 ? 8U : 0U);
  return total;
}

}  // namespace

bool FragmentedPayloads::add(FrameNo frame, const FragmentKey& key, const Fragment& fragment,
                             Time at, const Rewrite& rewrite) {
  waiting_.push_back({frame, key, fragment.offset, fragment.bytes.size()});
  store_.release_delivered();
  const Reassembled whole = store_.add(key, fragment, at);
  if (whole.state != Reassembled::State::Complete) return true;
  std::vector<std::uint8_t> payload(whole.bytes.begin(), whole.bytes.end());
  if (!rewrite(payload)) return false;
  const auto done = std::stable_partition(waiting_.begin(), waiting_.end(),
                                          [&](const Waiting& one) { return !(one.key == key); });
  for (auto one = done; one != waiting_.end(); ++one) {
    const std::size_t from = std::min(one->offset, payload.size());
    const std::size_t to = std::min(one->offset + one->size, payload.size());
    replaced_[one->frame].assign(payload.begin() + static_cast<std::ptrdiff_t>(from),
                                 payload.begin() + static_cast<std::ptrdiff_t>(to));
  }
  waiting_.erase(done, waiting_.end());
  return true;
}

const std::vector<std::uint8_t>* FragmentedPayloads::replaced(FrameNo frame) const {
  const auto found = replaced_.find(frame);
  return found == replaced_.end() ? nullptr : &found->second;
}

bool anonymize_frame(const FrameToRewrite& which, std::vector<std::uint8_t>& frame,
                     KeyedReplacements& keyed, const PayloadReplacer& payload,
                     FragmentedPayloads& fragments) {
  return FrameRewriter(which, frame, keyed, payload, fragments).link();
}

bool FrameRewriter::whole_datagram(std::uint8_t protocol, std::size_t address_size) {
  const Ends ends{0, address_size, address_size, address_size};
  replace_address(ends.from, address_size);
  replace_address(ends.to, address_size);
  return transport(protocol, 2 * address_size, frame_.size(), ends);
}

bool FrameRewriter::ip(std::size_t at, std::size_t end) {
  if (at >= end || ++layers_ > kMostLayers) return false;
  const unsigned version = before_[at] >> 4U;
  return version == 4 ? ipv4(at, end) : version == 6 && ipv6(at, end);
}

bool FrameRewriter::ipv4(std::size_t at, std::size_t end) {
  if (at + kIpv4Header > end) return false;
  const std::size_t header = (before_[at] & 0xfU) * std::size_t{4};
  if (header < kIpv4Header || at + header > end) return false;
  const std::size_t total = u16(at + 2) == 0 ? end - at : u16(at + 2);
  if (total < header) return false;
  blank(at + total, end);  // what lies behind the packet is padding at best
  replace_address(at + 12, 4);
  replace_address(at + 16, 4);
  replace_ipv4_options(at, header);
  const Ends ends{at + 12, at + 16, at + 16, 4};
  const std::size_t stop = std::min(end, at + total);
  constexpr unsigned kMoreFragments = 0x2000, kOffset = 0x1fff;
  const unsigned place = u16(at + 6);
  const std::uint8_t protocol = before_[at + 9];
  if ((place & (kMoreFragments | kOffset)) == 0)
    return transport(protocol, at + header, stop, ends);
  const FragmentKey key{endpoint(ends.from, 4, at).ip, endpoint(ends.to, 4, at).ip, u16(at + 4),
                        which_.interface_id, protocol};
  return fragment(key, (place & kOffset) * std::size_t{8}, (place & kMoreFragments) != 0,
                  at + header, stop, at + total, protocol, ends);
}

bool FrameRewriter::ipv6(std::size_t at, std::size_t end) {
  if (at + kIpv6Header > end) return false;
  const std::size_t total = u16(at + 4) == 0 ? end - at : kIpv6Header + u16(at + 4);
  blank(at + total, end);
  replace_address(at + 8, 16);
  replace_address(at + 24, 16);
  Ends ends{at + 8, at + 24, at + 24, 16};
  const std::size_t wire_end = at + total, stop = std::min(end, wire_end);
  const IpAddress from = endpoint(ends.from, 16, at).ip, to = endpoint(ends.to, 16, at).ip;
  std::uint8_t next = before_[at + 6];
  at += kIpv6Header;
  while (next == kHopByHop || next == kRouting || next == kFragment ||
         next == kDestinationOptions) {
    if (at + 8 > stop || ++layers_ > kMostLayers) return false;
    const std::uint8_t type = std::exchange(next, before_[at]);
    const std::size_t size = type == kFragment ? 8 : (before_[at + 1] + std::size_t{1}) * 8;
    if (at + size > stop) return false;
    if (type == kFragment && (u16(at + 2) & 0xfff9U) != 0) {
      const FragmentKey key{from, to, u16(at + 4) << 16U | u16(at + 6), which_.interface_id, 0};
      return fragment(key, u16(at + 2) & 0xfff8U, (u16(at + 2) & 1U) != 0, at + size, stop,
                      wire_end, next, ends);
    }
    if (type != kFragment && !extension(type, at, size, ends)) return false;
    at += size;
  }
  return transport(next, at, stop, ends);
}

/// Options are blanked but for those that change how the packet is read; addresses in routing
/// headers are replaced.
bool FrameRewriter::extension(std::uint8_t type, std::size_t at, std::size_t size, Ends& ends) {
  if (type == kRouting) {
    routing_header(at, size, ends);
    return true;
  }
  constexpr std::uint8_t kPad1 = 0, kRouterAlert = 5, kJumbo = 0xc2;
  for (std::size_t option = at + 2; option < at + size;) {
    if (before_[option] == kPad1) {
      ++option;
      continue;
    }
    if (option + 2 > at + size) return false;
    const std::size_t next = option + 2 + before_[option + 1];
    if (next > at + size) return false;
    if (before_[option] != kRouterAlert && before_[option] != kJumbo) blank(option + 2, next);
    option = next;
  }
  return true;
}

/// Types 0 and 2 (RFC 8200 §4.4, RFC 6275 §6.4): addresses behind eight bytes, the last one is the
/// destination; type 4 (RFC 8754 §2): a list that is gone through backwards.
void FrameRewriter::routing_header(std::size_t at, std::size_t size, Ends& ends) {
  constexpr std::uint8_t kSegmentRouting = 4;
  const std::uint8_t type = before_[at + 2];
  const std::size_t room = (size - 8) / 16;
  std::size_t listed = room;
  if (type == kSegmentRouting) listed = std::min<std::size_t>(room, before_[at + 4] + 1U);
  for (std::size_t i = 0; i < listed; ++i) replace_address(at + 8 + 16 * i, 16);
  blank(at + 8 + 16 * listed, at + size);
  if (before_[at + 3] > 0 && listed > 0)
    ends.final_to = type == kSegmentRouting ? at + 8 : at + 8 + 16 * (listed - 1);
}

bool FrameRewriter::fragment(const FragmentKey& key, std::size_t offset, bool more, std::size_t at,
                             std::size_t end, std::size_t wire_end, std::uint8_t protocol,
                             const Ends& ends) {
  if (which_.no == FrameNo{}) return false;  // fragments within fragments
  if (fragments_.gathering()) {
    const Fragment piece{offset, wire_end - at, Bytes(before_).subspan(at, end - at), more};
    return fragments_.add(which_.no, key, piece, which_.at, [&](std::vector<std::uint8_t>& whole) {
      std::vector<std::uint8_t> datagram(
          before_.begin() + static_cast<std::ptrdiff_t>(ends.from),
          before_.begin() + static_cast<std::ptrdiff_t>(ends.from + ends.size));
      datagram.insert(datagram.end(), before_.begin() + static_cast<std::ptrdiff_t>(ends.final_to),
                      before_.begin() + static_cast<std::ptrdiff_t>(ends.final_to + ends.size));
      datagram.insert(datagram.end(), whole.begin(), whole.end());
      FrameToRewrite inner = which_;
      inner.no = FrameNo{};
      if (!FrameRewriter(inner, datagram, keyed_, payload_, fragments_)
               .whole_datagram(protocol, ends.size))
        return false;
      whole.assign(datagram.begin() + static_cast<std::ptrdiff_t>(2 * ends.size), datagram.end());
      return true;
    });
  }
  const std::vector<std::uint8_t>* part = fragments_.replaced(which_.no);
  // A datagram that never was whole was never judged: nothing depends on its bytes.
  noise(at, end);
  if (part != nullptr)
    std::copy_n(part->begin(), std::min(part->size(), end - at),
                frame_.begin() + static_cast<std::ptrdiff_t>(at));
  return true;
}

bool FrameRewriter::transport(std::uint8_t protocol, std::size_t at, std::size_t end,
                              const Ends& ends) {
  if (++layers_ > kMostLayers) return false;
  switch (protocol) {
    case kTcp:
      return tcp(at, end, ends, true);
    case kUdp:
      return udp(at, end, ends);
    case kIcmp:
      return ends.size == 4 && icmp(at, end, ends, false);
    case kIcmpv6:
      return ends.size == 16 && icmp(at, end, ends, true);
    case kIpInIp:
    case kIpv6InIp:
      return ip(at, end);
    case kGre:
      return gre(at, end);
    case kMplsInIp:
      return mpls(at, end);
    case kAuthentication:
      return authentication(at, end, ends);
    default:
      return false;
  }
}

/// RFC 4302 §2: the value that authenticates cannot be made anew.
bool FrameRewriter::authentication(std::size_t at, std::size_t end, const Ends& ends) {
  constexpr std::size_t kBeforeValue = 12;
  if (at + kBeforeValue > end) return false;
  const std::size_t size = (before_[at + 1] + std::size_t{2}) * 4;
  if (size < kBeforeValue || at + size > end) return false;
  noise(at + kBeforeValue, at + size);
  return transport(before_[at], at + size, end, ends);
}

bool FrameRewriter::tcp(std::size_t at, std::size_t end, const Ends& ends, bool whole) {
  if (at + (whole ? 20 : 4) > end) return false;
  if (at + 8 > end) return true;  // a quotation of the ports alone
  const Endpoint from = endpoint(ends.from, ends.size, at);
  const Endpoint to = endpoint(ends.to, ends.size, at + 2);
  std::uint32_t seq = u16(at + 4) << 16U | u16(at + 6);
  if (at + 14 <= end) {
    const std::size_t header = (before_[at + 12] >> 4U) * std::size_t{4};
    const unsigned flags = before_[at + 13];
    if (header < 20) return false;
    if ((flags & TcpFlags::kSyn) != 0) ++seq;
    blank_tcp_options(at + 20, std::min(at + header, end));
    if (at + header < end)
      payload_(from, to, seq, (flags & TcpFlags::kRst) != 0, frame_.data() + at + header,
               end - at - header);
  }
  if (at + 18 <= end && !leave_unfinished(at, end, at + 16, ends)) fix(at, end, at + 16, &ends);
  return true;
}

/// What says how the connection works stays. Other options may hold addresses that boxes on the
/// path put there, cookies and keys.
void FrameRewriter::blank_tcp_options(std::size_t at, std::size_t end) {
  constexpr std::uint8_t kEnd = 0, kNothing = 1;
  constexpr std::uint8_t kKept[] = {2, 3, 4, 5, 8};  // MSS, window scale, SACK twice, timestamps
  while (at + 1 < end) {
    const std::uint8_t kind = before_[at], size = before_[at + 1];
    if (kind == kNothing) {
      ++at;
      continue;
    }
    if (kind == kEnd) return blank(at + 1, end);
    if (size < 2) return blank(at + 2, end);
    const std::size_t next = std::min(end, at + size);
    if (std::find(std::begin(kKept), std::end(kKept), kind) == std::end(kKept)) blank(at + 2, next);
    at = next;
  }
}

bool FrameRewriter::icmp(std::size_t at, std::size_t end, const Ends& ends, bool v6) {
  const std::size_t quote = at + 8;
  if (quote > end) return false;
  // RFC 4884 §4: how much is quoted, in words, where something else follows. That may name
  // interfaces and addresses, and is not read.
  const std::size_t said = v6 ? before_[at + 4] * std::size_t{8} : before_[at + 5] * std::size_t{4};
  const std::size_t stop = said == 0 ? end : std::min(end, quote + said);
  blank(stop, end);
  if (!quoted(quote, stop, v6)) return false;
  fix(at, end, at + 2, v6 ? &ends : nullptr);
  return true;
}

bool FrameRewriter::quoted(std::size_t at, std::size_t end, bool v6) {
  if (at + kIpv4Header > end || before_[at] >> 4U != (v6 ? 6U : 4U)) return false;
  if (v6) return quoted_ipv6(at, end);
  const std::size_t header = (before_[at] & 0xfU) * std::size_t{4};
  if (header < kIpv4Header || at + header > end || before_[at + 9] != kTcp) return false;
  // Some stacks quote the total length in their own byte order, or without the header.
  const std::size_t total = u16(at + 2);
  const std::size_t stop = total < header + 8 ? end : std::min(end, at + total);
  blank(stop, end);
  replace_address(at + 12, 4);
  replace_address(at + 16, 4);
  replace_ipv4_options(at, header);
  return tcp(at + header, stop, {at + 12, at + 16, at + 16, 4}, false);
}

bool FrameRewriter::quoted_ipv6(std::size_t at, std::size_t end) {
  if (at + kIpv6Header > end) return false;
  const std::size_t total = kIpv6Header + u16(at + 4);
  const std::size_t stop = u16(at + 4) == 0 ? end : std::min(end, at + total);
  blank(stop, end);
  replace_address(at + 8, 16);
  replace_address(at + 24, 16);
  Ends ends{at + 8, at + 24, at + 24, 16};
  std::uint8_t next = before_[at + 6];
  for (at += kIpv6Header; next != kTcp;) {
    const bool options = next == kHopByHop || next == kRouting || next == kDestinationOptions;
    if ((!options && next != kFragment) || at + 8 > stop) return false;
    const std::uint8_t type = std::exchange(next, before_[at]);
    const std::size_t size = options ? (before_[at + 1] + std::size_t{1}) * 8 : 8;
    if (at + size > stop || (options && !extension(type, at, size, ends))) return false;
    at += size;
  }
  return tcp(at, stop, ends, false);
}

Endpoint FrameRewriter::endpoint(std::size_t address, std::size_t size, std::size_t port) const {
  Endpoint result;
  std::copy_n(before_.begin() + static_cast<std::ptrdiff_t>(address), size,
              result.ip.octets.begin());
  result.ip.is_v6 = size == 16;
  result.port = static_cast<std::uint16_t>(u16(port));
  return result;
}

void FrameRewriter::replace_address(std::size_t at, std::size_t size) {
  const auto address = keyed_.address(Bytes(before_).subspan(at, size));
  std::copy(address.begin(), address.end(), frame_.begin() + static_cast<std::ptrdiff_t>(at));
}

/// Options may record a route: they become no-operations. Brings the header's checksum up to date.
void FrameRewriter::replace_ipv4_options(std::size_t at, std::size_t header) {
  std::fill_n(frame_.begin() + static_cast<std::ptrdiff_t>(at + kIpv4Header), header - kIpv4Header,
              std::uint8_t{1});
  fix(at, at + header, at + 10, nullptr);
}

void FrameRewriter::blank(std::size_t from, std::size_t to) {
  to = std::min(to, frame_.size());
  if (from < to)
    std::fill(frame_.begin() + static_cast<std::ptrdiff_t>(from),
              frame_.begin() + static_cast<std::ptrdiff_t>(to), std::uint8_t{0});
}

void FrameRewriter::noise(std::size_t from, std::size_t to) {
  constexpr std::uint64_t kOfFrames = std::uint64_t{1} << 63U;  // no stream has such a number
  for (std::size_t i = from; i < to; ++i)
    frame_[i] = keyed_.noise(kOfFrames | number(which_.no), static_cast<std::int64_t>(i));
}

std::uint64_t FrameRewriter::address_sum(const std::vector<std::uint8_t>& bytes, const Ends& ends) {
  return sum(bytes, ends.from, ends.from + ends.size, bytes.size()) +
         sum(bytes, ends.final_to, ends.final_to + ends.size, bytes.size());
}

void FrameRewriter::put_u16(std::size_t at, std::uint64_t value) {
  frame_[at] = static_cast<std::uint8_t>(value >> 8U);
  frame_[at + 1] = static_cast<std::uint8_t>(value & 0xffU);
}

bool FrameRewriter::leave_unfinished(std::size_t from, std::size_t to, std::size_t field,
                                     const Ends& ends) {
  const std::uint64_t whole = (sum(before_, from, to, field) + address_sum(before_, ends) + kTcp +
                               (to - from) + u16(field)) %
                              kModulus;
  if (whole == 0) return false;  // it is finished, and the two sums are alike by chance
  const auto pseudo = [&](const std::vector<std::uint8_t>& bytes, std::uint64_t length) {
    return (address_sum(bytes, ends) + kTcp + length) % kModulus;
  };
  for (const std::uint64_t length : {std::uint64_t{to - from}, std::uint64_t{0}}) {
    if (pseudo(before_, length) != u16(field) % kModulus) continue;
    put_u16(field, pseudo(frame_, length));
    return true;
  }
  return false;
}

void FrameRewriter::fix(std::size_t from, std::size_t to, std::size_t field, const Ends* ends) {
  const auto whole = [&](const std::vector<std::uint8_t>& bytes) {
    const std::uint64_t pseudo = ends != nullptr ? address_sum(bytes, *ends) : 0;
    return (sum(bytes, from, to, field) + pseudo) % kModulus;
  };
  const std::uint64_t old = ~u16(field) & kModulus;
  std::uint64_t now = (old + kModulus - whole(before_) + whole(frame_)) % kModulus;
  if (now == 0) now = kModulus;
  put_u16(field, ~now & kModulus);
}

}  // namespace whohungup
