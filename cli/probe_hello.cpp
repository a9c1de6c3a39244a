// See probe_hello.h.
#include "cli/probe_hello.h"

#include <fmt/core.h>
#include <openssl/rand.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>

#include "capture/source.h"
#include "cli/output.h"
#include "cli/report/escape.h"
#include "dissect/decode.h"
#include "dissect/tls_names.h"
#include "dissect/tls_record.h"

namespace whohungup {
namespace {

/// The hello that started this project had 332 bytes on the wire.
constexpr std::size_t kDefaultSize = 332;

void fill_random(std::span<std::uint8_t> bytes) {
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw CaptureError("the system gives no random numbers");
}

std::optional<std::uint16_t> hex_number(std::string_view text) {
  if (!text.starts_with("0x")) return std::nullopt;
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), number, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return out;
}

/// Words separated by commas or colons.
std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> words;
  std::size_t begin = 0;
  while (begin <= list.size()) {
    const std::size_t end = std::min(list.find_first_of(",:", begin), list.size());
    if (end > begin) words.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

template <class Name>
std::vector<std::uint16_t> read_list(const std::string& list, std::string_view what, Name&& name) {
  std::vector<std::uint16_t> numbers;
  for (const std::string& word : words_of(list)) {
    if (const auto number = hex_number(word)) {
      numbers.push_back(*number);
      continue;
    }
    const std::string wanted = lower(word);
    std::uint32_t found = 0x10000;
    for (std::uint32_t number = 0; number < 0x10000 && found == 0x10000; ++number)
      if (lower(name(static_cast<std::uint16_t>(number))) == wanted) found = number;
    if (found == 0x10000)
      throw UsageError(
          fmt::format("there is no {} called \"{}\" (a number is 0x001d)", what, harmless(word)));
    numbers.push_back(static_cast<std::uint16_t>(found));
  }
  if (numbers.empty()) throw UsageError(fmt::format("the list of {}s is empty", what));
  return numbers;
}

std::string wanted_name(const ProbeAsk& ask, const Target& target) {
  if (ask.sni) return lower(*ask.sni) == "none" ? std::string() : *ask.sni;
  return target.is_address ? std::string() : target.host;
}

tls::HelloWish wish_for(const ProbeAsk& ask, const Target& target) {
  tls::HelloWish wish = ask.hello;
  if (const std::string name = wanted_name(ask, target); !name.empty()) wish.sni = name;
  wish.size = ask.size.value_or(ask.profile_given ? 0 : kDefaultSize);
  return wish;
}

/// The same wish in OpenSSL's words; false where it has none.
bool openssl_can(const ProbeAsk& ask, const tls::HelloWish& wish, const Target& target,
                 TlsAsk& tls) {
  const bool as_s_client = ask.profile_given && wish.profile == tls::Profile::OpenSsl;
  if (wish.profile != tls::Profile::Plain && !as_s_client) return false;
  tls.as_s_client = as_s_client;
  tls.name = ask.sni && wish.sni ? *wish.sni : target.host;  // what the certificate is to be for
  tls.sni = wish.sni;
  tls.alpn = wish.alpn.value_or(std::vector<std::string>{});
  tls.lowest = wish.lowest;
  tls.highest = wish.highest;
  tls.size = wish.size;
  return (wish.cipher_suites.empty() || openssl_ciphers(wish.cipher_suites, tls)) &&
         (wish.groups.empty() || openssl_groups(wish.groups, tls));
}

std::vector<std::uint8_t> contents_of(const std::string& path) {
  if (std::filesystem::is_directory(path))
    throw CaptureError(fmt::format("the hello {} is a directory; name a file", harmless(path)));
  std::ifstream file(path, std::ios::binary);
  std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad())
    throw CaptureError(fmt::format("cannot read the hello {}", path));
  return bytes;
}

/// FILE:FRAME, where FILE alone does not exist.
std::pair<std::string, std::uint32_t> file_and_frame(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::uint32_t frame = 0;
  if (colon == std::string::npos || std::ifstream(text).is_open()) return {text, 0};
  const auto [end, error] =
      std::from_chars(text.data() + colon + 1, text.data() + text.size(), frame);
  if (error != std::errc() || end != text.data() + text.size() || frame == 0) return {text, 0};
  return {text.substr(0, colon), frame};
}

bool is_capture(Bytes bytes) {
  constexpr std::uint32_t kMagics[] = {0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a};
  if (bytes.size() < 4) return false;
  const std::uint32_t magic = ByteReader(bytes).u32();
  return std::find(std::begin(kMagics), std::end(kMagics), magic) != std::end(kMagics) ||
         (bytes[0] == 0x1f && bytes[1] == 0x8b);
}

/// The hello that begins in a frame (0: the first there is), put together over its segments.
std::vector<std::uint8_t> hello_in_capture(const std::string& path, std::uint32_t frame) {
  const std::vector<std::string> paths{path};
  const auto source = open_saved(paths);
  Decoder decoder;
  Packet packet;
  std::vector<std::uint8_t> bytes;
  Segment first;
  while (source->next(packet) == Source::Next::Got) {
    if (bytes.empty() && frame != 0 && number(packet.no) < frame) continue;
    const Decoded decoded = decoder.decode(packet);
    const auto* segment = std::get_if<Segment>(&decoded);
    const bool named = frame != 0 && number(packet.no) == frame;
    if (named && (segment == nullptr || segment->payload.empty()))
      throw CaptureError(fmt::format("frame {} of {} carries no TCP payload", frame, path));
    if (segment == nullptr || segment->payload.empty()) continue;
    if (bytes.empty()) {
      const auto look = tls::looks_like_client_hello(segment->payload);
      if (!named && look != tls::HelloLook::Tls) continue;
      first = *segment;
    } else if (segment->from != first.from || segment->to != first.to ||
               segment->header.seq != first.header.seq + static_cast<std::uint32_t>(bytes.size())) {
      continue;
    }
    bytes.insert(bytes.end(), segment->payload.begin(), segment->payload.end());
    if (tls::find_hello_message(bytes)) break;
    if (named && tls::looks_like_client_hello(bytes) != tls::HelloLook::Tls) break;
  }
  if (bytes.empty())
    throw CaptureError(frame != 0 ? fmt::format("{} has no frame {}", path, frame)
                                  : fmt::format("{} holds no ClientHello", path));
  return bytes;
}

std::string hex_dump(Bytes bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 16) {
    out += fmt::format("  {:04x} ", at);
    std::string text;
    for (std::size_t i = at; i < std::min(at + 16, bytes.size()); ++i) {
      out += fmt::format(" {:02x}", bytes[i]);
      text += bytes[i] >= 0x20 && bytes[i] < 0x7f ? static_cast<char>(bytes[i]) : '.';
    }
    out += std::string(3 * (16 - text.size()) + 2, ' ') + text + "\n";
  }
  return out;
}

