// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "oort/core/amount.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/modules.hpp"
#include "oort/ledger/params.hpp"
#include "oort/ledger/record.hpp"
#include "oort/ledger/staking_records.hpp"

/// Proposals and votes by stake. Epochs are those of staking; shares count millionths.
namespace oort::ledger {

using ProposalId = std::uint64_t;

inline constexpr std::size_t proposal_text_bytes_max = 4096;
inline constexpr std::size_t module_params_bytes_max = std::size_t{64} << 10;
inline constexpr std::size_t upgrade_name_bytes_max = 64;
inline constexpr std::size_t depositors_max = 16;

// What a proposal does when it is carried out. Codes are frozen.
struct TextAction {
  static constexpr std::uint16_t code = 1;
  friend bool operator==(const TextAction&, const TextAction&) = default;
};
struct ParamsAction {
  static constexpr std::uint16_t code = 2;
  Params params;
  friend bool operator==(const ParamsAction&, const ParamsAction&) = default;
};
/// The parameters of a module, as it encodes them itself.
struct ModuleParamsAction {
  static constexpr std::uint16_t code = 3;
  Module module = Module::Staking;
  Bytes params;
  friend bool operator==(const ModuleParamsAction&, const ModuleParamsAction&) = default;
};
struct SpendAction {
  static constexpr std::uint16_t code = 4;
  AccountId to;
  Oort amount;
  friend bool operator==(const SpendAction&, const SpendAction&) = default;
};
/// From `height` on only programs that know `name` go on.
struct UpgradeAction {
  static constexpr std::uint16_t code = 5;
  std::string name;
  Height height;
  friend bool operator==(const UpgradeAction&, const UpgradeAction&) = default;
};
using ProposalAction =
    std::variant<TextAction, ParamsAction, ModuleParamsAction, SpendAction, UpgradeAction>;

/// Numbers are frozen.
enum class ProposalState : std::uint8_t {
  Deposit = 0,  ///< Its deposit is too small to be voted on.
  Voting = 1,
  Passed = 2,  ///< Waits to be carried out.
  Executed = 3,
  Rejected = 4,  ///< By the votes, or for want of a deposit.
  Failed = 5,    ///< Passed, and could not be carried out.
};
/// Numbers are frozen.
enum class VoteOption : std::uint8_t { Yes = 0, No = 1, Abstain = 2, Veto = 3 };
inline constexpr std::size_t vote_options_count = 4;

struct Deposit {
  AccountId from;
  Oort amount;
  friend bool operator==(const Deposit&, const Deposit&) = default;
};
struct Proposal {
  static constexpr std::uint8_t format_version = 1;
  ProposalId id = 0;
  AccountId proposer;
  std::string text;
  ProposalAction action;
  ProposalState state = ProposalState::Deposit;
  std::vector<Deposit> deposits;                 ///< Ascending by account; empty once settled.
  std::uint64_t ends = 0;                        ///< The epoch that ends the deposits or the vote.
  Height executes;                               ///< Once passed.
  std::array<Oort, vote_options_count> votes{};  ///< Stake by option, when the vote ended.
  Oort electorate;                               ///< Stake of all witnesses then.
  friend bool operator==(const Proposal&, const Proposal&) = default;
};
[[nodiscard]] Oort deposit_of(const Proposal& proposal) noexcept;

/// What one pool says to a proposal: its creator for everybody, less those who spoke themselves.
struct PoolVotes {
  static constexpr std::uint8_t format_version = 1;
  bool has_voted = false;  ///< The creator.
  VoteOption option = VoteOption::Abstain;
  std::array<Shares, vote_options_count> shares{};  ///< Of delegators who voted themselves.
  friend bool operator==(const PoolVotes&, const PoolVotes&) = default;
};
struct DelegatorVote {
  static constexpr std::uint8_t format_version = 1;
  VoteOption option = VoteOption::Abstain;
  Shares shares;
  friend bool operator==(const DelegatorVote&, const DelegatorVote&) = default;
};
/// Proposals under vote. Ascending.
struct LiveProposals {
  static constexpr std::uint8_t format_version = 1;
  std::vector<ProposalId> ids;
  friend bool operator==(const LiveProposals&, const LiveProposals&) = default;
};
struct Upgrade {
  static constexpr std::uint8_t format_version = 1;
  std::string name;
  Height height;
  friend bool operator==(const Upgrade&, const Upgrade&) = default;
};

struct GovernanceParams {
  static constexpr std::uint8_t format_version = 1;
  Oort deposit_min = Oort(oort_base_units * 10'000);
  std::uint64_t deposit_epochs = 168;
  std::uint64_t voting_epochs = 168;
  std::uint64_t delay = 86'400;       ///< Blocks between the end of a vote and what it decided.
  std::uint32_t quorum = 334'000;     ///< Of all witnesses' stake must vote.
  std::uint32_t threshold = 500'000;  ///< Of Yes and No and Veto, more must be Yes.
  std::uint32_t veto = 334'000;       ///< Of all votes, this much Veto rejects.
  std::uint16_t live_max = 16;        ///< Proposals under vote at a time.
  friend bool operator==(const GovernanceParams&, const GovernanceParams&) = default;
};

inline constexpr std::uint16_t proposals_live_max = 64;

}  // namespace oort::ledger
