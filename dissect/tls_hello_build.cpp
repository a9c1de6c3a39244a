// See tls_hello_build.h.
#include "dissect/tls_hello_build.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <variant>

#include "dissect/tls_hello_profiles.h"
#include "dissect/tls_record.h"

namespace whohungup::tls {
namespace {

constexpr std::uint16_t kTls10 = 0x0301, kTls12 = 0x0303, kTls13 = 0x0304;
constexpr std::size_t kRecordLimit = std::size_t{1} << 14U;  // RFC 8446 §5.1
constexpr std::size_t kHeaders = kHeaderSize + 4;            // of the record and of the message
constexpr std::size_t kExtensionHeader = 4;
constexpr std::size_t kLongestSession = 32;

constexpr std::array<std::string_view, 7> kProfileNames{"plain", "openssl", "curl",  "go",
                                                        "java",  "firefox", "chrome"};

using Blob = std::vector<std::uint8_t>;

Blob random_bytes(std::size_t size, const Randomness& random) {
  Blob bytes(size);
  random(bytes);
  return bytes;
}

std::uint16_t grease(const Randomness& random) {
  const auto nibble = static_cast<std::uint16_t>(random_bytes(1, random)[0] & 0xf0U);
  const auto half = static_cast<std::uint16_t>(nibble | 0x0aU);
  return static_cast<std::uint16_t>(half << 8U | half);
}

void numbers(ByteWriter& out, std::size_t prefix, const std::vector<std::uint16_t>& all) {
  out.vector(prefix, [&](ByteWriter& w) {
    for (const std::uint16_t one : all) w.u16(one);
  });
}

/// FIPS 203 §7.2 checks that every coefficient of an encapsulation key is below q: 768 of them in
/// 12 bits each, then 32 bytes of seed.
Blob mlkem768_key(const Randomness& random) {
  constexpr std::size_t kCoefficients = 768;
  constexpr std::uint32_t kQ = 3329;
  const Blob noise = random_bytes(2 * kCoefficients, random);
  Blob key;
  key.reserve(kCoefficients * 3 / 2 + 32);
  const auto coefficient = [&](std::size_t i) {
    return (std::uint32_t{noise[2 * i]} << 8U | noise[2 * i + 1]) % kQ;
  };
  for (std::size_t i = 0; i < kCoefficients; i += 2) {
    const std::uint32_t pair = coefficient(i) | coefficient(i + 1) << 12U;  // low bits first
    for (unsigned shift = 0; shift < 24; shift += 8)
      key.push_back(static_cast<std::uint8_t>(pair >> shift));
  }
  const Blob seed = random_bytes(32, random);
  key.insert(key.end(), seed.begin(), seed.end());
  return key;
}

// The curves' base points (SEC 2 §2.4.2, §2.5.1): points that every server accepts.
constexpr std::string_view kP256 =
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
constexpr std::string_view kP384 =
    "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760a"
    "b7"
    "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e"
    "5f";

Blob point(std::string_view hex) {
  const auto nibble = [](char c) {
    return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
  };
  Blob bytes{4};  // uncompressed
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(nibble(hex[i]) << 4U | nibble(hex[i + 1])));
  return bytes;
}

/// Puts one hello together from a profile and a wish, and makes it smaller step by step.
class Maker {
 public:
  Maker(const HelloWish& wish, const Randomness& random)
      : wish_(wish), data_(profile_data(wish.profile)), random_(random) {
    if (!wish.cipher_suites.empty()) data_.ciphers = wish.cipher_suites;
    if (!wish.groups.empty()) {
      data_.groups = wish.groups;
      data_.shares = {wish.groups.front()};
      if (wish.groups.front() == 0x11ec && wish.groups.size() > 1)  // as OpenSSL 3.5 and browsers
        data_.shares.push_back(wish.groups[1]);
    }
    if (wish.alpn) data_.alpn = *wish.alpn;
    choose_versions();
    random_span_ = random_bytes(32, random);
    session_ = random_bytes(kLongestSession, random);
    if (data_.grease)
      for (std::uint16_t& one : grease_) one = grease(random);
    if (grease_[0] == grease_[1])
      grease_[1] =
          static_cast<std::uint16_t>(grease_[1] ^ 0x1010U);  // two extensions must not be alike
  }

