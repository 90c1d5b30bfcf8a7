// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/record.hpp"

namespace oort::ledger {

/// What a storage node signs once a shard is on its disk and fsynced: "I hold these bytes, and will
/// not collect them before `hold_until`".
///
/// For a replica of an open segment, `length` is how many bytes of the segment it holds from the
/// start, `root` the tree root over them, and `generation` the segment's fence. For a coded shard,
/// `length` and `root` are of the shard, and `generation` counts its repairs.
struct ShardReceipt {
  static constexpr std::uint8_t format_version = 1;

  ChainId chain;
  SegmentId segment;
  std::uint8_t index = 0;
  TreeRoot root;
  std::uint64_t length = 0;  ///< Bytes.
  std::uint32_t generation = 0;
  Height hold_until;
  NodeId node;
  Signature signature;

  friend bool operator==(const ShardReceipt&, const ShardReceipt&) = default;
};

/// What `signature` is over: H("oort.v1 shard receipt", everything before the signature).
[[nodiscard]] Bytes32 sign_hash(const ShardReceipt& receipt);

/// A segment's id binds who made it, so nobody can take another gateway's id first.
/// `nonce` is the gateway's own and unused before; random is fine.
[[nodiscard]] SegmentId segment_id_of(const AccountId& gateway, std::uint64_t nonce);

}  // namespace oort::ledger
