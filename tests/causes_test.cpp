// Laws of the table of causes: what must hold for every row, whoever adds one; and for every row a
// made-up matrix in which it is the one that is named, or at least supported.
#include "analyze/causes.h"

#include <gtest/gtest.h>

#include <cctype>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>

#include "analyze/diagnosis.h"
#include "tests/support/trials.h"

namespace whohungup {
namespace {

using namespace test;
using Status = Finding::Status;

void for_each_clue(const std::function<void(const Cause&, const Clue&, bool)>& visit) {
  for (const Cause& cause : causes()) {
    for (const Clue& clue : cause.supports)
      if (!clue.because.empty()) visit(cause, clue, true);
    for (const Clue& clue : cause.refutes)
      if (!clue.because.empty()) visit(cause, clue, false);
  }
}

TEST(Causes, HaveIdsOfTheirOwnInKebabCase) {
  std::set<std::string_view> ids;
  for (const Cause& cause : causes()) {
    EXPECT_TRUE(ids.insert(cause.id).second) << cause.id;
    for (const char c : cause.id)
      EXPECT_TRUE(std::islower(static_cast<unsigned char>(c)) != 0 ||
                  std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '-')
          << cause.id;
    EXPECT_EQ(find_cause(cause.id), &cause);
  }
  EXPECT_EQ(find_cause("no-such-cause"), nullptr);
}

TEST(Causes, AreCasesOnlyOfCausesThatExist) {
  for (const Cause& cause : causes())
    EXPECT_TRUE(cause.within.empty() || find_cause(cause.within) != nullptr) << cause.id;
  for (const CommonTheory& theory : common_theories())
    for (const std::string_view id : theory.causes)
      EXPECT_TRUE(id.empty() || find_cause(id) != nullptr) << theory.id << ": " << id;
}

TEST(Causes, SayWhatTheyMeanInSentencesAndWhomToAsk) {
  for (const Cause& cause : causes()) {
    EXPECT_TRUE(std::isupper(static_cast<unsigned char>(cause.says.front()))) << cause.id;
    EXPECT_EQ(cause.says.back(), '.') << cause.id;
    ASSERT_FALSE(cause.remains.empty()) << cause.id;
    EXPECT_EQ(cause.remains.back(), '.') << cause.id;
    EXPECT_FALSE(cause.asks[0].whom.empty()) << cause.id;
    EXPECT_FALSE(cause.supports[0].because.empty()) << cause.id;
    EXPECT_FALSE(cause.refutes[0].because.empty()) << cause.id;
  }
  for_each_clue([](const Cause& cause, const Clue& clue, bool) {
    EXPECT_NE(clue.because.back(), '.') << cause.id;
    EXPECT_GE(clue.because.size(), 8U) << cause.id;
  });
}

TEST(Causes, NeverUseTheWordsThatAccuseWithoutProof) {
  for (const std::string_view word : {"inject", "censor", "ISP", "GFW", "attack", "hacker"})
    for_each_clue([&](const Cause& cause, const Clue& clue, bool) {
      EXPECT_EQ(clue.because.find(word), std::string_view::npos) << cause.id;
      EXPECT_EQ(cause.says.find(word), std::string_view::npos) << cause.id;
    });
}

TEST(Causes, HaveCluesThatCanAllSpeak) {
  for_each_clue([](const Cause& cause, const Clue& clue, bool) {
    EXPECT_FALSE(clue.when.empty()) << cause.id;
    EXPECT_FALSE(clue.when.has_any(clue.unless)) << cause.id << ": " << clue.because;
    EXPECT_TRUE(speaks(clue, clue.when)) << cause.id << ": " << clue.because;
  });
}

TEST(Causes, HaveCluesThatAreSilentWhenASignIsMissing) {
  for_each_clue([](const Cause& cause, const Clue& clue, bool) {
    clue.when.for_each([&](Sign missing) {
      SignSet signs = clue.when;
      signs.remove(missing);
      EXPECT_FALSE(speaks(clue, signs)) << cause.id << " without " << info(missing).id;
    });
  });
}

TEST(Causes, HaveCluesThatEveryExceptionStops) {
  for_each_clue([](const Cause& cause, const Clue& clue, bool) {
    clue.unless.for_each([&](Sign exception) {
      SignSet signs = clue.when;
      signs.add(exception);
      EXPECT_FALSE(speaks(clue, signs)) << cause.id << " in spite of " << info(exception).id;
    });
  });
}

TEST(Causes, PutNothingOnThePathWithoutASignThatProvesIt) {
  const Cause* filter = find_cause("content-filter");
  ASSERT_NE(filter, nullptr);
  for (const Clue& clue : filter->supports)
    EXPECT_TRUE(clue.because.empty() || clue.when.has(Sign::ProvenBetween)) << clue.because;
}

TEST(Signs, HaveIdsOfTheirOwnAndAskQuestions) {
  std::set<std::string_view> ids;
  for (std::size_t i = 0; i < kNumSigns; ++i) {
    const SignInfo& sign = info(static_cast<Sign>(i));
    EXPECT_TRUE(ids.insert(sign.id).second) << sign.id;
    EXPECT_EQ(sign.question.back(), '?') << sign.id;
  }
}

TEST(Signs, AreAllAskedForBySomeClue) {
  SignSet used;
  for_each_clue([&](const Cause&, const Clue& clue, bool) {
    clue.when.for_each([&](Sign sign) { used.add(sign); });
    clue.unless.for_each([&](Sign sign) { used.add(sign); });
  });
  for (std::size_t i = 0; i < kNumSigns; ++i)
    EXPECT_TRUE(used.has(static_cast<Sign>(i))) << info(static_cast<Sign>(i)).id;
}

// ── for each cause a matrix ───────────────────────────────────────────────────────────────────

const std::map<std::string_view, std::function<Trials()>>& stories() {
  static const std::map<std::string_view, std::function<Trials()>> all{
      {"our-side",
       [] {
         Trials trials = failing(Ending::Unacked);
         trials.around.local_rule_hit = true;
         return trials;
       }},
      {"connection-refused", [] { return Trials().baseline(Ending::Refused); }},
      {"port-filtered", [] { return Trials().baseline(Ending::Unreachable); }},
      {"no-way",
       [] {
         Outcome no_way;
         no_way.ending = Ending::Unreachable;
         no_way.no_way = true;
         return Trials().row(Variant::Connect, Ending::Unanswered, 1).baseline(no_way);
       }},
      {"no-answer", [] { return Trials().baseline(Ending::Unanswered); }},
      {"closed-at-accept",
       [] { return Trials().baseline(Ending::Fin).row(Variant::BannerWait, Ending::Fin); }},
      {"nothing-behind",
       [] {
         return Trials()
             .baseline(lasting(Ending::Fin, std::chrono::milliseconds(500)))
             .row(Variant::BannerWait, lasting(Ending::Fin, std::chrono::milliseconds(500)));
       }},
      {"connection-limit",
       [] {
         Trials trials;
         trials.around.starttls = true;
         trials.baseline(saying(Ending::NoTls, "421 too many connections", true));
         return trials.row(Variant::BannerWait, saying(Ending::Greeted, "421 too many", true));
       }},
      {"allow-list",
       [] {
         Outcome denied = saying(Ending::NoTls, "554 5.7.1 Client host rejected: Access denied");
         denied.denied = true;
         Trials trials;
         trials.around.starttls = true;
         return trials.baseline(denied);
       }},
      {"ban",
       [] {
         return Trials()
             .row(Variant::Baseline, Ending::Answered, 3)
             .row(Variant::Small, Ending::Unanswered, 2);
       }},
      {"starttls-needed",
       [] {
         Outcome granted;
         granted.ending = Ending::Answered;
         granted.tls_offered = true;
         return Trials()
             .baseline(Ending::Plaintext)
             .row(Variant::BannerWait, saying(Ending::Greeted, "* OK ready"))
             .row(Variant::OtherWay, granted);
       }},
      {"tls-at-once-needed",
       [] {
         Trials trials;
         trials.around.starttls = true;
         return trials.baseline(Ending::NoGreeting).open().row(Variant::OtherWay, Ending::Answered);
       }},
      {"starttls-not-offered",
       [] {
         Trials trials;
         trials.around.starttls = true;
         return trials.baseline(saying(Ending::NoTls, "220 mail"))
             .row(Variant::BannerWait, saying(Ending::Greeted, "220 mail"));
       }},
      {"plaintext-service",
       [] {
         return failing(saying(Ending::Plaintext, "HTTP/1.1 400 Bad Request"))
             .row(Variant::Http, saying(Ending::Plaintext, "HTTP/1.1 200 OK"));
       }},
      {"name-unknown", [] { return failing(alert(112)); }},
      {"name-required",
       [] {
         Trials trials = healthy({Variant::NoName});
         return trials.row(Variant::NoName, alert(112));
       }},
      {"name-filtered",
       [] {
         return failing(Ending::Rst, {Variant::NoName, Variant::ForeignName, Variant::OtherName})
             .row(Variant::NoName, Ending::Answered)
             .row(Variant::ForeignName, Ending::Answered);
       }},
      {"content-filter",
       [] {
         Trials trials = failing(by(Actor::Middlebox, Confidence::Proven, Ending::Rst));
         Outcome finished = by(Actor::Middlebox, Confidence::Proven, Ending::Answered);
         finished.finished_after_reset = true;
         return trials.row(Variant::ResetImmune, finished)
             .row(Variant::Http, Ending::Fin)
             .row(Variant::Garbage, Ending::Fin);
       }},
      {"hello-stopped",
       [] {
         return failing(Ending::Unacked)
             .row(Variant::Http, Ending::Fin)
             .row(Variant::Garbage, Ending::Fin);
       }},
      {"any-data-block",
       [] {
         return failing(Ending::Rst)
             .row(Variant::Http, Ending::Rst)
             .row(Variant::Garbage, Ending::Rst);
       }},
      {"legacy-only",
       [] {
         return failing(alert(70), {Variant::Tls10, Variant::Broad})
             .row(Variant::Tls10, Ending::Answered)
             .row(Variant::Broad, Ending::Answered);
       }},
      {"no-common-version", [] { return failing(alert(70)); }},
      {"no-common-cipher",
       [] { return failing(alert(40), {Variant::Broad}).row(Variant::Broad, Ending::Answered); }},
      {"tls13-intolerance",
       [] { return failing(Ending::Rst, {Variant::Tls12}).row(Variant::Tls12, Ending::Answered); }},
      {"size-bug",
       [] {
         return failing(Ending::Fin, {Variant::Small, Variant::Large, Variant::Huge,
                                      Variant::HugeInPieces, Variant::PostQuantum})
             .row(Variant::Small, Ending::Answered)
             .row(Variant::Large, Ending::Answered)
             .row(Variant::Huge, Ending::Answered);
       }},
      {"split-hello",
       [] { return healthy({Variant::TcpSplit}).row(Variant::TcpSplit, Ending::Rst); }},
      {"record-split",
       [] { return healthy({Variant::RecordSplit}).row(Variant::RecordSplit, Ending::Silent); }},
      {"pmtu-black-hole",
       [] {
         Trials trials;
         trials.baseline(Ending::Answered).open();
         trials.hellos(Ending::Answered, {Variant::Huge, Variant::PostQuantum});
         return trials.row(Variant::Huge, Ending::Unacked)
             .row(Variant::PostQuantum, Ending::Unacked)
             .row(Variant::Http, Ending::Fin)
             .row(Variant::Garbage, Ending::Unacked);
       }},
      {"answers-lost",
       [] {
         Outcome lost;
         lost.ending = Ending::Silent;
         lost.answer_lost = true;
         return failing(lost, {Variant::Tls10}).row(Variant::Tls10, alert(70));
       }},
      {"large-hello",
       [] {
         return healthy(
                    {Variant::Huge, Variant::HugeInPieces, Variant::Large, Variant::PostQuantum})
             .row(Variant::Huge, Ending::Rst)
             .row(Variant::HugeInPieces, Ending::Rst)
             .row(Variant::Large, Ending::Rst)
             .row(Variant::PostQuantum, Ending::Rst);
       }},
      {"bare-header",
       [] { return failing(Ending::Rst).row(Variant::NoTimestamps, Ending::Answered); }},
      {"certificate-required",
       [] {
         Trials trials;
         return trials.baseline(broken(Mechanism::Alert, true))
             .open()
             .hellos(broken(Mechanism::Alert, true));
       }},
      {"one-address",
       [] {
         Trials trials = healthy();
         trials.around.addresses = 2;
         return trials.at(1, Ending::Unanswered);
       }},
      {"hangs-up-on-hellos",
       [] {
         return failing(by(Actor::Server, Confidence::Strong, Ending::Rst))
             .row(Variant::Http, Ending::Rst)
             .row(Variant::Garbage, Ending::Rst);
       }},
      {"certificate-broken",
       [] {
         Trials trials;
         return trials.baseline(with(Certificate::Expired))
             .open()
             .hellos(with(Certificate::Expired));
       }},
      {"server-fault",
       [] {
         return failing(Ending::Silent)
             .row(Variant::Http, Ending::Silent)
             .row(Variant::Garbage, Ending::Silent);
       }},
      {"slow-server", [] { return slow(); }},
      {"intermittent",
       [] {
         Trials trials = healthy();
         return trials.row(Variant::Baseline, Ending::Fin).row(Variant::Baseline, Ending::Answered);
       }},
  };
  return all;
}

TEST(Causes, AreEachNamedOrSupportedInTheirOwnStory) {
  for (const auto& [id, story] : stories()) {
    const Diagnosis diagnosis = story().diagnosis();
    const Finding& own = finding(diagnosis, id);
    EXPECT_EQ(own.status, Status::Supported) << id << ": " << diagnosis.conclusion;
    ASSERT_NE(diagnosis.named(), nullptr) << id;
    const Cause* named = diagnosis.named()->cause;
    EXPECT_TRUE(named->id == id || own.cause->within == named->id)
        << id << ", but named is " << named->id;
  }
}

TEST(Causes, HaveAStoryEachUnlessTheyAreOnlyEverHintedAt) {
  for (const Cause& cause : causes()) {
    bool only_hints = true;
    for (const Clue& clue : cause.supports)
      only_hints = only_hints && (clue.because.empty() || clue.weight == Weight::Hints);
    EXPECT_TRUE(only_hints || stories().contains(cause.id)) << cause.id;
  }
}

TEST(Causes, AreNotNamedForAServerThatAnswersEverything) {
  const Diagnosis diagnosis = healthy().diagnosis();
  EXPECT_EQ(diagnosis.named(), nullptr) << diagnosis.conclusion;
  EXPECT_FALSE(diagnosis.fails);
  EXPECT_EQ(diagnosis.conclusion,
            "Nothing fails here: every hello that was asked for is answered.");
}

Outcome any_outcome(std::mt19937& random) {
  const auto pick = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  Outcome one;
  one.ending = static_cast<Ending>(pick(static_cast<int>(Ending::Mismatched)));
  if (one.ending == Ending::Alert)
    one.alert = std::array<std::uint8_t, 4>{112, 70, 40, 80}[static_cast<std::size_t>(pick(3))];
  one.untouched = pick(3) == 0;
  one.actor = static_cast<Actor>(pick(4));
  one.confidence = static_cast<Confidence>(pick(3));
  one.certificate = static_cast<Certificate>(pick(5));
  one.turned_away = pick(9) == 0;
  one.tls_offered = pick(4) == 0;
  one.never_left = pick(19) == 0;
  one.not_let_in = pick(19) == 0;
  return one;
}

/// Rows that are each steady, as most are.
Trials any_trials(std::mt19937& random) {
  Trials trials;
  std::bernoulli_distribution coin(0.5);
  trials.around = {.name_sent = coin(random),
                   .both_versions = coin(random),
                   .starttls = coin(random),
                   .ldap = coin(random),
                   .clock_doubtful = coin(random),
                   .local_rule_hit = coin(random)};
  const Outcome common = any_outcome(random);
  for (std::size_t i = 0; i < kNumVariants; ++i)
    trials.row(static_cast<Variant>(i), coin(random) ? common : any_outcome(random));
  return trials;
}

TEST(Diagnosis, NeverNamesARefutedCauseAndNeverAccusesThePathUnproven) {
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    const Trials trials = any_trials(random);
    const Diagnosis diagnosis = trials.diagnosis();
    if (const Finding* named = diagnosis.named()) {
      EXPECT_TRUE(named->refutes.empty()) << named->cause->id;
      EXPECT_TRUE(named->cause->id != "content-filter" || diagnosis.signs.has(Sign::ProvenBetween));
    }
    EXPECT_TRUE(diagnosis.decider != Decider::Between || diagnosis.signs.has(Sign::ProvenBetween) ||
                diagnosis.signs.has(Sign::FinishedAfterReset));
    EXPECT_EQ(diagnosis.theories.size(), 5U);
    EXPECT_FALSE(diagnosis.conclusion.empty());
  }
}

}  // namespace
}  // namespace whohungup
