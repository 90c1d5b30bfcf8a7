// SPDX-License-Identifier: Apache-2.0
#include "requests.hpp"

#include "oort/core/assert.hpp"

namespace oort::net {

bool Requests::add(const Key& key, MonoTime deadline, Done done) {
  const std::lock_guard lock(mutex_);
  const bool is_new = waiting_.try_emplace(key, Waiting{deadline, std::move(done)}).second;
  OORT_ASSERT(is_new, "numbers of requests are not used twice");
  const auto place = deadlines_.emplace(deadline, key).first;
  return place == deadlines_.begin();
}

std::optional<Requests::Done> Requests::take(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto found = waiting_.find(key);
  if (found == waiting_.end()) return std::nullopt;
  std::optional<Done> done(std::move(found->second.done));
  deadlines_.erase({found->second.deadline, key});
  waiting_.erase(found);
  return done;
}

std::vector<Requests::Done> Requests::take_link(std::uint64_t link) {
  std::vector<Done> taken;
  const std::lock_guard lock(mutex_);
  auto next = waiting_.lower_bound(Key{link, 0});
  while (next != waiting_.end() && next->first.link == link) {
    taken.push_back(std::move(next->second.done));
    deadlines_.erase({next->second.deadline, next->first});
    next = waiting_.erase(next);
  }
  return taken;
}

std::vector<Requests::Done> Requests::take_expired(MonoTime now) {
  std::vector<Done> taken;
  const std::lock_guard lock(mutex_);
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto found = waiting_.find(deadlines_.begin()->second);
    OORT_ASSERT(found != waiting_.end(), "every deadline belongs to a request that waits");
    taken.push_back(std::move(found->second.done));
    waiting_.erase(found);
    deadlines_.erase(deadlines_.begin());
  }
  return taken;
}

std::vector<Requests::Done> Requests::take_all() {
  std::vector<Done> taken;
  const std::lock_guard lock(mutex_);
  taken.reserve(waiting_.size());
  for (auto& [key, waiting] : waiting_) taken.push_back(std::move(waiting.done));
  waiting_.clear();
  deadlines_.clear();
  return taken;
}

std::optional<MonoTime> Requests::next_deadline() const {
  const std::lock_guard lock(mutex_);
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

}  // namespace oort::net
