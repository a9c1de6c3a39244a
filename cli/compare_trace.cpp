#include "cli/compare_trace.h"

#include <fmt/core.h>

#include <fstream>

#include "capture/source.h"
#include "cli/json_member.h"
#include "cli/report/escape.h"

namespace whohungup {
namespace {

using nlohmann::json;

/// "hop 3 (192.0.2.1)", or "hop 3" of a silent router.
std::string hop_words(const json& trace, unsigned hop) {
  std::string text = fmt::format("hop {}", hop);
  for (const json& one : part(trace, "hops")) {
    const json& addresses = part(one, "addresses");
    if (member<unsigned>(one, "hop") == hop && addresses.is_array() && !addresses.empty() &&
        addresses[0].is_string())
      text += fmt::format(" ({})", harmless(addresses[0].get<std::string>()));
  }
  return text;
}

TraceSaid said_by(const json& trace) {
  TraceSaid said;
  said.server = member<std::string>(trace, "server").value_or("");
  said.port = member<std::uint16_t>(trace, "port").value_or(0);
  const json& verdict = part(trace, "verdict");
  if (!verdict.is_object()) return said;
  const auto sure = member<std::string>(verdict, "confidence").value_or("undetermined");
  const auto after = member<unsigned>(verdict, "after_hop");
  const auto before = member<unsigned>(verdict, "before_hop");
  if (member<std::string>(verdict, "place") == "before-server" && after && before) {
    said.after_hop = after;
    said.before_hop = before;
    said.text = fmt::format("The trace places it between {} and {} ({}).",
                            *after == 0 ? std::string("the client") : hop_words(trace, *after),
                            hop_words(trace, *before), sure);
  } else {
    said.text = fmt::format("The trace names no place on the path: {}",
                            harmless(member<std::string>(verdict, "summary").value_or("")));
  }
  return said;
}

}  // namespace

TraceSaid read_trace(const std::string& path) {
  std::ifstream file(path);
  if (!file)
    throw CaptureError(fmt::format("{}: cannot be opened; check the path", harmless(path)));
  std::optional<TraceSaid> last;
  for (std::string line; std::getline(file, line);) {
    const json object = json::parse(line, nullptr, false);
    if (object.is_object() && member<std::string>(object, "type") == "trace")
      (last = said_by(object))->document = line;
  }
  if (!last || last->server.empty())
    throw CaptureError(fmt::format(
        "{}: holds no trace; give it what whohungup trace --json printed", harmless(path)));
  return *last;
}

}  // namespace whohungup
