// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call.hpp"
#include "oort/core/limits.hpp"

/// Buckets, versions, segments, uploads: what the index tree holds.
namespace oort::ledger {

[[nodiscard]] Rejection apply(Call& call, const BucketCreate& operation);
[[nodiscard]] Rejection apply(Call& call, const BucketDelete& operation);
[[nodiscard]] Rejection apply(Call& call, const BucketSetVersioning& operation);
[[nodiscard]] Rejection apply(Call& call, const BucketSetPolicy& operation);
[[nodiscard]] Rejection apply(Call& call, const BucketSetKeys& operation);

[[nodiscard]] Rejection apply(Call& call, const ObjectCommit& operation);
[[nodiscard]] Rejection apply(Call& call, const ObjectDelete& operation);
[[nodiscard]] Rejection apply(Call& call, const ObjectRestore& operation);

[[nodiscard]] Rejection apply(Call& call, const SegmentOpen& operation);
[[nodiscard]] Rejection apply(Call& call, const SegmentAppend& operation);
[[nodiscard]] Rejection apply(Call& call, const SegmentSeal& operation);
[[nodiscard]] Rejection apply(Call& call, const SegmentStore& operation);
[[nodiscard]] Rejection apply(Call& call, const ShardReplace& operation);

[[nodiscard]] Rejection apply(Call& call, const MultipartCreate& operation);
[[nodiscard]] Rejection apply(Call& call, const MultipartPart& operation);
[[nodiscard]] Rejection apply(Call& call, const MultipartComplete& operation);
[[nodiscard]] Rejection apply(Call& call, const MultipartAbort& operation);

/// Looks after what this block's height and earlier ones have set: purges removed versions, drops
/// segments that nothing refers to. At most `expiries_per_block_max`; the rest waits for the next.
void expire(Block& block, std::vector<Event>& events);
inline constexpr std::size_t expiries_per_block_max = 1'024;

// Buckets -----------------------------------------------------------------------------------------

/// The bucket, if the sender may do `operation` to it. `bytes` is the ciphertext that it adds.
[[nodiscard]] Accepted<Bucket> open_bucket(Call& call, BucketId id, const Authority& authority,
                                           GrantedOperation operation, std::uint64_t bytes = 0);
void save_bucket(Call& call, const Bucket& bucket);
/// S3's rules for names.
[[nodiscard]] bool is_bucket_name(std::string_view name) noexcept;

// Versions ----------------------------------------------------------------------------------------

[[nodiscard]] Rejection check(const Precondition& precondition,
                              const std::optional<Object>& newest);
/// Makes `object` the newest version of its name, as the bucket's versioning says: fills in whether
/// it is the null version, and removes the null version that it replaces.
void put_version(Call& call, Bucket& bucket, Object object, ObjectChange change);

// References --------------------------------------------------------------------------------------

/// What a list of extents amounts to.
struct Content {
  std::uint64_t sealed_size = 0;
  std::uint8_t tolerance = 0;
  bool is_degraded = false;
};
/// The bytes of the extents together; refused when that is no number.
[[nodiscard]] Accepted<std::uint64_t> sealed_size_of(const std::vector<Extent>& extents);
/// Counts a reference for each extent. With `must_own` they must lie in segments of the sender.
[[nodiscard]] Accepted<Content> refer(Call& call, const std::vector<Extent>& extents,
                                      const ClassPolicy& policy, bool must_own);
/// Takes the references back; a sealed segment without any is dropped.
void release(Block& block, const std::vector<Extent>& extents, std::vector<Event>& events);

// Segments ----------------------------------------------------------------------------------------

void save_segment(Block& block, const SegmentId& id, const Segment& segment);
/// Has the block of `height` look whether anything refers to the segment.
void watch_segment(Block& block, const SegmentId& id, Height height);
/// Drops the record, and says so.
void drop_segment(Block& block, const SegmentId& id, const Segment& segment,
                  std::vector<Event>& events);
[[nodiscard]] SegmentChanged event_of(SegmentChanged::Kind kind, const SegmentId& id,
                                      const Segment& segment);

// Receipts ----------------------------------------------------------------------------------------

/// What a receipt has to say beside its index and node.
struct Promise {
  const SegmentId& segment;
  std::uint32_t generation = 0;
  std::uint64_t length = 0;
};
/// The signature is checked last, being the dear part.
[[nodiscard]] Rejection check(const Call& call, const ShardReceipt& receipt,
                              const Promise& promise);
/// Whether shards may be put on these nodes: all registered and active, and no two of one operator,
/// network or system, as far as the parameters ask for it.
[[nodiscard]] Rejection check_nodes(const Call& call, const std::vector<NodeId>& nodes);
/// Whether one more shard may be put on `id`, beside those on `others`, which may be gone or
/// faulty.
[[nodiscard]] Rejection check_joins(const Call& call, const NodeId& id,
                                    const std::vector<NodeId>& others);

}  // namespace oort::ledger