  [[nodiscard]] ClientHello make() const {
    ClientHello hello;
    hello.legacy_version = std::min(data_.versions.front(), kTls12);
    std::copy(random_span_.begin(), random_span_.end(), hello.random.begin());
    hello.session_id = session_;
    hello.cipher_suites = data_.ciphers;
    if (data_.grease) hello.cipher_suites.insert(hello.cipher_suites.begin(), grease_[0]);
    hello.compression_methods = {0};
    if (data_.grease) hello.extensions.push_back({grease_[0], {}});
    for (const std::uint16_t type : data_.extensions)
      if (auto body = body_of(type)) hello.extensions.push_back({type, std::move(*body)});
    if (data_.grease) hello.extensions.push_back({grease_[1], {0}});
    hello.has_extensions = !hello.extensions.empty();
    return hello;
  }

  /// Leaves one more thing out that a hello can do without; false when nothing is left to drop.
  bool shrink() {
    data_.grease = false;
    for (const int type : {35, 22, 49, 18, 5, 17, 50, 34, 27, 28, 17613, 65037, 65281, 23})
      if (drop(static_cast<std::uint16_t>(type))) return true;
    if (wish_.cipher_suites.empty() && data_.ciphers.size() > 4) return shorten_ciphers(), true;
    if (data_.signatures.size() > 3) return data_.signatures = {0x0403, 0x0804, 0x0401}, true;
    if (wish_.groups.empty() && data_.groups.size() > 1)
      return data_.groups = data_.shares = {0x1d}, true;
    if (!session_.empty()) return session_.resize(session_.size() - 1), true;
    if (wish_.alpn == std::nullopt && !data_.alpn.empty()) return data_.alpn.clear(), true;
    if (wish_.highest == 0 && wish_.groups.empty() && data_.versions.size() > 1 &&
        data_.versions.front() == kTls13) {
      data_.versions = {kTls12};
      std::erase_if(data_.ciphers, [](std::uint16_t c) { return c >> 8U == 0x13; });
      if (data_.ciphers.empty()) data_.ciphers = {0xc02f};
      return true;
    }
    if (data_.versions.front() == kTls13) return false;
    for (const int type : {11, 10, 13})
      if (drop(static_cast<std::uint16_t>(type))) return true;
    if (wish_.cipher_suites.empty() && data_.ciphers.size() > 1) {
      data_.ciphers = {0x002f};  // what TLS 1.2 says every server has, needs no curve
      return true;
    }
    return false;
  }

  /// Brings the session id to a length that leaves room for a whole padding extension, or for
  /// none: a gap of 1 to 3 bytes cannot be padded.
  void make_gap_paddable(std::size_t gap) {
    if (session_.size() + gap <= kLongestSession) {
      const Blob more = random_bytes(gap, random_);
      session_.insert(session_.end(), more.begin(), more.end());
    } else {
      session_.resize(session_.size() - (kExtensionHeader - gap));
    }
  }

 private:
  void choose_versions() {
    if (wish_.lowest == 0 && wish_.highest == 0) return;
    const std::uint16_t highest = wish_.highest != 0 ? wish_.highest : kTls13;
    const std::uint16_t lowest = wish_.lowest != 0 ? wish_.lowest : kTls10;
    data_.versions.clear();
    for (std::uint16_t version = highest; version >= lowest; --version)
      data_.versions.push_back(version);
    if (!wish_.cipher_suites.empty()) return;
    if (lowest == kTls13)
      std::erase_if(data_.ciphers, [](std::uint16_t c) { return c >> 8U != 0x13; });
    if (highest < kTls13)
      std::erase_if(data_.ciphers, [](std::uint16_t c) { return c >> 8U == 0x13; });
    if (highest < kTls12) data_.ciphers = {0xc00a, 0xc014, 0xc009, 0xc013, 0x0035, 0x002f, 0x000a};
  }

  bool drop(std::uint16_t type) { return std::erase(data_.extensions, type) > 0; }

  void shorten_ciphers() {
    data_.ciphers.pop_back();
    if (data_.ciphers.size() == 4 && data_.versions.front() == kTls13 && data_.versions.size() > 1)
      data_.ciphers = {0x1301, 0xc02b, 0xc02f, 0x009c};  // something for every server
  }

  [[nodiscard]] bool offers(std::uint16_t version) const {
    return std::find(data_.versions.begin(), data_.versions.end(), version) != data_.versions.end();
  }

