#include "dissect/tls_decrypt.h"

#include <algorithm>

#include "dissect/tls_aead.h"

namespace whohungup::tls {
namespace {

/// A capture may have lost records before this one; so many are stepped over.
constexpr std::uint64_t kMostLost = 64;
/// Looking ahead costs a decryption each. A direction may spend so many; one whose keys do not
/// fit at all then costs one a record.
constexpr std::uint32_t kMostTries = 2048;
constexpr std::size_t kNonceInRecord = 8;

enum class Stage : std::uint8_t { Early, Handshake, Traffic, Tls12 };

/// One set of keys of a direction, and the sequence number of its next record.
struct Keys {
  Stage stage{};
  Secret secret;  // TLS 1.3: what the next generation is made from
  Secret key, iv;
  std::uint64_t next{};
};

Keys tls13_keys(const Suite& suite, Stage stage, Bytes secret) {
  return {stage, Secret(secret.begin(), secret.end()),
          expand_label(suite.hash, secret, "key", suite.key_size()),
          expand_label(suite.hash, secret, "iv", Nonce{}.size()), 0};
}

/// RFC 8446 §7.2.
Keys next_generation(const Suite& suite, const Keys& keys) {
  const Secret secret = expand_label(suite.hash, keys.secret, "traffic upd", keys.secret.size());
  return tls13_keys(suite, Stage::Traffic, secret);
}

/// RFC 8446 §5.3: the sequence number, xored into the end of the IV.
Nonce counted_nonce(Bytes iv, std::uint64_t sequence) {
  Nonce nonce{};
  std::copy(iv.begin(), iv.end(), nonce.begin());
  for (std::size_t i = 0; i < 8; ++i)
    nonce[nonce.size() - 1 - i] ^= static_cast<std::uint8_t>(sequence >> (8 * i));
  return nonce;
}

/// RFC 5288 §3: four secret bytes, then those that travel in the record.
Nonce carried_nonce(Bytes salt, Bytes carried) {
  Nonce nonce{};
  std::copy(carried.begin(), carried.end(), std::copy(salt.begin(), salt.end(), nonce.begin()));
  return nonce;
}

/// Finds where the handshake messages of one direction begin and end, over record boundaries.
class MessageWatch {
 public:
  /// The types of the messages that end in these bytes.
  std::vector<std::uint8_t> ended_in(Bytes bytes) {
    std::vector<std::uint8_t> ended;
    for (const std::uint8_t byte : bytes) {
      if (header_.size() < kHeader) {
        header_.push_back(byte);
        if (header_.size() < kHeader) continue;
        left_ = header_[1] * 65536U + header_[2] * 256U + header_[3];
      } else {
        --left_;
      }
      if (left_ > 0) continue;
      ended.push_back(header_[0]);
      header_.clear();
    }
    return ended;
  }
  /// After a lost record: the next bytes are taken for the start of a message.
  void forget() { header_.clear(); }

