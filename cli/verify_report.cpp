// The part of `verify` that compares two reports, and names what differs.

#include <fmt/core.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/report/escape.h"
#include "cli/verify.h"

namespace whohungup {
namespace {

using nlohmann::json;

constexpr std::size_t kMostNamed = 40;

std::string shown(const json& value) {
  return harmless(keep_begin(value.dump(-1, ' ', false, json::error_handler_t::replace), 160));
}

/// The flow objects of a report; an unreadable line is no flow.
std::vector<json> flows_of(const std::string& lines) {
  std::vector<json> flows;
  std::istringstream stream(lines);
  for (std::string line; std::getline(stream, line);) {
    json object = json::parse(line, nullptr, false);
    if (object.is_object() && object.value("type", json()) == "flow")
      flows.push_back(std::move(object));
  }
  return flows;
}

class Comparison {
 public:
  std::vector<std::string> take() { return std::move(found_); }

  void say(std::string difference) {
    if (found_.size() < kMostNamed) found_.push_back(std::move(difference));
  }

  void compare_flow(std::size_t index, const json& written, const json& judged) {
    where_ = fmt::format("flow {}", index);
    compare_fields("verdict", written, judged);
    compare_list("facts", "id", written, judged);
    compare_list("evidence", "rule", written, judged);
    compare_list("dissent", "rule", written, judged);
    compare_list("look_alikes", "id", written, judged);
    for (const char* part :
         {"schema", "flow", "tampering_signature", "tcp", "tls", "client_view", "next", "cited"})
      if (written.value(part, json()) != judged.value(part, json()))
        say(fmt::format("{}: {} is {}, judged again {}", where_, part,
                        shown(written.value(part, json())), shown(judged.value(part, json()))));
  }

 private:
  void compare_fields(const char* part, const json& written, const json& judged) {
    const json before = written.value(part, json::object()),
               now = judged.value(part, json::object());
    if (!before.is_object()) return say(fmt::format("{}: {} is no object", where_, part));
    for (const auto& [key, value] : now.items())
      if (before.value(key, json()) != value)
        say(fmt::format("{}: {}.{} is {}, judged again {}", where_, part, harmless(key),
                        shown(before.value(key, json())), shown(value)));
  }

  /// Lists of objects that have a name.
  void compare_list(const char* part, const char* name, const json& written, const json& judged) {
    const auto before = by_name(written.value(part, json::array()), name);
    const auto now = by_name(judged.value(part, json::array()), name);
    for (const auto& [id, value] : before)
      if (now.count(id) == 0)
        say(fmt::format("{}: {} names {}, which does not follow from the capture", where_, part,
                        harmless(id)));
    for (const auto& [id, value] : now) {
      const auto found = before.find(id);
      if (found == before.end())
        say(fmt::format("{}: {} lacks {}, which follows from the capture", where_, part,
                        harmless(id)));
      else if (found->second != value)
        say(fmt::format("{}: {} {} is {}, judged again {}", where_, part, harmless(id),
                        shown(found->second), shown(value)));
    }
  }

  static std::map<std::string, json> by_name(const json& list, const char* name) {
    std::map<std::string, json> named;
    if (!list.is_array()) return named;
    for (const json& one : list) {
      const json id = one.is_object() ? one.value(name, json()) : json();
      named[id.is_string() ? id.get<std::string>() : "?"] = one;
    }
    return named;
  }

  std::string where_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> differences(const std::string& written, const std::string& judged) {
  const std::vector<json> before = flows_of(written), now = flows_of(judged);
  Comparison comparison;
  if (before.size() != now.size())
    comparison.say(fmt::format("the report tells of {} flows, the capture holds {}", before.size(),
                               now.size()));
  for (std::size_t i = 0; i < std::min(before.size(), now.size()); ++i)
    comparison.compare_flow(i, before[i], now[i]);
  std::vector<std::string> found = comparison.take();
  if (found.empty() && written != judged)
    found.emplace_back("report.json holds something that does not follow from the capture");
  return found;
}

}  // namespace whohungup