  /// An extension's body, or nothing where it has no place in this hello.
  [[nodiscard]] std::optional<Blob> body_of(std::uint16_t type) const {
    if ((type == 43 || type == 45 || type == 51) && !offers(kTls13)) return std::nullopt;
    if (type == 13 && data_.versions.front() < kTls12) return std::nullopt;
    ByteWriter out;
    switch (type) {
      case extension::kServerName:
        if (!wish_.sni) return std::nullopt;
        out.vector(2, [&](ByteWriter& list) {
          list.u8(0).vector(2, [&](ByteWriter& name) { name.text(*wish_.sni); });
        });
        break;
      case extension::kAlpn:
        if (data_.alpn.empty()) return std::nullopt;
        out.vector(2, [&](ByteWriter& list) {
          for (const std::string& name : data_.alpn)
            list.vector(1, [&](ByteWriter& one) { one.text(name); });
        });
        break;
      case extension::kSupportedGroups:
        numbers(out, 2, with_grease(data_.groups));
        break;
      case extension::kPointFormats:
        out.vector(1, [&](ByteWriter& w) { w.bytes(data_.point_formats); });
        break;
      case extension::kSignatureAlgorithms:
      case 50:  // signature_algorithms_cert
        numbers(out, 2, data_.signatures);
        break;
      case extension::kSupportedVersions:
        numbers(out, 1, with_grease(data_.versions));
        break;
      case 45:  // psk_key_exchange_modes: with (EC)DHE
        out.u8(1).u8(1);
        break;
      case extension::kKeyShare:
        write_shares(out);
        break;
      default:
        return fixed_body(type);
    }
    return out.finish();
  }

  /// Bodies that say the same in every hello.
  [[nodiscard]] std::optional<Blob> fixed_body(std::uint16_t type) const {
    switch (type) {
      case 5:  // status_request: OCSP
        return Blob{1, 0, 0, 0, 0};
      case 17:  // status_request_v2
        return Blob{0, 7, 2, 0, 4, 0, 0, 0, 0};
      case 27:  // compress_certificate: zlib, brotli, zstd; Chrome has brotli alone
        return data_.grease ? Blob{2, 0, 2} : Blob{6, 0, 1, 0, 2, 0, 3};
      case 28:  // record_size_limit
        return Blob{0x40, 0x01};
      case 34:  // delegated_credentials
        return Blob{0, 8, 4, 3, 5, 3, 6, 3, 2, 3};
      case 17613:  // application_settings
        return Blob{0, 3, 2, 'h', '2'};
      case 65281:  // renegotiation_info
        return Blob{0};
      case extension::kEncryptedClientHello:
        return ech_grease();
      default:
        return Blob{};
    }
  }

  /// RFC 9849 §6.2: what a client without a key says, as long as what one with a key would.
  [[nodiscard]] Blob ech_grease() const {
    constexpr std::size_t kSealed = 176;  // Chrome's 144, 176, 208 or 240; Firefox's 239
    ByteWriter out;
    out.u8(0).u16(1).u16(1).u8(random_bytes(1, random_)[0]);  // outer, HKDF-SHA256, AES-128-GCM
    out.vector(2, [&](ByteWriter& w) { w.bytes(random_bytes(32, random_)); });
    out.vector(
        2, [&](ByteWriter& w) { w.bytes(random_bytes(data_.grease ? kSealed : 239, random_)); });
    return out.finish();
  }

  void write_shares(ByteWriter& out) const {
    out.vector(2, [&](ByteWriter& list) {
      if (data_.grease) list.u16(grease_[2]).u16(1).u8(0);
      for (const std::uint16_t group : data_.shares) {
        const Blob key = make_key_share(group, random_);
        if (key.empty()) continue;
        list.u16(group).vector(2, [&](ByteWriter& one) { one.bytes(key); });
      }
    });
  }

  [[nodiscard]] std::vector<std::uint16_t> with_grease(std::vector<std::uint16_t> all) const {
    if (data_.grease) all.insert(all.begin(), grease_[2]);
    return all;
  }

  const HelloWish& wish_;
  ProfileData data_;
  const Randomness& random_;
  Blob random_span_, session_;
  std::array<std::uint16_t, 3> grease_{};
};

void pad(ClientHello& hello, std::size_t size) {
  std::size_t now = wire_size(hello);
  if (now == size) return;
  if (hello.extensions.empty()) now += 2;  // the block's own length
  hello.extensions.push_back({extension::kPadding, Blob(size - now - kExtensionHeader)});
  hello.has_extensions = true;
}

/// Whether padding can fill what is missing: nothing, or a whole extension.
bool paddable(const ClientHello& hello, std::size_t size) {
  const std::size_t now = wire_size(hello);
  const std::size_t least = kExtensionHeader + (hello.extensions.empty() ? 2 : 0);
  return now == size || (now < size && size - now >= least);
}

BuiltHello fit(Maker& maker, std::size_t size) {
  ClientHello hello = maker.make();
  while (wire_size(hello) > size) {
    if (!maker.shrink())
      return {{},
              fmt::format("a hello that says this takes {} bytes at least, not {}",
                          wire_size(hello), size)};
    hello = maker.make();
  }
  if (!paddable(hello, size) && !hello.extensions.empty()) {
    maker.make_gap_paddable(size - wire_size(hello));
    hello = maker.make();
  }
  if (!paddable(hello, size))
    return {{}, fmt::format("no hello of exactly {} bytes can be made of this", size)};
  pad(hello, size);
  return {std::move(hello), {}};
}

}  // namespace

