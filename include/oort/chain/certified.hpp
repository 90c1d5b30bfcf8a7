// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "oort/chain/light_client.hpp"
#include "oort/core/limits.hpp"
#include "oort/ledger/receipt.hpp"

/// What a light client can believe of transactions, beside values of the state (`ProofBundle`).
namespace oort::chain {

/// Where a transaction stands for ever, and what became of it.
struct Commit {
  Height height;
  BlockId block;
  std::uint32_t index = 0;
  ledger::Receipt receipt;
};

/// Shows what became of a transaction: the header after its block commits to the block's receipts
/// (`parent_result_root`), and each receipt names its transaction.
///
/// A receipt without a rejection is the whole truth: a transaction takes effect once. One with a
/// rejection shows that the transaction had no effect in this block; a proposer may put one that
/// took effect before into a block again, where it is refused for its sequence.
struct OutcomeProof {
  /// The first is the header after the transaction's block.
  FinalHeaders headers;
  ledger::Receipt receipt;
  ledger::ReceiptProof proof;
  friend bool operator==(const OutcomeProof&, const OutcomeProof&) = default;
};
void encode(codec::Writer& out, const OutcomeProof& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, OutcomeProof& value);
/// Fails as verify_final, and with BAD_PROOF when the receipt is none of the block's.
[[nodiscard]] Result<Commit> verify_outcome(const TrustRoot& root,
                                            const consensus::Verifier& verifier,
                                            const OutcomeProof& outcome);

/// Shows which transactions a final block holds.
struct BlockProof {
  /// The first is the block's own.
  FinalHeaders headers;
  std::vector<TransactionId> transactions;
  friend bool operator==(const BlockProof&, const BlockProof&) = default;
};
/// No transaction is encoded in fewer bytes.
inline constexpr std::size_t transaction_bytes_min = 128;
inline constexpr std::size_t block_transactions_count_max =
    limits::block_body_bytes_max / transaction_bytes_min;
void encode(codec::Writer& out, const BlockProof& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, BlockProof& value);
/// Fails as verify_final, and with BAD_PROOF when the block holds other transactions.
[[nodiscard]] Result<void> verify_block(const TrustRoot& root, const consensus::Verifier& verifier,
                                        const BlockProof& block);

}  // namespace oort::chain
