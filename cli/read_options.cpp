// The command line of `whohungup read`.

#include <fmt/core.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string_view>

#include "cli/interrupt.h"
#include "cli/large_pages.h"
#include "cli/output.h"
#include "cli/read.h"
#include "cli/shared_options.h"

namespace whohungup {
namespace {

constexpr const char* kFooter = R"(Examples:
  whohungup read incident.pcapng             who hung up on whom, a line each
  whohungup read incident.pcapng --flow 3    the whole story of one, with its proof
  whohungup read incident.pcapng -o ticket   the proof in a folder, for another team
  whohungup read a.pcap.gz b.pcap.zst --json one object a flow, for jq
  tcpdump -i eth0 -w - | whohungup read - -- host 192.0.2.7

Exit status: 0 every handshake judged was completed, 1 at least one was hung up on,
2 usage, 3 an input could not be read, 4 no TLS flow was found.)";

/// Words that begin a filter, where a file is expected: its `--` was forgotten.
void refuse_filter_words(const std::vector<std::string>& files) {
  constexpr std::string_view kWords[] = {"host", "net", "port", "portrange", "src",  "dst",
                                         "tcp",  "ip",  "ip6",  "ether",     "vlan", "not"};
  for (const std::string& file : files)
    if (std::find(std::begin(kWords), std::end(kWords), file) != std::end(kWords) &&
        !std::filesystem::exists(file))
      throw UsageError(
          fmt::format("read: there is no file \"{0}\"; a filter goes behind `--`: whohungup read "
                      "FILE -- {0} ...",
                      file));
}

}  // namespace

std::string joined_words(const TrailingWords& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

void add_read(CLI::App& program, const TrailingWords& trailing, Chosen& chosen) {
  struct Given {
    ReadOptions ask;
    std::vector<std::string> r_files;
    std::string colour{"auto"};
  };
  const auto given = std::make_shared<Given>();
  ReadOptions& ask = given->ask;

  CLI::App* read = program.add_subcommand("read", "Judge every TLS handshake in saved captures");
  read->footer(kFooter);
  read->add_option("FILE", ask.files,
                   "pcap or pcapng, plain, .gz or .zst; - for standard input; several are one "
                   "capture in time order");
  read->add_option("-r", given->r_files, "The same, for fingers that know tcpdump")
      ->type_name("FILE")
      ->allow_extra_args(false);
  read->add_flag("--json", ask.json, "NDJSON: one object a flow, then a summary object");
  CLI::Option* failed =
      read->add_flag("--failed", ask.failed, "Leave out the completed ones (text does already)");
  CLI::Option* all =
      read->add_flag("--all", ask.all, "List completed handshakes and health probes too");
  CLI::Option* summary = read->add_flag("--summary", ask.summary, "The counts alone");
  CLI::Option* flow = read->add_option("--flow", ask.flow, "The full story of flow N")
                          ->type_name("N")
                          ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{UINT32_MAX}));
  read->add_option("--port", ask.ports, "A port where TLS is expected, too (repeatable)")
      ->type_name("P")
      ->allow_extra_args(false)
      ->check(CLI::Range(1, 65535));
  add_memory(*read, ask.memory, 1'000'000,
             "The most memory flows may take, e.g. 256M (default 1G); when it is used up, "
             "flows are told early, finished ones first, and the report says so");
  read->add_option("--threads", ask.threads,
                   "Judge and write beside reading, with N threads (default 1); the output is the "
                   "same")
      ->type_name("N")
      ->check(CLI::Range(1, 64));
  read->add_option("--keylog", ask.key_log, "TLS secrets (SSLKEYLOGFILE) to decrypt with")
      ->type_name("FILE");
  read->add_option("-w", ask.packets_file,
                   "Write the failed flows' packets to a pcapng file, with comments on those the "
                   "verdicts cite")
      ->type_name("FILE")
      ->check(named);
  CLI::Option* bundle =
      read->add_option("-o", ask.bundle, "Write an evidence bundle: packets, report and checksums")
          ->type_name("DIR")
          ->check(named);
  read->add_option("--sign", ask.sign_key, "Sign the bundle with this SSH key")
      ->type_name("KEY")
      ->needs(bundle);
  read->add_flag("--anonymize", ask.anonymize,
                 "Replace addresses, names and payload in what -o and -w write; verdicts stay");
  read->add_flag("-n", ask.numeric, "Addresses instead of names");
  read->add_flag("-v", ask.verbose, "Each verdict's sentence, and what was skipped and why");
  read->add_flag("-q", ask.quiet, "No warnings and no progress on standard error");
  add_colour(*read, given->colour);
  failed->excludes(all);
  flow->excludes(summary)->excludes(failed)->excludes(all);

  read->callback([given, &trailing, &chosen] {
    ReadOptions& options = given->ask;
    options.files.insert(options.files.begin(), given->r_files.begin(), given->r_files.end());
    options.filter = joined_words(trailing);
    options.colour = colour_wanted(given->colour);
    options.columns = columns_wanted();
    chosen = [given] {
      if (given->ask.files.empty())
        throw UsageError("read: which capture? Name a file, or - for standard input");
      refuse_filter_words(given->ask.files);
      if (given->ask.anonymize && given->ask.bundle.empty() && given->ask.packets_file.empty())
        throw UsageError(
            "read: --anonymize is about what -o and -w write, not about what is printed; give one "
            "of them");
      watch_for_interrupt();
      use_large_pages();
      return read_captures(given->ask);
    };
  });
}

}  // namespace whohungup
