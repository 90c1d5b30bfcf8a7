// SPDX-License-Identifier: Apache-2.0
#include "jobs_kit.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "oort/codec/codec.hpp"
#include "oort/ledger/jobs_keys.hpp"

namespace oort::ledger::test {

JobsParams small_jobs() {
  JobsParams params;
  params.lease_ms = 1'000;
  params.dispute_ms_max = 100'000;
  params.claim_ms = 20'000;
  params.cancel_ms = 2'000;
  params.job_ms_max = 1'000'000;
  params.keep_ms = 30'000;
  params.offer_ms_max = 10'000;
  params.broker_share = 100'000;
  return params;
}

GenesisParams with_jobs(GenesisParams genesis, const JobsParams& params) {
  const GenesisParams market = market_genesis();
  genesis.modules.push_back(market.modules.at(0));
  genesis.modules.push_back({Module::Jobs, codec::to_bytes(JobsGenesis{params})});
  genesis.pots.push_back(market.pots.at(0));
  std::ranges::sort(genesis.modules, {}, &GenesisModule::module);
  std::ranges::sort(genesis.pots, {}, &GenesisPot::pot);
  return genesis;
}

NodeId node_id(std::uint8_t number) { return keys_of(number).node_id(); }

void BrokerBook::work(const NodeId& executor, Units pay) {
  auto place = std::ranges::lower_bound(totals, executor, {}, &ExecutorTotal::executor);
  if (place == totals.end() || place->executor != executor) {
    place = totals.insert(place, {executor, {}, {}});
  }
  ++place->totals.leases;
  place->totals.pay = place->totals.pay.plus(pay).value_or(place->totals.pay);
}

SumRoot BrokerBook::root() const { return sum_root(job, totals).value_or(SumRoot{}); }

JobClaim BrokerBook::claim(const NodeId& executor) const {
  const auto place = std::ranges::find(totals, executor, &ExecutorTotal::executor);
  const auto index = static_cast<std::size_t>(place - totals.begin());
  return {job, totals.at(index), sum_prove(job, totals, index)};
}

Oort JobsLedger::balance(std::uint8_t seed) const {
  return ledger.view().account(account_of(keys_of(seed))).balance;
}
Oort JobsLedger::bond(std::uint8_t node) const {
  return ledger.view().node(node_id(node)).value().bond;
}

JobOpen JobsLedger::open_of(std::uint64_t nonce, Currency currency) const {
  JobOpen open;
  open.nonce = nonce;
  open.spec = Bytes32(root_of("spec").array());
  open.currency = currency;
  open.budget = currency == Currency::Oort ? Units(oort_base_units) : Units(100 * credit);
  open.brokers = {node_id(1), node_id(2), node_id(3)};
  open.walltime_ms = 10'000;
  open.deadline_ms = ledger.time_ms + 60'000;
  open.dispute_ms = 5'000;
  return open;
}

JobId JobsLedger::open(std::uint64_t nonce, Currency currency) {
  EXPECT_EQ(ledger.send(ledger.owner, open_of(nonce, currency)), Rejection::None);
  return job_id_of(account_of(ledger.owner), nonce);
}

Rejection JobsLedger::anchor(std::uint8_t broker, const JobId& job, std::uint64_t epoch,
                             const SumRoot& root) {
  return ledger.send(keys_of(broker), JobAnchor{job, epoch, root});
}

Rejection JobsLedger::end(std::uint8_t broker, const JobId& job, std::uint64_t epoch,
                          JobOutcome outcome) {
  return ledger.send(keys_of(broker), JobResult{job, epoch, outcome, {}, {}});
}

void JobsLedger::wait(std::uint64_t ms) {
  ledger.time_ms += ms;
  ledger.pass(1);
}

Voucher JobsLedger::voucher(std::uint8_t broker, const JobId& job, std::uint64_t epoch,
                            const NodeId& executor, Units pay) const {
  Voucher voucher{ledger.chain(), job, this->job(job).escrow, epoch, executor, 1, pay, {}};
  voucher.signature = keys_of(broker).sign(sign_hash(voucher).view());
  return voucher;
}

namespace {

constexpr std::size_t all = 1'000'000;

Units sum(Units a, Units b) {
  const auto both = a.plus(b);
  EXPECT_TRUE(both.has_value());
  return both.value_or(a);
}

void expect_earners(const StateReader& state, const Job& job) {
  Units claimed;
  Units kept;
  Units lost;
  const Bytes prefix = keys::job_earners(job.id);
  state.scan(prefix, prefix, [&](ByteView, ByteView value) {
    const auto earner = codec::from_bytes<JobEarner>(value).value();
    claimed = sum(claimed, earner.claimed);
    kept = sum(kept, earner.withheld);
    lost = sum(lost, earner.lost);
    return true;
  });
  EXPECT_EQ(claimed, sum(sum(job.paid, kept), lost)) << "J5: what was claimed is somewhere";
  EXPECT_EQ(lost, job.lost) << "J5";
  EXPECT_LE(claimed, job.anchored.totals.pay) << "J5";
}

void expect_escrow(const StateReader& state, const Job& job) {
  const auto escrow = View(state).escrow(job.escrow);
  EXPECT_EQ(escrow.has_value(), job.phase != JobPhase::Closed) << "J2";
  if (!escrow) return;
  EXPECT_EQ(escrow->kind, EscrowKind::Job);
  EXPECT_EQ(escrow->payer, job.payer);
  EXPECT_EQ(escrow->held, escrow->funded.minus(job.paid).value_or(Units())) << "J5";
  const Units pay = job.anchored.totals.pay;
  const Units share(share_of(pay.units(), job.broker_share, Rounding::Up));
  EXPECT_LE(sum(pay, share), escrow->funded) << "J4";
}

}  // namespace

void expect_jobs(const StateReader& state) {
  std::size_t jobs = 0;
  for (const Job& job : JobsView(state).jobs(JobId(), all)) {
    ++jobs;
    expect_earners(state, job);
    expect_escrow(state, job);
    EXPECT_TRUE(state.get(keys::jobs_due(job.due_ms, keys::JobsDue::Job, Bytes32(job.id.array()))))
        << "J6";
    EXPECT_LE(codec::to_bytes(job).size(), 1024U);
  }
  std::size_t due = 0;
  const Bytes prefix = keys::jobs_due();
  state.scan(prefix, prefix, [&due](ByteView, ByteView) { return ++due > 0; });
  EXPECT_EQ(due, jobs + JobsView(state).offers(NodeId(), all).size()) << "J6";
}

}  // namespace oort::ledger::test
