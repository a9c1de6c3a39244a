#include "cli/bundle.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <set>

#include "cli/anonymize.h"
#include "cli/bundle_about.h"
#include "cli/bundle_capture.h"
#include "cli/bundle_judge.h"
#include "cli/bundle_pick.h"
#include "cli/bundle_report.h"

namespace whohungup {
namespace {

/// The packets put aside, and what they are judged with.
struct Gathered {
  std::unique_ptr<PacketSpool> spool{std::make_unique<PacketSpool>()};
  CaptureNotes original;
  JudgedWith with;
  std::uint64_t packets{};
};

std::unique_ptr<Gathered> gather(const BundleOrder& order, Source& packets) {
  auto all = std::make_unique<Gathered>();
  Packet packet;
  Source::Next next{};
  while ((next = packets.next(packet)) != Source::Next::End) {
    if (next == Source::Next::Idle) continue;
    all->spool->add(packet, packets.notes().interfaces);
    ++all->packets;
  }
  all->original = packets.notes();
  all->with.ports = order.ports;
  all->with.key_log = order.own_secrets + order.others_secrets;
  all->with.quality = all->original.quality;
  all->with.names = order.names.empty() ? all->original.names : order.names;
  return all;
}

/// Only collects what a capture needs.
class CommentsReport : public Report {
 public:
  explicit CommentsReport(CitedComments& comments) : comments_(comments) {}
  void flow(const JudgedFlow& flow) override {
    comments_.add(flow);
    if (codes.size() < kMostBundleCodes) codes.push_back(flow.verdict().code());
  }
  void end(const Totals& totals, const FlowCounts&, const CaptureNotes&) override {
    judged = totals.judged;
    hung_up = totals.hung_up;
  }
  std::uint64_t judged{}, hung_up{};
  std::vector<std::string> codes;

 private:
  CitedComments& comments_;
};

/// The names of addresses that occur in the packets' source, for name resolution.
AnnotatedCapture annotated(const BundleOrder& order, const Gathered& all) {
  AnnotatedCapture capture{all.original, {}, {}, {}};
  capture.names = order.names.empty() ? all.original.names : order.names;
  if (!order.anonymize) capture.key_log = order.own_secrets;
  if (order.anonymize) capture.names.clear();
  capture.comment = capture_comment(order.anonymize);
  return capture;
}

/// Replaces the packets by anonymous ones if that was asked for, and returns the log of changes.
std::vector<std::string> make_anonymous(Gathered& all, const BundleOrder& order) {
  if (!order.anonymize) return {};
  all.with.key_log.clear();  // what it opens is noise from now on
  all.with.names.clear();
  all.original.names.clear();
  for (InterfaceNotes& interface : all.original.interfaces) {
    interface.name.clear();
    interface.description.clear();
  }
  Anonymized made = anonymize(*all.spool, all.with, all.original);
  all.spool = std::move(made.packets);
  return std::move(made.changes);
}

}  // namespace

std::string_view capture_comment(bool anonymized) {
  return anonymized ? "Packets judged by whohungup, addresses and names replaced"
                    : "Packets judged by whohungup, byte for byte as they were captured";
}

BundleSummary write_bundle(const BundleOrder& order, Source& packets) {
  std::optional<FolderKeeper> own;
  if (order.keeper == nullptr) own.emplace(order.directory, order.sign_key);
  const auto all = gather(order, packets);
  const std::vector<std::string> changes = make_anonymous(*all, order);

  BundleFolder folder(own ? *own : *order.keeper);
  CitedComments comments;
  BundleReport report(folder, order, comments);
  judge_packets(*all->spool->read_again(), all->with, "flow.pcapng", report);
  write_annotated(*folder.create("flow.pcapng"), *all->spool->read_again(), annotated(order, *all),
                  comments);
  for (const auto& [name, text] : order.enclosed) folder.write(name, text);
  folder.write("about.json", about_json({order, all->original, all->with, all->packets, changes}));
  folder.write_sums();
  folder.publish();
  return report.summary(all->packets);
}

BundleSummary write_packets(const std::string& path, const BundleOrder& order, Source& packets) {
  const auto all = gather(order, packets);
  make_anonymous(*all, order);
  CitedComments comments;
  CommentsReport report(comments);
  judge_packets(*all->spool->read_again(), all->with, path, report);
  const auto out = replace_file(path);
  write_annotated(*out, *all->spool->read_again(), annotated(order, *all), comments);
  return {all->packets, report.judged, report.hung_up, report.codes};
}

}  // namespace whohungup
