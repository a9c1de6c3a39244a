// See probe_run.h.
#include "cli/probe_run.h"

#include <algorithm>
#include <utility>

#include "capture/saved.h"
#include "cli/probe_conclude.h"
#include "cli/read.h"

namespace whohungup {
namespace {

/// A source whose frames are numbered on from those that came before it.
class Later : public Source {
 public:
  Later(std::unique_ptr<Source> inner, std::uint32_t before)
      : inner_(std::move(inner)), before_(before) {}
  Next next(Packet& packet) override {
    const Next got = inner_->next(packet);
    if (got == Next::Got) packet.no = FrameNo{number(packet.no) + before_};
    return got;
  }
  [[nodiscard]] const CaptureNotes& notes() const override { return inner_->notes(); }

 private:
  std::unique_ptr<Source> inner_;
  std::uint32_t before_;
};

/// Keeps the flow of one connection, as it was judged.
class Keeper : public Report {
 public:
  explicit Keeper(JudgedAttempt& one) : one_(one) {}
  void flow(const JudgedFlow& flow) override {
    if (!one_.judged && is_flow_of(one_, flow.talk)) take(one_, flow);
  }
  void end(const Totals&, const FlowCounts&, const CaptureNotes&) override {}

 private:
  JudgedAttempt& one_;
};

/// The packets' file in a bundle; empty where none is written.
std::string bundled_packets(const std::string& folder) {
  return folder.empty() ? folder : folder + "/flow.pcapng";
}

void judge_packets(JudgedAttempt& one, const LiveCapture& capture, std::uint32_t before) {
  Evidence alone("");
  alone.add(one.result.packets, one.result.key_log, one.result.filter, capture);
  Later source(open_saved_bytes(alone.bytes(), alone.title()), before);
  Keeper keeper(one);
  judge_source(source, judging_options({one.attempt}), keeper);
}

}  // namespace

ProbeSession::ProbeSession(const ProbeNeeds& needs)
    : captures_(open_captures(needs)),
      evidence_(captures_.empty() ? "" : needs.packets_file, bundled_packets(needs.folder)) {
  if (needs.deaf) {
    const auto with = [&](bool v6) {
      const bool any = std::any_of(needs.attempts.begin(), needs.attempts.end(),
                                   [&](const Attempt& one) { return one.to.is_v6() == v6; });
      return any ? needs.connections : 0;
    };
    deaf_ = std::make_unique<DeafSockets>(with(false), with(true));
  }
  for (const Attempt& attempt : needs.attempts)
    if (!attempt.target.is_address) evidence_.name(attempt.to.ip(), attempt.target.host);
  dropped_ = drop_privileges({!needs.folder.empty()});
}

ProbeSession::~ProbeSession() = default;

ProbeSession::Captures ProbeSession::open_captures(const ProbeNeeds& needs) {
  Captures captures;
  if (!needs.capture || !LiveCapture::permitted()) return captures;
  for (const Attempt& attempt : needs.attempts) {
    auto& capture = captures[attempt.device];
    if (!capture) capture = LiveCapture::open(attempt.device);
  }
  return captures;
}

LiveCapture* ProbeSession::capture_for(const Attempt& attempt) const {
  const auto found = captures_.find(attempt.device);
  return found == captures_.end() ? nullptr : found->second.get();
}

JudgedAttempt ProbeSession::run_and_judge(const ProbeAsk& ask, const Attempt& attempt,
                                          ProbeHello hello) {
  JudgedAttempt one;
  one.attempt = attempt;
  LiveCapture* capture = capture_for(attempt);
  const bool immune = deaf_ && !ask.passive;
  Dial dial({attempt.to, attempt.source, immune, immune ? deaf_->take(attempt.to.is_v6()) : -1,
             attempt.max_segment});
  one.result = run_attempt(ask, attempt, dial, capture, std::move(hello));
  if (capture != nullptr) {
    const std::uint32_t before = evidence_.packets();
    evidence_.add(one.result.packets, one.result.key_log, one.result.filter, *capture);
    judge_packets(one, *capture, before);
  }
  if (!one.judged && one.result.problem.empty()) conclude_from_socket(one);
  return one;
}

}  // namespace whohungup
