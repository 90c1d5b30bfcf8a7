// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/jobs_sums.hpp"
#include "oort/ledger/modules.hpp"

/// What can be asked of jobs. A node's part is done by its own account or its operator's.
namespace oort::ledger {

/// The node's offer, in place of the one that it had.
struct OfferPost {
  static constexpr std::uint16_t code = code_of(Module::Jobs, 1);
  NodeId node;
  OfferSummary summary;
  friend bool operator==(const OfferPost&, const OfferPost&) = default;
};
struct OfferWithdraw {
  static constexpr std::uint16_t code = code_of(Module::Jobs, 2);
  NodeId node;
  friend bool operator==(const OfferWithdraw&, const OfferWithdraw&) = default;
};

/// The sender pays: `budget` goes into an escrow of kind Job.
struct JobOpen {
  static constexpr std::uint16_t code = code_of(Module::Jobs, 3);
  std::uint64_t nonce = 0;  ///< Names the job: `job_id_of`.
  Bytes32 spec;
  JobKind kind = JobKind::Builtin;
  Currency currency = Currency::Oort;
  Units budget;                 ///< For executors and the broker's share.
  std::vector<NodeId> brokers;  ///< 1 to 3 super nodes of different operators.
  std::uint64_t walltime_ms = 0;
  std::uint64_t deadline_ms = 0;
  std::uint32_t confidence = 0;  ///< Millionths.
  std::uint64_t dispute_ms = 0;
  friend bool operator==(const JobOpen&, const JobOpen&) = default;
};
/// By the node that is the broker of `broker_epoch`, once `takeover_from` has come.
struct JobTakeOver {
  static constexpr std::uint16_t code = code_of(Module::Jobs, 4);
  JobId job;
  std::uint64_t broker_epoch = 0;
  friend bool operator==(const JobTakeOver&, const JobTakeOver&) = default;
};
/// By the broker: what it owes so far. Renews its lease, with the same root too.
struct JobAnchor {
  static constexpr std::uint16_t code = code_of(Module::Jobs, 5);
  JobId job;
  std::uint64_t broker_epoch = 0;
  SumRoot root;
  friend bool operator==(const JobAnchor&, const JobAnchor&) = default;
};
/// By the broker, when no lease of its last anchor is open.
struct JobResult {
  static constexpr std::uint16_t code = code_of(Module::Jobs, 6);
  JobId job;
  std::uint64_t broker_epoch = 0;
  JobOutcome outcome = JobOutcome::Succeeded;  ///< Not None; Cancelled exactly if it was.
  Bytes32 output;
  Bytes32 receipts;
  friend bool operator==(const JobResult&, const JobResult&) = default;
};
/// By the payer.
struct JobCancel {
  static constexpr std::uint16_t code = code_of(Module::Jobs, 7);
  JobId job;
  friend bool operator==(const JobCancel&, const JobCancel&) = default;
};
/// By anybody: pays the executor's operator what the last anchor says, once.
struct JobClaim {
  static constexpr std::uint16_t code = code_of(Module::Jobs, 8);
  JobId job;
  ExecutorTotal total;
  SumProof proof;
  friend bool operator==(const JobClaim&, const JobClaim&) = default;
};
/// By anybody, of a closed job: what the voucher says beyond what the executor was paid comes out
/// of the bond of the node that signed it, as far as that goes.
struct JobRedeem {
  static constexpr std::uint16_t code = code_of(Module::Jobs, 9);
  Voucher voucher;
  friend bool operator==(const JobRedeem&, const JobRedeem&) = default;
};
/// By the payer or the broker, of a job that is Disputable: `fault` is an open case of honesty
/// about this very lease, whose pay waits for the verdict.
struct JobDispute {
  static constexpr std::uint16_t code = code_of(Module::Jobs, 10);
  JobId job;
  Bytes32 fault;
  ExecutorTotal total;
  SumProof proof;
  LeaseLine line;
  crypto::MerkleProof path;  ///< Of the line under `total.leases`.
  friend bool operator==(const JobDispute&, const JobDispute&) = default;
};

}  // namespace oort::ledger
