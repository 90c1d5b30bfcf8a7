// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "oort/core/limits.hpp"
#include "oort/core/result.hpp"
#include "oort/env/kv_store.hpp"

namespace oort::store {

/// Memory bounds of one store. The defaults suit several nodes on one machine; a server with much
/// memory gives the cache more.
struct RocksOptions {
  /// Blocks, indexes and filters that were read. Range: at least 1 MiB.
  std::size_t cache_bytes = 32 * limits::mib;
  /// Writes held before they become a file; at most three such buffers exist at a time.
  /// Range: at least 1 MiB.
  std::size_t write_buffer_bytes = 16 * limits::mib;
  /// Files kept open. Range: at least 16.
  int open_files_max = 256;
  /// Threads that flush and compact, shared by all stores of the process. Range: at least 1.
  int background_jobs_max = 2;
  /// Space of the disk that writes leave free: RocksDB 7.8 that once met a full disk writes no more
  /// until it is opened anew, so it should not meet one.
  std::uint64_t reserve_bytes = 64 * limits::mib;
};

/// Opens, or creates, a RocksDB database in the folder `path`; its write-ahead log is always on.
///
/// Readers, snapshots and iterators may outlive the store: they keep the database open.
/// Fails with ALREADY_RUNNING when the folder is open elsewhere, CORRUPT_DATA, DISK_FULL,
/// DISK_FAILED, BAD_ARGUMENT. A write that finds less than the reserve fails with DISK_FULL and
/// leaves everything as it was; the next one that finds more succeeds. After DISK_FAILED, or when
/// the disk is full in spite of the reserve, the store takes no write until it is opened anew;
/// reading goes on.
/// Threads: any.
[[nodiscard]] Result<std::unique_ptr<env::KvStore>> open_rocks(const std::filesystem::path& path,
                                                               const RocksOptions& options = {});

}  // namespace oort::store
