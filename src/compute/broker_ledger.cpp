// SPDX-License-Identifier: Apache-2.0
// What the ledger tells of a job, and what it is told.
#include <algorithm>
#include <tuple>
#include <utility>

#include "broker_core.hpp"
#include "oort/compute/tasks.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/tree.hpp"

namespace oort::compute {
namespace {

/// Of those on their way; the ledger shows one within seconds, or none.
constexpr std::size_t anchors_kept_max = 64;

}  // namespace

void Broker::Core::see(const LedgerSight& sight) {
  ledger_ms_ = std::max(ledger_ms_, sight.time_ms);
  ledger_lease_ms_ = sight.lease_ms;
  epoch_ = sight.epoch;
  for (const ledger::Job& record : sight.jobs) {
    if (std::find(record.brokers.begin(), record.brokers.end(), options_.self) ==
        record.brokers.end()) {
      continue;
    }
    if (record.phase == ledger::JobPhase::Closed && !jobs_.contains(record.id)) {
      // Over before it was heard of: others may depend on its outcome.
      JobEntry& job = entry(record.id);
      job.ledger = record;
      job.state = State::Over;
      job.outcome = record.outcome;
      job.phase_since = now_;
      continue;
    }
    heed(entry(record.id), record);
  }
  for (const LedgerSight::Claimed& claimed : sight.claimed) {
    if (const auto job = jobs_.find(claimed.job); job != jobs_.end()) {
      job->second.claimed.insert(claimed.executor);
    }
  }
}

void Broker::Core::heed(JobEntry& job, const ledger::Job& record) {
  if (job.ledger && job.ledger->broker_epoch > record.broker_epoch) return;
  if (!job.ledger || job.ledger->phase != record.phase) job.phase_since = now_;
  if (job.has_spec && ledger::job_spec_hash(job.spec_bytes) != record.spec) {
    // Somebody handed over another specification under this name.
    job.has_spec = false;
  }
  job.ledger = record;
  job.others.clear();
  for (const NodeId& broker : record.brokers) {
    if (broker != options_.self) job.others.push_back(broker);
  }
  changed(job);
  switch (record.phase) {
    case ledger::JobPhase::Open:
    case ledger::JobPhase::Cancelling:
      if (!is_in_office(job)) return leave_office(job);
      if (job.state == State::Handed || job.state == State::Standby) take_office(job);
      heed_anchor(job);
      if (record.phase == ledger::JobPhase::Cancelling && is_at_work(job)) {
        conclude(job, ledger::JobOutcome::Cancelled, "cancelled by the payer");
      }
      return;
    case ledger::JobPhase::Disputable:
    case ledger::JobPhase::Claiming:
      if (job.state != State::Over) close(job);
      return;
    case ledger::JobPhase::Closed:
      if (job.state != State::Over) close(job);
      return forget(job.id);
  }
}

/// How much of the journal the ledger's anchor covers.
void Broker::Core::heed_anchor(JobEntry& job) {
  const auto shown = std::find_if(job.anchors.begin(), job.anchors.end(), [&](const auto& sent) {
    return sent.first == job.ledger->anchored;
  });
  if (shown == job.anchors.end()) return;
  job.anchored_count = std::max(job.anchored_count, shown->second);
  job.anchors.erase(job.anchors.begin(), shown);
  start_anchored(job);
}

bool Broker::Core::is_in_office(const JobEntry& job) const {
  return job.ledger && ledger::broker_of(*job.ledger) == options_.self;
}

/// Nothing but what the journal holds is owed; every lease that it opened and did not close is
/// open.
Broker::Core::Totals Broker::Core::totals_of(const JobEntry& job) const {
  struct Sum {
    ledger::JobTotals totals;
    std::vector<ledger::LeaseLine> lines;
  };
  std::map<NodeId, Sum> sums;
  for (const JournalEntry& entry : job.journal) {
    if (entry.kind == JournalEntry::Kind::Done) continue;
    Sum& sum = sums[entry.executor];
    if (entry.kind == JournalEntry::Kind::Opened) {
      ++sum.totals.leases;
      ++sum.totals.open;
      continue;
    }
    --sum.totals.open;
    sum.totals.pay = ledger::Units(sum.totals.pay.units() + entry.line.pay.units());
    sum.lines.push_back(entry.line);
  }
  Totals totals;
  for (const auto& [executor, sum] : sums) {
    totals.leaves.push_back({executor, sum.totals, ledger::lease_lines_root(sum.lines)});
  }
  auto root = ledger::sum_root(job.id, totals.leaves);
  OORT_ASSERT(root.has_value(), "what a journal pays fits its budget");
  if (job.ledger) {
    // What nobody can show any more stands for itself: totals never shrink.
    const ledger::JobTotals& before = job.ledger->anchored.totals;
    ledger::ExecutorTotal rest;
    rest.totals.leases = before.leases - std::min(before.leases, root->totals.leases);
    const Uint128 pay = root->totals.pay.units();
    if (before.pay.units() > pay) rest.totals.pay = ledger::Units(before.pay.units() - pay);
    if (rest.totals != ledger::JobTotals()) {
      rest.leases = ledger::lease_lines_root({});
      totals.leaves.insert(totals.leaves.begin(), rest);
      root = ledger::sum_root(job.id, totals.leaves);
      OORT_ASSERT(root.has_value(), "what was anchored fits the escrow");
    }
  }
  totals.root = *root;
  return totals;
}

Bytes32 Broker::Core::receipts_root(const JobEntry& job) const {
  std::vector<std::tuple<std::uint32_t, std::uint32_t, std::uint16_t, Bytes32>> receipts;
  for (const JournalEntry& entry : job.journal) {
    if (entry.kind != JournalEntry::Kind::Closed || entry.receipt.is_zero()) continue;
    receipts.emplace_back(entry.line.task, entry.line.attempt, entry.replica, entry.receipt);
  }
  std::sort(receipts.begin(), receipts.end());
  std::vector<Bytes32> hashes;
  hashes.reserve(receipts.size());
  for (const auto& receipt : receipts) hashes.push_back(std::get<3>(receipt));
  return crypto::merkle_root(hashes);
}

/// Whatever of its duties towards the ledger is due.
void Broker::Core::tell_ledger(JobEntry& job) {
  if (!job.ledger) return;
  const ledger::JobPhase phase = job.ledger->phase;
  if (phase == ledger::JobPhase::Claiming) {
    // Where the broker in office is gone, another one sees to the executors' pay.
    const std::uint64_t patience_ms = is_in_office(job) ? 0 : ledger_lease_ms_;
    if (plus_ms(job.phase_since, patience_ms) <= now_) claim(job);
    return;
  }
  if (phase != ledger::JobPhase::Open && phase != ledger::JobPhase::Cancelling) return;
  if (!is_in_office(job)) return take_over(job);
  if (job.state == State::Standby || job.state == State::Handed) return;
  if (job.state == State::Ending && leases_open(job) == 0 && is_copied(job)) {
    return tell_result(job);
  }
  anchor(job);
}

std::size_t Broker::Core::leases_open(const JobEntry& job) const {
  const auto count = [&](JournalEntry::Kind kind) {
    return std::count_if(job.journal.begin(), job.journal.end(),
                         [&](const JournalEntry& entry) { return entry.kind == kind; });
  };
  return static_cast<std::size_t>(count(JournalEntry::Kind::Opened) -
                                  count(JournalEntry::Kind::Closed));
}

void Broker::Core::anchor(JobEntry& job) {
  // Well before the lease runs out.
  const std::uint64_t renew_ms =
      std::max<std::uint64_t>(1, std::min(ledger_lease_ms_ / 3, options_.anchor_ms * 5));
  const bool is_old = plus_ms(job.anchored, renew_ms) <= now_;
  // One after the other: of two on their way the later one could come first.
  const std::uint64_t again_ms = std::min(renew_ms, options_.ledger_again_ms);
  const bool is_under_way =
      !job.anchors.empty() && job.anchors.back().first != job.ledger->anchored;
  if (is_under_way && now_ < plus_ms(job.anchored, again_ms)) return;
  // What an earlier life has sent may still be on its way.
  const bool is_new_here = job.state == State::Adopting;
  if (is_new_here && now_ < plus_ms(job.since, options_.ask_again_ms)) return;
  const bool is_waited_for = std::any_of(job.units.begin(), job.units.end(), [](const auto& unit) {
    const auto& lease = unit.second.lease;
    return lease && lease->is_accepted && !lease->is_anchored;
  });
  const std::uint64_t pause_ms = is_waited_for ? options_.start_anchor_ms : options_.anchor_ms;
  if (!is_old && now_ < plus_ms(job.anchored, pause_ms)) return;
  ledger::SumRoot root = job.ledger->anchored;
  if (is_copied(job)) {
    root = totals_of(job).root;
    if (job.anchors.empty() || job.anchors.back().first != root) job.anchors.emplace_back(root, 0);
    if (job.anchors.size() > anchors_kept_max) job.anchors.pop_front();
    job.anchors.back().second = job.journal.size();
  }
  if (!is_old && root == job.ledger->anchored) return heed_anchor(job);
  job.anchored = now_;
  out_.transactions.push_back(
      {ledger::JobAnchor{job.id, job.ledger->broker_epoch, std::move(root)}});
}

void Broker::Core::tell_result(JobEntry& job) {
  if (now_ < plus_ms(job.told, options_.ledger_again_ms)) return;
  job.told = now_;
  job.anchored = now_;
  ledger::JobResult result;
  result.job = job.id;
  result.broker_epoch = job.ledger->broker_epoch;
  const bool is_cancelled = job.ledger->phase == ledger::JobPhase::Cancelling;
  result.outcome = is_cancelled ? ledger::JobOutcome::Cancelled : job.outcome;
  if (result.outcome == ledger::JobOutcome::Succeeded) {
    std::vector<Bytes32> outputs;
    for (const TaskEntry& task : job.tasks) outputs.push_back(task.output.value_or(Bytes32()));
    result.output = job_output(outputs);
  }
  result.receipts = receipts_root(job);
  out_.transactions.push_back(
      {ledger::JobAnchor{job.id, job.ledger->broker_epoch, totals_of(job).root}, result});
}

void Broker::Core::claim(JobEntry& job) {
  if (now_ < plus_ms(job.told, options_.ledger_again_ms)) return;
  const Totals totals = totals_of(job);
  // Only what was anchored can be claimed.
  if (totals.root != job.ledger->anchored) return;
  constexpr std::size_t claims_max = 128;
  std::vector<LedgerOperation> claims;
  for (std::size_t i = 0; i < totals.leaves.size() && claims.size() < claims_max; ++i) {
    const ledger::ExecutorTotal& leaf = totals.leaves[i];
    if (leaf.executor.is_zero() || leaf.totals.pay.is_zero()) continue;
    if (job.claimed.contains(leaf.executor)) continue;
    claims.emplace_back(
        ledger::JobClaim{job.id, leaf, ledger::sum_prove(job.id, totals.leaves, i)});
  }
  if (claims.empty()) return;
  job.told = now_;
  out_.transactions.push_back(std::move(claims));
}

void Broker::Core::take_over(JobEntry& job) {
  if (!job.has_spec || ledger_lease_ms_ == 0) return;
  const ledger::Job& record = *job.ledger;
  std::uint64_t epoch = record.broker_epoch + 1;
  while (record.brokers[ledger::broker_index(record, epoch)] != options_.self) ++epoch;
  if (ledger_ms_ < ledger::takeover_from(record, ledger_lease_ms_, epoch)) return;
  if (now_ < plus_ms(job.told, options_.ledger_again_ms)) return;
  job.told = now_;
  out_.transactions.push_back({ledger::JobTakeOver{job.id, epoch}});
}

}  // namespace oort::compute
