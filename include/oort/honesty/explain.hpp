// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/ledger/honesty_case.hpp"
#include "oort/ledger/honesty_objects.hpp"

namespace oort::honesty {

/// The ledger keeps it of every case.
///
/// Invariants
///   X1  What `explain` says is computed from the bundle, never read from a verdict in it.
using ledger::EvidenceBundle;

/// Lines of text, one fact each, the verdict last.
[[nodiscard]] std::vector<std::string> explain(const EvidenceBundle& bundle);
[[nodiscard]] std::vector<std::string> explain(const ledger::StorageChallenge& challenge,
                                               const std::optional<ledger::StorageProof>& proof,
                                               const TreeRoot& root, std::uint64_t length);
[[nodiscard]] std::vector<std::string> explain(ledger::Offence offence,
                                               const ledger::SlashShares& shares);

}  // namespace oort::honesty
