// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"
#include "oort/datahub/provenance_bundle.hpp"
#include "oort/ledger/genesis.hpp"
#include "session.hpp"

namespace oort::cli {

/// The one record that a proof bundle of this network shows. Fails as chain::verify_bundle, and
/// with BAD_PROOF for a bundle of none or several.
[[nodiscard]] Result<datahub::ShownRecord> shown_in(ByteView proof,
                                                    const ledger::GenesisParams& genesis);

/// What a verified bundle shows, with its links and what their grades leave possible.
[[nodiscard]] Json to_json(const datahub::ProvenanceReport& report);
[[nodiscard]] std::string to_text(const datahub::ProvenanceReport& report);

}  // namespace oort::cli
