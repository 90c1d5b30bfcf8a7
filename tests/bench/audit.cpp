// SPDX-License-Identifier: Apache-2.0
// What Proof of Honesty costs a node in a day: each piece is done with real keys and measured in
// processor time, its operation encoded and counted, and both are multiplied out for a network of
// 10,000 nodes under the defaults of `HonestyParams`, one block a second and an audit of a leaf in
// every tenth block. The work that a bait asks for is paid like any other and not counted.
// Prints one JSON object.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "kit.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/honesty/agent.hpp"
#include "oort/ledger/honesty_operations.hpp"
#include "oort/ledger/honesty_records.hpp"
#include "oort/ledger/transaction.hpp"

namespace oort::honesty::test {
namespace {

constexpr double nodes_count = 10'000;
constexpr double blocks_a_day = 86'400;
constexpr double blocks_an_audit = 10;
constexpr std::uint64_t round_ms = 18'000'000;
constexpr std::uint64_t shard_bytes = std::uint64_t{32} << 20;

double microseconds_since(std::clock_t start) {
  return 1e6 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

/// Bytes of a transaction with this operation alone.
template <class Operation>
double bytes_of(const Operation& operation) {
  ledger::Transaction transaction;
  ledger::add_operation(transaction, operation);
  return static_cast<double>(codec::to_bytes(transaction).size());
}

struct Costs {
  double root_us = 0, root_bytes = 0;      // Of a round, by each node.
  double bait_us = 0;                      // Of one bait, for its officer.
  double receipt_us = 0;                   // For the executor.
  double reveal_us = 0, reveal_bytes = 0;  // For each validator.
  double answer_us = 0, answer_bytes = 0;  // Of an audit, for the node.
  double check_us = 0;                     // For each validator.
};

ledger::OfficerDraw draw_of(std::uint64_t epoch, bool is_sure) {
  return {same<ChainId>(1), Epoch(epoch), same<Bytes32>(2), is_sure ? 1U : 0U, 1, 1};
}

template <class Wanted>
std::vector<Wanted> only(const std::vector<Action>& actions) {
  std::vector<Wanted> found;
  for (const Action& action : actions) {
    if (const auto* one = std::get_if<Wanted>(&action)) found.push_back(*one);
  }
  return found;
}

void measure_root(Costs& costs) {
  SeededRandom random(1);
  Agent agent(key(1), {}, {}, random);
  constexpr std::uint64_t rounds = 20;
  const std::clock_t start = std::clock();
  for (std::uint64_t round = 1; round <= rounds; ++round) {
    const auto actions = agent.step(event::EpochStarted{draw_of(round, false), round_ms});
    OORT_ASSERT(only<action::PostRoot>(actions).size() == 1, "each node posts a root");
  }
  costs.root_us = microseconds_since(start) / rounds;
  costs.root_bytes = bytes_of(ledger::RoundPost{});
}

/// A receipt for what the officer sent; adds the time of the executor.
ledger::WorkReceipt answered(const TaskEnvelope& task, std::uint64_t epoch, Costs& costs) {
  const std::clock_t start = std::clock();
  ledger::WorkReceipt receipt;
  receipt.chain = same<ChainId>(1);
  receipt.epoch = Epoch(epoch);
  receipt.task_commitment = ledger::task_commitment(codec::to_bytes(task));
  receipt.result_hash = HashSource::answer_of(task.input_root);
  receipt.executor = key(2).node_id();
  receipt.signature = key(2).sign(sign_hash(receipt).view());
  costs.receipt_us += microseconds_since(start);
  return receipt;
}

/// An officer's round from its baits to what the ledger makes of them.
void measure_baits(Costs& costs) {
  SeededRandom random(2);
  HashSource source{Workload(3)};
  Agent agent(key(1), AgentRules{BaitCount{}, 4096, 1024}, {&source}, random);
  for (std::uint64_t i = 1; i <= 1024; ++i) {
    static_cast<void>(agent.step(event::TaskPassed{
        {Workload(3), same<NodeId>(0xb1), Credits(1000 * i), 100'000 * i, 60'000, i}}));
  }
  double baits = 0;
  std::uint64_t epoch = 1;
  auto started = std::clock();
  auto actions = agent.step(event::EpochStarted{draw_of(epoch, true), round_ms});
  while (baits < 200) {
    const Bytes32 root = only<action::PostRoot>(actions).at(0).root;
    for (const auto& alarm : only<action::SetAlarm>(actions)) {
      const auto sent = only<action::SendTask>(agent.step(event::Alarm{alarm.epoch, alarm.bait}));
      costs.bait_us += microseconds_since(started);
      const auto receipt = answered(sent.at(0).envelope, epoch, costs);
      started = std::clock();
      static_cast<void>(agent.step(event::ReceiptCame{receipt}));
    }
    actions = agent.step(event::EpochStarted{draw_of(epoch + 1, true), round_ms});
    costs.bait_us += microseconds_since(started);
    const ledger::RevealContext context{draw_of(epoch, true), root, same<OperatorId>(1),
                                        same<OperatorId>(2)};
    for (const auto& one : only<action::PostReveal>(actions)) {
      const auto judging = std::clock();
      OORT_ASSERT(ledger::judge(one.reveal, context) == ledger::RevealVerdict::Passed,
                  "an honest answer passes");
      costs.reveal_us += microseconds_since(judging);
      costs.reveal_bytes = std::max(costs.reveal_bytes, bytes_of(ledger::BaitReveal{one.reveal}));
      ++baits;
    }
    ++epoch;
    started = std::clock();
  }
  costs.bait_us /= baits;
  costs.receipt_us /= baits;
  costs.reveal_us /= baits;
}

void measure_audits(Costs& costs) {
  SeededRandom random(3);
  const Bytes shard = random.bytes(shard_bytes);
  crypto::TreeBuilder tree;
  tree.update(shard);
  const std::vector<Bytes32> leaves = tree.leaves();
  const TreeRoot root = tree.root();
  constexpr std::uint64_t count = 100;
  for (std::uint64_t leaf = 0; leaf < count; ++leaf) {
    const auto proving = std::clock();
    const ByteView bytes =
        ByteView(shard).subspan(leaf * crypto::tree_leaf_bytes, crypto::tree_leaf_bytes);
    const ledger::StorageProof proof{crypto::tree_prove(leaves, shard.size(), leaf),
                                     to_bytes(bytes)};
    costs.answer_us += microseconds_since(proving) / count;
    const auto checking = std::clock();
    ledger::StorageChallenge challenge;
    challenge.leaf = leaf;
    OORT_ASSERT(proves(proof, challenge, root, shard.size()), "what is there can be shown");
    costs.check_us += microseconds_since(checking) / count;
    costs.answer_bytes = std::max(costs.answer_bytes, bytes_of(ledger::AuditAnswer{leaf, proof}));
  }
}

int run() {
  Costs costs;
  measure_root(costs);
  measure_baits(costs);
  measure_audits(costs);

  const ledger::HonestyParams params;
  const BaitCount count;
  const double rounds = blocks_a_day / static_cast<double>(params.round_blocks);
  const double each = count.quota + 1 / (1 - static_cast<double>(count.more.value()) / 1e9) - 1;
  const double baits = rounds * params.officers_expected * each;
  const double audits = blocks_a_day / blocks_an_audit;
  // What every validator does for all nodes, and what a node does for itself.
  const double ledger_bytes = rounds * nodes_count * costs.root_bytes + baits * costs.reveal_bytes +
                              audits * costs.answer_bytes;
  const double judging_us = baits * costs.reveal_us + audits * costs.check_us;
  const double own_us =
      rounds * costs.root_us +
      (baits * (costs.bait_us + costs.receipt_us) + audits * costs.answer_us) / nodes_count;
  std::printf(
      "{\"name\": \"audit\", \"metrics\": {\"root_us\": %.1f, \"root_bytes\": %.0f, "
      "\"bait_us\": %.1f, \"receipt_us\": %.1f, \"reveal_us\": %.1f, \"reveal_bytes\": %.0f, "
      "\"audit_answer_us\": %.1f, \"audit_check_us\": %.1f, \"audit_answer_bytes\": %.0f, "
      "\"baits_a_day\": %.0f, \"own_cpu_ms_per_node_and_day\": %.2f, "
      "\"own_ledger_bytes_per_node_and_day\": %.0f, \"validator_cpu_s_per_day\": %.2f, "
      "\"ledger_mb_per_day\": %.1f}, \"ceilings\": {}}\n",
      costs.root_us, costs.root_bytes, costs.bait_us, costs.receipt_us, costs.reveal_us,
      costs.reveal_bytes, costs.answer_us, costs.check_us, costs.answer_bytes, baits, own_us / 1000,
      ledger_bytes / nodes_count, judging_us / 1e6, ledger_bytes / 1e6);
  return 0;
}

}  // namespace
}  // namespace oort::honesty::test

int main() { return oort::honesty::test::run(); }
