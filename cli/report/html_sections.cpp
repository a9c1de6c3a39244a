#include "cli/report/html_sections.h"

#include <fmt/core.h>

#include <algorithm>

#include "analyze/rules.h"
#include "cli/report/community_id.h"
#include "cli/report/escape.h"
#include "cli/report/ladder_notes.h"
#include "cli/report/landmarks.h"
#include "cli/report/svg_ladder.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

std::string_view actor_words(Actor actor) {
  switch (actor) {
    case Actor::Server:
      return "the server";
    case Actor::Client:
      return "the client";
    case Actor::Middlebox:
      return "something on the path";
    case Actor::Unknown:
      return "not known";
    case Actor::Nobody:
      return "nobody";
  }
  return "";
}

std::string_view mechanism_words(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::Fin:
      return "a close (FIN)";
    case Mechanism::Rst:
      return "a reset (RST)";
    case Mechanism::Alert:
      return "a TLS alert";
    case Mechanism::Plaintext:
      return "an answer that is not TLS";
    case Mechanism::Icmp:
      return "an ICMP error";
    case Mechanism::Silence:
      return "silence";
    case Mechanism::None:
      return "nothing";
  }
  return "";
}

std::string_view stage_words(Stage stage) {
  switch (stage) {
    case Stage::Syn:
      return "before there was a connection";
    case Stage::Accepted:
      return "connected, ClientHello not taken";
    case Stage::ClientHello:
      return "after the ClientHello";
    case Stage::ServerHello:
      return "in the middle of the handshake";
    case Stage::Established:
      return "after the handshake";
  }
  return "";
}

std::string_view confidence_words(Confidence confidence) {
  switch (confidence) {
    case Confidence::Proven:
      return "no other reading of these packets is left";
    case Confidence::Strong:
      return "deciding evidence, or several independent kinds of it; nothing as weighty points "
             "elsewhere";
    case Confidence::Suggested:
      return "more points this way than any other; a second capture or a log could overturn it";
    case Confidence::Undetermined:
      return "these packets do not tell";
  }
  return "";
}

std::string meter(Confidence confidence) {
  std::string bars = "<span class=\"meter\" aria-hidden=\"true\">";
  for (int i = 1; i <= 3; ++i)
    bars += i <= static_cast<int>(confidence) ? "<i class=\"on\"></i>" : "<i></i>";
  return bars + "</span>";
}

std::string chip(std::string_view kind, std::string_view label, std::string_view text) {
  return fmt::format("<span class=\"chip {}\">{} <b>{}</b></span>", kind, label, html_text(text));
}

std::string known_name(const CaptureNotes& notes, const IpAddress& ip) {
  const std::string address = to_string(ip);
  for (const KnownName& known : notes.names)
    if (known.address == address) return fmt::format(" ({})", ascii_only(known.name));
  return {};
}

/// The strongest reasons, as what the sentence rests on.
std::string rests_on(const Verdict& verdict) {
  if (verdict.evidence.empty()) return {};
  std::string out = fmt::format("<div class=\"rests{}\">\n<p><b>This rests on:</b></p>\n",
                                verdict.failed() ? "" : " fine");
  for (std::size_t i = 0; i < std::min<std::size_t>(verdict.evidence.size(), 2); ++i)
    out +=
        fmt::format("<p>{} <span class=\"meta\">({})</span></p>\n",
                    html_text(verdict.evidence[i].text), html_frames(verdict.evidence[i].frames));
  return out + "</div>\n";
}

std::string identity(const JudgedFlow& flow) {
  const Conversation& talk = flow.talk;
  std::string out = "<dl>\n";
  out += html_entry("Client", to_string(talk.client) + known_name(flow.notes, talk.client.ip));
  out += html_entry("Server", to_string(talk.server) + known_name(flow.notes, talk.server.ip));
  if (talk.proxy_header)
    out += html_entry("PROXY header", "the client speaks " + proxy_words(*talk.proxy_header));
  if (const auto name = claimed_name(talk)) out += html_entry("Name asked for", ascii_only(*name));
  out += html_entry("When (UTC)",
                    fmt::format("{}, for {}", rfc3339(talk.begin), amount(talk.last - talk.begin)));
  out += html_entry("Community ID", community_id(talk.client, talk.server));
  if (!talk.outer_path.empty()) out += html_entry("Inside", talk.outer_path);
  return out + "</dl>\n";
}

