// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/env/signer.hpp"
#include "oort/ledger/honesty_objects.hpp"
#include "oort/object/shard_messages.hpp"

/// A read of a shard as work under Proof of Honesty: what was asked, what a true answer is, and the
/// receipt that whoever answers signs.
///
/// Invariants
///   K1  What was asked and what was answered have one hash each, whoever computes it: the same
///       request and the same shard give the same result for ever.
///   K2  A receipt states the very bytes that were answered, for the very order.
namespace oort::object {

/// The bytes that answer a read of a shard of so many bytes: those asked for, or the whole leaves
/// that they touch where a proof is wanted. Nothing where they are not all in the shard.
struct AnsweredRange {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  friend bool operator==(const AnsweredRange&, const AnsweredRange&) = default;
};
[[nodiscard]] std::optional<AnsweredRange> answered_range(const ReadShard& request,
                                                          std::uint64_t shard_length) noexcept;

/// How readers have so many bytes proven to them when they know nothing of the shard's leaves.
[[nodiscard]] ReadProof proof_for(std::uint64_t size) noexcept;

/// H("oort.v1 shard read", the request without its order).
[[nodiscard]] Bytes32 input_root_of(const ReadShard& request);
/// H("oort.v1 shard answer", shard's length ‖ offset ‖ bytes). Proofs follow from those.
[[nodiscard]] Bytes32 result_hash_of(const ReadShardReply& reply);
/// What every honest node answers, given the whole shard.
[[nodiscard]] std::optional<Bytes32> true_result_of(const ReadShard& request, ByteView shard);

/// Requires: the request has an order. Fails with SIGNER_REFUSED.
[[nodiscard]] Result<ledger::WorkReceipt> sign_work(const ChainId& chain, const NodeId& self,
                                                    const ReadShard& request,
                                                    const ReadShardReply& reply,
                                                    env::Signer& signer);

}  // namespace oort::object
