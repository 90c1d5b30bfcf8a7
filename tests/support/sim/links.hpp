// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "oort/env/transport.hpp"
#include "sim/world.hpp"

namespace oort::sim {

/// How one direction between two machines treats what it carries.
struct LinkOptions {
  /// Uniform between the two, for each frame.
  Duration delay_min{500'000};
  Duration delay_max{1'000'000};
  /// With this chance a frame waits for up to `stall_max` more: the long tail.
  std::uint32_t stall_ppm = 0;
  Duration stall_max{0};
  std::uint32_t loss_ppm = 0;
  /// Messages only; breaks T1, as does `is_ordered = false`. A request is never doubled.
  std::uint32_t duplicate_ppm = 0;
  bool is_ordered = true;
  /// Of each class by itself; 0 is without limit.
  std::uint64_t bytes_per_second = 0;
  /// Of each class: what was sent and did not yet arrive.
  std::uint64_t queue_bytes_max = 16 * 1024 * 1024;
};

/// The wires between machines 0 … n-1: who reaches whom, when, how often.
///
/// Invariants
///   L1  On an ordered link the frames of one class arrive in the order of sending.
///   L2  A cut link carries nothing sent while it is cut.
/// Threads: one, the world's.
class Links {
 public:
  struct Fate {
    /// How many copies arrive: 0, 1 or 2.
    std::uint32_t copies = 0;
    std::array<Duration, 2> delays{};
  };

  Links(World& world, std::size_t nodes_count, LinkOptions options);

  [[nodiscard]] std::size_t nodes_count() const noexcept { return nodes_count_; }
  void set_all(const LinkOptions& options);
  void set(std::uint32_t from, std::uint32_t to, const LinkOptions& options);
  /// Multiplies every delay to and from a machine; 1 is normal.
  void slow(std::uint32_t node, std::uint32_t factor);

  /// Stops one direction only.
  void cut(std::uint32_t from, std::uint32_t to);
  void join(std::uint32_t from, std::uint32_t to);
  /// Cuts every pair of machines on different sides, both ways; pairs on one side stay as they are.
  /// Requires: one side per machine.
  void partition(const std::vector<std::uint32_t>& side_of);
  /// Joins everything; delays and losses stay.
  void heal();
  [[nodiscard]] bool is_cut(std::uint32_t from, std::uint32_t to) const;

  /// Decides what becomes of a frame that is sent now. `may_double` is false for requests.
  [[nodiscard]] Fate carry(std::uint32_t from, std::uint32_t to, env::TrafficClass traffic,
                           std::uint64_t size_bytes, bool may_double);
  [[nodiscard]] const LinkOptions& options(std::uint32_t from, std::uint32_t to) const;

 private:
  struct Link {
    LinkOptions options;
    bool is_cut = false;
    std::array<std::int64_t, env::traffic_classes_count> free_at{};
    std::array<std::int64_t, env::traffic_classes_count> last_arrival{};
  };
  [[nodiscard]] Link& link(std::uint32_t from, std::uint32_t to);
  [[nodiscard]] const Link& link(std::uint32_t from, std::uint32_t to) const;

  World& world_;
  Generator random_;
  std::size_t nodes_count_;
  std::vector<Link> links_;
  std::vector<std::uint32_t> slowness_;
};

}  // namespace oort::sim
