#include "cli/report/compare_report.h"

#include <fmt/core.h>

#include "cli/report/json.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

class CompareJson : public CompareReport {
 public:
  CompareJson(Output& out, const CompareOptions& ask) : out_(out), ask_(ask) {}

  void flow(const ComparedFlow& flow) override {
    if (ask_.summary || (ask_.failed && !flow.flow.verdict().failed())) return;
    JudgedFlow judged{flow.flow.index, flow.flow.talk, flow.flow.judgement, flow.flow.notes, &flow};
    out_.write(flow_line(json_, judged));
  }

  void end(const ComparedTotals& totals, const CaptureNotes& client,
           const CaptureNotes& server) override {
    json_.open_object().field("schema", "whohungup/1").field("type", "comparison_summary");
    write_capture("client", client, totals, Side::Client);
    write_capture("server", server, totals, Side::Server);
    json_.key("flows").open_object();
    json_.field("judged", totals.totals.judged).field("hung_up", totals.totals.hung_up);
    json_.field("matched", totals.matched).field("only_client", totals.only_client);
    json_.field("only_server", totals.only_server);
    json_.field("unrelated_client", totals.unrelated_client);
    json_.field("unrelated_server", totals.unrelated_server);
    json_.field("not_compared_hung_up", totals.not_compared_hung_up).close_object();
    json_.key("codes").open_object();
    for (const auto& [code, flows] : totals.totals.by_code) json_.field(code, flows);
    json_.close_object();
    json_.field("swapped", totals.swapped);
    out_.write(json_.close_object().line());
  }

 private:
  void write_capture(std::string_view key, const CaptureNotes& notes, const ComparedTotals& totals,
                     Side end) {
    const auto place = static_cast<std::size_t>(end);
    json_.key(key).open_object().field("file", input_name(notes));
    if (notes.files.size() > 1) json_.field("files", notes.files);
    json_.field("complete", notes.quality.complete).field("dropped", notes.quality.dropped);
    json_.field("packets", notes.packets).field("bytes", notes.bytes);
    json_.field("flows", totals.counts[place].flows).field("told", totals.counts[place].told);
    json_.field("memory_limited", totals.counts[place].memory_limited);
    json_.field("not_compared", totals.not_compared[place]);
    json_.key("damage").open_array();
    for (const Damage& damage : notes.damage)
      json_.open_object().field("offset", damage.offset).field("what", damage.what).close_object();
    json_.close_array().close_object();
  }

  Output& out_;
  const CompareOptions& ask_;
  JsonWriter json_;
};

/// What memory did not let be compared, or kept short.
std::string limits_text(const ComparedTotals& totals, const CompareOptions& ask) {
  std::string text;
  if (totals.not_compared[0] + totals.not_compared[1] > 0)
    text += wrapped(
        "", fmt::format("NOT COMPARED: {} of the client's capture and {} of the server's, {} of "
                        "them hung up on as far as one capture alone tells. {}",
                        counted(totals.not_compared[0], "flow"), totals.not_compared[1],
                        totals.not_compared_hung_up,
                        totals.totals.interrupted
                            ? std::string("It was stopped before they could be.")
                            : fmt::format("--memory {} lets {} of a capture be found again: give "
                                          "it more, or compare fewer at a time with a filter.",
                                          ask.memory, counted(ask.most_prints(), "flow"))));
  const std::uint64_t early = totals.counts[0].memory_limited + totals.counts[1].memory_limited;
  if (early > 0)
    text += fmt::format("{} judged early to stay within --memory\n", counted(early, "flow"));
  return text;
}

class CompareText : public CompareReport {
 public:
  CompareText(Output& out, const CompareOptions& ask) : out_(out), ask_(ask), style_(ask.colour) {}

  void flow(const ComparedFlow& flow) override {
    if (ask_.summary) return;
    if (!ask_.all && !ask_.flow && !flow.flow.verdict().failed()) return;
    if (told_++ > 0) out_.write("\n" + std::string(100, '-') + "\n\n");
    out_.write(compare_story(flow, style_, ask_.verbose || ask_.flow));
  }

  void end(const ComparedTotals& totals, const CaptureNotes& client,
           const CaptureNotes& server) override {
    if (ask_.flow) return;
    if (told_ > 0) out_.write("\n" + std::string(100, '-') + "\n\n");
    const std::uint64_t judged = totals.totals.judged;
    std::string text = fmt::format(
        "{}: {} at both ends, {} at the client's only, {} at the "
        "server's only; {} hung up on.\n",
        counted(judged, "flow"), totals.matched, totals.only_client, totals.only_server,
        totals.totals.hung_up);
    for (const auto& [code, flows] : totals.totals.by_code)
      text += fmt::format("{:>8}  {}\n", flows, code);
    if (totals.unrelated_client + totals.unrelated_server > 0)
      text += wrapped("", fmt::format("{} of the client's capture and {} of the server's are of "
                                      "hosts the other capture does not know (--all lists them).",
                                      totals.unrelated_client, totals.unrelated_server));
    text += limits_text(totals, ask_);
    if (totals.clock.known)
      text += wrapped("", "Clocks: " + clock_sentence(totals.clock, totals.clock.reference) + ".");
    if (found_nothing(totals)) text += wrapped("", nothing_found(totals));
    for (const auto& [notes, name] : {std::pair{&client, "client"}, std::pair{&server, "server"}})
      if (notes->packets == 0)
        text += fmt::format("The {}'s capture holds no packet at all.\n", name);
    if (totals.swapped)
      text += wrapped("",
                      "By their TTLs the first capture was made at the server and the second "
                      "at the client: are they swapped?");
    out_.write(text);
  }

 private:
  Output& out_;
  const CompareOptions& ask_;
  Style style_;
  std::size_t told_{};
};

}  // namespace

bool found_nothing(const ComparedTotals& totals) {
  return totals.totals.judged + totals.unrelated_client + totals.unrelated_server +
             totals.not_compared[0] + totals.not_compared[1] ==
         0;
}

std::string nothing_found(const ComparedTotals& totals) {
  std::string text = "No TLS flow was found in either capture.";
  const std::uint64_t others = totals.counts[0].flows + totals.counts[1].flows;
  if (others > 0)
    text += fmt::format(
        " They hold {} and {} without a ClientHello, on no usual TLS port: if TLS is spoken there, "
        "name its port with --port.",
        counted(totals.counts[0].flows, "TCP flow"), totals.counts[1].flows);
  if (totals.totals.cut_segments > 0)
    text += fmt::format("  {} cut by the snap length: capture again with -s 0.",
                        counted(totals.totals.cut_segments, "segment"));
  if (totals.totals.filtered_out > 0)
    text +=
        fmt::format(" The filter left out {}; behind VLAN tags it has to begin with `vlan and`.",
                    counted(totals.totals.filtered_out, "frame"));
  return text;
}

std::unique_ptr<CompareReport> make_compare_report(const CompareOptions& ask, Output& out) {
  if (ask.json) return std::make_unique<CompareJson>(out, ask);
  return std::make_unique<CompareText>(out, ask);
}

}  // namespace whohungup
