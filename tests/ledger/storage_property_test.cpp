// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "kit.hpp"
#include "oort/ledger/storage_view.hpp"

namespace oort::ledger::test {
namespace {

/// What a numerator of the naive books is divided by, to be base units.
constexpr Uint128 divisor = microcredits_per_credit * (Uint128{1} << 30) * hour_ms;

constexpr std::uint64_t seed_of_gateway[] = {100, 101};

NodeId node_of(std::uint8_t number) { return TestLedger::node(number).node_id(); }

/// Two gateways that store, seal, repair, forget and pay, now and then too little.
class Traffic {
 public:
  Traffic(TestLedger& ledger, std::uint32_t seed) : ledger_(&ledger), random_(seed) {}

  struct Step {
    std::uint8_t sender = 0;
    std::uint64_t wait_ms = 0;
    Operation operation;
  };
  Step next() {
    Step step;
    step.wait_ms = pick(5) == 0 ? pick(90'000) : pick(2'000);
    const auto gateway = static_cast<std::uint8_t>(seed_of_gateway[pick(2)]);
    step.sender = gateway;
    switch (pick(10)) {
      case 0:
      case 1:
      case 2: step.operation = store(gateway); break;
      case 3: step.operation = open(); break;
      case 4: step.operation = grow(gateway); break;
      case 5: step.operation = repair(step.sender); break;
      case 6:
        step.operation = StorageFund{payer(), Oort(pick(3) == 0 ? amount() : amount() / 50)};
        break;
      case 7: step.operation = StorageWithdraw{Oort(amount())}; break;
      default: step.operation = collect(step.sender); break;
    }
    return step;
  }

