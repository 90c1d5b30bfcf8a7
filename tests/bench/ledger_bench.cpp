// SPDX-License-Identifier: Apache-2.0
// How fast one thread executes blocks on a state in memory, without signature checks: transfers one
// to a transaction and 256 to a transaction, and object commits as a gateway batches them (a group
// commit, then small objects with their grant). Processor time, so that neighbours do not count.
// Prints one JSON object.
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/machine.hpp"
#include "oort/ledger/view.hpp"

namespace oort::ledger {
namespace {

constexpr crypto::Context bench_context("oort.v1 bench");
constexpr std::uint32_t accounts_count = 100'000;

class TrustingVerifier final : public SignatureVerifier {
 public:
  [[nodiscard]] bool verify(const PublicKey&, ByteView, const Signature&) const noexcept override {
    return true;
  }
};

AccountId account(std::uint32_t number) {
  const Bytes32 hash = crypto::hash(bench_context, as_bytes(std::to_string(number)));
  return *AccountId::from(hash.view().first(20));
}
NodeId node_id(std::uint8_t number) {
  return NodeId(crypto::hash(bench_context, as_bytes("node" + std::to_string(number))).array());
}

GenesisParams genesis() {
  GenesisParams genesis;
  genesis.chain_name = "bench";
  genesis.params.fee_operation = Oort(1);
  genesis.params.classes = {{StorageClass::Standard, 3, 2, 4, 2, 1}};
  genesis.params.distinct_networks = false;
  genesis.params.distinct_systems = false;
  for (std::uint32_t i = 0; i < accounts_count; ++i) {
    genesis.accounts.push_back({account(i), Oort(1'000'000'000)});
  }
  for (std::uint8_t i = 0; i < 4; ++i) {
    Node node;
    node.id = node_id(i);
    node.owner = account(i);
    node.roles = 1;
    genesis.nodes.push_back(node);
  }
  genesis.grants = {
      {GrantId(1), account(1), account(0), {}, granted_operations_all, 0, 0, Oort(), Oort(), 0}};
  return genesis;
}

class Bench {
 public:
  Bench() { state_.apply(genesis_writes(genesis())); }

  /// Seconds of processor time that executing (not storing) one block took.
  double block(const std::vector<Transaction>& transactions) {
    height_ = height_.next();
    const BlockContext context{height_, 1, Epoch(), NodeId(), Bytes32(), oort::View()};
    const std::clock_t start = std::clock();
    const auto result = machine_.execute(context, transactions, state_);
    const std::clock_t took = std::clock() - start;
    for (const Receipt& receipt : result.receipts) {
      OORT_ASSERT(receipt.rejection == Rejection::None, "the bench does what is allowed");
      for (const auto& operation : receipt.operations) {
        OORT_ASSERT(operation.rejection == Rejection::None, "the bench does what is allowed");
      }
    }
    state_.apply(result.writes);
    state_.apply(result.body_writes);
    return static_cast<double>(took) / CLOCKS_PER_SEC;
  }
  Transaction transaction(std::uint32_t sender) const {
    Transaction transaction;
    transaction.sender = account(sender);
    transaction.sequence = next_sequence_of(View(state_).account(transaction.sender), 0);
    transaction.valid_until = Height(height_.value() + 10);
    transaction.fee_max = Oort(oort_base_units);
    return transaction;
  }

  std::uint32_t next() { return random_ = random_ * 1'664'525U + 1'013'904'223U; }
  std::uint32_t pick() { return (next() >> 8) % accounts_count; }

 private:
  TrustingVerifier signatures_;
  Machine machine_{ChainId(), signatures_};
  MemoryState state_;
  Height height_;
  std::uint32_t random_ = 1;
};

double transfers_per_second(Bench& bench, std::uint32_t per_transaction) {
  constexpr std::uint32_t blocks = 20;
  constexpr std::uint32_t per_block = 2'048;
  double seconds = 0;
  for (std::uint32_t b = 0; b < blocks; ++b) {
    std::vector<Transaction> transactions;
    for (std::uint32_t i = 0; i < per_block / per_transaction; ++i) {
      // A stride that is no divisor gives every transaction of a block another sender.
      Transaction transaction = bench.transaction((b * 7'919 + i * 37) % accounts_count);
      for (std::uint32_t k = 0; k < per_transaction; ++k) {
        add_operation(transaction, Transfer{account(bench.pick()), Oort(1)});
      }
      transactions.push_back(std::move(transaction));
    }
    seconds += bench.block(transactions);
  }
  return blocks * per_block / seconds;
}

ShardReceipt receipt(const SegmentId& segment, std::uint8_t index, std::uint64_t length) {
  ShardReceipt receipt;
  receipt.segment = segment;
  receipt.index = index;
  receipt.length = length;
  receipt.generation = 1;
  receipt.hold_until = Height(1'000'000);
  receipt.node = node_id(index);
  return receipt;
}

double commits_per_second(Bench& bench) {
  constexpr std::uint32_t blocks = 40;
  constexpr std::uint32_t transactions_per_block = 4;
  constexpr std::uint32_t objects = 255;
  const SegmentId segment = segment_id_of(account(0), 1);
  Transaction first = bench.transaction(1);
  add_operation(first, BucketCreate{account(1), "bench", {}, {}, {}});
  Transaction open = bench.transaction(0);
  add_operation(open, SegmentOpen{1, {}, {node_id(0), node_id(1), node_id(2)}});
  bench.block({first, open});

  const Bytes body(400, std::byte{7});
  std::uint64_t length = 0;
  double seconds = 0;
  for (std::uint32_t b = 0; b < blocks; ++b) {
    std::vector<Transaction> transactions;
    for (std::uint32_t t = 0; t < transactions_per_block; ++t) {
      Transaction transaction = bench.transaction(0);
      transaction.sequence += t;
      const std::uint64_t begin = length;
      length += objects * 128;
      SegmentAppend append{segment, 1, length, {}, {}};
      for (std::uint8_t i = 0; i < 3; ++i) append.receipts.push_back(receipt(segment, i, length));
      add_operation(transaction, append);
      for (std::uint32_t i = 0; i < objects; ++i) {
        ObjectCommit commit;
        commit.bucket = BucketId(1);
        commit.name_hash =
            NameHash(crypto::hash(bench_context, as_bytes(std::to_string(bench.next()))).array());
        commit.size = 100;
        commit.body_digest = body_digest_of(ByteView(body));
        commit.extents = {{{segment, i}, begin + i * 128, 128, {}}};
        commit.authority.grant = GrantId(1);
        add_operation(transaction, commit, body);
      }
      transactions.push_back(std::move(transaction));
    }
    seconds += bench.block(transactions);
  }
  return blocks * transactions_per_block * objects / seconds;
}

}  // namespace

void run() {
  Bench bench;
  const double single = transfers_per_second(bench, 1);
  const double batched = transfers_per_second(bench, 256);
  const double commits = commits_per_second(bench);
  std::printf(
      "{\"name\": \"ledger\", \"metrics\": {\"single_transfers_per_second\": %.0f, "
      "\"batched_transfers_per_second\": %.0f, \"object_commits_per_second\": %.0f}, "
      "\"ceilings\": {}}\n",
      single, batched, commits);
}

}  // namespace oort::ledger

int main() {
  oort::ledger::run();
  return 0;
}
