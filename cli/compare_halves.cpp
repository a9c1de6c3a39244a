#include "cli/compare_halves.h"

#include <fmt/core.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <utility>

#include "capture/source.h"
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

/// One value of an object somebody else may have written; false where it is missing or no number.
template <class Number>
bool take(const nlohmann::json& object, const char* key, Number& into) {
  const auto found = object.find(key);
  if (found == object.end()) return false;
  const bool fits = std::is_same_v<Number, bool> ? found->is_boolean() : found->is_number_integer();
  if (fits) into = found->template get<Number>();
  return fits;
}

bool take_span(const nlohmann::json& span, CaptureSpan& into) {
  std::int64_t begin{}, end{};
  if (!take(span, "begin_ns", begin) || !take(span, "end_ns", end)) return false;
  into.begin = Time(Duration(begin));
  into.end = Time(Duration(end));
  std::uint64_t dropped{};
  if (take(span, "dropped", dropped)) into.dropped = dropped;
  return take(span, "complete", into.complete);
}

}  // namespace

std::string halves_json(const Halves& how) {
  JsonWriter json;
  json.open_object().field("schema", "whohungup/1").field("type", "comparison_about");
  json.field("client_interfaces", how.client_interfaces).field("interfaces", how.interfaces);
  json.field("ports", how.ports);
  for (std::size_t end = 0; end < 2; ++end) {
    json.key(end == 0 ? "client" : "server").open_object();
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
  const auto none = nlohmann::json::object();
  const auto part = [&](const char* key) -> const nlohmann::json& {
    return json.contains(key) ? json.at(key) : none;
  };
  bool whole = take(json, "client_interfaces", how.client_interfaces) &&
               take(json, "interfaces", how.interfaces) &&
               take_span(part("client"), how.spans[0]) && take_span(part("server"), how.spans[1]);
  for (const auto& port : part("ports")) {
    whole = whole && port.is_number_unsigned();
    if (whole) how.ports.push_back(port.get<std::uint16_t>());
  }
  if (!whole)
    throw CaptureError(fmt::format("{}: does not say how the two captures were compared", path));
  return how;
}

CompareInputs take_apart(const std::function<std::unique_ptr<Source>()>& open, const Halves& how) {
  CompareInputs inputs;
  inputs.open[0] = [open, how] {
    return std::make_unique<Half>(open(), 0, how.client_interfaces, how.spans[0]);
  };
  inputs.open[1] = [open, how] {
    return std::make_unique<Half>(open(), how.client_interfaces, how.interfaces, how.spans[1]);
  };
  return inputs;
}

}  // namespace whohungup
