// See sign.h.
#include "analyze/sign.h"

#include <algorithm>
#include <optional>

#include "analyze/chance.h"

namespace whohungup {
namespace {

using enum Sign;

/// A closing that comes this long after the connection was made is no plain refusal: somebody was
/// waited for (balancers give up on a backend after 0.5 s and more; an accept takes microseconds).
constexpr Duration kNotAtOnce = std::chrono::milliseconds{200};
/// Kinds of hello that have to fail before "no hello is answered" is said.
constexpr std::size_t kKindsThatMatter = 4;
constexpr std::uint16_t kTls10 = 0x0301, kTls12 = 0x0303;

/// FIN and reset are one ending where a server hangs up without a word: which of the two a client
/// gets is a race between its hello and the closing (diagnosis.md §5.2, L3 to L5).
bool same_end(const Outcome& one, const Outcome& other) {
  return one.alike(other) || (one.hung_up() && other.hung_up());
}

/// What TCP stacks never do by themselves with bytes they do not understand.
bool stopped_below_tls(const Outcome& one) {
  return one.ending == Ending::Rst || one.ending == Ending::Icmp || one.ending == Ending::Unacked;
}

class Reader {
 public:
  Reader(std::span<const Trial> trials, const Circumstances& around)
      : trials_(trials), matrix_(trials), base_(matrix_[Variant::Baseline]), around_(around) {}

  Signs read() {
    circumstances();
    connection();
    addresses();
    untouched();
    baseline();
    at_home();
    alerts();
    dialogue();
    whodunit();
    hellos();
    changes();
    certificates();
    return signs_;
  }

 private:
  void put(Sign sign, bool so) {
    if (so) signs_.set.add(sign);
  }

  template <class Is>
  [[nodiscard]] bool every_trial(Is&& is) const {
    bool any = false;
    for (const Trial& trial : trials_)
      if (trial.address == 0) {
        if (!is(trial.outcome)) return false;
        any = true;
      }
    return any;
  }
  template <class Is>
  [[nodiscard]] bool any_trial(Is&& is) const {
    return std::any_of(trials_.begin(), trials_.end(),
                       [&](const Trial& trial) { return trial.address == 0 && is(trial.outcome); });
  }
  static auto ends(Ending ending) {
    return [ending](const Outcome& one) { return one.ending == ending; };
  }

  /// The same, and not of this machine's own doing.
  static auto really(Ending ending) {
    return [ending](const Outcome& one) { return one.ending == ending && !one.kept_back(); };
  }

  void circumstances() {
    put(StarttlsAsked, around_.starttls);
    put(TlsAtOnceAsked, !around_.starttls);
    put(NameSent, around_.name_sent);
    put(NameNotSent, !around_.name_sent);
    put(BothVersionsOffered, around_.both_versions);
    put(LdapPort, around_.ldap);
    put(ClockDoubtful, around_.clock_doubtful);
    put(LocalRuleHit, around_.local_rule_hit);
  }

  void connection() {
    put(SynRefused, every_trial(really(Ending::Refused)));
    put(SynUnanswered, every_trial(really(Ending::Unanswered)));
    put(Accepted, any_trial([](const Outcome& one) { return one.connected(); }));
    put(NeverConnected, every_trial([](const Outcome& one) { return !one.connected(); }));
    unreachable();
    std::vector<bool> up;
    for (const Trial& trial : trials_)
      if (trial.address == 0) up.push_back(trial.outcome.connected());
    const auto first_down = std::find(up.begin(), up.end(), false);
    const bool stays_down = std::find(first_down, up.end(), true) == up.end();
    const bool stopped = up.size() > 2 && up.front() && up.end() - first_down >= 2 && stays_down;
    put(StoppedConnecting, stopped);
    put(RefusedSinceHello, stopped && refused_since_hello());
    put(SomeNotConnected, !stopped && signs_.has(Accepted) && first_down != up.end());
  }

