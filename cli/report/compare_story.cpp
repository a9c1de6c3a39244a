// One flow at both ends, told to people.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "analyze/landmarks.h"
#include "analyze/rules.h"
#include "cli/report/compare_report.h"
#include "cli/report/escape.h"
#include "cli/report/landmarks.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

constexpr std::int32_t kNone = Sighting::kNone;

// More rows than that nobody reads; -v prints all.
constexpr std::size_t kMostRows = 60;

std::string heading(std::string_view text, const Style& style) {
  return "\n" + style.bold(text) + "\n";
}

std::string item(std::string_view text) { return wrapped("  - ", text); }

/// "#4 #5" of the capture it is told from, and "#7 there" of the other.
std::string frames_of(const ComparedFlow& flow, std::span<const FrameNo> here,
                      std::span<const FrameNo> there) {
  const std::string_view own = flow.from == Side::Client ? "client" : "server";
  const std::string_view far = flow.from == Side::Client ? "server" : "client";
  std::string text = fmt::format("{} {}", own, frame_list(here));
  if (!there.empty()) text += fmt::format("; {} {}", far, frame_list(there));
  return text;
}

std::string reasons(std::string_view title, const ComparedFlow& flow,
                    const std::vector<Reason>& all, const Style& style) {
  if (all.empty()) return {};
  std::string out = heading(title, style);
  for (const Reason& reason : all)
    out += item(fmt::format("{} [{}] ({}, {} {})", harmless(reason.text),
                            frames_of(flow, reason.frames, reason.other_frames), reason.rule->id,
                            to_string(reason.rule->weight), to_string(reason.rule->favours)));
  return out;
}

std::string identity(const ComparedFlow& flow) {
  const Conversation& talk = flow.flow.talk;
  std::string parties = fmt::format("{} → {}", to_string(talk.client), to_string(talk.server));
  if (const auto name = claimed_name(talk)) parties += ", SNI " + ascii_only(*name);
  std::string out = "\n" + wrapped(fmt::format("Flow {}: ", flow.flow.index), parties);
  if (!flow.both) {
    const Side end = flow.from;
    return out + wrapped("  ", fmt::format("seen at the {} only: the {}'s capture holds nothing "
                                           "of it",
                                           word_for(end), word_for(other(end))));
  }
  const Conversation &client = flow.ends->client, &server = flow.ends->server;
  if (client.client != server.client || client.server != server.server)
    out += wrapped("  ", fmt::format("at the server it is {} → {}", to_string(server.client),
                                     to_string(server.server)));
  out += wrapped("  ", clock_sentence(flow.ends->clock, client.begin));
  for (const std::string& sentence : path_sentences(flow)) out += wrapped("  ", sentence);
  for (const std::string& sentence : apart_sentences(flow)) out += wrapped("    - ", sentence);
  return out;
}

/// How many packets met which fate.
std::string tally(const ComparedFlow& flow) {
  if (!flow.both || flow.ends->joined == Joined::Terminated) return {};
  const Pairing& p = *flow.pairing;
  static constexpr std::pair<Fate, std::string_view> kWords[] = {
      {Fate::Both, "seen at both ends"},
      {Fate::Lost, "lost on the way"},
      {Fate::Made, "made on the way"},
      {Fate::MissedThere, "received but not captured"},
      {Fate::MissedHere, "sent but not captured"},
      {Fate::Unclear, "at one end only, unclear why"},
      {Fate::BeyondCapture, "that the other capture cannot hold"},
      {Fate::NotKept, "not compared"}};
  std::string text;
  for (const auto& [fate, words] : kWords)
    if (p.number(fate) > 0 || fate == Fate::Both)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", p.number(fate), words);
  if (p.changed > 0) text += fmt::format("; {} changed on the way", p.changed);
  return wrapped("  ", "packets: " + text);
}

std::string next_steps(const ComparedFlow& flow, const Style& style) {
  std::string out;
  for (const std::string& step : flow.flow.verdict().next) out += step_text("  - ", harmless(step));
  return out.empty() ? out : heading("Next", style) + out;
}

}  // namespace

