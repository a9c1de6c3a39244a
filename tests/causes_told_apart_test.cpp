// Causes that are easily taken for one another, and what a conclusion says of what was seen.
#include <gtest/gtest.h>

#include <string>

#include "analyze/diagnosis.h"
#include "tests/support/trials.h"

namespace whohungup {
namespace {

using namespace test;
using Status = Finding::Status;

std::string_view named_in(const Trials& trials) {
  const Diagnosis diagnosis = trials.diagnosis();
  return diagnosis.named() == nullptr ? std::string_view("nothing") : diagnosis.named()->cause->id;
}

TEST(Causes, SuspectTheCertificateFirstWhereEveryHelloMeetsHandshakeFailure) {
  const Trials trials = failing(alert(40), {Variant::Tls10, Variant::OldHello})
                            .row(Variant::Tls10, alert(70))
                            .row(Variant::OldHello, alert(70));
  const Diagnosis diagnosis = trials.diagnosis();
  EXPECT_EQ(diagnosis.named()->cause->id, "certificate-broken");
  EXPECT_EQ(finding(diagnosis, "no-common-cipher").status, Status::Open) << "the same from here";
  EXPECT_EQ(named_in(failing(alert(40), {Variant::Tls10}).row(Variant::Tls10, Ending::Answered)),
            "legacy-only");
}

TEST(Causes, DoNotExcludeAnAllowListThatDecidesOnTheFirstBytes) {
  const Trials trials =
      failing(Ending::Fin).row(Variant::Http, Ending::Fin).row(Variant::Garbage, Ending::Fin);
  EXPECT_EQ(finding(trials.diagnosis(), "allow-list").status, Status::Open);
  EXPECT_EQ(finding(trials.diagnosis(), "ban").status, Status::Open);
  EXPECT_EQ(finding(failing(Ending::Silent).diagnosis(), "allow-list").status, Status::Refuted)
      << "nothing closes";
  EXPECT_EQ(
      finding(
          failing(Ending::Fin, {Variant::Tls12}).row(Variant::Tls12, Ending::Answered).diagnosis(),
          "allow-list")
          .status,
      Status::Refuted);
}

TEST(Causes, CallNoServerHungThatAnswersLate) {
  const Diagnosis late = slow().diagnosis();
  EXPECT_EQ(late.named()->cause->id, "slow-server");
  EXPECT_EQ(late.named()->weight, Weight::Decides) << "a late answer is no chance";
  EXPECT_EQ(finding(late, "server-fault").status, Status::Refuted);
  EXPECT_NE(late.conclusion.find("It took about 7 s; --timeout 14 waits long enough."),
            std::string::npos)
      << late.conclusion;
  const Diagnosis never =
      failing(lasting(Ending::Silent, std::chrono::seconds(4)))
          .row(Variant::Patient, lasting(Ending::Silent, std::chrono::seconds(12)), 1)
          .diagnosis();
  EXPECT_EQ(never.named()->cause->id, "server-fault");
  EXPECT_NE(never.conclusion.find("Nothing came within 12 s; that it comes later is not excluded"),
            std::string::npos)
      << never.conclusion;
}

TEST(Conclusions, SayWhatShareFailedAndThatItDoesNotGoByTheHello) {
  Trials trials;
  trials.open();
  for (const Variant one : {Variant::Baseline, Variant::Small, Variant::Large})
    trials.row(one, Ending::Rst, 2).row(one, Ending::Answered, 2);
  EXPECT_NE(trials.diagnosis().conclusion.find("The hello as asked for failed 2 of 4 times (rst), "
                                               "hellos of all kinds 6 of 12 (50 %); no "
                                               "kind fails more or less often than chance allows"),
            std::string::npos)
      << trials.diagnosis().conclusion;
}

TEST(Conclusions, NameWhoSentTheIcmpErrorAndWhatWasSaidWhereStarttlsWasRefused) {
  Outcome prohibited;
  prohibited.ending = Ending::Unreachable;
  prohibited.icmp = "192.0.2.1 (type 3, code 13)";
  EXPECT_NE(Trials()
                .baseline(prohibited)
                .diagnosis()
                .conclusion.find("The ICMP errors bear the address 192.0.2.1 (type 3, code 13)."),
            std::string::npos);
  Outcome refused = saying(Ending::NoTls, "* OK ready");
  refused.refusal = ". NO not today";
  Trials trials;
  trials.around.starttls = true;
  EXPECT_NE(trials.baseline(refused).diagnosis().conclusion.find("It said: \". NO not today\"."),
            std::string::npos);
}

TEST(Diagnosis, FailsWhereConnectionsStopComingAboutThoughTheHelloWasAnsweredBefore) {
  const Diagnosis diagnosis = Trials()
                                  .row(Variant::Baseline, Ending::Answered, 3)
                                  .row(Variant::Small, Ending::Unanswered, 2)
                                  .diagnosis();
  EXPECT_EQ(diagnosis.named()->cause->id, "ban");
  EXPECT_TRUE(diagnosis.fails);
}

TEST(Causes, LookAtHomeFirstWhereTheServersAnswersComeNoFurtherThanOurDoor) {
  Outcome silent;
  silent.ending = Ending::Silent;
  silent.not_let_in = true;
  Trials trials = failing(silent);
  const Diagnosis suspected = trials.diagnosis();
  EXPECT_EQ(suspected.named()->cause->id, "our-side");
  EXPECT_EQ(suspected.named()->weight, Weight::Points) << "a broken checksum may do that, too";
  EXPECT_NE(finding(suspected, "server-fault").status, Status::Supported);
  EXPECT_EQ(suspected.place, "") << "nobody out there is looked for";
  trials.around.local_rule_hit = true;
  EXPECT_EQ(trials.diagnosis().named()->weight, Weight::Decides);
}

TEST(Causes, LookAtHomeWhereSomeHellosNeverLeaveAndOthersAreAnswered) {
  Outcome kept;
  kept.ending = Ending::Unacked;
  kept.never_left = true;
  const Trials trials =
      healthy({Variant::Large, Variant::Huge}).row(Variant::Large, kept).row(Variant::Huge, kept);
  EXPECT_EQ(named_in(trials), "our-side");
  EXPECT_NE(finding(trials.diagnosis(), "large-hello").status, Status::Supported);
}

TEST(Causes, DoNotLookAtHomeWhereOnlySomeFailuresAreOurs) {
  Outcome kept;
  kept.ending = Ending::Silent;
  kept.not_let_in = true;
  EXPECT_NE(named_in(failing(Ending::Fin).row(Variant::Baseline, kept, 1)), "our-side");
}

TEST(Causes, CallNoPortClosedWhoseSynsNeverLeftThisMachine) {
  Outcome refused;
  refused.ending = Ending::Refused;
  refused.never_left = true;
  Trials trials;
  trials.baseline(refused);
  EXPECT_EQ(named_in(trials), "our-side");
  EXPECT_TRUE(settled_early(trials.list(), trials.around));
}

TEST(Causes, DoNotCallAServerHungThatAnswersOldTlsWithAlerts) {
  const Trials trials =
      failing(Ending::Silent, {Variant::Tls10})
          .row(Variant::Tls10, alert(80))
          .row(Variant::Http, saying(Ending::Plaintext, "HTTP/1.1 400 Bad Request"));
  EXPECT_EQ(finding(trials.diagnosis(), "server-fault").status, Status::Refuted);
  EXPECT_EQ(named_in(trials), "nothing");
}

TEST(Causes, KnowAPathThatLosesTheServersLargePackets) {
  EXPECT_EQ(named_in(failing(Ending::Silent, {Variant::HugeInPieces, Variant::Tls10})
                         .row(Variant::HugeInPieces, Ending::Answered)
                         .row(Variant::Tls10, alert(80))
                         .row(Variant::Http, saying(Ending::Plaintext, "HTTP/1.1 400 Bad Request"))
                         .row(Variant::Garbage, Ending::Plaintext)),
            "pmtu-black-hole");
}

TEST(Causes, NameTheLimitFirstThatShowsFromACertainConnectionOn) {
  Outcome closed;
  closed.ending = Ending::Fin;
  closed.untouched = true;
  EXPECT_EQ(named_in(Trials()
                         .row(Variant::Baseline, Ending::Answered, 3)
                         .row(Variant::BannerWait, Ending::Open, 2)
                         .row(Variant::Small, closed, 1)
                         .row(Variant::Baseline, closed, 3)
                         .row(Variant::BannerWait, closed, 1)),
            "ban");
}

TEST(Causes, HearAWarningThatNamesTheName) {
  Outcome warned;
  warned.ending = Ending::Fin;
  warned.warned = 112;
  EXPECT_EQ(named_in(failing(warned)), "name-unknown");
}

TEST(Causes, DoNotCallARouterThatFindsNoWayAFilter) {
  Outcome no_way;
  no_way.ending = Ending::Unreachable;
  no_way.no_way = true;
  EXPECT_EQ(finding(Trials().baseline(no_way).diagnosis(), "port-filtered").status,
            Status::Refuted);
}

TEST(Causes, BlockNoPortWhereTheHelloWasTakenInBeforeTheReset) {
  // A server whose resets bear another hop limit than its acknowledgements, as Windows' look here:
  // nothing names it, and HTTP and garbage are reset like the hello.
  Outcome reset = by(Actor::Server, Confidence::Suggested, Ending::Rst);
  const auto matrix = [](const Outcome& one) {
    return failing(one).row(Variant::Http, one).row(Variant::Garbage, one);
  };
  EXPECT_EQ(named_in(matrix(reset)), "any-data-block");
  reset.taken_in = true;
  const Diagnosis diagnosis = matrix(reset).diagnosis();
  EXPECT_EQ(diagnosis.named()->cause->id, "hangs-up-on-hellos");
  EXPECT_EQ(diagnosis.named()->weight, Weight::Points) << "a box beside the path may be as quick";
  EXPECT_NE(finding(diagnosis, "any-data-block").status, Status::Refuted);
}

TEST(Causes, SayWhatWouldDecideWhereNothingIsNamed) {
  const Diagnosis diagnosis =
      failing(Ending::Silent, {Variant::Tls10}).row(Variant::Tls10, alert(80)).diagnosis();
  ASSERT_EQ(diagnosis.named(), nullptr);
  ASSERT_EQ(diagnosis.asks.size(), 2U);
  EXPECT_NE(diagnosis.asks[0].what.find("whohungup trace"), std::string_view::npos);
}

TEST(Causes, CallNoServerOldThatAnswersAnyHelloWithNewTls) {
  Outcome new_tls;
  new_tls.ending = Ending::Answered;
  new_tls.version = 0x0304;
  const auto old_answered = [](std::initializer_list<Variant> but) {
    return failing(Ending::Silent, but).row(Variant::Tls10, Ending::Answered);
  };
  for (const Variant answered : {Variant::Small, Variant::Large, Variant::Huge,
                                 Variant::PostQuantum, Variant::Middle, Variant::Broad})
    EXPECT_EQ(finding(old_answered({Variant::Tls10, answered}).row(answered, new_tls).diagnosis(),
                      "legacy-only")
                  .status,
              Status::Refuted)
        << info(answered).id;
  EXPECT_EQ(old_answered({Variant::Tls10}).diagnosis().named()->weight, Weight::Decides);
  const Finding few = finding(Trials()
                                  .baseline(Ending::Silent)
                                  .row(Variant::Tls12, Ending::Silent)
                                  .row(Variant::Tls10, Ending::Answered)
                                  .diagnosis(),
                              "legacy-only");
  EXPECT_EQ(few.weight, Weight::Points) << "whether a small hello of TLS 1.2 fails is not known";
}

TEST(Causes, TakeNoMissingGroupForATroubleOfSize) {
  const Trials trials = healthy({Variant::Small, Variant::PostQuantum})
                            .row(Variant::Small, alert(40))
                            .row(Variant::PostQuantum, alert(40));
  EXPECT_EQ(named_in(trials), "nothing");
}

TEST(Causes, LeaveANameOpenWhereNoneTheServerIsKnownToServeWasTried) {
  const Diagnosis unknown = failing(Ending::Fin, {Variant::OtherName}).diagnosis();
  ASSERT_EQ(unknown.named()->cause->id, "hangs-up-on-hellos");
  EXPECT_EQ(unknown.named()->weight, Weight::Points);
  EXPECT_EQ(finding(unknown, "name-filtered").status, Status::Open);
  EXPECT_NE(unknown.asks.front().what.find("--other-name"), std::string_view::npos);
  const Diagnosis known = failing(Ending::Fin).diagnosis();
  EXPECT_EQ(known.named()->weight, Weight::Decides);
  EXPECT_EQ(finding(known, "name-filtered").status, Status::Refuted);
}

TEST(Causes, ThinkOfAServiceThatDiesOfAHello) {
  const Diagnosis diagnosis = Trials()
                                  .row(Variant::Baseline, Ending::Rst, 1)
                                  .row(Variant::BannerWait, Ending::Refused, 1)
                                  .row(Variant::Connect, Ending::Refused, 1)
                                  .diagnosis();
  EXPECT_EQ(diagnosis.named()->weight, Weight::Points);
  EXPECT_EQ(finding(diagnosis, "server-fault").status, Status::Supported);
  EXPECT_EQ(finding(diagnosis, "ban").status, Status::Supported);
}

TEST(Causes, CallABlockedClientNeitherALimitNorAMissingStarttls) {
  Outcome blocked = saying(Ending::NoTls, "554 5.7.1 blocked using zen.spamhaus.org");
  blocked.refusal = blocked.said;
  blocked.denied = true;
  Outcome greeted = saying(Ending::Greeted, blocked.said);
  greeted.denied = true;
  Trials trials;
  trials.around.starttls = true;
  trials.baseline(blocked).row(Variant::BannerWait, greeted);
  EXPECT_EQ(named_in(trials), "allow-list");
  EXPECT_NE(trials.diagnosis().conclusion.find("spamhaus"), std::string::npos);
  EXPECT_EQ(finding(trials.diagnosis(), "connection-limit").status, Status::Refuted);
}

TEST(Causes, CallNoServerIntolerantThatTakesTls13AmongAllVersions) {
  EXPECT_EQ(finding(failing(alert(40), {Variant::Broad, Variant::Tls12})
                        .row(Variant::Broad, Ending::Answered)
                        .row(Variant::Tls12, Ending::Answered)
                        .diagnosis(),
                    "tls13-intolerance")
                .status,
            Status::Refuted);
}

TEST(Causes, DoNotExcludeADeadBackendWhereSomeConnectionsAreClosedAtAccept) {
  Outcome closed;
  closed.ending = Ending::Fin;
  closed.untouched = true;
  Trials trials;
  for (int i = 0; i < 3; ++i)
    trials.row(Variant::Baseline, Ending::Answered, 1)
        .row(Variant::Baseline, closed, 1)
        .row(Variant::BannerWait, Ending::Open, 1)
        .row(Variant::BannerWait, closed, 1);
  const Diagnosis diagnosis = trials.diagnosis();
  EXPECT_EQ(finding(diagnosis, "nothing-behind").status, Status::Open);
  EXPECT_EQ(finding(diagnosis, "connection-limit").status, Status::Open);
}

TEST(Conclusions, SayThatAClientThatChecksWouldRefuseAnUntrustedChain) {
  const Diagnosis diagnosis =
      healthy({Variant::Baseline}).row(Variant::Baseline, with(Certificate::Untrusted)).diagnosis();
  EXPECT_NE(diagnosis.conclusion.find("would refuse it: its chain leads to no root"),
            std::string::npos)
      << diagnosis.conclusion;
}

}  // namespace
}  // namespace whohungup
