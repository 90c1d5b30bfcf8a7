// SPDX-License-Identifier: Apache-2.0
#include "compute/fake_jobs.hpp"

#include <utility>
#include <variant>

namespace oort::computesim {

using ledger::Job;
using ledger::JobPhase;

ledger::Job* FakeJobs::find(const JobId& id) {
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : &found->second;
}

void FakeJobs::open(const JobId& id, const AccountId& payer, const Bytes32& spec,
                    std::vector<NodeId> brokers, std::uint64_t budget, std::uint64_t walltime_ms,
                    std::uint64_t deadline_ms) {
  Job job;
  job.id = id;
  job.payer = payer;
  job.spec = spec;
  job.currency = ledger::Currency::Credits;
  job.budget = ledger::Units(budget);
  job.brokers = std::move(brokers);
  job.broker_until = time_ms_ + lease_ms;
  job.deadline_ms = deadline_ms;
  job.due_ms = deadline_ms;
  job.walltime_ms = walltime_ms;
  jobs_.emplace(id, std::move(job));
  touched_.insert(id);
}

void FakeJobs::cancel(const JobId& id) {
  Job* const job = find(id);
  if (job == nullptr || job->phase != JobPhase::Open) return;
  touched_.insert(id);
  if (job->anchored.totals.leases == 0) return close(*job);
  go_to(*job, JobPhase::Cancelling, cancel_ms);
}

void FakeJobs::go_to(Job& job, JobPhase phase, std::uint64_t after_ms) {
  job.phase = phase;
  job.due_ms = time_ms_ + after_ms;
  changed_.insert(job.id);
}

void FakeJobs::close(Job& job) {
  job.phase = JobPhase::Closed;
  std::uint64_t paid = 0;
  for (const auto& [executor, amount] : paid_[job.id]) paid += amount;
  refunds_[job.id] = static_cast<std::uint64_t>(job.budget.units()) - paid;
  changed_.insert(job.id);
}

void FakeJobs::make_block(std::uint64_t time_ms) {
  time_ms_ = time_ms;
  // What customers did since the last block is in this one.
  changed_ = std::exchange(touched_, {});
  for (const JobId& id : changed_) {
    Job& job = jobs_.at(id);
    if (job.opened_ms == 0) job.opened_ms = time_ms_;
  }
  claimed_.clear();
  for (const auto& [from, transaction] : std::exchange(waiting_, {})) {
    for (const auto& operation : transaction) {
      std::visit([&, who = from](const auto& one) { apply(who, one); }, operation);
    }
  }
  for (auto& [id, job] : jobs_) {
    if (job.phase == JobPhase::Closed || time_ms_ < job.due_ms) continue;
    if (job.phase == JobPhase::Claiming) {
      close(job);
    } else {
      go_to(job, JobPhase::Claiming, claim_ms);
    }
  }
}

bool FakeJobs::is_current(const NodeId& from, const Job& job, std::uint64_t epoch) {
  const bool is_current = epoch == job.broker_epoch && ledger::broker_of(job) == from;
  if (!is_current) ++figures_.stale;
  return is_current;
}

void FakeJobs::apply(const NodeId& from, const ledger::JobTakeOver& operation) {
  Job* const job = find(operation.job);
  if (job == nullptr) return;
  if (job->phase != JobPhase::Open) {
    ++figures_.late;
    return;
  }
  const bool is_next = operation.broker_epoch > job->broker_epoch &&
                       job->brokers[ledger::broker_index(*job, operation.broker_epoch)] == from;
  if (!is_next || time_ms_ < ledger::takeover_from(*job, lease_ms, operation.broker_epoch)) {
    ++figures_.stale;
    return;
  }
  ++figures_.takeovers;
  job->broker_epoch = operation.broker_epoch;
  job->broker_until = time_ms_ + lease_ms;
  changed_.insert(job->id);
}

void FakeJobs::apply(const NodeId& from, const ledger::JobAnchor& operation) {
  Job* const job = find(operation.job);
  if (job == nullptr || !is_current(from, *job, operation.broker_epoch)) return;
  if (job->phase != JobPhase::Open && job->phase != JobPhase::Cancelling) {
    ++figures_.late;
    return;
  }
  const ledger::JobTotals& before = job->anchored.totals;
  const ledger::JobTotals& now = operation.root.totals;
  if (now.leases < before.leases || now.pay < before.pay || now.open > now.leases ||
      now.pay > job->budget) {
    ++figures_.wrong;
    return;
  }
  ++figures_.taken;
  ++job->anchors_count;
  job->anchored = operation.root;
  job->broker_until = time_ms_ + lease_ms;
  changed_.insert(job->id);
}

void FakeJobs::apply(const NodeId& from, const ledger::JobResult& operation) {
  Job* const job = find(operation.job);
  if (job == nullptr || !is_current(from, *job, operation.broker_epoch)) return;
  const bool is_cancelling = job->phase == JobPhase::Cancelling;
  if (job->phase != JobPhase::Open && !is_cancelling) {
    ++figures_.late;
    return;
  }
  const bool says_cancelled = operation.outcome == ledger::JobOutcome::Cancelled;
  if (job->anchored.totals.open != 0 || operation.outcome == ledger::JobOutcome::None) {
    ++figures_.wrong;
    return;
  }
  if (says_cancelled != is_cancelling) {
    // The payer's word came in between.
    ++figures_.late;
    return;
  }
  ++figures_.taken;
  job->outcome = operation.outcome;
  job->output = operation.output;
  job->receipts = operation.receipts;
  go_to(*job, JobPhase::Disputable, job->dispute_ms);
}

void FakeJobs::apply(const NodeId&, const ledger::JobClaim& operation) {
  Job* const job = find(operation.job);
  if (job == nullptr || job->phase != JobPhase::Claiming) {
    ++figures_.late;
    return;
  }
  const ledger::ExecutorTotal& total = operation.total;
  if (!ledger::sum_verify(job->id, job->anchored, operation.proof, total)) {
    ++figures_.wrong;
    return;
  }
  auto& paid = paid_[job->id];
  if (paid.contains(total.executor)) {
    ++figures_.twice;
    return;
  }
  ++figures_.taken;
  paid[total.executor] = static_cast<std::uint64_t>(total.totals.pay.units());
  claimed_.push_back({job->id, total.executor});
  Uint128 sum = 0;
  for (const auto& [executor, amount] : paid) sum += amount;
  if (sum == job->anchored.totals.pay.units()) close(*job);
}

}  // namespace oort::computesim