std::string navigation(const JudgedFlow& flow) {
  const auto link = [](std::string_view id, std::string_view text) {
    return fmt::format("<li><a href=\"#{}\">{}</a></li>", id, text);
  };
  std::string out = "<nav aria-label=\"On this page\"><ul>";
  if (flow.compared != nullptr) out += link("both-ends", "Both ends");
  out += link("ladder", "What happened") + link("evidence", "Evidence") +
         link("look-alikes", "Look-alikes");
  if (flow.verdict().failed()) out += link("ask", "Ask the other team");
  return out + link("facts", "Facts") + link("fingerprints", "Fingerprints") + link("tls", "TLS") +
         link("check", "Check it yourself") + "</ul></nav>\n";
}

std::string doubts(const JudgedFlow& flow) {
  std::string out;
  const auto doubt = [&](std::string_view text) { out += fmt::format("<li>{}</li>", text); };
  if (!flow.notes.quality.complete) doubt("The capture is damaged or ends inside a packet.");
  if (flow.notes.quality.dropped.value_or(0) > 0)
    doubt(fmt::format("The capture lost {}.", counted(*flow.notes.quality.dropped, "packet")));
  if (flow.talk.segments_bounded)
    doubt(fmt::format("{} of this flow were not examined (a limit of the program).",
                      counted(flow.talk.segments_left_out, "packet")));
  return out.empty() ? out : "<h3>Doubts about the capture</h3><ul>" + out + "</ul>\n";
}

/// The packets as text, for those who cannot see the drawing and those who copy from it.
std::string packet_table(const JudgedFlow& flow, const HtmlContext& context) {
  const LadderNotes notes(flow.talk);
  std::string rows;
  const bool renumbered = !context.original_frames.empty();
  for (const Placed* placed : all_segments(flow.talk)) {
    const Placed& one = *placed;
    const auto& ended = flow.verdict().event.frames;
    const bool is_end = std::find(ended.begin(), ended.end(), one.frame()) != ended.end();
    const std::uint32_t frame = number(one.frame());
    std::string was;
    if (renumbered && frame <= context.original_frames.size())
      was = fmt::format("<td data-label=\"in the input\">{}</td>",
                        number(context.original_frames[frame - 1]));
    rows += fmt::format(
        "<tr{}><th scope=\"row\" class=\"num\">{}</th>{}<td class=\"mono\" "
        "data-label=\"UTC\">{}</td>"
        "<td>{}</td><td data-label=\"flags\">{}</td><td data-label=\"length\">{}</td>"
        "<td data-label=\"TTL\">{}</td><td>{}</td></tr>\n",
        is_end ? " class=\"ended\"" : "", frame, was, rfc3339(one.at()).substr(11),
        word_for(one.claims), to_string(one.header.flags), one.header.payload_len, one.header.ttl,
        html_text(notes.about(one)));
  }
  return fmt::format(
      "<details class=\"packets\"><summary>The same packets as a table</summary>\n<table "
      "class=\"cards\"><thead><tr>"
      "<th scope=\"col\">Frame</th>{}<th scope=\"col\">UTC</th><th scope=\"col\">Address of</th>"
      "<th scope=\"col\">Flags</th><th scope=\"col\">Length</th><th scope=\"col\">TTL</th>"
      "<th scope=\"col\">Says</th></tr></thead><tbody>\n{}</tbody></table></details>\n",
      renumbered ? "<th scope=\"col\">In the input</th>" : "", rows);
}

std::string reason_item(const Reason& reason) {
  return fmt::format(
      "<li><p>{}</p><p class=\"meta\"><span class=\"badge {}\">{}</span> {} {} · {} · rule "
      "<code>{}</code> · <code>{}</code></p></li>\n",
      html_text(reason.text), to_string(reason.rule->weight), to_string(reason.rule->weight),
      reason.rule->weight == Weight::Decides ? "for" : "at", actor_words(reason.rule->favours),
      html_frames(reason.frames), reason.rule->id, frame_filter(reason.frames));
}

