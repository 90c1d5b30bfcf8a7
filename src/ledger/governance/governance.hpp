// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "call.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/governance_keys.hpp"
#include "oort/ledger/governance_records.hpp"

namespace oort::ledger {

[[nodiscard]] Rejection apply(Call& call, const ProposalSubmit& operation);
[[nodiscard]] Rejection apply(Call& call, const ProposalDeposit& operation);
[[nodiscard]] Rejection apply(Call& call, const VoteCast& operation);

/// Empty where the network began without the module.
[[nodiscard]] std::optional<GovernanceParams> governance_params(const StateReader& state);
[[nodiscard]] bool is_possible(const GovernanceParams& params);

/// Work of the block after its transactions: deposits and votes end, decisions are carried out,
/// votes of ended proposals are forgotten; a bounded number of each.
void end_governance(Block& block, std::vector<Event>& events);

/// A delegator's shares are others now: its votes count with what it has.
void shares_changed(Overlay& state, const NodeId& pool, const AccountId& delegator, Shares shares);

/// Writes what stands in the ballots now into the proposal. Bounded by the witnesses.
void count_votes(const Overlay& state, Proposal& proposal);
/// Removes a proposal from those that stakes are followed for; its votes are forgotten bit by bit.
void end_vote(Overlay& state, ProposalId id);
void begin_vote(Overlay& state, ProposalId id);
void forget_votes(Overlay& state);
[[nodiscard]] LiveProposals live_proposals(const StateReader& state);

/// Whether the action could be carried out as the state is now.
[[nodiscard]] bool is_possible(const Block& block, const ProposalAction& action);
/// Carries it out; false, and nothing is changed, where it is not possible.
[[nodiscard]] bool carry_out(Block& block, const Proposal& proposal, std::vector<Event>& events);

/// The dispatch to the modules: whether the bytes are possible parameters of the module, and their
/// coming into force. False for a module that is off or has none.
[[nodiscard]] bool are_possible_params(const StateReader& state, Module module, ByteView params);
[[nodiscard]] bool set_module_params(Overlay& state, Module module, ByteView params,
                                     std::vector<Event>& events);

[[nodiscard]] Result<void> check_governance(const GenesisParams& genesis, ByteView record);
void enter_governance(Overlay& state, ByteView record);

}  // namespace oort::ledger
