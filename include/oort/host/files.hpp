// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"

namespace oort::host {

/// Keeps a second process out of a data folder for as long as it lives; the kernel lets go of it
/// when the process dies, however it dies.
class FolderLock {
 public:
  FolderLock() = default;
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  virtual ~FolderLock() = default;
};

/// Makes `folder` (mode 0700) when missing and takes its lock.
/// Fails with ALREADY_RUNNING, naming the process that holds it.
[[nodiscard]] Result<std::unique_ptr<FolderLock>> lock_folder(const std::filesystem::path& folder);

/// Reads a file of at most `size_max` bytes.
/// Fails with NOT_FOUND, TOO_LARGE, NOT_ALLOWED, DISK_FAILED.
[[nodiscard]] Result<Bytes> read_file(const std::filesystem::path& path, std::size_t size_max);

/// Reads a file that only its owner may read. Fails with NOT_ALLOWED when the group or others have
/// any permission on it; the detail says how to mend that.
[[nodiscard]] Result<Bytes> read_secret_file(const std::filesystem::path& path,
                                             std::size_t size_max);

enum class FileMode { Public, Secret };

/// Puts `bytes` at `path` durably, entirely or not at all; mode 0644, or 0600 for a secret.
[[nodiscard]] Result<void> write_file(const std::filesystem::path& path, ByteView bytes,
                                      FileMode mode);

/// As `write_file`, but never over an existing file: fails with ALREADY_EXISTS.
[[nodiscard]] Result<void> create_file(const std::filesystem::path& path, ByteView bytes,
                                       FileMode mode);

}  // namespace oort::host
