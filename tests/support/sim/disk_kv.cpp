// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sim/disk_state.hpp"

namespace oort::sim {

const Bytes* SimMap::find(const Bytes& key, std::uint64_t at) const {
  const auto found = keys.find(key);
  if (found == keys.end()) return nullptr;
  const auto& versions = found->second;
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    if (version->sequence <= at) return version->value ? &*version->value : nullptr;
  }
  return nullptr;
}

void SimMap::prune(const Bytes& key) {
  const auto found = keys.find(key);
  if (found == keys.end()) return;
  const std::uint64_t floor = pins.empty() ? synced : std::min(synced, *pins.begin());
  auto& versions = found->second;
  // The newest version at or below the floor answers for everything before it.
  while (versions.size() > 1 && versions[1].sequence <= floor) versions.erase(versions.begin());
  if (versions.size() == 1 && !versions[0].value && versions[0].sequence <= floor) {
    keys.erase(found);
  }
}

void SimMap::crash(Generator& random, Torn torn) {
  std::uint64_t kept = unsynced.size();
  if (torn == Torn::Nothing) kept = 0;
  if (torn == Torn::Prefix || torn == Torn::Sectors) kept = random.between(0, unsynced.size());
  const std::uint64_t last = kept == 0 ? synced : unsynced[kept - 1].sequence;
  for (const Written& written : unsynced) {
    for (const Bytes& key : written.keys) {
      const auto found = keys.find(key);
      if (found == keys.end()) continue;
      auto& versions = found->second;
      while (!versions.empty() && versions.back().sequence > last) versions.pop_back();
      if (versions.empty()) keys.erase(found);
    }
  }
  const auto written = std::move(unsynced);
  unsynced.clear();
  sequence = synced = last;
  for (const Written& batch : written) {
    for (const Bytes& key : batch.keys) prune(key);
  }
}

namespace {

enum Operation : std::uint64_t { Write = 0xcafe01 };

/// Keeps one state of a map readable for as long as it lives.
class Pin {
 public:
  Pin(std::shared_ptr<SimMap> map, std::uint64_t at) : map_(std::move(map)), at_(at) {
    map_->pins.insert(at_);
  }
  ~Pin() { map_->pins.erase(map_->pins.find(at_)); }
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;

  [[nodiscard]] const SimMap& map() const noexcept { return *map_; }
  [[nodiscard]] std::uint64_t at() const noexcept { return at_; }

