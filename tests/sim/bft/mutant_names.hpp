// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace oort::bftsim {

/// Breaks the named rule in this process from now on; "None" mends it. False when there is no such
/// rule, or when this program was built without mutants.
bool activate_mutant(std::string_view name) noexcept;

}  // namespace oort::bftsim