std::string reason_list(const std::vector<Reason>& reasons, std::string_view if_none) {
  if (reasons.empty()) return fmt::format("<p>{}</p>\n", if_none);
  std::string out = "<ul class=\"why\">\n";
  for (const Reason& reason : reasons) out += reason_item(reason);
  return out + "</ul>\n";
}

}  // namespace

std::string html_header(const JudgedFlow& flow, const HtmlContext& context) {
  const Verdict& verdict = flow.verdict();
  const std::string_view kind = verdict.failed() ? "bad" : "good";
  std::string out = "<header class=\"top\">\n";
  out += context.index_page.empty()
             ? "<p class=\"eyebrow\">Who hung up this TLS handshake</p>\n"
             : fmt::format("<p class=\"eyebrow\"><a href=\"{}\">All flows</a> · flow {}</p>\n",
                           html_text(context.index_page), flow.index);
  out += fmt::format("<h1>{}</h1>\n<p class=\"verdict\">", html_text(verdict.summary));
  if (verdict.event.mechanism == Mechanism::None) {
    out += chip(kind, "Ended by", actor_words(verdict.actor)) + "</p>\n";
  } else {
    out += chip(kind, "Ended by", actor_words(verdict.actor));
    out += chip("", "How", mechanism_words(verdict.event.mechanism));
    out += chip("", "How far", stage_words(verdict.event.stage)) + "</p>\n";
  }
  out += fmt::format(
      "<p class=\"sure\">{}<b>{}</b> <span class=\"meta\">{} · <code>{}</code></span></p>\n",
      meter(verdict.confidence), to_string(verdict.confidence),
      confidence_words(verdict.confidence), verdict.code());
  out += rests_on(verdict) + identity(flow) + navigation(flow);
  return out + "</header>\n";
}

std::string html_ladder(const JudgedFlow& flow, const HtmlContext& context) {
  std::string legend =
      "<figcaption class=\"legend\"><span>Time runs downwards, in seconds; # is the frame in "
      "flow.pcapng. An arrow says whose address a packet bears, not who made it.</span>";
  legend += "<span>Boxes are TLS records inside their segments.</span></figcaption>";
  return html_heading("ladder", "What happened") + "<figure class=\"figure\">\n" +
         svg_ladder(flow, LadderWidth::Wide) + svg_ladder(flow, LadderWidth::Narrow) + legend +
         "</figure>\n" + packet_table(flow, context);
}

std::string html_reasons(const JudgedFlow& flow) {
  const Verdict& verdict = flow.verdict();
  std::string out = html_heading("evidence", "Evidence") +
                    reason_list(verdict.evidence, "No rule speaks for anyone.") +
                    "<h3>What speaks against it</h3>\n" +
                    reason_list(verdict.dissent, "Nothing in these packets.");
  if (verdict.tampering_signature)
    out += fmt::format("<h3>Published tampering signature</h3><p>{}</p>\n",
                       html_text(*verdict.tampering_signature));
  return out + doubts(flow);
}

std::string html_look_alikes(const JudgedFlow& flow) {
  std::string out = html_heading("look-alikes", "What could look the same");
  if (flow.verdict().look_alikes.empty())
    return out + "<p>There is nothing to confuse this with.</p>\n";
  out +=
      "<table class=\"cards\"><thead><tr><th scope=\"col\">Look-alike</th><th "
      "scope=\"col\">State</th>"
      "<th scope=\"col\">Why</th></tr></thead><tbody>\n";
  for (const LookAlike& one : flow.verdict().look_alikes)
    out += fmt::format(
        "<tr><th scope=\"row\">{}</th><td><span class=\"badge "
        "{}\">{}</span></td><td>{}</td></tr>\n",
        one.id, to_string(one.status), to_string(one.status), html_text(one.why));
  return out + "</tbody></table>\n";
}

