// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "oort/ledger/jobs_operations.hpp"
#include "oort/ledger/jobs_view.hpp"
#include "staking_kit.hpp"

/// A network with stake, market and jobs. Nodes 1 to 3 are the brokers, 4 and 5 execute; the owner
/// pays.
namespace oort::ledger::test {

/// Leases of 1 s, claims of 20 s, a grace of 2 s, closed jobs kept for 30 s; a broker has 10 % on
/// top of what executors are paid.
[[nodiscard]] JobsParams small_jobs();
/// `genesis` with the market of `market_genesis` and these jobs.
[[nodiscard]] GenesisParams with_jobs(GenesisParams genesis,
                                      const JobsParams& params = small_jobs());

/// What a broker keeps of a job, honest unless it is told otherwise.
struct BrokerBook {
  JobId job;
  std::vector<ExecutorTotal> totals;

  /// Adds a closed lease of an executor.
  void work(const NodeId& executor, Units pay);
  [[nodiscard]] SumRoot root() const;
  [[nodiscard]] JobClaim claim(const NodeId& executor) const;
};

[[nodiscard]] NodeId node_id(std::uint8_t number);

class JobsLedger {
 public:
  explicit JobsLedger(const GenesisParams& genesis = with_jobs(staking_genesis()))
      : ledger(genesis) {}

  TestLedger ledger;

  [[nodiscard]] JobsView view() const { return JobsView(ledger.state()); }
  [[nodiscard]] Job job(const JobId& id) const { return view().job(id).value(); }
  [[nodiscard]] JobPhase phase(const JobId& id) const { return job(id).phase; }
  [[nodiscard]] Oort balance(std::uint8_t seed) const;
  [[nodiscard]] Oort bond(std::uint8_t node) const;

  /// 1 OORT, three brokers, a deadline in 60 s, 5 s for disputes.
  [[nodiscard]] JobOpen open_of(std::uint64_t nonce, Currency currency = Currency::Oort) const;
  /// Opens it and expects success.
  JobId open(std::uint64_t nonce, Currency currency = Currency::Oort);
  Rejection anchor(std::uint8_t broker, const JobId& job, std::uint64_t epoch, const SumRoot& root);
  Rejection end(std::uint8_t broker, const JobId& job, std::uint64_t epoch,
                JobOutcome outcome = JobOutcome::Succeeded);
  /// A block at a later time.
  void wait(std::uint64_t ms);
  [[nodiscard]] Voucher voucher(std::uint8_t broker, const JobId& job, std::uint64_t epoch,
                                const NodeId& executor, Units pay) const;
};

/// Fails the test where a job, its escrow, its earners or its place in the queue contradict each
/// other.
void expect_jobs(const StateReader& state);

}  // namespace oort::ledger::test
