// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"

namespace oort::env {

/// Changes that are applied together or not at all. Later changes of one key win.
class KvBatch {
 public:
  struct Change {
    Bytes key;
    /// Empty: the key is deleted.
    std::optional<Bytes> value;
  };
  void put(ByteView key, ByteView value) { changes_.push_back({to_bytes(key), to_bytes(value)}); }
  void erase(ByteView key) { changes_.push_back({to_bytes(key), std::nullopt}); }
  [[nodiscard]] const std::vector<Change>& changes() const noexcept { return changes_; }
  [[nodiscard]] bool empty() const noexcept { return changes_.empty(); }
  void clear() noexcept { changes_.clear(); }

 private:
  std::vector<Change> changes_;
};

/// Walks keys in ascending byte order over a state frozen when it was made. Threads: one.
class KvIterator {
 public:
  virtual ~KvIterator() = default;
  /// Whether `key()` and `value()` may be called; views live until the next move.
  [[nodiscard]] virtual bool is_valid() const noexcept = 0;
  [[nodiscard]] virtual ByteView key() const noexcept = 0;
  [[nodiscard]] virtual ByteView value() const noexcept = 0;
  virtual void next() noexcept = 0;
  /// To the first key that is not less than `key`.
  virtual void seek(ByteView key) noexcept = 0;
  /// Why the walk ended, when it was not the end of the range.
  [[nodiscard]] virtual Result<void> status() const = 0;
};

/// Read access, to the present or to a snapshot. Threads: any.
class KvReader {
 public:
  virtual ~KvReader() = default;
  /// Empty when there is no such key. Fails with DISK_FAILED or CORRUPT_DATA.
  [[nodiscard]] virtual Result<std::optional<Bytes>> get(ByteView key) const = 0;
  /// Over all keys that begin with `prefix`, from the first.
  [[nodiscard]] virtual std::unique_ptr<KvIterator> iterate(ByteView prefix) const = 0;
};

enum class Sync : bool { No = false, Yes = true };

/// An ordered map of bytes to bytes that outlives the process. Calls block; none belongs on a
/// strand that must not wait for a disk.
///
/// Invariants
///   K1  A batch is applied entirely or not at all, whatever crashes when.
///   K2  A batch written with Sync::Yes, and all before it, survive any crash after the reply.
///   K3  A snapshot never changes.
class KvStore : public KvReader {
 public:
  /// Fails with DISK_FULL or DISK_FAILED; then nothing of the batch is visible.
  [[nodiscard]] virtual Result<void> write(const KvBatch& batch, Sync sync) = 0;
  [[nodiscard]] virtual std::unique_ptr<KvReader> snapshot() const = 0;
};

}  // namespace oort::env
