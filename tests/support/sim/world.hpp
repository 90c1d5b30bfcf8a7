// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "oort/core/callback.hpp"
#include "oort/core/strong.hpp"
#include "oort/core/time.hpp"
#include "sim/generator.hpp"
#include "sim/trace.hpp"

namespace oort::sim {

/// Names one event of a world that did not happen yet; never reused.
using EventId = Strong<struct EventIdTag, std::uint64_t>;

/// Virtual time, one queue of events, one source of chance.
///
/// Invariants
///   W1  Events run in the order of (time, order of scheduling); time never goes back.
///   W2  Same seed, same program: same events, and so the same trace hash.
///   W3  A cancelled event does not run.
/// Threads: one. Nothing here reads a real clock.
class World {
 public:
  explicit World(std::uint64_t seed);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] MonoTime now() const noexcept { return now_; }
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  /// The world's own chance. What one part draws moves what others draw later: parts that should
  /// not disturb each other take a `fork()` at the start.
  [[nodiscard]] Generator& random() noexcept { return random_; }
  /// The hash of all events so far; scenarios mix in what they want to be compared too.
  [[nodiscard]] TraceHash& trace() noexcept { return trace_; }
  [[nodiscard]] std::uint64_t events_count() const noexcept { return events_count_; }

  /// Runs `task` at `when`, or now where that is past; after everything scheduled for then before.
  EventId at(MonoTime when, Task task);
  EventId after(Duration delay, Task task) { return at(now_ + delay, std::move(task)); }
  /// Unknown events and those that ran are ignored.
  void cancel(EventId id) noexcept;

  /// Runs the next event; false when there is none.
  bool step();
  /// Runs all events up to and at `end`, then moves the time there.
  void run_until(MonoTime end);
  void run_for(Duration duration) { run_until(now_ + duration); }
  /// Runs until `is_done()` holds, at most for `limit` of virtual time. Whether it held.
  template <class Predicate>
  bool run_until_holds(Predicate is_done, Duration limit) {
    const MonoTime end = now_ + limit;
    while (!is_done()) {
      if (!step_before(end)) return is_done();
    }
    return true;
  }

 private:
  struct Entry {
    std::int64_t time = 0;
    std::uint64_t id = 0;
  };
  struct Slot {
    std::uint64_t id = 0;
    Task task;
  };
  static bool is_later(const Entry& a, const Entry& b) noexcept;
  bool step_before(MonoTime end);
  void run_top();

  std::uint64_t seed_;
  Generator random_;
  TraceHash trace_;
  MonoTime now_;
  std::uint64_t events_count_ = 0;
  std::uint64_t sequence_ = 0;
  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
};

}  // namespace oort::sim
