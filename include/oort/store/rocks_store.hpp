// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
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
};

/// Opens, or creates, a RocksDB database in the folder `path`; its write-ahead log is always on.
///
/// Readers, snapshots and iterators may outlive the store: they keep the database open.
/// Fails with ALREADY_RUNNING when the folder is open elsewhere, CORRUPT_DATA, DISK_FULL,
/// DISK_FAILED, BAD_ARGUMENT. After a write failed with DISK_FAILED the store refuses further
/// writes; after DISK_FULL it accepts them as soon as there is space.
/// Threads: any.
[[nodiscard]] Result<std::unique_ptr<env::KvStore>> open_rocks(const std::filesystem::path& path,
                                                               const RocksOptions& options = {});

}  // namespace oort::store
