// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "oort/chain/light_client.hpp"
#include "oort/consensus/evidence.hpp"
#include "oort/ledger/machine.hpp"

namespace oort::chain {

/// One per offender, epoch and view, however many proofs of it there are.
[[nodiscard]] Bytes32 fault_of(const ChainId& chain, const consensus::Offence& offence);

/// Judges the consensus' proofs of misconduct for the ledger. Borrows both for its lifetime.
[[nodiscard]] std::unique_ptr<ledger::EvidenceVerifier> make_evidence_judge(
    const TrustRoot& root, const consensus::Verifier& verifier);

}  // namespace oort::chain
