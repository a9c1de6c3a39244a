// See diagnose_run.h. diagnosis.md §8.4 recommends the order: the failure itself first, then what
// needs no hello, then everything else at random, so that a limit that our own probes reach cannot
// look like the effect of one of them.
#include "cli/diagnose_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <random>
#include <span>
#include <thread>

#include "analyze/chance.h"
#include "cli/diagnose_outcome.h"
#include "cli/interrupt.h"
#include "cli/report/escape.h"
#include "cli/report/words.h"
#include "dissect/dialogue.h"

namespace whohungup {
namespace {

using Clock = std::chrono::steady_clock;

/// Tries of a row that ended alike each time, and at most; `thorough` sees rarer differences.
struct Thoroughness {
  std::size_t alike{2}, most{4};
};

Time now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

class Run {
 public:
  Run(const DiagnoseAsk& ask, Probes& probes, ProbeSession& session, HomeKeeper& keeper,
      RuleWatch& rules, Examined& all, const OnTry& on_try)
      : ask_(ask),
        probes_(probes),
        session_(session),
        keeper_(keeper),
        rules_(rules),
        all_(all),
        on_try_(on_try),
        random_(all.seed),
        depth_(ask.thorough ? Thoroughness{4, 10} : Thoroughness{}) {}

  void run() {
    choose_address();
    first_looks();
    if (!done() && !all_.trials.empty()) wider();
    other_addresses();
    all_.took = Clock::now() - begin_;
  }

 private:
  [[nodiscard]] double elapsed() const {
    return std::chrono::duration<double>(Clock::now() - begin_).count();
  }

  /// Whether the rest is not worth, or not right, to be tried.
  bool done() {
    if (!all_.stopped.empty()) return true;
    if (interrupted()) {
      all_.stopped = "it was interrupted";
      return true;
    }
    const Signs signs = signs_of(all_.trials, all_.around);
    if (signs.has(Sign::RefusedSinceHello))
      all_.stopped =
          "connections came about until a hello got no answer and are refused since: the service "
          "died of it, or the probes are being limited, so no more were made";
    else if (signs.has(Sign::StoppedConnecting))
      all_.stopped =
          "connections came about at first and do not any more: probably the probes themselves "
          "are being limited, so no more were made";
    else if (signs.has(Sign::StoppedAnswering))
      all_.stopped =
          "the hello was answered at first and is not any more: probably the probes themselves "
          "are being limited, so no more were made";
    return !all_.stopped.empty();
  }

  /// Several addresses: which one fails?
  void choose_address() {
    if (all_.addresses.size() < 2) return;
    std::vector<Examined::Try> tries;
    for (std::size_t i = 0; i < all_.addresses.size() && !interrupted(); ++i)
      if (auto one = attempt(Variant::Baseline, i)) tries.push_back(std::move(*one));
    const auto failing = std::find_if(tries.begin(), tries.end(), [&](const Examined::Try& one) {
      return !outcome_of(one.variant, one.judged, all_.around.name_sent).answered();
    });
    const std::size_t chosen = failing == tries.end() ? 0 : failing->address;
    std::swap(all_.addresses[0], all_.addresses[chosen]);
    for (Examined::Try& one : tries) {
      if (one.address == chosen)
        one.address = 0;
      else if (one.address == 0)
        one.address = chosen;
      keep(std::move(one));
    }
  }

  /// The other addresses once more, so that chance is not taken for a difference.
  void other_addresses() {
    for (std::size_t i = 1; i < all_.addresses.size() && !done(); ++i) make(Variant::Baseline, i);
  }

  /// What tells most before anything else is tried.
  void first_looks() {
    constexpr std::array kFirst{Variant::Baseline, Variant::BannerWait, Variant::Connect,
                                Variant::Baseline, Variant::BannerWait, Variant::Baseline};
    for (const Variant variant : kFirst) {
      if (done() || !make(variant, 0)) return;
      if (all_.trials.empty()) return;  // our own system lets nothing leave, and says so
      look_for_other_way();
      if (settled_early(all_.trials, all_.around)) return settle();
    }
  }

  /// No hello can change anything: only the other way to TLS, and patience, are worth a try.
  void settle() {
    for (int i = 0; i < 2 && wants_other_way_ && !done(); ++i) make(Variant::OtherWay, 0);
    wait_longer();
    if (all_.stopped.empty()) all_.stopped = "what was seen so far settles it";
  }

