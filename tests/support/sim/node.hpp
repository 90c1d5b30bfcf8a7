// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "oort/core/ids.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/random.hpp"
#include "sim/disk.hpp"
#include "sim/world.hpp"

namespace oort::sim {

struct NodeOptions {
  /// How much faster than the world this machine's clocks run, in parts per million; may be
  /// negative, above -1,000,000.
  std::int32_t drift_ppm = 0;
  /// What the wall clock shows at the world's start.
  WallTime wall_start{1'700'000'000'000};
  /// How long a task of the pool waits for its thread.
  Duration pool_delay_min{0};
  Duration pool_delay_max{0};
  DiskOptions disk;
};

/// What runs on a node: built at its start, destroyed by its crash. Everything that it holds is
/// volatile; what must survive goes to the node's disk.
class Program {
 public:
  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  virtual ~Program() = default;
};

/// One machine: its clocks, executors, timers, chance and disk.
///
/// Invariants
///   N1  After `crash` nothing that the dead program posted or timed runs, and nothing that it
///       still does inside the running event reaches disk or network.
///   N2  The steady clock never goes back, whatever the wall clock does.
/// Threads: one, the world's. The node must outlive the run of its world.
class Node {
 public:
  using Factory = UniqueFunction<std::unique_ptr<Program>(Node&)>;

  /// `index` counts the machines of a world from 0; two machines may share one `id` (Twins).
  Node(World& world, std::uint32_t index, const NodeId& id, NodeOptions options = {});
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  [[nodiscard]] World& world() noexcept { return world_; }
  [[nodiscard]] std::uint32_t index() const noexcept { return index_; }
  [[nodiscard]] const NodeId& id() const noexcept { return id_; }

  /// What `start` builds. Without a program a node is up from the start and has only its parts.
  void set_program(Factory factory) { factory_ = std::move(factory); }
  /// Boots the machine. Requires: it is down, and no event of its last life is running.
  void start();
  /// Stops the machine as if its power were cut, at once. May be called from its own tasks: the
  /// program is then destroyed after the running event.
  void crash();
  [[nodiscard]] bool is_up() const noexcept { return is_up_; }
  /// Grows with every crash.
  [[nodiscard]] std::uint64_t life() const noexcept { return life_; }
  [[nodiscard]] Program* program() noexcept { return program_.get(); }

  [[nodiscard]] env::Clock& clock() noexcept;
  /// Runs tasks in the order of posting.
  [[nodiscard]] env::Executor& strand() noexcept;
  /// Runs tasks in any order, each after a delay from the options.
  [[nodiscard]] env::Executor& pool() noexcept;
  [[nodiscard]] env::Timers& timers() noexcept;
  [[nodiscard]] env::Random& random() noexcept;
  [[nodiscard]] SimDisk& disk() noexcept { return disk_; }

  /// Moves the wall clock by `milliseconds`, either way.
  void jump_wall(std::int64_t milliseconds) noexcept { wall_offset_ms_ += milliseconds; }

  /// Runs `task` as this machine, unless it crashed since `life`. Whether it ran.
  bool run(std::uint64_t life, Task& task);

 private:
  struct Parts;
  friend struct Parts;
  [[nodiscard]] MonoTime mono() const noexcept;
  /// The world's time that passes while this machine's clock moves by `local`, rounded up.
  [[nodiscard]] Duration world_duration(Duration local) const noexcept;
  void post_after(Duration delay, Task task);

  World& world_;
  std::uint32_t index_;
  NodeId id_;
  NodeOptions options_;
  SimDisk disk_;
  std::unique_ptr<Parts> parts_;
  Factory factory_;
  std::unique_ptr<Program> program_;
  std::int64_t wall_offset_ms_ = 0;
  std::uint64_t life_ = 0;
  std::uint32_t running_depth_ = 0;
  bool is_up_ = true;
};

}  // namespace oort::sim
