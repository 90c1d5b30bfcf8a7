// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/governance_records.hpp"
#include "oort/ledger/modules.hpp"

namespace oort::ledger::table {
// Governance.
inline constexpr char governance_params = 'P';
inline constexpr char proposal = 'p';
inline constexpr char proposal_next = '#';
inline constexpr char proposals_live = 'l';
inline constexpr char pool_votes = 't';
inline constexpr char delegator_vote = 'v';
inline constexpr char proposal_due = 'q';
inline constexpr char proposal_done = 'g';
inline constexpr char upgrade = 'u';
}  // namespace oort::ledger::table

/// Where governance keeps what it knows; form as in keys.hpp.
namespace oort::ledger::keys {

[[nodiscard]] Bytes governance_params();
[[nodiscard]] Bytes proposal(ProposalId id);
[[nodiscard]] Bytes proposal_next();
[[nodiscard]] Bytes proposals_live();
[[nodiscard]] Bytes pool_votes(ProposalId id, const NodeId& pool);
[[nodiscard]] Bytes pool_votes(ProposalId id);
[[nodiscard]] Bytes delegator_vote(ProposalId id, const NodeId& pool, const AccountId& delegator);
[[nodiscard]] Bytes delegator_votes(ProposalId id);
/// Of an epoch: deposits or votes that end. Of a height: what is carried out. Numbers are frozen.
enum class ProposalDue : std::uint8_t { Epoch = 0, Height = 1 };
[[nodiscard]] Bytes proposal_due(ProposalDue kind, std::uint64_t when, ProposalId id);
[[nodiscard]] Bytes proposal_due(ProposalDue kind);
/// Ended, and its votes are not forgotten yet.
[[nodiscard]] Bytes proposal_done(ProposalId id);
[[nodiscard]] Bytes proposal_done();
[[nodiscard]] Bytes upgrade();

}  // namespace oort::ledger::keys
