// SPDX-License-Identifier: Apache-2.0
// What brokers do: take over, anchor what they owe, and say how a job ended.
#include "jobs/inner.hpp"
#include "market/escrow.hpp"
#include "nodes/nodes.hpp"
#include "oort/ledger/ratio.hpp"

namespace oort::ledger {
namespace {

bool is_at_work(const Job& job) {
  return job.phase == JobPhase::Open || job.phase == JobPhase::Cancelling;
}

/// The job, where the sender speaks for its broker of that epoch and that epoch is the last.
Accepted<Job> own_job(const Call& call, const JobId& id, std::uint64_t broker_epoch) {
  auto job = find_job(call, id);
  if (!job) return job;
  if (!is_at_work(*job)) return Refused(Rejection::JobStateWrong);
  if (job->broker_epoch != broker_epoch) return Refused(Rejection::JobEpochStale);
  if (!own_node(call, broker_of(*job))) return Refused(Rejection::JobNotYours);
  return job;
}

bool grows(const JobTotals& before, const JobTotals& now) {
  return before.leases <= now.leases && before.pay <= now.pay && now.open <= now.leases;
}

/// Whether the escrow can pay the executors and the broker's share on top.
bool is_covered(const Escrow& escrow, const Job& job, Units pay) {
  const auto whole = pay.plus(Units(share_of(pay.units(), job.broker_share, Rounding::Up)));
  return whole && *whole <= unstreamed(escrow);
}

}  // namespace

Rejection apply(Call& call, const JobTakeOver& operation) {
  auto job = find_job(call, operation.job);
  if (!job) return job.error();
  if (!is_at_work(*job)) return Rejection::JobStateWrong;
  if (operation.broker_epoch <= job->broker_epoch) return Rejection::JobEpochStale;
  const NodeId& broker = job->brokers[broker_index(*job, operation.broker_epoch)];
  const auto node = own_node(call, broker);
  if (!node) return Rejection::JobNotYours;
  if (node->status == NodeStatus::Faulty) return Rejection::JobBrokerInvalid;
  const auto params = jobs_params(call.state());
  const std::uint64_t now = call.block.header.time_ms;
  if (now < takeover_from(*job, params->lease_ms, operation.broker_epoch)) {
    return Rejection::JobLeaseRunning;
  }
  job->broker_epoch = operation.broker_epoch;
  job->broker_until = now + params->lease_ms;
  save_job(call.state(), *job);
  call.events.emplace_back(told(*job));
  return Rejection::None;
}

Rejection apply(Call& call, const JobAnchor& operation) {
  auto job = own_job(call, operation.job, operation.broker_epoch);
  if (!job) return job.error();
  const JobTotals& totals = operation.root.totals;
  if (!grows(job->anchored.totals, totals)) return Rejection::JobTotalsShrink;
  const auto escrow = find_escrow(call.block, job->escrow);
  if (!escrow) return escrow.error();
  if (!is_covered(*escrow, *job, totals.pay)) return Rejection::JobOverdrawn;
  job->anchored = operation.root;
  job->anchored_at = call.block.header.height;
  ++job->anchors_count;
  job->broker_until = call.block.header.time_ms + jobs_params(call.state())->lease_ms;
  save_job(call.state(), *job);
  call.events.emplace_back(JobAnchored{job->id, job->broker_epoch, job->anchored});
  return Rejection::None;
}

Rejection apply(Call& call, const JobResult& operation) {
  auto job = own_job(call, operation.job, operation.broker_epoch);
  if (!job) return job.error();
  const bool is_cancelled = job->phase == JobPhase::Cancelling;
  if (operation.outcome == JobOutcome::None ||
      (operation.outcome == JobOutcome::Cancelled) != is_cancelled) {
    return Rejection::JobFieldInvalid;
  }
  if (job->anchored.totals.open != 0) return Rejection::JobLeasesOpen;
  job->phase = JobPhase::Disputable;
  job->outcome = operation.outcome;
  job->output = operation.output;
  job->receipts = operation.receipts;
  save_job_due(call.state(), *job, call.block.header.time_ms + job->dispute_ms);
  call.events.emplace_back(told(*job));
  return Rejection::None;
}

}  // namespace oort::ledger
