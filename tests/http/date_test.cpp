// SPDX-License-Identifier: Apache-2.0
#include "oort/http/date.hpp"

#include <gtest/gtest.h>

namespace oort::http {
namespace {

constexpr WallTime rfc_example{784'111'777'000};

TEST(Date, WritesTheFormsOfTheStandards) {
  EXPECT_EQ(to_http_date(rfc_example), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(to_iso_date(WallTime{784'111'777'042}), "1994-11-06T08:49:37.042Z");
  EXPECT_EQ(to_basic_date(rfc_example), "19941106T084937Z");
  EXPECT_EQ(to_http_date(WallTime{0}), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(Date, ReadsThemBack) {
  EXPECT_EQ(from_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), rfc_example);
  EXPECT_EQ(from_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), rfc_example);
  EXPECT_EQ(from_basic_date("19941106T084937Z"), rfc_example);
}

TEST(Date, RefusesEverythingElse) {
  for (const char* text : {"", ", ", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 24:49:37 GMT",
                           "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1900 08:49:37 GMT",
                           "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMTx"}) {
    EXPECT_EQ(from_http_date(text), std::nullopt) << text;
  }
  for (const char* text : {"", "19941106T084937", "19941106 084937Z", "19941306T084937Z",
                           "1994110aT084937Z", "19941106T084937ZZ"}) {
    EXPECT_EQ(from_basic_date(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace oort::http
