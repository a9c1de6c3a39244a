// Reads packet stories: words into settings and packets, and the bookkeeping of sequence numbers,
// IP-IDs and timestamps that a Linux host would do, so that a story says only what matters.
#include "tests/support/story.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "dissect/bytes.h"
#include "tests/support/story_packet.h"
#include "tests/support/story_wish.h"

namespace whohungup::story {
namespace {

constexpr std::uint16_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kAck = 0x10;
constexpr Time kStart{std::chrono::seconds{1767225600}};  // 2026-01-01T00:00:00Z

/// One endpoint of a connection: how its packets look and where its stream stands.
struct Side {
  Address address;
  std::uint32_t isn{}, clock{}, flow_label{};
  std::uint16_t next_id{}, syn_window{}, window{}, mss{1460};
  std::uint8_t ttl{64}, tos{}, mac{};
  bool timestamps{true}, dont_fragment{true}, id_counts{true};
  // What has happened so far.
  std::int64_t next{};             // relative sequence number of what it sends next; the SYN is 0
  std::uint32_t echo{};            // the newest timestamp heard from the other side
  bool open{};                     // it has sent a SYN
  std::vector<std::uint8_t> last;  // its last IP packet
};

struct Connection {
  Side client, server;
  Side& from(bool is_client) { return is_client ? client : server; }
};

Connection usual_connection(std::uint32_t nth) {
  Connection c;
  c.client.address = *read_address(fmt::format("192.0.2.10:{}", 40000 + nth));
  c.server.address = *read_address("198.51.100.20:443");
  c.client.isn = 0x11000000U + nth * 0x01000193U;
  c.server.isn = 0x77000000U + nth * 0x02000171U;
  c.client.clock = 500'000U + nth * 1000U;
  c.server.clock = 9'000'000U + nth * 7000U;
  c.client.next_id = static_cast<std::uint16_t>(0x2100U + nth * 0x111U);
  c.server.next_id = static_cast<std::uint16_t>(0xa400U + nth * 0x231U);
  c.client.syn_window = 64240;
  c.client.window = 502;
  c.server.syn_window = 65160;
  c.server.window = 509;
  c.client.mac = 1;
  c.server.mac = 2;
  c.server.ttl = 52;
  return c;
}

class Teller {
 public:
  Capture tell(std::string_view text) {
    current_ = &connections_.emplace("", usual_connection(0)).first->second;
    std::size_t number = 0;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      Words words(text.substr(0, end), ++number);
      if (words.more()) line(words);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return std::move(capture_);
  }

 private:
  void line(Words& words) {
    if (words.accept("client")) return side(words, current_->client);
    if (words.accept("server")) return side(words, current_->server);
    if (words.accept("connection")) return connection(words);
    if (words.accept("link")) return link(words);
    if (words.accept("vlan")) {
      link_.vlan = static_cast<std::uint16_t>(words.number());
    } else if (words.accept("snaplen")) {
      capture_.snaplen = static_cast<std::uint32_t>(words.number());
    } else {
      elapsed_ = words.time(elapsed_);
      happening(words);
    }
  }

  void side(Words& words, Side& side) {
    if (words.more())
      if (const auto address = read_address(words.peek())) side.address = words.address();
    while (words.more()) {
      if (words.accept("ttl"))
        side.ttl = static_cast<std::uint8_t>(words.number());
      else if (words.accept("tos"))
        side.tos = static_cast<std::uint8_t>(words.number());
      else if (words.accept("id"))
        side.next_id = static_cast<std::uint16_t>(words.number());
      else if (words.accept("isn"))
        side.isn = static_cast<std::uint32_t>(words.number());
      else if (words.accept("clock"))
        side.clock = static_cast<std::uint32_t>(words.number());
      else if (words.accept("win"))
        side.window = static_cast<std::uint16_t>(words.number());
      else if (words.accept("mss"))
        side.mss = static_cast<std::uint16_t>(words.number());
      else if (words.accept("label"))
        side.flow_label = static_cast<std::uint32_t>(words.number());
      else if (words.accept("mac"))
        side.mac = static_cast<std::uint8_t>(words.number());
      else if (words.accept("nots"))
        side.timestamps = false;
      else if (words.accept("nodf"))
        side.dont_fragment = false;
      else if (words.accept("noid"))
        side.id_counts = false;
      else
        words.fail(fmt::format("unknown word '{}'", words.peek()));
    }
  }

