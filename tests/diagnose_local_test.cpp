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

LocalLook after_probes(const char* before, const std::string& after, std::size_t tries) {
  LocalLook look;
  Peer target;
  target.address.ss_family = AF_INET;
  target.set_port(993);
  add_firewall(look, target, true, before, after, tries);
  return look;
}

TEST(LocalFirewall, IsSuspectedWhereARuleAboutTheTargetCountedEveryConnection) {
  std::string later = kIptables;
  later.replace(later.find("[3:180]"), 7, "[9:540]");
  EXPECT_TRUE(after_probes(kIptables, later, 6).rule_hit);
  EXPECT_FALSE(after_probes(kIptables, later, 7).rule_hit) << "fewer than connections were made";
  EXPECT_FALSE(after_probes(kIptables, kIptables, 1).rule_hit);
}

TEST(LocalFirewall, IsNotSuspectedForARuleThatDoesNotNameTheTarget) {
  std::string later = kNft;
  later.replace(later.find("packets 5 "), 10, "packets 99 ");
  const LocalLook look = after_probes(kNft, later, 6);
  EXPECT_FALSE(look.rule_hit);
  ASSERT_EQ(look.notes.size(), 1U);
  EXPECT_EQ(
      look.notes[0].text,
      "the local rule \"oif \"lo\" drop\" counted 94 packets while the probes ran, which need "
      "not be the probes'");
}

}  // namespace
}  // namespace whohungup
