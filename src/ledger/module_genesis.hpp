// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oort/ledger/genesis.hpp"

namespace oort::ledger {

/// Whether a module can begin so; the record is the module's own. Fails with BAD_ARGUMENT or as a
/// decoder, and for a module that this program does not have.
[[nodiscard]] Result<void> check_module(const GenesisParams& genesis, const GenesisModule& module);
/// Writes what the module begins with. Requires: `check_module` passed; the pots are filled.
void enter_module(Overlay& state, const GenesisParams& genesis, const GenesisModule& module);

}  // namespace oort::ledger
