// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "oort/consensus/types.hpp"
#include "oort/consensus/verify.hpp"

namespace oort::consensus {

/// A pair of signatures that no correct validator makes.
enum class EvidenceKind : std::uint8_t {
  DoubleNotarize = 1,       ///< E1: two NOTARIZE in one view, different blocks.
  DoubleFinalize = 2,       ///< E2: two FINALIZE in one view, different blocks.
  NotarizeAndFinalize = 3,  ///< E3: NOTARIZE x and FINALIZE y in one view.
  NullifyAndFinalize = 4,   ///< E4: NULLIFY{from … u} and FINALIZE in a view of from … u.
  DoubleProposal = 5,       ///< E5: two signed headers of one view.
  UnjustifiedVote = 6,      ///< E6: NOTARIZE or FINALIZE for a header whose justification fails.
};

/// Proof that a validator broke the protocol, checkable by anyone who knows the epoch.
///
/// Invariants
///   X1  Evidence that verifies names a validator that signed two things that really contradict.
///   X2  No correct validator can be named, whatever the others do.
///   X3  One contradiction has one encoding: votes in the order of the kind's name, or by their
///       signed bytes where the kinds are equal.
struct Evidence {
  EvidenceKind kind = EvidenceKind::DoubleNotarize;
  /// E1–E4: two. E6: one. E5: none.
  std::vector<Vote> votes;
  /// E5: two. E6: one, whose signature is zero and not looked at. Others: none.
  std::vector<SignedHeader> headers;
  /// E6 alone: the preimage of the header's justification hash.
  std::optional<Justification> justification;
  friend bool operator==(const Evidence&, const Evidence&) = default;
};

/// Who is guilty, and the key under which it can be punished once.
struct Offence {
  ValidatorIndex validator;
  Epoch epoch;
  View view;
  friend auto operator<=>(const Offence&, const Offence&) noexcept = default;
};

/// The evidence that these two valid votes of one validator are, or nothing.
[[nodiscard]] std::optional<Evidence> contradiction(const Vote& first, const Vote& second);
/// The evidence that these two headers, signed by one proposer, are, or nothing.
[[nodiscard]] std::optional<Evidence> contradiction(const SignedHeader& first,
                                                    const SignedHeader& second);

/// Verifies everything: form, signatures, that the two really differ, and for E6 that the static
/// check fails. Age, and whether it was punished already, are the ledger's to judge.
/// Fails with BAD_PROOF or BAD_SIGNATURE.
[[nodiscard]] Result<Offence> check_evidence(const EpochContext& context, const Evidence& evidence);

void encode(codec::Writer& out, const Evidence& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, Evidence& value);
/// H("oort.v1 evidence", evidence).
[[nodiscard]] Bytes32 id_of(const Evidence& evidence);

}  // namespace oort::consensus
