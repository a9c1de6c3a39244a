// The "comparison" of a flow object (CONTRACT.md, docs/schema.json).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "analyze/landmarks.h"

#include "cli/compare.h"
#include "cli/report/compare_report.h"
#include "cli/report/json.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

constexpr std::int32_t kNone = Sighting::kNone;

void milliseconds(JsonWriter& json, std::string_view key, Duration time) {
  json.key(key).number_text(
      fmt::format("{:.6f}", std::chrono::duration<double, std::milli>(time).count()));
}

void write_clock(JsonWriter& json, const ComparedFlow& flow) {
  const ClockLine clock = flow.ends != nullptr ? flow.ends->clock : ClockLine{};
  const bool known = flow.both && clock.known;
  if (!known) {
    for (const std::string_view key : {"clock_offset_ms", "clock_uncertainty_ms", "clock_drift_ppm",
                                       "clock_drift_uncertainty_ppm"})
      json.field(key, nullptr);
    json.field("clock_contradictory", false);
    return;
  }
  milliseconds(json, "clock_offset_ms", clock.offset_at(flow.ends->client.begin));
  if (clock.both_ways)
    milliseconds(json, "clock_uncertainty_ms", clock.uncertainty);
  else
    json.field("clock_uncertainty_ms", nullptr);
  json.key("clock_drift_ppm").number_text(fmt::format("{:.3f}", clock.drift * 1e6));
  json.key("clock_drift_uncertainty_ppm")
      .number_text(fmt::format("{:.3f}", clock.drift_uncertainty * 1e6));
  json.field("clock_contradictory", clock.contradictory);
}

/// The frames, as that end's capture numbers them, of the packets that `of` chooses.
template <class Of>
std::vector<FrameNo> frames_of(const ComparedFlow& flow, Side end, Of&& of) {
  std::vector<FrameNo> frames;
  if (flow.pairing == nullptr) return frames;
  for (const Sighting& s : flow.pairing->packets)
    if (of(s) && s.at(end) != kNone) frames.push_back(at(flow.ends->at(end), s.at(end)).frame());
  std::sort(frames.begin(), frames.end());
  frames.erase(std::unique(frames.begin(), frames.end()), frames.end());
  return frames;
}

void write_fates(JsonWriter& json, const ComparedFlow& flow) {
  const auto list = [&](std::string_view key, Side end, Side claims, Fate fate) {
    json.field(key, frames_of(flow, end, [&](const Sighting& s) {
                 return s.claims == claims && s.fate == fate;
               }));
  };
  list("lost_to_server", Side::Client, Side::Client, Fate::Lost);
  list("lost_to_client", Side::Server, Side::Server, Fate::Lost);
  list("made_for_client", Side::Client, Side::Server, Fate::Made);
  list("made_for_server", Side::Server, Side::Client, Fate::Made);
  const auto alone = [&](std::string_view key, Side end, auto&& of) {
    json.field(key, frames_of(flow, end, [&](const Sighting& s) {
                 return s.at(other(end)) == kNone && of(s.fate);
               }));
  };
  const auto missed = [](Fate f) { return f == Fate::MissedHere || f == Fate::MissedThere; };
  alone("missed_by_client_capture", Side::Server, missed);
  alone("missed_by_server_capture", Side::Client, missed);
  const auto unclear = [](Fate f) { return f == Fate::Unclear; };
  alone("unclear_client_frames", Side::Client, unclear);
  alone("unclear_server_frames", Side::Server, unclear);
  const auto beyond = [](Fate f) { return f == Fate::BeyondCapture; };
  alone("beyond_server_capture", Side::Client, beyond);
  alone("beyond_client_capture", Side::Server, beyond);
  const auto not_kept = [](Fate f) { return f == Fate::NotKept; };
  alone("not_compared_client_frames", Side::Client, not_kept);
  alone("not_compared_server_frames", Side::Server, not_kept);
}

void write_changes(JsonWriter& json, const Changes& changes) {
  json.open_array();
  for (std::size_t i = 0; i < kNumChanges; ++i)
    if (changes.has(static_cast<Change>(i))) json.value(to_string(static_cast<Change>(i)));
  json.close_array();
}

void write_changed(JsonWriter& json, const ComparedFlow& flow) {
  json.key("changed").open_array();
  if (flow.pairing != nullptr)
    for (const Sighting& s : flow.pairing->packets) {
      if (s.fate != Fate::Both || !s.changes.on_the_way()) continue;
      json.open_object();
      json.field("client_frame", number(at(flow.ends->client, s.client).frame()));
      json.field("server_frame", number(at(flow.ends->server, s.server).frame()));
      json.key("what");
      write_changes(json, s.changes);
      json.close_object();
    }
  json.close_array();
  for (const Side side : {Side::Client, Side::Server}) {
    json.key(side == Side::Client ? "always_changed_to_server" : "always_changed_to_client");
    write_changes(json, flow.pairing != nullptr
                            ? flow.pairing->always[static_cast<std::size_t>(side)]
                            : Changes{});
  }
}

