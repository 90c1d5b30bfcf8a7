// SPDX-License-Identifier: Apache-2.0
// Blocks executed one by one upon a store in memory, each step as its driver takes it.
#include "execution.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "kit.hpp"
#include "memory_kv.hpp"

namespace oort::chain::test {
namespace {

/// A ledger whose blocks the test makes; validator 0 proposes them all.
struct Ledger {
  explicit Ledger(ledger::GenesisParams begin = make_genesis(4, 4)) : genesis(std::move(begin)) {
    net.genesis = genesis;
    Execution::Settings settings;
    settings.trees.prefix = records::trees_prefix();
    settings.on_failure = [](const Error& error) { FAIL() << error.to_string(); };
    execution = Execution::open(genesis, root, std::move(settings), around).value();
  }

  /// A block on `parent` that says of it what it must.
  consensus::BlockRef block_on(const BlockId& parent, const std::vector<TransactionRef>& bodies,
                               std::uint64_t view) {
    const ParentFacts facts = execution->facts(parent).value();
    auto block = std::make_shared<consensus::Block>();
    consensus::Header& header = block->header;
    header.chain = root.chain;
    header.view = View(view);
    header.height = facts.height.next();
    header.parent = parent;
    header.time_ms = root.time_ms + view;
    header.app.parent_state_root = facts.state_root;
    header.app.parent_result_root = facts.result_root;
    header.app.payload_root = payload_root_of(bodies);
    header.app.payload_count = static_cast<std::uint32_t>(bodies.size());
    const PublicKey& proposer = root.validators[header.proposer].key;
    header.app.vrf_proof =
        cheap_vrf(proposer)->prove(execution->alpha(header.height, *facts.state));
    auto message = std::make_shared<const Bytes>(encode_body(bodies));
    header.app.payload_bytes = static_cast<std::uint32_t>(message->size());
    block->payload = *message;
    block->message = std::move(message);
    block->id = consensus::id_of(header);
    return block;
  }
  void execute(const consensus::BlockRef& block) {
    auto judged = execution->judge(block, pool);
    ASSERT_EQ(judged.verdict, Execution::Verdict::Valid) << judged.why;
    ASSERT_TRUE(
        execution->execute(block, std::move(judged.block.transactions), *judged.block.beacon));
  }
  /// The first half of a commit, on the disk's thread; `committed` is the other.
  void write(const consensus::BlockRef& block) {
    const auto batch = execution->commit_batch(*execution->find(block->id), {});
    ASSERT_TRUE(batch);
    ASSERT_TRUE(store.write(*batch, env::Sync::Yes));
  }
  /// A whole block with these transactions on the tip.
  void commit(const std::vector<TransactionRef>& bodies) {
    const auto block = block_on(execution->tip().block, bodies, ++views);
    execute(block);
    write(block);
    static_cast<void>(execution->committed(block->id));
  }
  TransactionRef transaction(std::uint64_t sequence) {
    net.sequences[0] = sequence;
    return check_transaction(root.chain, cheap_signatures(), net.transfer(0, 1, 5)).value();
  }
  records::Place place_of(const TransactionRef& transaction) {
    return records::read<records::Place>(store, records::transaction_place_key(transaction->id))
        .value()
        .value();
  }
  Execution::Verdict verdict_of(const consensus::BlockRef& block) {
    return execution->judge(block, pool).verdict;
  }

