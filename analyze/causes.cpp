// The table, put together of its parts, a header each. Where two causes are supported equally, the
// one that stands first is named first.
#include "analyze/causes.h"

#include <algorithm>

#include "analyze/causes_at_home.h"
#include "analyze/causes_before_tls.h"
#include "analyze/causes_of_content.h"
#include "analyze/causes_of_service.h"
#include "analyze/causes_of_size.h"
#include "analyze/causes_of_versions.h"

namespace whohungup {
namespace {

constexpr std::size_t kNumCauses = kCausesAtHome.size() + kCausesBeforeTls.size() +
                                   kCausesOfContent.size() + kCausesOfVersions.size() +
                                   kCausesOfSize.size() + kCausesOfService.size();

constexpr std::array<Cause, kNumCauses> kCauses = [] {
  std::array<Cause, kNumCauses> all{};
  auto* at = all.begin();
  const auto add = [&](const auto& part) { at = std::copy(part.begin(), part.end(), at); };
  add(kCausesAtHome);
  add(kCausesBeforeTls);
  add(kCausesOfContent);
  add(kCausesOfVersions);
  add(kCausesOfSize);
  add(kCausesOfService);
  return all;
}();

constexpr std::array<CommonTheory, 5> kTheories{{
    {"service-not-running",
     "the service is not running or misconfigured",
     {"not-listening", "nothing-behind", "plaintext-service", "server-fault",
      "starttls-not-offered"}},
    {"certificate-is-broken", "its certificate is broken", {"certificate-broken"}},
    {"allow-list-closes",
     "a firewall or allow-list accepts and closes",
     {"allow-list", "ban", "connection-limit"}},
    {"versions-do-not-meet",
     "versions or ciphers do not meet",
     {"no-common-version", "no-common-cipher", "tls13-intolerance"}},
    {"server-is-legacy", "the server is legacy-only", {"legacy-only"}},
}};

}  // namespace

std::span<const Cause> causes() { return kCauses; }

const Cause* find_cause(std::string_view id) {
  const auto* found =
      std::find_if(kCauses.begin(), kCauses.end(), [&](const Cause& one) { return one.id == id; });
  return found == kCauses.end() ? nullptr : found;
}

std::span<const CommonTheory> common_theories() { return kTheories; }

}  // namespace whohungup
