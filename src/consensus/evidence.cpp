// SPDX-License-Identifier: Apache-2.0
#include "oort/consensus/evidence.hpp"

#include "oort/codec/codec.hpp"
#include "oort/consensus/mutants.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::consensus {
namespace {

constexpr crypto::Context evidence_context{"oort.v1 evidence"};

tl::unexpected<Error> bad(const char* why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_proof, why);
}

// Whether two ballots of one voter can not both be a correct one's, and of what kind that is.
// `first` is the one whose kind the evidence names first.
std::optional<EvidenceKind> conflict(const Ballot& first, const Ballot& second) {
  if (first.epoch != second.epoch) return std::nullopt;
  if (second.kind == VoteKind::Finalize && first.kind == VoteKind::Nullify) {
    const bool is_promised = first.from <= second.view && second.view <= first.view;
    return is_promised ? std::optional(EvidenceKind::NullifyAndFinalize) : std::nullopt;
  }
  if (first.view != second.view) return std::nullopt;
  if (first.block == second.block && !is_mutant(Mutant::EvidenceWithoutDifference)) {
    return std::nullopt;
  }
  if (first.kind == VoteKind::Notarize && second.kind == VoteKind::Notarize) {
    return EvidenceKind::DoubleNotarize;
  }
  if (first.kind == VoteKind::Finalize && second.kind == VoteKind::Finalize) {
    return EvidenceKind::DoubleFinalize;
  }
  if (first.kind == VoteKind::Notarize && second.kind == VoteKind::Finalize) {
    return EvidenceKind::NotarizeAndFinalize;
  }
  return std::nullopt;
}

bool comes_before(const Vote& a, const Vote& b) {
  if (a.ballot.kind == b.ballot.kind) return a.ballot.block < b.ballot.block;
  return b.ballot.kind == VoteKind::Finalize;
}

bool fits(const Evidence& evidence, std::size_t votes, std::size_t headers, bool has_proof) {
  return evidence.votes.size() == votes && evidence.headers.size() == headers &&
         evidence.justification.has_value() == has_proof;
}

Result<Offence> check_votes(const EpochContext& context, const Evidence& evidence) {
  if (!fits(evidence, 2, 0, false)) return bad("two votes make this evidence");
  const Vote& first = evidence.votes[0];
  const Vote& second = evidence.votes[1];
  if (first.validator != second.validator) return bad("the votes are of two validators");
  if (conflict(first.ballot, second.ballot) != evidence.kind) return bad("no contradiction");
  if (!comes_before(first, second)) return bad("the votes are not in order");
  OORT_TRY(check_vote(context, first));
  OORT_TRY(check_vote(context, second));
  return Offence{first.validator, second.ballot.epoch, second.ballot.view};
}

Result<Offence> check_proposals(const EpochContext& context, const Evidence& evidence) {
  if (!fits(evidence, 0, 2, false)) return bad("two headers make this evidence");
  const Header& first = evidence.headers[0].header;
  const Header& second = evidence.headers[1].header;
  if (first.chain != context.chain || first.epoch != context.validators->epoch()) {
    return bad("the headers are of another chain or epoch");
  }
  if (contradiction(evidence.headers[0], evidence.headers[1]) != evidence) {
    return bad("no contradiction");
  }
  for (const SignedHeader& header : evidence.headers) {
    OORT_TRY(
        check_proposer(context, id_of(header.header), header.header.proposer, header.signature));
  }
  return Offence{first.proposer, first.epoch, second.view};
}

Result<Offence> check_unjustified(const EpochContext& context, const Evidence& evidence) {
  if (!fits(evidence, 1, 1, true)) return bad("a vote, a header and a justification are needed");
  const Vote& vote = evidence.votes[0];
  const Header& header = evidence.headers[0].header;
  if (!evidence.headers[0].signature.is_zero()) return bad("the proposer's signature is left out");
  if (vote.ballot.kind == VoteKind::Nullify || vote.ballot.block != id_of(header)) {
    return bad("the vote is not for the header");
  }
  // A vote's signature covers chain and epoch; a header of another chain under it is guilt, but
  // not this kind of it.
  if (header.chain != context.chain || header.epoch != vote.ballot.epoch) {
    return bad("the header is of another chain or epoch");
  }
  if (hash_of(*evidence.justification) != header.justification) {
    return bad("the justification is not the header's");
  }
  if (check_justification(context, header, *evidence.justification)) return bad("it is justified");
  OORT_TRY(check_vote(context, vote));
  return Offence{vote.validator, vote.ballot.epoch, vote.ballot.view};
}

}  // namespace

std::optional<Evidence> contradiction(const Vote& first, const Vote& second) {
  if (first.validator != second.validator) return std::nullopt;
  const bool is_ordered = comes_before(first, second);
  const Vote& a = is_ordered ? first : second;
  const Vote& b = is_ordered ? second : first;
  const auto kind = conflict(a.ballot, b.ballot);
  if (!kind) return std::nullopt;
  return Evidence{*kind, {a, b}, {}, std::nullopt};
}

std::optional<Evidence> contradiction(const SignedHeader& first, const SignedHeader& second) {
  const Header& a = first.header;
  const Header& b = second.header;
  if (a.chain != b.chain || a.epoch != b.epoch || a.view != b.view) return std::nullopt;
  if (a.proposer != b.proposer || a == b) return std::nullopt;
  Evidence evidence{EvidenceKind::DoubleProposal, {}, {first, second}, std::nullopt};
  if (id_of(b) < id_of(a)) std::swap(evidence.headers[0], evidence.headers[1]);
  return evidence;
}

Result<Offence> check_evidence(const EpochContext& context, const Evidence& evidence) {
  switch (evidence.kind) {
    case EvidenceKind::DoubleNotarize:
    case EvidenceKind::DoubleFinalize:
    case EvidenceKind::NotarizeAndFinalize:
    case EvidenceKind::NullifyAndFinalize: return check_votes(context, evidence);
    case EvidenceKind::DoubleProposal: return check_proposals(context, evidence);
    case EvidenceKind::UnjustifiedVote: return check_unjustified(context, evidence);
  }
  return bad("not a kind of evidence");
}

void encode(codec::Writer& out, const Evidence& value) {
  out.u8(static_cast<std::uint8_t>(value.kind));
  codec::encode_vector(out, value.votes);
  codec::encode_vector(out, value.headers);
  codec::encode(out, value.justification);
}

Result<void> decode(codec::Reader& in, Evidence& value) {
  OORT_TRY(const std::uint8_t kind, in.u8());
  if (kind < 1 || kind > 6) {
    return fail(ErrorCode::InvalidArgument, reason::malformed, "not a kind of evidence");
  }
  value.kind = static_cast<EvidenceKind>(kind);
  OORT_TRY(codec::decode_vector(in, value.votes, 2));
  OORT_TRY(codec::decode_vector(in, value.headers, 2));
  return codec::decode(in, value.justification);
}

Bytes32 id_of(const Evidence& evidence) {
  return crypto::hash(evidence_context, codec::to_bytes(evidence));
}

}  // namespace oort::consensus
