// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/crypto/hash.hpp"

/// S3's semantics without HTTP: what the S3 door, and whoever else reads and writes objects, calls.
///
/// Threads: every function may be called from any thread and never blocks; every callback runs
/// exactly once, on the store's own strand, never inside the call. A callback must not block.
///
/// Failures are `Error`s whose reason a door maps to its own codes:
///   NO_SUCH_BUCKET, NO_SUCH_KEY, NO_SUCH_VERSION, NO_SUCH_UPLOAD  there is no such thing
///   METHOD_NOT_ALLOWED     the version asked for by id is a delete marker
///   BUCKET_ALREADY_EXISTS, BUCKET_ALREADY_OWNED  the name is taken, by another or by the caller
///   BUCKET_NOT_EMPTY       a bucket with versions or uploads cannot be deleted
///   PRECONDITION_FAILED    If-Match or If-None-Match did not hold when the write was ordered
///   CHECKSUM_MISMATCH      the bytes are not those that the client announced
///   BODY_TOO_SHORT         fewer bytes arrived than `size` promised
///   TOO_LARGE, BAD_ARGUMENT, INVALID_RANGE, INVALID_PART, INVALID_PART_ORDER, PART_TOO_SMALL
///   NOT_ALLOWED            the caller, its key's scope, or this gateway's grant forbids it
///   NO_QUORUM              the ledger cannot order now; nothing is known of a write that waited
///   NOT_ENOUGH_NODES       too few live nodes for the class under the durability policy
///   NOT_ENOUGH_SHARDS      an object cannot be read now: fewer than k of its shards answer
///   QUEUE_FULL             too many requests are in flight; try again
///   DEADLINE_EXCEEDED      a wait had its end; a write may or may not have been ordered
namespace oort::object {

/// Names and values as they came: lower-case header names, or the keys of tags.
struct Header {
  std::string name;
  std::string value;
  friend bool operator==(const Header&, const Header&) = default;
};
using Headers = std::vector<Header>;

enum class StorageClass : std::uint8_t {
  Standard = 0,
  StandardIa = 1,
  Glacier = 2,
  DeepArchive = 3
};
/// S3's word: "STANDARD", "STANDARD_IA", "GLACIER", "DEEP_ARCHIVE".
[[nodiscard]] std::string_view to_string(StorageClass storage_class) noexcept;
/// Empty for a word that is no class here.
[[nodiscard]] std::optional<StorageClass> storage_class_from(std::string_view word) noexcept;

enum class Versioning : std::uint8_t { Off = 0, Enabled = 1, Suspended = 2 };

/// Bounds of S3.
inline constexpr std::uint64_t object_bytes_max = std::uint64_t{5} << 40;
inline constexpr std::uint64_t part_bytes_max = std::uint64_t{5} << 30;
inline constexpr std::uint64_t part_bytes_min = std::uint64_t{5} << 20;
inline constexpr std::uint32_t part_number_max = 10'000;
inline constexpr std::size_t metadata_bytes_max = 8 * 1024;
inline constexpr std::size_t list_keys_max = 1'000;

/// Who asks, after the door has authenticated them.
struct Caller {
  AccountId account;
  std::string access_key_id;
  bool is_read_only = false;
  /// Empty: every bucket. Otherwise the only bucket that the key may touch.
  std::string bucket_scope;
  /// Hash of the client's signed request; stands in the ledger's operation as its authority.
  Bytes32 request_hash;
  /// For logs: runs from the request to the ledger's operation.
  std::string trace_id;
};

/// What SigV4 needs to know of an access key.
struct AccessKey {
  std::string id;
  std::string secret;
  AccountId account;
  bool is_read_only = false;
  std::string bucket_scope;
  /// Empty: does not expire.
  std::optional<WallTime> expires;
};

struct BucketSummary {
  BucketId id;
  std::string name;
  AccountId owner;
  WallTime created;
  Versioning versioning = Versioning::Off;
  /// The name of the region where it is homed.
  std::string region;
};

enum class ChecksumType : std::uint8_t { FullObject = 0, Composite = 1 };
/// `value` is the raw digest, big-endian for the CRCs. A composite one is the digest of the parts'
/// digests, and belongs to an object of `ObjectMeta::parts_count` parts.
struct Checksum {
  crypto::Digest kind = crypto::Digest::Crc32;
  ChecksumType type = ChecksumType::FullObject;
  Bytes value;
  friend bool operator==(const Checksum&, const Checksum&) = default;
};

/// Everything known of one version but its bytes.
struct ObjectMeta {
  std::string name;
  /// The id by which S3 addresses this version. In a bucket that never had versioning doors print
  /// none; a version written while versioning was off or suspended is S3's "null" version.
  ObjectVersionId version;
  bool is_null_version = true;
  bool is_latest = true;
  bool is_delete_marker = false;
  std::uint64_t size = 0;
  /// Without quotes: MD5 in hexadecimal, or "MD5 of MD5s"-"parts".
  std::string etag;
  /// Header time of the block that ordered it.
  WallTime modified;
  StorageClass storage_class = StorageClass::Standard;
  /// content-type, cache-control, content-disposition, content-encoding, content-language, expires,
  /// and x-amz-meta-*: whatever was given at the put.
  Headers headers;
  Headers tags;
  std::vector<Checksum> checksums;
  /// 0 for an object that was put at once.
  std::uint32_t parts_count = 0;
  /// Sizes of its parts in order, for requests by part number; empty for one put at once.
  std::vector<std::uint64_t> part_sizes;
  AccountId owner;
  /// Losses that the object survives now by the ledger's record, and whether that is less than its
  /// class promises.
  std::uint32_t tolerance = 0;
  bool is_degraded = false;
  friend bool operator==(const ObjectMeta&, const ObjectMeta&) = default;
};

/// What must hold of the newest version when the ledger orders the write.
struct Precondition {
  /// There must be no live object of that name (If-None-Match: *).
  bool if_none_match_any = false;
  /// The newest version's ETag must be this, without quotes; "*" asks only that there is one.
  std::optional<std::string> if_match;
};

struct PutRequest {
  Caller caller;
  std::string bucket;
  std::string name;
  Headers headers;
  Headers tags;
  StorageClass storage_class = StorageClass::Standard;
  /// Content-Length, decoded. Empty when the client did not say.
  std::optional<std::uint64_t> size;
  Precondition precondition;
  /// To be computed, stored and returned besides the ETag; those of `PutEnd::expected` must stand
  /// here already, since bytes pass only once.
  std::vector<crypto::Digest> checksums;
};

/// What the client announced about its bytes, known at the latest with the trailers.
struct PutEnd {
  /// Content-MD5, raw.
  std::optional<Bytes> md5;
  std::vector<Checksum> expected;
};

struct PutResult {
  std::string etag;
  ObjectVersionId version;
  /// Whether the bucket keeps versions, so that a door names `version`.
  Versioning versioning = Versioning::Off;
  std::vector<Checksum> checksums;
  /// Losses that the bytes survive from this moment, and whether the class promises more.
  std::uint32_t tolerance = 0;
  bool is_degraded = false;
  WallTime modified;
  Height height;
};

/// One object or part on its way in. Destroying it before `finish` was called aborts it; after
/// that it may be destroyed at any time. Memory is bounded by the store's options.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;
  /// Takes the next bytes; `done` runs when more are wanted. Requires: the one before is done.
  virtual void write(Bytes piece, Callback<Result<void>> done) = 0;
  /// Makes what was written durable and has it ordered. The reply means: fsynced on as many nodes
  /// as `tolerance` says, and final on the ledger. Requires: no write is open; called once.
  virtual void finish(PutEnd end, Callback<Result<PutResult>> done) = 0;
};

