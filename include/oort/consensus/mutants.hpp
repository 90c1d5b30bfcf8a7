// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace oort::consensus {

/// Rules that can be broken on purpose, so that the tests are seen to notice. Only the target
/// `oort_consensus_mutants` can break any; elsewhere `is_mutant` is false at compile time, so the
/// shipped library holds no trace of them.
enum class Mutant : std::uint8_t {
  None,
  FinalizeAfterNullify,        ///< S3: FINALIZE in a view that was nullified.
  NullifyAfterFinalize,        ///< S3: NULLIFY in a view that was finalized.
  NullifyFromZero,             ///< Every NULLIFY claims all views from 1.
  SignerNotMonotone,           ///< S1: signs in lower views.
  DoubleNotarize,              ///< S2: a second block in one view.
  DoublePropose,               ///< S2: a second proposal in one view.
  FinalizeOtherBlock,          ///< S4: FINALIZE for a block that it did not notarize.
  FinalizeWithoutCertificate,  ///< R4: FINALIZE together with NOTARIZE.
  NoSkipProof,                 ///< Gaps need no NULLIFY certificates.
  NoJustificationCheck,        ///< Justifications are believed.
  NoParentCertificateCheck,    ///< The parent's certificate may name another block.
  QuorumOffByOne,              ///< floor(2 W / 3) decides.
  QuorumByHalf,                ///< More than half decides.
  SendBeforeSync,              ///< Signatures leave before their record is durable.
  ForgetRecordAtRestart,       ///< A restart begins with an empty record.
  FloorTooLow,                 ///< The start after amnesia votes from V instead of V + 2.
  CountOneselfInRecovery,      ///< The start after amnesia needs one answer less.
  AmnesiaClaimsPast,           ///< After amnesia NULLIFY claims all views from 1.
  SecondVoteReplacesFirst,     ///< R9: a second vote erases the first.
  EvidenceWithoutDifference,   ///< Evidence may hold the same vote twice.
  TimersResetOnNotarization,   ///< R8: the back-off ends without finality.
  NoTimerBackoff,              ///< R8: waits never grow.
  NoCertificateForward,        ///< R0: who enters a view tells nobody.
  NoRetransmission,            ///< R7: silence is left alone.
  AcceptAnyLeader,             ///< R2: proposals of others than the leader are voted for.
  VoteTwiceInWeight,           ///< A certificate may count one validator twice.
  CommitWithoutAncestors,      ///< R6: only the certified block is handed over, not its ancestors.
  PayloadAfterBoundary,        ///< Blocks after the last of an epoch may carry payload.
  FutureTimeAccepted,          ///< 2.5: header time is not bounded.
  NoSignatureCheck,            ///< Votes are counted unverified.
  EpochNotSigned,              ///< M3: a vote of one epoch's set passes for one of the next.
};

#ifdef OORT_CONSENSUS_MUTANTS
/// The one rule that is broken in this process. Set before any engine is made.
inline Mutant active_mutant = Mutant::None;
[[nodiscard]] inline bool is_mutant(Mutant mutant) noexcept { return active_mutant == mutant; }
#else
[[nodiscard]] consteval bool is_mutant(Mutant) noexcept { return false; }
#endif

}  // namespace oort::consensus
