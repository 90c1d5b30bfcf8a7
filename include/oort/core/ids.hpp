// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "oort/core/bytes.hpp"
#include "oort/core/strong.hpp"

namespace oort {

/// Identifiers of the network. Widths are frozen: they stand in signed bytes and in stored records.

/// H(genesis), which contains the cell id: no signature of one network means anything on another.
using ChainId = FixedBytes<struct ChainIdTag, 32>;
/// One Olympus instance of a network of several. The local network is cell 0.
using CellId = Strong<struct CellIdTag, std::uint32_t>;
/// First 20 bytes of H(public key): who owns money, buckets and nodes.
using AccountId = FixedBytes<struct AccountIdTag, 20>;
/// The account that answers for a node; two nodes of one operator are one fault domain.
using OperatorId = AccountId;
/// Ed25519 public key of a node.
using NodeId = FixedBytes<struct NodeIdTag, 32>;
/// Ed25519 public key of anybody.
using PublicKey = FixedBytes<struct PublicKeyTag, 32>;
/// Ed25519 signature, R ‖ S (RFC 8032).
using Signature = FixedBytes<struct SignatureTag, 64>;
/// Position in the validator set of one epoch.
using ValidatorIndex = Strong<struct ValidatorIndexTag, std::uint16_t>;

using Epoch = Strong<struct EpochTag, std::uint64_t>;
/// A turn of one leader inside an epoch, counted from 1; 0 is the epoch's anchor block.
using View = Strong<struct ViewTag, std::uint64_t>;
/// Number of blocks below; genesis is 0.
using Height = Strong<struct HeightTag, std::uint64_t>;
/// Hash of a block header.
using BlockId = FixedBytes<struct BlockIdTag, 32>;
/// Hash of a transaction's signed bytes and public key.
using TransactionId = FixedBytes<struct TransactionIdTag, 32>;

using BucketId = Strong<struct BucketIdTag, std::uint64_t>;
/// height ‖ transaction ‖ operation, big-endian: sorts by time and is the S3 version id.
using ObjectVersionId = FixedBytes<struct ObjectVersionIdTag, 16>;
/// Keyed hash of an object's name.
using NameHash = FixedBytes<struct NameHashTag, 32>;
using SegmentId = FixedBytes<struct SegmentIdTag, 32>;
/// Root of a BLAKE3 tree over the bytes of a shard, a slot or a segment.
using TreeRoot = FixedBytes<struct TreeRootTag, 32>;
/// One extent of a segment.
struct SlotRef {
  SegmentId segment;
  std::uint32_t slot = 0;
  friend bool operator==(const SlotRef&, const SlotRef&) noexcept = default;
  friend auto operator<=>(const SlotRef&, const SlotRef&) noexcept = default;
};
/// One coded piece of a segment. The generation grows with every repair or move of that piece.
struct ShardRef {
  SegmentId segment;
  std::uint8_t index = 0;
  std::uint32_t generation = 0;
  friend bool operator==(const ShardRef&, const ShardRef&) noexcept = default;
  friend auto operator<=>(const ShardRef&, const ShardRef&) noexcept = default;
};

using TaskId = FixedBytes<struct TaskIdTag, 32>;
using JobId = FixedBytes<struct JobIdTag, 32>;
using CampaignId = FixedBytes<struct CampaignIdTag, 32>;
using DatasetId = FixedBytes<struct DatasetIdTag, 32>;
using ModelId = FixedBytes<struct ModelIdTag, 32>;
/// A lease and its fencing token: only the holder of the highest fence may act.
struct LeaseId {
  std::uint64_t id = 0;
  std::uint64_t fence = 0;
  friend bool operator==(const LeaseId&, const LeaseId&) noexcept = default;
  friend auto operator<=>(const LeaseId&, const LeaseId&) noexcept = default;
};

}  // namespace oort