/// A run of bytes: `[first, first + size)`.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t size = 0;
};

/// One version on its way out.
class ObjectReader {
 public:
  virtual ~ObjectReader() = default;
  [[nodiscard]] virtual const ObjectMeta& meta() const noexcept = 0;
  /// Chooses what `read` gives; without it, everything. Requires: before the first `read`, and
  /// inside the object, else the next `read` fails with INVALID_RANGE.
  virtual void select(ByteRange range) = 0;
  /// The next verified piece of plain text, at most 1 MiB; empty at the end. Requires: the one
  /// before is done. Nothing is fetched far ahead of the caller.
  virtual void read(Callback<Result<Bytes>> done) = 0;
};

struct ObjectRef {
  Caller caller;
  std::string bucket;
  std::string name;
  /// Empty: the newest.
  std::optional<ObjectVersionId> version;
  /// Asks for the "null" version; `version` is empty then.
  bool wants_null_version = false;
};

struct CopyRequest {
  /// The source; its conditions were judged by the door from its meta, so the door should name the
  /// version that it saw.
  ObjectRef source;
  std::string bucket;
  std::string name;
  /// Empty: those of the source.
  std::optional<Headers> headers;
  std::optional<Headers> tags;
  std::optional<StorageClass> storage_class;
  Precondition precondition;
  std::vector<crypto::Digest> checksums;
};