  /// Whether the last connection that came about bore a hello that nothing answered, and every SYN
  /// since was refused with a reset: so does a process that dies of a hello.
  [[nodiscard]] bool refused_since_hello() const {
    const Trial* last = nullptr;
    for (const Trial& trial : trials_) {
      if (trial.address != 0) continue;
      if (trial.outcome.connected())
        last = &trial;
      else if (trial.outcome.ending != Ending::Refused)
        return false;
    }
    return last != nullptr && info(last->variant).hello && !last->outcome.untouched &&
           (last->outcome.hung_up() || last->outcome.ending == Ending::Silent);
  }

  /// Routers limit how often they send ICMP, and one that asks for a neighbour takes its time: a
  /// SYN that nothing answers speaks against neither.
  void unreachable() {
    const auto icmp = ends(Ending::Unreachable);
    const auto all_of_them = [&](auto is) {
      return any_trial(icmp) && every_trial([&](const Outcome& one) {
               return one.ending == Ending::Unanswered || (icmp(one) && is(one));
             });
    };
    put(SynUnreachable, all_of_them([](const Outcome&) { return true; }));
    put(SynNoWay, all_of_them([](const Outcome& one) { return one.no_way; }));
    put(IcmpFromTarget, all_of_them([](const Outcome& one) { return one.icmp_from_target; }));
  }

  void addresses() {
    if (around_.addresses < 2) return;
    std::vector<Row> rows(around_.addresses);
    for (const Trial& trial : trials_)
      if (trial.variant == Variant::Baseline && trial.address < rows.size())
        rows[trial.address].add(trial.outcome);
    std::erase_if(rows, [](const Row& row) { return row.tries() == 0; });
    const auto answers = [](const Row& row) { return row.answered() == row.tries(); };
    const auto fails = [](const Row& row) { return row.answered() == 0; };
    if (rows.size() < 2) return;
    const bool some = std::any_of(rows.begin(), rows.end(), answers);
    const bool others = std::any_of(rows.begin(), rows.end(), fails);
    put(AddressesDiffer, some && others);
    put(AddressesAlike, std::all_of(rows.begin(), rows.end(), answers) ||
                            std::all_of(rows.begin(), rows.end(), fails));
  }

  void untouched() {
    const Row& wait = matrix_[Variant::BannerWait];
    const auto hung_up = [](const Outcome& one) { return one.hung_up(); };
    put(ClosedUntouched, wait.every(hung_up));
    put(ClosedUntouchedLate,
        wait.every([](const Outcome& one) { return one.hung_up() && one.lasted >= kNotAtOnce; }));
    put(OpenUntouched,
        wait.every(ends(Ending::Open)) || (around_.starttls && wait.every(ends(Ending::Greeted))));
    put(GreetedInPlaintext, !around_.starttls && wait.every(ends(Ending::Greeted)));
    put(TurnedAway, any_trial([](const Outcome& one) { return one.turned_away; }));
    put(Denied, any_trial([](const Outcome& one) { return one.denied; }));
    // Only a wait without a word and what ended with nothing acknowledged can be compared.
    const auto at_accept = [](const Outcome& one) { return one.hung_up() && one.untouched; };
    const std::size_t closed = wait.count(hung_up) + base_.count(at_accept);
    const std::size_t others = wait.count(ends(Ending::Open)) + base_.answered();
    put(ClosedSometimes, closed > 0 && others > 0 && !wait.every(ends(Ending::Open)));
  }

