// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oort/ledger/machine.hpp"

namespace oort::ledger {

/// Folds the block's randomness in. The first block of an epoch fixes the epoch's seed: the value
/// before it, which nobody who proposes inside the epoch could choose.
void advance_beacon(Overlay& state, const BlockContext& header);

}  // namespace oort::ledger
