// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bucket_access.hpp"
#include "gateway_env.hpp"
#include "oort/env/kv_store.hpp"

namespace oort::object {

/// What a list says of one version, in the order of names: the opened bodies of every bucket whose
/// key this gateway has, kept in step with the final blocks.
///
/// Keys begin with 'I': 'c' the height it is at; 'b' bucket: how many links of the bucket's change
/// log it has seen, and the head; 'n' bucket, name hash: the name; 'o' bucket, name, 0, inverted
/// version: a version. Names hold no zero byte, so the order is by name, then newest first.
///
/// Invariants
///   X1  It holds exactly the versions and markers that the bucket's change log leaves; a gap in
///       the log rebuilds the bucket from the ledger's state.
///   X2  It can be lost: an empty one is rebuilt.
///   X3  A name whose last version is gone is gone here too.
/// Threads: the strand for changes; reading from snapshots is free.
class BucketIndex {
 public:
  BucketIndex(EnvPtr env, std::shared_ptr<Keyring> keyring)
      : env_(std::move(env)), keyring_(std::move(keyring)) {}

  /// Brings the index to the newest snapshot where it cannot follow from where it is, then follows
  /// as long as `owner`, which owns this, lives.
  [[nodiscard]] Result<void> start(std::weak_ptr<const void> owner);
  /// A name that only this gateway may know: of a delete marker for what never was.
  [[nodiscard]] Result<void> remember_name(BucketId bucket, const NameHash& hash,
                                           std::string_view name);

 private:
  struct Progress {
    std::uint64_t changes_count = 0;
    Bytes32 change_head;
  };
  void apply(const FinalBlock& block);
  void catch_up(const ledger::View& view, BucketId id);
  [[nodiscard]] Result<void> apply_change(const ledger::View& view,
                                          const ledger::ObjectChanged& event);
  [[nodiscard]] Result<void> put_version(const ledger::View& view, const ledger::Object& object);
  [[nodiscard]] Result<void> remove_version(BucketId bucket, const NameHash& hash,
                                            const ObjectVersionId& version);
  [[nodiscard]] Result<void> rebuild(const ledger::View& view, const ledger::Bucket& bucket);
  [[nodiscard]] Result<void> rebuild_all(const LedgerSnapshot& now);
  [[nodiscard]] Result<void> clear(ByteView prefix);
  [[nodiscard]] Result<std::optional<std::string>> name_of(BucketId bucket, const NameHash& hash);
  [[nodiscard]] Result<Progress> progress_of(BucketId bucket);
  void put_progress(env::KvBatch& batch, BucketId bucket, const Progress& progress);

  EnvPtr env_;
  std::shared_ptr<Keyring> keyring_;
};

/// Reading the index. Threads: any. Fail with DISK_FAILED or CORRUPT_DATA.
[[nodiscard]] Result<ListResult> list_index(const env::KvReader& index, BucketId bucket,
                                            const AccountId& owner, const ListRequest& request);
[[nodiscard]] Result<ListVersionsResult> list_index_versions(const env::KvReader& index,
                                                             BucketId bucket,
                                                             const AccountId& owner,
                                                             const ListVersionsRequest& request);

/// What the ledger and the sealed body say of a version together.
[[nodiscard]] ObjectMeta meta_of(const ledger::Object& object, const Body& body,
                                 const AccountId& owner);

namespace bucket_index {
[[nodiscard]] Bytes version_key(BucketId bucket, std::string_view name,
                                const ObjectVersionId& version);
[[nodiscard]] Bytes versions_prefix(BucketId bucket, std::string_view name_prefix);
[[nodiscard]] Bytes encode_meta(const ObjectMeta& meta);
/// Without name and version, which the key has. Fails with CORRUPT_DATA.
[[nodiscard]] Result<ObjectMeta> decode_meta(ByteView value);
}  // namespace bucket_index

}  // namespace oort::object
