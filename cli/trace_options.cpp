// The command line of `whohungup trace`.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>

#include "cli/hello_options.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/shared_options.h"
#include "cli/trace.h"

namespace whohungup {
namespace {

constexpr const char* kFooter =
    R"(Sends the same hello again and again with a rising hop limit, beside SYNs, a control hello with
another name and a few datagrams, each sweep from one source port. Who answers a hello that cannot
have reached the one who answers SYNs is not the server. Every connection is left with a reset, so
that no hello is repeated with more hops than it had.

TARGET is one of probe's; its first address is traced. A trace of 12 hops takes about 50 connections
and a minute; --interval and --wait set its pace. It works without privileges: then only the socket
is heard, and nothing can be proven. Routers limit their ICMP: what is missing proves nothing.

Examples:
  whohungup trace imaps://mail.example.org
  whohungup trace www.example.org --sni blocked.example.org --control www.example.org
  whohungup trace 192.0.2.7:443 --sweeps 4 --wait 2 -n -w sweeps.pcapng

Exit status: 0 the handshake was completed at full hop limit, 1 it was hung up on, 2 usage,
3 an address, a route or a file is missing, 4 nothing could be traced.)";

}  // namespace

void add_trace(CLI::App& program, const TrailingWords& trailing, Chosen& chosen) {
  struct Given {
    HelloWords hello;
    TraceAsk ask;
    std::string target, colour{"auto"};
  };
  const auto given = std::make_shared<Given>();
  ProbeAsk& probe = given->ask.probe;
  probe.timeout_s = 4;  // silence is silence after 3 s
  // Between the pieces of --split: long enough for boxes to see two segments, and too short for the
  // kernel to repeat the first (200 ms), behind which it would hold the second back.
  probe.pause = std::chrono::milliseconds(20);
  CLI::App* app = program.add_subcommand(
      "trace", "Say which hop answers the ClientHello, drops it or resets it");
  app->footer(kFooter);
  app->add_option("TARGET", given->target, "host, host:port, [v6]:port or a URL")->required();
  add_hello_words(*app, given->hello, probe);
  add_whole_hello(*app, probe);
  app->add_option("--control", given->ask.control,
                  "The name in the control hello (default example.com)")
      ->type_name("NAME");
  app->add_option("--sweeps", given->ask.sweeps, "Source ports to sweep from (default 2)")
      ->type_name("N")
      ->check(CLI::Range(1, 16));
  app->add_option("--max-hops", given->ask.most_hops, "The highest hop limit (default 30)")
      ->type_name("N")
      ->check(CLI::Range(1, 60));
  app->add_option("--wait", given->ask.wait_s, "Seconds to wait for what comes back (default 1)")
      ->type_name("S")
      ->check(CLI::Range(0.05, 30.0));
  app->add_option("--interval", given->ask.interval_s, "Seconds between hellos (default 0.5)")
      ->type_name("S")
      ->check(CLI::Range(0.0, 600.0));
  add_way(*app, probe);
  app->add_option("-w", probe.write, "Write all packets as pcapng")->type_name("FILE");
  app->add_flag("--json", probe.json, "NDJSON: one object");
  app->add_flag("-n", probe.numeric, "Addresses instead of names");
  app->add_flag("-q", probe.quiet, "No progress");
  add_colour(*app, given->colour);
  app->callback([given, &trailing, &chosen] {
    if (!trailing.empty()) throw UsageError("trace takes no filter: it captures its own packets");
    ProbeAsk& asked = given->ask.probe;
    asked.targets = {given->target};
    understand_hello(given->hello, asked);
    check_starttls(asked);
    asked.colour = colour_wanted(given->colour);
    chosen = [given] {
      watch_for_interrupt();
      return trace(given->ask);
    };
  });
}

}  // namespace whohungup
