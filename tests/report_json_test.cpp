// The pieces that JSON is put together of, and strings that are copied without a look at each.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <string>

#include "cli/report/escape.h"
#include "cli/report/json_writer.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

using json_piece::OrNull;
using json_piece::Ours;

TEST(JsonPieces, StandOneBehindTheOther) {
  JsonWriter json;
  const Frames frames{FrameNo{7}, FrameNo{12345}};
  json.put(R"({"frames":)", frames, R"(,"few":)", Frames{}, R"(,"ttl":)", std::uint8_t{64},
           R"(,"ack":)", std::int64_t{-1}, R"(,"seen":)", true, R"(,"word":")", Ours{"syn"},
           R"(","mss":)", OrNull{false, std::uint16_t{1460}}, R"(,"isn":)",
           OrNull{true, 4294967295U}, R"(,"acked":)", std::optional<bool>(), R"(,"flags":")",
           TcpFlags{TcpFlags::kSyn}, R"("})");
  EXPECT_EQ(json.view(),
            R"({"frames":[7,12345],"few":[],"ttl":64,"ack":-1,"seen":true,"word":"syn","mss":null,)"
            R"("isn":4294967295,"acked":null,"flags":"S"})");
}

TEST(JsonPieces, MixWithValuesThatLookAfterTheirCommas) {
  JsonWriter json;
  json.put(R"({"a":[)").value(1).value("b\"").put("]").key("c").open_array();
  for (int i = 0; i < 2; ++i) json.open_object().put(R"("d":)", i, "}");
  json.close_array().put(R"(,"e":)").value(nullptr).close_object();
  EXPECT_EQ(json.line(), "{\"a\":[1,\"b\\\"\"],\"c\":[{\"d\":0},{\"d\":1}],\"e\":null}\n");
}

TEST(JsonStrings, OfEveryLengthAreEscapedWhereverTheyMustBe) {
  for (std::size_t size = 0; size < 70; ++size)
    for (const char special : {'x', '"', '\\', '\n', '\x7f', '\x80'})
      for (std::size_t at = 0; at < size; ++at) {
        std::string text(size, 'y');
        text[at] = special;
        JsonWriter json;
        json.value(text);
        ASSERT_EQ(json.view(), json_string(text)) << size << " " << at;
        if (special == '\x80') continue;  // no UTF-8: its \xNN is for readers
        ASSERT_EQ(nlohmann::json::parse(json.view()), text);
      }
}

TEST(JsonTimes, AreWrittenToTheNanosecond) {
  EXPECT_EQ(seconds(Duration{0}), "0.0");
  EXPECT_EQ(seconds(Duration{-1}), "-0.000000001");
  EXPECT_EQ(seconds(std::chrono::milliseconds{12'340}), "12.34");
  EXPECT_EQ(seconds(Duration{INT64_MIN}), "-9223372036.854775808");
  EXPECT_EQ(rfc3339(Time{Duration{1'763'998'495'000'000'739}}), "2025-11-24T15:34:55.000000739Z");
}

}  // namespace
}  // namespace whohungup
