// SPDX-License-Identifier: Apache-2.0
// What payers do: open and cancel.
#include <algorithm>

#include "jobs/inner.hpp"
#include "market/escrow.hpp"
#include "oort/ledger/ratio.hpp"

namespace oort::ledger {
namespace {

bool has_possible_terms(const JobsParams& params, const JobOpen& open, std::uint64_t now) {
  return !open.budget.is_zero() && open.walltime_ms > 0 && open.deadline_ms > now &&
         open.deadline_ms - now <= params.job_ms_max && open.confidence <= parts_per_million &&
         open.dispute_ms >= params.dispute_ms_min && open.dispute_ms <= params.dispute_ms_max;
}

/// Super nodes at work, of different operators.
bool are_possible_brokers(const View& view, const std::vector<NodeId>& brokers) {
  if (brokers.empty()) return false;
  std::vector<OperatorId> owners;
  for (const NodeId& id : brokers) {
    const auto node = view.node(id);
    if (!node || node->status != NodeStatus::Active || !has_role(*node, NodeRole::Super)) {
      return false;
    }
    if (std::ranges::find(owners, node->owner) != owners.end()) return false;
    owners.push_back(node->owner);
  }
  return true;
}

Job job_of(const Call& call, const JobsParams& params, const JobOpen& open, const JobId& id) {
  Job job;
  job.id = id;
  job.payer = call.sender;
  job.spec = open.spec;
  job.kind = open.kind;
  job.currency = open.currency;
  job.budget = open.budget;
  job.brokers = open.brokers;
  job.opened_ms = call.block.header.time_ms;
  job.broker_until = job.opened_ms + params.lease_ms;
  job.deadline_ms = open.deadline_ms;
  job.dispute_ms = open.dispute_ms;
  job.walltime_ms = open.walltime_ms;
  job.confidence = open.confidence;
  job.broker_share = params.broker_share;
  return job;
}

}  // namespace

Rejection apply(Call& call, const JobOpen& operation) {
  const auto params = jobs_params(call.state());
  if (!params) return Rejection::ModuleOff;
  if (!has_possible_terms(*params, operation, call.block.header.time_ms)) {
    return Rejection::JobFieldInvalid;
  }
  const JobId id = job_id_of(call.sender, operation.nonce);
  if (call.state().get(keys::job(id))) return Rejection::JobExists;
  if (!are_possible_brokers(call.view(), operation.brokers)) return Rejection::JobBrokerInvalid;
  EscrowTerms terms;
  terms.payer = call.sender;
  terms.kind = EscrowKind::Job;
  terms.currency = operation.currency;
  terms.arbiter = Module::Jobs;
  terms.amount = operation.budget;
  const auto escrow = open_escrow(call, terms);
  if (!escrow) return escrow.error();
  Job job = job_of(call, *params, operation, id);
  job.escrow = escrow->id;
  call.state().put(keys::job_payer(job.payer, id), Bytes{});
  for (const NodeId& broker : job.brokers) {
    call.state().put(keys::job_broker(broker, id), Bytes{});
  }
  save_job_due(call.state(), job, job.deadline_ms);
  call.events.emplace_back(told(job));
  return Rejection::None;
}

Rejection apply(Call& call, const JobCancel& operation) {
  auto job = find_job(call, operation.job);
  if (!job) return job.error();
  if (job->payer != call.sender) return Rejection::JobNotYours;
  if (job->phase != JobPhase::Open) return Rejection::JobStateWrong;
  const auto params = jobs_params(call.state());
  if (job->anchored.totals.leases == 0) {
    job->outcome = JobOutcome::Cancelled;
    begin_claims(call, *params, *job);
    return Rejection::None;
  }
  job->phase = JobPhase::Cancelling;
  const std::uint64_t end = call.block.header.time_ms + params->cancel_ms;
  save_job_due(call.state(), *job, std::min(job->deadline_ms, end));
  call.events.emplace_back(told(*job));
  return Rejection::None;
}

}  // namespace oort::ledger
