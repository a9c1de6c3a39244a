// See shared_options.h.
#include "cli/shared_options.h"

#include <fmt/core.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "capture/dial_starttls.h"

namespace whohungup {

std::string named(const std::string& name) { return name.empty() ? "needs a name" : ""; }

void add_colour(CLI::App& app, std::string& when) {
  app.add_option("--color", when, "auto, always or never; NO_COLOR is honoured")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
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
