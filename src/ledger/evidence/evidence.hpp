// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call.hpp"

namespace oort::ledger {

[[nodiscard]] Rejection apply(Call& call, const EvidenceSubmit& operation);
/// Whether every operation of the receipt was evidence that was accepted.
[[nodiscard]] bool brought_evidence_alone(const Receipt& receipt) noexcept;

}  // namespace oort::ledger
