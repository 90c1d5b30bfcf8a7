// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "oort/core/bytes.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/object/shard_client.hpp"

namespace oort::object {

/// One shard of a sealed segment, made of others: whoever wants to know what a node should answer
/// does not ask that node.
///
/// Invariants
///   Z1  The node that holds the shard is never asked.
///   Z2  What comes out has the shard's root on the ledger; every byte that went in was proven.
struct RebuildTarget {
  SegmentId segment;
  /// As the ledger has it now; sealed.
  ledger::Segment record;
  std::uint8_t index = 0;
};
/// Reads k other shards whole, one after the other; `deadline` is for one piece. Fails with
/// NOT_ENOUGH_SHARDS, or with CORRUPT_SHARD where the segment was coded wrongly.
/// Threads: the client's strand, `done` too. Borrows the client until then.
void rebuild_from_others(ShardClient& shards, RebuildTarget target, Duration deadline,
                         Callback<Result<Bytes>> done);

}  // namespace oort::object