  void baseline() {
    const std::size_t tries = base_.tries(), answered = base_.answered();
    put(BaselineAnswered, tries > 0 && answered == tries);
    put(BaselineFailed, tries > 0 && answered == 0);
    put(BaselineVaries, answered > 0 && answered < tries);
    const auto all = base_.all();
    constexpr std::size_t kBefore = 2, kSince = 3;
    const auto fails = [](const Outcome* one) { return !one->answered(); };
    const auto first_failure = std::find_if(all.begin(), all.end(), fails);
    put(StoppedAnswering, first_failure - all.begin() >= static_cast<std::ptrdiff_t>(kBefore) &&
                              all.end() - first_failure >= static_cast<std::ptrdiff_t>(kSince) &&
                              std::all_of(first_failure, all.end(), fails));
    put(BaselineHungUp,
        base_.every([](const Outcome& one) { return one.hung_up() && !one.kept_back(); }));
    put(BaselineReset, base_.every(really(Ending::Rst)));
    put(BaselineTakenIn, base_.every([](const Outcome& one) { return one.taken_in; }));
    put(BaselineSilent, base_.every(really(Ending::Silent)));
    put(BaselineUnacked, base_.every(really(Ending::Unacked)));
    put(BaselineIcmp, base_.every(really(Ending::Icmp)));
    put(AnswerLost, base_.every([](const Outcome& one) { return one.answer_lost; }));
    put(BaselinePlaintext, base_.every(ends(Ending::Plaintext)));
    put(BaselineMismatched, base_.every(ends(Ending::Mismatched)));
    put(BaselineBroken, base_.every(ends(Ending::Broken)));
    const auto broken_by = [&](auto... how) {
      return base_.every([&](const Outcome& one) {
        return one.ending == Ending::Broken && ((one.broke_by == how) || ...);
      });
    };
    put(BrokenByHangUp, broken_by(Mechanism::Fin, Mechanism::Rst));
    put(BrokenBySilence, broken_by(Mechanism::Silence));
  }

  /// What failed: the baselines that did, or, where none did, the hellos that got no answer in TLS.
  [[nodiscard]] std::vector<const Outcome*> failed() const {
    std::vector<const Outcome*> baselines, hellos;
    for (const Trial& trial : trials_) {
      const Outcome& one = trial.outcome;
      if (trial.address != 0 || !info(trial.variant).hello || fine(one)) continue;
      hellos.push_back(&one);
      if (trial.variant == Variant::Baseline) baselines.push_back(&one);
    }
    return baselines.empty() ? hellos : baselines;
  }
  static bool fine(const Outcome& one) { return one.ending != Ending::Broken && replied(one); }
  static bool replied(const Outcome& one) {
    return one.answered() || one.ending == Ending::Alert || one.ending == Ending::Mismatched;
  }

  /// One thing that is kept back may be chance: the kernel sends again what is not acknowledged.
  void at_home() {
    const std::vector<const Outcome*> all = failed();
    const auto kept_back = [&](auto how) {
      return all.size() >= 2 && std::all_of(all.begin(), all.end(), how);
    };
    put(NeverLeft, kept_back([](const Outcome* one) { return one->never_left; }));
    put(Beside, kept_back([](const Outcome* one) { return one->beside; }));
    put(NotLetIn, kept_back([](const Outcome* one) { return one->not_let_in; }));
  }

  void alerts() {
    const auto alert = [&](auto... numbers) {
      return base_.every([&](const Outcome& one) {
        return one.ending == Ending::Alert && ((one.alert == numbers) || ...);
      });
    };
    put(BaselineAlert, base_.every(ends(Ending::Alert)));
    put(AlertName, alert(112));
    put(WarnedName,
        base_.every([](const Outcome& one) { return one.hung_up() && one.warned == 112; }));
    put(AlertVersion, alert(70));
    put(AlertHandshake, alert(40));
    put(AlertInternal, alert(80));
    put(AlertContents, alert(47, 50, 71, 109, 10));
  }

  void dialogue() {
    put(StarttlsRefused, base_.every(ends(Ending::NoTls)));
    put(StarttlsRewritten, any_trial([](const Outcome& one) { return one.rewritten; }));
    put(NoGreeting, base_.every(ends(Ending::NoGreeting)));
    const Row& other = matrix_[Variant::OtherWay];
    put(StarttlsWorks, !around_.starttls && other.every([](const Outcome& one) {
      return one.tls_offered || one.answered();
    }));
    put(TlsAtOnceWorks,
        around_.starttls && other.every([](const Outcome& one) { return one.answered(); }));
  }

  void whodunit() {
    put(ServerNamed, base_.every([](const Outcome& one) {
      return one.actor == Actor::Server && one.confidence >= Confidence::Strong;
    }));
    put(ProvenBetween, any_trial([](const Outcome& one) {
          return one.actor == Actor::Middlebox && one.confidence == Confidence::Proven;
        }));
    put(FinishedAfterReset, any_trial([](const Outcome& one) { return one.finished_after_reset; }));
    put(ResetImmuneAsDead, matrix_[Variant::ResetImmune].every([](const Outcome& one) {
      return one.reset_seen && !one.answered();
    }));
  }

