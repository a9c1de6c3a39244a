// Reading a key log: "LABEL <client random in hex> <secret in hex>" a line (RFC 9850 §2).
#include <map>

#include "dissect/plaintext_text.h"
#include "dissect/tls_decrypt.h"

namespace whohungup::tls {
namespace {

using Random = std::array<std::uint8_t, 32>;
constexpr std::size_t kMasterSecret = 48;  // RFC 5246 §8.1
constexpr std::size_t kLongestSecret = 64;

int hex_digit(char c) {
  if (text::is_digit(c)) return c - '0';
  const char low = text::lower(c);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/// The bytes of an even number of hex digits; empty for anything else.
std::vector<std::uint8_t> from_hex(std::string_view hex) {
  std::vector<std::uint8_t> out;
  if (hex.size() % 2 != 0) return out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = hex_digit(hex[i]);
    const int low = hex_digit(hex[i + 1]);
    if (high < 0 || low < 0) return {};
    out.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return out;
}

bool is_label(std::string_view s) {
  for (const char c : s)
    if (!(c >= 'A' && c <= 'Z') && !text::is_digit(c) && c != '_') return false;
  return !s.empty();
}

}  // namespace

struct KeyLog::State {
  std::map<Random, std::map<std::string, std::vector<std::uint8_t>, std::less<>>> sessions;
  std::size_t ignored{};

  bool add_line(std::string_view line) {
    const std::string_view label = text::next_word(line);
    const auto random = from_hex(text::next_word(line));
    auto secret = from_hex(text::next_word(line));
    if (!is_label(label) || random.size() != 32 || !text::trimmed(line).empty()) return false;
    if (secret.empty() || secret.size() > kLongestSecret) return false;
    if (label == "CLIENT_RANDOM" && secret.size() != kMasterSecret) return false;
    Random key{};
    std::copy(random.begin(), random.end(), key.begin());
    sessions[key].insert_or_assign(std::string(label), std::move(secret));
    return true;
  }
};

KeyLog::KeyLog() : state_(std::make_unique<State>()) {}
KeyLog::~KeyLog() = default;
KeyLog::KeyLog(KeyLog&&) noexcept = default;
KeyLog& KeyLog::operator=(KeyLog&&) noexcept = default;

void KeyLog::add(std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = text::trimmed(lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (line.empty() || line.starts_with('#')) continue;
    if (!state_->add_line(line)) ++state_->ignored;
  }
}

bool KeyLog::empty() const { return state_->sessions.empty(); }
std::size_t KeyLog::sessions() const { return state_->sessions.size(); }
std::size_t KeyLog::ignored_lines() const { return state_->ignored; }

bool KeyLog::knows(const Random& client_random) const {
  return state_->sessions.count(client_random) != 0;
}

Bytes KeyLog::secret(const Random& client_random, std::string_view label) const {
  const auto session = state_->sessions.find(client_random);
  if (session == state_->sessions.end()) return {};
  const auto found = session->second.find(label);
  return found == session->second.end() ? Bytes{} : Bytes(found->second);
}

}  // namespace whohungup::tls
