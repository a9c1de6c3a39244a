// The table for people: a line a flow, never wider than 100 columns, whatever the packets say.
#include "cli/report/text.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "cli/report/escape.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

Endpoint v6_endpoint(std::uint16_t port) {
  Endpoint endpoint;
  endpoint.ip.is_v6 = true;
  for (std::uint8_t i = 0; i < 16; ++i) endpoint.ip.octets[i] = static_cast<std::uint8_t>(0xa0 + i);
  endpoint.port = port;
  return endpoint;
}

/// A flow between the longest of addresses, asking for `name`, with the longest of codes.
std::string line_for(const std::string& name, bool numeric = false) {
  Conversation talk;
  talk.client = v6_endpoint(65535);
  talk.server = v6_endpoint(65534);
  if (!name.empty()) {
    ByteWriter list;
    list.vector(
        2, [&](ByteWriter& w) { w.u8(0).vector(2, [&](ByteWriter& host) { host.text(name); }); });
    tls::ClientHello hello;
    hello.has_extensions = true;
    hello.extensions.push_back({.type = 0, .body = list.finish()});
    Message message;
    message.what = hello;
    talk.messages.push_back(message);
  }
  Judgement judgement;
  judgement.verdict.actor = Actor::Middlebox;
  judgement.verdict.event.mechanism = Mechanism::Plaintext;
  judgement.verdict.event.stage = Stage::ClientHello;
  const CaptureNotes notes;
  return table_line({12345, talk, judgement, notes}, numeric);
}

TEST(TableLine, HoldsTheLongestAddressesAndCodeIn100Columns) {
  const std::string line = line_for("");
  EXPECT_LE(width(line), 100U) << line;
  EXPECT_NE(line.find("middlebox.plaintext.client_hello  undetermined"), std::string::npos) << line;
  EXPECT_NE(line.find("]:65535 → ["), std::string::npos) << line;
}

TEST(TableLine, KeepsTheEndOfALongName) {
  const std::string line = line_for(std::string(200, 'a') + ".example");
  EXPECT_LE(width(line), 100U) << line;
  EXPECT_NE(line.find("a.example:65534"), std::string::npos) << line;
}

TEST(TableLine, CutsTheMiddleOutOfLongAddresses) {
  EXPECT_NE(line_for("").find("[a0a…aeaf]:65535 → [a0a…aeaf]:65534  "), std::string::npos)
      << line_for("");
}

TEST(TableLine, ShowsTheNameThatWasReadAlready) {
  Conversation talk;
  talk.client = talk.server = Endpoint{{{192, 0, 2, 1}, false}, 443};
  const Judgement judgement;
  const CaptureNotes notes;
  JudgedFlow flow{0, talk, judgement, notes};
  flow.name = {true, "a.example"};
  EXPECT_NE(table_line(flow, false).find("  192.0.2.1:443 → a.example:443  "), std::string::npos);
  EXPECT_NE(table_line(flow, true).find("→ 192.0.2.1:443  "), std::string::npos);
  flow.name = {true, std::nullopt};
  EXPECT_NE(table_line(flow, false).find("→ 192.0.2.1:443  "), std::string::npos);
}

TEST(TableLine, IsBoldWhereTheVerdictStands) {
  Conversation talk;
  const Judgement judgement;
  const CaptureNotes notes;
  const std::string line = table_line({0, talk, judgement, notes}, true, Style(true));
  EXPECT_NE(line.find("  \x1b[1munknown.none.established    \x1b[0m  undetermined"),
            std::string::npos)
      << line;
}

TEST(TableLine, ShowsAddressesWhenNamesAreNotWanted) {
  EXPECT_EQ(line_for("a.example", true).find("a.example"), std::string::npos);
}

TEST(TableLine, ShowsAHostileNameAsBytes) {
  const std::string line = line_for("\x1b[2J");
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_NE(line.find("\\x1b[2J:65534"), std::string::npos) << line;
}

TEST(TotalsText, SaysThatThereWasNothingToJudge) {
  CaptureNotes notes;
  notes.files = {"empty.pcap"};
  EXPECT_EQ(totals_text({}, {}, notes, Style(false), false),
            "empty.pcap: no TLS handshake found in 0 packets\n");
}

TEST(TotalsText, CountsByVerdictMostFirst) {
  CaptureNotes notes;
  notes.files = {"a.pcap", "b.pcap"};
  Totals totals;
  totals.judged = 3;
  totals.hung_up = 1;
  totals.by_code = {{"client.rst.server_hello", 1}, {"nobody.none.established", 2}};
  FlowCounts flows;
  flows.not_tls = 1;
  EXPECT_EQ(totals_text(totals, flows, notes, Style(false), false),
            "2 files: 3 TLS handshakes, 1 hung up on; 1 TCP flow without TLS\n"
            "      2  nobody.none.established       the handshake was completed\n"
            "      1  client.rst.server_hello       the client reset (RST) during the "
            "handshake\n");
}

TEST(DescribeCode, KnowsEveryWord) {
  EXPECT_EQ(describe_code("unknown.silence.syn"),
            "somebody stopped answering before any connection");
  EXPECT_EQ(describe_code("middlebox.icmp.client_hello"),
            "a middlebox sent an ICMP error after the ClientHello");
  EXPECT_EQ(describe_code("nobody.none.established"), "the handshake was completed");
  EXPECT_FALSE(is_code("server.fin"));
  EXPECT_FALSE(is_code("server.fin.client_hello.more"));
}

TEST(DescribeCode, FitsBesideItsCodeWhateverTheWords) {
  for (const char* actor : {"server", "client", "middlebox", "unknown"})
    for (const char* mechanism : {"fin", "rst", "alert", "plaintext", "icmp", "silence"})
      for (const char* stage : {"syn", "accepted", "client_hello", "server_hello", "established"}) {
        const std::string code = std::string(actor) + '.' + mechanism + '.' + stage;
        ASSERT_TRUE(is_code(code)) << code;
        EXPECT_LE(9 + std::max<std::size_t>(28, code.size()) + 2 + describe_code(code).size(), 100U)
            << code;
      }
}

TEST(Amount, HasThreeDigitsThatMatter) {
  using std::chrono::microseconds;
  EXPECT_EQ(amount(microseconds(739)), "739 µs");
  EXPECT_EQ(amount(microseconds(3'400)), "3.40 ms");
  EXPECT_EQ(amount(microseconds(155'356)), "155 ms");
  EXPECT_EQ(amount(microseconds(75'000'000)), "75.0 s");
}

TEST(Seconds, AreAJsonNumber) {
  EXPECT_EQ(seconds(Duration(739'000)), "0.000739");
  EXPECT_EQ(seconds(Duration(0)), "0.0");
  EXPECT_EQ(seconds(Duration(-1'500'000'000)), "-1.5");
}

TEST(Rfc3339, HasNineDecimals) {
  EXPECT_EQ(rfc3339(Time(Duration(1'795'403'095'179'764'000))), "2026-11-23T03:04:55.179764000Z");
}

TEST(Wrapped, LeavesNoSpaceAtALinesEnd) {
  EXPECT_EQ(wrapped("- ", "one two  three ", 9), "- one two\n  three\n");
}

TEST(Wrapped, IndentsWhatGoesOn) {
  EXPECT_EQ(wrapped("- ", "one two three", 9), "- one two\n  three\n");
}

}  // namespace
}  // namespace whohungup
