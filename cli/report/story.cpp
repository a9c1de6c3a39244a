#include "cli/report/story.h"

#include <fmt/core.h>

#include <algorithm>

#include "analyze/rules.h"
#include "cli/report/community_id.h"
#include "cli/report/escape.h"
#include "cli/report/ladder.h"
#include "cli/report/landmarks.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

std::string heading(std::string_view text, const Style& style) {
  return "\n" + style.bold(text) + "\n";
}

std::string item(std::string_view text, const Style& style) {
  return wrapped("  - ", text, style.columns());
}

/// The name the capture itself knows for an address (a pcapng name resolution block).
std::string known_name(const CaptureNotes& notes, const IpAddress& ip) {
  const std::string address = to_string(ip);
  const auto found = std::find_if(notes.names.begin(), notes.names.end(),
                                  [&](const KnownName& known) { return known.address == address; });
  return found == notes.names.end() ? std::string() : " (" + ascii_only(found->name) + ")";
}

std::string opening(const JudgedFlow& flow, const Style& style) {
  const Verdict& verdict = flow.verdict();
  const std::string code = fmt::format("{} ({})", verdict.code(), to_string(verdict.confidence));
  return wrapped("", harmless(verdict.summary), style.columns()) +
         (verdict.failed() ? style.bad(code) : style.good(code)) + "\n";
}

std::string identity(const JudgedFlow& flow, const Style& style, bool numeric) {
  const Conversation& talk = flow.talk;
  const auto named = [&](const Endpoint& endpoint) {
    return to_string(endpoint) + (numeric ? "" : known_name(flow.notes, endpoint.ip));
  };
  std::string parties = fmt::format("{} → {}", named(talk.client), named(talk.server));
  if (const auto name = claimed_name(talk)) parties += ", SNI " + ascii_only(*name);
  std::string out = "\n" + wrapped(fmt::format("Flow {}: ", flow.index), parties, style.columns());
  out += wrapped("  ",
                 fmt::format("{}, {} in {}, community id {}", rfc3339(talk.begin),
                             counted(talk.packets(), "packet"), amount(talk.last - talk.begin),
                             community_id(talk.client, talk.server)),
                 style.columns());
  if (talk.proxy_header)
    out += wrapped("  ", "PROXY header: the client speaks " + proxy_words(*talk.proxy_header),
                   style.columns());
  if (!talk.outer_path.empty())
    out += wrapped("  ", "inside " + harmless(talk.outer_path), style.columns());
  return out;
}

std::string reasons(std::string_view title, const std::vector<Reason>& all, const Style& style) {
  if (all.empty()) return {};
  std::string out = heading(title, style);
  for (const Reason& reason : all)
    out += item(fmt::format("{} [{}] ({}, {} {})", harmless(reason.text), frame_list(reason.frames),
                            reason.rule->id, to_string(reason.rule->weight),
                            to_string(reason.rule->favours)),
                style);
  return out;
}

std::string look_alikes(const std::vector<LookAlike>& all, const Style& style) {
  if (all.empty()) return {};
  std::string out = heading("Look-alikes", style);
  for (const LookAlike& one : all)
    out += item(fmt::format("{} {}: {}", one.id, to_string(one.status), harmless(one.why)), style);
  return out;
}

std::string facts(const Observations& observations, const Style& style) {
  if (observations.seen.empty()) return {};
  std::string out = heading("Facts", style);
  for (const Observation& seen : observations.seen)
    out += wrapped("  ",
                   fmt::format("{} [{}] {}", info(seen.fact).id, frame_list(seen.frames),
                               harmless(seen.detail)),
                   style.columns());
  return out;
}

std::string client_printed(const ClientView& view, const Style& style) {
  const std::pair<std::string_view, std::string_view> clients[] = {
      {"OpenSSL", view.openssl}, {"curl", view.curl}, {"Python", view.python},
      {"Go", view.go},           {"Java", view.java}, {"Node", view.node}};
  std::string out;
  for (const auto& [name, text] : clients)
    if (!text.empty())
      out += wrapped(padded("  " + std::string(name), 11), harmless(text), style.columns());
  if (view.error_number) out += wrapped(padded("  errno", 11), *view.error_number, style.columns());
  return out.empty() ? out : heading("What the client printed", style) + out;
}

std::string next_steps(const JudgedFlow& flow, const Style& style) {
  std::string out = heading("Next", style);
  for (const std::string& step : flow.verdict().next)
    out += step_text("  - ", harmless(step), style.columns());
  // Not wrapped: it is there to be copied.
  return out + "  - see the packets: " + harmless(tshark_command(flow.verdict(), flow.notes)) +
         "\n";
}

std::string quality(const JudgedFlow& flow, const Style& style) {
  std::string out;
  if (!flow.notes.quality.complete)
    out += item("the capture is damaged or ends inside a packet", style);
  if (flow.notes.quality.dropped.value_or(0) > 0)
    out += item(fmt::format("the capture lost {}", counted(*flow.notes.quality.dropped, "packet")),
                style);
  if (flow.talk.segments_bounded)
    out += item(fmt::format("{} of this flow were not recorded (a limit of the flight recorder)",
                            counted(flow.talk.segments_left_out, "packet")),
                style);
  if (flow.talk.memory_bounded)
    out += item("the memory limit was reached while it was read", style);
  return out.empty() ? out : heading("Doubts about the capture", style) + out;
}

}  // namespace

std::string story(const JudgedFlow& flow, const Style& style, bool numeric) {
  const Verdict& verdict = flow.verdict();
  std::string out =
      opening(flow, style) + identity(flow, style, numeric) + "\n" + ladder(flow, style);
  out += reasons("Because", verdict.evidence, style) + reasons("Against", verdict.dissent, style);
  out += look_alikes(verdict.look_alikes, style) + facts(flow.judgement.facts, style);
  if (verdict.tampering_signature)
    out += heading("Tampering signature", style) + "  " + *verdict.tampering_signature + "\n";
  out += quality(flow, style) + client_printed(verdict.client_view, style);
  return out + next_steps(flow, style);
}

std::string tshark_command(const Verdict& verdict, const CaptureNotes& notes) {
  std::string frames;
  for (const FrameNo frame : verdict.cited.empty() ? verdict.event.frames : verdict.cited)
    frames += fmt::format("{}{}", frames.empty() ? "" : ",", number(frame));
  const std::string filter = fmt::format("-Y 'frame.number in {{{}}}'", frames);
  if (notes.files.size() == 1 && notes.files.front() == kNotSaved)
    return "next time keep them with -w FILE, then: tshark -r FILE " + filter;
  if (notes.files.size() == 1)
    return fmt::format("tshark -r {} {}", shell_word(notes.files.front()), filter);
  std::string files;
  for (const std::string& file : notes.files) files += " " + shell_word(file);
  return fmt::format("mergecap -w -{} | tshark -r - {}", files, filter);
}

}  // namespace whohungup
