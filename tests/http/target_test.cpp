// SPDX-License-Identifier: Apache-2.0
#include "oort/http/target.hpp"

#include <gtest/gtest.h>

#include "oort/core/reasons.hpp"

namespace oort::http {
namespace {

TEST(Target, DecodesPathAndQuery) {
  const Target target = parse_target("/b%20c/d+e?x=1+2&y&z=%E2%82%AC&&x=3").value();
  EXPECT_EQ(target.path, "/b c/d+e");
  const std::vector<Parameter> expected = {{"x", "1 2"}, {"y", ""}, {"z", "€"}, {"x", "3"}};
  EXPECT_EQ(target.query, expected);
  EXPECT_EQ(*target.parameter("x"), "1 2");
  EXPECT_TRUE(target.has("y"));
  EXPECT_FALSE(target.has("w"));
}

TEST(Target, TakesTheAbsoluteForm) {
  EXPECT_EQ(parse_target("http://h:1/a?b=c").value().path, "/a");
  EXPECT_EQ(parse_target("https://h").value().path, "/");
  EXPECT_TRUE(parse_target("http://h?b").value().has("b"));
}

TEST(Target, RefusesWhatIsMalformed) {
  for (const char* text : {"/%", "/%4", "/%g0", "/?a=%zz", "*", "host:443"}) {
    const auto target = parse_target(text);
    ASSERT_FALSE(target) << text;
    EXPECT_EQ(target.error().reason(), reason::malformed) << text;
  }
  std::string many = "/?";
  for (int i = 0; i < 129; ++i) many += "a&";
  EXPECT_EQ(parse_target(many).error().reason(), reason::too_large);
}

TEST(Target, EncodesWhatItDecodes) {
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  const std::string text = percent_encode(all, Slash::Encode);
  EXPECT_EQ(percent_decode(text, Plus::IsSpace).value(), all);
  EXPECT_EQ(percent_encode("a/b ~", Slash::Keep), "a/b%20~");
  EXPECT_EQ(percent_encode("a/b", Slash::Encode), "a%2Fb");
}

}  // namespace
}  // namespace oort::http