 private:
  std::shared_ptr<SimMap> map_;
  std::uint64_t at_;
};

bool begins_with(const Bytes& bytes, const Bytes& prefix) noexcept {
  return bytes.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

class SimIterator final : public env::KvIterator {
 public:
  SimIterator(std::shared_ptr<SimMap> map, std::uint64_t at, ByteView prefix)
      : pin_(std::move(map), at), prefix_(to_bytes(prefix)) {
    settle(pin_.map().keys.lower_bound(prefix_));
  }

  bool is_valid() const noexcept override { return is_valid_; }
  ByteView key() const noexcept override { return key_; }
  ByteView value() const noexcept override { return value_; }
  void next() noexcept override {
    OORT_ASSERT(is_valid_, "an iterator at its end has no next key");
    settle(pin_.map().keys.upper_bound(key_));
  }
  void seek(ByteView key) noexcept override {
    settle(pin_.map().keys.lower_bound(std::max(to_bytes(key), prefix_)));
  }
  Result<void> status() const override { return {}; }

 private:
  // Copies key and value, since a later write may move or remove what the map holds.
  void settle(std::map<Bytes, std::vector<SimMap::Version>>::const_iterator position) {
    is_valid_ = false;
    for (; position != pin_.map().keys.end(); ++position) {
      if (!begins_with(position->first, prefix_)) return;
      if (const Bytes* value = pin_.map().find(position->first, pin_.at())) {
        key_ = position->first;
        value_ = *value;
        is_valid_ = true;
        return;
      }
    }
  }

  Pin pin_;
  Bytes prefix_;
  Bytes key_;
  Bytes value_;
  bool is_valid_ = false;
};

/// Reads at one sequence number; the caller owns the pin where the state must not change.
Result<std::optional<Bytes>> read_at(SimDisk::State& state, std::uint64_t generation,
                                     const SimMap& map, ByteView key, std::uint64_t at) {
  OORT_TRY(state.check_read(generation));
  const Bytes* value = map.find(to_bytes(key), at);
  if (value == nullptr) return std::optional<Bytes>();
  return std::optional<Bytes>(*value);
}

class SimSnapshot final : public env::KvReader {
 public:
  SimSnapshot(std::shared_ptr<SimDisk::State> state, std::shared_ptr<SimMap> map)
      : state_(std::move(state)),
        map_(std::move(map)),
        pin_(map_, map_->sequence),
        generation_(state_->generation) {}

  Result<std::optional<Bytes>> get(ByteView key) const override {
    return read_at(*state_, generation_, *map_, key, pin_.at());
  }
  std::unique_ptr<env::KvIterator> iterate(ByteView prefix) const override {
    return std::make_unique<SimIterator>(map_, pin_.at(), prefix);
  }

 private:
  std::shared_ptr<SimDisk::State> state_;
  std::shared_ptr<SimMap> map_;
  Pin pin_;
  std::uint64_t generation_;
};

class SimKvStore final : public env::KvStore {
 public:
  SimKvStore(std::shared_ptr<SimDisk::State> state, std::shared_ptr<SimMap> map)
      : state_(std::move(state)), map_(std::move(map)), generation_(state_->generation) {}

  Result<std::optional<Bytes>> get(ByteView key) const override {
    return read_at(*state_, generation_, *map_, key, map_->sequence);
  }
  std::unique_ptr<env::KvIterator> iterate(ByteView prefix) const override {
    return std::make_unique<SimIterator>(map_, map_->sequence, prefix);
  }
  std::unique_ptr<env::KvReader> snapshot() const override {
    return std::make_unique<SimSnapshot>(state_, map_);
  }

  Result<void> write(const env::KvBatch& batch, env::Sync sync) override {
    auto& failures = state_->append_failures > 0 || sync == env::Sync::No ? state_->append_failures
                                                                          : state_->sync_failures;
    OORT_TRY(state_->operate(generation_, failures, Write));
    std::uint64_t more = 0;
    for (const auto& change : batch.changes()) {
      if (change.value) more += change.key.size() + change.value->size();
    }
    OORT_TRY(state_->check_space(more));
    apply(batch);
    if (sync == env::Sync::Yes) make_durable();
    return {};
  }

 private:
  void apply(const env::KvBatch& batch) {
    SimMap& map = *map_;
    ++map.sequence;
    SimMap::Written written{map.sequence, {}};
    for (const auto& change : batch.changes()) {
      auto& versions = map.keys[change.key];
      if (!versions.empty() && versions.back().sequence == map.sequence) {
        versions.back().value = change.value;
        continue;
      }
      versions.push_back({map.sequence, change.value});
      written.keys.push_back(change.key);
    }
    map.unsynced.push_back(std::move(written));
  }

  void make_durable() {
    SimMap& map = *map_;
    ++state_->syncs;
    map.synced = map.sequence;
    const auto written = std::move(map.unsynced);
    map.unsynced.clear();
    for (const auto& batch : written) {
      for (const Bytes& key : batch.keys) map.prune(key);
    }
  }

  std::shared_ptr<SimDisk::State> state_;
  std::shared_ptr<SimMap> map_;
  std::uint64_t generation_;
};

}  // namespace

std::unique_ptr<env::KvStore> make_kv_store(std::shared_ptr<SimDisk::State> state,
                                            std::shared_ptr<SimMap> map) {
  return std::make_unique<SimKvStore>(std::move(state), std::move(map));
}

}  // namespace oort::sim
