// SPDX-License-Identifier: Apache-2.0
#include "bank/bank.hpp"
#include "oort/core/assert.hpp"
#include "staking/pool_edit.hpp"

namespace oort::ledger {
namespace {

// Of a key of a batch: module, table, kind, node; then the epoch and the serial number.
constexpr std::size_t batch_epoch_at = 2 + 1 + 32;
// Of a key of what is due: module, table, epoch, kind; then the batch and the account.
constexpr std::size_t due_kind_at = 2 + 8;
constexpr std::size_t due_subject_at = due_kind_at + 1;
constexpr std::size_t batch_name_bytes = 32 + 8 + 4;

std::uint64_t number_at(ByteView key, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (const std::byte byte : key.subspan(at, size)) {
    value = value << 8 | std::to_integer<std::uint8_t>(byte);
  }
  return value;
}

/// The batch of this epoch that has not been slashed, and its serial number.
std::pair<std::uint32_t, UnbondingBatch> open_batch(const Overlay& state, keys::Leaving kind,
                                                    const NodeId& node, std::uint64_t epoch) {
  std::uint32_t serial = 0;
  UnbondingBatch batch;
  const Bytes prefix = keys::unbonding_batches(kind, node, epoch);
  state.scan(prefix, prefix, [&](ByteView key, ByteView value) {
    batch = stored<UnbondingBatch>(value);
    serial = static_cast<std::uint32_t>(number_at(key, prefix.size(), 4));
    return true;
  });
  if (batch.held.units() == batch.shares.units()) return {serial, batch};
  return {serial + 1, UnbondingBatch{}};
}

void pay_out(Block& block, keys::Leaving kind, ByteView subject, Shares shares,
             std::vector<Event>& events) {
  const auto node = NodeId::from(subject.first(32));
  const auto owner = AccountId::from(subject.subspan(batch_name_bytes));
  OORT_ASSERT(node.has_value(), "the subject of such a marker begins with a node");
  OORT_ASSERT(owner.has_value(), "and ends with an account");
  const Bytes key = keys::unbonding_batch(kind, *node, number_at(subject, 32, 8),
                                          static_cast<std::uint32_t>(number_at(subject, 40, 4)));
  auto batch = load<UnbondingBatch>(block.state, key);
  OORT_ASSERT(batch.has_value(), "a batch lives until its last part returns");
  const auto units =
      mul_div(shares.units(), batch->held.units(), batch->shares.units(), Rounding::Down);
  OORT_ASSERT(units.has_value(), "a part of the batch is no more than it");
  const Oort amount(*units);
  draw(block.state, Pot::Unbonding, amount);
  const Purpose purpose =
      kind == keys::Leaving::Stake ? Purpose::StakeReturned : Purpose::BondReturned;
  credit(block.state, events, *owner, amount, purpose, subject_of(*node));
  batch->held = *batch->held.minus(amount);
  batch->shares = *batch->shares.minus(shares);
  if (!batch->shares.is_zero()) return save(block.state, key, *batch);
  draw(block.state, Pot::Unbonding, batch->held);
  put_in(block.state, Pot::Remainders, batch->held);
  block.state.erase(key);
}

/// The creator's stake returns; delegators take theirs out when they like.
void finish_exit(Block& block, const NodeId& node, std::vector<Event>& events) {
  const auto params = staking_params(block.state);
  auto pool = find_pool(block.state, node);
  OORT_ASSERT(params.has_value(), "staking that has work is on");
  OORT_ASSERT(pool.has_value(), "a pool is never forgotten");
  StakingEdit edit(block.state, *params);
  PoolEdit opened(edit, *std::move(pool));
  opened.become(PoolState::Exited);
  draw(block.state, Pot::Stake, opened.pool.self);
  credit(block.state, events, opened.pool.creator, opened.pool.self, Purpose::StakeReturned,
         subject_of(node));
  opened.pool.self = Oort();
  opened.save(events);
  edit.save();
}

std::vector<std::pair<Bytes, Bytes>> due(const Overlay& state, std::uint64_t epoch) {
  std::vector<std::pair<Bytes, Bytes>> found;
  const Bytes prefix = keys::staking_due();
  // What lies before this key is due: no marker is of a kind 0xff.
  const Bytes end = keys::staking_due(epoch, static_cast<keys::StakingDue>(0xff), {});
  state.scan(prefix, prefix, [&](ByteView key, ByteView value) {
    if (!KeyLess{}(key, end) || found.size() == staking_due_per_block_max) return false;
    found.emplace_back(to_bytes(key), to_bytes(value));
    return true;
  });
  return found;
}

}  // namespace

void begin_unbonding(Overlay& state, keys::Leaving kind, const NodeId& node, const AccountId& owner,
                     Oort amount, std::uint64_t epoch, std::uint64_t epochs) {
  if (amount.is_zero()) return;
  put_in(state, Pot::Unbonding, amount);
  auto [serial, batch] = open_batch(state, kind, node, epoch);
  const Shares shares(amount.units());
  batch.held = *batch.held.plus(amount);
  batch.shares = *batch.shares.plus(shares);
  const Bytes name = keys::unbonding_batch(kind, node, epoch, serial);
  save(state, name, batch);
  // Node, epoch and serial number as in the batch's key, then the account.
  Bytes subject = to_bytes(ByteView(name).last(batch_name_bytes));
  subject.insert(subject.end(), owner.view().begin(), owner.view().end());
  const auto due_kind =
      kind == keys::Leaving::Stake ? keys::StakingDue::Stake : keys::StakingDue::Bond;
  const Bytes key = keys::staking_due(later(Height(epoch), epochs).value(), due_kind, subject);
  Unbonding entry = load<Unbonding>(state, key).value_or(Unbonding{});
  entry.shares = *entry.shares.plus(shares);
  save(state, key, entry);
}

Oort slash_unbonding(Overlay& state, keys::Leaving kind, const NodeId& node, const Fault& fault) {
  std::vector<std::pair<Bytes, UnbondingBatch>> reached;
  const Bytes prefix = keys::unbonding_batches(kind, node);
  state.scan(prefix, keys::unbonding_batches(kind, node, fault.epoch),
             [&](ByteView key, ByteView value) {
               OORT_ASSERT(number_at(key, batch_epoch_at, 8) >= fault.epoch,
                           "a scan begins where it was asked to");
               reached.emplace_back(to_bytes(key), stored<UnbondingBatch>(value));
               return true;
             });
  Oort taken;
  for (auto& [key, batch] : reached) {
    const Oort cut(share_of(batch.held.units(), fault.share, Rounding::Down));
    batch.held = *batch.held.minus(cut);
    taken = *taken.plus(cut);
    save(state, key, batch);
  }
  draw(state, Pot::Unbonding, taken);
  return taken;
}

void release_due(Block& block, std::uint64_t epoch, std::vector<Event>& events) {
  for (const auto& [key, value] : due(block.state, epoch)) {
    block.state.erase(key);
    const ByteView subject = ByteView(key).subspan(due_subject_at);
    switch (static_cast<keys::StakingDue>(key[due_kind_at])) {
      case keys::StakingDue::Stake:
        pay_out(block, keys::Leaving::Stake, subject, stored<Unbonding>(value).shares, events);
        break;
      case keys::StakingDue::Bond:
        pay_out(block, keys::Leaving::Bond, subject, stored<Unbonding>(value).shares, events);
        break;
      case keys::StakingDue::Exit: finish_exit(block, *NodeId::from(subject), events); break;
    }
  }
}

}  // namespace oort::ledger