  void hellos() {
    std::size_t kinds = 0, answered = 0, unlike = 0, in_tls = 0;
    for (std::size_t i = 0; i < kNumVariants; ++i) {
      const auto variant = static_cast<Variant>(i);
      const Row& row = matrix_[variant];
      if (!info(variant).hello || row.tries() == 0) continue;
      if (waits_for_a_reason(variant)) continue;
      answered += row.answered();
      in_tls += row.count(replied);
      kinds += row.every([](const Outcome& one) { return one.connected(); }) ? 1U : 0U;
      unlike += row.count([&](const Outcome& one) {
        return base_first() == nullptr || !same_end(one, *base_first());
      });
    }
    put(AnyHelloAnswered, answered > 0);
    put(SomeHelloReplied, in_tls > 0);
    put(NoHelloAnswered, answered == 0 && kinds >= kKindsThatMatter);
    put(HellosAlike, base_first() != nullptr && kinds >= kKindsThatMatter && unlike == 0);
    const Row &http = matrix_[Variant::Http], &garbage = matrix_[Variant::Garbage];
    const auto both = [&](auto is) { return http.every(is) && garbage.every(is); };
    if (base_first() == nullptr) return;
    put(OthersAlike, base_.every(stopped_below_tls) && base_.steady() &&
                         both([&](const Outcome& one) { return one.alike(*base_first()); }));
    // Garbage in two segments may be met by a reset where a server closes with one of them unread
    // (diagnosis.md §5.2, L1); HTTP in one is not.
    const auto taken_in = [](const Outcome& one) {
      return one.connected() && !stopped_below_tls(one);
    };
    put(GarbageTakenIn, garbage.every([](const Outcome& one) {
      return one.connected() && one.ending != Ending::Unacked && one.ending != Ending::Icmp;
    }));
    put(OthersUnlike,
        base_.every(stopped_below_tls) && http.every(taken_in) && signs_.has(GarbageTakenIn));
    put(GarbageUnacked, garbage.every(ends(Ending::Unacked)));
    put(HttpAnswered, http.every(ends(Ending::Plaintext)));
  }
  /// The baseline's first outcome, or nothing.
  [[nodiscard]] const Outcome* base_first() const {
    return base_.tries() == 0 ? nullptr : base_.all().front();
  }

  /// `yes` where the variant is always answered, `no` where it never is although it got a
  /// connection.
  void change(const Row& row, Sign yes, Sign no) {
    if (row.tries() == 0) return;
    const double chance = chance_of_difference(row, base_);
    const bool connected = row.every([](const Outcome& one) { return one.connected(); });
    if (row.answered() == row.tries()) {
      put(yes, true);
      if (!signs_.has(BaselineAnswered)) signs_.chance[static_cast<std::size_t>(yes)] = chance;
    } else if (row.answered() == 0 && connected) {
      put(no, true);
      if (!signs_.has(BaselineFailed)) signs_.chance[static_cast<std::size_t>(no)] = chance;
    }
  }

  void changes() {
    change(matrix_[Variant::NoName], NoNameAnswered, NoNameFailed);
    names();
    change(matrix_[Variant::Broad], BroadAnswered, BroadFailed);
    put(BroadAlertHandshake, matrix_[Variant::Broad].every([](const Outcome& one) {
      return one.ending == Ending::Alert && one.alert == 40;
    }));
    change(matrix_[Variant::Tls12], Tls12Answered, Tls12Failed);
    change(matrix_[Variant::Small], SmallAnswered, SmallFailed);
    change(matrix_[Variant::Middle], MiddleAnswered, MiddleFailed);
    change(matrix_[Variant::Large], LargeAnswered, LargeFailed);
    change(matrix_[Variant::Huge], HugeAnswered, HugeFailed);
    put(HugeUnacked, matrix_[Variant::Huge].every(ends(Ending::Unacked)));
    change(matrix_[Variant::HugeInPieces], PiecesAnswered, PiecesFailed);
    change(matrix_[Variant::PostQuantum], PostQuantumAnswered, PostQuantumFailed);
    put(PostQuantumAlert, matrix_[Variant::PostQuantum].every(ends(Ending::Alert)));
    change(matrix_[Variant::TcpSplit], SplitAnswered, SplitFailed);
    change(matrix_[Variant::RecordSplit], RecordSplitAnswered, RecordSplitFailed);
    change(matrix_[Variant::NoTimestamps], NoTimestampsAnswered, NoTimestampsFailed);
    patience();
    old_tls();
  }

