// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "net.hpp"

namespace oort::consensus::test {
namespace {

TEST(Network, FourEnginesFinalizeOneChain_C1) {
  Net net;
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(50); }));
  EXPECT_TRUE(net.agrees());
  // Nothing went wrong, so nobody gave up a view, and every view brought a block.
  for (std::size_t i = 0; i < net.count(); ++i) {
    for (const Vote& vote : net[i].votes) EXPECT_NE(vote.ballot.kind, VoteKind::Nullify);
    EXPECT_TRUE(net[i].complaints.empty());
    EXPECT_TRUE(net[i].evidence.empty());
  }
  for (std::size_t h = 0; h < 50; ++h) {
    EXPECT_EQ(net[0].ledger[h]->header.view, View(h + 1));
    EXPECT_EQ(net[0].ledger[h]->header.height, Height(101 + h));
  }
}

}  // namespace
}  // namespace oort::consensus::test
