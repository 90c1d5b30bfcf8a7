// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/state.hpp"

#include <algorithm>
#include <utility>

#include "oort/core/assert.hpp"

namespace oort::ledger {
namespace {

bool begins_with(ByteView key, ByteView prefix) noexcept {
  return key.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), key.begin());
}

/// Where a scan starts: the later of the two.
ByteView start_of(ByteView prefix, ByteView from) noexcept {
  return KeyLess{}(prefix, from) ? from : prefix;
}

}  // namespace

Overlay::Overlay(const StateReader& base, std::span<const StateWrite> writes) : base_(&base) {
  for (const StateWrite& write : writes) {
    changes_.insert_or_assign(changes_.end(), write.key, write.value);
  }
}

std::optional<Bytes> Overlay::get(ByteView key) const {
  const auto found = changes_.find(key);
  return found == changes_.end() ? base_->get(key) : found->second;
}

void Overlay::read(ByteView key, const Use& use) const {
  const auto found = changes_.find(key);
  if (found == changes_.end()) return base_->read(key, use);
  if (found->second) use(*found->second);
}

void Overlay::scan(ByteView prefix, ByteView from, const Visit& visit) const {
  auto change = changes_.lower_bound(start_of(prefix, from));
  const auto has_change = [&] {
    return change != changes_.end() && begins_with(change->first, prefix);
  };
  bool goes_on = true;
  // Visits the changes below `key`, or all that are left.
  const auto visit_changes = [&](const ByteView* key) {
    while (goes_on && has_change() && (key == nullptr || KeyLess{}(change->first, *key))) {
      if (change->second) goes_on = visit(change->first, *change->second);
      ++change;
    }
  };
  base_->scan(prefix, from, [&](ByteView key, ByteView value) {
    visit_changes(&key);
    if (!goes_on) return false;
    if (has_change() && ByteView(change->first).size() == key.size() &&
        !KeyLess{}(key, change->first)) {
      if (change->second) goes_on = visit(key, *change->second);
      ++change;
    } else {
      goes_on = visit(key, value);
    }
    return goes_on;
  });
  visit_changes(nullptr);
}

void Overlay::put(ByteView key, Bytes value) { write(key, std::move(value)); }
void Overlay::erase(ByteView key) { write(key, std::nullopt); }

void Overlay::write(ByteView key, std::optional<Bytes> value) {
  const auto found = changes_.lower_bound(key);
  const bool is_there = found != changes_.end() && !KeyLess{}(key, found->first);
  if (is_there) {
    journal_.push_back({found, true, std::exchange(found->second, std::move(value))});
  } else {
    const auto placed = changes_.emplace_hint(found, to_bytes(key), std::move(value));
    journal_.push_back({placed, false, std::nullopt});
  }
}

void Overlay::rollback(Mark mark) {
  OORT_ASSERT(mark <= journal_.size(), "a mark lies in the past");
  while (journal_.size() > mark) {
    Step& step = journal_.back();
    if (step.was_there) {
      step.at->second = std::move(step.before);
    } else {
      changes_.erase(step.at);
    }
    journal_.pop_back();
  }
}

std::optional<Bytes> MemoryState::get(ByteView key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

void MemoryState::read(ByteView key, const Use& use) const {
  const auto found = values_.find(key);
  if (found != values_.end()) use(found->second);
}

void MemoryState::scan(ByteView prefix, ByteView from, const Visit& visit) const {
  for (auto at = values_.lower_bound(start_of(prefix, from));
       at != values_.end() && begins_with(at->first, prefix); ++at) {
    if (!visit(at->first, at->second)) return;
  }
}

void MemoryState::apply(std::span<const StateWrite> writes) {
  for (const StateWrite& write : writes) {
    if (write.value) {
      values_.insert_or_assign(write.key, *write.value);
    } else {
      values_.erase(write.key);
    }
  }
}

}  // namespace oort::ledger
