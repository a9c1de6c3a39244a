// The command line of `whohungup verify`.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>

#include "cli/verify.h"

namespace whohungup {
namespace {

constexpr const char* kFooter =
    R"(It checks that no file was changed, added or removed (SHA256SUMS), that the
signature holds if there is one (SHA256SUMS.sig, made by ssh-keygen -Y), and that
judging flow.pcapng again gives report.json, the pages, summary.txt and the
comments in flow.pcapng again.
Every difference is named.

Exit status: 0 all of it holds, 1 something differs, 2 usage, 3 it could not be read.)";

}  // namespace

void add_verify(CLI::App& program, const TrailingWords&, Chosen& chosen) {
  const auto ask = std::make_shared<VerifyOptions>();
  CLI::App* verify = program.add_subcommand(
      "verify", "Check an evidence bundle's sums, and that its report follows from its capture");
  verify->footer(kFooter);
  verify->add_option("DIR", ask->directory, "The bundle, as `read -o` or `probe -o` wrote it")
      ->required();
  verify
      ->add_option("--signers", ask->signers,
                   "Who may have signed it: an allowed_signers file as ssh-keygen(1) has it")
      ->type_name("FILE");
  verify
      ->add_option("--keylog", ask->key_log,
                   "TLS secrets it was judged with, where they were kept out of it")
      ->type_name("FILE");
  verify->add_flag("-q", ask->quiet, "Print only what differs");
  verify->callback([ask, &chosen] { chosen = [ask] { return verify_bundle(*ask); }; });
}

}  // namespace whohungup
