// placeholder while the parts are written
#include "analyze/tell.h"
namespace whohungup {
std::string summarize(const Scene&, const Judgement& judgement) { return judgement.verdict.code(); }
std::vector<LookAlike> look_alikes(const Scene&, const Observations&) { return {}; }
std::optional<std::string> tampering_signature(const Scene&) { return std::nullopt; }
ClientView client_view(const Scene&, const Observations&) { return {}; }
std::vector<std::string> next_steps(const Scene&, const Judgement&) { return {}; }
}  // namespace whohungup