 private:
  std::uint64_t pick(std::uint64_t below) { return random_() % below; }
  std::uint64_t amount() { return 1 + pick(40'000'000'000'000); }
  AccountId payer() {
    return account_of(keys_of(static_cast<std::uint8_t>(seed_of_gateway[pick(2)])));
  }
  std::uint8_t some_node() { return static_cast<std::uint8_t>(1 + pick(5)); }
  /// Unsigned: the verifier trusts.
  ShardReceipt receipt(std::uint8_t node, const SegmentId& segment, std::size_t index,
                       std::uint64_t length, std::uint32_t generation, const TreeRoot& root) {
    return {ledger_->chain(),
            segment,
            static_cast<std::uint8_t>(index),
            root,
            length,
            generation,
            Height(ledger_->height().value() + 100),
            node_of(node),
            {}};
  }
  SegmentStore store(std::uint8_t gateway) {
    const bool is_ia = pick(2) == 0;
    SegmentStore operation{nonce_++,
                           is_ia ? StorageClass::StandardIa : StorageClass::Standard,
                           2,
                           1 + pick(90'000),
                           root_of("content"),
                           {}};
    const SegmentId id = segment_id_of(account_of(keys_of(gateway)), operation.nonce);
    for (std::uint8_t i = 0; i < (is_ia ? 5 : 4); ++i) {
      operation.receipts.push_back(receipt(static_cast<std::uint8_t>(i + 1), id, i,
                                           (operation.length + 1) / 2, 1, root_of("shard")));
    }
    return operation;
  }
  SegmentOpen open() {
    return {nonce_++, StorageClass::Standard, {node_of(1), node_of(2), node_of(5)}};
  }
  std::optional<std::pair<SegmentId, Segment>> some_segment(SegmentState state) {
    auto all = ledger_->view().segments(SegmentId(), 1'000);
    std::erase_if(all, [&](const auto& pair) { return pair.second.state != state; });
    if (all.empty()) return std::nullopt;
    return all[pick(all.size())];
  }
  /// Appends to an open segment, or seals it.
  Operation grow(std::uint8_t gateway) {
    const auto found = some_segment(SegmentState::Open);
    if (!found) return store(gateway);
    const auto& [id, segment] = *found;
    if (segment.length > 0 && pick(3) == 0) {
      SegmentSeal seal{id, segment.fence, 2, {}};
      for (std::uint8_t i = 0; i < 4; ++i) {
        seal.receipts.push_back(receipt(static_cast<std::uint8_t>(i + 1), id, i,
                                        (segment.length + 1) / 2, segment.fence + 1,
                                        root_of("shard")));
      }
      return seal;
    }
    const TreeRoot root = root_of(std::to_string(segment.length));
    SegmentAppend append{id, segment.fence, segment.length + 1 + pick(5'000), root, {}};
    constexpr std::uint8_t replicas[] = {1, 2, 5};
    for (std::size_t i = pick(2); i < 3; ++i) {
      append.receipts.push_back(receipt(replicas[i], id, i, append.length, segment.fence, root));
    }
    return append;
  }
  Operation repair(std::uint8_t& sender) {
    const auto found = some_segment(SegmentState::Sealed);
    if (!found) return open();
    const auto& [id, segment] = *found;
    const std::size_t index = pick(segment.shards.size());
    const Shard& lost = segment.shards[index];
    sender = some_node();
    return ShardReplace{
        id, lost.node,
        receipt(some_node(), id, index, lost.length, lost.generation + 1, lost.root)};
  }
  StorageCollect collect(std::uint8_t& sender) {
    sender = some_node();
    StorageCollect operation{node_of(sender), {payer()}};
    if (pick(2) == 0) operation.payers.push_back(payer());
    std::ranges::sort(operation.payers);
    return operation;
  }

  TestLedger* ledger_;
  std::mt19937_64 random_;
  std::uint64_t nonce_ = 1;
};

/// Who has earned what, computed anew from all segments for every stretch of time. Numerators of
/// `divisor` are exact.
class NaiveBooks {
 public:
  struct Line {
    Uint128 earned = 0;     ///< Numerator, not collected.
    Uint128 collected = 0;  ///< Base units.
    std::uint64_t collects = 0;
  };

  /// `span_ms` pass over what the state holds.
  void pass(const StateReader& state, std::uint64_t span_ms) {
    std::map<AccountId, std::map<NodeId, Uint128>> due;
    const View view(state);
    for (const auto& [id, segment] : view.segments(SegmentId(), 10'000)) {
      const bool is_ia = segment.storage_class == StorageClass::StandardIa;
      const Uint128 price = (is_ia ? standard_ia_price : standard_price).units();
      for (const Shard& shard : segment.shards) {
        due[segment.gateway][shard.node] += price * test_rate.units() * shard.length * span_ms;
      }
    }
    for (const auto& [payer, nodes] : due) earn(state, payer, nodes);
  }
  void collect(const AccountId& payer, const NodeId& node, Uint128 gross) {
    Line& line = lines[{payer, node}];
    line.collected += gross;
    line.earned -= std::min(line.earned, gross * divisor);
    ++line.collects;
  }

  std::map<std::pair<AccountId, NodeId>, Line> lines;

 private:
  void earn(const StateReader& state, const AccountId& payer,
            const std::map<NodeId, Uint128>& nodes) {
    Uint128 cost = 0;
    for (const auto& [node, numerator] : nodes) cost += numerator;
    Uint128 owed = 0;
    for (const auto& [key, line] : lines) owed += key.first == payer ? line.earned : 0;
    const Uint128 held = funds(state, payer) * divisor;
    const Uint128 free = held - std::min(held, owed);
    for (const auto& [node, numerator] : nodes) {
      const Uint128 part =
          cost <= free ? numerator : mul_div(numerator, free, cost, Rounding::Down).value();
      lines[{payer, node}].earned += part;
    }
  }
  static Uint128 funds(const StateReader& state, const AccountId& payer) {
    const auto account = StorageView(state).account(payer);
    return account ? View(state).escrow(account->escrow)->held.units() : 0;
  }
};

Uint128 distance(Uint128 a, Uint128 b) { return a < b ? b - a : a - b; }

/// Compares every holding with the books; what rounding leaves is less than a unit for each time
/// that something was collected, and one for what is behind the point.
void expect_books(const StateReader& state, NaiveBooks& books) {
  for (auto& [key, line] : books.lines) {
    const auto& [payer, node] = key;
    const auto holdings = StorageView(state).holdings_of(node, payer, 1);
    const bool is_there = !holdings.empty() && holdings[0].first == payer;
    const Uint128 earned = is_there ? holdings[0].second.earned.high : 0;
    EXPECT_LE(distance(earned, line.earned / divisor), line.collects + 1)
        << "U3: " << to_decimal(earned) << " and " << to_decimal(line.earned / divisor);
    // What is behind the point of a holding that is gone is the payer's again.
    if (!is_there) line.earned = 0;
  }
}

void write_collected(const ExecutionResult& result, const Operation& operation,
                     const StateReader& state, NaiveBooks& books) {
  const auto* collected = std::get_if<StorageCollect>(&operation);
  if (collected == nullptr) return;
  for (const Event& event : result.receipts.at(0).operations.at(0).events) {
    const auto* changed = std::get_if<EscrowChanged>(&event);
    if (changed == nullptr) continue;
    books.collect(View(state).escrow(changed->escrow)->payer, collected->node,
                  changed->amount.units());
  }
}

struct Outcome {
  std::map<std::string, std::size_t> accepted;
  std::map<Rejection, std::size_t> refused;
};

Outcome run_traffic(std::uint32_t seed, std::size_t steps) {
  TrustingVerifier trusting;
  TestLedger ledger(storage_genesis(), trusting);
  Traffic traffic(ledger, seed);
  NaiveBooks books;
  Outcome outcome;
  std::uint64_t before_ms = ledger.time_ms;
  for (std::size_t i = 0; i < steps; ++i) {
    const Traffic::Step step = traffic.next();
    ledger.time_ms += step.wait_ms;
    // The block's time passes before its operations; the first block begins the books.
    books.pass(ledger.state(), ledger.time_ms - before_ms);
    before_ms = ledger.time_ms;
    const auto done = ledger.run(keys_of(step.sender), step.operation);
    if (done.rejection == Rejection::None) {
      ++outcome.accepted[std::string(name_of(step.operation))];
    } else {
      ++outcome.refused[done.rejection];
    }
    write_collected(ledger.last(), step.operation, ledger.state(), books);
    expect_books(ledger.state(), books);
    if (::testing::Test::HasFailure()) {
      ADD_FAILURE() << "seed " << seed << ", step " << i << ": " << int{step.sender} << " "
                    << name_of(step.operation) << " after " << step.wait_ms << " ms";
      return outcome;
    }
  }
  return outcome;
}

std::size_t number_from(const char* variable, std::size_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(StorageProperty, RandomTrafficIsPaidToTheUnit_U1_U2_U3) {
  const std::size_t seeds = number_from("OORT_PROPERTY_SEEDS", 4);
  const std::size_t steps = number_from("OORT_PROPERTY_STEPS", 400);
  Outcome sum;
  for (std::uint32_t seed = 1; seed <= seeds; ++seed) {
    const Outcome outcome = run_traffic(seed, steps);
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
    for (const auto& [name, count] : outcome.accepted) sum.accepted[name] += count;
    for (const auto& [why, count] : outcome.refused) sum.refused[why] += count;
  }
  for (const char* name : {"SegmentStore", "SegmentOpen", "SegmentAppend", "SegmentSeal",
                           "ShardReplace", "StorageFund", "StorageWithdraw", "StorageCollect"}) {
    EXPECT_GT(sum.accepted[name], 0U) << name;
  }
  EXPECT_GT(sum.refused[Rejection::StorageInArrears], 0U);
  EXPECT_GT(sum.refused[Rejection::EscrowTooLow], 0U);
}

/// What an operator is paid, and what its node has earned beside it.
struct Pay {
  Uint128 net = 0;
  Uint128 gross = 0;
};

/// One node's pay for ten seconds of the same bytes, collected after every so many blocks, by so
/// many payers in equal parts.
Pay pay_of(std::size_t every, std::uint8_t payers) {
  TrustingVerifier trusting;
  GenesisParams genesis = storage_genesis();
  genesis.params.orphan_window = 1'000;  // No segment goes meanwhile.
  TestLedger ledger(genesis, trusting);
  std::vector<AccountId> all;
  for (std::uint8_t i = 0; i < payers; ++i) {
    const crypto::KeyPair gateway = keys_of(static_cast<std::uint8_t>(100 + i));
    all.push_back(account_of(gateway));
    EXPECT_EQ(ledger.send(gateway, StorageFund{all.back(), storage_fund}), Rejection::None);
    ledger.store_segment(gateway, 1, 7'008 / payers);
  }
  std::ranges::sort(all);
  Pay pay;
  for (std::size_t i = 1; i <= 60; ++i) {
    ledger.time_ms += 167;
    if (i % every != 0) continue;
    const auto done = ledger.run(TestLedger::node(1), StorageCollect{node_of(1), all});
    for (const Event& event : done.events) {
      const auto* changed = std::get_if<BalanceChanged>(&event);
      if (changed != nullptr && changed->purpose == Purpose::StoragePaid) {
        pay.net += changed->amount.units();
      }
      if (const auto* paid = std::get_if<EscrowChanged>(&event)) pay.gross += paid->amount.units();
    }
  }
  return pay;
}

TEST(StorageProperty, SplittingEarnsNothing_U4) {
  const Pay once = pay_of(60, 1);
  ASSERT_GT(once.net, Uint128{0});
  for (const std::size_t every : std::array<std::size_t, 4>{1, 2, 5, 20}) {
    const Pay pieces = pay_of(every, 1);
    EXPECT_LE(pieces.net, once.net) << every;
    EXPECT_LE(pieces.gross, once.gross) << every;
    EXPECT_LE(once.gross - pieces.gross, 60 / every) << every;
  }
  for (const std::uint8_t payers : std::array<std::uint8_t, 2>{2, 3}) {
    EXPECT_LE(pay_of(60, payers).net, once.net) << int{payers};
    EXPECT_LE(pay_of(5, payers).net, once.net) << int{payers};
  }
}

}  // namespace
}  // namespace oort::ledger::test
