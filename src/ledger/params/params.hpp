// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call.hpp"

namespace oort::ledger {

[[nodiscard]] Rejection apply(Call& call, const ParamsChange& operation);

/// Whether the parameters are within their bounds and do not contradict each other.
[[nodiscard]] bool is_possible(const Params& params);
/// The parameters that rule the block of `height`; puts a change into force when its time has come.
[[nodiscard]] Params begin_params(Overlay& state, Height height, std::vector<Event>& events);

}  // namespace oort::ledger
