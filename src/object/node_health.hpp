// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "oort/core/ids.hpp"
#include "oort/core/time.hpp"
#include "oort/ledger/object_records.hpp"

namespace oort::object {

/// Shards that are not what the ledger says of them, each as the record had it when that was seen:
/// once a repair by anybody gave the shard a new generation or another node, nothing is said of it.
class BadShards {
 public:
  void add(const SegmentId& segment, std::uint8_t index, const ledger::Shard& shard) {
    bad_[{segment, index}] = {shard.node, shard.generation};
  }
  void erase(const SegmentId& segment, std::uint8_t index) { bad_.erase({segment, index}); }
  /// The bad ones among the shards of this record.
  [[nodiscard]] std::set<std::uint8_t> of(const SegmentId& segment,
                                          const ledger::Segment& record) const {
    std::set<std::uint8_t> indices;
    for (auto bad = bad_.lower_bound({segment, 0}); bad != bad_.end(); ++bad) {
      const auto& [of_segment, index] = bad->first;
      if (of_segment != segment) break;
      if (index >= record.shards.size()) continue;
      const ledger::Shard& shard = record.shards[index];
      if (bad->second == std::pair(shard.node, shard.generation)) indices.insert(index);
    }
    return indices;
  }
  /// Forgets segments for which `is_gone` holds.
  template <class IsGone>
  void forget(const IsGone& is_gone) {
    std::erase_if(bad_, [&](const auto& bad) { return is_gone(bad.first.first); });
  }

 private:
  std::map<std::pair<SegmentId, std::uint8_t>, std::pair<NodeId, std::uint32_t>> bad_;
};

/// What a gateway has learnt about nodes: who failed lately, who lied, and which shards their nodes
/// cannot give back as they took them. Threads: the strand.
class NodeHealth {
 public:
  void failed(const NodeId& node, MonoTime now) { suspect_until_[node] = now + failure_pause; }
  /// Its proof was wrong: left alone for longer.
  void lied(const NodeId& node, MonoTime now) { suspect_until_[node] = now + lie_pause; }
  void answered(const NodeId& node) { suspect_until_.erase(node); }
  [[nodiscard]] bool is_suspect(const NodeId& node, MonoTime now) const {
    const auto found = suspect_until_.find(node);
    return found != suspect_until_.end() && now < found->second;
  }

  void damaged(const SegmentId& segment, std::uint8_t index, const ledger::Shard& shard) {
    damaged_.add(segment, index, shard);
  }
  void repaired(const SegmentId& segment, std::uint8_t index) { damaged_.erase(segment, index); }
  [[nodiscard]] BadShards& damaged() noexcept { return damaged_; }

  /// A node that did not take a repaired shard, for lack of space for instance.
  void refused(const NodeId& node, MonoTime now) { refused_until_[node] = now + refusal_pause; }
  [[nodiscard]] std::set<NodeId> refusing(MonoTime now) {
    std::erase_if(refused_until_, [now](const auto& one) { return one.second <= now; });
    std::set<NodeId> nodes;
    for (const auto& [node, until] : refused_until_) nodes.insert(node);
    return nodes;
  }

 private:
  static constexpr Duration failure_pause{5'000'000'000};
  static constexpr Duration lie_pause{60'000'000'000};
  static constexpr Duration refusal_pause{30'000'000'000};
  std::map<NodeId, MonoTime> suspect_until_;
  std::map<NodeId, MonoTime> refused_until_;
  BadShards damaged_;
};

}  // namespace oort::object
