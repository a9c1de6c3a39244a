// "Was it us?": which rules of a firewall's listing drop or refuse, and which of them counted.
#include "cli/diagnose_local.h"

#include <gtest/gtest.h>

namespace whohungup {
namespace {

constexpr const char* kNft = R"(table inet filter {
  chain output {
    type filter hook output priority filter; policy accept;
    ip daddr 192.0.2.7 tcp dport 993 counter packets 3 bytes 180 reject with tcp reset
    tcp dport 443 counter packets 10 bytes 600 accept
    oif "lo" counter packets 5 bytes 300 drop
  }
})";

constexpr const char* kIptables = R"(*filter
:OUTPUT ACCEPT [12:3456]
[3:180] -A OUTPUT -p tcp -m tcp --dport 993 -j REJECT --reject-with tcp-reset
[7:420] -A OUTPUT -p udp -j ACCEPT
COMMIT
)";

TEST(FirewallRules, AreReadFromNft) {
  const auto rules = refusing_rules(kNft);
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[0].text, "ip daddr 192.0.2.7 tcp dport 993 reject with tcp reset");
  EXPECT_EQ(rules[0].packets, 3U);
  EXPECT_EQ(rules[1].text, "oif \"lo\" drop");
}

TEST(FirewallRules, AreReadFromIptablesSave) {
  const auto rules = refusing_rules(kIptables);
  ASSERT_EQ(rules.size(), 1U);
  EXPECT_EQ(rules[0].text, "-A OUTPUT -p tcp -m tcp --dport 993 -j REJECT --reject-with tcp-reset");
  EXPECT_EQ(rules[0].packets, 3U);
}

TEST(FirewallRules, AreHitByWhatTheyCountedMore) {
  const std::vector<FirewallRule> before{{"a", 3}, {"b", 5}, {"b", 7}};
  const std::vector<FirewallRule> after{{"a", 3}, {"b", 5}, {"b", 9}, {"new", 1}};
  const auto hit = rules_hit(before, after);
  ASSERT_EQ(hit.size(), 2U);
  EXPECT_EQ(hit[0].text, "b");
  EXPECT_EQ(hit[0].packets, 2U);
  EXPECT_EQ(hit[1].text, "new");
}

constexpr const char* kAboutTarget = "tcp dport 993 drop";
constexpr const char* kAboutAll = "oif \"lo\" drop";

LocalLook looked(const std::vector<RuledTry>& tries) {
  LocalLook look;
  Peer target;
  target.address.ss_family = AF_INET;
  target.set_port(993);
  add_rules(look, target, tries);
  return look;
}

/// By the packets: a rule that counted, and whether something was kept back.
RuledTry seen(const char* rule, bool kept_back) {
  RuledTry one{{}, kept_back, true, kept_back};
  if (rule != nullptr) one.counted.push_back({rule, 2});
  return one;
}
/// By the socket alone.
RuledTry heard(const char* rule, bool failed) {
  RuledTry one{{}, failed, false, false};
  if (rule != nullptr) one.counted.push_back({rule, 2});
  return one;
}

TEST(LocalClock, IsSuspectedWhereACertificateIsOutOfDateByIt) {
  LocalLook look{{{"clock", false, "not synchronised"}}, true, false, {}};
  Trial trial;
  trial.outcome.certificate = Certificate::Untrusted;
  suspect_clock(look, {&trial, 1});
  EXPECT_FALSE(look.notes[0].suspicious);
  trial.outcome.certificate = Certificate::NotYetValid;
  suspect_clock(look, {&trial, 1});
  EXPECT_TRUE(look.notes[0].suspicious);
}

TEST(LocalFirewall, IsSuspectedWhereARuleCountsWheneverSomethingIsKeptBack) {
  EXPECT_TRUE(
      looked({seen(kAboutAll, true), seen(nullptr, false), seen(kAboutAll, true)}).rule_hit);
  EXPECT_TRUE(
      looked({seen(kAboutTarget, true), seen(kAboutTarget, false), seen(kAboutTarget, true)})
          .rule_hit)
      << "what is sent again may be counted later";
  EXPECT_FALSE(looked({seen(kAboutTarget, true), seen(nullptr, true)}).rule_hit);
}

TEST(LocalFirewall, IsNotSuspectedWherePacketsShowThatNothingWasKeptBack) {
  const LocalLook look = looked({seen(kAboutTarget, false), seen(kAboutTarget, false)});
  EXPECT_FALSE(look.rule_hit);
  ASSERT_EQ(look.notes.size(), 1U);
  EXPECT_FALSE(look.notes[0].suspicious);
  EXPECT_EQ(look.notes[0].text,
            "the local rule \"tcp dport 993 drop\" counted 4 packets while the probes ran, which "
            "need not be the probes'");
}

TEST(LocalFirewall, IsSuspectedWithoutPacketsOnlyForARuleAboutTheTargetThatFollowsTheFailures) {
  const auto hit = [](const char* rule, bool counted_with_success) {
    return looked({heard(rule, true), heard(rule, true),
                   heard(counted_with_success ? rule : nullptr, false)})
        .rule_hit;
  };
  EXPECT_TRUE(hit(kAboutTarget, false));
  EXPECT_FALSE(hit(kAboutTarget, true)) << "counted though the hello was answered";
  EXPECT_FALSE(hit(kAboutAll, false)) << "names neither address nor port";
}

}  // namespace
}  // namespace whohungup
