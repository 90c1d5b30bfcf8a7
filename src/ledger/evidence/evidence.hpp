// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call.hpp"

namespace oort::ledger {

[[nodiscard]] Rejection apply(Call& call, const EvidenceSubmit& operation);

}  // namespace oort::ledger