std::string clock_sentence(const ClockLine& clock, Time moment) {
  if (!clock.known) return "the clocks could not be compared";
  const Duration offset = clock.offset_at(moment);
  const Duration size = offset < Duration{} ? -offset : offset;
  if (clock.contradictory)
    return fmt::format(
        "the clocks contradict each other: about {} apart, and no steady clocks "
        "explain all packets",
        amount(size));
  std::string text = fmt::format("the server's clock is {} {}", amount(size),
                                 offset < Duration{} ? "behind" : "ahead");
  text += clock.both_ways ? fmt::format(", ± {}", amount(clock.uncertainty))
                          : ", or more: packets of one direction only tell";
  const auto hours = std::chrono::round<std::chrono::hours>(size);
  constexpr Duration kAlmost = std::chrono::seconds{30};
  if (hours.count() != 0 && size - hours < kAlmost && hours - size < kAlmost)
    text += fmt::format(" ({}, as a wrong time zone makes it)",
                        counted(static_cast<std::uint64_t>(hours.count()), "hour"));
  constexpr double kPpm = 1e6;
  if (std::abs(clock.drift) > clock.drift_uncertainty && clock.drift != 0)
    text += fmt::format(", and {} {:.1f} ± {:.1f} ppm", clock.drift > 0 ? "gains" : "loses",
                        std::abs(clock.drift) * kPpm, clock.drift_uncertainty * kPpm);
  return text;
}

std::vector<std::string> path_sentences(const ComparedFlow& flow) {
  std::vector<std::string> all;
  if (!flow.both) return all;
  if (!flow.certain)
    all.emplace_back(flow.ends->client.server == flow.ends->server.server
                         ? "only time and the server's address say that these are one flow"
                         : "only time and the server's port say that these are one flow");
  if (flow.ends->syn_proxied)
    all.emplace_back(
        "a SYN proxy stands between: it takes the client's SYN and answers it itself, and connects "
        "on when the client has acknowledged that");
  switch (flow.ends->joined) {
    case Joined::SameAddresses:
      break;
    case Joined::Translated:
      all.emplace_back("something between rewrites addresses or ports (NAT, a balancer)");
      break;
    case Joined::Renumbered:
      all.emplace_back(
          flow.ends->client.client == flow.ends->server.client &&
                  flow.ends->client.server == flow.ends->server.server
              ? "something between shifts sequence numbers by a constant"
              : "something between rewrites addresses or ports, and shifts sequence numbers by a "
                "constant");
      break;
    case Joined::Terminated:
      all.emplace_back(
          flow.ends->shown_apart
              ? "these are two connections: the one at the client ends at something else, which "
                "has another to the server (numbers, clocks and options are not carried over)"
              : "numbers, clocks and options are not carried over: most likely the connection at "
                "the client ends at something else, which has another to the server; the packets "
                "cannot be compared");
      return all;
  }
  const Pairing& pairing = *flow.pairing;
  std::string way;
  for (const Side side : {Side::Client, Side::Server}) {
    const auto i = static_cast<std::size_t>(side);
    if (!pairing.hops[i]) continue;
    way += fmt::format("{}{} to the {}", way.empty() ? "" : ", ",
                       *pairing.hops[i] < 0
                           ? std::string("TTLs rise")
                           : counted(static_cast<std::uint64_t>(*pairing.hops[i]), "hop"),
                       word_for(other(side)));
    if (pairing.shortest[i])
      way += fmt::format(" in {} or more{}", amount(*pairing.shortest[i]),
                         flow.ends->clock.both_ways
                             ? fmt::format(" (± {})", amount(flow.ends->clock.uncertainty))
                             : "");
  }
  if (!way.empty()) all.push_back(way);
  for (const Side side : {Side::Client, Side::Server}) {
    const std::string text = to_string(pairing.always[static_cast<std::size_t>(side)]);
    if (!text.empty())
      all.push_back(
          fmt::format("every packet to the {} is changed: {}", word_for(other(side)), text));
  }
  return all;
}

std::vector<std::string> place_sentences(const ComparedFlow& flow) {
  std::vector<std::string> all;
  if (flow.middle && !flow.middle->text.empty()) all.push_back(flow.middle->text);
  if (flow.trace != nullptr) all.push_back(harmless(flow.trace->text));
  return all;
}