 private:
  static constexpr std::size_t kHeader = 4;  // type, length
  std::vector<std::uint8_t> header_;
  std::size_t left_{};
};

/// One direction. Its keys stand in the order of their use; each keeps its own sequence number,
/// so trying the wrong ones costs nothing but time.
struct Direction {
  std::vector<Keys> keys;
  std::size_t current{};
  std::uint32_t tries_left{kMostTries};
  MessageWatch messages;
};

constexpr std::uint8_t kEndOfEarlyData = 5;
constexpr std::uint8_t kFinished = 20;
constexpr std::uint8_t kKeyUpdate = 24;

/// Takes padding and inner type off (RFC 8446 §5.4). Nothing but zeros is no record.
std::optional<Opened> unpadded(std::vector<std::uint8_t> inner) {
  while (!inner.empty() && inner.back() == 0) inner.pop_back();
  if (inner.empty()) return std::nullopt;
  const auto type = static_cast<ContentType>(inner.back());
  inner.pop_back();
  return Opened{type, std::move(inner)};
}

std::optional<Opened> open_tls13(const Suite& suite, const Keys& keys, std::uint64_t sequence,
                                 const RecordHeader& header, Bytes fragment) {
  ByteWriter additional;
  additional.u8(static_cast<std::uint8_t>(header.type)).u16(header.version).u16(header.length);
  auto inner =
      aead_open(suite, keys.key, counted_nonce(keys.iv, sequence), additional.written(), fragment);
  return inner ? unpadded(*std::move(inner)) : std::nullopt;
}

/// RFC 5246 §6.2.3.3: the sequence number and the length of the plaintext are authenticated.
std::optional<Opened> open_tls12(const Suite& suite, const Keys& keys, std::uint64_t sequence,
                                 const RecordHeader& header, Bytes fragment) {
  const std::size_t carried = suite.explicit_nonce() ? kNonceInRecord : 0;
  if (fragment.size() < carried + suite.tag_size) return std::nullopt;
  const Bytes sealed = fragment.subspan(carried);
  const Nonce nonce = suite.explicit_nonce() ? carried_nonce(keys.iv, fragment.first(carried))
                                             : counted_nonce(keys.iv, sequence);
  ByteWriter additional;
  additional.u32(static_cast<std::uint32_t>(sequence >> 32U))
      .u32(static_cast<std::uint32_t>(sequence))
      .u8(static_cast<std::uint8_t>(header.type))
      .u16(header.version)
      .u16(static_cast<std::uint16_t>(sealed.size() - suite.tag_size));
  auto plaintext = aead_open(suite, keys.key, nonce, additional.written(), sealed);
  if (!plaintext) return std::nullopt;
  return Opened{header.type, *std::move(plaintext)};
}

std::optional<Opened> open_with(const Suite& suite, const Keys& keys, std::uint64_t sequence,
                                const RecordHeader& header, Bytes fragment) {
  return keys.stage == Stage::Tls12 ? open_tls12(suite, keys, sequence, header, fragment)
                                    : open_tls13(suite, keys, sequence, header, fragment);
}

/// Opens with these keys, stepping over lost records while the direction may.
std::optional<Opened> open_ahead(const Suite& suite, Direction& direction, Keys& keys,
                                 const RecordHeader& header, Bytes fragment) {
  for (std::uint64_t lost = 0; lost <= kMostLost; ++lost) {
    if (lost > 0 && direction.tries_left == 0) break;
    if (lost > 0) --direction.tries_left;
    auto opened = open_with(suite, keys, keys.next + lost, header, fragment);
    if (!opened) continue;
    if (lost > 0) direction.messages.forget();
    keys.next += lost + 1;
    return opened;
  }
  return std::nullopt;
}

std::vector<Keys> tls13_direction(const Suite& suite, const KeyLog& log,
                                  const std::array<std::uint8_t, 32>& client_random, bool client) {
  struct Label {
    Stage stage;
    std::string_view of_client, of_server;
  };
  constexpr Label kLabels[] = {
      {Stage::Early, "CLIENT_EARLY_TRAFFIC_SECRET", ""},
      {Stage::Handshake, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET"},
      {Stage::Traffic, "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"},
  };
  std::vector<Keys> out;
  for (const Label& label : kLabels) {
    const Bytes secret = log.secret(client_random, client ? label.of_client : label.of_server);
    if (!secret.empty()) out.push_back(tls13_keys(suite, label.stage, secret));
  }
  return out;
}

/// RFC 5246 §6.3: both write keys, then both IVs; AEAD suites have no MAC keys.
std::array<Keys, 2> tls12_keys(const Suite& suite, Bytes master,
                               const std::array<std::uint8_t, 32>& client_random,
                               const std::array<std::uint8_t, 32>& server_random) {
  const std::size_t key_size = suite.key_size();
  const std::size_t iv_size = suite.explicit_nonce() ? 4 : 12;
  ByteWriter seed;
  seed.bytes(server_random).bytes(client_random);
  const Secret block =
      prf(suite.hash, master, "key expansion", seed.written(), 2 * (key_size + iv_size));
  ByteReader r(block);
  std::array<Keys, 2> out;
  for (Keys& keys : out) {
    const Bytes key = r.take(key_size);
    keys.stage = Stage::Tls12;
    keys.key.assign(key.begin(), key.end());
  }
  for (Keys& keys : out) {
    const Bytes iv = r.take(iv_size);
    keys.iv.assign(iv.begin(), iv.end());
  }
  return out;
}

}  // namespace

struct RecordOpener::State {
  Suite suite;
  bool tls13{};
  std::array<Direction, 2> directions;  // client, server

