// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "oort/env/kv_store.hpp"

namespace oort::test {

/// A KvStore in memory that never fails: for tests of what is stored, not of when.
class MemoryKv final : public env::KvStore {
 public:
  using Map = std::map<Bytes, Bytes>;

  [[nodiscard]] Result<std::optional<Bytes>> get(ByteView key) const override {
    const auto found = map_->find(to_bytes(key));
    if (found == map_->end()) return std::optional<Bytes>();
    return std::optional<Bytes>(found->second);
  }
  [[nodiscard]] std::unique_ptr<env::KvIterator> iterate(ByteView prefix) const override {
    return std::make_unique<Iterator>(*map_, to_bytes(prefix));
  }
  [[nodiscard]] Result<void> write(const env::KvBatch& batch, env::Sync) override {
    for (const auto& change : batch.changes()) {
      if (change.value) {
        map_->insert_or_assign(change.key, *change.value);
      } else {
        map_->erase(change.key);
      }
    }
    return {};
  }
  [[nodiscard]] std::unique_ptr<env::KvReader> snapshot() const override {
    auto copy = std::make_unique<MemoryKv>();
    *copy->map_ = *map_;
    return copy;
  }
  [[nodiscard]] const Map& map() const noexcept { return *map_; }

 private:
  class Iterator final : public env::KvIterator {
   public:
    Iterator(Map map, Bytes prefix) : map_(std::move(map)), prefix_(std::move(prefix)) {
      place_ = map_.lower_bound(prefix_);
    }
    [[nodiscard]] bool is_valid() const noexcept override {
      return place_ != map_.end() && place_->first.size() >= prefix_.size() &&
             std::equal(prefix_.begin(), prefix_.end(), place_->first.begin());
    }
    [[nodiscard]] ByteView key() const noexcept override { return place_->first; }
    [[nodiscard]] ByteView value() const noexcept override { return place_->second; }
    void next() noexcept override { ++place_; }
    void seek(ByteView key) noexcept override {
      place_ = map_.lower_bound(std::max(to_bytes(key), prefix_));
    }
    [[nodiscard]] Result<void> status() const override { return {}; }

   private:
    Map map_;
    Bytes prefix_;
    Map::const_iterator place_;
  };

  std::unique_ptr<Map> map_ = std::make_unique<Map>();
};

}  // namespace oort::test
