// See hello_options.h.
#include "cli/hello_options.h"

#include <fmt/core.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>

#include "cli/next_command.h"
#include "cli/probe_hello.h"

namespace whohungup {
namespace {

std::uint16_t version_number(const std::string& text, const std::string& all) {
  if (text == "1.0") return 0x0301;
  if (text == "1.1") return 0x0302;
  if (text == "1.2") return 0x0303;
  if (text == "1.3") return 0x0304;
  throw UsageError(
      fmt::format("--tls \"{}\" makes no sense: 1.0, 1.1, 1.2, 1.3 or a range like 1.0..1.2", all));
}

void read_versions(const std::string& text, tls::HelloWish& wish) {
  if (text.empty()) return;
  std::size_t dots = text.find("..");
  std::size_t width = 2;
  if (dots == std::string::npos) dots = text.find('-'), width = 1;
  wish.lowest = version_number(text.substr(0, dots), text);
  wish.highest =
      dots == std::string::npos ? wish.lowest : version_number(text.substr(dots + width), text);
  if (wish.lowest > wish.highest)
    throw UsageError(fmt::format("--tls \"{}\": the lower version comes first", text));
}

std::vector<std::string> read_protocols(const std::string& list) {
  std::vector<std::string> names;
  std::size_t begin = 0;
  while (list != "none" && begin < list.size()) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string name = list.substr(begin, end - begin);
    if (name.empty() || name.size() > 255)
      throw UsageError("a protocol name of --alpn has 1 to 255 characters");
    names.push_back(name);
    begin = end + 1;
  }
  return names;
}

}  // namespace

void add_hello_words(CLI::App& app, HelloWords& words, ProbeAsk& ask) {
  app.add_option("--hello-size", ask.size,
                 "Bytes of the ClientHello on the wire, to the byte (default 332, more where the "
                 "name or the groups need it; 0: as it comes)")
      ->type_name("N")
      ->check(CLI::Range(0, 16389));
  app.add_option("--sni", ask.sni, "The name to ask for (default: the target's), or none")
      ->type_name("NAME");
  app.add_option("--alpn", words.alpn, "Protocols, comma separated, or none")->type_name("LIST");
  app.add_option("--tls", words.tls, "A version or a range: 1.2, 1.0..1.3")->type_name("RANGE");
  app.add_option("--ciphers", words.ciphers, "Cipher suites by IANA name or number")
      ->type_name("LIST");
  app.add_option("--groups", words.groups, "Groups; X25519MLKEM768 brings its 1216-byte key share")
      ->type_name("LIST");
  app.add_option("--profile", words.profile, "Say what this client would say")
      ->type_name("CLIENT")
      ->check(CLI::IsMember({"openssl", "curl", "go", "java", "firefox", "chrome"}));
}

void add_whole_hello(CLI::App& app, ProbeAsk& ask) {
  CLI::Option* const whole =
      app.add_option("--hello", ask.hello_file,
                     "Send somebody's ClientHello, byte for byte: a capture[:FRAME] or a raw file")
          ->type_name("FILE");
  for (const char* part :
       {"--hello-size", "--sni", "--alpn", "--tls", "--ciphers", "--groups", "--profile"})
    whole->excludes(app.get_option(part));  // its bytes say what they say
  app.add_flag("--fresh-random", ask.fresh_random, "With --hello: a new random, the rest as it is");
  app.add_flag("--force", ask.force, "With --hello: send it even if it does not parse");
  app.add_option("--split", ask.split, "Send the first N bytes in a TCP segment of their own")
      ->type_name("N")
      ->check(CLI::Range(1, 16384));
  app.add_option("--record-split", ask.record_split,
                 "Put the first N bytes of the message in a TLS record of their own")
      ->type_name("N")
      ->check(CLI::Range(1, 16384));
}

void understand_hello(const HelloWords& words, ProbeAsk& ask) {
  ask.profile_given = !words.profile.empty();
  if (ask.profile_given) ask.hello.profile = *tls::profile_named(words.profile);
  read_versions(words.tls, ask.hello);
  if (!words.ciphers.empty()) ask.hello.cipher_suites = read_ciphers(words.ciphers);
  if (!words.groups.empty()) ask.hello.groups = read_groups(words.groups);
  if (!words.alpn.empty()) ask.hello.alpn = read_protocols(words.alpn);
  if (ask.sni && ask.sni->size() > 255)
    throw UsageError("--sni: a name has 255 characters at most");
  ask.again = options_again(words, ask);
}

}  // namespace whohungup
