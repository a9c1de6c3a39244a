#include "cli/compare_halves.h"

#include <fmt/core.h>

#include <fstream>
#include <utility>

#include "capture/capture_file.h"
#include "capture/source.h"
#include "cli/json_member.h"
#include "cli/report/json_writer.h"

namespace whohungup {
namespace {

/// One end's packets of a merged capture, with what is known of that end's whole capture.
class Half : public Source {
 public:
  Half(std::unique_ptr<Source> merged, std::uint32_t first, std::uint32_t end, CaptureSpan span)
      : merged_(std::move(merged)), first_(first), end_(end) {
    notes_.files = {kMergedCapture};
    notes_.quality = {span.complete, span.dropped, span.begin, span.end};
    notes_.stretches = std::move(span.stretches);
  }
  Next next(Packet& packet) override {
    Next next{};
    while ((next = merged_->next(packet)) == Next::Got) {
      if (packet.interface_id < first_ || packet.interface_id >= end_) continue;
      packet.interface_id -= first_;
      ++notes_.packets;
      notes_.bytes += packet.bytes.size();
      return next;
    }
    return next;
  }
  [[nodiscard]] const CaptureNotes& notes() const override { return notes_; }

 private:
  std::unique_ptr<Source> merged_;
  std::uint32_t first_, end_;
  CaptureNotes notes_;
};

/// A number or a truth value; false where it is missing.
template <class Value>
bool take(const nlohmann::json& object, const char* key, Value& into) {
  const std::optional<Value> found = member<Value>(object, key);
  if (found) into = *found;
  return found.has_value();
}

/// The kinds of packets that a capture may hold, in the order of kind_of().
constexpr const char* kKinds[] = {
    "from_client", "from_server", "plain_from_client", "plain_from_server", "resets",
    "icmp",        "gaps"};

bool& kind_of(KindsHeld& holds, std::size_t kind) {
  bool* const all[] = {&holds.any[0], &holds.any[1], &holds.plain[0], &holds.plain[1],
                       &holds.resets, &holds.icmp,   &holds.gaps};
  return *all[kind];
}

bool take_times(const nlohmann::json& object, Time& begin, Time& end) {
  std::int64_t begin_ns{}, end_ns{};
  if (!take(object, "begin_ns", begin_ns) || !take(object, "end_ns", end_ns)) return false;
  begin = time_from_ns(begin_ns);
  end = time_from_ns(end_ns);
  return true;
}

bool take_span(const nlohmann::json& span, CaptureSpan& into) {
  if (!take_times(span, into.begin, into.end)) return false;
  for (const auto& file : part(span, "files"))
    if (Stretch one; take_times(file, one.begin, one.end)) into.stretches.push_back(one);
  into.dropped = member<std::uint64_t>(span, "dropped");
  // Older bundles do not say what kinds of packets there were.
  const nlohmann::json& holds = part(span, "holds");
  for (std::size_t kind = 0; kind < std::size(kKinds); ++kind)
    kind_of(into.holds, kind) = member<bool>(holds, kKinds[kind]).value_or(false);
  return take(span, "complete", into.complete);
}

constexpr const char* kParts[] = {"client", "server", "middle"};

}  // namespace

std::string halves_json(const Halves& how) {
  JsonWriter json;
  json.open_object().field("schema", "whohungup/1").field("type", "comparison_about");
  json.field("client_interfaces", how.client_interfaces);
  json.field("middle_interfaces", how.middle_interfaces).field("interfaces", how.interfaces);
  json.field("ports", how.ports).field("torn", how.torn);
  for (std::size_t end = 0; end < (how.middle_interfaces > 0 ? 3U : 2U); ++end) {
    json.key(kParts[end]).open_object();
    json.field("begin_ns", how.spans[end].begin.time_since_epoch().count());
    json.field("end_ns", how.spans[end].end.time_since_epoch().count());
    json.field("dropped", how.spans[end].dropped).field("complete", how.spans[end].complete);
    KindsHeld holds = how.spans[end].holds;
    json.key("holds").open_object();
    for (std::size_t kind = 0; kind < std::size(kKinds); ++kind)
      json.field(kKinds[kind], kind_of(holds, kind));
    json.close_object().key("files").open_array();
    for (const Stretch& file : how.spans[end].stretches) {
      json.open_object().field("begin_ns", file.begin.time_since_epoch().count());
      json.field("end_ns", file.end.time_since_epoch().count()).close_object();
    }
    json.close_array().close_object();
  }
  return json.close_object().line();
}

Halves read_halves(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const auto json = nlohmann::json::parse(file, nullptr, false);
  Halves how;
  bool whole = take(json, "client_interfaces", how.client_interfaces) &&
               take(json, "interfaces", how.interfaces) &&
               take_span(part(json, kParts[0]), how.spans[0]) &&
               take_span(part(json, kParts[1]), how.spans[1]);
  // Older bundles do not say how many there are of a third capture.
  how.middle_interfaces = member<std::uint32_t>(json, "middle_interfaces").value_or(0);
  whole = whole && how.client_interfaces <= how.interfaces &&
          how.middle_interfaces <= how.interfaces - how.client_interfaces;
  if (how.middle_interfaces > 0) whole = whole && take_span(part(json, kParts[2]), how.spans[2]);
  for (const auto& port : part(json, "ports")) {
    whole = whole && port.is_number_unsigned();
    if (whole) how.ports.push_back(port.get<std::uint16_t>());
  }
  if (!whole)
    throw CaptureError(fmt::format("{}: does not say how the two captures were compared", path));
  how.torn = member<bool>(json, "torn").value_or(false);
  return how;
}

CompareInputs take_apart(const std::function<std::unique_ptr<Source>()>& open, const Halves& how) {
  const std::uint32_t middle = how.interfaces - how.middle_interfaces;
  const std::uint32_t bounds[] = {0, how.client_interfaces, middle, how.interfaces};
  CompareInputs inputs;
  inputs.torn = how.torn;
  for (std::size_t end = 0; end < 2; ++end) inputs.held[end] = how.spans[end].holds;
  for (std::size_t place = 0; place < (how.middle_interfaces > 0 ? 3U : 2U); ++place)
    inputs.open[place] = [open, first = bounds[place], end = bounds[place + 1],
                          span = how.spans[place]] {
      return std::make_unique<Half>(open(), first, end, span);
    };
  return inputs;
}

}  // namespace whohungup
