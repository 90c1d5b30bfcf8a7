// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "oort/core/ids.hpp"
#include "oort/core/time.hpp"

namespace oort::object {

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

  /// By segment and index, the node whose shard is damaged.
  using Damaged = std::map<std::pair<SegmentId, std::uint8_t>, NodeId>;
  void damaged(const SegmentId& segment, std::uint8_t index, const NodeId& node) {
    damaged_[{segment, index}] = node;
  }
  void repaired(const SegmentId& segment, std::uint8_t index) { damaged_.erase({segment, index}); }
  [[nodiscard]] const Damaged& damaged() const noexcept { return damaged_; }

 private:
  static constexpr Duration failure_pause{5'000'000'000};
  static constexpr Duration lie_pause{60'000'000'000};
  std::map<NodeId, MonoTime> suspect_until_;
  Damaged damaged_;
};

}  // namespace oort::object
