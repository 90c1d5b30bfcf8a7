// SPDX-License-Identifier: Apache-2.0
#include "waiting_jobs.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "oort/core/assert.hpp"

namespace oort::compute {
namespace {

/// The first of a list's entries, or of its blocks by their last entries, that does not rank
/// before.
template <class List, class RankOf>
auto first_from(List& list, const Rank& rank, const RankOf& rank_of) {
  return std::partition_point(list.begin(), list.end(),
                              [&](const auto& one) { return rank_of(one) < rank; });
}

constexpr auto rank_of_entry = [](const auto& entry) { return entry.rank; };
constexpr auto rank_of_last = [](const auto& block) { return block.back().rank; };

}  // namespace

Job* WaitingJobs::behind(const Rank& rank) const {
  auto block = first_from(blocks_, rank, rank_of_last);
  if (block == blocks_.end()) return nullptr;
  auto entry = first_from(*block, rank, rank_of_entry);
  if (entry->rank == rank && ++entry == block->end()) {
    if (++block == blocks_.end()) return nullptr;
    entry = block->begin();
  }
  return entry->job;
}

void WaitingJobs::add(Job& job) {
  auto block = first_from(blocks_, job.rank, rank_of_last);
  if (block == blocks_.end()) {
    if (blocks_.empty()) blocks_.emplace_back();
    block = std::prev(blocks_.end());
  }
  block->insert(first_from(*block, job.rank, rank_of_entry), {job.rank, &job});
  if (block->size() <= block_max) return;
  const auto half = block->begin() + static_cast<std::ptrdiff_t>(block_max / 2);
  Block second(half, block->end());
  block->erase(half, block->end());
  blocks_.insert(std::next(block), std::move(second));
}

void WaitingJobs::remove(const Job& job) {
  const auto block = first_from(blocks_, job.rank, rank_of_last);
  OORT_ASSERT(block != blocks_.end(), "a waiting job is in its list");
  const auto entry = first_from(*block, job.rank, rank_of_entry);
  OORT_ASSERT(entry->job == &job, "a waiting job is in its list");
  block->erase(entry);
  if (block->empty()) blocks_.erase(block);
}

}  // namespace oort::compute
