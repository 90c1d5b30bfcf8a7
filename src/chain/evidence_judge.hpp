// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "oort/chain/epochs.hpp"
#include "oort/consensus/evidence.hpp"
#include "oort/consensus/validator_set.hpp"
#include "oort/ledger/machine.hpp"
#include "oort/ledger/state.hpp"

namespace oort::chain {

/// One per offender, epoch and view, however many proofs of it there are.
[[nodiscard]] Bytes32 fault_of(const ChainId& chain, const consensus::Offence& offence);

/// The voters of an epoch as the ledger names them; nothing where it names none that can vote.
[[nodiscard]] std::optional<consensus::ValidatorSet> validators_in(const ledger::StateReader& state,
                                                                   Epoch epoch);

/// Judges the consensus' proofs of misconduct for the ledger, each by the validators of its epoch,
/// as long as the state knows them. Borrows both for its lifetime.
[[nodiscard]] std::unique_ptr<ledger::EvidenceVerifier> make_evidence_judge(
    const TrustRoot& genesis, const consensus::Verifier& verifier);

}  // namespace oort::chain
