// The command line of `whohungup compare`.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>

#include "cli/compare.h"
#include "cli/interrupt.h"
#include "cli/large_pages.h"
#include "cli/output.h"
#include "cli/shared_options.h"

namespace whohungup {
namespace {

constexpr const char* kFooter = R"(Examples:
  whohungup compare client.pcap server.pcap            what happened in between, flow by flow
  whohungup compare client.pcap server.pcap -o ticket  the proof in a folder, for both teams
  whohungup compare client.pcap server.pcap router.pcap   and on which side of the router
  whohungup compare --client c1.pcap --client c2.pcap --server s.pcap.gz --json

The clocks need not agree, not even the time zone. Addresses, ports and sequence numbers may have
been rewritten on the way.

Exit status: 0 every handshake judged was completed, 1 at least one was hung up on,
2 usage, 3 an input could not be read, 4 no TLS flow was found in either.)";

/// CLIENT SERVER [MIDDLE], and the files that options add to each.
void take_files(const std::vector<std::string>& files, CompareOptions& ask) {
  std::vector<std::string>* const places[] = {&ask.client_files, &ask.server_files,
                                              &ask.middle_files};
  constexpr const char* kNames[] = {"--client", "--server", "--middle"};
  std::size_t next = 0;
  for (const std::string& file : files) {
    while (next < std::size(places) && !places[next]->empty() && files.size() < 2) ++next;
    if (next == std::size(places))
      throw UsageError(
          "compare takes the client's capture, the server's and one from the middle; "
          "name further files of one of them with --client, --server or --middle");
    places[next]->insert(places[next]->begin(), file);
    ++next;
  }
  for (std::size_t i = 0; i < 2; ++i)
    if (places[i]->empty())
      throw UsageError(std::string("compare needs two captures: the client's and the server's (") +
                       kNames[i] + " is missing)");
  std::size_t from_input = 0;
  for (const auto* place : places)
    for (const std::string& file : *place) from_input += file == "-" ? 1U : 0U;
  if (from_input > 1) throw UsageError("only one of the captures can come from standard input");
}

}  // namespace

void add_compare(CLI::App& program, const TrailingWords& trailing, Chosen& chosen) {
  struct Given {
    CompareOptions ask;
    std::vector<std::string> files;
    std::string colour{"auto"};
  };
  const auto given = std::make_shared<Given>();
  CompareOptions& ask = given->ask;

  CLI::App* compare = program.add_subcommand(
      "compare", "The same flow captured at both ends: what was lost, made or changed on the way");
  compare->footer(kFooter);
  compare->add_option("CAPTURE", given->files,
                      "The client's capture, the server's and, if there is one, one from the "
                      "middle; pcap or pcapng, plain, .gz or .zst; - for standard input");
  const auto more = [&](const char* option, std::vector<std::string>& files, const char* words) {
    compare->add_option(option, files, words)->type_name("FILE")->allow_extra_args(false);
  };
  more("--client", ask.client_files, "A file of the client's capture (repeatable)");
  more("--server", ask.server_files, "A file of the server's capture (repeatable)");
  more("--middle", ask.middle_files, "A file of a capture made in between (repeatable)");
  compare
      ->add_option("--trace", ask.trace_file,
                   "What whohungup trace --json printed of the same server, to name the hops")
      ->type_name("FILE");
  compare->add_flag("--json", ask.json, "NDJSON: one object a flow, then a summary object");
  compare->add_flag("--failed", ask.failed, "Leave out the completed ones (text does already)");
  CLI::Option* all =
      compare->add_flag("--all", ask.all, "Completed handshakes and unrelated flows, too");
  CLI::Option* summary = compare->add_flag("--summary", ask.summary, "The counts alone");
  CLI::Option* flow = compare->add_option("--flow", ask.flow, "Only flow N, packet by packet")
                          ->type_name("N")
                          ->check(CLI::NonNegativeNumber);
  compare->add_option("--port", ask.ports, "A port where TLS is expected, too (repeatable)")
      ->type_name("P")
      ->allow_extra_args(false)
      ->check(CLI::Range(1, 65535));
  add_memory(*compare, ask.memory, 0,
             "The most memory flows of one capture may take, e.g. 256M (default 1G); flows "
             "beyond that are counted as not compared");
  compare->add_option("--keylog", ask.key_log, "TLS secrets (SSLKEYLOGFILE), to read sealed alerts")
      ->type_name("FILE");
  compare->add_option("-o", ask.bundle, "Write an evidence bundle into a new directory")
      ->type_name("DIR");
  compare->add_flag("-v,--verbose", ask.verbose, "Every packet, also where nothing happened to it");
  compare->add_flag("-q,--quiet", ask.quiet, "No warnings");
  add_colour(*compare, given->colour);
  flow->excludes(all)->excludes(summary);

  compare->callback([given, &trailing, &chosen] {
    CompareOptions& wish = given->ask;
    take_files(given->files, wish);
    wish.filter = joined_words(trailing);
    wish.colour = colour_wanted(given->colour);
    chosen = [given] {
      watch_for_interrupt();
      use_large_pages();
      return compare_captures(given->ask);
    };
  });
}

}  // namespace whohungup