std::string two_ended_ladder(const ComparedFlow& flow, const Style& style, bool every_packet) {
  if (!flow.both || flow.ends->joined == Joined::Terminated) return {};
  const Ends& ends = *flow.ends;
  const Time start = ends.client.begin;
  std::string out =
      style.dim(
          "  client      seconds                                   server  what became of it") +
      "\n";
  std::size_t rows = 0, hidden = 0, left_out = 0;
  const Event& event = flow.flow.verdict().event;
  for (const Sighting& s : flow.pairing->packets) {
    if (!every_packet && s.fate == Fate::NotKept) {
      ++left_out;
      continue;
    }
    if (!every_packet && rows >= kMostRows && s.fate == Fate::Both) {
      ++hidden;
      continue;
    }
    ++rows;
    const Side end = s.at(s.claims) != kNone ? s.claims : other(s.claims);
    const Placed& packet = at(ends.at(end), s.at(end));
    const auto frame = [&](Side side) {
      return s.at(side) == kNone
                 ? std::string()
                 : fmt::format("#{}", number(at(ends.at(side), s.at(side)).frame()));
    };
    const double seconds_in =
        std::max(0.0, std::chrono::duration<double>(ends.common(end, packet.at()) - start).count());
    std::string label = to_string(packet.header.flags);
    if (packet.header.payload_len > 0) label += fmt::format(" {}", packet.header.payload_len);
    const bool right = s.claims == Side::Client;
    const bool both = s.client != kNone && s.server != kNone;
    std::string arrow(both ? "─" : "");
    const auto line = [](std::size_t n) {
      static constexpr std::string_view kDashes = "────────────────";
      return std::string(kDashes.substr(0, n * std::string_view("─").size()));
    };
    const std::size_t gap = label.size() < 16 ? 16 - label.size() : 0;
    std::string middle;
    if (both)
      middle = right ? line(4) + " " + label + " " + line(gap) + "▶"
                     : "◀" + line(4) + " " + label + " " + line(gap);
    else if (s.at(s.claims) != kNone)  // sent: it ends on the way
      middle = right ? line(4) + " " + label + " " + line(gap / 2) + "✕"
                     : "✕" + line(gap / 2) + " " + label + " " + line(4);
    else  // received: it begins on the way
      middle = right ? "✱" + line(gap / 2) + " " + label + " " + line(4) + "▶"
                     : "◀" + line(4) + " " + label + " " + line(gap / 2) + "✱";
    const std::size_t wide = 26;
    const std::size_t used = width(middle);
    const std::string fill(used < wide ? wide - used : 0, ' ');
    const bool to_the_right = right != (s.at(s.claims) != kNone) && !both;
    middle = to_the_right || (!right && s.at(s.claims) != kNone && !both) ? fill + middle
                                                                          : middle + fill;
    std::string what = fate_words(flow, s);
    const std::int32_t index = s.at(flow.from);
    if (event.segment && index == static_cast<std::int32_t>(*event.segment))
      what += what.empty() ? "ended it" : "; ended it";
    out += wrapped(fmt::format("  {:>6}  {:>11.6f}  {}  {:<6}  ", frame(Side::Client), seconds_in,
                               middle, frame(Side::Server)),
                   what.empty() ? " " : what);
  }
  if (left_out > 0)
    out += fmt::format("  {} not compared: after the handshake, or too late (-v prints them)\n",
                       counted(left_out, "packet"));
  if (hidden > 0) out += fmt::format("  {} more, seen at both ends (-v prints them)\n", hidden);
  return out;
}

std::string compare_story(const ComparedFlow& flow, const Style& style, bool every_packet) {
  const Verdict& verdict = flow.flow.verdict();
  const std::string code = fmt::format("{} ({})", verdict.code(), to_string(verdict.confidence));
  std::string out = wrapped("", harmless(verdict.summary)) +
                    (verdict.failed() ? style.bad(code) : style.good(code)) + "\n";
  for (const std::string& sentence : place_sentences(flow)) out += wrapped("", sentence);
  out += identity(flow) + tally(flow);
  const std::string ladder = two_ended_ladder(flow, style, every_packet);
  if (!ladder.empty()) out += "\n" + ladder;
  out += reasons("Because", flow, verdict.evidence, style) +
         reasons("Against", flow, verdict.dissent, style);
  if (!verdict.look_alikes.empty()) {
    out += heading("Look-alikes", style);
    for (const LookAlike& one : verdict.look_alikes)
      out += item(fmt::format("{} {}: {}", one.id, to_string(one.status), harmless(one.why)));
  }
  if (every_packet) {
    out += heading("Facts", style);
    for (const Observation& seen : flow.flow.judgement.facts.seen)
      out += wrapped("  ", fmt::format("{} [{}] {}", info(seen.fact).id,
                                       frames_of(flow, seen.frames, seen.other_frames),
                                       harmless(seen.detail)));
  }
  return out + next_steps(flow, style);
}

}  // namespace whohungup
