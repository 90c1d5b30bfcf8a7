// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "oort/core/bytes.hpp"

namespace oort::crypto {

/// The values of the leaves from `first_leaf` on that `bytes` are, of a run of `size` bytes: a part
/// of what `TreeBuilder::leaves` gives, for those who hash a run in pieces and in turns.
/// Requires: `bytes` begin at `first_leaf * tree_leaf_bytes` and end at a leaf's end or the run's.
[[nodiscard]] std::vector<Bytes32> tree_leaf_values(ByteView bytes, std::uint64_t first_leaf,
                                                    std::uint64_t size);

}  // namespace oort::crypto
