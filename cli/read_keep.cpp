#include "cli/read_keep.h"

#include <fmt/core.h>

#include <algorithm>

#include "cli/interrupt.h"
#include "cli/output.h"

namespace whohungup {
namespace {

// As many as BundleSummary names.
constexpr std::size_t kMostCodes = 1000;

}  // namespace

FlowsToKeep::FlowsToKeep(const ReadOptions& ask)
    : ask_(ask), wanted_(!ask.bundle.empty() || !ask.packets_file.empty()) {
  if (!wanted_) return;
  if (ask.packets_file == "-")
    throw UsageError(
        "read: -w - and the report cannot both go to standard output; name a file, or /dev/fd/3");
  std::vector<std::string> inputs = ask.files;
  if (!ask.key_log.empty()) inputs.push_back(ask.key_log);
  refuse_to_replace(ask.packets_file, inputs);
  if (!ask.bundle.empty()) {
    refuse_existing(ask.bundle);
    sums_ = InputSums(ask.files);
  }
  if (std::any_of(ask.files.begin(), ask.files.end(), can_be_read_once))
    spool_ = std::make_unique<PacketSpool>();
}

void FlowsToKeep::spool(const Packet& packet, const CaptureNotes& notes) {
  spool_->add(packet, notes.interfaces);
}

void FlowsToKeep::add(const Conversation& talk, const Verdict& verdict) {
  if (wanted_) (verdict.failed() || ask_.all ? failed_ : others_).add(talk, verdict);
}

void FlowsToKeep::write(const CaptureNotes& notes, Filter& filter, const std::string& secrets) {
  if (!wanted_ || chosen().flows.empty()) return;
  BundleOrder order;
  order.directory = ask_.bundle;
  order.sign_key = ask_.sign_key;
  order.anonymize = ask_.anonymize;
  order.stopped_early = interrupted();
  order.inputs = sums_.files();
  order.ports = ask_.ports;
  order.names = notes.names;
  if (secrets.find_first_not_of('\n') != std::string::npos) order.others_secrets = secrets;
  const auto fetch = [&](auto&& write) {
    const std::unique_ptr<Source> again = read_again();
    PickedPackets packets(*again, notes, chosen().flows, filter);
    order.renumbered = &packets.original_frames();
    warn_of_changes(write(packets));
  };
  if (!ask_.packets_file.empty())
    fetch([&](Source& packets) { return write_packets(ask_.packets_file, order, packets); });
  if (!ask_.bundle.empty()) fetch([&](Source& packets) { return write_bundle(order, packets); });
}

void FlowsToKeep::Kept::add(const Conversation& talk, const Verdict& verdict) {
  flows.add(talk);
  if (codes.size() < kMostCodes) codes.push_back(verdict.code());
}

/// The failed flows (with --all every flow counts as one); where none failed, all of them.
const FlowsToKeep::Kept& FlowsToKeep::chosen() const {
  return failed_.flows.empty() ? others_ : failed_;
}

std::unique_ptr<Source> FlowsToKeep::read_again() {
  return spool_ ? spool_->read_again() : open_saved(ask_.files);
}

/// Packets taken out of their capture are judged again. That this changes a verdict is not known
/// to happen, and would have to be told.
void FlowsToKeep::warn_of_changes(BundleSummary written) const {
  std::vector<std::string> told = chosen().codes;
  std::sort(told.begin(), told.end());
  std::sort(written.codes.begin(), written.codes.end());
  if (told.size() < kMostCodes && told != written.codes)
    fmt::print(stderr,
               "whohungup: judged on their own, the packets written give other verdicts than the "
               "whole capture did\n");
}

}  // namespace whohungup
