// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <utility>

#include "jobs_kit.hpp"

namespace oort::ledger::test {
namespace {

struct Step {
  std::uint8_t sender = 0;
  std::uint64_t wait_ms = 0;
  Operation operation;
};

/// Payers, brokers and executors of whom each says at times what is not so: old epochs, others'
/// turns, sums that are not covered, totals that were never anchored, pay twice.
class Bazaar {
 public:
  explicit Bazaar(std::uint32_t seed) : random_(seed) {}

  Step next(const TestLedger& ledger) {
    const auto jobs = JobsView(ledger.state()).jobs({}, 1'000);
    Step step;
    step.wait_ms = pick(6) == 0 ? pick(12'000) : pick(400);
    if (jobs.empty() || pick(8) == 0) {
      step.sender = static_cast<std::uint8_t>(100 + pick(2));
      step.operation = open(ledger);
      return step;
    }
    const Job& job = jobs[pick(jobs.size())];
    step.sender = static_cast<std::uint8_t>(pick(8) == 0 ? 1 + pick(5) : sender_for(job));
    step.operation = operation(ledger, job);
    const auto* taken = std::get_if<JobTakeOver>(&step.operation);
    if (taken != nullptr && taken->broker_epoch > 0 && pick(4) != 0) {
      step.sender =
          static_cast<std::uint8_t>(number_of(job.brokers[broker_index(job, taken->broker_epoch)]));
    }
    if (std::holds_alternative<JobCancel>(step.operation)) {
      step.sender = static_cast<std::uint8_t>(100 + pick(2));
    }
    return step;
  }

  /// What the operation that was accepted leaves behind off the ledger.
  void accepted(const Operation& operation) {
    if (const auto* anchor = std::get_if<JobAnchor>(&operation)) anchored_[anchor->job] = last_;
  }

 private:
  std::uint64_t pick(std::uint64_t below) { return random_() % below; }
  static std::uint64_t number_of(const NodeId& id) {
    for (std::uint8_t number = 1; number <= 5; ++number) {
      if (node_id(number) == id) return number;
    }
    return 1;
  }
  static std::uint64_t sender_for(const Job& job) { return number_of(broker_of(job)); }

  Operation open(const TestLedger& ledger) {
    JobOpen open;
    open.nonce = pick(12);
    open.budget = pick(10) == 0 ? Units(~Uint128{0} - pick(3)) : Units(1'000 + pick(100'000));
    open.currency = pick(4) == 0 ? Currency::Credits : Currency::Oort;
    for (std::uint8_t i = 0; i <= pick(3); ++i) {
      open.brokers.push_back(node_id(static_cast<std::uint8_t>(1 + pick(4))));
    }
    open.walltime_ms = 1;
    open.deadline_ms = ledger.time_ms + pick(40'000);
    open.dispute_ms = pick(4) * 1'000;
    return open;
  }

  JobAnchor anchor(const Job& job) {
    last_ = anchored_[job.id];
    last_.job = job.id;
    if (job.anchors_count == 0) last_.totals.clear();
    const std::uint64_t count = pick(4);
    for (std::uint64_t i = 0; i < count; ++i) {
      last_.work(node_id(static_cast<std::uint8_t>(pick(8) == 0 ? 1 + pick(9) : 4 + pick(2))),
                 Units(pick(6) == 0 ? pick(200'000) : pick(2'000)));
    }
    if (!last_.totals.empty() && pick(10) == 0) last_.totals.pop_back();
    if (!last_.totals.empty() && pick(12) == 0) last_.totals.back().totals.open = pick(3);
    return {job.id, epoch_of(job), last_.root()};
  }

  std::uint64_t epoch_of(const Job& job) {
    return pick(5) == 0 ? job.broker_epoch - 1 + pick(4) : job.broker_epoch;
  }

  Operation claim(const Job& job) {
    const BrokerBook& book = anchored_[job.id];
    if (book.totals.empty()) return JobClaim{job.id, {}, {}};
    const auto index = pick(book.totals.size());
    JobClaim claim{job.id, book.totals[index], sum_prove(book.job, book.totals, index)};
    if (pick(6) == 0) claim.total.totals.pay = Units(claim.total.totals.pay.units() * 2 + 1);
    return claim;
  }

  Operation operation(const TestLedger& ledger, const Job& job) {
    switch (pick(12)) {
      case 0: return JobTakeOver{job.id, job.broker_epoch + pick(4)};
      case 1: return JobCancel{job.id};
      case 2: return JobResult{job.id, epoch_of(job), static_cast<JobOutcome>(pick(4)), {}, {}};
      case 3:
        return JobRedeem{Voucher{ledger.chain(),
                                 job.id,
                                 pick(6) == 0 ? EscrowId(pick(20)) : job.escrow,
                                 epoch_of(job),
                                 node_id(static_cast<std::uint8_t>(2 + pick(5))),
                                 1,
                                 Units(pick(300'000)),
                                 {}}};
      case 4: return EscrowFund{job.escrow, Units(pick(1'000))};
      case 5:
      case 6:
      case 7:
      case 8: return claim(job);
      default: return anchor(job);
    }
  }

  std::mt19937_64 random_;
  std::map<JobId, BrokerBook> anchored_;
  BrokerBook last_;
};

/// What must hold beside the sums: fences, turns, and no pay twice.
class Fences {
 public:
  void check(const Step& step, const std::map<JobId, Job>& before, const TestLedger& ledger) {
    if (const auto* anchor = std::get_if<JobAnchor>(&step.operation)) {
      const Job& job = before.at(anchor->job);
      EXPECT_EQ(anchor->broker_epoch, job.broker_epoch) << "J3: a stale broker anchored";
      EXPECT_EQ(node_id(step.sender), broker_of(job)) << "J3: another broker anchored";
      EXPECT_LE(job.anchored.totals.pay, anchor->root.totals.pay) << "J4";
    }
    if (const auto* taken = std::get_if<JobTakeOver>(&step.operation)) {
      const Job& job = before.at(taken->job);
      EXPECT_LT(job.broker_epoch, taken->broker_epoch) << "J3";
      EXPECT_GE(ledger.time_ms, job.broker_until) << "J3: its lease ran";
    }
    if (const auto* claim = std::get_if<JobClaim>(&step.operation)) {
      const EscrowId escrow = before.at(claim->job).escrow;
      EXPECT_TRUE(claims_.insert({escrow, claim->total.executor}).second) << "J5: paid twice";
    }
  }

 private:
  std::set<std::pair<EscrowId, NodeId>> claims_;
};

std::map<JobId, Job> jobs_in(const TestLedger& ledger) {
  std::map<JobId, Job> jobs;
  for (const Job& job : JobsView(ledger.state()).jobs({}, 1'000)) jobs.emplace(job.id, job);
  return jobs;
}

std::map<std::string_view, std::size_t> run_bazaar(std::uint32_t seed, std::size_t steps_count) {
  TrustingVerifier trusting;
  TestLedger ledger(with_jobs(staking_genesis()), trusting);
  Bazaar bazaar(seed);
  Fences fences;
  std::map<std::string_view, std::size_t> accepted;
  for (std::size_t i = 0; i < steps_count; ++i) {
    ledger.time_ms += 1;
    const Step step = bazaar.next(ledger);
    ledger.time_ms += step.wait_ms;
    ledger.pass(1);  // What time does by itself.
    const auto before = jobs_in(ledger);
    const auto done = ledger.run(keys_of(step.sender), step.operation);
    if (done.rejection == Rejection::None) {
      ++accepted[name_of(step.operation)];
      bazaar.accepted(step.operation);
      fences.check(step, before, ledger);
    }
    expect_jobs(ledger.state());
    expect_staking(ledger.state());
    if (::testing::Test::HasFailure()) {
      ADD_FAILURE() << "seed " << seed << ", step " << i << ": " << int{step.sender} << ' '
                    << name_of(step.operation) << ' ' << to_string(done.rejection);
      return accepted;
    }
  }
  return accepted;
}

std::size_t number_from(const char* variable, std::size_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(JobsProperty, HostileBrokersAndExecutorsKeepTheInvariants_J2_J3_J4_J5_J6_J7) {
  const std::size_t seeds = number_from("OORT_PROPERTY_SEEDS", 4);
  const std::size_t steps = number_from("OORT_PROPERTY_STEPS", 400);
  std::map<std::string_view, std::size_t> accepted;
  for (std::uint32_t seed = 1; seed <= seeds; ++seed) {
    for (const auto& [name, count] : run_bazaar(seed, steps)) accepted[name] += count;
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
  for (const char* name :
       {"JobOpen", "JobTakeOver", "JobAnchor", "JobResult", "JobCancel", "JobClaim", "JobRedeem"}) {
    EXPECT_GT(accepted[name], seeds) << name << " was hardly ever accepted";
  }
}

}  // namespace
}  // namespace oort::ledger::test
