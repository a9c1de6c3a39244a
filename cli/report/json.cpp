#include "cli/report/json.h"

#include <algorithm>
#include <memory>

#include "analyze/rules.h"
#include "cli/report/community_id.h"
#include "cli/report/escape.h"
#include "cli/report/remembered.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

using json_piece::Ours;
using json_piece::Written;

using RecordedFrames = ShortList<FrameNo, 32>;

RecordedFrames recorded_frames(const Conversation& talk) {
  RecordedFrames frames;
  for (const auto* segments : {&talk.segments, &talk.refused})
    for (const Placed& segment : *segments) frames.push_back(segment.frame());
  for (const IcmpError& error : talk.icmp) frames.push_back(error.frame);
  if (!std::is_sorted(frames.begin(), frames.end())) std::sort(frames.begin(), frames.end());
  frames.erase(std::unique(frames.begin(), frames.end()), frames.end());
  return frames;
}

void write_input(JsonWriter& json, const CaptureNotes& notes, bool complete) {
  json.put(R"(,"input":{"file":)");
  notes.files.size() == 1 ? json.name(notes.files.front()) : json.name(input_name(notes));
  if (notes.files.size() > 1) {
    json.key("files").open_array();
    for (const std::string& file : notes.files) json.name(file);
    json.close_array();
  }
  json.put(R"(,"complete":)", complete, R"(,"dropped":)", notes.quality.dropped, "}");
}

void write_flow(JsonWriter& json, const JudgedFlow& flow, Remembered& remembered) {
  const Conversation& talk = flow.talk;
  const Written name{kCommunityId, [&](char* to) {
                       return write_community_id(to, talk.client, talk.server, remembered.digester);
                     }};
  json.put(R"(,"flow":{"index":)", flow.index, R"(,"community_id":")", name);
  json.put(R"(","client":{"ip":")", talk.client.ip, R"(","port":)", talk.client.port);
  json.put(R"(},"server":{"ip":")", talk.server.ip, R"(","port":)", talk.server.port);
  const Written start{kRfc3339, [&](char* to) { return write_rfc3339(to, talk.begin); }};
  const Written lasted{kLongestSeconds,
                       [&](char* to) { return write_seconds(to, talk.last - talk.begin); }};
  json.put(R"(},"start":")", start, R"(","duration_s":)", lasted);
  json.put(R"(,"frames":)", recorded_frames(talk), R"(,"packets":)", talk.packets());
  json.put(R"(,"frames_left_out":)", talk.segments_left_out, R"(,"client_known_by":")",
           Ours{word_for(talk.client_known_by)}, R"(","judged_for":")",
           Ours{word_for(talk.judged_for)}, R"(","ended_by":")", Ours{word_for(talk.ended_by)},
           R"(","outer_path":)");
  json.value_or_null(talk.outer_path).put("}");
}

void write_verdict(JsonWriter& json, const Verdict& verdict) {
  const Ours actor{to_string(verdict.actor)};
  const Ours mechanism{to_string(verdict.event.mechanism)};
  const Ours stage{to_string(verdict.event.stage)};
  json.put(R"(,"verdict":{"code":")", actor, ".", mechanism, ".", stage, R"(","actor":")", actor,
           R"(","mechanism":")", mechanism, R"(","stage":")", stage, R"(","confidence":")",
           Ours{to_string(verdict.confidence)}, R"(","summary":)");
  json.value(verdict.summary);
  json.put(R"(,"failed":)", verdict.failed(), R"(,"frames":)", verdict.event.frames, "}");
}

void write_other_frames(JsonWriter& json, const Frames& frames) {
  if (!frames.empty()) json.put(R"(,"other_frames":)", frames);
}

void write_facts(JsonWriter& json, const Observations& facts) {
  json.put(R"(,"facts":[)");
  for (const Observation& seen : facts.seen) {
    json.open_object();
    json.put(R"("id":")", Ours{info(seen.fact).id}, R"(","frames":)", seen.frames);
    write_other_frames(json, seen.other_frames);
    json.put(R"(,"detail":)").value(seen.detail).put("}");
  }
  json.put("]");
}

void write_reasons(JsonWriter& json, const std::vector<Reason>& reasons) {
  for (const Reason& reason : reasons) {
    json.open_object();
    json.put(R"("rule":")", Ours{reason.rule->id}, R"(","weight":")",
             Ours{to_string(reason.rule->weight)}, R"(","favours":")",
             Ours{to_string(reason.rule->favours)}, R"(","frames":)", reason.frames);
    write_other_frames(json, reason.other_frames);
    // A rule's sentence has nothing in it that has to be escaped (rules_test.cpp).
    if (reason.text.data() == reason.rule->because.data())
      json.put(R"(,"text":")", Ours{reason.text}, R"("})");
    else
      json.put(R"(,"text":)").value(reason.text).put("}");
  }
}

void write_look_alikes(JsonWriter& json, const std::vector<LookAlike>& all) {
  json.put(R"(,"look_alikes":[)");
  for (const LookAlike& one : all) {
    json.open_object();
    json.put(R"("id":")", Ours{one.id}, R"(","status":")", Ours{to_string(one.status)},
             R"(","why":)");
    json.value(one.why).put("}");
  }
  json.put("]");
}

void write_client_view(JsonWriter& json, const ClientView& view) {
  json.put(R"(,"client_view":{"openssl":)").value_or_null(view.openssl);
  json.put(R"(,"errno":)").value(view.error_number);
  json.put(R"(,"curl":)").value_or_null(view.curl);
  json.put(R"(,"python":)").value_or_null(view.python);
  json.put(R"(,"go":)").value_or_null(view.go);
  json.put(R"(,"java":)").value_or_null(view.java);
  json.put(R"(,"node":)").value_or_null(view.node).put("}");
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

void write_members(JsonWriter& json, const JudgedFlow& flow, Remembered& remembered) {
  const Verdict& verdict = flow.verdict();
  json.put(R"({"schema":"whohungup/1","type":"flow")");
  write_input(json, flow.notes, flow.notes.quality.complete);
  write_flow(json, flow, remembered);
  write_verdict(json, verdict);
  write_facts(json, flow.judgement.facts);
  json.put(R"(,"evidence":[)");
  write_reasons(json, verdict.evidence);
  json.put(R"(],"dissent":[)");
  write_reasons(json, verdict.dissent);
  json.put("]");
  write_look_alikes(json, verdict.look_alikes);
  json.put(R"(,"tampering_signature":)").value(verdict.tampering_signature);
  json.put(R"(,"tcp":)");
  write_tcp(json, flow.talk);
  json.put(R"(,"tls":)");
  write_tls(json, flow.talk, remembered);
  write_client_view(json, verdict.client_view);
  json.put(R"(,"next":)").value(verdict.next).put(R"(,"cited":)", verdict.cited);
  if (flow.compared != nullptr) write_comparison(json, *flow.compared);
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
  if (flow.remembered != nullptr) return write_members(json, flow, *flow.remembered);
  const auto nothing_yet = std::make_unique<Remembered>();
  write_members(json, flow, *nothing_yet);
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
  json.put(R"({"schema":"whohungup/1","type":"summary")");
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
