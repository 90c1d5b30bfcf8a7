// SPDX-License-Identifier: Apache-2.0
#include "waiting_jobs.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "oort/core/assert.hpp"

namespace oort::compute {
namespace {

/// The first of entries, or of blocks, that does not rank before.
template <class List>
auto first_from(List& list, const Rank& rank) {
  return std::partition_point(list.begin(), list.end(),
                              [&](const auto& one) { return one.rank < rank; });
}

}  // namespace

Job* WaitingJobs::behind(const Rank& rank) const {
  auto block = first_from(blocks_, rank);
  if (block == blocks_.end()) return nullptr;
  auto entry = first_from(block->entries, rank);
  if (entry->rank == rank && ++entry == block->entries.end()) {
    if (++block == blocks_.end()) return nullptr;
    entry = block->entries.begin();
  }
  return entry->job;
}

void WaitingJobs::add(Job& job) {
  auto block = first_from(blocks_, job.rank);
  if (block == blocks_.end()) {
    if (blocks_.empty()) blocks_.emplace_back();
    block = std::prev(blocks_.end());
    block->rank = job.rank;
  }
  auto& entries = block->entries;
  entries.insert(first_from(entries, job.rank), {job.rank, &job});
  if (entries.size() <= block_max) return;
  const auto half = entries.begin() + static_cast<std::ptrdiff_t>(block_max / 2);
  Block second{block->rank, {half, entries.end()}};
  entries.erase(half, entries.end());
  block->rank = entries.back().rank;
  blocks_.insert(std::next(block), std::move(second));
}

void WaitingJobs::remove(const Job& job) {
  const auto block = first_from(blocks_, job.rank);
  OORT_ASSERT(block != blocks_.end(), "a waiting job is in its list");
  auto& entries = block->entries;
  const auto entry = first_from(entries, job.rank);
  OORT_ASSERT(entry->job == &job, "a waiting job is in its list");
  entries.erase(entry);
  if (entries.empty()) {
    blocks_.erase(block);
  } else {
    block->rank = entries.back().rank;
  }
}

}  // namespace oort::compute