template <class Name>
std::string named(std::span<const std::uint16_t> numbers, Name&& name) {
  std::string out;
  for (const std::uint16_t number : numbers) out += " " + name(number);
  return out;
}

/// Someone's hello, with a random of its own if that is asked for.
ProbeHello replayed(const ProbeAsk& ask, const SavedHello& saved) {
  ProbeHello hello;
  hello.bytes = saved.bytes;
  hello.why_unfinished = "it is somebody's hello, and only they have its keys";
  const auto message = tls::find_hello_message(saved.bytes);
  if (!message) return hello;
  hello.message = *message;
  constexpr std::size_t kRandomAt = 6;  // behind the header and legacy_version
  if (ask.fresh_random && hello.message.size() > kRandomAt + 32)
    fill_random(std::span(hello.message).subspan(kRandomAt, 32));
  if (ask.fresh_random || ask.record_split != 0 || saved.bytes == *message)
    hello.bytes = tls::in_records(hello.message, ask.record_split);
  return hello;
}

/// Null, and why, if nobody can make it.
std::optional<ProbeHello> hello_of(const ProbeAsk& ask, const tls::HelloWish& wish,
                                   const Target& target, const TlsClient::Roots& roots,
                                   std::string& why_not) {
  ProbeHello hello;
  TlsAsk tls_ask;
  if (openssl_can(ask, wish, target, tls_ask)) {
    hello.client = TlsClient::create(tls_ask, roots, hello.why_unfinished);
    if (hello.client)
      hello.message =
          tls::find_hello_message(hello.client->hello()).value_or(std::vector<std::uint8_t>{});
  } else {
    hello.why_unfinished = "OpenSSL, which would finish the handshake, cannot say this hello";
  }
  if (!hello.client || hello.message.empty()) {
    hello.client.reset();
    const tls::BuiltHello built = tls::build_hello(wish, fill_random);
    if (!built.hello) {
      why_not = built.problem;
      return std::nullopt;
    }
    hello.message = tls::handshake_message(*built.hello);
  }
  hello.bytes = tls::in_records(hello.message, ask.record_split);
  return hello;
}