struct DeleteResult {
  /// Whether a delete marker was made, or was what got removed.
  bool is_delete_marker = false;
  /// The marker made, or the version removed. Empty in a bucket without versions.
  std::optional<ObjectVersionId> version;
};
/// One name of a DeleteObjects request.
struct DeleteTarget {
  std::string name;
  std::optional<ObjectVersionId> version;
  bool wants_null_version = false;
};

struct ListRequest {
  Caller caller;
  std::string bucket;
  std::string prefix;
  /// Empty: none. Otherwise names that hold it after the prefix are rolled into common prefixes.
  std::string delimiter;
  /// Only names and common prefixes greater than this, in bytes.
  std::string after;
  /// 0 to 1,000: names and common prefixes together.
  std::size_t count_max = list_keys_max;
};
struct ListResult {
  std::vector<ObjectMeta> objects;
  std::vector<std::string> common_prefixes;
  bool is_truncated = false;
  /// The greatest name or common prefix here: give it as `after` of the next page.
  std::string next_after;
};

struct ListVersionsRequest {
  Caller caller;
  std::string bucket;
  std::string prefix;
  std::string delimiter;
  /// Greater names only; with `after_version`, also older versions of that very name.
  std::string after;
  std::optional<ObjectVersionId> after_version;
  std::size_t count_max = list_keys_max;
};
struct ListVersionsResult {
  /// By name ascending, then newest first; delete markers among them.
  std::vector<ObjectMeta> versions;
  std::vector<std::string> common_prefixes;
  bool is_truncated = false;
  std::string next_after;
  std::optional<ObjectVersionId> next_after_version;
};

/// S3's UploadId: the ledger's id of the multipart record.
using UploadId = ObjectVersionId;

struct CreateUploadRequest {
  Caller caller;
  std::string bucket;
  std::string name;
  Headers headers;
  Headers tags;
  StorageClass storage_class = StorageClass::Standard;
  /// Computed for every part; the object's is of this type.
  std::optional<crypto::Digest> checksum;
  ChecksumType checksum_type = ChecksumType::Composite;
};
struct UploadRef {
  Caller caller;
  std::string bucket;
  std::string name;
  UploadId upload;
};
struct PartRequest {
  UploadRef upload;
  /// 1 to 10,000.
  std::uint32_t number = 0;
  std::optional<std::uint64_t> size;
  std::vector<crypto::Digest> checksums;
};
struct CopyPartRequest {
  UploadRef upload;
  std::uint32_t number = 0;
  ObjectRef source;
  /// Empty: all of the source.
  std::optional<ByteRange> range;
};
struct PartMeta {
  std::uint32_t number = 0;
  std::uint64_t size = 0;
  std::string etag;
  WallTime modified;
  std::vector<Checksum> checksums;
  friend bool operator==(const PartMeta&, const PartMeta&) = default;
};
/// A part as the client names it at the end.
struct CompletedPart {
  std::uint32_t number = 0;
  std::string etag;
  std::vector<Checksum> checksums;
};
struct CompleteRequest {
  UploadRef upload;
  /// In ascending order of numbers.
  std::vector<CompletedPart> parts;
  Precondition precondition;
  /// The whole object's checksum as the client computed it, and its size, when it says them.
  std::optional<Checksum> expected;
  std::optional<std::uint64_t> size;
};
struct UploadSummary {
  std::string name;
  UploadId id;
  WallTime started;
  StorageClass storage_class = StorageClass::Standard;
  AccountId owner;
  std::optional<crypto::Digest> checksum;
  ChecksumType checksum_type = ChecksumType::Composite;
};
struct ListPartsRequest {
  UploadRef upload;
  std::uint32_t after_number = 0;
  std::size_t count_max = list_keys_max;
};
struct ListPartsResult {
  UploadSummary upload;
  std::vector<PartMeta> parts;
  bool is_truncated = false;
  std::uint32_t next_after_number = 0;
};
struct ListUploadsRequest {
  Caller caller;
  std::string bucket;
  std::string prefix;
  std::string delimiter;
  std::string after;
  std::optional<UploadId> after_upload;
  std::size_t count_max = list_keys_max;
};
struct ListUploadsResult {
  std::vector<UploadSummary> uploads;
  std::vector<std::string> common_prefixes;
  bool is_truncated = false;
  std::string next_after;
  std::optional<UploadId> next_after_upload;
};

