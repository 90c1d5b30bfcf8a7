// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/receipt.hpp"
#include "oort/ledger/state.hpp"
#include "oort/ledger/transaction.hpp"

namespace oort::ledger {

/// Whether a signature is valid. One rule for the whole network; an implementation may remember
/// answers, and tests may use a cheaper scheme. Threads: any.
class SignatureVerifier {
 public:
  virtual ~SignatureVerifier() = default;
  [[nodiscard]] virtual bool verify(const PublicKey& key, ByteView message,
                                    const Signature& signature) const noexcept = 0;
};
/// Ed25519 as `crypto::verify` judges it.
[[nodiscard]] const SignatureVerifier& ed25519_verifier() noexcept;

/// What a proof of misconduct shows.
struct Verdict {
  Bytes32 fault;           ///< One per fault, whichever proof shows it.
  std::uint16_t kind = 0;  ///< The consensus' number for it.
  NodeId offender;
  oort::View view;  ///< In which the offender broke the protocol.
  Epoch epoch;      ///< Whose view that is: each epoch counts its views from 1.
};
/// Evidence of the running epoch counts for so many views, while those who saw the fault are still
/// there to bring it; that of an earlier epoch until stake that left in it is free.
inline constexpr std::uint64_t evidence_views_max = 100'000;
/// Proofs that one block judges, each with a few signatures to check.
inline constexpr std::uint32_t evidence_per_block_max = 64;
/// Judges proofs that only the consensus can read. A pure function of the bytes and of the
/// validator sets in `state`.
class EvidenceVerifier {
 public:
  virtual ~EvidenceVerifier() = default;
  /// Empty when the bytes prove nothing.
  [[nodiscard]] virtual std::optional<Verdict> judge(ByteView proof,
                                                     const StateReader& state) const noexcept = 0;
};

/// What the header of a block tells the machine.
struct BlockContext {
  Height height;              ///< At least 1; genesis is 0.
  std::uint64_t time_ms = 0;  ///< Header time: milliseconds since 1970; never decreases.
  Epoch epoch;
  NodeId proposer;
  Bytes32 beacon;   ///< Hash of the proposer's VRF output.
  oort::View view;  ///< Grows with every block of the epoch, and begins anew with each.
};

struct ExecutionResult {
  /// What the state root commits to: for `StateTrees::update` and for the store. Ascending by key.
  std::vector<StateWrite> writes;
  /// Bodies: for the store alone. Ascending by key.
  std::vector<StateWrite> body_writes;
  std::vector<Receipt> receipts;    ///< One per transaction, in their order.
  std::vector<Event> block_events;  ///< What the block itself did: expiries, parameters.
  Bytes32 result_root;
};

/// The deterministic state machine of the ledger.
///
/// Invariants
///   L1  Same state, context and transactions: same writes, receipts and result root.
///   L2  The money of all accounts, bonds, fees and pots adds up to the supply, after every block.
///   L3  A transaction is executed at most once: each takes exactly the next number of its lane.
///   L4  A rejected operation changes nothing but the fee; no transaction makes a block invalid.
///   L5  A sender other than the owner changes a bucket only within a live grant.
///   L6  A record names a shard only with a receipt of its node: signed, for these bytes, held long
///       enough, and of its own fault domain.
///   L7  A segment's references equal the extents that name it in objects, removed objects and
///       parts; a record with references is never dropped.
///   L8  Bodies change neither the writes of the state root nor the result root.
/// Threads: any; it has no state of its own.
class Machine {
 public:
  /// Borrows the verifiers for its lifetime. Without `evidence`, all evidence is rejected.
  Machine(const ChainId& chain, const SignatureVerifier& signatures,
          const EvidenceVerifier* evidence = nullptr) noexcept
      : chain_(chain), signatures_(&signatures), evidence_(evidence) {}

  /// Executes one block upon `state`, the state after its parent.
  /// Requires: every transaction passed `check_static` and `check_signature`. Out of memory ends
  /// the process.
  [[nodiscard]] ExecutionResult execute(const BlockContext& context,
                                        std::span<const Transaction> transactions,
                                        const StateReader& state) const noexcept;

 private:
  ChainId chain_;
  const SignatureVerifier* signatures_;
  const EvidenceVerifier* evidence_;
};

/// Whether a transaction can ever be executed: chain, form, limits, bodies that match their
/// digests. A block that holds one which fails is invalid.
/// Fails with WRONG_CHAIN, NOT_SUPPORTED, MALFORMED or TOO_LARGE.
[[nodiscard]] Result<void> check_static(const ChainId& chain, const Transaction& transaction);
/// Fails with BAD_SIGNATURE. The dear part: the answer should be remembered by transaction id,
/// which covers everything signed but not the signature itself.
[[nodiscard]] Result<void> check_signature(const SignatureVerifier& signatures,
                                           const Transaction& transaction);
/// What executing the transaction in a block of `height` upon `state` would say before any of its
/// operations runs; WrongSequence for a number that is not the lane's next.
[[nodiscard]] Rejection check_state(const StateReader& state, Height height,
                                    const Transaction& transaction);
/// What a transaction costs, successful or not; empty on overflow. One that did nothing but bring
/// evidence, and all of it was accepted, gets this back.
[[nodiscard]] std::optional<Oort> fee_of(const Params& params, const Transaction& transaction);

}  // namespace oort::ledger
