// SPDX-License-Identifier: Apache-2.0
// Linked into the unit tests of consensus a second time: OORT_MUTANT names the rule to break.
#include <cstdio>
#include <cstdlib>

#include "bft/mutant_names.hpp"

namespace {

bool activate() {
  const char* name = std::getenv("OORT_MUTANT");
  if (name == nullptr) return true;
  if (oort::bftsim::activate_mutant(name)) return true;
  std::fprintf(stderr, "no rule is called %s\n", name);
  // A test that must fail would take any other ending for its proof.
  std::_Exit(0);
}

const bool is_activated = activate();

}  // namespace
