// What packets say is hostile, and a terminal obeys: nothing of it gets through.
#include "cli/report/escape.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

namespace whohungup {
namespace {

TEST(AsciiOnly, KeepsAHostNameAsItIs) {
  EXPECT_EQ(ascii_only("imap.server.name"), "imap.server.name");
}

TEST(AsciiOnly, ShowsControlSequencesAsBytes) {
  EXPECT_EQ(ascii_only("a\x1b[2Jb\r\n"), "a\\x1b[2Jb\\x0d\\x0a");
}

TEST(AsciiOnly, ShowsLookAlikeLettersAsBytes) {
  EXPECT_EQ(ascii_only("p\xd0\xb0ypal.example"), "p\\xd0\\xb0ypal.example");  // Cyrillic а
}

TEST(Harmless, KeepsOurOwnSigns) {
  EXPECT_EQ(harmless("⟨PSH+ACK → RST⟩ 12 µs …"), "⟨PSH+ACK → RST⟩ 12 µs …");
}

TEST(Harmless, ShowsReversedTextAndControls) {
  EXPECT_EQ(harmless("moc.\u202elive"), "moc.\\u{202e}live");
  EXPECT_EQ(harmless("\x1b[31m"), "\\x1b[31m");
  EXPECT_EQ(harmless("\u009b31m"), "\\u{009b}31m");  // CSI as one C1 character
  EXPECT_EQ(harmless("a\u200bb"), "a\\u{200b}b");
}

TEST(Harmless, ShowsBrokenUtf8AsBytes) {
  EXPECT_EQ(harmless("\xff\xc0\xaf"), "\\xff\\xc0\\xaf");
  EXPECT_EQ(harmless("\xe2\x86"), "\\xe2\\x86");           // an arrow cut short
  EXPECT_EQ(harmless("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
}

TEST(JsonString, EscapesWhatJsonWants) {
  EXPECT_EQ(json_string("a\"b\\c\n"), R"("a\"b\\c\u000a")");
}

TEST(Utf8Name, TellsABrokenByteFromTheTextThatLooksLikeOne) {
  EXPECT_EQ(utf8_name("\xff.example"), "\\xff.example");
  EXPECT_EQ(utf8_name("\\xff.example"), "\\x5cxff.example");
  EXPECT_EQ(utf8_name("\\x5cxff"), "\\x5cx5cxff");
  EXPECT_EQ(utf8_name("a\\b\\xg\\x"), "a\\b\\xg\\x");  // nothing that could be mistaken
  EXPECT_EQ(utf8_name("b\xc3\xbc"
                      "cher.example"),
            "b\xc3\xbc"
            "cher.example");
  EXPECT_EQ(utf8_name(""), "");
}

TEST(AsciiOnly, EscapesTheBackslashToo) { EXPECT_EQ(ascii_only("a\\xff"), "a\\x5cxff"); }

RC_GTEST_PROP(AsciiOnly, IsTheSameInABuffer, (const std::string& hostile)) {
  TextBuffer buffer;
  buffer.append("before ");
  append_ascii_only(buffer, hostile);
  RC_ASSERT(buffer.view() == "before " + ascii_only(hostile));
}

TEST(JsonString, KeepsBytesThatAreNoUtf8Readable) { EXPECT_EQ(json_string("\xff"), R"("\\xff")"); }

TEST(JsonString, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(json_string("\u009b\u202e"), R"("\u009b\u202e")");
  EXPECT_EQ(json_string("\U000e0041"), R"("\udb40\udc41")");
}

RC_GTEST_PROP(JsonString, IsReadBackAsItWasForAnyAscii, (const std::vector<unsigned char>& bytes)) {
  std::string text;
  for (const unsigned char byte : bytes) text += static_cast<char>(byte & 0x7fU);
  RC_ASSERT(nlohmann::json::parse(json_string(text)).get<std::string>() == text);
}

RC_GTEST_PROP(JsonString, IsAlwaysValid, (const std::string& bytes)) {
  RC_ASSERT(nlohmann::json::accept(json_string(bytes)));
}

RC_GTEST_PROP(Harmless, IsStable, (const std::string& bytes)) {
  RC_ASSERT(harmless(harmless(bytes)) == harmless(bytes));
}

TEST(ShellWord, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(shell_word("samples/a-b.pcap"), "samples/a-b.pcap");
  EXPECT_EQ(shell_word("my capture.pcap"), "'my capture.pcap'");
  EXPECT_EQ(shell_word("it's;rm -rf"), "'it'\\''s;rm -rf'");
  EXPECT_EQ(shell_word(""), "''");
}

TEST(Width, CountsCodePoints) { EXPECT_EQ(width("a → b…"), 6U); }

TEST(KeepEnd, KeepsTheEndOfAName) {
  EXPECT_EQ(keep_end("very.long.name.example", 12), "…ame.example");
  EXPECT_EQ(keep_end("short", 12), "short");
  EXPECT_EQ(keep_end("anything", 0), "");
}

TEST(KeepBegin, KeepsTheBeginning) {
  EXPECT_EQ(keep_begin("something on the path", 10), "something…");
  EXPECT_EQ(keep_begin("whole", 5), "whole");
  EXPECT_EQ(keep_begin("a\\x0dbcdef", 4), "a…");  // and no escape is cut in two
  EXPECT_EQ(keep_begin("a\\x0dbcdef", 6), "a\\x0d…");
  EXPECT_EQ(keep_begin("a\\u{202e}bcdef", 9), "a…");
  EXPECT_EQ(keep_begin("a\\u{202e}bcdef", 10), "a\\u{202e}…");
  EXPECT_EQ(keep_begin("C:\\users and more", 8), "C:\\user…");
}

TEST(Padded, FillsToTheWidthOnScreen) { EXPECT_EQ(padded("→", 3), "→  "); }

}  // namespace
}  // namespace whohungup
