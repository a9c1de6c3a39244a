// See next_command.h.
#include "cli/next_command.h"

#include <fmt/core.h>

#include "cli/hello_options.h"
#include "cli/report/escape.h"
#include "cli/target.h"

namespace whohungup {
namespace {

/// Collects options with their values.
class Words {
 public:
  void add(std::string_view option, const std::string& value) {
    if (!value.empty()) out_ += fmt::format(" {} {}", option, shell_word(value));
  }
  void flag(std::string_view option, bool given) {
    if (given) out_ += fmt::format(" {}", option);
  }
  [[nodiscard]] const std::string& text() const { return out_; }

 private:
  std::string out_;
};

/// The target with another scheme in front, its port as it was: "imaps://a" becomes
/// "imap://a:993".
std::string with_scheme(const std::string& scheme, const std::string& text) {
  const Target target = read_target(text);
  const bool v6 = target.host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", scheme, v6 ? "[" : "", target.host, v6 ? "]" : "",
                     target.port);
}

}  // namespace

std::string options_again(const HelloWords& hello, const ProbeAsk& ask) {
  Words words;
  words.add("--sni", ask.sni.value_or(""));
  words.add("--hello-size", ask.size ? std::to_string(*ask.size) : "");
  words.add("--tls", hello.tls);
  words.add("--ciphers", hello.ciphers);
  words.add("--groups", hello.groups);
  words.add("--alpn", hello.alpn);
  words.add("--profile", hello.profile);
  words.add("--starttls", ask.starttls);
  words.add("-i", ask.device);
  words.add("--source", ask.source);
  words.flag("-4", ask.only_v4);
  words.flag("-6", ask.only_v6);
  words.flag("--no-capture", ask.no_capture);
  return words.text();
}

std::string next_command(std::string_view subcommand, const ProbeAsk& ask,
                         const std::string& target, const std::string& address) {
  Words words;
  if (!address.empty()) {
    words.add("--resolve", address);
  } else {
    for (const std::string& where : ask.resolve) words.add("--resolve", where);
  }
  if (subcommand != "diagnose") {  // it makes hellos of its own
    words.add("--hello", ask.hello_file);
    words.flag("--fresh-random", ask.fresh_random);
    words.flag("--force", ask.force);
    words.add("--split", ask.split > 0 ? std::to_string(ask.split) : "");
    words.add("--record-split", ask.record_split > 0 ? std::to_string(ask.record_split) : "");
  }
  return fmt::format("whohungup {} {}{}{}", subcommand, shell_word(target), ask.again,
                     words.text());
}

std::vector<std::string> with_next_commands(std::vector<std::string> steps, const ProbeAsk& ask,
                                            const std::string& target, const std::string& address) {
  std::vector<std::string> out;
  for (std::string& step : steps) {
    for (const std::string_view subcommand : {"diagnose", "trace"})
      if (step.starts_with(fmt::format("whohungup {} ", subcommand)))
        step = next_command(subcommand, ask, target, address);
    constexpr std::string_view kProbe = "whohungup probe ";
    if (const std::size_t end = step.find("://");
        step.starts_with(kProbe) && end != std::string::npos)
      step = next_command("probe", ask,
                          with_scheme(step.substr(kProbe.size(), end - kProbe.size()), target),
                          address);
    // The next attempt is another probe, whose packets are the client's side.
    const std::size_t compare = step.find("; then whohungup compare CLIENT.pcap");
    out.push_back(step.substr(0, compare));
    if (compare == std::string::npos) continue;
    out.push_back(next_command("probe", ask, target, address) + " -w client.pcapng");
    out.emplace_back("whohungup compare client.pcapng server.pcap");
  }
  return out;
}

}  // namespace whohungup
