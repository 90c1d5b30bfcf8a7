// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include "oort/consensus/mutants.hpp"

namespace oort::bftsim {

struct NamedMutant {
  std::string_view name;
  consensus::Mutant mutant = consensus::Mutant::None;
};

/// All of consensus::Mutant in its order, by the names of its enumerators.
inline constexpr std::array<NamedMutant, 32> named_mutants{{
    {"None", consensus::Mutant::None},
    {"FinalizeAfterNullify", consensus::Mutant::FinalizeAfterNullify},
    {"NullifyAfterFinalize", consensus::Mutant::NullifyAfterFinalize},
    {"NullifyFromZero", consensus::Mutant::NullifyFromZero},
    {"SignerNotMonotone", consensus::Mutant::SignerNotMonotone},
    {"DoubleNotarize", consensus::Mutant::DoubleNotarize},
    {"DoublePropose", consensus::Mutant::DoublePropose},
    {"FinalizeOtherBlock", consensus::Mutant::FinalizeOtherBlock},
    {"FinalizeWithoutCertificate", consensus::Mutant::FinalizeWithoutCertificate},
    {"NoSkipProof", consensus::Mutant::NoSkipProof},
    {"NoJustificationCheck", consensus::Mutant::NoJustificationCheck},
    {"NoParentCertificateCheck", consensus::Mutant::NoParentCertificateCheck},
    {"QuorumOffByOne", consensus::Mutant::QuorumOffByOne},
    {"QuorumByHalf", consensus::Mutant::QuorumByHalf},
    {"SendBeforeSync", consensus::Mutant::SendBeforeSync},
    {"ForgetRecordAtRestart", consensus::Mutant::ForgetRecordAtRestart},
    {"FloorTooLow", consensus::Mutant::FloorTooLow},
    {"CountOneselfInRecovery", consensus::Mutant::CountOneselfInRecovery},
    {"AmnesiaClaimsPast", consensus::Mutant::AmnesiaClaimsPast},
    {"SecondVoteReplacesFirst", consensus::Mutant::SecondVoteReplacesFirst},
    {"EvidenceWithoutDifference", consensus::Mutant::EvidenceWithoutDifference},
    {"TimersResetOnNotarization", consensus::Mutant::TimersResetOnNotarization},
    {"NoTimerBackoff", consensus::Mutant::NoTimerBackoff},
    {"NoCertificateForward", consensus::Mutant::NoCertificateForward},
    {"NoRetransmission", consensus::Mutant::NoRetransmission},
    {"AcceptAnyLeader", consensus::Mutant::AcceptAnyLeader},
    {"VoteTwiceInWeight", consensus::Mutant::VoteTwiceInWeight},
    {"CommitWithoutAncestors", consensus::Mutant::CommitWithoutAncestors},
    {"PayloadAfterBoundary", consensus::Mutant::PayloadAfterBoundary},
    {"FutureTimeAccepted", consensus::Mutant::FutureTimeAccepted},
    {"NoSignatureCheck", consensus::Mutant::NoSignatureCheck},
    {"EpochNotSigned", consensus::Mutant::EpochNotSigned},
}};

}  // namespace oort::bftsim
