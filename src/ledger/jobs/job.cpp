// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "jobs/inner.hpp"

namespace oort::ledger {

Accepted<Job> find_job(const Call& call, const JobId& id) {
  if (!jobs_params(call.state())) return Refused(Rejection::ModuleOff);
  auto job = JobsView(call.state()).job(id);
  if (!job) return Refused(Rejection::JobUnknown);
  return *std::move(job);
}

void save_job(Overlay& state, const Job& job) { save(state, keys::job(job.id), job); }

void save_job_due(Overlay& state, Job& job, std::uint64_t due_ms) {
  const Bytes32 subject(job.id.array());
  if (job.due_ms != 0) state.erase(keys::jobs_due(job.due_ms, keys::JobsDue::Job, subject));
  job.due_ms = due_ms;
  state.put(keys::jobs_due(due_ms, keys::JobsDue::Job, subject), Bytes{});
  save_job(state, job);
}

JobChanged told(const Job& job) {
  return {job.id, job.phase, job.outcome, job.broker_epoch, broker_of(job)};
}

bool is_of_a_broker(const View& view, const Job& job, const OperatorId& owner) {
  return std::ranges::any_of(job.brokers, [&](const NodeId& id) {
    const auto node = view.node(id);
    return node && node->owner == owner;
  });
}

Call block_call(Block& block, const Job& job, std::vector<Event>& events) {
  return Call{.block = block, .sender = job.payer, .events = events};
}

}  // namespace oort::ledger
