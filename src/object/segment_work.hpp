// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway_env.hpp"
#include "repair_plan.hpp"

namespace oort::object {

/// The two works on a segment, each from reading its bytes to the ledger's word. What an earlier
/// try left on the nodes, by whomever, is taken over. Whoever works on a segment decides before
/// that it may; the ledger decides after it. Threads: the strand, `done` too.

/// Codes an open segment and has the ledger take the shards in place of the replicas; whole or not
/// at all, since a segment that stays open survives as much. Fails with NOT_ENOUGH_SHARDS,
/// NOT_ENOUGH_NODES, what a node said, or what the ledger answered.
void seal_segment(const EnvPtr& env, const SegmentId& id, const ledger::Segment& record,
                  Callback<Result<void>> done);

/// Puts one shard where the action says and has the ledger record it. Fails like `seal_segment`.
void repair_shard(const EnvPtr& env, const RepairAction& action, const ledger::Segment& record,
                  Callback<Result<void>> done);

}  // namespace oort::object
