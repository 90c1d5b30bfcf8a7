// SPDX-License-Identifier: Apache-2.0
#include "link.hpp"

#include <gtest/gtest.h>

#include "oort/core/reasons.hpp"

namespace oort::net {
namespace {

Frame frame_of(std::size_t size) {
  return make_frame(FrameHeader{}, Bytes(size - frame_header_bytes));
}

Link make_link(std::size_t queue_bytes_max) {
  return Link(NodeId{}, env::TrafficClass::Bulk, 1, queue_bytes_max);
}

TEST(Link, RefusesWhatDoesNotFitItsQueue_T2) {
  Link link = make_link(1000);
  link.set_state(Link::State::Up);
  ASSERT_TRUE(link.push(frame_of(600), Link::Room::Ordinary));
  ASSERT_TRUE(link.push(frame_of(400), Link::Room::Ordinary));
  const auto refused = link.push(frame_of(16), Link::Room::Ordinary);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), reason::queue_full);
  EXPECT_EQ(link.queued_bytes(), 1000U);
  // Replies have as much again, and no more.
  EXPECT_TRUE(link.push(frame_of(1000), Link::Room::Double));
  EXPECT_FALSE(link.push(frame_of(16), Link::Room::Double));
}

TEST(Link, TakesAnyFrameWhenItIsEmpty) {
  Link link = make_link(100);
  link.set_state(Link::State::Up);
  EXPECT_TRUE(link.push(frame_of(5000), Link::Room::Ordinary));
  EXPECT_FALSE(link.push(frame_of(16), Link::Room::Ordinary));
}

TEST(Link, GivesFramesInOrderUpToALimit_T1) {
  Link link = make_link(10'000);
  link.set_state(Link::State::Waiting);
  for (const std::size_t size : {100U, 200U, 300U, 5000U}) {
    ASSERT_TRUE(link.push(frame_of(size), Link::Room::Ordinary));
  }
  const auto first = link.pop(350);
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].size(), 100U);
  EXPECT_EQ(link.pop(300).size(), 1U);
  // One frame at least, however large.
  EXPECT_EQ(link.pop(300).size(), 1U);
  EXPECT_TRUE(link.pop(300).empty());
  EXPECT_EQ(link.queued_bytes(), 0U);
}

TEST(Link, DropsWhatWaitsWhenThePeerIsUnreachable) {
  Link link = make_link(1000);
  link.set_state(Link::State::Waiting);
  ASSERT_TRUE(link.push(frame_of(100), Link::Room::Ordinary));
  link.set_unreachable();
  EXPECT_EQ(link.queued_bytes(), 0U);
  EXPECT_EQ(link.push(frame_of(100), Link::Room::Ordinary).error().reason(),
            reason::peer_unreachable);
}

}  // namespace
}  // namespace oort::net
