// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "capacity.hpp"
#include "fragmentation.hpp"
#include "node_kinds.hpp"
#include "oort/compute/offer.hpp"
#include "oort/compute/scheduler.hpp"
#include "shape.hpp"

namespace oort::compute {

/// Place of a node in the table; the lowest free one is used again.
using NodeIndex = std::uint32_t;

/// What looks at a node ask for most, apart from the rest, so that they touch little memory.
struct Room {
  std::uint32_t cpu_milli = 0;
  std::uint32_t memory_mib = 0;
  KindIndex kind = 0;
  std::uint16_t most_free = 0;  ///< Of one device.
  std::uint8_t whole_free = 0;  ///< Devices.
  bool is_open : 1 = false;     ///< There, and reserved for nobody.
  bool is_idle : 1 = false;     ///< Without leases.
};

struct alignas(64) Node {
  // All that a score needs stands first.
  Capacity free;
  // Of `free`: what derives from it is kept beside it.
  std::int64_t fragmentation = 0;
  std::int64_t gpu_free = 0;       ///< Thousandths of all devices.
  std::int64_t gpu_free_part = 0;  ///< Of the node's devices, in `score_unit`.
  Links links;
  /// 2^64 over the whole, rounded up, where parts of it can be found by multiplying; else 0.
  std::uint64_t gpu_inverse = 0;
  std::uint64_t cpu_inverse = 0;
  /// What too little honest weight costs, in the unit of scores.
  std::int64_t distrust = 0;
  std::uint32_t total_cpu = 0;
  bool has_price = false;
  bool is_present = false;
  std::uint16_t most_free = 0;
  std::uint8_t whole_free = 0;
  KindIndex kind = 0;
  Capacity total;
  Capacity used;
  Offer offer;
  /// Numbers of the region among those ever seen.
  std::uint32_t region = 0;
  std::vector<LeaseNumber> leases;
  /// For whom it is reserved.
  std::optional<JobId> reserved_for;
};

/// The nodes, what is free of each, and a log of which changed, from which indexes are kept.
class NodeTable {
 public:
  explicit NodeTable(const ScoreWeights& weights) : weights_(weights) {}
  // Nodes point to the table's costs of slivers.
  NodeTable(const NodeTable&) = delete;
  NodeTable& operator=(const NodeTable&) = delete;

  [[nodiscard]] std::optional<NodeIndex> find(const NodeId& id) const;
  [[nodiscard]] const Node& at(NodeIndex index) const { return nodes_[index]; }
  [[nodiscard]] const Room& room(NodeIndex index) const { return rooms_[index]; }
  /// Has what a score needs of the node brought near.
  void fetch(NodeIndex index) const noexcept {
    constexpr std::size_t line = 64;
    const auto* const bytes = reinterpret_cast<const char*>(nodes_.data() + index);
    for (std::size_t i = 0; i < offsetof(Node, kind); i += line) __builtin_prefetch(bytes + i);
  }
  [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }
  [[nodiscard]] const std::map<NodeId, NodeIndex>& present() const noexcept { return by_id_; }
  /// Sum over present nodes.
  [[nodiscard]] std::uint64_t total_gpu() const noexcept { return total_gpu_; }
  [[nodiscard]] std::uint64_t total_cpu() const noexcept { return total_cpu_; }
  [[nodiscard]] std::uint64_t total_memory() const noexcept { return total_memory_; }

  /// Grows with every change of those sums.
  [[nodiscard]] std::uint64_t totals_version() const noexcept { return totals_version_; }

  NodeIndex add(const Offer& offer);
  /// Requires: the same devices.
  void change(NodeIndex index, const Offer& offer);
  void remove(NodeIndex index);
  void lease(NodeIndex index, LeaseNumber lease, const Need& need, DeviceMask devices);
  void release(NodeIndex index, LeaseNumber lease, const Need& need, DeviceMask devices);
  void reserve(NodeIndex index, const std::optional<JobId>& job);
  void expect(const Fragmentation& workload);

  /// What placing a task there would spoil; less is better.
  [[nodiscard]] std::int32_t score(NodeIndex index, const Shape& shape, const Need& need,
                                   DeviceMask devices) const;

  /// The log of changes: positions `log_begin()` up to `log_end()`.
  [[nodiscard]] std::uint64_t log_begin() const noexcept { return log_begin_; }
  [[nodiscard]] std::uint64_t log_end() const noexcept { return log_begin_ + log_.size(); }
  [[nodiscard]] NodeIndex changed(std::uint64_t position) const {
    return log_[position - log_begin_];
  }
  /// Whether the node has not changed since that position. Requires: a position of the log.
  [[nodiscard]] bool is_latest(std::uint64_t position) const {
    return latest_[changed(position)] == position;
  }
  /// Grows when all that was derived from scores must be derived again.
  [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }
  /// Grows with every change of any offer.
  [[nodiscard]] std::uint64_t offers_version() const noexcept { return offers_version_; }
  [[nodiscard]] const NodeKinds& kinds() const noexcept { return kinds_; }

 private:
  void set_offer(Node& node, const Offer& offer);
  void measure(Node& node) const;
  void count(const Node& node, bool is_added);
  void touch(NodeIndex index);
  [[nodiscard]] std::int64_t balance(const Node& node, std::int64_t gpu_after,
                                     std::uint32_t cpu_after) const;

  ScoreWeights weights_;
  Fragmentation workload_;
  std::vector<Node> nodes_;
  std::vector<Room> rooms_;
  NodeKinds kinds_;
  std::map<NodeId, NodeIndex> by_id_;
  std::map<std::string, std::uint32_t> regions_;
  std::uint64_t total_gpu_ = 0;
  std::uint64_t total_cpu_ = 0;
  std::uint64_t total_memory_ = 0;
  std::uint64_t totals_version_ = 0;
  std::vector<NodeIndex> log_;
  /// Position of each node's last change.
  std::vector<std::uint64_t> latest_;
  std::uint64_t log_begin_ = 0;
  std::uint64_t generation_ = 0;
  std::uint64_t offers_version_ = 0;
};

}  // namespace oort::compute