  void connection(Words& words) {
    const std::string name(words.next());
    const auto nth = static_cast<std::uint32_t>(connections_.size());
    const auto [place, is_new] = connections_.try_emplace(name, usual_connection(nth));
    if (is_new) inherit(place->second, *current_);
    current_ = &place->second;
  }

  /// A new connection looks like the one before it and comes from another port.
  static void inherit(Connection& fresh, const Connection& old) {
    for (const bool client : {true, false}) {
      Side& to = fresh.from(client);
      const Side& from = client ? old.client : old.server;
      to.address.ip = from.address.ip;
      to.ttl = from.ttl;
      to.tos = from.tos;
      to.mac = from.mac;
      to.timestamps = from.timestamps;
    }
    fresh.server.address.port = old.server.address.port;
  }

  void link(Words& words) {
    if (words.accept("ethernet"))
      link_.type = LinkType::Ethernet;
    else if (words.accept("raw"))
      link_.type = LinkType::Raw;
    else if (words.accept("sll"))
      link_.type = LinkType::LinuxSll;
    else
      words.fail(fmt::format("unknown link '{}'", words.more() ? words.peek() : ""));
    capture_.link = link_.type;
  }

  void happening(Words& words) {
    if (words.accept("arp")) return catch_frame(write_arp());
    if (words.accept("dup")) {
      if (capture_.frames.empty()) words.fail("nothing to duplicate");
      Frame again = capture_.frames.back();
      again.at = kStart + elapsed_;
      capture_.frames.push_back(std::move(again));
      return;
    }
    const bool by_client = words.accept(">");
    if (!by_client && !words.accept("<")) words.fail("expected > or <");
    if (words.accept("icmp")) return icmp(words, by_client);
    const std::uint16_t flags = read_flags(words, words.next());
    const Wish wish = read_wish(words);
    packet(flags, wish, by_client);
  }

  void packet(std::uint16_t flags, const Wish& wish, bool by_client) {
    Side& me = current_->from(by_client);
    Side& peer = current_->from(!by_client);
    const bool syn = flags & kSyn, rst = flags & kRst, acks = flags & kAck;
    const bool bare_rst = rst && !acks;
    const bool refusal = rst && acks && !me.open;  // a RST to a SYN: nobody is at home
    const bool stateless = bare_rst || refusal || wish.forged;

    Tcp tcp;
    tcp.from_port = me.address.port;
    tcp.to_port = peer.address.port;
    tcp.flags = static_cast<std::uint16_t>(flags | or_else<std::uint16_t>(wish.reserved, 0) << 8U);
    const std::int64_t seq = wish.seq.value_or(me.next);
    tcp.seq = refusal && !wish.seq ? 0 : me.isn + static_cast<std::uint32_t>(seq);
    if (acks || wish.ack)
      tcp.ack = peer.isn + static_cast<std::uint32_t>(wish.ack.value_or(peer.next));
    const std::uint16_t usual_window = syn ? me.syn_window : me.window;
    tcp.window = or_else<std::uint16_t>(wish.window, stateless ? std::uint16_t{0} : usual_window);
    const std::uint32_t tsval = or_else(wish.tsval, me.clock + elapsed_ms());
    const bool given_time = wish.tsval || wish.tsecr;
    const bool timestamps =
        given_time || (me.timestamps && peer.timestamps && !stateless && !wish.no_timestamps);
    tcp.options = wish.options ? *wish.options : options(me, peer, wish, syn, timestamps, tsval);
    tcp.bad_checksum = wish.bad_checksum;

    Ip ip;
    ip.from = me.address.ip;
    ip.to = peer.address.ip;
    ip.ttl = or_else(wish.ttl, me.ttl);
    ip.tos = or_else(wish.tos, me.tos);
    ip.flow_label = or_else(wish.label, me.flow_label);
    ip.dont_fragment = wish.dont_fragment.value_or(me.dont_fragment);
    const bool counts = me.id_counts && !stateless && !(syn && acks) && !wish.id;
    ip.id = or_else<std::uint16_t>(wish.id, counts ? me.next_id++ : std::uint16_t{0});

    Octets bytes = write_tcp(ip, tcp, wish.payload);
    if (!wish.forged) {
      me.open = me.open || syn;
      const std::int64_t length =
          static_cast<std::int64_t>(wish.payload.size()) + syn + ((flags & kFin) != 0 ? 1 : 0);
      me.next = std::max(me.next, seq + length);
      if (timestamps && !wish.lost) peer.echo = tsval;
      me.last = bytes;
    }
    if (!wish.lost) catch_packet(bytes, or_else(wish.mac, me.mac), peer.mac);
  }

