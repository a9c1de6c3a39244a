// See diagnose_probes.h.
#include "cli/diagnose_probes.h"

#include <fmt/core.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "dissect/tls_client_hello.h"
#include "dissect/tls_hello_build.h"

namespace whohungup {
namespace {

/// Sizes on the wire (diagnosis.md §8.4). A record below 256 bytes, inside RFC 7685's zone, behind
/// it in one segment, and beyond the 1460 bytes of an Ethernet segment.
constexpr std::array<std::size_t, 4> kSmallSizes{220, 236, 248, 258};
constexpr std::size_t kMiddle = 400, kLarge = 600, kHuge = 2000;
constexpr int kSmallSegment = 500;
/// Where a split hello is cut: behind the random, before the name in most hellos.
constexpr std::size_t kSplitAt = 100;
/// How long Connect waits for somebody to hang up at once.
constexpr double kConnectWait_s = 0.05;
constexpr std::uint16_t kX25519MlKem768 = 0x11ec, kX25519 = 0x001d, kP256 = 0x0017, kP384 = 0x0018;

/// A hello as SSL 3.0 clients sent it (RFC 6101 §5.6.1.2): no extensions, suites of its time.
std::vector<std::uint8_t> old_hello() {
  tls::ClientHello hello;
  hello.legacy_version = 0x0300;
  RAND_bytes(hello.random.data(), static_cast<int>(hello.random.size()));
  hello.cipher_suites = {0x0035, 0x002f, 0x0039, 0x0033, 0x000a, 0x0016, 0x0005, 0x0004};
  hello.compression_methods = {0};
  std::vector<std::uint8_t> bytes = tls::in_records(tls::handshake_message(hello));
  bytes[2] = 0;  // the record's version, too
  return bytes;
}

std::vector<std::uint8_t> text_bytes(std::string_view text) { return {text.begin(), text.end()}; }

/// Letters that begin no protocol we know, in full segments as a large hello takes them, with an
/// end of line so that no one waits for it.
std::vector<std::uint8_t> garbage() {
  std::array<std::uint8_t, kHuge - 4> random{};
  RAND_bytes(random.data(), static_cast<int>(random.size()));
  std::vector<std::uint8_t> bytes;
  bytes.reserve(kHuge);
  for (const std::uint8_t one : random) bytes.push_back(static_cast<std::uint8_t>('a' + one % 26));
  bytes[0] = '~';
  bytes.insert(bytes.end(), {'\r', '\n', '\r', '\n'});
  return bytes;
}

bool offers_one(const tls::HelloWish& wish, std::uint16_t version) {
  return wish.lowest == version && wish.highest == version;
}

}  // namespace

std::vector<Variant> Probes::always(const Attempt& to) const {
  std::vector<Variant> all;
  for (std::size_t i = 0; i < kNumVariants; ++i) {
    const auto variant = static_cast<Variant>(i);
    if (waits_for_a_reason(variant)) continue;
    std::string why_not;
    if (prepare(variant, to, why_not)) all.push_back(variant);
  }
  return all;
}

Circumstances Probes::circumstances(const Attempt& to, std::size_t addresses) const {
  Circumstances around;
  const ProbeAsk& ask = ask_.probe;
  around.name_sent = ask.sni ? *ask.sni != "none" : !to.target.is_address;
  const tls::HelloWish& wish = ask.hello;
  around.both_versions = wish.lowest <= 0x0303 && (wish.highest == 0 || wish.highest > 0x0303);
  around.starttls = !to.starttls.empty();
  around.ldap = to.to.port() == 636 || to.to.port() == 3269;
  around.addresses = addresses;
  return around;
}

std::optional<Prepared> Probes::prepare(Variant variant, const Attempt& to,
                                        std::string& why_not) const {
  Prepared one{ask_.probe, to, {}};
  one.ask.passive = true;  // what a client gets; ResetImmune alone does better
  if (!change(variant, one, why_not)) return std::nullopt;
  return one;
}

bool Probes::make(Prepared& one, std::string& why_not) const {
  auto hello = try_hello(one.ask, one.attempt.target, roots_, why_not);
  if (hello) one.hello = std::move(*hello);
  return hello.has_value();
}

bool Probes::small(Prepared& one, std::string& why_not) const {
  return std::any_of(kSmallSizes.begin(), kSmallSizes.end(), [&](std::size_t size) {
    one.ask.size = size;
    return make(one, why_not);
  });
}

bool Probes::change(Variant variant, Prepared& one, std::string& why_not) const {
  ProbeAsk& ask = one.ask;
  tls::HelloWish& wish = ask.hello;
  const auto sized = [&](std::size_t size) {
    ask.size = size;
    return make(one, why_not);
  };
  const auto plain = [&](std::vector<std::uint8_t> bytes, double wait_s) {
    one.attempt.starttls.clear();
    ask.timeout_s = wait_s;
    one.hello.bytes = std::move(bytes);
    one.hello.why_unfinished = "it is no hello";
    return true;
  };
  const auto repeats = [&](bool so) {
    if (so) why_not = "the baseline is that already";
    return so;
  };
  const bool named = circumstances(one.attempt, 1).name_sent;
  switch (variant) {
    case Variant::Connect:
      return plain({}, kConnectWait_s);
    case Variant::BannerWait:
      return plain({}, ask_.banner_wait_s);
    case Variant::Baseline:
      return make(one, why_not);
    case Variant::NoName:
      ask.sni = "none";
      return !repeats(!named) && make(one, why_not);
    case Variant::OtherName:
      why_not = "no other name is known (--other-name)";
      if (ask_.other_name.empty()) return false;
      ask.sni = ask_.other_name;
      return make(one, why_not);
    case Variant::ForeignName:
      ask.sni =
          one.attempt.target.host.ends_with("example.com") ? "www.example.net" : "www.example.com";
      return make(one, why_not);
    case Variant::Broad:
      wish = {};
      wish.lowest = 0x0301;
      wish.highest = 0x0304;
      wish.cipher_suites = every_openssl_cipher();
      ask.profile_given = false;
      ask.size = 0;
      return make(one, why_not);
    case Variant::Tls12:
      if (repeats(offers_one(wish, 0x0303))) return false;
      wish.lowest = wish.highest = 0x0303;
      return make(one, why_not);
    case Variant::Tls10:
      if (repeats(offers_one(wish, 0x0301))) return false;
      wish.lowest = wish.highest = 0x0301;
      wish.cipher_suites.clear();
      wish.groups.clear();  // as large as the baseline: its size is not to be the difference
      return make(one, why_not);
    case Variant::OldHello:
      one.hello.bytes = old_hello();
      one.hello.why_unfinished = "nothing here speaks SSL 3.0 to the end";
      return true;
    case Variant::Small:
      return small(one, why_not);
    case Variant::Middle:
      return sized(kMiddle);
    case Variant::Large:
      return sized(kLarge);
    case Variant::HugeInPieces:
      one.attempt.max_segment = kSmallSegment;
      return sized(kHuge);
    case Variant::Huge:
      return sized(kHuge);
    case Variant::PostQuantum:
      wish.groups = {kX25519MlKem768, kX25519, kP256, kP384};
      ask.size.reset();
      return make(one, why_not);
    case Variant::TcpSplit:
      ask.split = kSplitAt;
      return make(one, why_not);
    case Variant::RecordSplit:
      ask.record_split = kSplitAt;
      return make(one, why_not);
    case Variant::NoTimestamps:
      why_not =
          "Linux leaves timestamps out for all new connections or none; --without-timestamps, as "
          "root, does so for the moment it takes";
      return ask_.without_timestamps && make(one, why_not);
    case Variant::Patient:
      ask.timeout_s *= kPatience;
      return make(one, why_not);
    case Variant::ResetImmune:
      ask.passive = false;
      return make(one, why_not);
    case Variant::Http:
      return plain(text_bytes(fmt::format("GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
                                          one.attempt.target.host)),
                   ask.timeout_s);
    case Variant::Garbage:
      return plain(garbage(), ask.timeout_s);
    case Variant::OtherWay:
      if (one.attempt.starttls.empty() && dialogue_.empty()) return false;
      one.attempt.starttls = one.attempt.starttls.empty() ? dialogue_ : "";
      return make(one, why_not);
    case Variant::Count:
      break;
  }
  return false;
}

}  // namespace whohungup
