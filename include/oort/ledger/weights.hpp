// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "oort/ledger/records.hpp"

namespace oort::ledger {

/// The weights on the way from `now` to `wanted`. What rules now is first scaled to the total that
/// is wanted, so that only shares count; then what is gained, and what is lost, is at most
/// `moved_max` millionths of the total: more is cut for all in proportion. Who is left without
/// weight goes. At most `count_max` stay: the lightest newcomers wait.
/// Requires: both ascend by node; `wanted` is not empty and its weights add up to less than 2^60.
[[nodiscard]] std::vector<Validator> move_weights(const std::vector<Validator>& now,
                                                  std::vector<Validator> wanted,
                                                  std::uint32_t moved_max, std::size_t count_max);

}  // namespace oort::ledger
