// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "oort/core/reasons.hpp"
#include "sim/disk.hpp"

namespace oort::sim {

/// A blob as the page cache sees it; what a crash may take lies from `synced` on.
struct SimFile {
  Bytes bytes;
  std::uint64_t synced = 0;
  /// A sync failed: `synced` never moves again.
  bool is_doomed = false;
};

using SimFolder = std::map<std::string, std::shared_ptr<SimFile>, std::less<>>;

/// An ordered map with the versions that a snapshot, an iterator or a crash may still ask for.
struct SimMap {
  struct Version {
    std::uint64_t sequence = 0;
    std::optional<Bytes> value;
  };
  struct Written {
    std::uint64_t sequence = 0;
    std::vector<Bytes> keys;
  };
  std::map<Bytes, std::vector<Version>> keys;
  std::uint64_t sequence = 0;
  std::uint64_t synced = 0;
  /// Batches since the last sync, oldest first.
  std::deque<Written> unsynced;
  /// Sequence numbers that snapshots and iterators hold.
  std::multiset<std::uint64_t> pins;

  [[nodiscard]] const Bytes* find(const Bytes& key, std::uint64_t at) const;
  void prune(const Bytes& key);
  void crash(Generator& random, Torn torn);
};

struct SimDisk::State {
  State(World& the_world, DiskOptions the_options)
      : world(the_world), random(the_world.random().fork()), options(the_options) {}

  /// Counts one change or sync. Fails when the disk is dead or was told to fail.
  [[nodiscard]] Result<void> operate(std::uint64_t generation_of_caller, std::uint32_t& failures,
                                     std::uint64_t kind);
  /// Refuses from now on, and runs `task`.
  [[nodiscard]] tl::unexpected<Error> die(Task task);
  [[nodiscard]] SimFile* find(std::string_view folder, std::string_view name) const;
  [[nodiscard]] Result<void> check_read(std::uint64_t generation_of_caller);
  [[nodiscard]] Result<void> check_space(std::uint64_t more) const;
  [[nodiscard]] std::uint64_t used_bytes() const;

  World& world;
  Generator random;
  DiskOptions options;
  /// Grows with every crash: what was opened before it is dead.
  std::uint64_t generation = 0;
  bool is_dead = false;
  std::uint32_t append_failures = 0;
  std::uint32_t sync_failures = 0;
  std::uint32_t read_failures = 0;
  std::uint64_t operations = 0;
  std::uint64_t syncs = 0;
  std::uint64_t appended = 0;
  std::optional<std::uint64_t> dies_at;
  Task dies;
  struct Cut {
    std::uint64_t at;
    bool fills_with_zeros;
    Task dies;
  };
  std::optional<Cut> cut;
  std::map<std::string, SimFolder, std::less<>> folders;
  std::map<std::string, std::shared_ptr<SimMap>, std::less<>> maps;
};

[[nodiscard]] std::unique_ptr<env::BlobStore> make_blob_store(std::shared_ptr<SimDisk::State> state,
                                                              std::string folder);
[[nodiscard]] std::unique_ptr<env::KvStore> make_kv_store(std::shared_ptr<SimDisk::State> state,
                                                          std::shared_ptr<SimMap> map);

}  // namespace oort::sim
