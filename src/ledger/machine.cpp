// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/machine.hpp"

#include <algorithm>

#include "access/access.hpp"
#include "bank/bank.hpp"
#include "beacon/beacon.hpp"
#include "campaigns/campaigns.hpp"
#include "datasets/datasets.hpp"
#include "evidence/evidence.hpp"
#include "governance/governance.hpp"
#include "honesty/honesty.hpp"
#include "jobs/jobs.hpp"
#include "market/market.hpp"
#include "models/models.hpp"
#include "nodes/nodes.hpp"
#include "objects/objects.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "params/params.hpp"
#include "staking/staking.hpp"
#include "storage/storage.hpp"

namespace oort::ledger {
namespace {

/// The body of each operation, or null.
std::vector<const Bytes*> bodies_of(const Transaction& transaction) {
  std::vector<const Bytes*> bodies(transaction.operations.size(), nullptr);
  for (const OperationBody& body : transaction.bodies) {
    OORT_ASSERT(body.operation < bodies.size(), "check_static ties every body to an operation");
    bodies[body.operation] = &body.bytes;
  }
  return bodies;
}

/// Runs one operation; leaves no trace in the state if it is rejected.
OperationReceipt run_operation(Block& block, const Transaction& transaction,
                               std::uint32_t transaction_index, std::uint32_t index,
                               const Bytes* body) {
  OperationReceipt receipt;
  const auto operation = decode_operation(transaction.operations[index]);
  if (!operation) {
    receipt.rejection = Rejection::UndecodableOperation;
    return receipt;
  }
  const Overlay::Mark mark = block.state.mark();
  Call call{block, transaction.sender, transaction_index, index, body, receipt.events};
  receipt.rejection =
      std::visit([&call](const auto& chosen) { return apply(call, chosen); }, *operation);
  if (receipt.rejection != Rejection::None) {
    block.state.rollback(mark);
    receipt.events.clear();
  }
  return receipt;
}

/// One rejection undoes the rest of an atomic transaction.
void abort_if_any_was_rejected(Block& block, Overlay::Mark mark,
                               std::vector<OperationReceipt>& receipts) {
  const bool is_whole = std::ranges::all_of(receipts, [](const OperationReceipt& receipt) {
    return receipt.rejection == Rejection::None;
  });
  if (is_whole) return;
  block.state.rollback(mark);
  for (OperationReceipt& receipt : receipts) {
    if (receipt.rejection == Rejection::None) receipt.rejection = Rejection::AtomicAborted;
    receipt.events.clear();
  }
}

Receipt run_transaction(Block& block, const Transaction& transaction, std::uint32_t index) {
  Receipt receipt;
  receipt.transaction = id_of(transaction);
  auto account = load<Account>(block.state, keys::account(transaction.sender));
  receipt.rejection = admit(block.params, account, block.header.height, transaction);
  if (receipt.rejection != Rejection::None) return receipt;
  receipt.fee = *fee_of(block.params, transaction);
  charge(block.state, block.params, *std::move(account), transaction);

  const Overlay::Mark mark = block.state.mark();
  const std::vector<const Bytes*> bodies = bodies_of(transaction);
  receipt.operations.reserve(transaction.operations.size());
  for (std::uint32_t i = 0; i < transaction.operations.size(); ++i) {
    receipt.operations.push_back(run_operation(block, transaction, index, i, bodies[i]));
  }
  const auto atomic = static_cast<std::uint8_t>(TransactionFlag::Atomic);
  if ((transaction.flags & atomic) != 0) {
    abort_if_any_was_rejected(block, mark, receipt.operations);
  }
  // Whoever shows the network a fault does not pay for it.
  if (brought_evidence_alone(receipt)) {
    give(block.state, transaction.sender, receipt.fee);
    receipt.fee = Oort();
  }
  block.state.commit();
  return receipt;
}

/// Splits the changes by whether the state root commits to them, and leaves out removals of what
/// the base never had.
void take_writes(const Overlay& state, const StateReader& base, ExecutionResult& result) {
  for (const auto& [key, value] : state.changes()) {
    if (!value && !base.get(key)) continue;
    auto& writes = is_authenticated(key) ? result.writes : result.body_writes;
    writes.push_back({key, value});
  }
}

}  // namespace

void place_body(Call& call, ByteView key) {
  if (call.body != nullptr) {
    call.state().put(key, *call.body);
  } else if (call.state().get(key)) {
    call.state().erase(key);
  }
}

std::uint64_t take_number(Overlay& state, ByteView key) {
  std::uint64_t number = 1;
  if (const auto bytes = state.get(key)) {
    const auto before = codec::from_bytes<std::uint64_t>(*bytes);
    OORT_ASSERT(before.has_value(), "a counter is what the machine wrote");
    number = *before;
  }
  codec::Writer next;
  next.u64(number + 1);
  state.put(key, std::move(next).take());
  return number;
}

ExecutionResult Machine::execute(const BlockContext& context,
                                 std::span<const Transaction> transactions,
                                 const StateReader& state) const noexcept {
  OORT_ASSERT(context.height.value() > 0, "genesis is not executed");
  ExecutionResult result;
  Overlay overlay(state);
  const Params params = begin_params(overlay, context.height, result.block_events);
  Block block{context, chain_, *signatures_, evidence_, params, overlay};
  advance_beacon(overlay, context);
  begin_staking(block, result.block_events);
  begin_storage(block);  // Before the market moves: the old rate counts for the time up to now.
  begin_market(block, result.block_events);
  begin_honesty(block, result.block_events);
  begin_jobs(block, result.block_events);
  overlay.commit();

  Oort fees;
  result.receipts.reserve(transactions.size());
  for (std::uint32_t i = 0; i < transactions.size(); ++i) {
    result.receipts.push_back(run_transaction(block, transactions[i], i));
    const auto sum = fees.plus(result.receipts.back().fee);
    OORT_ASSERT(sum.has_value(), "all fees together are part of the supply");
    fees = *sum;
  }
  collect(overlay, fees);
  expire(block, result.block_events);
  end_staking(block, result.block_events);
  end_governance(block, result.block_events);

  take_writes(overlay, state, result);
  result.result_root = result_root_of(result.receipts, result.block_events);
  return result;
}

}  // namespace oort::ledger
