#include "cli/report/json.h"

#include <algorithm>

#include "analyze/rules.h"
#include "cli/report/community_id.h"
#include "cli/report/escape.h"
#include "cli/report/remembered.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

constexpr std::string_view kSchema = "whohungup/1";

std::vector<FrameNo> recorded_frames(const Conversation& talk) {
  std::vector<FrameNo> frames;
  frames.reserve(talk.segments.size() + talk.refused.size() + talk.icmp.size());
  for (const auto* segments : {&talk.segments, &talk.refused})
    for (const Placed& segment : *segments) frames.push_back(segment.frame());
  for (const IcmpError& error : talk.icmp) frames.push_back(error.frame);
  if (!std::is_sorted(frames.begin(), frames.end())) std::sort(frames.begin(), frames.end());
  frames.erase(std::unique(frames.begin(), frames.end()), frames.end());
  return frames;
}

void write_input(JsonWriter& json, const CaptureNotes& notes, bool complete) {
  json.key("input").open_object();
  json.key("file").name(input_name(notes));
  if (notes.files.size() > 1) {
    json.key("files").open_array();
    for (const std::string& file : notes.files) json.name(file);
    json.close_array();
  }
  json.field("complete", complete).field("dropped", notes.quality.dropped);
  json.close_object();
}

template <std::size_t Size>
void write_endpoint(JsonWriter& json, const char (&name)[Size], const Endpoint& endpoint) {
  json.key(name).open_object();
  json.field("ip", to_string(endpoint.ip)).field("port", endpoint.port).close_object();
}

void write_flow(JsonWriter& json, const JudgedFlow& flow, Remembered& remembered) {
  const Conversation& talk = flow.talk;
  json.key("flow").open_object();
  json.field("index", flow.index)
      .field("community_id", community_id(talk.client, talk.server, remembered.digester));
  write_endpoint(json, "client", talk.client);
  write_endpoint(json, "server", talk.server);
  json.field("start", rfc3339(talk.begin))
      .key("duration_s")
      .number_text(seconds(talk.last - talk.begin));
  json.field("frames", recorded_frames(talk)).field("packets", talk.packets());
  json.field("frames_left_out", talk.segments_left_out);
  json.field("client_known_by", word_for(talk.client_known_by));
  json.field("judged_for", word_for(talk.judged_for));
  json.field("ended_by", word_for(talk.ended_by));
  json.text_or_null("outer_path", talk.outer_path);
  json.close_object();
}

void write_verdict(JsonWriter& json, const Verdict& verdict) {
  json.key("verdict").open_object();
  json.field("code", verdict.code()).field("actor", to_string(verdict.actor));
  json.field("mechanism", to_string(verdict.event.mechanism));
  json.field("stage", to_string(verdict.event.stage));
  json.field("confidence", to_string(verdict.confidence)).field("summary", verdict.summary);
  json.field("failed", verdict.failed()).field("frames", verdict.event.frames);
  json.close_object();
}

void write_facts(JsonWriter& json, const Observations& facts) {
  json.key("facts").open_array();
  for (const Observation& seen : facts.seen) {
    json.open_object().field("id", info(seen.fact).id).field("frames", seen.frames);
    if (!seen.other_frames.empty()) json.field("other_frames", seen.other_frames);
    json.field("detail", seen.detail).close_object();
  }
  json.close_array();
}

template <std::size_t Size>
void write_reasons(JsonWriter& json, const char (&name)[Size], const std::vector<Reason>& reasons) {
  json.key(name).open_array();
  for (const Reason& reason : reasons) {
    json.open_object()
        .field("rule", reason.rule->id)
        .field("weight", to_string(reason.rule->weight));
    json.field("favours", to_string(reason.rule->favours)).field("frames", reason.frames);
    if (!reason.other_frames.empty()) json.field("other_frames", reason.other_frames);
    json.field("text", reason.text).close_object();
  }
  json.close_array();
}

void write_look_alikes(JsonWriter& json, const std::vector<LookAlike>& all) {
  json.key("look_alikes").open_array();
  for (const LookAlike& one : all) {
    json.open_object().field("id", one.id).field("status", to_string(one.status));
    json.field("why", one.why).close_object();
  }
  json.close_array();
}

void write_client_view(JsonWriter& json, const ClientView& view) {
  json.key("client_view").open_object();
  json.text_or_null("openssl", view.openssl).field("errno", view.error_number);
  json.text_or_null("curl", view.curl).text_or_null("python", view.python);
  json.text_or_null("go", view.go).text_or_null("java", view.java).text_or_null("node", view.node);
  json.close_object();
}

