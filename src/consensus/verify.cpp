// SPDX-License-Identifier: Apache-2.0
#include "oort/consensus/verify.hpp"

#include "oort/consensus/mutants.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"

namespace oort::consensus {
namespace {

class Ed25519Verifier final : public Verifier {
 public:
  [[nodiscard]] bool verify(const PublicKey& key, ByteView bytes,
                            const Signature& signature) const noexcept override {
    return crypto::verify(key, bytes, signature);
  }
};

tl::unexpected<Error> bad_certificate(const char* why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_certificate, why);
}
tl::unexpected<Error> bad_proof(const char* why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_proof, why);
}

// The views between the parent and the block, each under one of the skips.
Result<void> check_cover(const Header& header, const std::vector<Certificate>& skips) {
  // Everything up to `covered` is the parent's, or is skipped.
  View covered = header.parent_view;
  for (const Certificate& skip : skips) {
    if (skip.kind != VoteKind::Nullify) return bad_proof("a skip is a NULLIFY certificate");
    if (skip.view <= covered) return bad_proof("skips ascend, and each covers more");
    if (skip.from > covered.next()) return bad_proof("a view between is not skipped");
    covered = skip.view;
  }
  if (covered.next() != header.view) return bad_proof("the skips do not end before the view");
  return {};
}

Result<void> check_parent(const EpochContext& context, const Header& header,
                          const std::optional<Certificate>& parent, const KnownVotes* known) {
  if (header.parent_view.value() == 0) {
    if (parent) return bad_proof("the anchor needs no certificate");
    if (header.parent != context.anchor) return bad_proof("the parent is not the anchor");
    return {};
  }
  if (!parent) return bad_proof("the parent's certificate is missing");
  if (parent->kind == VoteKind::Nullify) return bad_proof("a NULLIFY certifies no parent");
  if (parent->view != header.parent_view) return bad_proof("the parent is of another view");
  if (parent->block != header.parent && !is_mutant(Mutant::NoParentCertificateCheck)) {
    return bad_proof("the certificate is of another block than the parent");
  }
  return check_certificate(context, *parent, known);
}

}  // namespace

bool Verifier::verify_all(std::span<const SignedMessage> messages) const noexcept {
  for (const SignedMessage& message : messages) {
    if (!verify(*message.key, message.message, *message.signature)) return false;
  }
  return true;
}

const Verifier& ed25519_verifier() noexcept {
  static const Ed25519Verifier verifier;
  return verifier;
}

Result<void> check_certificate(const EpochContext& context, const Certificate& certificate,
                               const KnownVotes* known) {
  const ValidatorSet& set = *context.validators;
  if (certificate.epoch != set.epoch()) return bad_certificate("of another epoch");
  // Weight first: it costs nothing, and signatures cost much.
  std::uint64_t weight = 0;
  std::optional<ValidatorIndex> before;
  for (const CertifiedVote& vote : certificate.votes) {
    if (!set.has(vote.validator)) return bad_certificate("a signer is not in the validator set");
    if (before && vote.validator <= *before) return bad_certificate("a signer stands twice");
    before = vote.validator;
    weight += set[vote.validator].weight;
  }
  if (weight < set.quorum()) return bad_certificate("less weight than a quorum");
  for (const CertifiedVote& vote : certificate.votes) {
    const Ballot ballot = certificate.ballot_of(vote);
    if (known != nullptr && known->is_verified(ballot, vote)) continue;
    if (is_mutant(Mutant::NoSignatureCheck)) continue;
    const Bytes bytes = signed_bytes(context.chain, ballot);
    if (!context.verifier->verify(set[vote.validator].key, bytes, vote.signature)) {
      return bad_certificate("a signature is not valid");
    }
  }
  return {};
}

Result<void> check_justification(const EpochContext& context, const Header& header,
                                 const Justification& justification, const KnownVotes* known) {
  if (is_mutant(Mutant::NoJustificationCheck)) return {};
  if (hash_of(justification) != header.justification) return bad_proof("not the header's");
  if (!is_mutant(Mutant::NoSkipProof)) OORT_TRY(check_cover(header, justification.skips));
  OORT_TRY(check_parent(context, header, justification.parent, known));
  for (const Certificate& skip : justification.skips) {
    OORT_TRY(check_certificate(context, skip, known));
  }
  return {};
}

Result<void> check_vote(const EpochContext& context, const Vote& vote) {
  if (vote.ballot.epoch != context.validators->epoch() ||
      !context.validators->has(vote.validator)) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument, "the voter is not in the set");
  }
  if (is_mutant(Mutant::NoSignatureCheck)) return {};
  const Bytes bytes = signed_bytes(context.chain, vote.ballot);
  const PublicKey& key = (*context.validators)[vote.validator].key;
  if (!context.verifier->verify(key, bytes, vote.signature)) {
    return fail(ErrorCode::InvalidArgument, reason::bad_signature, "the vote is not the voter's");
  }
  return {};
}

Result<void> check_proposer(const EpochContext& context, const BlockId& id, ValidatorIndex proposer,
                            const Signature& signature) {
  if (!context.validators->has(proposer)) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument, "the proposer is not in the set");
  }
  const PublicKey& key = (*context.validators)[proposer].key;
  if (!context.verifier->verify(key, signed_bytes(id), signature)) {
    return fail(ErrorCode::InvalidArgument, reason::bad_signature,
                "the proposal is not its proposer's");
  }
  return {};
}

Result<void> check_final(const EpochContext& context, const Header& header,
                         const Certificate& certificate) {
  if (certificate.kind != VoteKind::Finalize) return bad_certificate("not of FINALIZE votes");
  if (certificate.view != header.view) return bad_certificate("of another view");
  if (certificate.block != id_of(header)) return bad_certificate("of another block");
  return check_certificate(context, certificate);
}

}  // namespace oort::consensus
