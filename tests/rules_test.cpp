// Laws of the rule table: what must hold for every row, whoever adds one.
#include "analyze/rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "analyze/judge.h"

namespace whohungup {
namespace {

/// Facts no rule rests on: they are told beside the verdict, or decide which look-alikes, client
/// errors and next steps are named.
constexpr FactSet kToldOnly{Fact::FramesCut,
                            Fact::ChecksumOffloadLikely,
                            Fact::ChecksumRefused,
                            Fact::OffloadSizedSegments,
                            Fact::CapturedAtServer,
                            Fact::SynResent,
                            Fact::SynAckSeenTwiceDifferently,
                            Fact::ConnectionMade,
                            Fact::IcmpErrorAboutFlow,
                            Fact::HelloSent,
                            Fact::HelloSplit,
                            Fact::ProxyHeaderSent,
                            Fact::HelloResent,
                            Fact::HelloBeyondSegment,
                            Fact::HelloInHazardZone,
                            Fact::StarttlsAsked,
                            Fact::ClientSentNothing,
                            Fact::ServerHelloSeen,
                            Fact::HelloRetrySeen,

                            Fact::ServerAlertSeen,
                            Fact::ServerFatalAlert,
                            Fact::ServerWarningAlert,
                            Fact::ServerCloseNotify,
                            Fact::ClientAlertSeen,
                            Fact::ClientAlertAfterEnd,
                            Fact::SealedAlertSized,
                            Fact::ServerNotTls,
                            Fact::SpokeBeforeHello,
                            Fact::ServerFinSeen,
                            Fact::ServerRstSeen,
                            Fact::ClientRstSeen,

                            Fact::HealthProbe,
                            Fact::FinBeforeAnyAnswer,
                            Fact::EndingBeforeClientBytes,
                            Fact::RstAcksHello,
                            Fact::RstAcksPartOfHello,
                            Fact::RstSeqInWindow,
                            Fact::RstHasPayload,
                            Fact::RstTimestampOnLine,
                            Fact::LostOnTheWay,
                            Fact::MadeOnTheWay,
                            Fact::ChangedOnTheWay};

/// Some combination of facts, few or many.
FactSet some_facts(std::mt19937& random) {
  FactSet facts;
  const auto want = std::uniform_int_distribution<std::size_t>(0, 24)(random);
  std::uniform_int_distribution<std::size_t> any(0, kNumFacts - 1);
  for (std::size_t i = 0; i < want; ++i) facts.add(static_cast<Fact>(any(random)));
  return facts;
}

/// The facts of a random rule or two, and then some: these make rules fire.
FactSet facts_of_rules(std::mt19937& random) {
  FactSet facts = some_facts(random);
  std::uniform_int_distribution<std::size_t> any(0, rules().size() - 1);
  for (int i = 0; i < 3; ++i) rules()[any(random)].when.for_each([&](Fact f) { facts.add(f); });
  return facts;
}

TEST(Rules, HaveIdsOfTheirOwnInKebabCase) {
  std::set<std::string_view> ids;
  for (const Rule& rule : rules()) {
    EXPECT_TRUE(ids.insert(rule.id).second) << rule.id;
    for (const char c : rule.id)
      EXPECT_TRUE((c >= 'a' && c <= 'z') || c == '-' || (c >= '0' && c <= '9')) << rule.id;
    EXPECT_EQ(find_rule(rule.id), &rule);
  }
  EXPECT_EQ(find_rule("no-such-rule"), nullptr);
}

TEST(Rules, SayWhyInASentenceWithoutAStop) {
  for (const Rule& rule : rules()) {
    EXPECT_GE(rule.because.size(), 20U) << rule.id;
    EXPECT_NE(rule.because.back(), '.') << rule.id;
    EXPECT_TRUE(std::islower(static_cast<unsigned char>(rule.because.front())) ||
                rule.because.substr(0, 4) == "ICMP")
        << rule.id;
  }
}

TEST(Rules, SayItInWordsThatJsonShowsAsTheyAre) {
  for (const Rule& rule : rules())
    for (const char c : rule.because)
      EXPECT_TRUE(c >= ' ' && c < 0x7f && c != '"' && c != '\\') << rule.id;
}

TEST(Rules, NeverUseTheWordsThatAccuseWithoutProof) {
  // diagnosis.md §8.3.5: none of these belongs into a report before it is proven.
  for (const std::string_view word :
       {"inject", "censor", "ISP", "China", "GFW", "attack", "hacker"})
    for (const Rule& rule : rules())
      EXPECT_EQ(rule.because.find(word), std::string_view::npos) << rule.id << ": " << word;
}

TEST(Rules, CanAllFire) {
  for (const Rule& rule : rules()) {
    EXPECT_FALSE(rule.when.empty()) << rule.id;
    EXPECT_FALSE(rule.when.has_any(rule.unless)) << rule.id << " forbids what it asks for";
    EXPECT_TRUE(fires(rule, rule.when)) << rule.id;
  }
}

TEST(Rules, AreSilentWhenAnyOfTheirFactsIsMissing) {
  for (const Rule& rule : rules())
    rule.when.for_each([&](Fact missing) {
      FactSet facts = rule.when;
      facts.remove(missing);
      EXPECT_FALSE(fires(rule, facts)) << rule.id << " without " << info(missing).id;
    });
}

TEST(Rules, StopAtEachOfTheirExceptions) {
  for (const Rule& rule : rules())
    rule.unless.for_each([&](Fact exception) {
      FactSet facts = rule.when;
      facts.add(exception);
      EXPECT_FALSE(fires(rule, facts)) << rule.id << " in spite of " << info(exception).id;
    });
}

TEST(Rules, RestOnEveryFactOrItIsToldOnly) {
  FactSet used;
  for (const Rule& rule : rules()) {
    rule.when.for_each([&](Fact f) { used.add(f); });
    rule.unless.for_each([&](Fact f) { used.add(f); });
  }
  for (const Cap& cap : caps()) used.add(cap.fact);
  for (std::size_t i = 0; i < kNumFacts; ++i) {
    const auto fact = static_cast<Fact>(i);
    EXPECT_NE(used.has(fact), kToldOnly.has(fact)) << info(fact).id;
  }
}

TEST(Rules, AskAboutTheEndingFirst) {
  // Otherwise a rule about resets would speak about a reset that ended nothing.
  constexpr FactSet kEndings{Fact::NothingEndedIt,   Fact::ServerEndedIt,    Fact::ClientEndedIt,
                             Fact::FinEndedIt,       Fact::RstEndedIt,       Fact::AlertEndedIt,
                             Fact::PlaintextEndedIt, Fact::IcmpEndedIt,      Fact::SilenceEndedIt,
                             Fact::DialogueCutShort, Fact::StarttlsRewritten};
  for (const Rule& rule : rules()) EXPECT_TRUE(kEndings.has_any(rule.when)) << rule.id;
}

TEST(Rules, OfClassAOnlyAccuseAMiddleboxAndOnlyTheyDecideAgainstIt) {
  for (const Rule& rule : rules()) {
    if (rule.class_a) {
      EXPECT_EQ(rule.favours, Actor::Middlebox) << rule.id;
    }
    if (rule.favours == Actor::Middlebox && rule.weight == Weight::Decides) {
      EXPECT_TRUE(rule.class_a) << rule.id;
    }
  }
}

TEST(Rules, ThatDecideAgainstAMiddleboxNeedAWholeCaptureOfTheSuspect) {
  for (const Rule& rule : rules()) {
    if (rule.favours != Actor::Middlebox || rule.weight != Weight::Decides) continue;
    EXPECT_TRUE(rule.unless.has(Fact::CaptureDroppedFrames)) << rule.id;
    EXPECT_TRUE(rule.unless.has(Fact::RecordingBounded)) << rule.id;
    EXPECT_TRUE(rule.unless.has(Fact::ServerStreamHole) || rule.unless.has(Fact::ClientStreamHole))
        << rule.id;
    if (!rule.when.has(Fact::RstEndedIt)) continue;
    EXPECT_TRUE(rule.unless.has(Fact::RstAfterFin)) << rule.id;
    EXPECT_TRUE(rule.when.has(Fact::RstSeqExact)) << rule.id;
  }
}

TEST(Facts, HaveIdsAndQuestionsOfTheirOwn) {
  std::set<std::string_view> ids;
  std::set<std::string_view> questions;
  for (std::size_t i = 0; i < kNumFacts; ++i) {
    const FactInfo& one = info(static_cast<Fact>(i));
    EXPECT_TRUE(ids.insert(one.id).second) << one.id;
    EXPECT_TRUE(questions.insert(one.question).second) << one.id;
    EXPECT_EQ(one.question.back(), '?') << one.id;
    for (const char c : one.id) EXPECT_TRUE((c >= 'a' && c <= 'z') || c == '-') << one.id;
  }
}

TEST(Facts, AreFoundInTheSetTheyWereAddedTo) {
  for (std::size_t i = 0; i < kNumFacts; ++i) {
    FactSet set{static_cast<Fact>(i)};
    EXPECT_EQ(set.size(), 1U);
    std::size_t visits = 0;
    set.for_each([&](Fact fact) {
      EXPECT_EQ(fact, static_cast<Fact>(i));
      ++visits;
    });
    EXPECT_EQ(visits, 1U);
    set.remove(static_cast<Fact>(i));
    EXPECT_TRUE(set.empty());
  }
}

// ── laws of the weighing, over random sets of facts ───────────────────────────────────────────

constexpr int kSamples = 200000;

template <class Law>
void for_many_fact_sets(Law&& law) {
  std::mt19937 random(20260111);  // any seed; fixed, so that a failure comes again
  for (int i = 0; i < kSamples && !::testing::Test::HasFailure(); ++i) {
    const FactSet facts = i % 2 == 0 ? some_facts(random) : facts_of_rules(random);
    law(facts, weigh(facts));
  }
}

std::string list(const FactSet& facts) {
  std::string text;
  facts.for_each([&](Fact fact) { text.append(info(fact).id).append(" "); });
  return text;
}

bool speaks_for(Actor actor, Weight at_least, const FactSet& facts) {
  return std::any_of(rules().begin(), rules().end(), [&](const Rule& rule) {
    return rule.favours == actor && rule.weight >= at_least && fires(rule, facts);
  });
}

TEST(Weighing, NamesNobodyWithoutAReason) {
  EXPECT_EQ(weigh({}), Opinion{});
  for_many_fact_sets([](const FactSet& facts, const Opinion& opinion) {
    if (opinion.actor != Actor::Unknown) {
      EXPECT_TRUE(speaks_for(opinion.actor, Weight::Hints, facts)) << list(facts);
    }
  });
}

TEST(Weighing, IsUndeterminedExactlyWhenNobodyIsNamed) {
  for_many_fact_sets([](const FactSet& facts, const Opinion& opinion) {
    EXPECT_EQ(opinion.actor == Actor::Unknown, opinion.confidence == Confidence::Undetermined)
        << list(facts);
  });
}

TEST(Weighing, ProvesOnlyWhatARuleDecides) {
  for_many_fact_sets([](const FactSet& facts, const Opinion& opinion) {
    if (opinion.confidence != Confidence::Proven) return;
    EXPECT_TRUE(speaks_for(opinion.actor, Weight::Decides, facts)) << list(facts);
    for (std::size_t i = 0; i < kNumActors; ++i)
      if (static_cast<Actor>(i) != opinion.actor) {
        EXPECT_FALSE(speaks_for(static_cast<Actor>(i), Weight::Points, facts)) << list(facts);
      }
  });
}

TEST(Weighing, NeverProvesAgainstAMiddleboxWithoutClassA) {
  for_many_fact_sets([](const FactSet& facts, const Opinion& opinion) {
    if (opinion.actor != Actor::Middlebox || opinion.confidence <= Confidence::Suggested) return;
    const bool class_a = std::any_of(rules().begin(), rules().end(), [&](const Rule& rule) {
      return rule.class_a && fires(rule, facts);
    });
    EXPECT_TRUE(class_a) << list(facts);
  });
}

TEST(Weighing, NeverNamesAMiddleboxOnHintsAlone) {
  for_many_fact_sets([](const FactSet& facts, const Opinion& opinion) {
    if (opinion.actor == Actor::Middlebox) {
      EXPECT_TRUE(speaks_for(Actor::Middlebox, Weight::Points, facts)) << list(facts);
    }
  });
}

TEST(Weighing, LetsNoNumberOfHintsOutweighARuleThatPoints) {
  for_many_fact_sets([](const FactSet& facts, const Opinion& opinion) {
    if (opinion.actor == Actor::Unknown || speaks_for(opinion.actor, Weight::Points, facts)) return;
    for (std::size_t i = 0; i < kNumActors; ++i)
      EXPECT_FALSE(speaks_for(static_cast<Actor>(i), Weight::Points, facts)) << list(facts);
  });
}

TEST(Weighing, NamesNobodyWhereTwoAreDecidedFor) {
  for_many_fact_sets([](const FactSet& facts, const Opinion& opinion) {
    int decided = 0;
    for (std::size_t i = 0; i < kNumActors; ++i)
      decided += speaks_for(static_cast<Actor>(i), Weight::Decides, facts) ? 1 : 0;
    if (decided > 1) {
      EXPECT_EQ(opinion.actor, Actor::Unknown) << list(facts);
    }
  });
}

TEST(Weighing, IsCappedByWhatTheCaptureLacks) {
  for_many_fact_sets([](const FactSet& facts, const Opinion& opinion) {
    if (opinion.actor == Actor::Nobody) return;
    for (const Cap& cap : caps())
      if (facts.has(cap.fact)) {
        EXPECT_LE(opinion.confidence, cap.at_most) << list(facts);
      }
  });
}

TEST(Weighing, ComesToTheSameWhetherItLooksAtAllRulesOrAtThoseOfTheFacts) {
  std::size_t rows = rules_by_fact().under(Fact::Count).size();
  for (std::size_t fact = 0; fact < kNumFacts; ++fact)
    rows += rules_by_fact().under(static_cast<Fact>(fact)).size();
  EXPECT_EQ(rows, rules().size());
  for_many_fact_sets([](const FactSet& facts, const Opinion& opinion) {
    EXPECT_EQ(opinion, weigh(facts, rules(), caps())) << list(facts);
  });
}

TEST(Weighing, ComesToTheSameFromMemory) {
  OpinionMemory memory;  // with fewer places than there are sets
  EXPECT_EQ(memory.weigh({}), weigh({}));
  for_many_fact_sets([&](const FactSet& facts, const Opinion& opinion) {
    EXPECT_EQ(memory.weigh(facts), opinion) << list(facts);
    EXPECT_EQ(memory.weigh(facts), opinion) << list(facts);
  });
}

TEST(Weighing, CountsAGroupOnce) {
  const Rule twice[] = {{.id = "a",
                         .favours = Actor::Server,
                         .weight = Weight::Points,
                         .group = Group::Ttl,
                         .when = {Fact::RstTtlSame}},
                        {.id = "b",
                         .favours = Actor::Server,
                         .weight = Weight::Points,
                         .group = Group::Ttl,
                         .when = {Fact::EndingTtlSame}},
                        {.id = "c",
                         .favours = Actor::Server,
                         .weight = Weight::Points,
                         .group = Group::Timing,
                         .when = {Fact::RstBeforeRoundTrip}}};
  const FactSet one_group{Fact::RstTtlSame, Fact::EndingTtlSame};
  const FactSet two_groups{Fact::RstTtlSame, Fact::RstBeforeRoundTrip};
  EXPECT_EQ(weigh(one_group, twice, {}), (Opinion{Actor::Server, Confidence::Suggested}));
  EXPECT_EQ(weigh(two_groups, twice, {}), (Opinion{Actor::Server, Confidence::Strong}));
}

TEST(Weighing, TakesARivalThatPointsElsewhereAsReasonForDoubt) {
  const Rule both[] = {{.id = "decides",
                        .favours = Actor::Middlebox,
                        .weight = Weight::Decides,
                        .group = Group::State,
                        .when = {Fact::ServerBytesBeyondRst},
                        .class_a = true},
                       {.id = "same-ttl",
                        .favours = Actor::Server,
                        .weight = Weight::Points,
                        .group = Group::Ttl,
                        .when = {Fact::RstTtlSame}},
                       {.id = "same-shape",
                        .favours = Actor::Server,
                        .weight = Weight::Points,
                        .group = Group::HeaderShape,
                        .when = {Fact::RstContinuesSender}}};
  FactSet facts{Fact::ServerBytesBeyondRst};
  EXPECT_EQ(weigh(facts, both, {}), (Opinion{Actor::Middlebox, Confidence::Proven}));
  facts.add(Fact::RstTtlSame);
  EXPECT_EQ(weigh(facts, both, {}), (Opinion{Actor::Middlebox, Confidence::Strong}));
  facts.add(Fact::RstContinuesSender);  // the strong contradiction: nobody is named
  EXPECT_EQ(weigh(facts, both, {}), Opinion{});
}

TEST(Weighing, NamesNobodyOnATie) {
  const Rule tie[] = {{.id = "a",
                       .favours = Actor::Server,
                       .weight = Weight::Points,
                       .group = Group::Ttl,
                       .when = {Fact::RstTtlSame}},
                      {.id = "b",
                       .favours = Actor::Middlebox,
                       .weight = Weight::Points,
                       .group = Group::Timing,
                       .when = {Fact::RstBeforeRoundTrip}}};
  EXPECT_EQ(weigh({Fact::RstTtlSame, Fact::RstBeforeRoundTrip}, tie, {}), Opinion{});
}

}  // namespace
}  // namespace whohungup
