// From made-up matrices to conclusions: chance, early stops, the five theories, who decides.
#include "analyze/diagnosis.h"

#include <gtest/gtest.h>

#include "analyze/chance.h"
#include "tests/support/trials.h"

namespace whohungup {
namespace {

using test::alert;
using test::by;
using test::finding;
using test::Trials;
using Status = Finding::Status;

Status theory(const Diagnosis& diagnosis, std::string_view id) {
  for (const TheoryFinding& one : diagnosis.theories)
    if (one.theory->id == id) return one.status;
  ADD_FAILURE() << id;
  return {};
}

// Fisher's own tea: eight cups, all told apart: 2 / choose(8, 4).
TEST(Chance, IsFishersExactTest) {
  EXPECT_NEAR(chance_of_difference(4, 4, 0, 4), 2.0 / 70, 1e-9);
  EXPECT_NEAR(chance_of_difference(3, 4, 1, 4), 34.0 / 70, 1e-9);
  EXPECT_NEAR(chance_of_difference(2, 2, 0, 5), 1.0 / 21, 1e-9);
  EXPECT_EQ(chance_of_difference(5, 5, 5, 5), 1);
  EXPECT_EQ(chance_of_difference(0, 0, 3, 3), 1);
}

TEST(Chance, AsksForMoreTriesUntilADifferenceIsRareEnough) {
  Outcome fin, answered;
  fin.ending = Ending::Fin;
  answered.ending = Ending::Answered;
  Row baseline, row;
  for (int i = 0; i < 5; ++i) baseline.add(fin);
  row.add(answered);
  EXPECT_FALSE(told_enough(row, baseline, 2, 4));
  row.add(answered);
  EXPECT_TRUE(told_enough(row, baseline, 2, 4)) << "2 of 2 beside 0 of 5: 1 in 21";
  row.add(fin);
  EXPECT_FALSE(told_enough(row, baseline, 2, 4)) << "its own tries disagree";
  row.add(fin);
  EXPECT_TRUE(told_enough(row, baseline, 2, 4)) << "no more than that many";
}

TEST(Chance, TakesAStepFromACauseSeenTooSeldom) {
  Trials once;
  once.row(Variant::Baseline, Ending::Rst, 2).open().row(Variant::Tls12, Ending::Answered, 1);
  const Diagnosis seldom = once.diagnosis();
  EXPECT_EQ(finding(seldom, "tls13-intolerance").weight, Weight::Points);
  EXPECT_EQ(seldom.conclusion.substr(0, 10), "Probably: ");
  Trials often;
  often.row(Variant::Baseline, Ending::Rst, 5).open().row(Variant::Tls12, Ending::Answered, 3);
  EXPECT_EQ(finding(often.diagnosis(), "tls13-intolerance").weight, Weight::Decides);
}

TEST(Diagnosis, ShowsTheFiveTheoriesOfTheSeed) {
  // The note that started this project: a FIN at accept on 993.
  Trials seed;
  Outcome fin = by(Actor::Server, Confidence::Strong, Ending::Fin);
  fin.untouched = true;
  seed.baseline(fin).row(Variant::BannerWait, fin);
  const Diagnosis diagnosis = seed.diagnosis();
  EXPECT_EQ(diagnosis.named()->cause->id, "closed-at-accept");
  EXPECT_EQ(diagnosis.decider, Decider::Server);
  EXPECT_EQ(theory(diagnosis, "service-not-running"), Status::Open);
  EXPECT_EQ(theory(diagnosis, "certificate-is-broken"), Status::Open);
  EXPECT_EQ(theory(diagnosis, "allow-list-closes"), Status::Open);
  EXPECT_EQ(theory(diagnosis, "versions-do-not-meet"), Status::Refuted);
  EXPECT_EQ(theory(diagnosis, "server-is-legacy"), Status::Refuted);
}

TEST(Diagnosis, FavoursABalancerThatTookItsTimeToClose) {
  Trials trials;
  Outcome late;
  late.ending = Ending::Fin;
  late.untouched = true;
  late.lasted = std::chrono::milliseconds(500);
  trials.baseline(late).row(Variant::BannerWait, late);
  const Diagnosis diagnosis = trials.diagnosis();
  EXPECT_EQ(theory(diagnosis, "service-not-running"), Status::Supported);
  EXPECT_NE(diagnosis.conclusion.find("Most likely: a balancer with nothing behind it"),
            std::string::npos)
      << diagnosis.conclusion;
}

TEST(Diagnosis, SaysBetweenOnlyWhereItIsProven) {
  Trials suspected;
  suspected.baseline(by(Actor::Middlebox, Confidence::Strong, Ending::Rst));
  EXPECT_EQ(suspected.diagnosis().decider, Decider::Unknown);
  Trials proven;
  proven.baseline(by(Actor::Middlebox, Confidence::Proven, Ending::Rst));
  EXPECT_EQ(proven.diagnosis().decider, Decider::Between);
}

TEST(Diagnosis, DoesNotTakeTheServersDecisionForAFilters) {
  Trials trials;
  trials.baseline(alert(112)).open().hellos(alert(112), {Variant::OtherName});
  trials.row(Variant::OtherName, Ending::Answered);
  const Diagnosis diagnosis = trials.diagnosis();
  EXPECT_EQ(diagnosis.named()->cause->id, "name-unknown");
  EXPECT_NE(finding(diagnosis, "name-filtered").status, Status::Supported);
}

TEST(EarlyStop, ComesWhenNoHelloCanMakeADifference) {
  Trials refused;
  refused.row(Variant::Baseline, Ending::Refused, 3).row(Variant::Connect, Ending::Refused, 1);
  EXPECT_FALSE(settled_early(refused.list(), refused.around));
  refused.row(Variant::BannerWait, Ending::Refused, 1);
  EXPECT_TRUE(settled_early(refused.list(), refused.around));
  Trials closed;
  closed.row(Variant::BannerWait, Ending::Fin, 2).row(Variant::Baseline, Ending::Fin, 3);
  EXPECT_TRUE(settled_early(closed.list(), closed.around));
}

TEST(EarlyStop, DoesNotComeWhileAHelloMayStillHelp) {
  Trials trials;
  trials.row(Variant::BannerWait, Ending::Open, 9).row(Variant::Baseline, Ending::Fin, 9);
  EXPECT_FALSE(settled_early(trials.list(), trials.around));
}

TEST(Control, NoticesThatConnectionsStopComingAbout) {
  Trials trials;
  trials.row(Variant::Baseline, Ending::Rst, 3).row(Variant::Small, Ending::Unanswered, 1);
  EXPECT_FALSE(signs_of(trials.list(), trials.around).has(Sign::StoppedConnecting));
  trials.row(Variant::Large, Ending::Unanswered, 1);
  EXPECT_TRUE(signs_of(trials.list(), trials.around).has(Sign::StoppedConnecting));
  trials.row(Variant::Large, Ending::Rst, 1);
  EXPECT_FALSE(signs_of(trials.list(), trials.around).has(Sign::StoppedConnecting))
      << "they come about again";
}

TEST(Control, NoticesThatTheHelloIsNotAnsweredAnyMore) {
  Trials trials;
  trials.row(Variant::Baseline, Ending::Answered, 2).row(Variant::Baseline, Ending::Fin, 2);
  EXPECT_FALSE(signs_of(trials.list(), trials.around).has(Sign::StoppedAnswering));
  trials.row(Variant::Baseline, Ending::Fin, 1);
  EXPECT_TRUE(signs_of(trials.list(), trials.around).has(Sign::StoppedAnswering));
}

TEST(Trials, HaveProbesWithIdsAndSentences) {
  for (std::size_t i = 0; i < kNumVariants; ++i) {
    const VariantInfo& one = info(static_cast<Variant>(i));
    EXPECT_FALSE(one.id.empty());
    EXPECT_FALSE(one.does.empty()) << one.id;
    EXPECT_FALSE(one.settles.empty()) << one.id;
  }
}

}  // namespace
}  // namespace whohungup
