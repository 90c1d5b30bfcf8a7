// SPDX-License-Identifier: Apache-2.0
#include "key_writer.hpp"
#include "oort/ledger/jobs_keys.hpp"

namespace oort::ledger::keys {
namespace {

KeyWriter jobs(char table) { return {Module::Jobs, table}; }

}  // namespace

Bytes jobs_params() { return jobs(table::jobs_params).take(); }
Bytes offer(const NodeId& node) { return jobs(table::offer).add(node).take(); }
Bytes job(const JobId& job) { return jobs(table::job).add(job).take(); }
Bytes job_payer(const AccountId& payer, const JobId& job) {
  return jobs(table::job_payer).add(payer).add(job).take();
}
Bytes job_payer(const AccountId& payer) { return jobs(table::job_payer).add(payer).take(); }
Bytes job_broker(const NodeId& broker, const JobId& job) {
  return jobs(table::job_broker).add(broker).add(job).take();
}
Bytes job_broker(const NodeId& broker) { return jobs(table::job_broker).add(broker).take(); }
Bytes job_earner(const JobId& job, const NodeId& executor) {
  return jobs(table::job_earner).add(job).add(executor).take();
}
Bytes job_earners(const JobId& job) { return jobs(table::job_earner).add(job).take(); }
Bytes job_dispute(const JobId& job, const Bytes32& fault) {
  return jobs(table::job_dispute).add(job).add(fault).take();
}
Bytes job_disputes(const JobId& job) { return jobs(table::job_dispute).add(job).take(); }
Bytes jobs_due(std::uint64_t time_ms, JobsDue kind, const Bytes32& subject) {
  return jobs(table::jobs_due)
      .add(time_ms)
      .add(static_cast<std::uint8_t>(kind))
      .add(subject)
      .take();
}
Bytes jobs_due() { return jobs(table::jobs_due).take(); }

}  // namespace oort::ledger::keys
