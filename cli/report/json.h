// The NDJSON form (CONTRACT.md): one object a flow, one summary object at the end. Its schema is
// docs/schema.json.
#pragma once

#include "cli/output.h"
#include "cli/report/json_writer.h"
#include "cli/report/report.h"

namespace whohungup {

class JsonReport : public LineReport {
 public:
  struct Options {
    bool failed_only{};   // leave the completed flows out
    bool summary_only{};  // the last object alone
  };
  JsonReport(Output& out, Options ask) : out_(out), ask_(ask) {}

  void line(const JudgedFlow&, TextBuffer& to) const override;
  void put(std::string_view line, bool failed) override;
  void end(const Totals&, const FlowCounts&, const CaptureNotes&) override;

 private:
  Output& out_;
  Options ask_;
};

/// The flow object.
void write_flow_object(JsonWriter&, const JudgedFlow&);
/// Its "comparison" with the capture at the other end (compare_json.cpp).
void write_comparison(JsonWriter&, const ComparedFlow&);
/// The same as a line.
std::string flow_line(JsonWriter&, const JudgedFlow&);
/// The summary object, as a line.
std::string summary_line(JsonWriter&, const Totals&, const FlowCounts&, const CaptureNotes&);
/// The values of the flow object's "tcp" and "tls".
void write_tcp(JsonWriter&, const Conversation&);
void write_tls(JsonWriter&, const Conversation&, Remembered&);

}  // namespace whohungup