  /// Where silence met every try, one is waited for longer; whether that brought an answer. It is
  /// made once, and where it takes no more than a third of the budget.
  bool wait_longer() {
    const Matrix matrix(all_.trials);
    const auto silent = [](const Outcome& one) {
      return (one.ending == Ending::Silent || one.ending == Ending::NoGreeting) && !one.kept_back();
    };
    const auto answered = [](const Outcome& one) { return one.answered(); };
    if (done() || !matrix[Variant::Baseline].every(silent) ||
        matrix[Variant::OtherWay].count(answered) > 0 || matrix[Variant::Patient].tries() > 0 ||
        3 * kPatience * ask_.probe.timeout_s > ask_.budget_s)
      return false;
    const double longest = longest_s_;
    make(Variant::Patient, 0);
    longest_s_ = longest;
    return all_.trials.back().variant == Variant::Patient && all_.trials.back().outcome.answered();
  }

  void look_for_other_way() {
    const Outcome& last = all_.trials.back().outcome;
    if (!all_.around.starttls &&
        (last.ending == Ending::Greeted || last.ending == Ending::Plaintext)) {
      const std::uint16_t port = all_.addresses[0].to.port();
      const std::string protocol = protocol_of_greeting(last.said, port);
      probes_.expect_dialogue(protocol.empty() ? std::string(usual_dialogue(port)) : protocol);
      wants_other_way_ = !probes_.dialogue().empty();
    }
    if (all_.around.starttls && last.ending == Ending::NoGreeting) wants_other_way_ = true;
  }

  [[nodiscard]] bool resets_seen() const {
    return std::any_of(all_.trials.begin(), all_.trials.end(), [](const Trial& one) {
      return one.variant == Variant::Baseline && one.outcome.ending == Ending::Rst;
    });
  }

  /// Rounds over everything that is not yet told enough, a control in the middle and at the end of
  /// each.
  void wider() {
    if (wait_longer()) return settle();
    for (;;) {
      std::vector<Variant> round = to_come();
      if (round.empty()) return;
      const std::size_t middle = round.size() / 2;
      for (std::size_t i = 0; i < round.size(); ++i) {
        left_ = round.size() - i;
        if (i == middle && !make(Variant::Baseline, 0)) return;
        if (done() || !make(round[i], 0)) return;
        if (!ask_control()) return;
        if (decides(round[i], std::span(round).subspan(i + 1)))
          round.insert(round.begin() + static_cast<std::ptrdiff_t>(std::min(i + 2, round.size())),
                       round[i]);
      }
      if (done() || !make(Variant::Baseline, 0)) return;
    }
  }

  /// A probe that is answered where the baseline never is decides, and takes no time: it comes
  /// again soon, behind one other, so that a budget that silence eats up does not leave it in
  /// doubt.
  [[nodiscard]] bool decides(Variant variant, std::span<const Variant> to_come) const {
    const Matrix matrix(all_.trials);
    const Row &row = matrix[variant], &baseline = matrix[Variant::Baseline];
    return row.tries() > 0 && row.answered() == row.tries() && baseline.answered() == 0 &&
           std::find(to_come.begin(), to_come.end(), variant) == to_come.end() &&
           !told_enough(row, baseline, depth_.alike, depth_.most);
  }

  /// Where the baseline was answered and one hello after another is not any more, the control says
  /// whether it is the hellos or us. False where no more may be made.
  bool ask_control() {
    constexpr std::size_t kInARow = 3;
    const std::vector<Trial>& all = all_.trials;
    const auto fails = [](const Trial& one) {
      return one.outcome.hung_up() || !one.outcome.connected() ||
             one.outcome.ending == Ending::Silent || one.outcome.ending == Ending::Unacked;
    };
    const Matrix matrix(all);
    const Row& baseline = matrix[Variant::Baseline];
    const bool suspicious =
        baseline.answered() >= 2 && baseline.answered() == baseline.tries() &&
        all.size() > kInARow &&
        std::all_of(all.end() - static_cast<std::ptrdiff_t>(kInARow), all.end(), fails);
    if (!suspicious) return true;
    for (std::size_t i = 0; i < kInARow; ++i) {
      if (done() || !make(Variant::Baseline, 0)) return false;
      if (all_.trials.back().outcome.answered()) return true;
    }
    return !done();
  }

  static int urgency(Variant variant, const Row& row, const Row& baseline) {
    if (row.tries() > 0) return (row.answered() > 0) != (baseline.answered() > 0) ? 2 : 0;
    constexpr std::array kTelling{Variant::Http,      Variant::Garbage,     Variant::NoName,
                                  Variant::OtherName, Variant::ForeignName, Variant::Tls12,
                                  Variant::Small,     Variant::Large,       Variant::ResetImmune};
    return std::find(kTelling.begin(), kTelling.end(), variant) != kTelling.end() ? 1 : 0;
  }