void write_damage(JsonWriter& json, const std::vector<Damage>& all) {
  json.key("damage").open_array();
  for (const Damage& damage : all) {
    json.open_object().field("file", utf8_name(damage.file)).field("offset", damage.offset);
    json.field("after_frame", damage.after_frame).field("what", damage.what).close_object();
  }
  json.close_array();
}

void write_key_log(JsonWriter& json, const std::optional<KeyLogUse>& log) {
  json.key("key_log");
  if (!log) {
    json.value(nullptr);
    return;
  }
  json.open_object().field("sessions", log->sessions).field("matched", log->matched);
  json.field("ignored_lines", log->ignored_lines).close_object();
}

void write_flow_counts(JsonWriter& json, const Totals& totals, const FlowCounts& flows) {
  json.key("flows").open_object();
  json.field("seen", flows.flows).field("judged", totals.judged).field("hung_up", totals.hung_up);
  json.field("not_tls", flows.not_tls).field("memory_limited", flows.memory_limited);
  json.close_object();
}

void write_counts(JsonWriter& json, const Totals& totals) {
  json.key("codes").open_object();
  for (const auto& [code, flows] : totals.by_code) json.field(code, flows);
  json.close_object();
  json.key("skipped").open_object();
  for (std::size_t why = 0; why < totals.skipped.size(); ++why)
    json.field(id(static_cast<Skipped::Why>(why)), totals.skipped[why]);
  json.close_object();
}

}  // namespace

std::string input_name(const CaptureNotes& notes) {
  std::string name;
  for (const std::string& file : notes.files) name += (name.empty() ? "" : " + ") + file;
  return name;
}

std::string flow_line(JsonWriter& json, const JudgedFlow& flow) {
  write_flow_object(json, flow);
  return json.line();
}

void write_flow_object(JsonWriter& json, const JudgedFlow& flow) {
  const Verdict& verdict = flow.verdict();
  Remembered nothing_yet;
  Remembered& remembered = flow.remembered != nullptr ? *flow.remembered : nothing_yet;
  json.open_object().field("schema", kSchema).field("type", "flow");
  write_input(json, flow.notes, flow.notes.quality.complete);
  write_flow(json, flow, remembered);
  write_verdict(json, verdict);
  write_facts(json, flow.judgement.facts);
  write_reasons(json, "evidence", verdict.evidence);
  write_reasons(json, "dissent", verdict.dissent);
  write_look_alikes(json, verdict.look_alikes);
  json.field("tampering_signature", verdict.tampering_signature);
  json.key("tcp");
  write_tcp(json, flow.talk);
  json.key("tls");
  write_tls(json, flow.talk, remembered);
  write_client_view(json, verdict.client_view);
  json.field("next", verdict.next).field("cited", verdict.cited);
  if (flow.compared != nullptr) write_comparison(json, *flow.compared);
  json.close_object();
}

void LineReport::flow(const JudgedFlow& flow) {
  line_.clear();
  line(flow, line_);
  put(line_.view(), flow.verdict().failed());
}

void JsonReport::line(const JudgedFlow& flow, TextBuffer& to) const {
  if (ask_.summary_only || (ask_.failed_only && !flow.verdict().failed())) return;
  JsonWriter json(to);
  write_flow_object(json, flow);
  json.finish_line();
}

void JsonReport::put(std::string_view line, bool) {
  if (!line.empty()) out_.write(line);
}

std::string summary_line(JsonWriter& json, const Totals& totals, const FlowCounts& flows,
                         const CaptureNotes& notes) {
  json.open_object().field("schema", kSchema).field("type", "summary");
  write_input(json, notes, notes.quality.complete && !totals.interrupted);
  json.field("packets", notes.packets).field("bytes", notes.bytes);
  write_flow_counts(json, totals, flows);
  write_counts(json, totals);
  json.field("cut_segments", totals.cut_segments);
  json.field("filtered_out", totals.filtered_out);
  json.field("icmp_without_flow", flows.icmp_without_flow);
  json.field("drops", notes.quality.dropped).field("interrupted", totals.interrupted);
  write_damage(json, notes.damage);
  write_key_log(json, totals.key_log);
  return json.close_object().line();
}

void JsonReport::end(const Totals& totals, const FlowCounts& flows, const CaptureNotes& notes) {
  JsonWriter json;
  out_.write(summary_line(json, totals, flows, notes));
}

}  // namespace whohungup
