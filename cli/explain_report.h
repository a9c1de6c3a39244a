// How an explanation is told, as text and as NDJSON.
#pragma once

#include <string>
#include <vector>

#include "analyze/explain.h"
#include "cli/report/style.h"

namespace whohungup {

std::string explanation_text(const Explanation&, const Style&);
std::string explanation_json(const Explanation&);

/// "server.fin.client_hello" and its parts, which may stand alone: the codes they stand for.
struct CodePattern {
  std::string given;
  std::vector<std::string> codes;
  EventSet events;
};
std::string code_text(const CodePattern&);
std::string code_json(const CodePattern&);

/// The table of hello sizes.
std::string sizes_text();
std::string sizes_json();

}  // namespace whohungup
