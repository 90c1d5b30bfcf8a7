// SPDX-License-Identifier: Apache-2.0
#include "params/params.hpp"

#include <algorithm>

#include "oort/core/limits.hpp"

namespace oort::ledger {
namespace {

bool is_possible(const ClassPolicy& policy) {
  return policy.replicas >= 1 && policy.data_shards >= 1 &&
         policy.total_shards >= policy.data_shards && policy.tolerance_min <= policy.tolerance &&
         policy.tolerance <= policy.total_shards - policy.data_shards &&
         policy.tolerance < policy.replicas;
}

}  // namespace

bool is_possible(const Params& params) {
  const auto by_class = [](const ClassPolicy& policy) { return policy.storage_class; };
  return params.epoch_ms >= 1 && params.idle_block_ms >= 1 &&
         params.transaction_lifetime_max >= 1 && params.segment_lease >= 1 &&
         params.validators_max >= 1 && params.validators_max <= limits::validators_count_max &&
         params.classes.size() <= class_policies_max && ascends(params.classes, by_class) &&
         std::ranges::all_of(params.classes,
                             [](const ClassPolicy& policy) { return is_possible(policy); });
}

Params begin_params(Overlay& state, Height height, std::vector<Event>& events) {
  const auto next = load<PendingParams>(state, keys::params_next());
  if (next && next->from <= height) {
    save(state, keys::params(), next->params);
    state.erase(keys::params_next());
    events.emplace_back(ParamsChanged{next->from, true});
    return next->params;
  }
  return View(state).params();
}

Rejection apply(Call& call, const ParamsChange& operation) {
  if (!call.params().governor || call.sender != *call.params().governor) {
    return Rejection::GovernorOnly;
  }
  if (!is_possible(operation.params)) return Rejection::ParamsInvalid;
  if (operation.from <= call.block.header.height) return Rejection::ParamsTooEarly;
  save(call.state(), keys::params_next(), PendingParams{operation.params, operation.from});
  call.events.emplace_back(ParamsChanged{operation.from, false});
  return Rejection::None;
}

}  // namespace oort::ledger
