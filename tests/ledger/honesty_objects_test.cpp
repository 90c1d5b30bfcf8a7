// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/honesty_objects.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "honesty_kit.hpp"

namespace oort::ledger::test {
namespace {

template <class T>
void expect_frozen(const T& value, const std::string& golden) {
  const Bytes bytes = codec::to_bytes(value);
  EXPECT_EQ(std::to_string(bytes.size()) + " " + crypto::blake3(bytes).hex().substr(0, 16), golden);
  const auto decoded = codec::from_bytes<T>(bytes);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().to_string();
  EXPECT_EQ(*decoded, value);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(codec::from_bytes<T>(ByteView(bytes).first(size)).has_value()) << size;
  }
  Bytes other = bytes;
  other.front() = std::byte{99};
  EXPECT_FALSE(codec::from_bytes<T>(other).has_value());
}

PanelAnswer answer_of(std::uint8_t panelist, std::uint8_t result) {
  return {same<Bytes32>(0xfa),  same<NodeId>(panelist), same<Bytes32>(panelist), Bytes32{}, 4,
          same<Bytes32>(result)};
}

/// A panelist that computed all four states, where state i is `state` + i.
PanelReveal honest_reveal(std::uint8_t panelist, std::uint8_t result, std::uint8_t state,
                          const Bytes32& seed) {
  PanelReveal reveal;
  reveal.answer = answer_of(panelist, result);
  std::vector<Bytes32> leaves;
  for (std::uint8_t i = 0; i < 4; ++i) {
    const auto state_hash = same<Bytes32>(static_cast<std::uint8_t>(state + i));
    leaves.push_back(trace_leaf(reveal.answer, i, state_hash));
  }
  reveal.answer.trace_root = crypto::merkle_root(leaves);
  reveal.commitment = commitment_of(reveal.answer);
  const std::uint64_t step = drawn_step(seed, reveal.answer.fault, 4);
  reveal.opening = {same<Bytes32>(static_cast<std::uint8_t>(state + step)),
                    crypto::merkle_prove(leaves, step)};
  return reveal;
}

TEST(HonestyObjects, EncodingsAreFrozen_HO1) {
  const Bait bait = make_bait(0x43);
  expect_frozen(bait.reveal.leaf, "66 be266480edaeba2d");
  expect_frozen(bait.reveal.receipt, "281 dc10c34782607208");
  expect_frozen(bait.reveal, "808 16d2189cdcf8536f");
  expect_frozen(answer_of(3, 4), "169 6877744eba19ac7b");
  expect_frozen(TraceOpening{same<Bytes32>(1), {2, 4, {same<Bytes32>(3), same<Bytes32>(4)}}},
                "117 99bd7bbca10ecf2b");
  expect_frozen(StorageChallenge{Epoch(1), 2, same<NodeId>(3), {same<SegmentId>(4), 5, 6}, 7},
                "90 d9c289d4007d201e");
  expect_frozen(StorageProof{{9000, 1, {same<Bytes32>(1)}}, to_bytes("leaf")},
                "61 48157af54cc76589");
}

TEST(HonestyObjects, HashesAreFrozen_HO1) {
  const Bait bait = make_bait(0x43);
  EXPECT_EQ(leaf_hash(bait.reveal.salt, bait.reveal.leaf).short_hex(), "0b80c8ea");
  EXPECT_EQ(bait.reveal.leaf.answer_commitment.short_hex(), "a19b1152");
  EXPECT_EQ(bait.reveal.leaf.task_commitment.short_hex(), "c1e05d2d");
  EXPECT_EQ(sign_hash(bait.reveal.receipt).short_hex(), "232f536b");
  EXPECT_EQ(commitment_of(answer_of(3, 4)).short_hex(), "2ec8f5d0");
  EXPECT_EQ(trace_leaf(answer_of(3, 4), 5, same<Bytes32>(6)).short_hex(), "f20af7fd");
}

TEST(HonestyObjects, AnUnknownVerdictRuleIsRefused_HO1) {
  Bytes bytes = codec::to_bytes(BaitLeaf{});
  bytes.back() = std::byte{2};
  EXPECT_FALSE(codec::from_bytes<BaitLeaf>(bytes).has_value());
}

TEST(Reveal, ComparesTheResultWithTheAnswer_HO2) {
  const Bait right = make_bait(0x42);
  EXPECT_EQ(judge(right.reveal, right.context), RevealVerdict::Passed);
  const Bait wrong = make_bait(0x43);
  EXPECT_EQ(judge(wrong.reveal, wrong.context), RevealVerdict::Fault);
  Bait tolerant = make_bait(0x43);
  tolerant.reveal.leaf.rule = VerdictRule::Tolerance;
  plant_again(tolerant);
  EXPECT_EQ(judge(tolerant.reveal, tolerant.context), RevealVerdict::Missed);
}

TEST(Reveal, OfAnUndrawnOfficerIsRefused_HO2) {
  Bait bait = make_bait(0x43);
  bait.context.draw.total = ~Uint128{0};
  EXPECT_EQ(judge(bait.reveal, bait.context), RevealVerdict::NotDrawn);
  bait = make_bait(0x43);
  bait.reveal.officer = bait.executor.node_id();
  EXPECT_EQ(judge(bait.reveal, bait.context), RevealVerdict::NotDrawn);
}

TEST(Reveal, OfWhatWasNotCommittedIsRefused_HO2) {
  Bait bait = make_bait(0x43);
  bait.reveal.answer = same<Bytes32>(0x44);
  EXPECT_EQ(judge(bait.reveal, bait.context), RevealVerdict::AnswerNotCommitted);
  bait.reveal.leaf.answer_commitment = answer_commitment(bait.reveal.salt, bait.reveal.answer);
  EXPECT_EQ(judge(bait.reveal, bait.context), RevealVerdict::NotInTree);
  bait = make_bait(0x43);
  bait.context.root = same<Bytes32>(1);
  EXPECT_EQ(judge(bait.reveal, bait.context), RevealVerdict::NotInTree);
}

TEST(Reveal, OfATreeOfAnotherSizeIsRefused_HO2) {
  Bait bait = make_bait(0x43);
  const std::vector<Bytes32> leaves{leaf_hash(bait.reveal.salt, bait.reveal.leaf)};
  bait.context.root = crypto::merkle_root(leaves);
  bait.reveal.path = crypto::merkle_prove(leaves, 0);
  EXPECT_EQ(judge(bait.reveal, bait.context), RevealVerdict::NotInTree);
}

TEST(Reveal, NeedsTheExecutorsSignatureForThatTaskAndEpoch_HO2) {
  Bait bait = make_bait(0x43);
  bait.reveal.receipt.result_hash = same<Bytes32>(0x99);
  EXPECT_EQ(judge(bait.reveal, bait.context), RevealVerdict::ReceiptNotSigned);
  bait = make_bait(0x43);
  bait.reveal.receipt.task_commitment = same<Bytes32>(1);
  sign_again(bait);
  EXPECT_EQ(judge(bait.reveal, bait.context), RevealVerdict::AnotherTask);
  bait = make_bait(0x43);
  bait.reveal.receipt.epoch = Epoch(6);
  sign_again(bait);
  EXPECT_EQ(judge(bait.reveal, bait.context), RevealVerdict::AnotherEpoch);
  bait = make_bait(0x43);
  bait.reveal.receipt.chain = same<ChainId>(9);
  sign_again(bait);
  EXPECT_EQ(judge(bait.reveal, bait.context), RevealVerdict::AnotherEpoch);
  bait = make_bait(0x42);
  bait.context.executor_owner = bait.context.officer_owner;
  EXPECT_EQ(judge(bait.reveal, bait.context), RevealVerdict::OwnExecutor);
}

TEST(Panel, OnlyUnanimityDecides_HO3) {
  const auto claimed = same<Bytes32>(1);
  const auto expected = same<Bytes32>(2);
  const auto judged = [&](std::vector<PanelVote> votes) {
    return judge_panel(votes, claimed, expected);
  };
  EXPECT_EQ(judged({expected, expected, expected}), PanelVerdict::Convicted);
  EXPECT_EQ(judged({claimed, claimed, claimed}), PanelVerdict::Acquitted);
  EXPECT_EQ(judged({expected, expected, claimed}), PanelVerdict::Split);
  EXPECT_EQ(judged({expected, expected, std::nullopt}), PanelVerdict::Split);
  EXPECT_EQ(judged({same<Bytes32>(3), same<Bytes32>(3)}), PanelVerdict::Split);
  EXPECT_EQ(judged({}), PanelVerdict::Split);
  EXPECT_EQ(panel_size(0), 3U);
  EXPECT_EQ(panel_size(1), 7U);
  EXPECT_EQ(panel_size(2), 21U);
}

TEST(Panel, WhoCannotOpenItsTraceHasNoVote_HO3) {
  const auto seed = same<Bytes32>(0xbe);
  const auto fault = same<Bytes32>(0xfa);
  std::vector<std::optional<PanelReveal>> reveals{honest_reveal(1, 9, 0x20, seed),
                                                  honest_reveal(2, 9, 0x20, seed),
                                                  honest_reveal(3, 9, 0x20, seed)};
  const PanelVote nine = same<Bytes32>(9);
  EXPECT_EQ(panel_votes(fault, seed, reveals), (std::vector{nine, nine, nine}));

  // Copies a colleague's trace: its leaves are salted with another nonce and name.
  auto copied = reveals;
  copied[1]->answer.trace_root = copied[0]->answer.trace_root;
  copied[1]->commitment = commitment_of(copied[1]->answer);
  copied[1]->opening = copied[0]->opening;
  EXPECT_EQ(panel_votes(fault, seed, copied), (std::vector{nine, PanelVote{}, nine}));

  // Made up states: they open, and are not what the others have.
  auto invented = reveals;
  invented[2] = honest_reveal(3, 9, 0x60, seed);
  EXPECT_EQ(panel_votes(fault, seed, invented), (std::vector{nine, nine, PanelVote{}}));

  // Another answer than was committed to, an answer to another fault, silence.
  auto others = reveals;
  others[0]->commitment = same<Bytes32>(1);
  others[1]->answer.fault = same<Bytes32>(1);
  others[1]->commitment = commitment_of(others[1]->answer);
  others[2].reset();
  EXPECT_EQ(panel_votes(fault, seed, others), (std::vector<PanelVote>(3)));
}

TEST(Slash, NeverExceedsThePoolAndPaysFromTheSelfBondAlone_HO4) {
  for (const std::uint64_t rate :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{333'333'333}, ppb_one}) {
    for (const std::uint64_t self : {0U, 1U, 7U, 1'000'003U}) {
      for (const std::uint64_t loss : {0U, 3U, 2'000'000U}) {
        const StakePool pool{Oort(self), Oort(999)};
        const SlashShares shares = slash(pool, Ppb(rate), Oort(loss));
        EXPECT_LE(shares.self_taken, pool.self);
        EXPECT_LE(shares.delegated_taken, pool.delegated);
        const Uint128 paid = shares.finder.units() + shares.victim.units();
        EXPECT_TRUE(paid <= shares.self_taken.units() / 2);
        EXPECT_LE(shares.victim, Oort(loss));
        EXPECT_TRUE(paid + shares.burnt.units() ==
                    shares.self_taken.units() + shares.delegated_taken.units());
      }
    }
  }
  EXPECT_EQ(slash({Oort(100), Oort(10)}, Ppb(ppb_one), Oort(20)),
            (SlashShares{Oort(100), Oort(10), Oort(30), Oort(20), Oort(60)}));
}

