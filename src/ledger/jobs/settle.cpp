// SPDX-License-Identifier: Apache-2.0
// How a job's money leaves its escrow: executors by the last anchor, the broker's share, the rest
// to the payer; and what a voucher says beyond that, out of a broker's bond.
#include <algorithm>

#include "jobs/inner.hpp"
#include "market/escrow.hpp"
#include "market/market.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/honesty_view.hpp"
#include "oort/ledger/ratio.hpp"
#include "staking/staking.hpp"

namespace oort::ledger {
namespace {

Units sum(Units a, Units b) {
  const auto both = a.plus(b);
  OORT_ASSERT(both.has_value(), "what an escrow holds fits an amount");
  return *both;
}
Units less(Units a, Units b) { return a.minus(b).value_or(Units()); }

/// The broker that ended the job, with no lease left open, earns of what executors were paid.
Units share_due(const Job& job) {
  if (job.outcome == JobOutcome::None || job.anchored.totals.open != 0) return {};
  return Units(share_of(job.paid.units(), job.broker_share, Rounding::Down));
}

bool can_pay(const Call& call, const Job& job) {
  return job.currency == Currency::Oort ||
         rate_of(call.state(), call.block.header.time_ms).has_value();
}

/// Gross pay out of the escrow to a node's operator.
Rejection pay_operator(Call& call, const Job& job, const NodeId& id, Units gross,
                       JobPaid::Kind kind) {
  if (gross.is_zero()) return Rejection::None;
  const auto node = call.view().node(id);
  OORT_ASSERT(node.has_value(), "a node that was registered stays so");
  auto escrow = find_escrow(call.block, job.escrow);
  if (!escrow) return escrow.error();
  const Rejection refused = pay_escrow(call, *escrow, node->owner, gross);
  if (refused != Rejection::None) return refused;
  call.events.emplace_back(JobPaid{kind, job.id, id, gross});
  return Rejection::None;
}

/// What disputes keep from an executor's claim.
JobEarner earner_of(const Call& call, const Job& job, const ExecutorTotal& total) {
  JobEarner earner;
  earner.claimed = total.totals.pay;
  for (const JobDisputeRecord& dispute : JobsView(call.state()).disputes(job.id)) {
    if (dispute.executor != total.executor) continue;
    const Units left = less(less(earner.claimed, earner.withheld), earner.lost);
    const Units part = std::min(dispute.pay, left);
    if (dispute.state == JobDisputeRecord::State::Running) {
      earner.withheld = sum(earner.withheld, part);
    } else if (dispute.state == JobDisputeRecord::State::Lost) {
      earner.lost = sum(earner.lost, part);
    }
  }
  return earner;
}

/// Pays or takes what one dispute withheld; false where it cannot be paid now.
bool end_dispute(Call& call, Job& job, JobDisputeRecord dispute, bool is_lost) {
  const Bytes key = keys::job_earner(job.id, dispute.executor);
  if (auto earner = load<JobEarner>(call.state(), key)) {
    const Units part = std::min(dispute.pay, earner->withheld);
    if (is_lost) {
      earner->lost = sum(earner->lost, part);
      job.lost = sum(job.lost, part);
      call.events.emplace_back(JobPaid{JobPaid::Kind::Lost, job.id, dispute.executor, part});
    } else {
      if (pay_operator(call, job, dispute.executor, part, JobPaid::Kind::Released) !=
          Rejection::None) {
        return false;
      }
      job.paid = sum(job.paid, part);
    }
    earner->withheld = less(earner->withheld, part);
    save(call.state(), key, *earner);
  }
  dispute.state = is_lost ? JobDisputeRecord::State::Lost : JobDisputeRecord::State::Released;
  save(call.state(), keys::job_dispute(job.id, dispute.fault), dispute);
  call.events.emplace_back(JobDisputed{job.id, dispute});
  return true;
}

}  // namespace

std::uint32_t end_disputes(Call& call, Job& job) {
  std::uint32_t running = 0;
  if (job.disputes_count == 0) return running;
  for (const JobDisputeRecord& dispute : JobsView(call.state()).disputes(job.id)) {
    if (dispute.state != JobDisputeRecord::State::Running) continue;
    const auto record = HonestyView(call.state()).fault_case(dispute.fault);
    const bool is_open = record && record->court.phase != CasePhase::Closed;
    const bool is_lost = record && record->court.verdict == PanelVerdict::Convicted;
    if (is_open || !end_dispute(call, job, dispute, is_lost)) ++running;
  }
  return running;
}

bool close_job(Call& call, const JobsParams& params, Job& job) {
  const Units share = share_due(job);
  if (!share.is_zero() && !can_pay(call, job)) return false;
  const Rejection refused = pay_operator(call, job, broker_of(job), share, JobPaid::Kind::Share);
  OORT_ASSERT(refused == Rejection::None, "every anchor left room for the share");
  job.share = share;
  auto escrow = find_escrow(call.block, job.escrow);
  OORT_ASSERT(escrow.has_value(), "nobody but this module closes a job's escrow");
  close_escrow(call, *escrow);
  job.phase = JobPhase::Closed;
  save_job_due(call.state(), job, call.block.header.time_ms + params.keep_ms);
  call.events.emplace_back(told(job));
  return true;
}

void begin_claims(Call& call, const JobsParams& params, Job& job) {
  if (job.anchored.totals.pay.is_zero() && close_job(call, params, job)) return;
  job.phase = JobPhase::Claiming;
  save_job_due(call.state(), job, call.block.header.time_ms + params.claim_ms);
  call.events.emplace_back(told(job));
}

void close_if_settled(Call& call, const JobsParams& params, Job& job) {
  const bool is_settled = sum(job.paid, job.lost) == job.anchored.totals.pay;
  if (is_settled && close_job(call, params, job)) return;
  save_job(call.state(), job);
}

Rejection apply(Call& call, const JobClaim& operation) {
  auto job = find_job(call, operation.job);
  if (!job) return job.error();
  if (job->phase != JobPhase::Claiming) return Rejection::JobStateWrong;
  const ExecutorTotal& total = operation.total;
  const Bytes key = keys::job_earner(job->id, total.executor);
  if (call.state().get(key)) return Rejection::JobClaimed;
  if (!sum_verify(job->id, job->anchored, operation.proof, total)) {
    return Rejection::JobProofInvalid;
  }
  const auto node = call.view().node(total.executor);
  if (!node || is_of_a_broker(call.view(), *job, node->owner)) {
    return Rejection::JobExecutorInvalid;
  }
  static_cast<void>(end_disputes(call, *job));
  const JobEarner earner = earner_of(call, *job, total);
  const Units gross = less(less(earner.claimed, earner.withheld), earner.lost);
  const Units settled = sum(sum(job->paid, job->lost), earner.claimed);
  if (job->anchored.totals.pay < settled) return Rejection::JobOverdrawn;
  const Rejection refused = pay_operator(call, *job, total.executor, gross, JobPaid::Kind::Claimed);
  if (refused != Rejection::None) return refused;
  job->paid = sum(job->paid, gross);
  job->lost = sum(job->lost, earner.lost);
  save(call.state(), key, earner);
  close_if_settled(call, *jobs_params(call.state()), *job);
  return Rejection::None;
}

namespace {

/// Of a voucher's pay, what the executor has not had; nothing where the voucher is none.
Accepted<Units> owed_beyond(const Call& call, const Job& job, const Voucher& voucher,
                            const JobEarner& earner) {
  const bool is_of_job = voucher.chain == call.block.chain && voucher.escrow == job.escrow &&
                         voucher.broker_epoch >= 1 && voucher.broker_epoch <= job.broker_epoch;
  if (!is_of_job) return Refused(Rejection::VoucherInvalid);
  const NodeId& signer = job.brokers[broker_index(job, voucher.broker_epoch)];
  const Bytes32 message = sign_hash(voucher);
  if (!call.block.signatures.verify(crypto::key_of(signer), message.view(), voucher.signature)) {
    return Refused(Rejection::VoucherInvalid);
  }
  // What a verdict took is not owed again.
  const Units owed = less(less(voucher.pay, earner.claimed), earner.redeemed);
  if (owed.is_zero()) return Refused(Rejection::NothingToRedeem);
  return owed;
}

Accepted<Oort> in_oort(const Call& call, const Job& job, Units owed) {
  if (job.currency == Currency::Oort) return Oort(owed.units());
  const auto rate = rate_of(call.state(), call.block.header.time_ms);
  if (!rate) return Refused(rate.error());
  const auto worth = oort_for(Credits(owed.units()), *rate, Rounding::Down);
  if (!worth) return Refused(Rejection::AmountOverflow);
  return *worth;
}

}  // namespace

Rejection apply(Call& call, const JobRedeem& operation) {
  const Voucher& voucher = operation.voucher;
  const auto job = find_job(call, voucher.job);
  if (!job) return job.error();
  if (job->phase != JobPhase::Closed) return Rejection::JobStateWrong;
  const auto node = call.view().node(voucher.executor);
  if (!node || is_of_a_broker(call.view(), *job, node->owner)) {
    return Rejection::JobExecutorInvalid;
  }
  const Bytes key = keys::job_earner(job->id, voucher.executor);
  auto earner = load<JobEarner>(call.state(), key).value_or(JobEarner{});
  const auto owed = owed_beyond(call, *job, voucher, earner);
  if (!owed) return owed.error();
  const auto worth = in_oort(call, *job, *owed);
  if (!worth) return worth.error();
  const NodeId& signer = job->brokers[broker_index(*job, voucher.broker_epoch)];
  const Oort paid = assign_bond(call.block, signer, node->owner, *worth, call.events);
  if (paid.is_zero()) return Rejection::NothingToRedeem;
  earner.redeemed = sum(earner.redeemed, *owed);
  save(call.state(), key, earner);
  call.events.emplace_back(
      JobPaid{JobPaid::Kind::Redeemed, job->id, voucher.executor, Units(paid.units())});
  return Rejection::None;
}

}  // namespace oort::ledger
