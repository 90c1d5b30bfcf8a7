// SPDX-License-Identifier: Apache-2.0
#include "module_genesis.hpp"

#include <string>

#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"

namespace oort::ledger {

Result<void> check_module(const GenesisParams&, const GenesisModule& module) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "genesis: this program has no module " + std::string(to_string(module.module)) +
                  " that can begin in a genesis");
}

void enter_module(Overlay&, const GenesisParams&, const GenesisModule&) {
  OORT_ASSERT(false, "check_module passed");
}

}  // namespace oort::ledger
