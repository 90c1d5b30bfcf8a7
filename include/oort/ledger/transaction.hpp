// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "oort/core/amount.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/limits.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/signer.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/record.hpp"

namespace oort::ledger {

/// How `signature` was made. Numbers are frozen; 2 is reserved for secp256k1.
enum class SignatureScheme : std::uint8_t { Ed25519 = 1 };

/// Bits of `Transaction::flags`.
enum class TransactionFlag : std::uint8_t {
  Atomic = 1,  ///< All operations or none: one rejection undoes the rest.
};
inline constexpr std::uint8_t transaction_flags_all = 1;

/// Bytes that travel with an operation and that only its digest stands for in what is signed.
struct OperationBody {
  std::uint16_t operation = 0;  ///< Index among the transaction's operations.
  Bytes bytes;
  friend bool operator==(const OperationBody&, const OperationBody&) = default;
};

/// Up to 256 operations under one signature. Operations stay encoded: one that this node cannot
/// read is a rejected operation, not a broken transaction.
///
/// Canonical bytes: the signed part, `signature`, then the bodies. History may drop the bodies; id
/// and signature do not depend on them, and neither does the state root.
struct Transaction {
  static constexpr std::uint8_t format_version = 1;

  ChainId chain;
  AccountId sender;  ///< `account_of` the public key.
  std::uint32_t lane = 0;
  std::uint64_t sequence = 0;  ///< Exactly the next of the lane.
  Height valid_until;          ///< The last height at which it may be executed.
  Oort fee_max;
  std::uint8_t flags = 0;  ///< TransactionFlag bits.
  std::vector<Bytes> operations;
  std::uint32_t body_bytes = 0;  ///< Sum of the bodies' sizes: fees stay when bodies are forgotten.
  SignatureScheme scheme = SignatureScheme::Ed25519;
  PublicKey public_key;
  Signature signature;
  std::vector<OperationBody> bodies;  ///< Ascending by operation.

  friend bool operator==(const Transaction&, const Transaction&) = default;
};

/// What `signature` is over: H("oort.v1 transaction", everything before the signature).
[[nodiscard]] Bytes32 sign_hash(const Transaction& transaction);
/// H("oort.v1 transaction id", sign hash ‖ public key).
[[nodiscard]] TransactionId id_of(const Transaction& transaction);
/// Bytes of the canonical form as it is now.
[[nodiscard]] std::size_t encoded_size(const Transaction& transaction);

/// Bytes that count for `fee_byte`: operations and bodies with their frame, whether the bodies are
/// still here or not.
[[nodiscard]] std::uint64_t charged_size(const Transaction& transaction);

/// An operation together with its body, if it has one: what rooms above hand over for a batch.
struct SubmittedOperation {
  Operation operation;
  Bytes body;
};
/// Appends an operation. Requires: fewer than 256 before; `body` matches the operation's digest.
void add_operation(Transaction& transaction, const Operation& operation, Bytes body = {});
void add_operation(Transaction& transaction, SubmittedOperation submitted);

/// Fills in sender, public key and signature.
void sign(Transaction& transaction, const crypto::KeyPair& keys);
/// The same with a key that lives elsewhere. Fails with SIGNER_REFUSED.
[[nodiscard]] Result<void> sign(Transaction& transaction, env::Signer& signer);

}  // namespace oort::ledger