  /// An answer that comes later than the baselines were waited for is no chance.
  void patience() {
    const Row& row = matrix_[Variant::Patient];
    const auto late = [&](const Outcome& one) {
      return one.answered() &&
             base_.every([&](const Outcome& other) { return one.lasted > other.lasted; });
    };
    put(PatientAnswered, row.every(late));
    put(PatientFailed, row.every([](const Outcome& one) { return !one.answered(); }));
  }

  /// Any other name will do: a name the server is said to serve, or one it surely does not.
  void names() {
    const Row &own = matrix_[Variant::OtherName], &foreign = matrix_[Variant::ForeignName];
    put(KnownNameTried, own.tries() > 0);
    if (own.tries() > 0 && own.answered() == own.tries())
      change(own, OtherNameAnswered, OtherNameFailed);
    else if (foreign.tries() > 0 && foreign.answered() == foreign.tries())
      change(foreign, OtherNameAnswered, OtherNameFailed);
    else if (own.answered() + foreign.answered() == 0)
      change(own.tries() > 0 ? own : foreign, OtherNameAnswered, OtherNameFailed);
  }

  void old_tls() {
    const Row &ten = matrix_[Variant::Tls10], &older = matrix_[Variant::OldHello];
    const bool answered = (ten.tries() > 0 && ten.answered() == ten.tries()) ||
                          (older.tries() > 0 && older.answered() == older.tries());
    if (answered)
      change(ten.answered() > 0 ? ten : older, OldTlsAnswered, OldTlsFailed);
    else if (ten.answered() + older.answered() == 0 && ten.tries() > 0)
      change(ten, OldTlsAnswered, OldTlsFailed);
    bool any = false, all = true;
    for (const Trial& trial : trials_)
      if (trial.address == 0 && trial.outcome.version != 0) {
        any = true;
        all = all && trial.outcome.version <= kTls10;
      }
    put(OnlyOldTls, any && all);
    put(NewTlsAnswered, std::any_of(trials_.begin(), trials_.end(), agreed_on_new_tls));
  }
  /// Where no packets tell the version, one is taken to have been chosen that was offered.
  static bool agreed_on_new_tls(const Trial& trial) {
    if (trial.address != 0 || !trial.outcome.answered()) return false;
    const bool offers_old = trial.variant == Variant::Broad || trial.variant == Variant::Tls10 ||
                            trial.variant == Variant::OldHello;
    return trial.outcome.version == 0 ? !offers_old : trial.outcome.version >= kTls12;
  }

  void certificates() {
    const auto is = [&](Certificate wanted) {
      return any_trial([&](const Outcome& one) { return one.certificate == wanted; });
    };
    put(CertificateSeen,
        any_trial([](const Outcome& one) { return one.certificate != Certificate::Unseen; }));
    put(CertificateExpired, is(Certificate::Expired));
    put(CertificateNotYetValid, is(Certificate::NotYetValid));
    put(CertificateOtherName, is(Certificate::OtherName));
    put(CertificateUntrusted, is(Certificate::Untrusted));
    put(CertificateAsked, any_trial([](const Outcome& one) { return one.certificate_asked; }));
  }

  std::span<const Trial> trials_;
  Matrix matrix_;
  const Row& base_;
  const Circumstances& around_;
  Signs signs_;
};

}  // namespace

Signs signs_of(std::span<const Trial> trials, const Circumstances& around) {
  return Reader(trials, around).read();
}

}  // namespace whohungup
