// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "oort/ledger/governance_records.hpp"

/// What can be asked of governance.
namespace oort::ledger {

struct ProposalSubmit {
  static constexpr std::uint16_t code = code_of(Module::Governance, 1);
  std::string text;
  ProposalAction action;
  Oort deposit;
  friend bool operator==(const ProposalSubmit&, const ProposalSubmit&) = default;
};
/// Adds to a deposit that is too small yet.
struct ProposalDeposit {
  static constexpr std::uint16_t code = code_of(Module::Governance, 2);
  ProposalId proposal = 0;
  Oort amount;
  friend bool operator==(const ProposalDeposit&, const ProposalDeposit&) = default;
};
/// With the sender's stake in `pool`: as its creator for all who do not speak themselves, and as a
/// delegator for its own. A later vote replaces an earlier one.
struct VoteCast {
  static constexpr std::uint16_t code = code_of(Module::Governance, 3);
  ProposalId proposal = 0;
  NodeId pool;
  VoteOption option = VoteOption::Yes;
  friend bool operator==(const VoteCast&, const VoteCast&) = default;
};

// Events ------------------------------------------------------------------------------------------

struct ProposalChanged {
  static constexpr std::uint16_t code = code_of(Module::Governance, 1);
  ProposalId proposal = 0;
  ProposalState state = ProposalState::Deposit;
  friend bool operator==(const ProposalChanged&, const ProposalChanged&) = default;
};
struct VoteCounted {
  static constexpr std::uint16_t code = code_of(Module::Governance, 2);
  ProposalId proposal = 0;
  NodeId pool;
  AccountId voter;
  VoteOption option = VoteOption::Yes;
  friend bool operator==(const VoteCounted&, const VoteCounted&) = default;
};
/// The parameters of a module were replaced.
struct ModuleParamsChanged {
  static constexpr std::uint16_t code = code_of(Module::Governance, 3);
  Module module = Module::Staking;
  friend bool operator==(const ModuleParamsChanged&, const ModuleParamsChanged&) = default;
};

}  // namespace oort::ledger