/// Whether it still offers TLS 1.3 at the size it was brought to, or was not to.
bool offers_tls13(const ProbeHello& hello, const tls::HelloWish& wish) {
  constexpr std::uint16_t kTls13 = 0x0304;
  if (wish.highest != 0 && wish.highest < kTls13) return true;
  const auto read = tls::ClientHello::read(Bytes(hello.message).subspan(4));
  const tls::Numbers versions = read ? read->versions() : tls::Numbers();
  return std::find(versions.begin(), versions.end(), kTls13) != versions.end();
}

}  // namespace

std::vector<std::uint16_t> read_ciphers(const std::string& list) {
  return read_list(list, "cipher suite", tls::cipher_suite_name);
}

std::vector<std::uint16_t> read_groups(const std::string& list) {
  return read_list(list, "group", [](std::uint16_t number) { return tls::group_name(number); });
}

SavedHello read_saved_hello(const ProbeAsk& ask) {
  const auto [path, frame] = file_and_frame(ask.hello_file);
  refuse_to_replace(ask.write, {path});
  SavedHello saved;
  saved.bytes = contents_of(path);
  if (frame != 0 || is_capture(saved.bytes)) saved.bytes = hello_in_capture(path, frame);
  if (saved.bytes.empty()) throw CaptureError(fmt::format("{} is empty", path));
  const auto message = tls::find_hello_message(saved.bytes);
  saved.parses = message && tls::ClientHello::read(Bytes(*message).subspan(4)).has_value();
  if (!saved.parses && !ask.force)
    throw CaptureError(
        fmt::format("{} holds no ClientHello that can be read; --force sends it as it is", path));
  return saved;
}

std::optional<ProbeHello> try_hello(const ProbeAsk& ask, const Target& target,
                                    const TlsClient::Roots& roots, std::string& why_not) {
  tls::HelloWish wish = wish_for(ask, target);
  std::optional<ProbeHello> hello = hello_of(ask, wish, target, roots, why_not);
  const bool as_asked = ask.size.has_value() || ask.profile_given;
  if (as_asked || (hello && hello->client && offers_tls13(*hello, wish))) return hello;
  // A post-quantum share alone has 1216 bytes, a name up to 255: there the size is what comes out.
  wish.size = 0;
  std::optional<ProbeHello> longer = hello_of(ask, wish, target, roots, why_not);
  if (!longer) return hello;
  const bool says_more = !hello || longer->client || !offers_tls13(*hello, wish);
  return says_more ? std::move(longer) : std::move(hello);
}

namespace {

/// A break behind the end breaks nothing, and who asked for it would believe that it did.
void check_break(std::string_view option, std::size_t at, std::size_t size, std::string_view of) {
  if (at >= size && at > 0)
    throw UsageError(fmt::format("{} {}: {} has {} bytes", option, at, of, size));
}

}  // namespace

ProbeHello make_hello(const ProbeAsk& ask, const Target& target, const TlsClient::Roots& roots,
                      const SavedHello* saved) {
  std::string why_not;
  std::optional<ProbeHello> hello =
      saved != nullptr ? replayed(ask, *saved) : try_hello(ask, target, roots, why_not);
  if (!hello) throw UsageError(why_not);
  check_break("--split", ask.split, hello->bytes.size(), "the hello");
  if (!hello->message.empty())
    check_break("--record-split", ask.record_split, hello->message.size(), "the hello's message");
  return std::move(*hello);
}

std::string hello_text(const ProbeHello& hello) {
  std::string out = fmt::format("ClientHello, {} bytes on the wire\n", hello.bytes.size());
  if (hello.message.size() > 4) {
    const auto read = tls::ClientHello::read(Bytes(hello.message).subspan(4), true);
    out += "  server name   " + ascii_only(read->sni().value_or("(none)")) + "\n";
    out += "  versions     " + named(read->versions(), tls::version_name) + "\n";
    std::string alpn;
    for (const std::string& name : read->alpn()) alpn += " " + ascii_only(name);
    if (!alpn.empty()) out += "  alpn         " + alpn + "\n";
    out += "  ciphers      " + named(read->cipher_suites, tls::cipher_suite_name) + "\n";
    out += "  groups       " + named(read->groups(), tls::group_name) + "\n";
    for (const tls::KeyShare& share : read->key_shares())
      out +=
          fmt::format("  key share     {} ({} bytes)\n", tls::group_name(share.group), share.size);
    for (const tls::Extension& one : read->extensions)
      out += fmt::format("  extension     {} ({} bytes)\n", tls::extension_name(one.type),
                         one.body.size());
    out += "  ja3           " + read->ja3() + "\n  ja4           " + read->ja4() + "\n";
  }
  out += hello.client ? "  the handshake will be finished by OpenSSL\n"
                      : "  the probe stops at the first answer: " + hello.why_unfinished + "\n";
  return out + hex_dump(hello.bytes);
}

}  // namespace whohungup
