// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>

#include "oort/core/assert.hpp"
#include "storage/inner.hpp"

namespace oort::ledger {
namespace {

/// How many bytes a node holds of a segment, before and after.
struct Change {
  NodeId node;
  std::uint64_t before = 0;
  std::uint64_t after = 0;
};

Change& change_of(std::vector<Change>& changes, const NodeId& node) {
  const auto found = std::ranges::find(changes, node, &Change::node);
  return found != changes.end() ? *found : changes.emplace_back(Change{node, 0, 0});
}

std::vector<Change> changes_of(const std::vector<Shard>& before, const std::vector<Shard>& after) {
  std::vector<Change> changes;
  changes.reserve(before.size() + after.size());
  for (const Shard& shard : before) change_of(changes, shard.node).before += shard.length;
  for (const Shard& shard : after) change_of(changes, shard.node).after += shard.length;
  std::erase_if(changes, [](const Change& change) { return change.before == change.after; });
  return changes;
}

void move_bytes(std::uint64_t& bytes, const Change& change) {
  OORT_ASSERT(bytes >= change.before, "what a node holds was counted");
  bytes = bytes - change.before + change.after;
}

}  // namespace

void begin_storage(Block& block) {
  const auto params = storage_params(block.state);
  if (!params) return;
  auto meter = load<StorageMeter>(block.state, keys::storage_meter());
  OORT_ASSERT(meter.has_value(), "metering begins with a meter");
  const std::uint64_t now = block.header.time_ms;
  if (now <= meter->time_ms) return;
  const ByClass<Wide> prices = storage_prices(block.state, *params);
  for (std::size_t i = 0; i < prices.size(); ++i) {
    meter->cost[i] = plus(meter->cost[i], times(prices[i], now - meter->time_ms));
  }
  meter->time_ms = now;
  save(block.state, keys::storage_meter(), *meter);
}

std::optional<OpenAccount> open_account(const Block& block, const AccountId& payer) {
  auto account = load<StorageAccount>(block.state, keys::storage_account(payer));
  if (!account) return std::nullopt;
  const auto meter = load<StorageMeter>(block.state, keys::storage_meter());
  OORT_ASSERT(meter.has_value(), "metering begins with a meter");
  auto escrow = block.view().escrow(account->escrow);
  OORT_ASSERT(escrow.has_value(), "the escrow of an account is never closed");
  return OpenAccount{settled_at(*account, *meter, escrow->held), *std::move(escrow)};
}

void save_account(Overlay& state, const AccountId& payer, const StorageAccount& account) {
  save(state, keys::storage_account(payer), account);
}

void save_holding(Overlay& state, const NodeId& node, const AccountId& payer,
                  const StorageHolding& holding, StorageAccount& account) {
  const bool is_empty = std::ranges::all_of(holding.bytes, [](auto bytes) { return bytes == 0; });
  const Bytes key = keys::storage_holding(node, payer);
  if (!is_empty || holding.earned.high != 0) return save(state, key, holding);
  // Less than a base unit is left, which nobody will be paid: it is the payer's again.
  account.earned = minus(account.earned, holding.earned);
  state.erase(key);
}

void meter(Block& block, const Segment& segment, const std::vector<Shard>& before,
           const std::vector<Shard>& after) {
  if (!block.state.get(keys::storage_params())) return;
  const std::vector<Change> changes = changes_of(before, after);
  if (changes.empty()) return;
  auto opened = open_account(block, segment.gateway);
  OORT_ASSERT(opened.has_value(), "who made a segment has an account");
  StorageAccount& account = opened->account;
  const auto place = static_cast<std::size_t>(segment.storage_class);
  for (const Change& change : changes) {
    const Bytes key = keys::storage_holding(change.node, segment.gateway);
    const auto found = load<StorageHolding>(block.state, key).value_or(StorageHolding{});
    StorageHolding holding = settled_with(found, account);
    move_bytes(holding.bytes[place], change);
    move_bytes(account.bytes[place], change);
    save_holding(block.state, change.node, segment.gateway, holding, account);
  }
  save_account(block.state, segment.gateway, account);
}

}  // namespace oort::ledger
