// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "jobs_kit.hpp"
#include "oort/codec/codec.hpp"

namespace oort::ledger::test {
namespace {

constexpr Uint128 milli = oort_base_units / 1000;

OfferSummary summary_until(std::uint64_t expires_ms) {
  OfferSummary summary;
  summary.digest = Bytes32(root_of("offer").array());
  summary.devices = {{"A100", 81'920, 2}};
  summary.cpu_milli = 8'000;
  summary.tiers = 3;
  summary.expires_ms = expires_ms;
  return summary;
}

class Jobs : public ::testing::Test {
 protected:
  void TearDown() override { expect_jobs(jobs.ledger.state()); }
  Rejection send(std::uint8_t sender, const Operation& operation) {
    return jobs.ledger.send(keys_of(sender), operation);
  }
  /// A job with work of executors 4 and 5 anchored by broker 1.
  BrokerBook worked(std::uint64_t nonce, Currency currency = Currency::Oort) {
    BrokerBook book{jobs.open(nonce, currency), {}};
    const Uint128 unit = currency == Currency::Oort ? milli : credit;
    book.work(node_id(4), Units(20 * unit));
    book.work(node_id(5), Units(30 * unit));
    EXPECT_EQ(jobs.anchor(1, book.job, 1, book.root()), Rejection::None);
    return book;
  }
  /// The same with a result, and its disputes over.
  BrokerBook claimable(std::uint64_t nonce, Currency currency = Currency::Oort) {
    BrokerBook book = worked(nonce, currency);
    EXPECT_EQ(jobs.end(1, book.job, 1), Rejection::None);
    jobs.wait(5'000);
    EXPECT_EQ(jobs.phase(book.job), JobPhase::Claiming);
    return book;
  }

  JobsLedger jobs;
};

TEST(JobsGenesis, IsOffWithoutOneAndNeedsTheMarket) {
  TestLedger ledger(staking_genesis());
  for (const Operation& operation :
       {Operation(OfferPost{}), Operation(OfferWithdraw{}), Operation(JobOpen{}),
        Operation(JobTakeOver{}), Operation(JobAnchor{}), Operation(JobResult{}),
        Operation(JobCancel{}), Operation(JobClaim{}), Operation(JobRedeem{}),
        Operation(JobDispute{})}) {
    EXPECT_EQ(ledger.send(ledger.owner, operation), Rejection::ModuleOff) << name_of(operation);
  }
  GenesisParams alone = staking_genesis();
  alone.modules.push_back({Module::Jobs, codec::to_bytes(JobsGenesis{small_jobs()})});
  EXPECT_FALSE(check_genesis(alone).has_value());
  JobsParams params = small_jobs();
  params.broker_share = 1'000'001;
  EXPECT_FALSE(check_genesis(with_jobs(staking_genesis(), params)).has_value());
  params = small_jobs();
  params.lease_ms = 0;
  EXPECT_FALSE(check_genesis(with_jobs(staking_genesis(), params)).has_value());
  EXPECT_TRUE(check_genesis(with_jobs(staking_genesis())).has_value());
}

TEST_F(Jobs, AnOfferIsItsNodesLatestAndExpires_J1) {
  const std::uint64_t now = jobs.ledger.time_ms;
  const OfferSummary first = summary_until(now + 5'000);
  EXPECT_EQ(send(5, OfferPost{node_id(4), first}), Rejection::NodeNotYours);
  EXPECT_EQ(send(4, OfferPost{node_id(99), first}), Rejection::NodeUnknown);
  EXPECT_EQ(send(4, OfferPost{node_id(4), summary_until(now)}), Rejection::OfferInvalid);
  EXPECT_EQ(send(4, OfferPost{node_id(4), summary_until(now + 10'001)}), Rejection::OfferInvalid);
  OfferSummary strange = first;
  strange.devices[0].count = 17;
  EXPECT_EQ(send(4, OfferPost{node_id(4), strange}), Rejection::OfferInvalid);
  EXPECT_EQ(send(4, OfferWithdraw{node_id(4)}), Rejection::OfferUnknown);
  EXPECT_EQ(send(4, OfferPost{node_id(4), first}), Rejection::None);
  EXPECT_EQ(send(14, OfferPost{node_id(4), summary_until(now + 9'000)}), Rejection::None);
  EXPECT_EQ(jobs.view().offers({}, 10).size(), 1U);
  jobs.wait(6'000);
  ASSERT_TRUE(jobs.view().offer(node_id(4)).has_value()) << "the later one counts";
  jobs.wait(3'000);
  EXPECT_FALSE(jobs.view().offer(node_id(4)).has_value());
  const Event gone = OfferChanged{node_id(4), first.digest, true};
  EXPECT_EQ(std::ranges::count(jobs.ledger.last().block_events, gone), 1);
  EXPECT_EQ(send(4, OfferPost{node_id(4), summary_until(now + 18'000)}), Rejection::None);
  EXPECT_EQ(send(4, OfferWithdraw{node_id(4)}), Rejection::None);
  jobs.ledger.set_status(node_id(4), NodeStatus::Draining);
  EXPECT_EQ(send(4, OfferPost{node_id(4), summary_until(now + 18'000)}), Rejection::OfferInvalid);
}

TEST_F(Jobs, OpeningIsRefusedForEachReason_J2) {
  const auto refused = [&](auto change) {
    JobOpen open = jobs.open_of(1);
    change(open);
    return jobs.ledger.send(jobs.ledger.owner, open);
  };
  const std::uint64_t now = jobs.ledger.time_ms;
  EXPECT_EQ(refused([](JobOpen& o) { o.budget = Units(); }), Rejection::JobFieldInvalid);
  EXPECT_EQ(refused([](JobOpen& o) { o.walltime_ms = 0; }), Rejection::JobFieldInvalid);
  EXPECT_EQ(refused([&](JobOpen& o) { o.deadline_ms = now; }), Rejection::JobFieldInvalid);
  EXPECT_EQ(refused([&](JobOpen& o) { o.deadline_ms = now + 1'000'001; }),
            Rejection::JobFieldInvalid);
  EXPECT_EQ(refused([](JobOpen& o) { o.confidence = 1'000'001; }), Rejection::JobFieldInvalid);
  EXPECT_EQ(refused([](JobOpen& o) { o.dispute_ms = 100'001; }), Rejection::JobFieldInvalid);
  EXPECT_EQ(refused([](JobOpen& o) { o.brokers = {}; }), Rejection::JobBrokerInvalid);
  EXPECT_EQ(refused([](JobOpen& o) { o.brokers = {node_id(5)}; }), Rejection::JobBrokerInvalid)
      << "an archive brokers nothing";
  EXPECT_EQ(refused([](JobOpen& o) { o.brokers = {node_id(1), node_id(1)}; }),
            Rejection::JobBrokerInvalid);
  EXPECT_EQ(refused([](JobOpen& o) { o.brokers = {node_id(99)}; }), Rejection::JobBrokerInvalid);
  EXPECT_EQ(refused([](JobOpen& o) { o.budget = Units(oort_base_units * 2'000); }),
            Rejection::BalanceTooLow);
  EXPECT_EQ(refused([](JobOpen&) {}), Rejection::None);
  EXPECT_EQ(refused([](JobOpen&) {}), Rejection::JobExists);
  const Job job = jobs.job(job_id_of(account_of(jobs.ledger.owner), 1));
  EXPECT_EQ(broker_of(job), node_id(1));
  EXPECT_EQ(jobs.view().jobs_for(node_id(3), {}, 10).size(), 1U);
  EXPECT_EQ(jobs.view().jobs_of(job.payer, {}, 10).size(), 1U);
  EXPECT_EQ(jobs.ledger.send(jobs.ledger.owner, EscrowClose{job.escrow}),
            Rejection::EscrowNotYours);
}

TEST_F(Jobs, ExecutorsTheBrokerAndThePayerGetWhatIsTheirs_J5) {
  const Oort payer = jobs.balance(100);
  const Oort broker = jobs.balance(11);
  const Oort executor = jobs.balance(14);
  const Oort treasury = jobs.ledger.view().pot(Pot::Treasury);
  BrokerBook book = claimable(1);
  EXPECT_EQ(send(5, book.claim(node_id(4))), Rejection::None);
  EXPECT_EQ(send(5, book.claim(node_id(4))), Rejection::JobClaimed);
  EXPECT_EQ(jobs.phase(book.job), JobPhase::Claiming);
  EXPECT_EQ(send(5, book.claim(node_id(5))), Rejection::None);
  const Job job = jobs.job(book.job);
  EXPECT_EQ(job.phase, JobPhase::Closed) << "all is claimed";
  EXPECT_EQ(job.paid, Units(50 * milli));
  EXPECT_EQ(job.share, Units(5 * milli));
  // The market takes 10 % and gives the payer 4 %.
  EXPECT_EQ(jobs.balance(14), *executor.plus(Oort(18 * milli)));
  EXPECT_EQ(jobs.balance(11), *broker.plus(Oort(5 * milli * 9 / 10)));
  const Oort spent(55 * milli - 55 * milli * 4 / 100);
  const Oort fees = *payer.minus(*jobs.balance(100).plus(spent));
  EXPECT_LT(fees, Oort(100'000)) << "only the fees of its own transaction";
  EXPECT_EQ(jobs.ledger.view().pot(Pot::Treasury), *treasury.plus(Oort(55 * milli * 6 / 100)));
  EXPECT_EQ(send(4, book.claim(node_id(4))), Rejection::JobStateWrong);
}

TEST_F(Jobs, CreditsArePaidOutInOort_J5) {
  const Oort executor = jobs.balance(14);
  const Credits credits = jobs.ledger.view().credits(account_of(jobs.ledger.owner));
  BrokerBook book = claimable(1, Currency::Credits);
  EXPECT_EQ(send(4, book.claim(node_id(4))), Rejection::None);
  EXPECT_EQ(send(4, book.claim(node_id(5))), Rejection::None);
  // 20 credits are 4 OORT, of which the protocol takes a tenth.
  EXPECT_EQ(jobs.balance(14), *executor.plus(Oort(oort_base_units * 36 / 10)));
  EXPECT_EQ(jobs.ledger.view().credits(account_of(jobs.ledger.owner)),
            *credits.minus(Credits(55 * credit)));
}

TEST_F(Jobs, AClaimIsRefusedForEachReason_J5) {
  BrokerBook early = worked(1);
  EXPECT_EQ(send(4, early.claim(node_id(4))), Rejection::JobStateWrong);
  BrokerBook book{jobs.open(2), {}};
  book.work(node_id(4), Units(milli));
  book.work(node_id(2), Units(milli));
  book.work(node_id(99), Units(milli));
  EXPECT_EQ(jobs.anchor(1, book.job, 1, book.root()), Rejection::None);
  EXPECT_EQ(jobs.end(1, book.job, 1), Rejection::None);
  jobs.wait(5'000);
  EXPECT_EQ(send(4, book.claim(node_id(2))), Rejection::JobExecutorInvalid) << "a broker's own";
  EXPECT_EQ(send(4, book.claim(node_id(99))), Rejection::JobExecutorInvalid);
  JobClaim more = book.claim(node_id(4));
  more.total.totals.pay = Units(2 * milli);
  EXPECT_EQ(send(4, more), Rejection::JobProofInvalid);
  JobClaim other = book.claim(node_id(4));
  other.job = early.job;
  EXPECT_EQ(send(4, other), Rejection::JobStateWrong);
  other.job = JobId();
  EXPECT_EQ(send(4, other), Rejection::JobUnknown);
  EXPECT_EQ(send(4, book.claim(node_id(4))), Rejection::None);
}

TEST_F(Jobs, OnlyTheBrokerOfTheLatestEpochActs_J3) {
  const JobId id = jobs.open(1);
  BrokerBook book{id, {}};
  book.work(node_id(4), Units(milli));
  EXPECT_EQ(jobs.anchor(2, id, 1, book.root()), Rejection::JobNotYours);
  EXPECT_EQ(jobs.anchor(1, id, 2, book.root()), Rejection::JobEpochStale);
  EXPECT_EQ(send(2, JobTakeOver{id, 2}), Rejection::JobLeaseRunning);
  jobs.wait(900);
  EXPECT_EQ(jobs.anchor(11, id, 1, book.root()), Rejection::None) << "its operator speaks for it";
  jobs.wait(999);
  EXPECT_EQ(send(2, JobTakeOver{id, 2}), Rejection::JobLeaseRunning) << "the anchor renewed it";
  jobs.ledger.time_ms += 1;
  EXPECT_EQ(send(3, JobTakeOver{id, 3}), Rejection::JobLeaseRunning) << "after the second's turn";
  EXPECT_EQ(send(3, JobTakeOver{id, 2}), Rejection::JobNotYours);
  EXPECT_EQ(send(2, JobTakeOver{id, 1}), Rejection::JobEpochStale);
  EXPECT_EQ(send(2, JobTakeOver{id, 2}), Rejection::None);
  EXPECT_EQ(send(2, JobTakeOver{id, 2}), Rejection::JobEpochStale);
  book.work(node_id(5), Units(milli));
  EXPECT_EQ(jobs.anchor(1, id, 1, book.root()), Rejection::JobEpochStale);
  EXPECT_EQ(jobs.end(1, id, 1), Rejection::JobEpochStale);
  EXPECT_EQ(jobs.anchor(2, id, 2, book.root()), Rejection::None);
  jobs.wait(2'000);
  EXPECT_EQ(send(3, JobTakeOver{id, 3}), Rejection::None) << "its own turn has come";
  jobs.wait(4'000);
  EXPECT_EQ(send(1, JobTakeOver{id, 4}), Rejection::None) << "and round again";
  EXPECT_EQ(broker_of(jobs.job(id)), node_id(1));
  jobs.wait(3'000);
  EXPECT_EQ(send(2, JobTakeOver{id, 8}), Rejection::JobLeaseRunning) << "no broker is skipped so";
  EXPECT_EQ(jobs.end(1, id, 4), Rejection::None);
  EXPECT_EQ(send(2, JobTakeOver{id, 5}), Rejection::JobStateWrong);
}

TEST_F(Jobs, TotalsNeverShrinkAndAreCovered_J4) {
  const JobId id = jobs.open(1);
  SumRoot root{{}, {2, 1, Units(500 * milli)}};
  EXPECT_EQ(jobs.anchor(1, id, 1, root), Rejection::None);
  SumRoot less = root;
  less.totals.leases = 1;
  EXPECT_EQ(jobs.anchor(1, id, 1, less), Rejection::JobTotalsShrink);
  less = root;
  less.totals.pay = Units(500 * milli - 1);
  EXPECT_EQ(jobs.anchor(1, id, 1, less), Rejection::JobTotalsShrink);
  less = root;
  less.totals.open = 3;
  EXPECT_EQ(jobs.anchor(1, id, 1, less), Rejection::JobTotalsShrink) << "more open than there are";
  jobs.wait(1'000);
  EXPECT_EQ(send(2, JobTakeOver{id, 2}), Rejection::None);
  EXPECT_EQ(jobs.anchor(2, id, 2, SumRoot{}), Rejection::JobTotalsShrink) << "over takeovers too";
  // 1 OORT covers 10/11 of it and a tenth on top.
  SumRoot most = root;
  most.totals.pay = Units(oort_base_units * 10 / 11 + 1);
  EXPECT_EQ(jobs.anchor(2, id, 2, most), Rejection::JobOverdrawn);
  most.totals.pay = Units(~Uint128{0});
  EXPECT_EQ(jobs.anchor(2, id, 2, most), Rejection::JobOverdrawn);
  most.totals.pay = Units(oort_base_units * 10 / 11);
  EXPECT_EQ(jobs.anchor(2, id, 2, most), Rejection::None);
  EXPECT_EQ(jobs.ledger.send(jobs.ledger.stranger,
                             EscrowFund{jobs.job(id).escrow, Units(oort_base_units)}),
            Rejection::None);
  most.totals.pay = Units(oort_base_units);
  EXPECT_EQ(jobs.anchor(2, id, 2, most), Rejection::None) << "anybody can add to the budget";
  EXPECT_EQ(jobs.end(2, id, 2), Rejection::JobLeasesOpen);
  EXPECT_EQ(jobs.end(2, id, 2, JobOutcome::None), Rejection::JobFieldInvalid);
  EXPECT_EQ(jobs.end(2, id, 2, JobOutcome::Cancelled), Rejection::JobFieldInvalid);
}

TEST_F(Jobs, ACancelledJobPaysForWhatWasDone_J6) {
  const Oort before = jobs.balance(100);
  const JobId idle = jobs.open(1);
  EXPECT_EQ(send(101, JobCancel{idle}), Rejection::JobNotYours);
  EXPECT_EQ(send(100, JobCancel{idle}), Rejection::None);
  EXPECT_EQ(jobs.phase(idle), JobPhase::Closed);
  EXPECT_LT(before.minus(jobs.balance(100))->units(), 100'000U) << "all but the fees is back";
  EXPECT_EQ(send(100, JobCancel{idle}), Rejection::JobStateWrong);
  BrokerBook book = worked(2);
  EXPECT_EQ(send(100, JobCancel{book.job}), Rejection::None);
  EXPECT_EQ(jobs.phase(book.job), JobPhase::Cancelling);
  book.work(node_id(4), Units(milli));
  EXPECT_EQ(jobs.anchor(1, book.job, 1, book.root()), Rejection::None) << "the last word";
  EXPECT_EQ(jobs.end(1, book.job, 1), Rejection::JobFieldInvalid);
  EXPECT_EQ(jobs.end(1, book.job, 1, JobOutcome::Cancelled), Rejection::None);
  EXPECT_EQ(jobs.phase(book.job), JobPhase::Disputable);
  const BrokerBook silent = worked(3);
  EXPECT_EQ(send(100, JobCancel{silent.job}), Rejection::None);
  jobs.wait(2'000);
  EXPECT_EQ(jobs.phase(silent.job), JobPhase::Claiming) << "the broker's time is over";
  EXPECT_EQ(jobs.job(silent.job).outcome, JobOutcome::None);
}

TEST_F(Jobs, WithoutAResultExecutorsArePaidAndTheBrokerIsNot_J6) {
  const Oort broker = jobs.balance(11);
  BrokerBook book = worked(1);
  const JobId idle = jobs.open(2);
  jobs.wait(60'000);
  EXPECT_EQ(jobs.phase(idle), JobPhase::Closed) << "nobody is owed anything";
  EXPECT_EQ(jobs.phase(book.job), JobPhase::Claiming);
  EXPECT_EQ(send(4, book.claim(node_id(4))), Rejection::None);
  jobs.wait(20'000);
  const Job job = jobs.job(book.job);
  EXPECT_EQ(job.phase, JobPhase::Closed) << "the other one's time is over";
  EXPECT_EQ(job.paid, Units(20 * milli));
  EXPECT_EQ(job.share, Units());
  EXPECT_EQ(jobs.balance(11), broker);
  jobs.wait(30'000);
  EXPECT_FALSE(jobs.view().job(book.job).has_value()) << "and is forgotten";
  EXPECT_FALSE(jobs.view().earner(book.job, node_id(4)).has_value());
  EXPECT_TRUE(jobs.view().jobs_of(account_of(jobs.ledger.owner), {}, 10).empty());
  EXPECT_TRUE(jobs.view().jobs_for(node_id(2), {}, 10).empty());
}

TEST_F(Jobs, ABlockGoesOnWithABoundedNumber_J6) {
  for (std::uint64_t part = 0; part < 2; ++part) {
    std::vector<SubmittedOperation> many;
    for (std::uint64_t i = 0; i < 150; ++i) {
      JobOpen open = jobs.open_of(part * 1'000 + i);
      open.budget = Units(1);
      open.deadline_ms = 1'060'000;
      many.push_back({open, {}});
    }
    jobs.ledger.block({jobs.ledger.make(jobs.ledger.owner, std::move(many))});
  }
  const auto closed = [&] {
    std::size_t count = 0;
    for (const Job& job : jobs.view().jobs({}, 1'000)) count += job.phase == JobPhase::Closed;
    return count;
  };
  EXPECT_EQ(jobs.view().jobs({}, 1'000).size(), 300U);
  jobs.wait(60'000);
  EXPECT_EQ(closed(), 256U);
  jobs.wait(1);
  EXPECT_EQ(closed(), 300U);
}

TEST_F(Jobs, AVoucherBeyondWhatWasPaidComesOutOfTheBrokersBond_J7) {
  BrokerBook book = claimable(1);
  const Voucher promised = jobs.voucher(1, book.job, 1, node_id(4), Units(25 * milli));
  EXPECT_EQ(send(4, JobRedeem{promised}), Rejection::JobStateWrong) << "first it claims";
  EXPECT_EQ(send(4, book.claim(node_id(4))), Rejection::None);
  EXPECT_EQ(send(4, book.claim(node_id(5))), Rejection::None);
  const Oort bond = jobs.bond(1);
  Voucher forged = promised;
  forged.pay = Units(26 * milli);
  EXPECT_EQ(send(4, JobRedeem{forged}), Rejection::VoucherInvalid);
  forged = jobs.voucher(2, book.job, 1, node_id(4), Units(25 * milli));
  EXPECT_EQ(send(4, JobRedeem{forged}), Rejection::VoucherInvalid) << "another broker's";
  forged = jobs.voucher(2, book.job, 2, node_id(4), Units(25 * milli));
  EXPECT_EQ(send(4, JobRedeem{forged}), Rejection::VoucherInvalid) << "an epoch that never was";
  EXPECT_EQ(send(4, JobRedeem{jobs.voucher(1, book.job, 1, node_id(2), Units(25 * milli))}),
            Rejection::JobExecutorInvalid);
  EXPECT_EQ(send(4, JobRedeem{jobs.voucher(1, book.job, 1, node_id(4), Units(20 * milli))}),
            Rejection::NothingToRedeem);
  EXPECT_EQ(send(4, JobRedeem{promised}), Rejection::None);
  EXPECT_EQ(send(4, JobRedeem{promised}), Rejection::NothingToRedeem) << "once";
  EXPECT_EQ(jobs.bond(1), *bond.minus(Oort(5 * milli)));
  EXPECT_EQ(jobs.ledger.view().pot(Pot::Unbonding), Oort(5 * milli)) << "slashable meanwhile";
  const Oort before = jobs.balance(14);
  for (int i = 0; i < 6; ++i) jobs.wait(1'000);
  EXPECT_EQ(jobs.balance(14), *before.plus(Oort(5 * milli)));
  const Voucher vast = jobs.voucher(1, book.job, 1, node_id(5), Units(~Uint128{0}));
  EXPECT_EQ(send(5, JobRedeem{vast}), Rejection::None) << "as far as the bond goes";
  EXPECT_EQ(jobs.bond(1), Oort());
}

TEST_F(Jobs, AVoucherIsOfOneJobWhateverJobsAreCalled_J7) {
  BrokerBook book = claimable(1);
  EXPECT_EQ(send(4, book.claim(node_id(4))), Rejection::None);
  EXPECT_EQ(send(4, book.claim(node_id(5))), Rejection::None);
  const Voucher old = jobs.voucher(1, book.job, 1, node_id(4), Units(25 * milli));
  jobs.wait(30'000);
  ASSERT_FALSE(jobs.view().job(book.job).has_value());
  EXPECT_EQ(jobs.open(1), book.job) << "the name is free again";
  EXPECT_EQ(send(100, JobCancel{book.job}), Rejection::None);
  EXPECT_EQ(send(4, JobRedeem{old}), Rejection::VoucherInvalid);
}

}  // namespace
}  // namespace oort::ledger::test
