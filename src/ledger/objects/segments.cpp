// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "objects/objects.hpp"
#include "oort/core/limits.hpp"
#include "storage/storage.hpp"

namespace oort::ledger {
namespace {

/// Losses that the shards survive, as far as the ledger knows.
std::uint8_t tolerance_of(const Segment& segment) {
  if (segment.scheme == Scheme::ReedSolomon) {
    return static_cast<std::uint8_t>(segment.shards.size() - segment.data_shards);
  }
  const auto whole = std::ranges::count(segment.shards, segment.length, &Shard::length);
  return static_cast<std::uint8_t>(whole == 0 ? 0 : whole - 1);
}

/// Settles tolerance and degradation. Refused below the floor of the class.
Rejection settle(const Call& call, Segment& segment) {
  const auto policy = policy_of(call.params(), segment.storage_class);
  if (!policy) return Rejection::ClassUnknown;
  segment.tolerance = tolerance_of(segment);
  segment.is_degraded = segment.tolerance < policy->tolerance;
  return segment.tolerance < policy->tolerance_min ? Rejection::ToleranceTooLow : Rejection::None;
}

std::vector<NodeId> nodes_of(const std::vector<ShardReceipt>& receipts) {
  std::vector<NodeId> nodes;
  nodes.reserve(receipts.size());
  for (const ShardReceipt& receipt : receipts) nodes.push_back(receipt.node);
  return nodes;
}

Shard shard_of(const ShardReceipt& receipt) {
  return {receipt.node, receipt.root, receipt.length, receipt.generation};
}

/// All n shards of a coded segment of `length` bytes.
Accepted<std::vector<Shard>> coded_shards(const Call& call, const SegmentId& id,
                                          std::uint32_t generation, std::uint8_t data_shards,
                                          std::uint64_t length,
                                          const std::vector<ShardReceipt>& receipts) {
  const std::size_t count = receipts.size();
  if (data_shards == 0 || count < data_shards || count > limits::shards_per_segment_max) {
    return Refused(Rejection::ShardsInvalid);
  }
  const std::uint64_t shard_length = receipts.front().length;
  if (length == 0 || length > limits::segment_bytes_max ||
      shard_length > limits::segment_bytes_max || shard_length * data_shards < length) {
    return Refused(Rejection::LengthInvalid);
  }
  if (const Rejection rejection = check_nodes(call, nodes_of(receipts));
      rejection != Rejection::None) {
    return Refused(rejection);
  }
  std::vector<Shard> shards;
  shards.reserve(count);
  for (const ShardReceipt& receipt : receipts) {
    if (receipt.index != shards.size()) return Refused(Rejection::ShardsInvalid);
    const Rejection rejection = check(call, receipt, {id, generation, shard_length});
    if (rejection != Rejection::None) return Refused(rejection);
    shards.push_back(shard_of(receipt));
  }
  return shards;
}

/// Whether the sender may end the open segment: its gateway, or a replica after the lease.
Rejection check_sealer(const Call& call, const Segment& segment) {
  if (call.sender == segment.gateway) return Rejection::None;
  const auto node = call.view().node_of(call.sender);
  const bool is_replica =
      node && std::ranges::find(segment.shards, *node, &Shard::node) != segment.shards.end();
  if (!is_replica) return Rejection::SegmentNotYours;
  return segment.lease_until < call.block.header.height ? Rejection::None : Rejection::LeaseRunning;
}

/// The receipts of a group commit, put into the replicas.
Rejection take_appends(const Call& call, const SegmentAppend& operation, Segment& segment) {
  std::size_t next = 0;
  for (const ShardReceipt& receipt : operation.receipts) {
    if (receipt.index < next || receipt.index >= segment.shards.size()) {
      return Rejection::ShardsInvalid;
    }
    next = std::size_t{receipt.index} + 1;
    Shard& shard = segment.shards[receipt.index];
    if (receipt.node != shard.node || receipt.root != operation.root) {
      return Rejection::ReceiptMismatch;
    }
    const Rejection rejection =
        check(call, receipt, {operation.segment, segment.fence, operation.length});
    if (rejection != Rejection::None) return rejection;
    shard = shard_of(receipt);
  }
  return operation.receipts.empty() ? Rejection::ShardsInvalid : Rejection::None;
}

/// What the new holder of a shard promises, and the root that it must have.
Rejection check_replacement(const Call& call, const ShardReplace& operation,
                            const Segment& segment) {
  const ShardReceipt& receipt = operation.receipt;
  const bool is_added = receipt.index == segment.shards.size();
  if (operation.replaces != (is_added ? NodeId() : segment.shards[receipt.index].node)) {
    return Rejection::ShardChanged;
  }
  Promise promise{operation.segment, segment.fence, segment.length};
  TreeRoot root = segment.root;
  if (segment.scheme == Scheme::ReedSolomon) {
    const Shard& before = segment.shards[is_added ? 0 : receipt.index];
    promise.length = before.length;
    // The root of new parity is not on the ledger; only who recodes can judge it.
    root = is_added ? receipt.root : before.root;
    if (!is_added) promise.generation = before.generation + 1;
  }
  if (receipt.root != root) return Rejection::ReceiptMismatch;
  std::vector<NodeId> others;
  for (std::size_t i = 0; i < segment.shards.size(); ++i) {
    if (i != receipt.index) others.push_back(segment.shards[i].node);
  }
  if (const Rejection rejection = check_joins(call, receipt.node, others);
      rejection != Rejection::None) {
    return rejection;
  }
  return check(call, receipt, promise);
}

}  // namespace

void save_segment(Block& block, const SegmentId& id, const Segment& segment) {
  save(block.state, keys::segment(id), segment);
}

void watch_segment(Block& block, const SegmentId& id, Height height) {
  block.state.put(keys::expiry(height, keys::Expiry::UnusedSegment, id.view()), {});
}

void drop_segment(Block& block, const SegmentId& id, const Segment& segment,
                  std::vector<Event>& events) {
  meter(block, segment, segment.shards, {});
  block.state.erase(keys::segment(id));
  events.emplace_back(event_of(SegmentChanged::Kind::Released, id, segment));
}

SegmentChanged event_of(SegmentChanged::Kind kind, const SegmentId& id, const Segment& segment) {
  return {kind, id, segment.length, segment.tolerance, segment.is_degraded};
}

Rejection apply(Call& call, const SegmentOpen& operation) {
  const SegmentId id = segment_id_of(call.sender, operation.nonce);
  if (call.state().get(keys::segment(id))) return Rejection::SegmentExists;
  if (const Rejection rejection = check_payer(call.block, call.sender);
      rejection != Rejection::None) {
    return rejection;
  }
  if (operation.replicas.empty()) return Rejection::ShardsInvalid;
  if (const Rejection rejection = check_nodes(call, operation.replicas);
      rejection != Rejection::None) {
    return rejection;
  }
  Segment segment;
  segment.gateway = call.sender;
  segment.storage_class = operation.storage_class;
  segment.fence = 1;
  segment.lease_until = call.block.height_after(call.params().segment_lease);
  segment.hold_until = later(segment.lease_until, call.params().orphan_window);
  for (const NodeId& node : operation.replicas) {
    segment.shards.push_back({node, TreeRoot(), 0, segment.fence});
  }
  if (const Rejection rejection = settle(call, segment); rejection != Rejection::None) {
    return rejection;
  }
  save_segment(call.block, id, segment);
  watch_segment(call.block, id, segment.hold_until);
  call.events.emplace_back(event_of(SegmentChanged::Kind::Opened, id, segment));
  return Rejection::None;
}

Rejection apply(Call& call, const SegmentAppend& operation) {
  auto segment = call.view().segment(operation.segment);
  if (!segment) return Rejection::SegmentUnknown;
  if (segment->gateway != call.sender) return Rejection::SegmentNotYours;
  if (segment->state != SegmentState::Open) return Rejection::SegmentNotOpen;
  if (segment->fence != operation.fence) return Rejection::FenceStale;
  if (operation.length <= segment->length || operation.length > limits::segment_bytes_max) {
    return Rejection::LengthInvalid;
  }
  const std::vector<Shard> before = segment->shards;
  if (const Rejection rejection = take_appends(call, operation, *segment);
      rejection != Rejection::None) {
    return rejection;
  }
  segment->length = operation.length;
  segment->root = operation.root;
  segment->lease_until = call.block.height_after(call.params().segment_lease);
  if (const Rejection rejection = settle(call, *segment); rejection != Rejection::None) {
    return rejection;
  }
  meter(call.block, *segment, before, segment->shards);
  save_segment(call.block, operation.segment, *segment);
  call.events.emplace_back(event_of(SegmentChanged::Kind::Appended, operation.segment, *segment));
  return Rejection::None;
}

Rejection apply(Call& call, const SegmentSeal& operation) {
  auto segment = call.view().segment(operation.segment);
  if (!segment) return Rejection::SegmentUnknown;
  if (segment->state != SegmentState::Open) return Rejection::SegmentNotOpen;
  if (segment->fence != operation.fence) return Rejection::FenceStale;
  if (const Rejection rejection = check_sealer(call, *segment); rejection != Rejection::None) {
    return rejection;
  }
  auto shards = coded_shards(call, operation.segment, operation.fence + 1, operation.data_shards,
                             segment->length, operation.receipts);
  if (!shards) return shards.error();
  segment->state = SegmentState::Sealed;
  segment->scheme = Scheme::ReedSolomon;
  segment->data_shards = operation.data_shards;
  segment->fence = operation.fence + 1;
  const std::vector<Shard> replicas = std::exchange(segment->shards, *std::move(shards));
  segment->hold_until = call.block.height_after(call.params().orphan_window);
  if (const Rejection rejection = settle(call, *segment); rejection != Rejection::None) {
    return rejection;
  }
  meter(call.block, *segment, replicas, segment->shards);
  save_segment(call.block, operation.segment, *segment);
  if (segment->references == 0) {
    watch_segment(call.block, operation.segment, segment->hold_until);
  }
  call.events.emplace_back(event_of(SegmentChanged::Kind::Sealed, operation.segment, *segment));
  return Rejection::None;
}

Rejection apply(Call& call, const SegmentStore& operation) {
  const SegmentId id = segment_id_of(call.sender, operation.nonce);
  if (call.state().get(keys::segment(id))) return Rejection::SegmentExists;
  if (const Rejection rejection = check_payer(call.block, call.sender);
      rejection != Rejection::None) {
    return rejection;
  }
  Segment segment;
  segment.gateway = call.sender;
  segment.state = SegmentState::Sealed;
  segment.scheme = Scheme::ReedSolomon;
  segment.data_shards = operation.data_shards;
  segment.storage_class = operation.storage_class;
  segment.fence = 1;
  segment.length = operation.length;
  segment.root = operation.root;
  segment.hold_until = call.block.height_after(call.params().orphan_window);
  auto shards = coded_shards(call, id, segment.fence, operation.data_shards, operation.length,
                             operation.receipts);
  if (!shards) return shards.error();
  segment.shards = *std::move(shards);
  if (const Rejection rejection = settle(call, segment); rejection != Rejection::None) {
    return rejection;
  }
  meter(call.block, segment, {}, segment.shards);
  save_segment(call.block, id, segment);
  watch_segment(call.block, id, segment.hold_until);
  call.events.emplace_back(event_of(SegmentChanged::Kind::Stored, id, segment));
  return Rejection::None;
}

Rejection apply(Call& call, const ShardReplace& operation) {
  const auto worker = call.view().node_of(call.sender);
  const auto node = worker ? call.view().node(*worker) : std::nullopt;
  if (!node || node->status == NodeStatus::Faulty) return Rejection::NotPermitted;
  auto segment = call.view().segment(operation.segment);
  if (!segment) return Rejection::SegmentUnknown;
  const std::size_t index = operation.receipt.index;
  if (index > segment->shards.size() || index >= limits::shards_per_segment_max) {
    return Rejection::ShardsInvalid;
  }
  if (const Rejection rejection = check_replacement(call, operation, *segment);
      rejection != Rejection::None) {
    return rejection;
  }
  const std::vector<Shard> before = segment->shards;
  if (index == segment->shards.size()) segment->shards.emplace_back();
  segment->shards[index] = shard_of(operation.receipt);
  // A repair is welcome even where it does not yet lift the segment to its class's floor.
  if (const Rejection rejection = settle(call, *segment);
      rejection != Rejection::None && rejection != Rejection::ToleranceTooLow) {
    return rejection;
  }
  meter(call.block, *segment, before, segment->shards);
  save_segment(call.block, operation.segment, *segment);
  call.events.emplace_back(
      event_of(SegmentChanged::Kind::ShardReplaced, operation.segment, *segment));
  return Rejection::None;
}

}  // namespace oort::ledger
