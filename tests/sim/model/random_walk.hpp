// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "model/rules.hpp"

namespace oort::model {

/// Long random histories under the same rules as the explorer: 3 f + 1 validators of which f are
/// Byzantine and have signed everything, 8 views, up to 4 blocks a view, which may share a parent.
struct WalkOptions {
  Rules rules;
  std::uint32_t faults = 1;  ///< f: 4 validators at 1, 7 at 2.
  std::uint64_t seed = 1;
  std::uint64_t runs = 20'000;
};

struct WalkResult {
  std::uint64_t finalized_blocks = 0;
  std::uint64_t forked_runs = 0;
};

/// Requires: the rules are not latched; a walk has no certificates to keep.
[[nodiscard]] WalkResult random_walk(const WalkOptions& options);

}  // namespace oort::model
