// SPDX-License-Identifier: Apache-2.0
#include "oort/honesty/explain.hpp"

#include <gtest/gtest.h>

#include "kit.hpp"
#include "oort/honesty/baits.hpp"

namespace oort::honesty::test {
namespace {

EvidenceBundle bundle_of(const std::vector<std::uint8_t>& results) {
  SeededRandom random(1);
  const ledger::test::Bait bait = ledger::test::make_bait(0x43);
  EvidenceBundle bundle{bait.reveal, bait.context, same<Bytes32>(0xfa), {}};
  EvidenceBundle::Round round{same<Bytes32>(0xbe), {}};
  std::uint8_t node = 0x10;
  for (const std::uint8_t result : results) {
    const TraceRecord trace(bundle.fault, same<NodeId>(node++), {same<Bytes32>(result)},
                            same<Bytes32>(result), random);
    round.seats.emplace_back(trace.open(round.seed));
  }
  bundle.rounds.push_back(round);
  return bundle;
}

TEST(Explain, AConviction_X1) {
  const auto lines = explain(bundle_of({0x42, 0x42, 0x42}));
  ASSERT_EQ(lines.size(), 9U);
  EXPECT_EQ(lines[3], "the reveal checks as a fault");
  EXPECT_EQ(lines[5], "  node 10101010 found the officer's answer");
  EXPECT_EQ(lines.back().substr(0, 22), "verdict: the executor ");
}

TEST(Explain, AFalseAccusationAndASplit_X1) {
  EXPECT_EQ(explain(bundle_of({0x43, 0x43, 0x43})).back().substr(0, 21), "verdict: the officer ");
  EvidenceBundle split = bundle_of({0x42, 0x43, 0x77});
  split.rounds[0].seats[0].reset();
  const auto lines = explain(split);
  EXPECT_EQ(lines[5], "  a node kept silent");
  EXPECT_EQ(lines[6], "  node 11111111 found the executor's result");
  EXPECT_EQ(lines[7], "  node 12121212 found a third result 77777777");
  EXPECT_EQ(lines.back().substr(0, 13), "verdict: none");
}

TEST(Explain, WhatDoesNotCheckIsNoCase_X1) {
  EvidenceBundle bundle = bundle_of({0x42, 0x42, 0x42});
  bundle.context.root = same<Bytes32>(0);
  const auto lines = explain(bundle);
  EXPECT_EQ(lines.back(), "verdict: none; this reveal opens no case");
  bundle = bundle_of({0x42, 0x42, 0x42});
  bundle.rounds[0].seats[2]->commitment = same<Bytes32>(1);
  EXPECT_EQ(explain(bundle)[7], "  node 12121212 did not open the trace that it committed to");
}

TEST(Explain, StorageAuditsAndSlashes_X1) {
  const ledger::StorageChallenge challenge{
      Epoch(4), 1, same<NodeId>(2), {same<SegmentId>(3), 5, 0}, 0};
  EXPECT_EQ(explain(challenge, std::nullopt, TreeRoot{}, 4).back(),
            "verdict: no answer came within the window");
  const Bytes shard = to_bytes("leaf");
  const ledger::StorageProof proof{{4, 0, {}}, shard};
  EXPECT_EQ(explain(challenge, proof, crypto::tree_root(shard), 4).back().substr(0, 30),
            "verdict: the leaf stands under");
  EXPECT_EQ(explain(challenge, proof, TreeRoot{}, 4).back().substr(0, 23),
            "verdict: what came is n");
  const Oort one{oort_base_units};
  const auto shares = ledger::slash({one, Oort{}}, ledger::Ppb(ledger::ppb_one), Oort{});
  EXPECT_EQ(explain(ledger::Offence::WrongResult, shares),
            (std::vector<std::string>{"wrong result cost 1 OORT of the self-bond and 0 delegated",
                                      "victim 0, finder 0.5, burnt 0.5"}));
}

}  // namespace
}  // namespace oort::honesty::test
