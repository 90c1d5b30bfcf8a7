// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/keys.hpp"
#include "key_writer.hpp"
#include "oort/ledger/staking_keys.hpp"

namespace oort::ledger::keys {
namespace {

KeyWriter staking(char table) { return {Module::Staking, table}; }

}  // namespace

Bytes staking_params() { return staking(table::staking_params).take(); }
Bytes staking_state() { return staking(table::staking_state).take(); }
Bytes witnesses() { return staking(table::witnesses).take(); }
Bytes pool(const NodeId& node) { return staking(table::pool).add(node).take(); }
Bytes pool_rank(Oort stake, const NodeId& node) {
  // Inverted, so that the heaviest comes first.
  const Uint128 inverted = ~stake.units();
  return staking(table::pool_rank)
      .add(static_cast<std::uint64_t>(inverted >> 64))
      .add(static_cast<std::uint64_t>(inverted))
      .add(node)
      .take();
}
Bytes delegation(const NodeId& pool, const AccountId& delegator) {
  return staking(table::delegation).add(pool).add(delegator).take();
}
Bytes delegations(const NodeId& pool) { return staking(table::delegation).add(pool).take(); }
Bytes delegator(const AccountId& delegator, const NodeId& pool) {
  return staking(table::delegator).add(delegator).add(pool).take();
}
Bytes delegator(const AccountId& delegator) {
  return staking(table::delegator).add(delegator).take();
}
Bytes unbonding_batch(Leaving kind, const NodeId& node, std::uint64_t epoch, std::uint32_t serial) {
  return staking(table::unbonding_batch)
      .add(static_cast<std::uint8_t>(kind))
      .add(node)
      .add(epoch)
      .add(serial)
      .take();
}
Bytes unbonding_batches(Leaving kind, const NodeId& node, std::uint64_t epoch) {
  return staking(table::unbonding_batch)
      .add(static_cast<std::uint8_t>(kind))
      .add(node)
      .add(epoch)
      .take();
}
Bytes unbonding_batches(Leaving kind, const NodeId& node) {
  return staking(table::unbonding_batch).add(static_cast<std::uint8_t>(kind)).add(node).take();
}
Bytes staking_due(std::uint64_t epoch, StakingDue kind, ByteView subject) {
  return staking(table::staking_due)
      .add(epoch)
      .add(static_cast<std::uint8_t>(kind))
      .add(subject)
      .take();
}
Bytes staking_due() { return staking(table::staking_due).take(); }
Bytes slash_event(const NodeId& pool, std::uint64_t number) {
  return staking(table::slash_event).add(pool).add(number).take();
}
Bytes epoch_start(std::uint64_t epoch) { return staking(table::epoch_start).add(epoch).take(); }
Bytes weight_factor(const NodeId& node) { return staking(table::weight_factor).add(node).take(); }

}  // namespace oort::ledger::keys
