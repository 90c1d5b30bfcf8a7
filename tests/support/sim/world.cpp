// SPDX-License-Identifier: Apache-2.0
#include "sim/world.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace oort::sim {
namespace {

// An event's number is its place in the order of scheduling, then the slot that holds its task.
constexpr unsigned slot_bits = 22;
constexpr std::uint64_t slots_count_max = std::uint64_t{1} << slot_bits;

std::uint32_t slot_of(std::uint64_t id) noexcept {
  return static_cast<std::uint32_t>(id & (slots_count_max - 1));
}

}  // namespace

std::array<std::byte, 16> TraceHash::bytes() const noexcept {
  std::array<std::byte, 16> bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::byte>(high_ >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::byte>(low_ >> (56 - 8 * i));
  }
  return bytes;
}

std::string TraceHash::text() const { return to_hex(bytes()); }

World::World(std::uint64_t seed) : seed_(seed), random_(seed) { trace_.mix(seed); }

bool World::is_later(const Entry& a, const Entry& b) noexcept {
  return a.time != b.time ? a.time > b.time : a.id > b.id;
}

EventId World::at(MonoTime when, Task task) {
  std::uint32_t slot = 0;
  if (free_slots_.empty()) {
    OORT_ASSERT(slots_.size() < slots_count_max, "a scenario keeps its queue of events bounded");
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  const std::uint64_t id = (++sequence_ << slot_bits) | slot;
  slots_[slot].id = id;
  slots_[slot].task = std::move(task);
  heap_.push_back({std::max(when, now_).nanoseconds, id});
  std::push_heap(heap_.begin(), heap_.end(), is_later);
  return EventId(id);
}

void World::cancel(EventId id) noexcept {
  const std::uint32_t slot = slot_of(id.value());
  if (slot >= slots_.size()) return;
  if (slots_[slot].id != id.value()) return;
  // The heap's entry stays until its time comes; it finds the slot without a task.
  slots_[slot].task = {};
}

void World::run_top() {
  const Entry entry = heap_.front();
  std::pop_heap(heap_.begin(), heap_.end(), is_later);
  heap_.pop_back();
  OORT_ASSERT(entry.time >= now_.nanoseconds, "time does not go back");
  now_.nanoseconds = entry.time;
  Slot& slot = slots_[slot_of(entry.id)];
  Task task = std::move(slot.task);
  slot.task = {};
  slot.id = 0;
  free_slots_.push_back(slot_of(entry.id));
  if (!task) return;
  ++events_count_;
  trace_.mix(static_cast<std::uint64_t>(entry.time));
  trace_.mix(entry.id);
  task();
}

bool World::step() {
  if (heap_.empty()) return false;
  run_top();
  return true;
}

bool World::step_before(MonoTime end) {
  if (heap_.empty() || heap_.front().time > end.nanoseconds) {
    now_ = std::max(now_, end);
    return false;
  }
  run_top();
  return true;
}

void World::run_until(MonoTime end) {
  while (step_before(end)) {
  }
}

}  // namespace oort::sim
