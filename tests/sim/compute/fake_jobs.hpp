// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "oort/compute/broker.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/jobs_records.hpp"

namespace oort::computesim {

/// The rules of the ledger's jobs, written once more and from their description: whoever breaks one
/// is refused. A block every so often; what was submitted before it is in it, in order.
class FakeJobs {
 public:
  static constexpr std::uint64_t lease_ms = 10'000;
  static constexpr std::uint64_t claim_ms = 120'000;
  static constexpr std::uint64_t cancel_ms = 60'000;

  explicit FakeJobs(std::uint64_t time_ms) : time_ms_(time_ms) {}

  void open(const JobId& id, const AccountId& payer, const Bytes32& spec,
            std::vector<NodeId> brokers, std::uint64_t budget, std::uint64_t walltime_ms,
            std::uint64_t deadline_ms);
  /// By the payer.
  void cancel(const JobId& id);
  void submit(const NodeId& from, std::vector<compute::LedgerOperation> transaction) {
    waiting_.emplace_back(from, std::move(transaction));
  }
  void make_block(std::uint64_t time_ms);

  [[nodiscard]] std::uint64_t time_ms() const noexcept { return time_ms_; }
  [[nodiscard]] const std::map<JobId, ledger::Job>& jobs() const noexcept { return jobs_; }
  /// Of the last block.
  [[nodiscard]] const std::set<JobId>& changed() const noexcept { return changed_; }
  [[nodiscard]] const std::vector<compute::LedgerSight::Claimed>& claimed() const noexcept {
    return claimed_;
  }
  /// What each executor was paid of a job, and what went back to its payer.
  [[nodiscard]] const std::map<NodeId, std::uint64_t>& paid(const JobId& id) { return paid_[id]; }
  [[nodiscard]] std::uint64_t refunded(const JobId& id) { return refunds_[id]; }

  struct Figures {
    std::uint64_t taken = 0;
    std::uint64_t stale = 0;  ///< Of an older epoch, or by one who is not in office.
    std::uint64_t late = 0;   ///< In a phase that takes it no more.
    std::uint64_t wrong = 0;  ///< Against a rule that no honest broker breaks.
    std::uint64_t takeovers = 0;
    std::uint64_t twice = 0;  ///< Claims of what was claimed.
  };
  [[nodiscard]] const Figures& figures() const noexcept { return figures_; }

 private:
  bool is_current(const NodeId& from, const ledger::Job& job, std::uint64_t epoch);
  void apply(const NodeId& from, const ledger::JobTakeOver& operation);
  void apply(const NodeId& from, const ledger::JobAnchor& operation);
  void apply(const NodeId& from, const ledger::JobResult& operation);
  void apply(const NodeId& from, const ledger::JobClaim& operation);
  void go_to(ledger::Job& job, ledger::JobPhase phase, std::uint64_t after_ms);
  void close(ledger::Job& job);
  ledger::Job* find(const JobId& id);

  std::uint64_t time_ms_;
  std::map<JobId, ledger::Job> jobs_;
  std::map<JobId, std::map<NodeId, std::uint64_t>> paid_;
  std::map<JobId, std::uint64_t> refunds_;
  std::vector<std::pair<NodeId, std::vector<compute::LedgerOperation>>> waiting_;
  std::set<JobId> touched_;
  std::set<JobId> changed_;
  std::vector<compute::LedgerSight::Claimed> claimed_;
  Figures figures_;
};

}  // namespace oort::computesim
