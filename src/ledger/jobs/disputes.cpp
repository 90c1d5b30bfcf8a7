// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "honesty/honesty.hpp"
#include "jobs/inner.hpp"
#include "nodes/nodes.hpp"
#include "oort/crypto/tree.hpp"

namespace oort::ledger {
namespace {

/// Whether an open case of honesty is about this very lease.
bool is_accused(const Call& call, const JobDispute& dispute) {
  const auto record = HonestyView(call.state()).fault_case(dispute.fault);
  if (!record || record->court.phase == CasePhase::Closed) return false;
  const WorkReceipt& receipt = record->reveal.receipt;
  const LeaseLine& line = dispute.line;
  return receipt.executor == dispute.total.executor && receipt.lease == line.lease &&
         receipt.task_commitment == line.task_commitment && receipt.result_hash == line.result;
}

bool is_anchored(const Job& job, const JobDispute& dispute, const Bytes32& line) {
  return sum_verify(job.id, job.anchored, dispute.proof, dispute.total) &&
         crypto::merkle_verify(dispute.total.leases, dispute.path, line);
}

}  // namespace

Rejection apply(Call& call, const JobDispute& operation) {
  auto job = find_job(call, operation.job);
  if (!job) return job.error();
  if (job->phase != JobPhase::Disputable) return Rejection::JobStateWrong;
  if (job->payer != call.sender && !own_node(call, broker_of(*job))) {
    return Rejection::JobNotYours;
  }
  const Bytes32 line = lease_line_hash(operation.line);
  if (!is_anchored(*job, operation, line)) return Rejection::JobProofInvalid;
  const auto known = JobsView(call.state()).disputes(job->id);
  const bool is_known = std::ranges::any_of(known, [&](const JobDisputeRecord& dispute) {
    return dispute.fault == operation.fault || dispute.lease == line;
  });
  if (is_known || !is_accused(call, operation)) return Rejection::JobDisputeInvalid;
  if (job->disputes_count >= job_disputes_max) return Rejection::JobDisputesTooMany;
  ++job->disputes_count;
  const JobDisputeRecord dispute{operation.fault, operation.total.executor, line,
                                 operation.line.pay, JobDisputeRecord::State::Running};
  save(call.state(), keys::job_dispute(job->id, operation.fault), dispute);
  save_job(call.state(), *job);
  call.events.emplace_back(JobDisputed{job->id, dispute});
  return Rejection::None;
}

}  // namespace oort::ledger
