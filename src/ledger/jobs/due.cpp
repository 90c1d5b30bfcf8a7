// SPDX-License-Identifier: Apache-2.0
// Jobs and offers by themselves: what a header time has to look after.
#include "jobs/inner.hpp"
#include "market/market.hpp"
#include "oort/core/assert.hpp"

namespace oort::ledger {
namespace {

/// Time and kind stand between the table and the subject.
constexpr std::size_t time_at = 2;
constexpr std::size_t kind_at = time_at + 8;
constexpr std::size_t subject_at = kind_at + 1;

std::uint64_t number_of(ByteView bytes) {
  std::uint64_t number = 0;
  for (const std::byte byte : bytes) number = number << 8 | std::to_integer<std::uint64_t>(byte);
  return number;
}

/// Claims are over: pays what verdicts set free, and closes unless something still waits.
void end_claims(Call& call, const JobsParams& params, Job& job) {
  const bool is_waiting = end_disputes(call, job) > 0;
  // While credits stand for no OORT nobody could claim.
  const bool is_stale = job.currency == Currency::Credits &&
                        !rate_of(call.state(), call.block.header.time_ms).has_value();
  if (!is_waiting && !is_stale && close_job(call, params, job)) return;
  save_job_due(call.state(), job, call.block.header.time_ms + params.claim_ms);
}

void go_on_with_job(Block& block, const JobsParams& params, const JobId& id,
                    std::vector<Event>& events) {
  auto job = JobsView(block.state).job(id);
  OORT_ASSERT(job.has_value(), "a job in the queue is there");
  job->due_ms = 0;
  Call call = block_call(block, *job, events);
  switch (job->phase) {
    case JobPhase::Open:
    case JobPhase::Cancelling:
    case JobPhase::Disputable: return begin_claims(call, params, *job);
    case JobPhase::Claiming: return end_claims(call, params, *job);
    case JobPhase::Closed:
      if (!forget_job(block, *job)) save_job_due(block.state, *job, block.header.time_ms);
      return;
  }
  OORT_ASSERT(false, "a job is in one of its phases");
}

void drop_expired_offer(Block& block, const NodeId& node, std::vector<Event>& events) {
  const auto offer = JobsView(block.state).offer(node);
  OORT_ASSERT(offer.has_value(), "an offer in the queue is there");
  block.state.erase(keys::offer(node));
  events.emplace_back(OfferChanged{node, offer->summary.digest, true});
}

}  // namespace

void begin_jobs(Block& block, std::vector<Event>& events) {
  const auto params = jobs_params(block.state);
  if (!params) return;
  std::vector<Bytes> due;
  const Bytes prefix = keys::jobs_due();
  block.state.scan(prefix, prefix, [&](ByteView key, ByteView) {
    const bool is_due = number_of(key.subspan(time_at, kind_at - time_at)) <= block.header.time_ms;
    if (!is_due || due.size() == jobs_due_per_block_max) return false;
    due.push_back(to_bytes(key));
    return true;
  });
  for (const Bytes& key : due) {
    block.state.erase(key);
    const ByteView subject = ByteView(key).subspan(subject_at);
    switch (static_cast<keys::JobsDue>(key[kind_at])) {
      case keys::JobsDue::Job: go_on_with_job(block, *params, *JobId::from(subject), events); break;
      case keys::JobsDue::Offer: drop_expired_offer(block, *NodeId::from(subject), events); break;
    }
  }
}

bool forget_job(Block& block, const Job& job) {
  std::vector<Bytes> left;
  const Bytes prefix = keys::job_earners(job.id);
  block.state.scan(prefix, prefix, [&left](ByteView key, ByteView) {
    left.push_back(to_bytes(key));
    return left.size() < job_erased_per_block_max;
  });
  for (const Bytes& key : left) block.state.erase(key);
  if (left.size() == job_erased_per_block_max) return false;
  for (const JobDisputeRecord& dispute : JobsView(block.state).disputes(job.id)) {
    block.state.erase(keys::job_dispute(job.id, dispute.fault));
  }
  for (const NodeId& broker : job.brokers) block.state.erase(keys::job_broker(broker, job.id));
  block.state.erase(keys::job_payer(job.payer, job.id));
  block.state.erase(keys::job(job.id));
  return true;
}

}  // namespace oort::ledger