  /// A record that none of the direction's keys open may follow a KeyUpdate that was lost.
  std::optional<Opened> open_with_later_keys(Direction& direction, const RecordHeader& header,
                                             Bytes fragment) {
    const Keys& last = direction.keys.back();
    if (last.stage != Stage::Traffic || last.next == 0 || direction.tries_left == 0)
      return std::nullopt;
    Keys later = next_generation(suite, last);
    auto opened = open_ahead(suite, direction, later, header, fragment);
    if (!opened) return std::nullopt;
    direction.messages.forget();
    direction.keys.push_back(std::move(later));
    direction.current = direction.keys.size() - 1;
    return opened;
  }

  std::optional<Opened> open(Direction& direction, const RecordHeader& header, Bytes fragment) {
    // The current keys first, then later ones, then those before.
    const std::size_t count = direction.keys.size();
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = (direction.current + i) % count;
      auto opened = open_ahead(suite, direction, direction.keys[at], header, fragment);
      if (!opened) continue;
      if (at != direction.current) direction.messages.forget();
      direction.current = at;
      return opened;
    }
    return open_with_later_keys(direction, header, fragment);
  }

  /// Moves on to the keys of the next record, if a message said so (RFC 8446 §4.4.4, §4.5,
  /// §4.6.3).
  void follow(Direction& direction, const Opened& opened) {
    if (!tls13 || opened.type != ContentType::Handshake) return;
    const Stage stage = direction.keys[direction.current].stage;
    for (const std::uint8_t type : direction.messages.ended_in(opened.plaintext)) {
      const bool last = direction.current + 1 == direction.keys.size();
      if (type == kKeyUpdate && stage == Stage::Traffic && last)
        direction.keys.push_back(next_generation(suite, direction.keys[direction.current]));
      const bool moves = (type == kFinished && stage == Stage::Handshake) ||
                         (type == kEndOfEarlyData && stage == Stage::Early) ||
                         (type == kKeyUpdate && stage == Stage::Traffic);
      if (!moves || direction.current + 1 == direction.keys.size()) continue;
      ++direction.current;
      direction.messages.forget();
      return;
    }
  }
};

RecordOpener::RecordOpener() : state_(std::make_unique<State>()) {}
RecordOpener::~RecordOpener() = default;
RecordOpener::RecordOpener(RecordOpener&&) noexcept = default;
RecordOpener& RecordOpener::operator=(RecordOpener&&) noexcept = default;

std::optional<RecordOpener> RecordOpener::create(const KeyLog& log,
                                                 const std::array<std::uint8_t, 32>& client_random,
                                                 const std::array<std::uint8_t, 32>& server_random,
                                                 std::uint16_t version,
                                                 std::uint16_t cipher_suite) {
  const auto suite = aead_suite(cipher_suite);
  const bool is_tls13_suite = (cipher_suite >> 8U) == 0x13;
  if (!suite || version != (is_tls13_suite ? 0x0304 : 0x0303)) return std::nullopt;
  RecordOpener opener;
  State& state = *opener.state_;
  state.suite = *suite;
  state.tls13 = is_tls13_suite;
  if (is_tls13_suite) {
    state.directions[0].keys = tls13_direction(*suite, log, client_random, true);
    state.directions[1].keys = tls13_direction(*suite, log, client_random, false);
  } else if (const Bytes master = log.secret(client_random, "CLIENT_RANDOM"); !master.empty()) {
    auto keys = tls12_keys(*suite, master, client_random, server_random);
    for (std::size_t i = 0; i < keys.size(); ++i)
      state.directions[i].keys.push_back(std::move(keys[i]));
  }
  if (state.directions[0].keys.empty() && state.directions[1].keys.empty()) return std::nullopt;
  return opener;
}

std::optional<Opened> RecordOpener::open(bool from_client, const RecordHeader& header,
                                         Bytes fragment) {
  Direction& direction = state_->directions[from_client ? 0 : 1];
  const bool sealed = header.type == ContentType::ApplicationData ||
                      (!state_->tls13 && header.type != ContentType::ChangeCipherSpec);
  const bool whole = fragment.size() == header.length && fragment.size() <= kMaxFragment;
  if (direction.keys.empty() || !sealed || !whole) return std::nullopt;
  auto opened = state_->open(direction, header, fragment);
  if (opened) state_->follow(direction, *opened);
  return opened;
}

}  // namespace whohungup::tls
