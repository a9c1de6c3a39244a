// Texts as they are pasted: through terminals, Windows, mail, web pages and logs; and texts that
// nobody knows.
#include <gtest/gtest.h>

#include <algorithm>

#include "analyze/explain.h"
#include "analyze/explain_clean.h"

namespace whohungup {
namespace {

std::string utf16(std::string_view text) {
  std::string out = "\xff\xfe";
  for (const char c : text) out += {c, '\0'};
  return out;
}

TEST(ExplainPaste, FindsTheSameTextThroughEveryDisguise) {
  const std::string plain = "curl: (35) Recv failure: Connection reset by peer";
  for (const std::string& text :
       {plain + "\r\n", utf16(plain + "\r\n"), "\xef\xbb\xbf" + plain,
        std::string(
            "\x1b[31mcurl: (35) Recv failure: \x1b[1mConnection\x1b[0m reset by peer\x1b[K"),
        std::string("\x1b]0;a title\x07") + plain, "> > " + plain,
        std::string("curl: (35) Recv failure: Connec=\ntion=20reset by peer =3D)"),
        "<pre>" + plain + "<br>&nbsp;&lt;/pre&gt;", "{\"msg\":\"" + plain + "\",\"level\":3}",
        std::string(5000, 'x') + " " + plain, "\xff\xfe" + plain + "\xc0\x80"}) {
    const Explanation explanation = explain(text);
    ASSERT_EQ(explanation.attempts.size(), 1U) << text;
    EXPECT_EQ(names(explanation.attempts.front().usual),
              (std::vector<std::string>{"fin.accepted", "rst.accepted", "rst.client_hello",
                                        "rst.server_hello"}))
        << text;
  }
}

TEST(ExplainPaste, JoinsALineThatMailHasBroken) {
  EXPECT_TRUE(explain("Received an unexpected EOF or 0 bytes from\nthe transport stream.").known());
}

TEST(ExplainPaste, TakesALineForEndedBeforeItsQuotesAndBrackets) {
  EXPECT_TRUE(explain("{\"error\":\"Get \\\"https://a.example/\\\": EOF\"}").known());
  EXPECT_TRUE(explain("(unexpected EOF)").known());
}

TEST(ExplainPaste, LeavesAnEqualsSignThatIsNotMailsAlone) {
  EXPECT_EQ(cleaned("write:errno=104"), "write:errno=104");
  EXPECT_EQ(cleaned("a=3D=\nb"), "a=b");
  EXPECT_EQ(cleaned("a\r\nb\rc"), "a\nb\nc");
}

TEST(ExplainPaste, CleansAnyBytesAndNeverAddsAny) {
  std::uint32_t state = 11;
  const std::string_view parts[] = {"\x1b[",    "\x1b]", "=",  "=3D", "&",    "&amp;", "<br>",
                                    "\xff\xfe", "\r",    "\n", ">",   "\x1b", "\\n",   "\0"};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 30; ++i) {
      state = state * 1664525 + 1013904223;
      if (const std::size_t part = state >> 24; part < std::size(parts) * 8)
        text += parts[part % std::size(parts)];
      else
        text += static_cast<char>(state >> 16);
    }
    EXPECT_LE(cleaned(text).size(), text.size());
    explain(text);
  }
}

TEST(ExplainUnknown, ListsWhatIsNearestAndTheCommandForTheTargetNamed) {
  const Explanation near =
      explain("the TLS connection to imap.example.org:993 was terminated in a non-properly way");
  EXPECT_FALSE(near.known());
  ASSERT_FALSE(near.nearest.empty());
  EXPECT_EQ(near.nearest.front()->prints, "The TLS connection was non-properly terminated");
  EXPECT_LE(near.nearest.size(), 3U);
  EXPECT_EQ(near.next, "whohungup diagnose imap.example.org:993");
  const Explanation far = explain("it does not work");
  EXPECT_TRUE(far.nearest.empty());
  EXPECT_EQ(far.next, "whohungup diagnose HOST:PORT");
  EXPECT_EQ(explain("see $(reboot).x:993 or -rf.x:1").next, "whohungup diagnose HOST:PORT");
}

TEST(ExplainCounts, ReadsOldAndNewOpenSslByTheirOwnSizes) {
  // OpenSSL 1.1.1 says write:errno=0, and sends no alert of its own: 332 = 302 + 30.
  const PrintedAttempt old =
      explain("write:errno=0\nSSL handshake has read 0 bytes and written 332 bytes\n")
          .attempts.front();
  ASSERT_EQ(old.readings.size(), 1U);
  EXPECT_EQ(old.readings.front().own_alert, 0U);
  EXPECT_EQ(old.readings.front().name.first, 30U);
  // OpenSSL 3.5 sends a post-quantum share.
  const PrintedAttempt young =
      explain("write:errno=104\nSSL handshake has read 0 bytes and written 1550 bytes\n")
          .attempts.front();
  ASSERT_EQ(young.readings.size(), 1U);
  EXPECT_EQ(young.readings.front().name.first, 8U);
  EXPECT_EQ(young.readings.front().law->client, "OpenSSL 3.5.7 s_client");
  // No s_client writes this: nothing is claimed of the name.
  const PrintedAttempt none =
      explain("write:errno=104\nSSL handshake has read 0 bytes and written 900 bytes\n")
          .attempts.front();
  EXPECT_TRUE(none.readings.empty());
}

}  // namespace
}  // namespace whohungup
