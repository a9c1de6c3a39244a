// The form for people: a table of the hang-ups, a line each, and the counts at the end.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "cli/output.h"
#include "cli/report/report.h"
#include "cli/report/style.h"

namespace whohungup {

class TextReport : public LineReport {
 public:
  struct Options {
    bool all{};        // list completed handshakes and health probes too, after the failed
    bool summary{};    // the counts alone
    bool sentences{};  // below each line, the verdict's sentence
    bool numeric{};    // addresses, not the names the hellos ask for
    Style style{false};
  };
  TextReport(Output& out, Options ask) : out_(out), ask_(ask) {}

  void line(const JudgedFlow&, TextBuffer& to) const override;
  void put(std::string_view line, bool failed) override;
  void end(const Totals&, const FlowCounts&, const CaptureNotes&) override;

 private:
  void list(std::string_view line);
  void put_aside(std::string_view line);
  void list_put_aside();

  struct CloseFile {
    void operator()(std::FILE* file) const;
  };
  Output& out_;
  Options ask_;
  bool header_written_{};
  // Lines for after the failed ones. In a file and not in memory: they may be millions.
  std::unique_ptr<std::FILE, CloseFile> aside_;
};

/// One line of the table, at most 100 columns wide, without a line end. `numeric`: addresses
/// instead of the name the hello asks for.
std::string table_line(const JudgedFlow&, bool numeric, const Style& = Style(false));
void append_table_line(TextBuffer&, const JudgedFlow&, bool numeric, const Style&);

/// The counts by verdict and what was not judged, as the end of the report.
std::string totals_text(const Totals&, const FlowCounts&, const CaptureNotes&, const Style&,
                        bool verbose);

}  // namespace whohungup
