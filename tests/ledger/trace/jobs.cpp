// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>

#include "oort/crypto/hash.hpp"
#include "oort/ledger/jobs_operations.hpp"
#include "oort/ledger/jobs_view.hpp"
#include "trace/trace.hpp"

namespace oort::ledger::trace {
namespace {

constexpr std::size_t listed_max = 200;

std::uint8_t number_of(const NodeId& id) {
  for (std::uint8_t number = 1; number <= 5; ++number) {
    if (node_of(number) == id) return number;
  }
  return 1;
}

/// One more lease of an executor, which is over.
void work(std::vector<ExecutorTotal>& totals, const NodeId& executor, Units pay) {
  auto place = std::ranges::lower_bound(totals, executor, {}, &ExecutorTotal::executor);
  if (place == totals.end() || place->executor != executor) {
    place = totals.insert(place, {executor, {}, {}});
  }
  ++place->totals.leases;
  place->totals.pay = place->totals.pay.plus(pay).value_or(place->totals.pay);
}

}  // namespace

Draw Author::offer(const View& view) {
  const std::uint8_t number = dice_->between(1, 5);
  const bool stands = JobsView(view.state()).offer(node_of(number)).has_value();
  if (stands && dice_->is_one_in(3)) return {number, {OfferWithdraw{node_of(number)}, {}}};
  OfferPost post;
  post.node = node_of(number);
  post.summary.digest = dice_->bytes32();
  post.summary.devices = {{"G2", 24'576, dice_->between(1, 8)}};
  post.summary.cpu_milli = static_cast<std::uint32_t>(dice_->pick(96'000));
  post.summary.memory_mib = 4'096;
  post.summary.tiers = 7;
  post.summary.ask_per_gpu = dice_->pick(1'000'000);
  post.summary.expires_ms = time_ms_ + dice_->pick(11'000);
  return {number, {post, {}}};
}

Operation Author::job_open() {
  JobOpen open;
  open.nonce = dice_->pick(40);
  open.spec = dice_->bytes32();
  open.currency = dice_->is_one_in(5) ? Currency::Credits : Currency::Oort;
  open.budget = Units(1'000'000 + dice_->pick(9'000'000));
  const std::uint8_t first = dice_->between(1, 4);
  open.brokers = {node_of(first)};
  if (dice_->is_one_in(2)) open.brokers.push_back(node_of(dice_->between(1, 4)));
  open.walltime_ms = 1'000;
  open.deadline_ms = time_ms_ + dice_->pick(60'000);
  open.dispute_ms = dice_->pick(6'000);
  return open;
}

Operation Author::anchor(const Job& job) {
  std::vector<ExecutorTotal> totals = books_[job.anchored.hash];
  const std::uint64_t count = 1 + dice_->pick(2);
  for (std::uint64_t i = 0; i < count; ++i) {
    const NodeId executor = some_node();
    work(totals, executor, Units(dice_->pick(200'000)));
  }
  if (dice_->is_one_in(8)) totals.front().totals.open = 1;
  if (dice_->is_one_in(12)) totals.pop_back();
  const SumRoot root = sum_root(job.id, totals).value_or(SumRoot{});
  books_[root.hash] = std::move(totals);
  return JobAnchor{job.id, job.broker_epoch, root};
}

Operation Author::claim(const Job& job) {
  const std::vector<ExecutorTotal>& totals = books_[job.anchored.hash];
  if (totals.empty()) return JobClaim{job.id, {}, {}};
  const auto index = static_cast<std::size_t>(dice_->pick(totals.size()));
  JobClaim claim{job.id, totals[index], sum_prove(job.id, totals, index)};
  if (dice_->is_one_in(8)) ++claim.total.totals.leases;
  return claim;
}

Draw Author::jobs(const View& view) {
  if (dice_->is_one_in(8)) return offer(view);
  const auto all = JobsView(view.state()).jobs(JobId(), listed_max);
  if (all.empty() || dice_->is_one_in(6)) {
    const std::uint8_t payer = person();
    return {payer, {job_open(), {}}};
  }
  const Job& job = all[dice_->pick(all.size())];
  const std::uint8_t broker = number_of(broker_of(job));
  const auto by_broker = [&](Operation operation) {
    return Draw{broker, {std::move(operation), {}}};
  };
  switch (job.phase) {
    case JobPhase::Claiming:
    case JobPhase::Disputable: return by_broker(claim(job));
    case JobPhase::Closed: {
      Voucher voucher{chain_, job.id, job.escrow, 1, some_node(), 1, {}, {}};
      voucher.pay = Units(dice_->pick(400'000));
      return by_broker(JobRedeem{voucher});
    }
    case JobPhase::Open:
    case JobPhase::Cancelling: break;
  }
  switch (dice_->pick(10)) {
    case 0: {
      const std::uint64_t epoch = job.broker_epoch + dice_->pick(3);
      const NodeId next = job.brokers[epoch == 0 ? 0 : broker_index(job, epoch)];
      return {number_of(next), {JobTakeOver{job.id, epoch}, {}}};
    }
    case 1: return {person(), {JobCancel{job.id}, {}}};
    case 2: return {person(), {EscrowFund{job.escrow, Units(dice_->pick(10'000))}, {}}};
    case 3:
    case 4: {
      const bool is_cancelled = job.phase == JobPhase::Cancelling;
      const JobOutcome outcome = is_cancelled ? JobOutcome::Cancelled : JobOutcome::Succeeded;
      const Bytes32 output = dice_->bytes32();
      return by_broker(JobResult{job.id, job.broker_epoch, outcome, output, output});
    }
    default: return by_broker(anchor(job));
  }
}

}  // namespace oort::ledger::trace
