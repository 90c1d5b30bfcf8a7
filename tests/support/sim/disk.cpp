// SPDX-License-Identifier: Apache-2.0
#include "sim/disk.hpp"

#include <algorithm>

#include "sim/disk_state.hpp"

namespace oort::sim {
namespace {

constexpr std::uint64_t sector_bytes = 512;

void crash_file(SimFile& file, Generator& random, Torn torn) {
  const std::uint64_t size = file.bytes.size();
  std::uint64_t kept = size;
  if (torn == Torn::Nothing) kept = file.synced;
  if (torn == Torn::Prefix || torn == Torn::Sectors) kept = random.between(file.synced, size);
  // What a failed sync left behind is lost first: the kernel dropped those pages.
  if (file.is_doomed && torn != Torn::Everything) kept = file.synced;
  file.bytes.resize(kept);
  if (torn == Torn::Sectors) {
    for (std::uint64_t at = file.synced; at < kept;) {
      const std::uint64_t end = std::min((at / sector_bytes + 1) * sector_bytes, kept);
      if (random.chance(ppm_certain / 2)) {
        std::fill(file.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                  file.bytes.begin() + static_cast<std::ptrdiff_t>(end), std::byte{0});
      }
      at = end;
    }
  }
  file.synced = file.bytes.size();
  file.is_doomed = false;
}

}  // namespace

SimDisk::SimDisk(World& world, DiskOptions options)
    : state_(std::make_shared<State>(world, options)) {}
SimDisk::~SimDisk() = default;

std::unique_ptr<env::BlobStore> SimDisk::open_blobs(std::string_view name) {
  return make_blob_store(state_, std::string(name));
}

std::unique_ptr<env::KvStore> SimDisk::open_kv(std::string_view name) {
  auto& map = state_->maps[std::string(name)];
  if (!map) map = std::make_shared<SimMap>();
  return make_kv_store(state_, map);
}

void SimDisk::crash() {
  State& state = *state_;
  ++state.generation;
  state.is_dead = false;
  state.dies_at.reset();
  state.append_failures = state.sync_failures = state.read_failures = 0;
  for (auto& [folder_name, folder] : state.folders) {
    for (auto& [name, file] : folder) crash_file(*file, state.random, state.options.torn);
  }
  for (auto& [name, map] : state.maps) {
    // Snapshots of the dead process hold pins on the old map; the disk goes on with its own.
    auto survivor = std::make_shared<SimMap>(*map);
    survivor->pins.clear();
    survivor->crash(state.random, state.options.torn);
    map = std::move(survivor);
  }
}

void SimDisk::wipe() {
  crash();
  state_->folders.clear();
  state_->maps.clear();
}

void SimDisk::set_torn(Torn torn) noexcept { state_->options.torn = torn; }
void SimDisk::set_capacity(std::uint64_t bytes) noexcept { state_->options.capacity_bytes = bytes; }
void SimDisk::fail_appends(std::uint32_t count) noexcept { state_->append_failures = count; }
void SimDisk::fail_syncs(std::uint32_t count) noexcept { state_->sync_failures = count; }
void SimDisk::fail_reads(std::uint32_t count) noexcept { state_->read_failures = count; }

void SimDisk::die_after(std::uint64_t count, Task dies) {
  state_->dies_at = state_->operations + count;
  state_->dies = std::move(dies);
}

void SimDisk::die_at_byte(std::uint64_t total, bool fills_with_zeros, Task dies) {
  OORT_ASSERT(total > state_->appended, "what was appended can not be cut any more");
  state_->cut.emplace(SimDisk::State::Cut{total, fills_with_zeros, std::move(dies)});
}

bool SimDisk::flip_bit(std::string_view folder, std::string_view name, std::uint64_t bit) {
  SimFile* file = state_->find(folder, name);
  if (file == nullptr) return false;
  Bytes& bytes = file->bytes;
  if (bit / 8 >= bytes.size()) return false;
  bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
  return true;
}

std::uint64_t SimDisk::operations_count() const noexcept { return state_->operations; }
std::uint64_t SimDisk::syncs_count() const noexcept { return state_->syncs; }
std::uint64_t SimDisk::appended_bytes() const noexcept { return state_->appended; }
std::uint64_t SimDisk::durable_bytes(std::string_view folder, std::string_view name) const {
  const SimFile* file = state_->find(folder, name);
  return file == nullptr ? 0 : file->synced;
}
std::uint64_t SimDisk::used_bytes() const { return state_->used_bytes(); }

Result<void> SimDisk::State::operate(std::uint64_t generation_of_caller, std::uint32_t& failures,
                                     std::uint64_t kind) {
  if (generation_of_caller != generation || is_dead) {
    return fail(ErrorCode::Unavailable, reason::disk_failed, "the disk is gone");
  }
  if (dies_at && operations >= *dies_at) {
    dies_at.reset();
    return die(std::move(dies));
  }
  ++operations;
  world.trace().mix(kind);
  if (failures > 0) {
    --failures;
    return fail(ErrorCode::Unavailable, reason::disk_failed, "an injected fault");
  }
  return {};
}

tl::unexpected<Error> SimDisk::State::die(Task task) {
  is_dead = true;
  // The task may crash the disk, which makes it live for the next start.
  if (task) task();
  return fail(ErrorCode::Unavailable, reason::disk_failed, "the disk died");
}

SimFile* SimDisk::State::find(std::string_view folder, std::string_view name) const {
  const auto found_folder = folders.find(folder);
  if (found_folder == folders.end()) return nullptr;
  const auto found = found_folder->second.find(name);
  return found == found_folder->second.end() ? nullptr : found->second.get();
}

Result<void> SimDisk::State::check_read(std::uint64_t generation_of_caller) {
  if (generation_of_caller != generation || is_dead) {
    return fail(ErrorCode::Unavailable, reason::disk_failed, "the disk is gone");
  }
  if (read_failures > 0) {
    --read_failures;
    return fail(ErrorCode::Unavailable, reason::disk_failed, "an injected fault");
  }
  return {};
}

Result<void> SimDisk::State::check_space(std::uint64_t more) const {
  if (options.capacity_bytes == ~std::uint64_t{0}) return {};
  const std::uint64_t used = used_bytes();
  if (used > options.capacity_bytes || more > options.capacity_bytes - used) {
    return fail(ErrorCode::ResourceExhausted, reason::disk_full, "the simulated disk is full");
  }
  return {};
}

std::uint64_t SimDisk::State::used_bytes() const {
  std::uint64_t used = 0;
  for (const auto& [folder_name, folder] : folders) {
    for (const auto& [name, file] : folder) used += file->bytes.size();
  }
  for (const auto& [name, map] : maps) {
    for (const auto& [key, versions] : map->keys) {
      if (const auto& value = versions.back().value) used += key.size() + value->size();
    }
  }
  return used;
}

}  // namespace oort::sim
