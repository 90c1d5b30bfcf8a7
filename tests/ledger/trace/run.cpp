// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "memory_kv.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/ledger/machine.hpp"
#include "oort/ledger/state_tree.hpp"
#include "trace/trace.hpp"

namespace oort::ledger::trace {
namespace {

constexpr std::uint64_t operations_per_block = 24;

class TrustingVerifier final : public SignatureVerifier {
 public:
  [[nodiscard]] bool verify(const PublicKey&, ByteView, const Signature&) const noexcept override {
    return true;
  }
};

/// The first 32 bytes are the offender, the next one the fault.
class TrustingJudge final : public EvidenceVerifier {
 public:
  [[nodiscard]] std::optional<Verdict> judge(ByteView proof,
                                             const StateReader&) const noexcept override {
    if (proof.size() != NodeId::size_bytes + 1) return std::nullopt;
    const auto offender = NodeId::from(proof.first(NodeId::size_bytes));
    return Verdict{Bytes32(crypto::blake3(proof).array()), 7, *offender, oort::View(1), Epoch()};
  }
};

/// A ledger in memory with its trees.
class Ledger {
 public:
  explicit Ledger(const GenesisParams& genesis)
      : chain_(chain_id_of(genesis)), machine_(chain_, signatures_, &judge_) {
    const auto checked = check_genesis(genesis);
    OORT_ASSERT(checked.has_value(), "the trace's genesis begins a network");
    auto trees = StateTrees::open(store_, {});
    OORT_ASSERT(trees.has_value(), "a store in memory does not fail");
    trees_ = std::move(*trees);
    version_ = trees_->final_version();
    const auto writes = genesis_writes(genesis);
    state_.apply(writes);
    move_trees(writes);
  }

  [[nodiscard]] const ChainId& chain() const { return chain_; }
  [[nodiscard]] View view() const { return View(state_); }
  [[nodiscard]] Height next_height() const { return height_.next(); }

  ExecutionResult execute(const BlockContext& context,
                          const std::vector<Transaction>& transactions) {
    for (const Transaction& transaction : transactions) {
      OORT_ASSERT(check_static(chain_, transaction).has_value(), "an author knows the form");
    }
    ExecutionResult result = machine_.execute(context, transactions, state_);
    height_ = context.height;
    state_.apply(result.writes);
    state_.apply(result.body_writes);
    move_trees(result.writes);
    return result;
  }
  [[nodiscard]] Bytes32 root() const { return version_->root(); }

 private:
  void move_trees(const std::vector<StateWrite>& writes) {
    auto next = trees_->update(*version_, height_, writes);
    OORT_ASSERT(next.has_value(), "a store in memory does not fail");
    env::KvBatch batch;
    const auto finalized = trees_->finalize(*next, batch);
    OORT_ASSERT(finalized.has_value(), "a store in memory does not fail");
    const auto written = store_.write(batch, env::Sync::No);
    OORT_ASSERT(written.has_value(), "a store in memory does not fail");
    trees_->finalized(*next);
    version_ = *std::move(next);
  }

  TrustingVerifier signatures_;
  TrustingJudge judge_;
  ChainId chain_;
  Machine machine_;
  MemoryState state_;
  test::MemoryKv store_;
  std::unique_ptr<StateTrees> trees_;
  std::optional<StateVersion> version_;
  Height height_;
};

/// One transaction for each sender, of what was drawn for it, in the order of the draws.
std::vector<Transaction> transactions_of(const Ledger& ledger, const std::vector<Draw>& draws,
                                         Dice& dice) {
  std::map<std::uint8_t, std::vector<SubmittedOperation>> by_sender;
  for (const Draw& draw : draws) by_sender[draw.sender].push_back(draw.submitted);
  std::vector<Transaction> transactions;
  for (auto& [sender, operations] : by_sender) {
    const crypto::KeyPair keys = keys_of(sender);
    Transaction transaction;
    transaction.chain = ledger.chain();
    transaction.lane = static_cast<std::uint32_t>(dice.pick(2));
    transaction.sequence =
        next_sequence_of(ledger.view().account(account_of(sender)), transaction.lane);
    transaction.valid_until = Height(ledger.next_height().value() + 10);
    transaction.fee_max = Oort(oort_base_units);
    transaction.flags = dice.is_one_in(10) ? 1 : 0;
    for (SubmittedOperation& operation : operations) {
      add_operation(transaction, std::move(operation));
    }
    sign(transaction, keys);
    transactions.push_back(std::move(transaction));
  }
  return transactions;
}

void count(const std::vector<Transaction>& transactions, const ExecutionResult& result,
           std::map<std::string, Counts>& operations) {
  for (std::size_t i = 0; i < transactions.size(); ++i) {
    const auto& receipts = result.receipts[i].operations;
    for (std::size_t j = 0; j < receipts.size(); ++j) {
      const auto operation = decode_operation(transactions[i].operations[j]);
      Counts& counts = operations[std::string(name_of(*operation))];
      ++(receipts[j].rejection == Rejection::None ? counts.accepted : counts.refused);
    }
  }
}

}  // namespace

Bytes32 Trace::digest() const {
  Bytes all;
  for (std::size_t i = 0; i < state_roots.size(); ++i) {
    for (const Bytes32* root : {&state_roots[i], &result_roots[i]}) {
      const ByteView bytes = root->view();
      all.insert(all.end(), bytes.begin(), bytes.end());
    }
  }
  return Bytes32(crypto::blake3(all).array());
}

Trace run(std::uint64_t seed, std::uint64_t blocks) {
  const GenesisParams begin = genesis();
  Ledger ledger(begin);
  Dice dice(seed);
  Author author(ledger.chain(), dice);
  Trace trace;
  BlockContext context;
  context.time_ms = begin.time_ms;
  for (std::uint64_t i = 0; i < blocks; ++i) {
    context.height = ledger.next_height();
    context.time_ms += dice.pick(2'500);
    context.view = oort::View(i + 1);
    context.proposer = node_of(dice.between(1, 4));
    context.beacon = dice.bytes32();
    std::vector<Draw> draws;
    for (std::uint64_t j = 0; j < operations_per_block; ++j) {
      draws.push_back(author.next(ledger.view(), context.height, context.time_ms));
    }
    const auto transactions = transactions_of(ledger, draws, dice);
    const ExecutionResult result = ledger.execute(context, transactions);
    count(transactions, result, trace.operations);
    trace.state_roots.push_back(ledger.root());
    trace.result_roots.push_back(result.result_root);
  }
  return trace;
}

}  // namespace oort::ledger::trace
