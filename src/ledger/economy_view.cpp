// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/economy_view.hpp"

#include "governance/governance.hpp"
#include "oort/core/assert.hpp"
#include "oort/ledger/governance_keys.hpp"
#include "oort/ledger/keys.hpp"
#include "oort/ledger/ratio.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/staking_keys.hpp"
#include "oort/ledger/view.hpp"
#include "staking/pool_edit.hpp"
#include "staking/staking.hpp"
#include "stored.hpp"

namespace oort::ledger {
namespace {

constexpr std::size_t id_bytes = NodeId::size_bytes;
constexpr std::size_t account_bytes = AccountId::size_bytes;
constexpr std::size_t number_bytes = 8;
/// A marker's epoch and kind, then the batch and the account.
constexpr std::size_t batch_bytes = id_bytes + number_bytes + 4;

std::uint64_t number_in(ByteView bytes) noexcept {
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::uint8_t>(byte);
  return value;
}

/// The last bytes of a key.
template <class Id>
Id tail_of(ByteView key) {
  const auto id = Id::from(key.last(Id::size_bytes));
  OORT_ASSERT(id.has_value(), "keys of the state are what the machine wrote");
  return *id;
}

Oort sum_of(Oort a, Oort b) {
  const auto sum = a.plus(b);
  OORT_ASSERT(sum.has_value(), "all there is fits an amount, so its parts do");
  return *sum;
}

/// What a marker of the due table says of `account`; nothing for others and for exits.
std::optional<Leaver> leaver_in(const StateReader& state, const AccountId& account, ByteView key,
                                ByteView value) {
  const std::size_t table_bytes = keys::staking_due().size();
  const std::size_t subject_at = table_bytes + number_bytes + 1;
  if (key.size() != subject_at + batch_bytes + account_bytes) return std::nullopt;
  if (tail_of<AccountId>(key) != account) return std::nullopt;
  const auto kind = static_cast<keys::StakingDue>(key[table_bytes + number_bytes]);
  const ByteView batch_name = key.subspan(subject_at, batch_bytes);
  Leaver leaver;
  leaver.node = *NodeId::from(batch_name.first(id_bytes));
  leaver.is_bond = kind == keys::StakingDue::Bond;
  leaver.returns = number_in(key.subspan(table_bytes, number_bytes));
  const Bytes name =
      keys::unbonding_batch(leaver.is_bond ? keys::Leaving::Bond : keys::Leaving::Stake,
                            leaver.node, number_in(batch_name.subspan(id_bytes, number_bytes)),
                            static_cast<std::uint32_t>(number_in(batch_name.last(4))));
  const auto batch = load<UnbondingBatch>(state, name);
  OORT_ASSERT(batch.has_value(), "a batch lives until its last part returns");
  const auto units = mul_div(stored<Unbonding>(value).shares.units(), batch->held.units(),
                             batch->shares.units(), Rounding::Down);
  OORT_ASSERT(units.has_value(), "a part of the batch is no more than it");
  leaver.amount = Oort(*units);
  return leaver;
}

}  // namespace

bool SupplyAudit::is_conserved() const noexcept {
  std::optional<Oort> sum = accounts;
  for (const Oort part : {bonds, pots, fees}) sum = sum ? sum->plus(part) : std::nullopt;
  return sum == total;
}

std::optional<StakingParams> EconomyView::staking_params() const {
  return ledger::staking_params(*state_);
}
std::optional<StakingState> EconomyView::staking_state() const {
  return load<StakingState>(*state_, keys::staking_state());
}
std::size_t EconomyView::witnesses_count() const {
  return load<Witnesses>(*state_, keys::witnesses()).value_or(Witnesses{}).pools.size();
}
Oort EconomyView::emission() const {
  const auto params = staking_params();
  const auto staking = staking_state();
  if (!params || !staking) return {};
  return emission_of(*params, staking->epoch, View(*state_).pot(Pot::Mining));
}
std::optional<Pool> EconomyView::pool(const NodeId& node) const {
  auto found = find_pool(*state_, node);
  const auto staking = staking_state();
  if (!found || !staking) return std::nullopt;
  return credited(*found, *staking);
}
std::vector<Pool> EconomyView::pools(const NodeId& from, std::size_t count_max) const {
  std::vector<Pool> found;
  const auto staking = staking_state();
  if (!staking || count_max == 0) return found;
  state_->scan(keys::prefix(Module::Staking, table::pool), keys::pool(from),
               [&](ByteView, ByteView value) {
                 found.push_back(credited(stored<Pool>(value), *staking));
                 return found.size() < count_max;
               });
  return found;
}
std::vector<std::pair<AccountId, Delegation>> EconomyView::delegations_to(
    const NodeId& pool, const AccountId& from, std::size_t count_max) const {
  std::vector<std::pair<AccountId, Delegation>> found;
  if (count_max == 0) return found;
  state_->scan(keys::delegations(pool), keys::delegation(pool, from),
               [&](ByteView key, ByteView value) {
                 found.emplace_back(tail_of<AccountId>(key), stored<Delegation>(value));
                 return found.size() < count_max;
               });
  return found;
}
std::vector<std::pair<NodeId, Delegation>> EconomyView::delegations_of(
    const AccountId& account, const NodeId& from, std::size_t count_max) const {
  std::vector<std::pair<NodeId, Delegation>> found;
  if (count_max == 0) return found;
  state_->scan(keys::delegator(account), keys::delegator(account, from),
               [&](ByteView key, ByteView) {
                 const auto pool = tail_of<NodeId>(key);
                 auto delegation = load<Delegation>(*state_, keys::delegation(pool, account));
                 OORT_ASSERT(delegation.has_value(), "the index names delegations that are there");
                 found.emplace_back(pool, *std::move(delegation));
                 return found.size() < count_max;
               });
  return found;
}
std::optional<LeaversPage> EconomyView::leavers(const AccountId& account, ByteView from,
                                                std::size_t count_max,
                                                std::size_t visits_max) const {
  const Bytes prefix = keys::staking_due();
  LeaversPage page;
  Bytes start = prefix;
  start.insert(start.end(), from.begin(), from.end());
  // The longest key: epoch, kind, batch and account.
  if (from.size() > number_bytes + 1 + batch_bytes + account_bytes) return std::nullopt;
  std::size_t visits = 0;
  state_->scan(prefix, start, [&](ByteView key, ByteView value) {
    if (page.leavers.size() == count_max || visits == visits_max) {
      page.next = to_bytes(key.subspan(prefix.size()));
      return false;
    }
    ++visits;
    if (const auto leaver = leaver_in(*state_, account, key, value)) {
      page.leavers.push_back(*leaver);
    }
    return true;
  });
  return page;
}

std::optional<GovernanceParams> EconomyView::governance_params() const {
  return ledger::governance_params(*state_);
}
std::optional<Proposal> EconomyView::proposal(ProposalId id) const {
  return load<Proposal>(*state_, keys::proposal(id));
}
std::vector<Proposal> EconomyView::proposals(ProposalId from, std::size_t count_max) const {
  std::vector<Proposal> found;
  if (count_max == 0) return found;
  state_->scan(keys::prefix(Module::Governance, table::proposal), keys::proposal(from),
               [&](ByteView, ByteView value) {
                 found.push_back(stored<Proposal>(value));
                 return found.size() < count_max;
               });
  return found;
}
std::vector<std::pair<NodeId, PoolVotes>> EconomyView::ballots(ProposalId id,
                                                               std::size_t count_max) const {
  std::vector<std::pair<NodeId, PoolVotes>> found;
  if (count_max == 0) return found;
  const Bytes prefix = keys::pool_votes(id);
  state_->scan(prefix, prefix, [&](ByteView key, ByteView value) {
    found.emplace_back(tail_of<NodeId>(key), stored<PoolVotes>(value));
    return found.size() < count_max;
  });
  return found;
}

std::optional<RateReport> EconomyView::report_of(const AccountId& reporter) const {
  return load<RateReport>(*state_, keys::rate_report(reporter));
}
Oort EconomyView::bond_of(const AccountId& reporter) const {
  return load<ReporterBond>(*state_, keys::reporter_bond(reporter)).value_or(ReporterBond{}).bond;
}

SupplyAudit EconomyView::audit() const {
  SupplyAudit audit;
  const Bytes accounts = keys::prefix(Module::Bank, table::account);
  state_->scan(accounts, accounts, [&](ByteView, ByteView value) {
    ++audit.accounts_count;
    audit.accounts = sum_of(audit.accounts, stored<Account>(value).balance);
    return true;
  });
  const Bytes nodes = keys::prefix(Module::Nodes, table::node);
  state_->scan(nodes, nodes, [&](ByteView, ByteView value) {
    audit.bonds = sum_of(audit.bonds, stored<Node>(value).bond);
    return true;
  });
  const View view(*state_);
  for (std::uint8_t pot = 1; pot <= pot_last; ++pot) {
    audit.pots = sum_of(audit.pots, view.pot(static_cast<Pot>(pot)));
  }
  audit.fees = view.supply().fees;
  audit.total = view.supply().total;
  return audit;
}

}  // namespace oort::ledger
