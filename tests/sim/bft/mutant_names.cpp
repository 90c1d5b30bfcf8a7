// SPDX-License-Identifier: Apache-2.0
#include "bft/mutant_names.hpp"

#include "bft/mutant_list.hpp"

namespace oort::bftsim {

bool activate_mutant(std::string_view name) noexcept {
#ifdef OORT_CONSENSUS_MUTANTS
  for (const NamedMutant& each : named_mutants) {
    if (each.name != name) continue;
    consensus::active_mutant = each.mutant;
    return true;
  }
#else
  static_cast<void>(name);
#endif
  return false;
}

}  // namespace oort::bftsim
