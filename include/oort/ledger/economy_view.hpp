// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/governance_records.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/staking_records.hpp"
#include "oort/ledger/state.hpp"
#include "oort/ledger/wide.hpp"

namespace oort::ledger {

/// The pool with all that its stake has earned up to `staking`: what an operation on it would see.
[[nodiscard]] Pool credited(Pool pool, const StakingState& staking) noexcept;
/// Of a credited pool: what the delegation has earned since it was paid last, 128 bits behind the
/// point.
[[nodiscard]] Wide reward_of(const Pool& pool, const Delegation& delegation) noexcept;

/// One account's stake or bond that is on its way out.
struct Leaver {
  NodeId node;  ///< The pool, or the node of a bond.
  bool is_bond = false;
  std::uint64_t returns = 0;  ///< The epoch whose first block pays it.
  Oort amount;                ///< What it would be now.
  friend bool operator==(const Leaver&, const Leaver&) = default;
};
/// `next` is where to go on; empty after the last.
struct LeaversPage {
  std::vector<Leaver> leavers;
  Bytes next;
};

/// Everything of one state that counts, added up.
struct SupplyAudit {
  std::uint64_t accounts_count = 0;
  Oort accounts;
  Oort bonds;
  Oort pots;
  Oort fees;
  Oort total;  ///< What the supply says.
  /// Whether the parts are the total.
  [[nodiscard]] bool is_conserved() const noexcept;
};

/// Stake, governance and the reporters of the market by their types: what people ask of them.
/// Borrows the state. Optionals are empty where the network has no such module; lists come in the
/// order of the keys, from `from` on, at most `count_max` of them.
class EconomyView {
 public:
  explicit EconomyView(const StateReader& state) noexcept : state_(&state) {}

  [[nodiscard]] std::optional<StakingParams> staking_params() const;
  [[nodiscard]] std::optional<StakingState> staking_state() const;
  [[nodiscard]] std::size_t witnesses_count() const;
  /// What the next epoch pays from the mining pot.
  [[nodiscard]] Oort emission() const;
  /// Pools are credited up to the present.
  [[nodiscard]] std::optional<Pool> pool(const NodeId& node) const;
  [[nodiscard]] std::vector<Pool> pools(const NodeId& from, std::size_t count_max) const;
  [[nodiscard]] std::vector<std::pair<AccountId, Delegation>> delegations_to(
      const NodeId& pool, const AccountId& from, std::size_t count_max) const;
  [[nodiscard]] std::vector<std::pair<NodeId, Delegation>> delegations_of(
      const AccountId& account, const NodeId& from, std::size_t count_max) const;
  /// Looks at `visits_max` of all that leaves, from `from` on: empty for the first, else `next` of
  /// the page before. Nothing for a `from` that is no such place.
  [[nodiscard]] std::optional<LeaversPage> leavers(const AccountId& account, ByteView from,
                                                   std::size_t count_max,
                                                   std::size_t visits_max) const;

  [[nodiscard]] std::optional<GovernanceParams> governance_params() const;
  [[nodiscard]] std::optional<Proposal> proposal(ProposalId id) const;
  [[nodiscard]] std::vector<Proposal> proposals(ProposalId from, std::size_t count_max) const;
  /// What pools said to a proposal under vote.
  [[nodiscard]] std::vector<std::pair<NodeId, PoolVotes>> ballots(ProposalId id,
                                                                  std::size_t count_max) const;

  [[nodiscard]] std::optional<RateReport> report_of(const AccountId& reporter) const;
  /// None is zero.
  [[nodiscard]] Oort bond_of(const AccountId& reporter) const;

  /// Reads every account and node.
  [[nodiscard]] SupplyAudit audit() const;

 private:
  const StateReader* state_;
};

}  // namespace oort::ledger
