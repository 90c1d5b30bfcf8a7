// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"

namespace oort::env {

/// A file that grows at its end. Calls block.
///
/// Invariants
///   B1  Bytes before the last successful `sync` survive any crash; of later ones any prefix, torn
///       anywhere, may.
///   B2  After a failed `sync` nothing is known; the caller must stop using the blob.
class Blob {
 public:
  virtual ~Blob() = default;
  /// Puts `bytes` at the end and returns the offset where they begin.
  /// Fails with DISK_FULL or DISK_FAILED; then the blob ends where it did before.
  [[nodiscard]] virtual Result<std::uint64_t> append(ByteView bytes) = 0;
  /// Reads exactly `size` bytes. Fails with OutOfRange past the end, DISK_FAILED on a disk error.
  /// Threads: any, also beside an append.
  [[nodiscard]] virtual Result<Bytes> read(std::uint64_t offset, std::size_t size) const = 0;
  /// Everything appended so far is durable when this returns. Fails with DISK_FAILED.
  [[nodiscard]] virtual Result<void> sync() = 0;
  /// Cuts the blob to `size`, durably.
  [[nodiscard]] virtual Result<void> truncate(std::uint64_t size) = 0;
  [[nodiscard]] virtual std::uint64_t size() const noexcept = 0;
};

/// A folder of blobs. Names are plain: letters, digits, `.`, `-`, `_`; no separators. Calls block.
class BlobStore {
 public:
  virtual ~BlobStore() = default;
  /// Opens, or creates when `name` does not exist; a created name is durable on return.
  [[nodiscard]] virtual Result<std::unique_ptr<Blob>> open(std::string_view name) = 0;
  /// Removes durably; a missing name is no error.
  [[nodiscard]] virtual Result<void> remove(std::string_view name) = 0;
  /// Puts `bytes` under `name`, entirely or not at all, durably (write aside, sync, rename, sync).
  [[nodiscard]] virtual Result<void> replace(std::string_view name, ByteView bytes) = 0;
  /// Names in ascending order.
  [[nodiscard]] virtual Result<std::vector<std::string>> list() const = 0;
  /// Bytes that may still be written to this disk.
  [[nodiscard]] virtual Result<std::uint64_t> free_bytes() const = 0;
};

}  // namespace oort::env