  static Octets options(const Side& me, const Side& peer, const Wish& wish, bool syn,
                        bool timestamps, std::uint32_t tsval) {
    ByteWriter out;
    if (wish.no_options) return {};
    if (syn) out.u8(2).u8(4).u16(or_else(wish.mss, me.mss)).u8(4).u8(2);
    if (timestamps) {
      if (!syn) out.u8(1).u8(1);
      out.u8(8).u8(10).u32(tsval).u32(or_else(wish.tsecr, me.echo));
    }
    if (syn) out.u8(1).u8(3).u8(3).u8(7);
    if (wish.sack_left) {
      out.u8(1).u8(1).u8(5).u8(10);
      out.u32(peer.isn + static_cast<std::uint32_t>(*wish.sack_left));
      out.u32(peer.isn + static_cast<std::uint32_t>(*wish.sack_right));
    }
    return out.finish();
  }

  void icmp(Words& words, bool towards_server) {
    const auto type = static_cast<std::uint8_t>(words.number());
    const auto code = static_cast<std::uint8_t>(words.number());
    const Wish wish = read_wish(words);
    const Side& guilty = current_->from(!towards_server);
    if (guilty.last.empty()) words.fail("nothing to quote");
    Octets quoted = guilty.last;
    const std::size_t ttl_at = guilty.address.is_v6() ? 7 : 8;
    quoted[ttl_at] = or_else(wish.quoted_ttl, static_cast<std::uint8_t>(quoted[ttl_at] - 1));
    quoted.resize(std::min(quoted.size(), or_else<std::size_t>(wish.quote, 548)));
    Ip ip;
    ip.from = wish.reporter ? wish.reporter->ip : current_->from(towards_server).address.ip;
    ip.to = guilty.address.ip;
    ip.ttl = or_else<std::uint8_t>(wish.ttl, 64);
    ip.id = or_else<std::uint16_t>(wish.id, 0x3300);
    ip.dont_fragment = false;
    catch_packet(write_icmp(ip, type, code, or_else<std::uint16_t>(wish.mtu, 0), quoted),
                 or_else<std::uint8_t>(wish.mac, 2), guilty.mac);
  }

  void catch_packet(const Octets& packet, std::uint8_t from_mac, std::uint8_t to_mac) {
    link_.from_mac = from_mac;
    link_.to_mac = to_mac;
    catch_frame(write_frame(link_, packet));
  }

  void catch_frame(Octets bytes) {
    Frame frame;
    frame.at = kStart + elapsed_;
    frame.wire_len = static_cast<std::uint32_t>(bytes.size());
    bytes.resize(std::min<std::size_t>(bytes.size(), capture_.snaplen));
    frame.bytes = std::move(bytes);
    capture_.frames.push_back(std::move(frame));
  }

  [[nodiscard]] std::uint32_t elapsed_ms() const {
    return static_cast<std::uint32_t>(elapsed_ / std::chrono::milliseconds{1});
  }

  Capture capture_;
  Link link_;
  Duration elapsed_{};
  std::map<std::string, Connection> connections_;
  Connection* current_{};
};

void little(Octets& out, std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

}  // namespace

Capture tell(std::string_view text) { return Teller().tell(text); }

std::vector<Packet> Capture::packets() const {
  std::vector<Packet> all;
  for (const Frame& frame : frames) {
    Packet packet;
    packet.at = frame.at;
    packet.bytes = frame.bytes;
    packet.no = FrameNo{static_cast<std::uint32_t>(all.size() + 1)};
    packet.wire_len = frame.wire_len;
    packet.link = link;
    all.push_back(packet);
  }
  return all;
}

std::vector<std::uint8_t> Capture::pcap() const {
  constexpr std::uint32_t kNanosecondMagic = 0xa1b23c4d;
  Octets out;
  little(out, kNanosecondMagic, 4);
  little(out, 2, 2);
  little(out, 4, 2);
  little(out, 0, 8);
  little(out, snaplen, 4);
  little(out, static_cast<std::uint16_t>(link), 4);
  for (const Frame& frame : frames) {
    const auto nanoseconds = static_cast<std::uint64_t>(frame.at.time_since_epoch().count());
    little(out, nanoseconds / 1'000'000'000U, 4);
    little(out, nanoseconds % 1'000'000'000U, 4);
    little(out, frame.bytes.size(), 4);
    little(out, frame.wire_len, 4);
    out.insert(out.end(), frame.bytes.begin(), frame.bytes.end());
  }
  return out;
}

}  // namespace whohungup::story
