// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/json.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "draws.hpp"
#include "oort/core/reasons.hpp"

namespace oort::datahub {
namespace {

std::string again(std::string_view text) {
  const auto value = parse_json(text);
  if (!value) return value.error().to_string();
  return canonical(*value).value_or("refused");
}

// RFC 8785, section 3.2.2 and 3.2.3 with appendix E.
TEST(Json, WritesTheExampleOfTheRfc_J1) {
  EXPECT_EQ(again(R"({
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    })"),
            "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
            "\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

// RFC 8785, section 3.2.3: names in the order of their UTF-16 code units.
TEST(Json, SortsNamesByCodeUnits_J1) {
  EXPECT_EQ(again(R"({
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis"
    })"),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\","
            "\"\xc3\xb6\":\"Latin Small Letter O With Diaeresis\",\"\xe2\x82\xac\":\"Euro Sign\","
            "\"\xf0\x9f\x98\x80\":\"Emoji: Grinning Face\","
            "\"\xef\xac\xb3\":\"Hebrew Letter Dalet With Dagesh\"}");
}

// RFC 8785, appendix B.
TEST(Json, WritesNumbersLikeEcmaScript_J1) {
  const std::vector<std::pair<std::uint64_t, std::string>> rows = {
      {0x0000000000000000, "0"},
      {0x8000000000000000, "0"},
      {0x0000000000000001, "5e-324"},
      {0x8000000000000001, "-5e-324"},
      {0x7fefffffffffffff, "1.7976931348623157e+308"},
      {0xffefffffffffffff, "-1.7976931348623157e+308"},
      {0x4340000000000000, "9007199254740992"},
      {0xc340000000000000, "-9007199254740992"},
      {0x4430000000000000, "295147905179352830000"},
      {0x44b52d02c7e14af5, "9.999999999999997e+22"},
      {0x44b52d02c7e14af6, "1e+23"},
      {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
      {0x444b1ae4d6e2ef4e, "999999999999999700000"},
      {0x444b1ae4d6e2ef4f, "999999999999999900000"},
      {0x444b1ae4d6e2ef50, "1e+21"},
      {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
      {0x3eb0c6f7a0b5ed8d, "0.000001"},
      {0x41b3de4355555553, "333333333.3333332"},
      {0x41b3de4355555554, "333333333.33333325"},
      {0x41b3de4355555555, "333333333.3333333"},
      {0x41b3de4355555556, "333333333.3333334"},
      {0x41b3de4355555557, "333333333.33333343"},
      {0xbecbf647612f3696, "-0.0000033333333333333333"},
      {0x43143ff3c1cb0959, "1424953923781206.2"},
  };
  for (const auto& [bits, text] : rows) {
    EXPECT_EQ(canonical(Json(std::bit_cast<double>(bits))).value(), text);
  }
  EXPECT_FALSE(canonical(Json(std::numeric_limits<double>::quiet_NaN())));
  EXPECT_FALSE(canonical(Json(std::numeric_limits<double>::infinity())));
}

TEST(Json, NumbersComeBackAsTheyWere_J2) {
  Draws draws(5);
  for (int i = 0; i < 20'000; ++i) {
    const auto value = std::bit_cast<double>(draws.next());
    if (!std::isfinite(value)) continue;
    const auto parsed = parse_json(canonical(Json(value)).value());
    ASSERT_TRUE(parsed);
    ASSERT_EQ(*parsed->if_number(), value);
  }
}

TEST(Json, OneTextAValue_J2) {
  const std::string text = R"({"a":[1,{"b":[]},"x"],"c":{},"d":-1.5,"e":null})";
  EXPECT_EQ(again(text), text);
  EXPECT_EQ(again(" { \"e\" : null , \"d\":-15e-1, \"c\" : { }, \"a\" : [1.0, {\"b\":[ ]},"
                  "\"\\u0078\"] } "),
            text);
  const Json value = *parse_json(text);
  EXPECT_EQ(*parse_json(*indented(value)), value);
  EXPECT_EQ(*indented(*parse_json(R"({"b":[1,2],"a":{}})")),
            "{\n  \"b\": [\n    1,\n    2\n  ],\n  \"a\": {}\n}");
}

TEST(Json, RefusesWhatIsNoJson_J3) {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "[",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "{\"a\"}",
                                      "{a:1}",
                                      "01",
                                      "-",
                                      "+1",
                                      "1.",
                                      ".5",
                                      "1e",
                                      "1e+",
                                      "0x1",
                                      "nul",
                                      "truex",
                                      "\"",
                                      "\"\\x\"",
                                      "\"\\u12\"",
                                      "\"\\ud800\"",
                                      "\"\\ud800\\u0041\"",
                                      "\"\\udc00\"",
                                      "\"\n\"",
                                      "\"\xff\"",
                                      "\"\xc0\x80\"",
                                      "\"\xed\xa0\x80\"",
                                      "\"\xf4\x90\x80\x80\"",
                                      "\"\xe2\x82\"",
                                      "[1] 2",
                                      "{\"a\":1,\"a\":2}",
                                      "{\"a\":1,\"\\u0061\":2}",
                                      "NaN",
                                      "Infinity",
                                      "'a'",
                                      "[1 2]",
                                      "{\"a\" 1}",
                                      "\v1"}) {
    const auto value = parse_json(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().reason(), reason::malformed) << text;
  }
  EXPECT_EQ(parse_json("1e400").error().reason(), reason::overflow);
}

TEST(Json, DescendsSoFarAndNoFurther_J3) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(again(nested(json_depth_max)), nested(json_depth_max));
  EXPECT_FALSE(parse_json(nested(json_depth_max + 1)));
  EXPECT_FALSE(parse_json(std::string(1'000'000, '[')));
  Json deep(Json::Array{});
  for (std::size_t i = 0; i < json_depth_max; ++i) deep = Json(Json::Array{std::move(deep)});
  EXPECT_FALSE(canonical(deep));
}

TEST(Json, RefusesToWriteWhatHasNoText_J1) {
  EXPECT_EQ(canonical(Json("\xff")).error().reason(), reason::bad_argument);
  EXPECT_FALSE(canonical(Json::object({{"\xff", 1}})));
  EXPECT_FALSE(canonical(Json::object({{"a", 1}, {"a", 2}})));
}

TEST(Json, IsBuiltAndRead) {
  Json value = Json::object({{"name", "x"}, {"count", std::uint64_t{3}}});
  value.set("count", 4);
  value.set("list", Json::array({1, "two", true, Json()}));
  EXPECT_EQ(*canonical(value), R"({"count":4,"list":[1,"two",true,null],"name":"x"})");
  EXPECT_EQ(*value.find("name")->if_string(), "x");
  EXPECT_EQ(value.find("none"), nullptr);
  EXPECT_EQ(value.find("name")->find("x"), nullptr);
  EXPECT_EQ(value.find("name")->if_number(), nullptr);
}

}  // namespace
}  // namespace oort::datahub
