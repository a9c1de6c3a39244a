// See target.h.
#include "cli/target.h"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "cli/command.h"
#include "cli/report/escape.h"

namespace whohungup {
namespace {

struct Scheme {
  std::string_view name;
  std::uint16_t port{};
  std::string_view starttls;
};

constexpr std::array<Scheme, 22> kSchemes{{
    {"https", 443, ""},
    {"tls", 443, ""},
    {"imaps", 993, ""},
    {"pop3s", 995, ""},
    {"smtps", 465, ""},
    {"ldaps", 636, ""},
    {"ftps", 990, ""},
    {"xmpps", 5223, ""},
    {"nntps", 563, ""},
    {"imap", 143, "imap"},
    {"pop3", 110, "pop3"},
    {"smtp", 25, "smtp"},
    {"submission", 587, "smtp"},
    {"lmtp", 24, "lmtp"},
    {"ldap", 389, "ldap"},
    {"ftp", 21, "ftp"},
    {"xmpp", 5222, "xmpp"},
    {"sieve", 4190, "sieve"},
    {"nntp", 119, "nntp"},
    {"postgres", 5432, "postgres"},
    {"postgresql", 5432, "postgres"},
    {"mysql", 3306, "mysql"},
}};

[[noreturn]] void refuse(std::string_view target, std::string_view why) {
  throw UsageError(fmt::format("the target \"{}\" makes no sense: {}", harmless(target), why));
}

bool is_v6(const std::string& text) {
  std::array<char, 16> bytes{};
  return inet_pton(AF_INET6, text.substr(0, text.find('%')).c_str(), bytes.data()) == 1;
}

bool is_v4(const std::string& text) {
  std::array<char, 4> bytes{};
  return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1;
}

std::uint16_t read_port(std::string_view text, std::string_view target) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size())
    refuse(target, fmt::format("\"{}\" is no port (1 to 65535)", harmless(text)));
  if (port == 0) refuse(target, "port 0 is no port one can connect to");
  return port;
}

void check_name(const std::string& host, std::string_view target) {
  if (host.empty()) refuse(target, "it has no host");
  if (host.size() > 253) refuse(target, "a host name has 253 characters at most");
  for (const char c : host) {
    if (static_cast<unsigned char>(c) > 0x7e)
      refuse(target, "write the name in ASCII, as the DNS has it (xn--…)");
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '.' || c == '_';
    if (!fine) refuse(target, fmt::format("no host name holds \"{}\"", harmless({&c, 1})));
  }
}

}  // namespace

Target read_target(std::string_view text) {
  Target target;
  target.text = text;
  target.port = 443;
  std::string_view rest = text;
  if (const std::size_t colon = rest.find("://"); colon != std::string_view::npos) {
    const std::string_view name = rest.substr(0, colon);
    const auto scheme = std::find_if(kSchemes.begin(), kSchemes.end(),
                                     [&](const Scheme& one) { return one.name == name; });
    if (scheme == kSchemes.end())
      refuse(text,
             fmt::format("there is no scheme \"{}\"; https imaps pop3s smtps ldaps ftps xmpps "
                         "begin with TLS, imap pop3 smtp lmtp ldap ftp xmpp sieve nntp "
                         "postgres mysql ask for it",
                         harmless(name)));
    target.port = scheme->port;
    target.starttls = scheme->starttls;
    rest.remove_prefix(colon + 3);
    rest = rest.substr(0, rest.find_first_of("/?#"));
    if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos)
      rest.remove_prefix(at + 1);
  }
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) refuse(text, "the bracket is not closed");
    target.host = rest.substr(1, close - 1);
    if (!is_v6(target.host)) refuse(text, "what is in brackets is no IPv6 address");
    rest.remove_prefix(close + 1);
    if (!rest.empty() && !rest.starts_with(':')) refuse(text, "a port comes after a colon");
    if (!rest.empty()) target.port = read_port(rest.substr(1), text);
  } else if (is_v6(std::string(rest))) {
    target.host = rest;
  } else {
    const std::size_t colon = rest.rfind(':');
    target.host = rest.substr(0, colon);
    if (colon != std::string_view::npos) target.port = read_port(rest.substr(colon + 1), text);
    check_name(target.host, text);
    while (target.host.size() > 1 && target.host.back() == '.') target.host.pop_back();
  }
  target.is_address = is_v6(target.host) || is_v4(target.host);
  return target;
}

}  // namespace whohungup
