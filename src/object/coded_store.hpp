// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "gateway_env.hpp"
#include "oort/core/bytes.hpp"
#include "oort/ledger/shard_receipt.hpp"
#include "oort/object/coder.hpp"

namespace oort::object {

/// The shards of a segment, and the roots of their trees.
struct CodedSegment {
  std::vector<Bytes> shards;
  std::vector<TreeRoot> roots;
};
/// Threads: any; long work for long content.
[[nodiscard]] CodedSegment code_segment(const Coder& coder, ByteView content);

/// One content to be spread over nodes as coded shards.
struct CodedStoreRequest {
  SegmentId segment;
  std::uint32_t generation = 1;
  ledger::StorageClass storage_class = ledger::StorageClass::Standard;
  /// Shared with the pool's task.
  std::shared_ptr<const Bytes> content;
  /// Background work waits rather than store less than its class promises.
  Durability durability = Durability::Degraded;
};
struct CodedStoreResult {
  SchemePlan plan;
  /// All n, by index, checked.
  std::vector<ledger::ShardReceipt> receipts;
};

/// Codes and stores; nodes that fail or are slow are replaced, and where no others are left fewer
/// shards are stored, as far as `durability` and the class's least tolerance allow.
/// Fails with NOT_ENOUGH_NODES, or with what the last node said. Threads: the strand.
void store_coded(const EnvPtr& env, CodedStoreRequest request,
                 Callback<Result<CodedStoreResult>> done);

/// Whether `receipt` is `node`'s for exactly this shard.
[[nodiscard]] Result<void> check_receipt(const ledger::ShardReceipt& receipt, const ChainId& chain,
                                         const NodeId& node, const ShardRef& shard,
                                         const TreeRoot& root, std::uint64_t length);

/// Puts all of a shard on a node, piece by piece, and brings its checked receipt. `bytes` is shared
/// with the caller, who may offer it to several nodes.
struct ShardPut {
  NodeId node;
  ShardRef shard;
  std::shared_ptr<const Bytes> bytes;
  TreeRoot root;
  Height hold_until;
};
void put_shard(const EnvPtr& env, ShardPut put, Callback<Result<ledger::ShardReceipt>> done);

}  // namespace oort::object
