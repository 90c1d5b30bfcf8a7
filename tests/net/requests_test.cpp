// SPDX-License-Identifier: Apache-2.0
#include "requests.hpp"

#include <gtest/gtest.h>

namespace oort::net {
namespace {

MonoTime at(std::int64_t nanoseconds) { return {nanoseconds}; }

Requests::Done count_into(int& calls) {
  return [&calls](const Result<Bytes>&) { ++calls; };
}

void call(std::vector<Requests::Done> done) {
  for (auto& each : done) each(Bytes{});
}

TEST(Requests, EachLeavesOnce_T3) {
  Requests requests;
  int calls = 0;
  requests.add({1, 1}, at(10), count_into(calls));
  auto taken = requests.take({1, 1});
  ASSERT_TRUE(taken);
  (*taken)(Bytes{});
  EXPECT_FALSE(requests.take({1, 1}));
  call(requests.take_expired(at(1000)));
  call(requests.take_link(1));
  call(requests.take_all());
  EXPECT_EQ(calls, 1);
}

TEST(Requests, ExpireInTheOrderOfTheirDeadlines_T3) {
  Requests requests;
  int calls = 0;
  EXPECT_TRUE(requests.add({1, 1}, at(20), count_into(calls)));
  EXPECT_FALSE(requests.add({1, 2}, at(30), count_into(calls)));
  EXPECT_TRUE(requests.add({2, 3}, at(10), count_into(calls)));
  EXPECT_EQ(requests.next_deadline(), at(10));
  EXPECT_EQ(requests.take_expired(at(9)).size(), 0U);
  EXPECT_EQ(requests.take_expired(at(20)).size(), 2U);
  EXPECT_EQ(requests.next_deadline(), at(30));
}

TEST(Requests, AReplyCountsOnlyOnTheLinkThatWasAsked) {
  Requests requests;
  int calls = 0;
  requests.add({1, 7}, at(20), count_into(calls));
  EXPECT_FALSE(requests.take({2, 7}));
  EXPECT_TRUE(requests.take({1, 7}));
}

TEST(Requests, LeaveTogetherWithTheirLink_N5) {
  Requests requests;
  int calls = 0;
  for (const std::uint64_t link : {1U, 2U, 3U}) {
    for (const std::uint64_t request : {1U, 2U}) {
      requests.add({link, 10 * link + request}, at(20), count_into(calls));
    }
  }
  call(requests.take_link(2));
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(requests.take_all().size(), 4U);
  EXPECT_EQ(requests.next_deadline(), std::nullopt);
}

}  // namespace
}  // namespace oort::net
