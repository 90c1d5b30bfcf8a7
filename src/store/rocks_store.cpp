// SPDX-License-Identifier: Apache-2.0
#include "oort/store/rocks_store.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <sys/statvfs.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "oort/core/assert.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/kv_store.hpp"
#include "rocks_log.hpp"

namespace oort::store {
namespace {

namespace fs = std::filesystem;

rocksdb::Slice to_slice(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

ByteView to_view(const rocksdb::Slice& slice) noexcept {
  return as_bytes(std::string_view(slice.data(), slice.size()));
}

/// Requires: `status` is not ok.
Error error_of(const rocksdb::Status& status, std::string_view action) {
  std::string detail = "the database cannot " + std::string(action) + ": " + status.ToString();
  if (status.IsNoSpace()) {
    return {ErrorCode::ResourceExhausted, reason::disk_full, std::move(detail)};
  }
  if (status.IsCorruption()) return {ErrorCode::DataLoss, reason::corrupt_data, std::move(detail)};
  return {ErrorCode::Unavailable, reason::disk_failed, std::move(detail)};
}

/// The first key after all that begin with `prefix`; empty when there is none.
std::string end_of(ByteView prefix) {
  std::string end(as_text(prefix));
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

/// The database, and a state of it that stays readable. Shared by the store, its snapshots and
/// iterators, whichever lives longest.
class Pinned {
 public:
  explicit Pinned(std::shared_ptr<rocksdb::DB> db) : db_(std::move(db)), at_(db_->GetSnapshot()) {}
  ~Pinned() { db_->ReleaseSnapshot(at_); }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;

  [[nodiscard]] rocksdb::DB& db() const noexcept { return *db_; }
  [[nodiscard]] const rocksdb::Snapshot* at() const noexcept { return at_; }

 private:
  std::shared_ptr<rocksdb::DB> db_;
  const rocksdb::Snapshot* at_;
};

class RocksIterator final : public env::KvIterator {
 public:
  /// `owner` keeps alive whatever `at` belongs to.
  RocksIterator(std::shared_ptr<const void> owner, rocksdb::DB& db, const rocksdb::Snapshot* at,
                ByteView prefix)
      : owner_(std::move(owner)),
        begin_(as_text(prefix)),
        end_(end_of(prefix)),
        begin_slice_(begin_),
        end_slice_(end_) {
    rocksdb::ReadOptions options;
    options.snapshot = at;
    options.iterate_lower_bound = &begin_slice_;
    if (!end_.empty()) options.iterate_upper_bound = &end_slice_;
    walk_.reset(db.NewIterator(options));
    walk_->SeekToFirst();
  }

  bool is_valid() const noexcept override { return walk_->Valid(); }
  ByteView key() const noexcept override { return to_view(walk_->key()); }
  ByteView value() const noexcept override { return to_view(walk_->value()); }
  void next() noexcept override {
    OORT_ASSERT(walk_->Valid(), "an iterator at its end has no next key");
    walk_->Next();
  }
  // The lower bound keeps a key before the prefix from leading out of it.
  void seek(ByteView key) noexcept override { walk_->Seek(to_slice(key)); }
  Result<void> status() const override {
    const rocksdb::Status status = walk_->status();
    if (status.ok()) return {};
    return fail(error_of(status, "go on reading"));
  }

 private:
  std::shared_ptr<const void> owner_;
  std::string begin_;
  std::string end_;
  // RocksDB keeps pointers to these, so they stay where they are; the object is never moved.
  rocksdb::Slice begin_slice_;
  rocksdb::Slice end_slice_;
  std::unique_ptr<rocksdb::Iterator> walk_;
};

Result<std::optional<Bytes>> get_at(rocksdb::DB& db, const rocksdb::Snapshot* at, ByteView key) {
  rocksdb::ReadOptions options;
  options.snapshot = at;
  rocksdb::PinnableSlice value;
  const rocksdb::Status status = db.Get(options, db.DefaultColumnFamily(), to_slice(key), &value);
  if (status.IsNotFound()) return std::optional<Bytes>();
  if (!status.ok()) return fail(error_of(status, "read"));
  return std::optional<Bytes>(to_bytes(to_view(value)));
}

class RocksSnapshot final : public env::KvReader {
 public:
  explicit RocksSnapshot(std::shared_ptr<rocksdb::DB> db)
      : pinned_(std::make_shared<const Pinned>(std::move(db))) {}

  Result<std::optional<Bytes>> get(ByteView key) const override {
    return get_at(pinned_->db(), pinned_->at(), key);
  }
  std::unique_ptr<env::KvIterator> iterate(ByteView prefix) const override {
    return std::make_unique<RocksIterator>(pinned_, pinned_->db(), pinned_->at(), prefix);
  }

 private:
  std::shared_ptr<const Pinned> pinned_;
};

class RocksStore final : public env::KvStore {
 public:
  RocksStore(std::shared_ptr<rocksdb::DB> db, std::uint64_t reserve_bytes)
      : reserve_bytes_(reserve_bytes), db_(std::move(db)) {}

  Result<std::optional<Bytes>> get(ByteView key) const override {
    return get_at(*db_, nullptr, key);
  }
  std::unique_ptr<env::KvIterator> iterate(ByteView prefix) const override {
    return std::make_unique<RocksIterator>(db_, *db_, nullptr, prefix);
  }
  std::unique_ptr<env::KvReader> snapshot() const override {
    return std::make_unique<RocksSnapshot>(db_);
  }

  Result<void> write(const env::KvBatch& batch, env::Sync sync) override {
    rocksdb::WriteBatch changes;
    for (const auto& change : batch.changes()) {
      const rocksdb::Status status =
          change.value ? changes.Put(to_slice(change.key), to_slice(*change.value))
                       : changes.Delete(to_slice(change.key));
      if (!status.ok()) return fail(error_of(status, "take a change"));
    }
    OORT_TRY(check_space());
    rocksdb::WriteOptions options;
    options.sync = sync == env::Sync::Yes;
    const rocksdb::Status status = db_->Write(options, &changes);
    if (!status.ok()) return fail(error_of(status, "write"));
    return {};
  }

 private:
  Result<void> check_space() const {
    struct statvfs facts{};
    if (::statvfs(db_->GetName().c_str(), &facts) != 0) {
      return fail(ErrorCode::Unavailable, reason::disk_failed,
                  "cannot measure the disk below " + db_->GetName());
    }
    const std::uint64_t free = std::uint64_t{facts.f_bavail} * std::uint64_t{facts.f_frsize};
    if (free >= reserve_bytes_) return {};
    return fail(ErrorCode::ResourceExhausted, reason::disk_full,
                "the disk below " + db_->GetName() + " has " + std::to_string(free) +
                    " bytes left, less than the reserve of " + std::to_string(reserve_bytes_));
  }

  std::uint64_t reserve_bytes_;
  std::shared_ptr<rocksdb::DB> db_;  // Shared with snapshots and iterators.
};

rocksdb::Options to_rocks(const RocksOptions& options) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(options.cache_bytes);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  // Indexes and filters count against the cache too; otherwise they grow with the data.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.block_size = 16 * limits::kib;
  table.format_version = 5;

  rocksdb::Options rocks;
  rocks.create_if_missing = true;
  rocks.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  rocks.write_buffer_size = options.write_buffer_bytes;
  rocks.max_write_buffer_number = 3;
  rocks.target_file_size_base = 32 * limits::mib;
  rocks.level_compaction_dynamic_level_bytes = true;
  rocks.compression = rocksdb::kLZ4Compression;
  rocks.bottommost_compression = rocksdb::kZSTD;
  rocks.max_open_files = options.open_files_max;
  rocks.max_background_jobs = options.background_jobs_max;
  rocks.max_total_wal_size = 4 * options.write_buffer_bytes;
  rocks.bytes_per_sync = limits::mib;
  // Every block of a file is checked when it is read; a flipped bit is CORRUPT_DATA, not a value.
  rocks.paranoid_checks = true;
  // A torn tail of the log is what an unsynced write leaves behind, and ends the log.
  rocks.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  rocks.stats_dump_period_sec = 0;
  rocks.info_log = rocks_log();
  return rocks;
}

Result<void> check(const RocksOptions& options) {
  const bool is_good = options.cache_bytes >= limits::mib &&
                       options.write_buffer_bytes >= limits::mib && options.open_files_max >= 16 &&
                       options.background_jobs_max >= 1;
  if (is_good) return {};
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "a database needs at least 1 MiB of cache and of write buffer, 16 files and 1 job");
}

}  // namespace

Result<std::unique_ptr<env::KvStore>> open_rocks(const fs::path& path,
                                                 const RocksOptions& options) {
  if (const auto checked = check(options); !checked) return fail(Error(checked.error()));
  std::error_code problem;
  fs::create_directories(path, problem);
  if (problem) {
    return fail(ErrorCode::Unavailable, reason::disk_failed,
                "cannot make " + path.string() + ": " + problem.message());
  }
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(to_rocks(options), path.string(), &opened);
  if (status.ok()) {
    return std::make_unique<RocksStore>(std::shared_ptr<rocksdb::DB>(opened),
                                        options.reserve_bytes);
  }
  // RocksDB has no code of its own for a folder that is in use, only these words.
  const std::string text = status.ToString();
  if (text.find("lock hold by current process") != std::string::npos ||
      text.find("While lock file") != std::string::npos) {
    return fail(ErrorCode::FailedPrecondition, reason::already_running,
                path.string() + " is open in another process: " + text);
  }
  return fail(error_of(status, "open " + path.string()));
}

}  // namespace oort::store