TEST(Slash, IsGradedByKind) {
  EXPECT_GT(slash_rate(Offence::WrongResult), slash_rate(Offence::MissedAudit));
  EXPECT_GT(slash_rate(Offence::MissedAudit), slash_rate(Offence::Unavailable));
  for (std::size_t i = 0; i < offences_count; ++i) {
    EXPECT_GT(slash_rate(static_cast<Offence>(i)).value(), 0U);
    EXPECT_NE(to_string(static_cast<Offence>(i)), "unknown");
  }
}

TEST(StorageAudit, ShowsThatLeafOfThatShardAlone_HO5) {
  Bytes shard(10'000);
  for (std::size_t i = 0; i < shard.size(); ++i) shard[i] = static_cast<std::byte>(i * 7);
  crypto::TreeBuilder tree;
  tree.update(shard);
  const auto leaves = tree.leaves();
  const auto proof_of = [&](std::uint64_t leaf) {
    const ByteView bytes = ByteView(shard).subspan(leaf * crypto::tree_leaf_bytes);
    const std::size_t size = std::min(bytes.size(), crypto::tree_leaf_bytes);
    return StorageProof{crypto::tree_prove(leaves, shard.size(), leaf),
                        to_bytes(bytes.first(size))};
  };
  StorageChallenge challenge;
  for (challenge.leaf = 0; challenge.leaf < 3; ++challenge.leaf) {
    EXPECT_TRUE(proves(proof_of(challenge.leaf), challenge, tree.root(), shard.size()));
  }
  challenge.leaf = 1;
  EXPECT_FALSE(proves(proof_of(2), challenge, tree.root(), shard.size()));
  EXPECT_FALSE(proves(proof_of(1), challenge, tree.root(), shard.size() + 1));
  EXPECT_FALSE(proves(proof_of(1), challenge, same<TreeRoot>(1), shard.size()));
  StorageProof spoiled = proof_of(1);
  spoiled.leaf[77] ^= std::byte{1};
  EXPECT_FALSE(proves(spoiled, challenge, tree.root(), shard.size()));
}

}  // namespace
}  // namespace oort::ledger::test