std::string_view to_string(Profile profile) {
  return kProfileNames[static_cast<std::size_t>(profile)];
}

std::optional<Profile> profile_named(std::string_view name) {
  const auto found = std::find(kProfileNames.begin(), kProfileNames.end(), name);
  if (found == kProfileNames.end()) return std::nullopt;
  return static_cast<Profile>(found - kProfileNames.begin());
}

BuiltHello build_hello(const HelloWish& wish, const Randomness& random) {
  constexpr std::size_t kMost = kHeaderSize + kRecordLimit;
  if (wish.size > kMost)
    return {{}, fmt::format("a hello in one record is {} bytes at most, not {}", kMost, wish.size)};
  for (const std::uint16_t group : wish.groups)
    if (wish.groups.front() == group && make_key_share(group, random).empty() &&
        (wish.highest == 0 || wish.highest == kTls13))
      return {{},
              fmt::format("no key share can be made for group 0x{:04x}: put one of X25519, "
                          "P-256, P-384 or X25519MLKEM768 first",
                          group)};
  Maker maker(wish, random);
  if (wish.size != 0) return fit(maker, wish.size);
  ClientHello hello = maker.make();
  const std::size_t target = profile_data(wish.profile).pad_to;
  if (target != 0 && wire_size(hello) > 256 && wire_size(hello) + kExtensionHeader <= target)
    pad(hello, target);  // RFC 7685: lengths of 256 to 511 make some servers hang
  return {std::move(hello), {}};
}

std::size_t wire_size(const ClientHello& hello) { return kHeaders + hello.write().size(); }

std::vector<std::uint8_t> handshake_message(const ClientHello& hello) {
  const Blob body = hello.write();
  Blob message(4 + body.size());
  message[0] = 1;
  for (std::size_t i = 1; i < 4; ++i)
    message[i] = static_cast<std::uint8_t>(body.size() >> (8 * (3 - i)));
  std::copy(body.begin(), body.end(), message.begin() + 4);
  return message;
}

std::vector<std::uint8_t> in_records(Bytes message, std::size_t at) {
  ByteWriter out;
  std::size_t next = at != 0 ? at : kRecordLimit;
  while (!message.empty()) {
    const Bytes part = message.first(std::min({next, message.size(), kRecordLimit}));
    // The first record of a connection says 1.0 (RFC 8446 §5.1), as clients do.
    out.u8(static_cast<std::uint8_t>(ContentType::Handshake)).u16(kTls10);
    out.vector(2, [&](ByteWriter& w) { w.bytes(part); });
    message = message.subspan(part.size());
    next = kRecordLimit;
  }
  return out.finish();
}

std::optional<std::vector<std::uint8_t>> find_hello_message(Bytes bytes) {
  Blob message;
  if (!bytes.empty() && bytes[0] == 1) {
    message.assign(bytes.begin(), bytes.end());
  } else {
    ByteReader in(bytes);
    while (in.more()) {
      const auto header = read_record_header(in.rest());
      const auto* record = std::get_if<RecordHeader>(&header);
      if (record == nullptr || record->type != ContentType::Handshake) break;
      in.skip(kHeaderSize);
      const Bytes part = in.take(std::min<std::size_t>(record->length, in.left()));
      message.insert(message.end(), part.begin(), part.end());
      if (message.size() >= 4 && message.size() >= 4 + (std::size_t{message[1]} << 16U) +
                                                       (std::size_t{message[2]} << 8U) + message[3])
        break;
    }
  }
  ByteReader in(message);
  const std::uint8_t type = in.u8();
  const std::size_t length = in.u24();
  if (!in.ok() || type != 1 || in.left() < length) return std::nullopt;
  message.resize(4 + length);
  return message;
}

std::vector<std::uint8_t> make_key_share(std::uint16_t group, const Randomness& random) {
  switch (group) {
    case 0x1d:  // x25519: every 32 bytes are a point
      return random_bytes(32, random);
    case 0x17:
      return point(kP256);
    case 0x18:
      return point(kP384);
    case 0x11ec: {  // X25519MLKEM768: draft-ietf-tls-ecdhe-mlkem, ML-KEM first, 1216 bytes
      Blob key = mlkem768_key(random);
      const Blob x25519 = random_bytes(32, random);
      key.insert(key.end(), x25519.begin(), x25519.end());
      return key;
    }
    default:
      return {};
  }
}

}  // namespace whohungup::tls
