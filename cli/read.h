// `whohungup read`: judges every TLS handshake in saved captures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/report/report.h"
#include "dissect/flow_table.h"

namespace whohungup {

/// What the command line of `read` asks for.
struct ReadOptions {
  std::vector<std::string> files;  // "-" is standard input
  std::string filter;              // BPF, empty: every frame
  std::vector<std::uint16_t> ports;
  std::string key_log;  // a file of TLS secrets, empty: none
  std::optional<std::uint64_t> flow;
  std::uint64_t memory{FlowLimits{}.memory};  // bytes for all flows together
  std::string packets_file;                   // -w
  std::string bundle;                         // -o, a directory
  std::string sign_key;                       // of the bundle
  unsigned threads{1};
  bool anonymize{};  // what -w and -o write
  bool json{}, failed{}, all{}, summary{};
  bool numeric{}, verbose{}, quiet{};
  bool colour{};
  std::size_t columns{100};  // of text
  bool interruptible{true};  // ^C ends the reading; not where all packets are here already
};

/// What became of a source's flows.
struct SourceJudged {
  Totals totals;
  std::uint64_t flows{};  // judged ones, told or not
};

/// The one way from frames to verdicts, for saved captures and for what a probe has caught: judges
/// every flow of the source, has it told, and the totals at the end. Files are not asked for;
/// what `-w` and `-o` name is written.
SourceJudged judge_source(Source&, const ReadOptions&, Report&);

/// Reads, judges and tells. Throws CaptureError if nothing could be read, UsageError if the
/// filter or the flow's number makes no sense.
Exit read_captures(const ReadOptions&);

}  // namespace whohungup
