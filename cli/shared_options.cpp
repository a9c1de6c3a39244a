// See shared_options.h.
#include "cli/shared_options.h"

#include <fmt/core.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

#include "capture/dial_starttls.h"
#include "cli/report/escape.h"

namespace whohungup {
namespace {

/// "256M", "256 MB" and "256MiB" alike, with K, M, G or T of 1024; nothing if it is no size.
std::optional<std::uint64_t> bytes_of(const std::string& size) {
  constexpr std::uint64_t kMost = 1'000'000'000'000'000;
  std::uint64_t number{};
  const char* const end = size.data() + size.size();
  const auto [behind, error] = std::from_chars(size.data(), end, number);
  if (error != std::errc{}) return std::nullopt;
  std::string unit = CLI::detail::to_lower(CLI::detail::trim_copy(std::string(behind, end)));
  if (unit.ends_with('b')) unit.pop_back();
  if (unit.ends_with('i')) unit.pop_back();
  unsigned shift = 0;
  for (const std::string_view known : {"", "k", "m", "g", "t"}) {
    if (unit == known && number <= kMost >> shift) return number << shift;
    shift += 10;
  }
  return std::nullopt;
}

}  // namespace

std::string named(const std::string& name) { return name.empty() ? "needs a name" : ""; }

void add_colour(CLI::App& app, std::string& when) {
  app.add_option("--color", when, "auto, always or never; NO_COLOR is honoured")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
}

void add_memory(CLI::App& app, std::uint64_t& bytes, std::uint64_t least, const std::string& what) {
  const auto to_bytes = [least](std::string& size) {
    const auto number = bytes_of(size);
    if (number && *number >= least) {
      size = std::to_string(*number);
      return std::string();
    }
    return fmt::format(
        "\"{}\" will not do; give a whole number of bytes, or one with K, M or G behind it{}",
        harmless(size), least > 0 ? fmt::format(", and at least {}", least) : "");
  };
  app.add_option("--memory", bytes, what)
      ->type_name("SIZE")
      ->transform(CLI::Validator(to_bytes, "", ""));
}

void add_way(CLI::App& app, ProbeAsk& ask) {
  app.add_option("--starttls", ask.starttls, "Ask for TLS in this protocol, or none")
      ->type_name("PROTOCOL");
  app.add_option("-i", ask.device, "Capture here (default: where the route leads)")
      ->type_name("IFACE");
  app.add_option("--source", ask.source, "Send from this address")->type_name("ADDRESS");
  app.add_option("--resolve", ask.resolve,
                 "Use this address, not the resolver's: ADDRESS or HOST:PORT:ADDRESS (repeatable)")
      ->type_name("WHERE")
      ->allow_extra_args(false);
  CLI::Option* v4 = app.add_flag("-4", ask.only_v4, "IPv4 addresses only");
  app.add_flag("-6", ask.only_v6, "IPv6 addresses only")->excludes(v4);
  app.add_flag("--no-capture", ask.no_capture, "As without the privilege to capture");
}

void check_starttls(const ProbeAsk& ask) {
  if (!ask.starttls.empty() && ask.starttls != "none" && !knows_starttls(ask.starttls))
    throw UsageError(fmt::format("there is no STARTTLS dialogue for \"{}\"", ask.starttls));
}

void add_bundle(CLI::App& app, ProbeAsk& ask, const std::string& what) {
  CLI::Option* bundle = app.add_option("-o", ask.bundle, what)->type_name("DIR")->check(named);
  app.add_option("--sign", ask.sign_key, "Sign the bundle with this SSH key")
      ->type_name("KEY")
      ->needs(bundle);
  app.add_flag("--anonymize", ask.anonymize,
               "Replace addresses, names and payload in the bundle; verdicts stay")
      ->needs(bundle);
}

}  // namespace whohungup
