// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "oort/consensus/types.hpp"
#include "oort/consensus/validator_set.hpp"

namespace oort::consensus {

/// One signature to check. Views live for the call.
struct SignedMessage {
  const PublicKey* key = nullptr;
  ByteView message;
  const Signature* signature = nullptr;
};

/// Decides whether a signature is valid: Ed25519 in production, a cheap keyed hash in simulation.
class Verifier {
 public:
  virtual ~Verifier() = default;
  [[nodiscard]] virtual bool verify(const PublicKey& key, ByteView message,
                                    const Signature& signature) const noexcept = 0;
  /// Whether all are valid; may be faster than one by one.
  [[nodiscard]] virtual bool verify_all(std::span<const SignedMessage> messages) const noexcept;
};
/// libsodium's Ed25519: the rule of the ledger. Lives as long as the process.
[[nodiscard]] const Verifier& ed25519_verifier() noexcept;

/// What is known of an epoch before its first view, enough to judge anything said in it.
struct EpochContext {
  ChainId chain;
  BlockId anchor;  ///< Genesis, or the final boundary block of the epoch before.
  const ValidatorSet* validators = nullptr;
  const Verifier* verifier = nullptr;
};

/// Votes that are known to be valid, so that a certificate that holds them need not verify again.
class KnownVotes {
 public:
  virtual ~KnownVotes() = default;
  /// Whether exactly this ballot with exactly this signature was verified.
  [[nodiscard]] virtual bool is_verified(const Ballot& ballot, const CertifiedVote& vote) const = 0;
};

/// Epoch, known validators, a quorum's weight, every signature.
/// Fails with BAD_CERTIFICATE. `known` may be null.
[[nodiscard]] Result<void> check_certificate(const EpochContext& context,
                                             const Certificate& certificate,
                                             const KnownVotes* known = nullptr);

/// The static check of a header's justification: the hash, the parent's certificate (or the
/// anchor), and that the skips cover every view from parent_view + 1 to view - 1, the last one
/// ending there. Depends on nothing but its arguments, so a vote for a header that fails it is a
/// proof of guilt. Fails with BAD_PROOF, BAD_CERTIFICATE.
[[nodiscard]] Result<void> check_justification(const EpochContext& context, const Header& header,
                                               const Justification& justification,
                                               const KnownVotes* known = nullptr);

/// Fails with BAD_SIGNATURE, or BAD_ARGUMENT for an index outside the set.
[[nodiscard]] Result<void> check_vote(const EpochContext& context, const Vote& vote);
[[nodiscard]] Result<void> check_proposer(const EpochContext& context, const BlockId& id,
                                          ValidatorIndex proposer, const Signature& signature);

/// Whether `certificate` proves `header` final: a FINALIZE certificate for its id that verifies.
/// For light clients, sync and proofs. Fails with BAD_CERTIFICATE.
[[nodiscard]] Result<void> check_final(const EpochContext& context, const Header& header,
                                       const Certificate& certificate);

}  // namespace oort::consensus
