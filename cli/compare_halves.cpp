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

bool take_span(const nlohmann::json& span, CaptureSpan& into) {
  std::int64_t begin{}, end{};
  if (!take(span, "begin_ns", begin) || !take(span, "end_ns", end)) return false;
  into.begin = time_from_ns(begin);
  into.end = time_from_ns(end);
  into.dropped = member<std::uint64_t>(span, "dropped");
  return take(span, "complete", into.complete);
}

constexpr const char* kParts[] = {"client", "server", "middle"};

}  // namespace

std::string halves_json(const Halves& how) {
  JsonWriter json;
  json.open_object().field("schema", "whohungup/1").field("type", "comparison_about");
  json.field("client_interfaces", how.client_interfaces);
  json.field("middle_interfaces", how.middle_interfaces).field("interfaces", how.interfaces);
  json.field("ports", how.ports);
  for (std::size_t end = 0; end < (how.middle_interfaces > 0 ? 3U : 2U); ++end) {
    json.key(kParts[end]).open_object();
    json.field("begin_ns", how.spans[end].begin.time_since_epoch().count());
    json.field("end_ns", how.spans[end].end.time_since_epoch().count());
    json.field("dropped", how.spans[end].dropped).field("complete", how.spans[end].complete);
    json.close_object();
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
  return how;
}

CompareInputs take_apart(const std::function<std::unique_ptr<Source>()>& open, const Halves& how) {
  const std::uint32_t middle = how.interfaces - how.middle_interfaces;
  const std::uint32_t bounds[] = {0, how.client_interfaces, middle, how.interfaces};
  CompareInputs inputs;
  for (std::size_t place = 0; place < (how.middle_interfaces > 0 ? 3U : 2U); ++place)
    inputs.open[place] = [open, first = bounds[place], end = bounds[place + 1],
                          span = how.spans[place]] {
      return std::make_unique<Half>(open(), first, end, span);
    };
  return inputs;
}

}  // namespace whohungup
