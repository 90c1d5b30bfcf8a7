// SPDX-License-Identifier: Apache-2.0
#include "bucket_index.hpp"

#include <algorithm>

#include "oort/codec/codec.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/receipt.hpp"
#include "oort/ledger/view.hpp"

namespace oort::object {
namespace {

constexpr std::string_view room = "object";
constexpr std::uint8_t format_version = 1;
constexpr std::size_t rebuild_page = 1000;
constexpr std::size_t clear_page = 1000;

void write_id(codec::Writer& out, BucketId bucket) {
  for (std::size_t i = 0; i < 8; ++i) {
    out.u8(static_cast<std::uint8_t>(bucket.value() >> (56 - 8 * i)));
  }
}

Bytes key_of(char table, BucketId bucket) {
  codec::Writer out;
  out.u8('I');
  out.u8(static_cast<std::uint8_t>(table));
  write_id(out, bucket);
  return std::move(out).take();
}

Bytes name_key(BucketId bucket, const NameHash& hash) {
  codec::Writer out;
  out.raw(key_of('n', bucket));
  codec::encode(out, hash);
  return std::move(out).take();
}

const Bytes& cursor_key() {
  static const Bytes key = to_bytes("Ic");
  return key;
}

}  // namespace

namespace bucket_index {

Bytes versions_prefix(BucketId bucket, std::string_view name_prefix) {
  codec::Writer out;
  out.raw(key_of('o', bucket));
  out.raw(as_bytes(name_prefix));
  return std::move(out).take();
}

Bytes version_key(BucketId bucket, std::string_view name, const ObjectVersionId& version) {
  codec::Writer out;
  out.raw(versions_prefix(bucket, name));
  out.u8(0);
  for (const std::byte byte : version.array()) {
    out.u8(static_cast<std::uint8_t>(~std::to_integer<std::uint8_t>(byte)));
  }
  return std::move(out).take();
}

Bytes encode_meta(const ObjectMeta& meta) {
  codec::Writer out;
  out.u8(format_version);
  out.boolean(meta.is_null_version);
  out.boolean(meta.is_delete_marker);
  out.boolean(meta.is_degraded);
  out.u8(static_cast<std::uint8_t>(meta.storage_class));
  out.u32(meta.tolerance);
  out.u64(meta.size);
  out.u64(meta.modified.milliseconds);
  out.u32(meta.parts_count);
  out.text(meta.etag);
  out.u32(static_cast<std::uint32_t>(meta.checksums.size()));
  for (const Checksum& checksum : meta.checksums) {
    out.u8(static_cast<std::uint8_t>(checksum.kind));
    out.u8(static_cast<std::uint8_t>(checksum.type));
    out.blob(checksum.value);
  }
  return std::move(out).take();
}

namespace {

Result<ObjectMeta> read_meta(codec::Reader& in) {
  OORT_TRY([[maybe_unused]] const std::uint8_t version, in.u8());
  ObjectMeta meta;
  OORT_TRY(meta.is_null_version, in.boolean());
  OORT_TRY(meta.is_delete_marker, in.boolean());
  OORT_TRY(meta.is_degraded, in.boolean());
  OORT_TRY(const std::uint8_t storage_class, in.u8());
  meta.storage_class = static_cast<StorageClass>(std::min<std::uint8_t>(storage_class, 3));
  OORT_TRY(meta.tolerance, in.u32());
  OORT_TRY(meta.size, in.u64());
  OORT_TRY(meta.modified.milliseconds, in.u64());
  OORT_TRY(meta.parts_count, in.u32());
  OORT_TRY(meta.etag, in.text(128));
  OORT_TRY(const std::uint32_t count, in.count(16, 6));
  for (std::uint32_t i = 0; i < count; ++i) {
    OORT_TRY(const std::uint8_t kind, in.u8());
    OORT_TRY(const std::uint8_t type, in.u8());
    OORT_TRY(const ByteView value, in.blob(64));
    meta.checksums.push_back({static_cast<crypto::Digest>(std::min<std::uint8_t>(kind, 6)),
                              type == 0 ? ChecksumType::FullObject : ChecksumType::Composite,
                              to_bytes(value)});
  }
  OORT_TRY(in.finish());
  return meta;
}

}  // namespace

Result<ObjectMeta> decode_meta(ByteView value) {
  codec::Reader in(value);
  auto meta = read_meta(in);
  if (meta) return meta;
  return fail(ErrorCode::DataLoss, reason::corrupt_data, "the bucket index holds a broken version");
}

}  // namespace bucket_index

ObjectMeta meta_of(const ledger::Object& object, const Body& body, const AccountId& owner) {
  ObjectMeta meta;
  meta.name = body.name;
  meta.version = object.version;
  meta.is_null_version = object.is_null_version;
  meta.is_delete_marker = object.is_delete_marker;
  meta.size = object.size;
  meta.etag = body.etag;
  meta.modified = WallTime{object.time_ms};
  meta.storage_class = static_cast<StorageClass>(object.storage_class);
  meta.headers = body.headers;
  meta.tags = body.tags;
  meta.checksums = body.checksums;
  for (const PartRun& run : body.parts) {
    meta.parts_count += run.count;
    meta.part_sizes.insert(meta.part_sizes.end(), run.count, run.size);
  }
  meta.owner = owner;
  meta.tolerance = object.tolerance;
  meta.is_degraded = object.is_degraded;
  return meta;
}

Result<void> BucketIndex::start(std::weak_ptr<const void> owner) {
  OORT_TRY(const auto stored, env_->parts.index.get(cursor_key()));
  const auto listen = [this, &owner](Height after) {
    return env_->parts.events.listen(after, [this, owner](const FinalBlock& block) {
      if (const auto alive = owner.lock()) apply(block);
    });
  };
  if (stored) {
    OORT_TRY(const std::uint64_t height, codec::from_bytes<std::uint64_t>(*stored));
    if (listen(Height(height))) return {};
  }
  const LedgerSnapshot now = env_->parts.ledger.snapshot();
  OORT_TRY(rebuild_all(now));
  return listen(now.height);
}

Result<void> BucketIndex::rebuild_all(const LedgerSnapshot& now) {
  OORT_TRY(clear(as_bytes("I")));
  const ledger::View view(*now.state);
  BucketId from;
  for (;;) {
    const auto buckets = view.buckets(from, rebuild_page);
    for (const ledger::Bucket& bucket : buckets) OORT_TRY(rebuild(view, bucket));
    if (buckets.size() < rebuild_page) break;
    from = buckets.back().id.next();
  }
  env::KvBatch batch;
  batch.put(cursor_key(), codec::to_bytes(now.height.value()));
  return env_->parts.index.write(batch, env::Sync::No);
}

Result<void> BucketIndex::clear(ByteView prefix) {
  for (;;) {
    env::KvBatch batch;
    const auto iterator = env_->parts.index.iterate(prefix);
    for (; iterator->is_valid() && batch.changes().size() < clear_page; iterator->next()) {
      batch.erase(iterator->key());
    }
    OORT_TRY(iterator->status());
    if (batch.empty()) return {};
    OORT_TRY(env_->parts.index.write(batch, env::Sync::No));
  }
}

Result<void> BucketIndex::rebuild(const ledger::View& view, const ledger::Bucket& bucket) {
  if (!keyring_->bucket(view, bucket.id)) return {};
  for (const char table : {'o', 'n'}) OORT_TRY(clear(key_of(table, bucket.id)));
  std::optional<ledger::ObjectVersionRef> after;
  std::uint64_t count = 0;
  for (;;) {
    const auto objects = view.objects(bucket.id, after, rebuild_page);
    for (const ledger::Object& object : objects) OORT_TRY(put_version(view, object));
    count += objects.size();
    if (objects.size() < rebuild_page) break;
    after = {bucket.id, objects.back().name_hash, objects.back().version};
  }
  env::KvBatch batch;
  put_progress(batch, bucket.id, {bucket.changes_count, bucket.change_head});
  log::info(room, "rebuilt the index of a bucket",
            {{"bucket", bucket.id.value()}, {"versions", count}});
  return env_->parts.index.write(batch, env::Sync::No);
}

Result<void> BucketIndex::remember_name(BucketId bucket, const NameHash& hash,
                                        std::string_view name) {
  env::KvBatch batch;
  batch.put(name_key(bucket, hash), as_bytes(name));
  return env_->parts.index.write(batch, env::Sync::No);
}

Result<std::optional<std::string>> BucketIndex::name_of(BucketId bucket, const NameHash& hash) {
  OORT_TRY(const auto name, env_->parts.index.get(name_key(bucket, hash)));
  if (!name) return std::optional<std::string>();
  return std::optional<std::string>(as_text(*name));
}

Result<BucketIndex::Progress> BucketIndex::progress_of(BucketId bucket) {
  OORT_TRY(const auto stored, env_->parts.index.get(key_of('b', bucket)));
  Progress progress;
  if (!stored) return progress;
  codec::Reader in(*stored);
  OORT_TRY(progress.changes_count, in.u64());
  OORT_TRY(codec::decode(in, progress.change_head));
  return progress;
}

void BucketIndex::put_progress(env::KvBatch& batch, BucketId bucket, const Progress& progress) {
  codec::Writer out;
  out.u64(progress.changes_count);
  codec::encode(out, progress.change_head);
  batch.put(key_of('b', bucket), out.bytes());
}

void BucketIndex::apply(const FinalBlock& block) {
  const LedgerSnapshot now = env_->parts.ledger.snapshot();
  const ledger::View view(*now.state);
  for (const ledger::Event& event : block.events) {
    if (const auto* changed = std::get_if<ledger::ObjectChanged>(&event)) {
      if (auto applied = apply_change(view, *changed); !applied) {
        log::error(room, "the bucket index missed a change",
                   {{"bucket", changed->bucket.value()}, {"error", applied.error().to_string()}});
      }
    }
    if (const auto* changed = std::get_if<ledger::BucketChanged>(&event)) {
      if (changed->kind == ledger::BucketChanged::Kind::Keys) catch_up(view, changed->bucket);
      if (changed->kind != ledger::BucketChanged::Kind::Deleted) continue;
      for (const char table : {'o', 'n', 'b'}) {
        static_cast<void>(clear(key_of(table, changed->bucket)));
      }
    }
  }
  env::KvBatch batch;
  batch.put(cursor_key(), codec::to_bytes(block.height.value()));
  if (auto written = env_->parts.index.write(batch, env::Sync::No); !written) {
    log::error(room, "the bucket index cannot be written",
               {{"error", written.error().to_string()}});
  }
}

/// The keys of a bucket changed, so it may be this gateway's to open from now on.
void BucketIndex::catch_up(const ledger::View& view, BucketId id) {
  const auto bucket = view.bucket(id);
  const auto progress = progress_of(id);
  if (!bucket || !progress || progress->changes_count >= bucket->changes_count) return;
  if (auto rebuilt = rebuild(view, *bucket); !rebuilt) {
    log::error(room, "the index of a bucket could not be built",
               {{"bucket", id.value()}, {"error", rebuilt.error().to_string()}});
  }
}

Result<void> BucketIndex::apply_change(const ledger::View& view,
                                       const ledger::ObjectChanged& event) {
  const auto secret = keyring_->bucket(view, event.bucket);
  if (!secret) return {};
  OORT_TRY(const Progress progress, progress_of(event.bucket));
  // A change that a rebuild has already seen.
  if (event.changes_count <= progress.changes_count) return {};
  const bool follows = event.changes_count == progress.changes_count + 1 &&
                       event.change_head == ledger::next_change_head(
                                                progress.change_head, event.change, event.name_hash,
                                                event.version, event.body_digest);
  if (!follows) {
    const auto bucket = view.bucket(event.bucket);
    if (!bucket) return {};
    return rebuild(view, *bucket);
  }
  if (event.change == ledger::ObjectChange::Removed) {
    OORT_TRY(remove_version(event.bucket, event.name_hash, event.version));
  } else if (const auto object = view.object({event.bucket, event.name_hash, event.version})) {
    // What is gone again by now is removed by a later event.
    OORT_TRY(put_version(view, *object));
  }
  env::KvBatch batch;
  put_progress(batch, event.bucket, {event.changes_count, event.change_head});
  return env_->parts.index.write(batch, env::Sync::No);
}

Result<void> BucketIndex::put_version(const ledger::View& view, const ledger::Object& object) {
  OORT_TRY(const BucketSecret secret, keyring_->bucket(view, object.bucket));
  Body body;
  if (object.is_delete_marker) {
    OORT_TRY(const auto name, name_of(object.bucket, object.name_hash));
    // A marker for a name that had no version here cannot be named.
    if (!name) return {};
    body.name = *name;
  } else {
    const ledger::ObjectVersionRef ref{object.bucket, object.name_hash, object.version};
    const auto sealed = view.object_body(ref);
    if (!sealed) return {};
    OORT_TRY(body, open_body(secret, {object.bucket, object.name_hash}, *sealed));
  }
  env::KvBatch batch;
  const ObjectMeta meta = meta_of(object, body, {});
  batch.put(name_key(object.bucket, object.name_hash), as_bytes(body.name));
  batch.put(bucket_index::version_key(object.bucket, body.name, object.version),
            bucket_index::encode_meta(meta));
  return env_->parts.index.write(batch, env::Sync::No);
}

Result<void> BucketIndex::remove_version(BucketId bucket, const NameHash& hash,
                                         const ObjectVersionId& version) {
  OORT_TRY(const auto name, name_of(bucket, hash));
  if (!name) return {};
  const Bytes key = bucket_index::version_key(bucket, *name, version);
  Bytes prefix = bucket_index::versions_prefix(bucket, *name);
  prefix.push_back(std::byte{0});
  bool has_others = false;
  const auto iterator = env_->parts.index.iterate(prefix);
  for (; iterator->is_valid() && !has_others; iterator->next()) {
    has_others = !std::ranges::equal(iterator->key(), key);
  }
  env::KvBatch batch;
  batch.erase(key);
  if (!has_others) batch.erase(name_key(bucket, hash));
  return env_->parts.index.write(batch, env::Sync::No);
}

}  // namespace oort::object