std::string html_facts(const JudgedFlow& flow) {
  std::string rows;
  for (const Observation& seen : flow.judgement.facts.seen)
    rows += fmt::format(
        "<tr><td>{}<br><span class=\"meta mono\">{}</span></td><td data-label=\"measured\">{}</td>"
        "<td class=\"num\" data-label=\"frames\">{}</td></tr>\n",
        html_text(info(seen.fact).question), info(seen.fact).id,
        seen.detail.empty() ? "yes" : html_text(seen.detail), frame_list(seen.frames));
  return html_heading("facts", "Facts") +
         "<p>Questions to which these packets answer yes. Two engineers find the same answer; what "
         "it means is said above.</p>\n"
         "<table class=\"cards\"><thead><tr><th scope=\"col\">Question</th><th "
         "scope=\"col\">Measured</th>"
         "<th scope=\"col\">Frames</th></tr></thead><tbody>\n" +
         rows + "</tbody></table>\n";
}

std::string html_client_view(const JudgedFlow& flow) {
  const ClientView& view = flow.verdict().client_view;
  std::string out = html_entry("OpenSSL", view.openssl) + html_entry("curl", view.curl) +
                    html_entry("Python", view.python) + html_entry("Go", view.go) +
                    html_entry("Java", view.java) + html_entry("Node", view.node) +
                    html_entry("errno", view.error_number.value_or(""));
  if (out.empty()) return {};
  return html_heading("client-view", "What the client's program said") + "<dl>\n" + out + "</dl>\n";
}

std::string html_check(const JudgedFlow& flow, const HtmlContext& context) {
  constexpr std::string_view file = "flow.pcapng";
  const auto command = [](std::string_view what, std::string_view line) {
    return fmt::format("<p>{}</p><pre>{}</pre>\n", what, html_text(line));
  };
  const Verdict& verdict = flow.verdict();
  const std::string cited =
      frame_filter(verdict.cited.empty() ? verdict.event.frames : verdict.cited);
  constexpr std::string_view kFields =
      "-T fields -e frame.number -e frame.time_relative -e ip.src -e ipv6.src -e ip.ttl -e "
      "ipv6.hlim -e ip.id -e tcp.flags.str -e tcp.seq -e tcp.ack -e tcp.window_size_value -e "
      "tcp.len";
  return html_heading("check", "Check it yourself") +
         (context.folder.empty() ? ""
                                 : "<p>In the bundle's own folder, one above this page:</p>\n") +
         command("Nothing in the bundle was changed since it was written:",
                 "sha256sum -c SHA256SUMS") +
         command("The packets this verdict cites (the filter works in Wireshark, too):",
                 fmt::format("tshark -r {} -Y '{}'", file, cited)) +
         command("What is claimed about each of them, as comments in the capture:",
                 fmt::format("tshark -r {} -Y frame.comment -T fields -e frame.number -e "
                             "frame.comment",
                             file)) +
         command("The header fields the facts compare:",
                 fmt::format("tshark -r {} {}", file, kFields)) +
         command("The verdict and every fact follow from the capture again:", "whohungup verify .");
}

std::string html_entry(std::string_view term, std::string_view text) {
  return text.empty() ? std::string() : html_raw_entry(term, html_text(text));
}

std::string html_raw_entry(std::string_view term, std::string_view html) {
  return html.empty() ? std::string() : fmt::format("<dt>{}</dt><dd>{}</dd>\n", term, html);
}

std::string html_frames(std::span<const FrameNo> frames) {
  constexpr std::size_t kMost = 12;
  std::string out = frames.size() == 1 ? "frame " : "frames ";
  for (std::size_t i = 0; i < std::min(frames.size(), kMost); ++i)
    out += fmt::format("{}{}", i == 0 ? "" : ", ", number(frames[i]));
  return frames.size() > kMost ? out + " …" : out;
}

std::string html_heading(std::string_view id, std::string_view text) {
  return fmt::format("<h2 id=\"{}\">{}</h2>\n", id, html_text(text));
}

std::string frame_filter(std::span<const FrameNo> frames) {
  std::string list;
  for (const FrameNo frame : frames)
    list += fmt::format("{}{}", list.empty() ? "" : ",", number(frame));
  return fmt::format("frame.number in {{{}}}", list);
}

}  // namespace whohungup
