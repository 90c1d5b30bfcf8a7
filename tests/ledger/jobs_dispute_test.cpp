// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "honesty_town.hpp"
#include "jobs_kit.hpp"
#include "oort/ledger/jobs_keys.hpp"

namespace oort::ledger::test {
namespace {

constexpr std::uint8_t officer = 21;
constexpr std::uint8_t accused = 22;
constexpr std::uint8_t other = 23;
constexpr Uint128 milli = oort_base_units / 1000;

/// A job whose executors are a node about which a case is open, and another one.
class Disputed : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::uint64_t round = town.prepare();
    reveal = town.reveal(round, officer, accused, 0, wrong_result);
    fault = case_id_of(reveal);
    JobOpen open;
    open.nonce = 1;
    open.budget = Units(oort_base_units);
    open.brokers = {node_id(1)};
    open.walltime_ms = 1;
    open.deadline_ms = town.ledger.time_ms + 900'000;
    open.dispute_ms = 5'000;
    EXPECT_EQ(town.ledger.send(town.ledger.owner, open), Rejection::None);
    book.job = job_id_of(account_of(town.ledger.owner), 1);
    lines = {LeaseLine{reveal.receipt.lease, 0, 0, reveal.receipt.task_commitment, wrong_result,
                       Units(10 * milli)},
             LeaseLine{{7, 1}, 1, 0, right_result, right_result, Units(20 * milli)}};
    book.work(Town::id(accused), Units(30 * milli));
    book.work(Town::id(other), Units(5 * milli));
    for (ExecutorTotal& total : book.totals) {
      if (total.executor == Town::id(accused)) total.leases = lease_lines_root(lines);
    }
    EXPECT_EQ(send(1, JobAnchor{book.job, 1, book.root()}), Rejection::None);
    EXPECT_EQ(send(1, JobResult{book.job, 1, JobOutcome::Succeeded, {}, {}}), Rejection::None);
  }
  void TearDown() override { expect_jobs(town.ledger.state()); }

  Rejection send(std::uint8_t sender, const Operation& operation) {
    return town.ledger.send(keys_of(sender), operation);
  }
  Rejection send_owner(const Operation& operation) {
    return town.ledger.send(town.ledger.owner, operation);
  }
  [[nodiscard]] JobDispute dispute(std::size_t line = 0) const {
    const JobClaim claim = book.claim(Town::id(accused));
    std::vector<Bytes32> hashes;
    for (const LeaseLine& each : lines) hashes.push_back(lease_line_hash(each));
    return {book.job,    fault,       claim.total,
            claim.proof, lines[line], crypto::merkle_prove(hashes, line)};
  }
  void accuse() { EXPECT_EQ(town.send_reveal(reveal, officer), Rejection::None); }
  void wait(std::uint64_t ms) {
    town.ledger.time_ms += ms;
    town.ledger.pass(1);
  }
  void judge(const Bytes32& truth) {
    town.hear(fault, all_find(truth));
    town.close(fault);
  }
  [[nodiscard]] Job job() const { return JobsView(town.ledger.state()).job(book.job).value(); }

  Town town{with_jobs(honesty_genesis())};
  Reveal reveal;
  Bytes32 fault;
  BrokerBook book;
  std::vector<LeaseLine> lines;
};

TEST_F(Disputed, IsRefusedForEachReason_J8) {
  EXPECT_EQ(send_owner(dispute()), Rejection::JobDisputeInvalid) << "there is no case";
  accuse();
  EXPECT_EQ(send(4, dispute()), Rejection::JobNotYours);
  EXPECT_EQ(send_owner(dispute(1)), Rejection::JobDisputeInvalid) << "of another lease";
  JobDispute wrong = dispute();
  wrong.line.pay = Units(1);
  EXPECT_EQ(send_owner(wrong), Rejection::JobProofInvalid);
  wrong = dispute();
  wrong.total.totals.pay = Units(1);
  EXPECT_EQ(send_owner(wrong), Rejection::JobProofInvalid);
  EXPECT_EQ(send_owner(dispute()), Rejection::None);
  EXPECT_EQ(send(1, dispute()), Rejection::JobDisputeInvalid) << "known";
  wait(5'000);
  EXPECT_EQ(send_owner(dispute()), Rejection::JobStateWrong);
}

TEST_F(Disputed, PayWaitsForTheVerdictAndIsLostByAConviction_J8) {
  accuse();
  EXPECT_EQ(send_owner(dispute()), Rejection::None);
  wait(5'000);
  EXPECT_EQ(send(accused, book.claim(Town::id(accused))), Rejection::None);
  EXPECT_EQ(job().paid, Units(20 * milli)) << "the other lease's";
  town.hear(fault, all_find(right_result));
  EXPECT_EQ(send(other, book.claim(Town::id(other))), Rejection::None);
  EXPECT_EQ(job().phase, JobPhase::Claiming) << "it waits while an appeal is possible";
  wait(20'000);
  EXPECT_EQ(job().phase, JobPhase::Claiming) << "however long";
  town.close(fault);
  wait(20'000);
  EXPECT_EQ(job().phase, JobPhase::Closed);
  EXPECT_EQ(job().lost, Units(10 * milli));
  EXPECT_EQ(job().paid, Units(25 * milli));
}

TEST_F(Disputed, AnAcquittalSetsThePayFree_J8) {
  accuse();
  EXPECT_EQ(send_owner(dispute()), Rejection::None);
  wait(5'000);
  EXPECT_EQ(send(accused, book.claim(Town::id(accused))), Rejection::None);
  judge(wrong_result);
  EXPECT_EQ(send(other, book.claim(Town::id(other))), Rejection::None);
  EXPECT_EQ(job().phase, JobPhase::Closed) << "the next claim saw the verdict";
  EXPECT_EQ(job().lost, Units());
  EXPECT_EQ(job().paid, Units(35 * milli));
}

TEST_F(Disputed, AVerdictBeforeTheClaimIsTakenWithIt_J8) {
  accuse();
  EXPECT_EQ(send_owner(dispute()), Rejection::None);
  wait(5'000);
  judge(right_result);
  EXPECT_EQ(send(accused, book.claim(Town::id(accused))), Rejection::None);
  EXPECT_EQ(job().paid, Units(20 * milli));
  EXPECT_EQ(job().lost, Units(10 * milli));
  EXPECT_EQ(send(other, book.claim(Town::id(other))), Rejection::None);
  EXPECT_EQ(job().phase, JobPhase::Closed);
}

}  // namespace
}  // namespace oort::ledger::test
