// `whohungup probe`: arms a capture, connects, sends one ClientHello, and judges what happened.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "dissect/tls_hello_build.h"

namespace whohungup {

/// What the command line of `probe` asks for.
struct ProbeAsk {
  std::vector<std::string> targets;
  // The hello.
  tls::HelloWish hello;  // sni and size are filled in for each target
  bool profile_given{};
  std::optional<std::string> sni;  // "none": no server_name; nothing: the target's name
  std::optional<std::size_t> size;
  std::string hello_file;  // FILE or FILE:FRAME
  bool fresh_random{}, force{};
  std::size_t split{}, record_split{};  // 0: in one piece
  std::chrono::milliseconds pause{250};
  // The connection.
  std::string starttls;              // overrides the scheme's
  std::string device;                // -i
  std::string source;                // an address to send from
  std::vector<std::string> resolve;  // addresses instead of the resolver's
  bool only_v4{}, only_v6{};
  std::string again;  // the options above that `diagnose` and `trace` have, too (next_command.h)
  unsigned count{1};
  double interval_s{1}, timeout_s{8};
  bool hello_only{}, passive{}, no_capture{};
  // The telling.
  bool print_hello{}, dry_run{};
  std::string write;     // -w
  std::string bundle;    // -o, a directory
  std::string sign_key;  // of the bundle
  bool anonymize{};      // what -o writes
  bool json{}, numeric{}, verbose{}, quiet{}, colour{};
};

/// Probes, judges and tells. Throws CaptureError, UsageError.
Exit probe(const ProbeAsk&);

}  // namespace whohungup
