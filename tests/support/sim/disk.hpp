// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "oort/core/callback.hpp"
#include "oort/env/blob_store.hpp"
#include "oort/env/kv_store.hpp"
#include "sim/world.hpp"

namespace oort::sim {

/// What a crash leaves of the bytes that were not synced.
enum class Torn : std::uint8_t {
  /// Any prefix, cut at any byte: what B1 promises.
  Prefix,
  /// Any length, and any 512-byte sectors of it zeroed: what a careless file system may do. A
  /// reader that survives it asks less than B1 grants.
  Sectors,
  Nothing,
  Everything,
};

struct DiskOptions {
  Torn torn = Torn::Prefix;
  /// Bytes that fit, blobs and maps together.
  std::uint64_t capacity_bytes = ~std::uint64_t{0};
};

/// One machine's disk: folders of blobs and ordered maps that outlive a crash, and every fault of
/// `env::BlobStore` (B1, B2) and `env::KvStore` (K1–K3) on command.
///
/// What is open when the disk crashes is dead: each later call on it fails with DISK_FAILED.
/// After a failed sync of a blob nothing appended since the sync before ever becomes durable, even
/// if a later sync replies success: a caller that breaks B2 is found at the next crash.
/// Threads: one, the world's.
class SimDisk {
 public:
  explicit SimDisk(World& world, DiskOptions options = {});
  ~SimDisk();
  SimDisk(const SimDisk&) = delete;
  SimDisk& operator=(const SimDisk&) = delete;

  /// The folder `name`, created when missing. Requires: the disk outlives what is opened.
  [[nodiscard]] std::unique_ptr<env::BlobStore> open_blobs(std::string_view name);
  /// The map `name`, created when missing.
  [[nodiscard]] std::unique_ptr<env::KvStore> open_kv(std::string_view name);

  /// Takes away what was not synced, as the options say, and kills what is open.
  void crash();
  /// Empties everything, as a new machine's disk.
  void wipe();

  void set_torn(Torn torn) noexcept;
  void set_capacity(std::uint64_t bytes) noexcept;
  /// The next `count` calls of that kind, over all stores, fail with DISK_FAILED.
  void fail_appends(std::uint32_t count) noexcept;
  void fail_syncs(std::uint32_t count) noexcept;
  void fail_reads(std::uint32_t count) noexcept;
  /// After `count` more changes or syncs the disk refuses everything and `dies` runs, once, before
  /// the call returns; the call that hits the limit has no effect.
  void die_after(std::uint64_t count, Task dies);
  /// The append that brings `appended_bytes` to `total` or beyond ends there: what comes after
  /// `total` is missing, or zero; the disk refuses everything and `dies` runs, once, before the
  /// call returns. With Torn::Everything a crash then leaves exactly the bytes before `total`.
  void die_at_byte(std::uint64_t total, bool fills_with_zeros, Task dies);
  /// Inverts one bit of a stored blob; false when there is no such byte.
  bool flip_bit(std::string_view folder, std::string_view name, std::uint64_t bit);

  /// Changes and syncs so far.
  [[nodiscard]] std::uint64_t operations_count() const noexcept;
  [[nodiscard]] std::uint64_t syncs_count() const noexcept;
  /// Bytes that were given to appends of blobs, in all lives.
  [[nodiscard]] std::uint64_t appended_bytes() const noexcept;
  /// How much of a blob a crash can not take; 0 when there is none of that name.
  [[nodiscard]] std::uint64_t durable_bytes(std::string_view folder, std::string_view name) const;
  [[nodiscard]] std::uint64_t used_bytes() const;

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace oort::sim
