// SPDX-License-Identifier: Apache-2.0
#include "oort/s3/conditions.hpp"

#include <gtest/gtest.h>

#include "oort/core/reasons.hpp"
#include "oort/http/date.hpp"

namespace oort::s3 {
namespace {

const WallTime modified{784'111'777'500};  // Sun, 06 Nov 1994 08:49:37.5 GMT

TEST(Conditions, JudgesInTheOrderOfTheStandard) {
  const std::string same = http::to_http_date(modified);
  const std::string before = http::to_http_date(WallTime{784'111'776'000});
  const auto run = [&](ReadConditions conditions) { return judge(conditions, "abc", modified); };
  EXPECT_EQ(run({}), Verdict::Proceed);
  EXPECT_EQ(run({"\"abc\"", "", "", ""}), Verdict::Proceed);
  EXPECT_EQ(run({"\"x\", abc", "", "", ""}), Verdict::Proceed);
  EXPECT_EQ(run({"*", "", "", ""}), Verdict::Proceed);
  EXPECT_EQ(run({"\"x\"", "", "", ""}), Verdict::PreconditionFailed);
  EXPECT_EQ(run({"", "\"abc\"", "", ""}), Verdict::NotModified);
  EXPECT_EQ(run({"", "W/\"abc\"", "", ""}), Verdict::NotModified);
  EXPECT_EQ(run({"", "\"x\"", "", ""}), Verdict::Proceed);
  EXPECT_EQ(run({"", "", same, ""}), Verdict::NotModified);
  EXPECT_EQ(run({"", "", before, ""}), Verdict::Proceed);
  EXPECT_EQ(run({"", "", "", same}), Verdict::Proceed);
  EXPECT_EQ(run({"", "", "", before}), Verdict::PreconditionFailed);
  // An ETag outranks a date.
  EXPECT_EQ(run({"\"abc\"", "", "", before}), Verdict::Proceed);
  EXPECT_EQ(run({"", "\"x\"", same, ""}), Verdict::Proceed);
  EXPECT_EQ(run({"", "", "garbage", "garbage"}), Verdict::Proceed);
}

TEST(Conditions, SelectsRanges) {
  const auto range = [](std::string_view field) { return select_range(field, 10).value(); };
  EXPECT_EQ(range("bytes=0-4")->size, 5U);
  EXPECT_EQ(range("bytes=5-")->first, 5U);
  EXPECT_EQ(range("bytes=5-100")->size, 5U);
  EXPECT_EQ(range("bytes=-3")->first, 7U);
  EXPECT_EQ(range("bytes=-100")->size, 10U);
  for (const char* field : {"", "items=0-1", "bytes=", "bytes=-", "bytes=a-b", "bytes=4-2",
                            "bytes=0-1,3-4", "bytes=1", "bytes=0x1-2", "bytes=1-2x"}) {
    EXPECT_EQ(range(field), std::nullopt) << field;
  }
  for (const char* field :
       {"bytes=10-", "bytes=10-11", "bytes=-0", "bytes=18446744073709551615-"}) {
    const auto none = select_range(field, 10);
    ASSERT_FALSE(none) << field;
    EXPECT_EQ(none.error().reason(), reason::invalid_range) << field;
  }
  EXPECT_FALSE(select_range("bytes=0-", 0));
  EXPECT_FALSE(select_range("bytes=-1", 0));
}

TEST(Conditions, ReadsCopyRangesStrictly) {
  EXPECT_EQ(parse_copy_range("bytes=5-9").value().size, 5U);
  for (const char* field : {"", "5-9", "bytes=5-", "bytes=-5", "bytes=9-5", "bytes=0-a",
                            "bytes=0-18446744073709551615", "bytes=0-1,2-3"}) {
    EXPECT_FALSE(parse_copy_range(field)) << field;
  }
}

TEST(Conditions, ReadsConditionsOfWrites) {
  EXPECT_TRUE(parse_precondition("", "*").value().if_none_match_any);
  EXPECT_EQ(parse_precondition("\"abc\"", "").value().if_match, "abc");
  EXPECT_EQ(parse_precondition("", "\"abc\"").error().reason(), reason::not_supported);
  EXPECT_EQ(parse_precondition("a,b", "").error().reason(), reason::not_supported);
}

}  // namespace
}  // namespace oort::s3
