// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/jobs_view.hpp"

#include "jobs/inner.hpp"

namespace oort::ledger {
namespace {

/// Records of a table from a key on.
template <Record T>
std::vector<T> list(const StateReader& state, const Bytes& prefix, const Bytes& from,
                    std::size_t count_max) {
  std::vector<T> found;
  if (count_max == 0) return found;
  state.scan(prefix, from, [&](ByteView, ByteView value) {
    found.push_back(stored<T>(value));
    return found.size() < count_max;
  });
  return found;
}

/// Jobs by an index, whose keys end with their ids.
std::vector<Job> indexed(const StateReader& state, const Bytes& prefix, const Bytes& from,
                         std::size_t count_max) {
  std::vector<JobId> ids;
  if (count_max == 0) return {};
  state.scan(prefix, from, [&](ByteView key, ByteView) {
    ids.push_back(*JobId::from(key.subspan(prefix.size())));
    return ids.size() < count_max;
  });
  std::vector<Job> jobs;
  for (const JobId& id : ids) {
    if (auto job = load<Job>(state, keys::job(id))) jobs.push_back(*std::move(job));
  }
  return jobs;
}

}  // namespace

std::optional<JobsParams> JobsView::params() const { return jobs_params(*state_); }
std::optional<OfferRecord> JobsView::offer(const NodeId& node) const {
  return load<OfferRecord>(*state_, keys::offer(node));
}
std::vector<OfferRecord> JobsView::offers(const NodeId& from, std::size_t count_max) const {
  return list<OfferRecord>(*state_, keys::prefix(Module::Jobs, table::offer), keys::offer(from),
                           count_max);
}
std::optional<Job> JobsView::job(const JobId& id) const {
  return load<Job>(*state_, keys::job(id));
}
std::vector<Job> JobsView::jobs(const JobId& from, std::size_t count_max) const {
  return list<Job>(*state_, keys::prefix(Module::Jobs, table::job), keys::job(from), count_max);
}
std::vector<Job> JobsView::jobs_of(const AccountId& payer, const JobId& from,
                                   std::size_t count_max) const {
  return indexed(*state_, keys::job_payer(payer), keys::job_payer(payer, from), count_max);
}
std::vector<Job> JobsView::jobs_for(const NodeId& broker, const JobId& from,
                                    std::size_t count_max) const {
  return indexed(*state_, keys::job_broker(broker), keys::job_broker(broker, from), count_max);
}
std::optional<JobEarner> JobsView::earner(const JobId& job, const NodeId& executor) const {
  return load<JobEarner>(*state_, keys::job_earner(job, executor));
}
std::vector<JobDisputeRecord> JobsView::disputes(const JobId& job) const {
  const Bytes prefix = keys::job_disputes(job);
  return list<JobDisputeRecord>(*state_, prefix, prefix, job_disputes_max);
}

}  // namespace oort::ledger