  /// For what stands around an execution; no machine of it is started.
  ChainWorld net{1};
  ledger::GenesisParams genesis;
  TrustRoot root = TrustRoot::of(genesis).value();
  oort::test::MemoryKv store;
  sim::Node node{net.world, 9, node_id_of(9)};
  std::unique_ptr<env::BlobStore> logs = node.disk().open_blobs("consensus");
  std::unique_ptr<env::Transport> transport = net.network.attach(*net.nodes[0]);
  std::unique_ptr<Vrf> vrf = cheap_vrf(key_of(1));
  Surroundings around{node.clock(),
                      node.strand(),
                      node.timers(),
                      node.pool(),
                      node.strand(),
                      node.strand(),
                      node.random(),
                      store,
                      *logs,
                      *transport,
                      nullptr,
                      *vrf,
                      cheap_votes(),
                      cheap_signatures(),
                      {}};
  Mempool pool{{}};
  std::unique_ptr<Execution> execution;
  std::uint64_t views = 0;
};

TEST(Execution, TheTipIsAsItWasUntilTheChainHearsOfTheNext_B8) {
  Ledger ledger;
  ledger.commit({});
  const BlockId tip = ledger.execution->tip().block;
  const auto next = ledger.block_on(tip, {ledger.transaction(0)}, 2);
  const auto other = ledger.block_on(tip, {}, 3);
  ledger.execute(next);
  const Bytes alpha = ledger.execution->alpha(Height(2), ledger.execution->tip_state());
  ledger.write(next);
  // The store is one block ahead of what the chain knows.
  EXPECT_EQ(ledger.verdict_of(next), Execution::Verdict::Valid);
  EXPECT_EQ(ledger.verdict_of(other), Execution::Verdict::Valid);
  EXPECT_EQ(ledger.execution->alpha(Height(2), ledger.execution->tip_state()), alpha);
  static_cast<void>(ledger.execution->committed(next->id));
  EXPECT_NE(ledger.execution->alpha(Height(2), ledger.execution->tip_state()), alpha);
  EXPECT_EQ(ledger.verdict_of(ledger.block_on(next->id, {}, 4)), Execution::Verdict::Valid);
}

TEST(Execution, NothingIsSaidOfABlockWhoseParentIsNotHere_B8) {
  Ledger ledger;
  const BlockId genesis = ledger.execution->tip().block;
  const auto winner = ledger.block_on(genesis, {}, 1);
  const auto loser = ledger.block_on(genesis, {}, 2);
  ledger.execute(winner);
  ledger.execute(loser);
  const auto on_winner = ledger.block_on(winner->id, {}, 3);
  const auto on_loser = ledger.block_on(loser->id, {}, 4);
  EXPECT_EQ(ledger.verdict_of(on_loser), Execution::Verdict::Valid);
  ledger.write(winner);
  EXPECT_EQ(ledger.execution->committed(winner->id)->dropped.size(), 1U);
  // The parent was dropped.
  EXPECT_EQ(ledger.verdict_of(on_loser), Execution::Verdict::Open);
  // The parent is below the tip.
  ledger.execute(on_winner);
  ledger.write(on_winner);
  static_cast<void>(ledger.execution->committed(on_winner->id));
  EXPECT_EQ(ledger.verdict_of(winner), Execution::Verdict::Open);
  EXPECT_EQ(ledger.verdict_of(on_winner), Execution::Verdict::Open);
  // The parent was never heard of.
  auto orphan = std::make_shared<consensus::Block>(*on_winner);
  orphan->header.parent = BlockId();
  EXPECT_EQ(ledger.verdict_of(orphan), Execution::Verdict::Open);
}

TEST(Execution, AWrongHeaderIsInvalidAndAnothersPayloadSaysNothing_B8) {
  Ledger ledger;
  const auto good = ledger.block_on(ledger.execution->tip().block, {ledger.transaction(0)}, 1);
  EXPECT_EQ(ledger.verdict_of(good), Execution::Verdict::Valid);
  const auto changed = [&good](auto change) {
    auto block = std::make_shared<consensus::Block>(*good);
    change(*block);
    return block;
  };
  const auto is_invalid = [&](auto change) {
    return ledger.verdict_of(changed(change)) == Execution::Verdict::Invalid;
  };
  EXPECT_TRUE(is_invalid([](auto& block) { block.header.height = Height(2); }));
  EXPECT_TRUE(is_invalid([](auto& block) { block.header.app.parent_state_root = {}; }));
  EXPECT_TRUE(is_invalid(
      [](auto& block) { block.header.app.parent_result_root = block.header.app.payload_root; }));
  EXPECT_TRUE(is_invalid([](auto& block) { block.header.app.vrf_proof = {}; }));
  EXPECT_TRUE(is_invalid(
      [](auto& block) { block.header.app.evidence_root = block.header.app.payload_root; }));
  const auto foreign = changed([](auto& block) { block.payload = {}; });
  EXPECT_EQ(ledger.verdict_of(foreign), Execution::Verdict::Open);
}

TEST(Execution, AHeaderThatNamesOthersIsInvalid_E1) {
  Ledger ledger(make_staking_genesis(4, 4, 1000));
  ledger.commit({});
  const auto naming = [&ledger](const std::vector<TransactionRef>& bodies, const Bytes32& hash) {
    auto block = std::make_shared<consensus::Block>(
        *ledger.block_on(ledger.execution->tip().block, bodies, ledger.views + 1));
    block->header.app.next_validators_hash = hash;
    block->header.flags = hash.is_zero() ? 0 : consensus::flag_last_of_epoch;
    block->id = consensus::id_of(block->header);
    return ledger.verdict_of(block);
  };
  const auto body = ledger.transaction(0);
  const auto next = [&ledger] {
    return ledger.execution->next_validators(ledger.execution->tip_state());
  };
  // The ledger names nobody yet, so no block ends the epoch, whatever it names.
  EXPECT_FALSE(next().has_value());
  EXPECT_EQ(naming({body}, {}), Execution::Verdict::Valid);
  EXPECT_EQ(naming({body}, ledger.root.validators.hash()), Execution::Verdict::Invalid);
  // The clock passes a full epoch: the block after names the next validators.
  ledger.views = 1000;
  ledger.commit({});
  ASSERT_TRUE(next().has_value());
  EXPECT_EQ(next()->epoch(), Epoch(1));
  EXPECT_EQ(naming({body}, next()->hash()), Execution::Verdict::Valid);
  EXPECT_EQ(naming({}, next()->hash()), Execution::Verdict::Valid);
  EXPECT_EQ(naming({body}, ledger.root.validators.hash()), Execution::Verdict::Invalid);
  EXPECT_EQ(naming({body}, {}), Execution::Verdict::Invalid);
  EXPECT_EQ(naming({}, {}), Execution::Verdict::Valid) << "an empty one may wait for finality";
}

TEST(Execution, ATransactionStandsWhereItTookEffect) {
  Ledger ledger;
  const auto zero = ledger.transaction(0);
  const auto one = ledger.transaction(1);
  const auto two = ledger.transaction(2);
  const auto never = ledger.transaction(7);
  // Twice in one block: the second one comes too late.
  ledger.commit({zero, zero});
  EXPECT_EQ(ledger.place_of(zero), (records::Place{Height(1), 0}));
  // Refused first and effective later in the same block; refused only.
  ledger.commit({two, never, one, two});
  EXPECT_EQ(ledger.place_of(one), (records::Place{Height(2), 2}));
  EXPECT_EQ(ledger.place_of(two), (records::Place{Height(2), 3}));
  EXPECT_EQ(ledger.place_of(never), (records::Place{Height(2), 1}));
  // Brought again after its effect, and refused again: the first place stays.
  ledger.commit({never, one, zero});
  EXPECT_EQ(ledger.place_of(zero), (records::Place{Height(1), 0}));
  EXPECT_EQ(ledger.place_of(one), (records::Place{Height(2), 2}));
  EXPECT_EQ(ledger.place_of(never), (records::Place{Height(2), 1}));
  // Refused before, effective now.
  ledger.commit({ledger.transaction(3), ledger.transaction(4), ledger.transaction(5),
                 ledger.transaction(6), never});
  EXPECT_EQ(ledger.place_of(never), (records::Place{Height(4), 4}));
}

}  // namespace
}  // namespace oort::chain::test
