// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/jobs_records.hpp"

#include "jobs/record_fields.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::ledger {

template void encode(codec::Writer&, const JobsParams&);
template Result<void> decode(codec::Reader&, JobsParams&);
template void encode(codec::Writer&, const JobsGenesis&);
template Result<void> decode(codec::Reader&, JobsGenesis&);
template void encode(codec::Writer&, const OfferRecord&);
template Result<void> decode(codec::Reader&, OfferRecord&);
template void encode(codec::Writer&, const Job&);
template Result<void> decode(codec::Reader&, Job&);
template void encode(codec::Writer&, const JobEarner&);
template Result<void> decode(codec::Reader&, JobEarner&);
template void encode(codec::Writer&, const JobDisputeRecord&);
template Result<void> decode(codec::Reader&, JobDisputeRecord&);

namespace {

constexpr crypto::Context job_context("oort.v1 job");
/// A hundred years: sums of a few never wrap.
constexpr std::uint64_t time_ms_max = 36'525 * day_ms;

bool is_time(std::uint64_t time_ms) { return time_ms >= 1 && time_ms <= time_ms_max; }

}  // namespace

bool is_possible(const JobsParams& params) {
  return is_time(params.lease_ms) && params.dispute_ms_min <= params.dispute_ms_max &&
         params.dispute_ms_max <= time_ms_max && is_time(params.claim_ms) &&
         is_time(params.cancel_ms) && is_time(params.job_ms_max) && is_time(params.keep_ms) &&
         is_time(params.offer_ms_max) && params.broker_share <= parts_per_million;
}

std::size_t broker_index(const Job& job, std::uint64_t broker_epoch) noexcept {
  OORT_ASSERT(broker_epoch >= 1, "epochs count from 1");
  OORT_ASSERT(!job.brokers.empty(), "a job has a broker");
  return static_cast<std::size_t>((broker_epoch - 1) % job.brokers.size());
}

const NodeId& broker_of(const Job& job) noexcept {
  return job.brokers[broker_index(job, job.broker_epoch)];
}

std::uint64_t takeover_from(const Job& job, std::uint64_t lease_ms,
                            std::uint64_t broker_epoch) noexcept {
  OORT_ASSERT(job.broker_epoch < broker_epoch, "a later broker takes over");
  const std::uint64_t skipped = broker_epoch - job.broker_epoch - 1;
  constexpr std::uint64_t never = ~std::uint64_t{0};
  if (skipped >= job.brokers.size()) return never;
  return job.broker_until + skipped * lease_ms;
}

JobId job_id_of(const AccountId& payer, std::uint64_t nonce) {
  codec::Writer out;
  codec::encode(out, payer);
  out.u64(nonce);
  return JobId(crypto::hash(job_context, out.bytes()).array());
}

}  // namespace oort::ledger
