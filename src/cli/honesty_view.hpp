// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/ledger/honesty_case.hpp"
#include "session.hpp"

/// Evidence of Proof of Honesty for people and for programs. What is said of it is computed from
/// the evidence itself.
namespace oort::cli {

[[nodiscard]] Json to_json(const ledger::EvidenceBundle& evidence);
/// Lines, the verdict last.
[[nodiscard]] std::string to_text(const ledger::EvidenceBundle& evidence);

/// Fails with BAD_PROOF where the evidence is of another network or leads to no verdict.
[[nodiscard]] Result<ledger::PanelVerdict> verify_evidence(const ledger::EvidenceBundle& evidence,
                                                           const ChainId& chain);

void add_honesty_commands(CLI::App& app, Session& session);

}  // namespace oort::cli
