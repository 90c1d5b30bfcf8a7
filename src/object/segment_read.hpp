// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "gateway_env.hpp"
#include "oort/core/bytes.hpp"
#include "oort/ledger/object_records.hpp"

namespace oort::object {

/// Checked leaves of the shards that one stream reads; kept while it stays in one segment.
struct LeafCache {
  SegmentId segment;
  std::map<std::pair<std::uint8_t, std::uint32_t>, std::vector<Bytes32>> leaves;
};

/// Reads of segments. Every byte that comes out was checked against a root of the ledger.
///
/// Invariants
///   D1  Any k shards that answer truly give the bytes; one that lies costs time, never truth.
///   D2  A range costs the leaves that it touches, and a decoder only when a data shard is missing.
/// Threads: the strand.

struct SegmentRange {
  SegmentId segment;
  /// As the ledger has it now; sealed.
  ledger::Segment record;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};
/// `size` bytes of a coded segment, at most 4 MiB. Fails with NOT_ENOUGH_SHARDS, DATA_LOSS never
/// passes silently. `cache` is shared with the stream.
void read_coded(const EnvPtr& env, SegmentRange range, std::shared_ptr<LeafCache> cache,
                Callback<Result<Bytes>> done);

/// A run of an open segment whose root is known: from any replica that has it.
struct ReplicaRange {
  SegmentId segment;
  ledger::Segment record;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  TreeRoot root;
};
/// Of any size up to a segment's. Fails with NOT_ENOUGH_SHARDS.
void read_replica(const EnvPtr& env, ReplicaRange range, Callback<Result<Bytes>> done);

/// One whole shard, rebuilt from others where its own node does not give it; checked against its
/// root. Fails with NOT_ENOUGH_SHARDS.
struct ShardRange {
  SegmentId segment;
  ledger::Segment record;
  std::uint8_t index = 0;
};
void rebuild_shard(const EnvPtr& env, ShardRange wanted, Callback<Result<Bytes>> done);

/// A segment's whole content, open or sealed.
void read_segment(const EnvPtr& env, const SegmentId& segment, ledger::Segment record,
                  Callback<Result<Bytes>> done);

}  // namespace oort::object
