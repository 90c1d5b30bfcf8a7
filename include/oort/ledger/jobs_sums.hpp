// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/record.hpp"

/// What a broker commits to of its leases: a Merkle tree whose every node holds the sums below it,
/// so that no leaf can be paid that is not in the sum.
///
/// Invariants
///   JS1 One list of totals has one root; roots, lines and vouchers are frozen bytes.
///   JS2 The totals of a root are the sums over its leaves; a proof shows one leaf of exactly that
///       root, and no set of different leaves proves to more than the root's sums.
namespace oort::ledger {

struct JobTotals {
  std::uint64_t leases = 0;  ///< That were ever granted.
  std::uint64_t open = 0;    ///< Of those, without an end yet.
  Units pay;                 ///< For those that were accepted.
  friend bool operator==(const JobTotals&, const JobTotals&) = default;
};
/// Empty on overflow.
[[nodiscard]] std::optional<JobTotals> sum_of(const JobTotals& a, const JobTotals& b) noexcept;

/// A leaf: everything that one executor has done of a job so far.
struct ExecutorTotal {
  NodeId executor;
  JobTotals totals;
  Bytes32 leases;  ///< `lease_lines_root` of its leases.
  friend bool operator==(const ExecutorTotal&, const ExecutorTotal&) = default;
};
/// A node of the tree, or what stands for the whole: of the latter the hash commits to the number
/// of leaves.
struct SumRoot {
  Bytes32 hash;
  JobTotals totals;
  friend bool operator==(const SumRoot&, const SumRoot&) = default;
};
inline constexpr std::size_t sum_path_max = 32;
struct SumProof {
  std::uint64_t index = 0;
  std::uint64_t count = 0;
  std::vector<SumRoot> siblings;  ///< From the leaf upward; at most `sum_path_max`.
  friend bool operator==(const SumProof&, const SumProof&) = default;
};

/// The root over an empty list has the hash of zeros and no totals. Empty on overflow of a sum.
/// Requires: ascending by executor, each once.
[[nodiscard]] std::optional<SumRoot> sum_root(const JobId& job,
                                              std::span<const ExecutorTotal> totals);
/// Requires: as `sum_root`, which is not empty, and the index is below their number.
[[nodiscard]] SumProof sum_prove(const JobId& job, std::span<const ExecutorTotal> totals,
                                 std::size_t index);
[[nodiscard]] bool sum_verify(const JobId& job, const SumRoot& root, const SumProof& proof,
                              const ExecutorTotal& total);

/// One lease of an executor's, as its total commits to it.
struct LeaseLine {
  static constexpr std::uint8_t format_version = 1;
  LeaseId lease;  ///< As in the work receipt: number, and the broker's epoch as fence.
  std::uint32_t task = 0;
  std::uint32_t attempt = 0;
  Bytes32 task_commitment;  ///< As in the work receipt.
  Bytes32 result;           ///< Its result hash; zeros without one.
  Units pay;                ///< Zero unless it was accepted.
  friend bool operator==(const LeaseLine&, const LeaseLine&) = default;
};
/// H("oort.v1 lease line", canonical bytes).
[[nodiscard]] Bytes32 lease_line_hash(const LeaseLine& line);
/// `crypto::merkle_root` over the hashes of the lines, in their order.
[[nodiscard]] Bytes32 lease_lines_root(std::span<const LeaseLine> lines);

/// What a broker signs to an executor whenever it accepts work: what it owes it in all. The node
/// that signs is the broker of `broker_epoch`.
struct Voucher {
  static constexpr std::uint8_t format_version = 1;
  ChainId chain;
  JobId job;
  EscrowId escrow;  ///< Of the job: no other ever has it, whatever the jobs are called.
  std::uint64_t broker_epoch = 0;
  NodeId executor;
  std::uint64_t leases = 0;  ///< That were granted to it so far.
  Units pay;
  Signature signature;
  friend bool operator==(const Voucher&, const Voucher&) = default;
};
/// What `signature` is over: H("oort.v1 job voucher", everything before the signature).
[[nodiscard]] Bytes32 sign_hash(const Voucher& voucher);

}  // namespace oort::ledger
