// Makes captures to measure with, and says what is in them:
//
//   generate mixed     OUT.pcap BYTES   handshakes and hang-ups of every kind, interleaved
//   generate flood     OUT.pcap FLOWS   short flows, five thousand new ones a second
//   generate elephants OUT.pcap BYTES   eight flows, much data after the handshake
//   generate adversary OUT.pcap FLOWS   flows made to cost memory and time
//
// A fourth argument names a file for the truth: a JSON object a connection and line. The same
// arguments give the same bytes on every machine.
#include <fmt/core.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <numeric>
#include <queue>
#include <string>
#include <vector>

#include "tests/bench/frame_writer.h"
#include "tests/bench/stories.h"

namespace whohungup::bench {
namespace {

constexpr std::int64_t kMicrosecond = 1'000;

/// A connection that is under way.
struct Playing {
  Connection talk;
  const Story* story{};
  std::size_t hello_bytes{};
  std::size_t next{};  // of its packets
  std::uint32_t first_frame{};

  [[nodiscard]] std::int64_t due() const { return talk.packets[next].at; }
};

/// Starts connections one after another and writes their packets in the order of time.
class Traffic {
 public:
  Traffic(FrameWriter& out, std::ostream* truth) : out_(out), truth_(truth) {}

  void start(std::unique_ptr<Playing> playing) {
    // The order of planning is the order of time, but for repeated packets.
    std::stable_sort(playing->talk.packets.begin(), playing->talk.packets.end(),
                     [](const Planned& a, const Planned& b) { return a.at < b.at; });
    queue_.push({playing->due(), ++started_, playing.get()});
    playing.release();
  }

  void write_until(std::int64_t time) {
    while (!queue_.empty() && queue_.top().due <= time) write_next();
  }
  void write_all() {
    while (!queue_.empty()) write_next();
  }

 private:
  struct Entry {
    std::int64_t due;
    std::uint64_t order;
    Playing* playing;
    bool operator<(const Entry& b) const { return due != b.due ? due > b.due : order > b.order; }
  };

  void write_next() {
    const Entry entry = queue_.top();
    queue_.pop();
    Playing& one = *entry.playing;
    const std::uint32_t frame = out_.write(one.talk, one.talk.packets[one.next]);
    if (one.next++ == 0) one.first_frame = frame;
    if (one.next < one.talk.packets.size()) return queue_.push({one.due(), entry.order, &one});
    if (truth_ != nullptr) tell_truth(one);
    delete &one;
  }

  void tell_truth(const Playing& one) {
    std::string codes;
    for (const auto code : one.story->codes)
      codes += fmt::format("{}\"{}\"", codes.empty() ? "" : ",", code);
    fmt::print(*truth_,
               R"({{"client":"{}","server":"{}","story":"{}","codes":[{}],"hello":{},)"
               R"("first_frame":{},"packets":{}}})"
               "\n",
               to_string(one.talk.client), to_string(one.talk.server), one.story->name, codes,
               one.hello_bytes, one.first_frame, one.talk.packets.size());
  }

