// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "oort/core/amount.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/jobs_sums.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/record.hpp"

/// What the ledger keeps of jobs: who pays, who brokers, what was anchored, who was paid.
/// Specifications, leases and outputs stay with brokers, executors and buckets; here stand their
/// hashes. All times are header time in milliseconds; shares count millionths. No record is over
/// 1 KiB.
namespace oort::ledger {

inline constexpr std::size_t job_brokers_max = 3;
inline constexpr std::size_t offer_devices_max = 4;
inline constexpr std::size_t device_model_bytes_max = 48;
/// Disputes of one job, at most.
inline constexpr std::uint32_t job_disputes_max = 16;

struct JobsParams {
  static constexpr std::uint8_t format_version = 1;

  std::uint64_t lease_ms = 30'000;  ///< A broker that anchors nothing for so long can be replaced.
  std::uint64_t dispute_ms_min = 0;
  std::uint64_t dispute_ms_max = 7 * day_ms;
  std::uint64_t claim_ms = day_ms;         ///< For pay to be claimed after the disputes.
  std::uint64_t cancel_ms = 60'000;        ///< For the broker's last word on a cancelled job.
  std::uint64_t job_ms_max = 90 * day_ms;  ///< From opening to deadline.
  std::uint64_t keep_ms = 7 * day_ms;      ///< A closed job's record stays, for vouchers.
  std::uint64_t offer_ms_max = day_ms;     ///< How far ahead an offer may expire.
  std::uint32_t broker_share = 10'000;     ///< Of what executors are paid, on top of it.
  friend bool operator==(const JobsParams&, const JobsParams&) = default;
};
/// Whether a module can run with these.
[[nodiscard]] bool is_possible(const JobsParams& params);

/// `GenesisModule::genesis` of jobs. It needs the market.
struct JobsGenesis {
  static constexpr std::uint8_t format_version = 1;
  JobsParams params;
  friend bool operator==(const JobsGenesis&, const JobsGenesis&) = default;
};

/// Devices of one model and size.
struct OfferDevices {
  std::string model;
  std::uint32_t memory_mib = 0;
  std::uint8_t count = 0;
  friend bool operator==(const OfferDevices&, const OfferDevices&) = default;
};
/// What a node offers, in short. The offer itself is told among brokers; `digest` names it. Prices
/// are microcredits an hour.
struct OfferSummary {
  Bytes32 digest;
  std::vector<OfferDevices> devices;
  std::uint32_t cpu_milli = 0;
  std::uint32_t memory_mib = 0;
  std::uint32_t disk_mib = 0;
  std::uint32_t network_mbps = 0;
  std::uint8_t architecture = 0;  ///< 0 amd64, 1 arm64.
  std::uint8_t tiers = 0;         ///< Bit n: isolation tier n.
  std::uint8_t data_class = 0;    ///< 0 public, 1 bonded, 2 attested.
  std::uint64_t ask_per_gpu = 0;
  std::uint64_t ask_per_core = 0;
  std::uint64_t expires_ms = 0;
  friend bool operator==(const OfferSummary&, const OfferSummary&) = default;
};
/// The one that a node has; it goes when it expires.
struct OfferRecord {
  static constexpr std::uint8_t format_version = 1;
  NodeId node;
  OfferSummary summary;
  Height height;  ///< When it was posted.
  friend bool operator==(const OfferRecord&, const OfferRecord&) = default;
};

enum class JobKind : std::uint8_t { Builtin = 0, Container = 1, Wasm = 2 };
enum class JobPhase : std::uint8_t {
  Open = 0,        ///< Its broker works on it.
  Cancelling = 1,  ///< The broker may still say what was done.
  Disputable = 2,  ///< There is a result, which the payer can still dispute.
  Claiming = 3,    ///< Executors are paid.
  Closed = 4,      ///< The rest went back to the payer; vouchers can be redeemed.
};
inline constexpr std::uint8_t job_phase_last = 4;
enum class JobOutcome : std::uint8_t {
  None = 0,  ///< No result came: the deadline passed, or the broker of a cancelled job was silent.
  Succeeded = 1,
  Failed = 2,  ///< By its own fault.
  Cancelled = 3,
};
inline constexpr std::uint8_t job_outcome_last = 3;

/// A job. The broker of an epoch is `brokers[(epoch − 1) mod count]`.
struct Job {
  static constexpr std::uint8_t format_version = 1;
  JobId id;
  AccountId payer;
  Bytes32 spec;  ///< `job_spec_hash`.
  JobKind kind = JobKind::Builtin;
  JobPhase phase = JobPhase::Open;
  JobOutcome outcome = JobOutcome::None;
  EscrowId escrow;
  Currency currency = Currency::Oort;
  Units budget;                    ///< What the escrow was opened with; it can be funded further.
  std::vector<NodeId> brokers;     ///< 1 to 3, in their order.
  std::uint64_t broker_epoch = 1;  ///< The fencing token.
  std::uint64_t broker_until = 0;  ///< Its lease, renewed by every anchor.
  std::uint64_t opened_ms = 0;
  std::uint64_t deadline_ms = 0;  ///< Of the result.
  std::uint64_t due_ms = 0;       ///< When the phase ends by itself.
  std::uint64_t dispute_ms = 0;
  std::uint64_t walltime_ms = 0;   ///< Of a task.
  std::uint32_t confidence = 0;    ///< Asked of the result, in millionths; 0: unverified.
  std::uint32_t broker_share = 0;  ///< As it was when the job was opened.
  SumRoot anchored;                ///< What the broker owes executors: the last anchor.
  Height anchored_at;
  std::uint64_t anchors_count = 0;
  Bytes32 output;    ///< Digest, with a result.
  Bytes32 receipts;  ///< Merkle root over the receipts, with a result.
  Units paid;        ///< To executors out of the escrow, the protocol's take included.
  Units lost;        ///< Of executors, by verdicts.
  Units share;       ///< Paid to the broker.
  std::uint32_t disputes_count = 0;
  friend bool operator==(const Job&, const Job&) = default;
};
[[nodiscard]] std::size_t broker_index(const Job& job, std::uint64_t broker_epoch) noexcept;
[[nodiscard]] const NodeId& broker_of(const Job& job) noexcept;
/// From when on the broker of `broker_epoch`, a later one, may take over: each one before it had
/// its lease's time to do so.
[[nodiscard]] std::uint64_t takeover_from(const Job& job, std::uint64_t lease_ms,
                                          std::uint64_t broker_epoch) noexcept;

/// H("oort.v1 job", payer ‖ nonce): known before the job is opened.
[[nodiscard]] JobId job_id_of(const AccountId& payer, std::uint64_t nonce);

/// What an executor got of a job. There is one once it has claimed.
struct JobEarner {
  static constexpr std::uint8_t format_version = 1;
  Units claimed;   ///< Its total, as it was claimed; what was withheld is a part of it.
  Units withheld;  ///< By disputes that still run.
  Units lost;      ///< By verdicts.
  Units redeemed;  ///< Out of a broker's bond.
  friend bool operator==(const JobEarner&, const JobEarner&) = default;
};
/// A lease whose pay waits for a verdict of honesty.
struct JobDisputeRecord {
  static constexpr std::uint8_t format_version = 1;
  enum class State : std::uint8_t { Running = 0, Released = 1, Lost = 2 };
  Bytes32 fault;  ///< The case.
  NodeId executor;
  Bytes32 lease;  ///< `lease_line_hash`.
  Units pay;
  State state = State::Running;
  friend bool operator==(const JobDisputeRecord&, const JobDisputeRecord&) = default;
};

}  // namespace oort::ledger