/// How current the answers are.
struct StoreState {
  /// Of the final state that reads serve.
  Height height;
  /// The ledger reaches no quorum now: writes fail with NO_QUORUM and reads may be stale, which
  /// doors say with `x-oort-height`.
  bool is_stale = false;
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  /// The only call that answers at once. Threads: any.
  [[nodiscard]] virtual StoreState state() const noexcept = 0;

  /// Fails with NOT_FOUND for an id that this gateway does not know or may not open.
  virtual void find_access_key(std::string id, Callback<Result<AccessKey>> done) = 0;

  virtual void create_bucket(Caller caller, std::string bucket,
                             Callback<Result<BucketSummary>> done) = 0;
  virtual void delete_bucket(Caller caller, std::string bucket, Callback<Result<void>> done) = 0;
  /// All buckets of the caller's account, by name ascending.
  virtual void list_buckets(Caller caller, Callback<Result<std::vector<BucketSummary>>> done) = 0;
  virtual void head_bucket(Caller caller, std::string bucket,
                           Callback<Result<BucketSummary>> done) = 0;
  /// Off cannot be returned to: fails with BAD_ARGUMENT.
  virtual void set_versioning(Caller caller, std::string bucket, Versioning versioning,
                              Callback<Result<void>> done) = 0;

  /// Fails early when the request cannot succeed; a precondition is judged again when ordered.
  virtual void put(PutRequest request, Callback<Result<std::unique_ptr<ObjectWriter>>> done) = 0;
  /// The newest version being a delete marker, or none at all: NO_SUCH_KEY.
  virtual void get(ObjectRef object, Callback<Result<std::unique_ptr<ObjectReader>>> done) = 0;
  virtual void head(ObjectRef object, Callback<Result<ObjectMeta>> done) = 0;
  /// Copies inside the store; bytes pass through this gateway only where keys or classes differ.
  virtual void copy(CopyRequest request, Callback<Result<PutResult>> done) = 0;
  /// Deleting what is not there succeeds, as in S3.
  virtual void remove(ObjectRef object, Callback<Result<DeleteResult>> done) = 0;
  /// At most 1,000 targets; answers in their order. The outer failure concerns all of them.
  virtual void remove_many(Caller caller, std::string bucket, std::vector<DeleteTarget> targets,
                           Callback<Result<std::vector<Result<DeleteResult>>>> done) = 0;
  /// Replaces the tags of a version.
  virtual void set_tags(ObjectRef object, Headers tags, Callback<Result<void>> done) = 0;

  virtual void list(ListRequest request, Callback<Result<ListResult>> done) = 0;
  virtual void list_versions(ListVersionsRequest request,
                             Callback<Result<ListVersionsResult>> done) = 0;

  virtual void create_upload(CreateUploadRequest request, Callback<Result<UploadSummary>> done) = 0;
  virtual void put_part(PartRequest request,
                        Callback<Result<std::unique_ptr<ObjectWriter>>> done) = 0;
  virtual void copy_part(CopyPartRequest request, Callback<Result<PartMeta>> done) = 0;
  virtual void complete_upload(CompleteRequest request, Callback<Result<PutResult>> done) = 0;
  virtual void abort_upload(UploadRef upload, Callback<Result<void>> done) = 0;
  virtual void list_parts(ListPartsRequest request, Callback<Result<ListPartsResult>> done) = 0;
  virtual void list_uploads(ListUploadsRequest request,
                            Callback<Result<ListUploadsResult>> done) = 0;
};

}  // namespace oort::object
