// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/params.hpp"
#include "oort/ledger/record.hpp"

namespace oort::ledger {

inline constexpr std::size_t bucket_name_bytes_max = 63;
inline constexpr std::size_t extents_per_object_max = 10'000;
inline constexpr std::size_t parts_per_upload_max = 10'000;
inline constexpr std::size_t body_bytes_max = 64 * 1024;
inline constexpr std::size_t key_seals_max = 64;
inline constexpr std::size_t sealed_key_bytes_max = 512;

/// Made like an object's version id, of the operation that began the upload.
using UploadId = ObjectVersionId;

enum class Versioning : std::uint8_t { Disabled = 0, Enabled = 1, Suspended = 2 };
/// Who can open the bodies: gateways that the owner chose, the owner alone, or everybody.
enum class KeyMode : std::uint8_t { GatewaySealed = 0, OwnerSealed = 1, Clear = 2 };

/// A bucket. Its name is unique in the cell; its id is never reused.
struct Bucket {
  static constexpr std::uint8_t format_version = 1;

  BucketId id;
  AccountId owner;
  std::string name;
  Versioning versioning = Versioning::Disabled;
  KeyMode key_mode = KeyMode::GatewaySealed;
  Bytes32 policy_digest;             ///< Zero without a policy.
  std::uint64_t created_ms = 0;      ///< Header time, as all `_ms` of the records.
  std::uint64_t versions_count = 0;  ///< Object versions and delete markers.
  std::uint64_t uploads_count = 0;   ///< Multipart uploads under way.
  std::uint64_t bytes = 0;           ///< Ciphertext of the versions.
  std::uint64_t changes_count = 0;   ///< Changes folded into `change_head`.
  Bytes32 change_head;               ///< See `next_change_head`.
  friend bool operator==(const Bucket&, const Bucket&) = default;
};

/// A bucket's key, sealed to one gateway's node key.
struct KeySeal {
  NodeId gateway;
  Bytes sealed;
  friend bool operator==(const KeySeal&, const KeySeal&) = default;
};
/// The bucket key of one epoch, sealed to each gateway that the owner chose.
struct BucketKeys {
  static constexpr std::uint8_t format_version = 1;
  std::uint32_t epoch = 0;
  std::vector<KeySeal> seals;  ///< Ascending by gateway.
  friend bool operator==(const BucketKeys&, const BucketKeys&) = default;
};

/// A run of ciphertext inside a segment.
struct Extent {
  SlotRef slot;
  std::uint64_t offset = 0;  ///< Bytes from the start of the segment.
  std::uint64_t length = 0;  ///< Bytes of ciphertext.
  TreeRoot root;             ///< Tree root over exactly these bytes.
  friend bool operator==(const Extent&, const Extent&) = default;
};

/// One version of an object, or a delete marker.
struct Object {
  static constexpr std::uint8_t format_version = 1;

  BucketId bucket;
  NameHash name_hash;
  ObjectVersionId version;
  bool is_null_version = false;  ///< S3 calls it "null": made while versioning was not enabled.
  bool is_delete_marker = false;
  bool is_degraded = false;    ///< Committed below the tolerance of its class.
  std::uint8_t tolerance = 0;  ///< Losses survived when it was committed.
  StorageClass storage_class = StorageClass::Standard;
  std::uint64_t size = 0;         ///< Bytes of plain content, as the client sees it.
  std::uint64_t sealed_size = 0;  ///< Sum of the extents' lengths.
  Bytes32 body_digest;            ///< `body_digest_of` of the sealed body.
  std::uint64_t time_ms = 0;
  std::vector<Extent> extents;  ///< In the order of the content.
  friend bool operator==(const Object&, const Object&) = default;
};

/// A version that was removed and can be restored until `purge_at`.
struct RemovedObject {
  static constexpr std::uint8_t format_version = 1;
  Object object;
  Height purge_at;
  friend bool operator==(const RemovedObject&, const RemovedObject&) = default;
};

enum class Scheme : std::uint8_t { Replicated = 0, ReedSolomon = 1 };
/// Open: its gateway appends. Sealed: coded and immutable.
enum class SegmentState : std::uint8_t { Open = 0, Sealed = 1 };

/// One coded piece or replica of a segment and where it lives; its index is its place in the list.
struct Shard {
  NodeId node;
  TreeRoot root;
  std::uint64_t length = 0;      ///< Bytes of this shard (for a replica: durable from the start).
  std::uint32_t generation = 0;  ///< See ShardReceipt.
  friend bool operator==(const Shard&, const Shard&) = default;
};

/// The unit of placement, coding, audit and repair: at most 64 MiB of ciphertext.
struct Segment {
  static constexpr std::uint8_t format_version = 1;

  AccountId gateway;  ///< Who made it and alone may append to it or refer to it.
  SegmentState state = SegmentState::Open;
  Scheme scheme = Scheme::Replicated;
  std::uint8_t data_shards = 1;  ///< k; 1 when replicated. Any k shards give the content.
  StorageClass storage_class = StorageClass::Standard;
  std::uint8_t tolerance = 0;    ///< Shards that may be lost: full replicas − 1, or n − k.
  bool is_degraded = false;      ///< Below the tolerance of its class; repaired first.
  std::uint32_t fence = 0;       ///< Grows when the right to append changes hands or ends.
  std::uint64_t length = 0;      ///< Bytes of content that are durable.
  TreeRoot root;                 ///< Tree root over the content.
  std::uint64_t references = 0;  ///< Extents of live, removed or uploading objects.
  Height lease_until;            ///< While open: when any replica may seal it.
  Height hold_until;             ///< While unreferenced: when the ledger drops the record.
  std::vector<Shard> shards;
  friend bool operator==(const Segment&, const Segment&) = default;
};

/// A multipart upload under way.
struct Multipart {
  static constexpr std::uint8_t format_version = 1;
  BucketId bucket;
  NameHash name_hash;
  UploadId id;
  StorageClass storage_class = StorageClass::Standard;
  std::uint32_t parts_count = 0;
  Bytes32 body_digest;  ///< Of the sealed body given when it was begun.
  std::uint64_t time_ms = 0;
  friend bool operator==(const Multipart&, const Multipart&) = default;
};
struct Part {
  static constexpr std::uint8_t format_version = 1;
  std::uint16_t number = 0;  ///< 1 to 10,000.
  std::uint64_t size = 0;
  std::uint64_t sealed_size = 0;
  Bytes32 body_digest;
  std::uint64_t time_ms = 0;
  std::vector<Extent> extents;
  friend bool operator==(const Part&, const Part&) = default;
};

/// H("oort.v1 body", body); never zero for a real body.
[[nodiscard]] Bytes32 body_digest_of(ByteView body);

/// What happened to one version of a bucket. Numbers are frozen.
enum class ObjectChange : std::uint8_t { Put = 0, Marker = 1, Removed = 2, Restored = 3 };

/// The bucket's change log is a hash chain, so that whoever keeps an index of the bucket can prove
/// that it missed nothing: head' = H("oort.v1 bucket change", head ‖ change ‖ name ‖ version ‖
/// body). The head of a new bucket is zero.
[[nodiscard]] Bytes32 next_change_head(const Bytes32& head, ObjectChange change,
                                       const NameHash& name_hash, const ObjectVersionId& version,
                                       const Bytes32& body_digest);

}  // namespace oort::ledger