std::string_view word_for(Fate fate) {
  static constexpr std::array<std::string_view, kNumFates> kWords{
      "both", "lost", "made", "missed", "missed", "unclear", "beyond-capture", "not-compared"};
  return kWords[static_cast<std::size_t>(fate)];
}

void write_later_ending(JsonWriter& json, const ComparedFlow& flow) {
  json.key("later_ending");
  const Sighting* s = flow.pairing != nullptr ? later_ending(*flow.ends, *flow.pairing) : nullptr;
  if (s == nullptr) {
    json.value(nullptr);
    return;
  }
  const auto frame = [&](Side end) {
    return s->at(end) == kNone ? std::nullopt
                               : std::optional(number(at(flow.ends->at(end), s->at(end)).frame()));
  };
  const Side end = s->at(s->claims) != kNone ? s->claims : other(s->claims);
  const bool reset = at(flow.ends->at(end), s->at(end)).header.flags.rst();
  json.open_object().field("mechanism", reset ? "rst" : "fin").field("claims", word_for(s->claims));
  json.field("client_frame", frame(Side::Client)).field("server_frame", frame(Side::Server));
  json.field("fate", word_for(s->fate)).close_object();
}

void write_path(JsonWriter& json, const ComparedFlow& flow) {
  json.key("rewritten").open_array();
  if (flow.both && flow.ends->joined != Joined::Terminated) {
    const Conversation &client = flow.ends->client, &server = flow.ends->server;
    if (client.client != server.client) json.value("client-address");
    if (client.server != server.server) json.value("server-address");
    if (flow.pairing->shift[0] != 0) json.value("client-sequence");
    if (flow.pairing->shift[1] != 0) json.value("server-sequence");
  }
  json.close_array();
  for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
    const auto hops = flow.pairing != nullptr ? flow.pairing->hops[side] : std::nullopt;
    json.key(side == 0 ? "hops_to_server" : "hops_to_client");
    json.value(hops && *hops >= 0 ? hops : std::nullopt);  // TTLs that rise tell no number
  }
  for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
    const std::string_view key = side == 0 ? "shortest_to_server_ms" : "shortest_to_client_ms";
    if (flow.pairing != nullptr && flow.pairing->shortest[side])
      milliseconds(json, key, *flow.pairing->shortest[side]);
    else
      json.field(key, nullptr);
  }
}

}  // namespace

void write_comparison(JsonWriter& json, const ComparedFlow& flow) {
  json.key("comparison").open_object();
  json.field("judged_from", word_for(flow.from));
  json.field("seen_by", flow.both ? std::string_view("both") : word_for(flow.from));
  const CaptureNotes& own = flow.flow.notes;
  json.field("client_file", input_name(flow.from == Side::Client ? own : *flow.other));
  json.field("server_file", input_name(flow.from == Side::Client ? *flow.other : own));
  json.key("joined");
  flow.both ? json.value(to_string(flow.ends->joined)) : json.value(nullptr);
  json.field("certain", flow.certain);
  json.field("shown_apart", flow.both && flow.ends->shown_apart);
  json.field("syn_proxied", flow.both && flow.ends->syn_proxied);
  write_clock(json, flow);
  json.field("matched", flow.pairing != nullptr ? flow.pairing->number(Fate::Both) : 0U);
  write_fates(json, flow);
  write_changed(json, flow);
  write_path(json, flow);
  json.key("connections");
  write_apart(json, flow);
  write_later_ending(json, flow);
  json.text_or_null("made_because", describe(flow.made_because));
  json.key("trace");
  if (flow.trace != nullptr) {
    json.open_object().field("after_hop", flow.trace->after_hop);
    json.field("before_hop", flow.trace->before_hop).field("text", flow.trace->text).close_object();
  } else {
    json.value(nullptr);
  }
  json.key("middle");
  if (flow.middle) {
    json.open_object().field("holds_flow", flow.middle->holds_flow);
    json.key("towards");
    flow.middle->segment ? json.value(word_for(*flow.middle->segment)) : json.value(nullptr);
    json.field("text", flow.middle->text).close_object();
  } else {
    json.value(nullptr);
  }
  json.close_object();
}

}  // namespace whohungup