  FrameWriter& out_;
  std::ostream* truth_;
  std::priority_queue<Entry> queue_;
  std::uint64_t started_{};
};

/// Every connection has a client address and port of its own; one in ten is IPv6.
Address client_address(std::uint64_t number, bool is_v6) {
  Address address;
  address.is_v6 = is_v6;
  auto& o = address.octets;
  const std::uint64_t host = number / 50'000;
  if (is_v6) o = {0x20, 0x01, 0x0d, 0xb8};
  std::uint8_t* at = is_v6 ? o.data() + 12 : o.data();
  const std::uint64_t mixed = host * 2'654'435'761U + number % 7919;  // spread over 10/8
  at[0] = 10;
  at[1] = static_cast<std::uint8_t>(mixed >> 16U);
  at[2] = static_cast<std::uint8_t>(mixed >> 8U);
  at[3] = static_cast<std::uint8_t>(mixed);
  address.port = static_cast<std::uint16_t>(1025 + number % 64'000);
  return address;
}

Address server_address(Random& random, bool is_v6, std::uint16_t port) {
  Address address;
  address.is_v6 = is_v6;
  auto& o = address.octets;
  const auto last = static_cast<std::uint8_t>(random.between(1, 200));
  if (is_v6) {
    o = {0x20, 0x01, 0x0d, 0xb8, 0, 1};
    o[15] = last;
  } else {
    o = {203, 0, 113, last};
  }
  address.port = port;
  return address;
}

const Story& choose(const std::vector<Story>& stories, Random& random) {
  const unsigned all = std::accumulate(stories.begin(), stories.end(), 0U,
                                       [](unsigned sum, const Story& s) { return sum + s.weight; });
  auto left = static_cast<std::int64_t>(all);
  left = random.between(0, left - 1);
  for (const Story& story : stories)
    if ((left -= story.weight) < 0) return story;
  return stories.front();
}

std::unique_ptr<Playing> play(const Story& story, Random& random, std::uint64_t number,
                              std::int64_t at, std::size_t hello_size) {
  const bool is_v6 = random.one_in(10);
  const Octets hello =
      client_hello(random, fmt::format("host{}.example", number % 997), hello_size);
  auto playing =
      std::make_unique<Playing>(Playing{Connection(random, client_address(number, is_v6),
                                                   server_address(random, is_v6, story.port), at),
                                        &story, hello.size()});
  story.play(playing->talk, random, hello);
  return playing;
}

std::uint64_t size_of(const Connection& talk) {
  constexpr std::uint64_t kHeaders = 82;  // pcap, Ethernet, IPv4 and TCP with timestamps
  std::uint64_t bytes = 0;
  for (const Planned& packet : talk.packets) bytes += packet.size + kHeaders;
  return bytes;
}

void mixed(Traffic& traffic, Random& random, std::uint64_t bytes) {
  std::int64_t now = 0;
  std::uint64_t planned = 0;
  for (std::uint64_t number = 0; planned < bytes; ++number) {
    now += random.between(500, 3500) * kMicrosecond;
    traffic.write_until(now);
    const auto size = static_cast<std::size_t>(random.between(332, 1800));
    auto playing = play(choose(mixed_stories(), random), random, number, now, size);
    planned += size_of(playing->talk);
    traffic.start(std::move(playing));
  }
}

void many(Traffic& traffic, const std::vector<Story>& stories, Random& random, std::uint64_t flows,
          std::int64_t apart) {
  for (std::uint64_t number = 0; number < flows; ++number) {
    const std::int64_t now = static_cast<std::int64_t>(number) * apart;
    traffic.write_until(now);
    traffic.start(play(choose(stories, random), random, number, now, 332));
  }
}

void elephants(Traffic& traffic, Random& random, std::uint64_t bytes) {
  static const Story story{"elephant", 1, {"nobody.none.established"}, 443, finish_handshake};
  constexpr std::uint64_t kElephants = 8;
  for (std::uint64_t number = 0; number < kElephants; ++number) {
    auto playing =
        play(story, random, number, static_cast<std::int64_t>(number) * kMicrosecond, 517);
    playing->talk.stream(From::Server, static_cast<std::int64_t>(bytes / kElephants * 10 / 11));
    playing->talk.close(From::Server);
    playing->talk.close(From::Client);
    traffic.start(std::move(playing));
  }
}

int generate(const std::string& kind, const std::string& path, std::uint64_t amount,
             std::ostream* truth) {
  Random random(20'240'607);
  FrameWriter out(path);
  Traffic traffic(out, truth);
  constexpr std::int64_t kApart = 200 * kMicrosecond;  // five thousand new flows a second
  if (kind == "mixed") mixed(traffic, random, amount);
  if (kind == "flood") many(traffic, flood_stories(), random, amount, kApart);
  if (kind == "elephants") elephants(traffic, random, amount);
  if (kind == "adversary") many(traffic, adversary_stories(), random, amount, kApart);
  traffic.write_all();
  if (out.finish()) return EXIT_SUCCESS;
  fmt::print(stderr, "generate: {} could not be written\n", path);
  return EXIT_FAILURE;
}

}  // namespace
}  // namespace whohungup::bench

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::vector<std::string> kinds{"mixed", "flood", "elephants", "adversary"};
  if (words.size() < 3 || std::find(kinds.begin(), kinds.end(), words[0]) == kinds.end()) {
    fmt::print(stderr, "usage: generate mixed|flood|elephants|adversary OUT.pcap AMOUNT [TRUTH]\n");
    return 2;
  }
  std::ofstream truth;
  if (words.size() > 3) truth.open(words[3]);
  return whohungup::bench::generate(words[0], words[1], std::stoull(words[2]),
                                    truth.is_open() ? &truth : nullptr);
}