  std::vector<Variant> to_come() {
    const Matrix matrix(all_.trials);
    const Row& baseline = matrix[Variant::Baseline];
    std::vector<Variant> all = probes_.always(all_.addresses[0]);
    if (resets_seen()) all.push_back(Variant::ResetImmune);
    if (wants_other_way_) all.push_back(Variant::OtherWay);
    std::erase_if(all, [&](Variant variant) {
      return variant == Variant::Baseline || variant == Variant::Connect ||
             impossible_[static_cast<std::size_t>(variant)] ||
             told_enough(matrix[variant], baseline, depth_.alike, depth_.most);
    });
    std::shuffle(all.begin(), all.end(), random_);
    // In case the budget ends early: first what differs from the baseline, because it decides, and
    // what tells most in the threads that were settled (ecosystem.md §2.7).
    std::stable_sort(all.begin(), all.end(), [&](Variant a, Variant b) {
      return urgency(a, matrix[a], baseline) > urgency(b, matrix[b], baseline);
    });
    return all;
  }

  /// Makes one probe and keeps it; false where the budget does not allow another.
  bool make(Variant variant, std::size_t address) {
    if (!within_budget()) return false;
    std::optional<Examined::Try> one = attempt(variant, address);
    if (one)
      keep(std::move(*one));
    else
      impossible_[static_cast<std::size_t>(variant)] = true;
    return !interrupted();
  }

  /// A probe is taken to last as long as the longest so far.
  bool within_budget() {
    if (elapsed() + longest_s_ + ask_.pause_s <= ask_.budget_s) return true;
    all_.stopped =
        fmt::format("the budget of {:g} s is spent (--budget, --thorough)", ask_.budget_s);
    return false;
  }

  std::optional<Examined::Try> attempt(Variant variant, std::size_t address) {
    std::string why_not;
    auto prepared = probes_.prepare(variant, all_.addresses[address], why_not);
    if (!prepared) return std::nullopt;
    wait();
    Examined::Try one{variant, address, {}, now(), {}, {}};
    const auto begin = Clock::now();
    const bool bare = variant == Variant::NoTimestamps;
    if (bare && !keeper_.timestamps(false)) return std::nullopt;
    one.judged =
        session_.run_and_judge(prepared->ask, prepared->attempt, std::move(prepared->hello));
    if (bare) keeper_.timestamps(true);
    one.rules = rules_.counted();
    one.took = Clock::now() - begin;
    longest_s_ = std::max(longest_s_, std::chrono::duration<double>(one.took).count());
    if (!one.judged.result.problem.empty()) {
      all_.problems.push_back(one.judged.result.problem + counted_by(one.rules));
      return std::nullopt;
    }
    if (one.judged.result.ended == Ended::Stopped) return std::nullopt;
    return one;
  }

  static std::string counted_by(const std::vector<FirewallRule>& rules) {
    std::string out;
    for (const FirewallRule& rule : rules)
      out += fmt::format("; meanwhile the local rule \"{}\" counted {}", ascii_only(rule.text),
                         counted(rule.packets, "packet"));
    return out;
  }

  void keep(Examined::Try one) {
    all_.trials.push_back(
        {one.variant, one.address, outcome_of(one.variant, one.judged, all_.around.name_sent)});
    one.judged.result.packets.clear();  // the session's evidence has them
    all_.tries.push_back(std::move(one));
    on_try_(all_, left_);
  }

  void wait() {
    if (first_) {
      first_ = false;
      return;
    }
    const auto until = Clock::now() + std::chrono::duration<double>(ask_.pause_s);
    while (!interrupted() && Clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }

  const DiagnoseAsk& ask_;
  Probes& probes_;
  ProbeSession& session_;
  HomeKeeper& keeper_;
  RuleWatch& rules_;
  Examined& all_;
  const OnTry& on_try_;
  std::mt19937_64 random_;
  Thoroughness depth_;
  Clock::time_point begin_{Clock::now()};
  double longest_s_{0.5};
  std::size_t left_{};
  bool first_{true}, wants_other_way_{};
  std::array<bool, kNumVariants> impossible_{};  // a probe that could not be made once
};

}  // namespace

void run_matrix(const DiagnoseAsk& ask, Probes& probes, ProbeSession& session, HomeKeeper& keeper,
                RuleWatch& rules, Examined& all, const OnTry& on_try) {
  Run(ask, probes, session, keeper, rules, all, on_try).run();
}

}  // namespace whohungup
