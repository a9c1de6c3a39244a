// See probe_bundle.h.
#include "cli/probe_bundle.h"

#include <fmt/format.h>

#include <set>

#include "capture/live_capture.h"
#include "capture/privileges.h"
#include "capture/saved.h"
#include "capture/source.h"
#include "cli/bundle.h"
#include "cli/probe_conclude.h"

namespace whohungup {

void make_bundle_folder(const ProbeAsk& ask, std::optional<FolderKeeper>& keeper) {
  if (ask.bundle.empty()) return;
  refuse_existing(ask.bundle);
  if (ask.no_capture || !LiveCapture::permitted())
    throw CaptureError(
        fmt::format("a bundle is made of packets, and none would be captured; `{}` lets it, once",
                    command_that_grants_capture()));
  std::optional<FolderKeeper::Heir> heir;
  if (const auto plain = user_behind_root()) heir = {plain->user, plain->group, plain->nobody};
  keeper.emplace(ask.bundle, ask.sign_key, heir);
}

void write_session_bundle(const ProbeAsk& ask, const std::vector<Attempt>& attempts,
                          const Evidence& evidence, const OwnWords& words, FolderKeeper& keeper) {
  if (evidence.packets() == 0) {
    fmt::print(stderr, "whohungup: no packet was caught, so there is no evidence and no bundle\n");
    return;
  }
  std::set<std::string> devices;
  for (const Attempt& attempt : attempts) devices.insert(attempt.device);
  BundleOrder order;
  order.directory = ask.bundle;
  order.keeper = &keeper;
  order.anonymize = ask.anonymize;
  order.live_interface = fmt::format("{}", fmt::join(devices, ", "));
  order.ports = judging_options(attempts).ports;
  order.own_secrets = evidence.key_log();
  if (!ask.anonymize) order.enclosed[words.file] = words.lines;
  const auto source = open_saved_bytes(evidence.bytes(), evidence.title());
  write_bundle(order, *source);
}

}  // namespace whohungup
