// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/rejection.hpp"

#include <string>

#include "oort/core/reasons.hpp"

namespace oort::ledger {
namespace {

struct Row {
  Rejection rejection;
  std::string_view name;
  std::string_view text;
};
constexpr Row rows[] = {
    {Rejection::None, "None", "Accepted."},
    {Rejection::WrongSequence, "WrongSequence",
     "The sequence is not the next of the lane; read the account and sign again."},
    {Rejection::Expired, "Expired",
     "The transaction was valid only up to an earlier height; sign it again."},
    {Rejection::ValidTooLong, "ValidTooLong",
     "valid_until lies further ahead than the network allows."},
    {Rejection::FeeTooLow, "FeeTooLow", "fee_max is less than the transaction costs."},
    {Rejection::FeeNotCovered, "FeeNotCovered", "The sender's balance does not cover the fee."},
    {Rejection::TooManyLanes, "TooManyLanes",
     "The account uses as many lanes as it may; use one of those."},
    {Rejection::AccountUnknown, "AccountUnknown",
     "The sender has no account; somebody must send it money first."},
    {Rejection::UndecodableOperation, "UndecodableOperation",
     "The operation cannot be read: its code is unknown or its fields are malformed."},
    {Rejection::AtomicAborted, "AtomicAborted",
     "Another operation of this atomic transaction was rejected."},
    {Rejection::UnknownFlag, "UnknownFlag", "The transaction sets a flag that has no meaning."},
    {Rejection::WrongChain, "WrongChain", "The transaction was signed for another network."},
    {Rejection::ModuleOff, "ModuleOff", "This network began without the module that this asks of."},
    {Rejection::BalanceTooLow, "BalanceTooLow", "The balance is less than the amount."},
    {Rejection::AmountOverflow, "AmountOverflow", "The sum is greater than any balance can be."},
    {Rejection::ZeroAmount, "ZeroAmount", "Nothing would be moved."},
    {Rejection::CreditsTooLow, "CreditsTooLow", "The account has fewer credits."},
    {Rejection::NodeExists, "NodeExists", "A node with this key is registered."},
    {Rejection::NodeUnknown, "NodeUnknown", "No node with this key is registered."},
    {Rejection::NodeNotYours, "NodeNotYours",
     "Only the operator or the node itself may change it."},
    {Rejection::NodeConsentInvalid, "NodeConsentInvalid",
     "The consent is not the node key's signature for this operator."},
    {Rejection::NodeFaulty, "NodeFaulty",
     "The node was convicted of a fault; only governance can bring it back."},
    {Rejection::NodeFieldInvalid, "NodeFieldInvalid",
     "A role, a status or an endpoint of the node is not possible."},
    {Rejection::BucketNameInvalid, "BucketNameInvalid",
     "The name breaks S3's rules: 3 to 63 of lower-case letters, digits, dots, hyphens."},
    {Rejection::BucketNameTaken, "BucketNameTaken", "A bucket of this name exists in the cell."},
    {Rejection::BucketUnknown, "BucketUnknown", "There is no such bucket."},
    {Rejection::BucketNotEmpty, "BucketNotEmpty",
     "The bucket holds versions, delete markers or uploads under way."},
    {Rejection::VersioningInvalid, "VersioningInvalid",
     "A bucket that has kept versions cannot return to none; suspend it."},
    {Rejection::KeyEpochInvalid, "KeyEpochInvalid",
     "The epoch is not the next one of the bucket key."},
    {Rejection::KeySealsInvalid, "KeySealsInvalid",
     "The sealed keys are not in ascending order of their gateways."},
    {Rejection::OwnerOnly, "OwnerOnly", "Only the owner may do this; a grant does not cover it."},
    {Rejection::PreconditionFailed, "PreconditionFailed",
     "The newest version is not what the request requires."},
    {Rejection::VersionUnknown, "VersionUnknown", "There is no such version."},
    {Rejection::ExtentInvalid, "ExtentInvalid",
     "An extent is empty or lies outside of what its segment holds."},
    {Rejection::CopySourceInvalid, "CopySourceInvalid",
     "The source of the copy is not a live version that the sender may read."},
    {Rejection::BodyMissing, "BodyMissing", "The operation needs a body."},
    {Rejection::RestoreConflict, "RestoreConflict", "The version to restore is live."},
    {Rejection::SizeInvalid, "SizeInvalid", "The size does not fit the extents."},
    {Rejection::SegmentUnknown, "SegmentUnknown", "There is no such segment."},
    {Rejection::SegmentExists, "SegmentExists", "The nonce was used for another segment."},
    {Rejection::SegmentNotYours, "SegmentNotYours", "The segment belongs to another gateway."},
    {Rejection::SegmentNotOpen, "SegmentNotOpen", "The segment is sealed."},
    {Rejection::FenceStale, "FenceStale",
     "The right to append went to another; the fence is out of date."},
    {Rejection::LengthInvalid, "LengthInvalid", "The length is not possible for this segment."},
    {Rejection::ClassUnknown, "ClassUnknown", "This network has no such storage class."},
    {Rejection::ShardsInvalid, "ShardsInvalid",
     "The number or the order of the shards is not possible."},
    {Rejection::ReceiptMismatch, "ReceiptMismatch",
     "A receipt is for other bytes, another shard or another network."},
    {Rejection::ReceiptSignatureInvalid, "ReceiptSignatureInvalid",
     "A receipt does not carry its node's signature."},
    {Rejection::HoldTooShort, "HoldTooShort",
     "A receipt promises to hold its shard for less than the margin."},
    {Rejection::ShardNodeUnusable, "ShardNodeUnusable",
     "A node is not registered or takes no shards."},
    {Rejection::FaultDomainShared, "FaultDomainShared",
     "Two shards share an operator, a network or an autonomous system."},
    {Rejection::ToleranceTooLow, "ToleranceTooLow",
     "Fewer losses would be survived than the class allows."},
    {Rejection::LeaseRunning, "LeaseRunning",
     "The gateway's lease is still running; only the gateway may seal."},
    {Rejection::ShardChanged, "ShardChanged",
     "The shard changed meanwhile; read the segment again."},
    {Rejection::UploadUnknown, "UploadUnknown", "There is no such upload."},
    {Rejection::PartNumberInvalid, "PartNumberInvalid",
     "Part numbers run from 1 to 10,000 and ascend."},
    {Rejection::PartUnknown, "PartUnknown", "A part that is named was not uploaded."},
    {Rejection::TooManyExtents, "TooManyExtents",
     "The object would consist of more extents than a record can hold."},
    {Rejection::AccessKeyInvalid, "AccessKeyInvalid",
     "The id, the order of the lists or the operations of the access key are not possible."},
    {Rejection::AccessKeyExists, "AccessKeyExists", "An access key of this id exists."},
    {Rejection::AccessKeyUnknown, "AccessKeyUnknown", "There is no such access key."},
    {Rejection::AccessKeyNotYours, "AccessKeyNotYours",
     "The access key belongs to another account."},
    {Rejection::GrantUnknown, "GrantUnknown", "There is no such grant."},
    {Rejection::GrantNotYours, "GrantNotYours", "The grant was given by or to another account."},
    {Rejection::GrantExpired, "GrantExpired", "The grant has expired."},
    {Rejection::GrantOperationDenied, "GrantOperationDenied",
     "The grant does not cover this kind of operation."},
    {Rejection::GrantBucketDenied, "GrantBucketDenied", "The grant does not cover this bucket."},
    {Rejection::GrantBytesExceeded, "GrantBytesExceeded", "The grant has fewer bytes left."},
    {Rejection::GrantSpendExceeded, "GrantSpendExceeded", "The grant has less left to spend."},
    {Rejection::GrantInvalid, "GrantInvalid",
     "The gateway, the order of the buckets or the operations of the grant are not possible."},
    {Rejection::NotPermitted, "NotPermitted", "The sender is not the owner and names no grant."},
    {Rejection::PoolUnknown, "PoolUnknown", "No pool stands behind this node."},
    {Rejection::PoolExists, "PoolExists", "The node has had its pool; another needs another node."},
    {Rejection::PoolNotYours, "PoolNotYours", "Only the pool's creator may do this."},
    {Rejection::PoolNodeInvalid, "PoolNodeInvalid", "Only a super node can have a pool."},
    {Rejection::PoolClosed, "PoolClosed", "The pool is leaving, or has left."},
    {Rejection::PoolStateWrong, "PoolStateWrong",
     "The pool is in that state, or both pools are the same."},
    {Rejection::PoolJailed, "PoolJailed",
     "A fault keeps the pool offline; it can come back in a later epoch."},
    {Rejection::PoolSpent, "PoolSpent",
     "Faults have cost the pool nearly all of its stake; it takes no more."},
    {Rejection::StakeTooLow, "StakeTooLow",
     "There is less stake than asked for, or less than is needed."},
    {Rejection::CommissionInvalid, "CommissionInvalid",
     "The commission is over its bound, or rises by more than it may at once."},
    {Rejection::CommissionTooSoon, "CommissionTooSoon",
     "The commission was changed in this epoch."},
    {Rejection::DelegationTooSmall, "DelegationTooSmall",
     "A delegation would be below the least; take all, or leave more."},
    {Rejection::DelegationUnknown, "DelegationUnknown", "The sender has no stake in this pool."},
    {Rejection::RedelegationRunning, "RedelegationRunning",
     "The stake came from another pool and cannot move on yet."},
    {Rejection::ProposalUnknown, "ProposalUnknown", "There is no such proposal."},
    {Rejection::ProposalStateWrong, "ProposalStateWrong",
     "The proposal is not at the stage that this asks of."},
    {Rejection::ProposalInvalid, "ProposalInvalid", "What the proposal would do is not possible."},
    {Rejection::ProposalsTooMany, "ProposalsTooMany",
     "As many proposals are under vote as there may be; wait for one to end."},
    {Rejection::DepositorsTooMany, "DepositorsTooMany",
     "The proposal has as many depositors as it may have."},
    {Rejection::VoteWithoutStake, "VoteWithoutStake",
     "Only the creator and the delegators of a witness vote with its stake."},
    {Rejection::RateStale, "RateStale",
     "The reporters have been silent for too long, so nobody knows what OORT is worth; try later."},
    {Rejection::ProcessorSignaturesInvalid, "ProcessorSignaturesInvalid",
     "Too few payment processors signed the sale, or somebody else did."},
    {Rejection::ReferenceInvalid, "ReferenceInvalid", "A sale needs a reference."},
    {Rejection::ReferenceUsed, "ReferenceUsed", "The reference has bought its credits."},
    {Rejection::DailyCapReached, "DailyCapReached",
     "The processors may sell no more credits today."},
    {Rejection::ReporterUnknown, "ReporterUnknown", "The sender is no reporter of the rate."},
    {Rejection::RateInvalid, "RateInvalid", "The rate is zero or out of its range."},
    {Rejection::BondTooLow, "BondTooLow", "The sender's bond as a reporter is too low."},
    {Rejection::StillReporter, "StillReporter",
     "The bond of a reporter stays as long as it is one."},
    {Rejection::EscrowUnknown, "EscrowUnknown", "There is no such escrow."},
    {Rejection::EscrowNotYours, "EscrowNotYours",
     "The sender neither pays nor earns by this escrow, or its module alone may do this."},
    {Rejection::EscrowFrozen, "EscrowFrozen", "The escrow is frozen until its arbiter decides."},
    {Rejection::EscrowEnded, "EscrowEnded", "The escrow is closed or has expired."},
    {Rejection::EscrowFieldInvalid, "EscrowFieldInvalid",
     "The amount, the rate, the earners or the times of the escrow are not possible."},
    {Rejection::EscrowTooLow, "EscrowTooLow", "The escrow holds less."},
    {Rejection::NothingToWithdraw, "NothingToWithdraw",
     "Nothing more was earned, or what was earned is held back for now."},
    {Rejection::EvidenceInvalid, "EvidenceInvalid", "The evidence proves nothing."},
    {Rejection::EvidenceKnown, "EvidenceKnown", "The fault is on the ledger."},
    {Rejection::EvidenceOutsideWindow, "EvidenceOutsideWindow",
     "The fault is too long ago, or of a view that the block has not reached."},
    {Rejection::EvidenceTooMany, "EvidenceTooMany",
     "The block judges no more evidence; a later one will."},
    {Rejection::GovernorOnly, "GovernorOnly", "Only the governor may change parameters."},
    {Rejection::ParamsInvalid, "ParamsInvalid", "The parameters contradict each other or a bound."},
    {Rejection::ParamsTooEarly, "ParamsTooEarly", "A change of parameters needs a later height."},
};

constexpr const Row* row_of(Rejection rejection) noexcept {
  for (const Row& row : rows) {
    if (row.rejection == rejection) return &row;
  }
  return nullptr;
}

}  // namespace

std::string_view to_string(Rejection rejection) noexcept {
  const Row* row = row_of(rejection);
  return row == nullptr ? "Unknown" : row->name;
}

std::string_view text_of(Rejection rejection) noexcept {
  const Row* row = row_of(rejection);
  return row == nullptr ? "The rejection is of a later version of the program." : row->text;
}

std::optional<Rejection> rejection_from(std::uint16_t number) noexcept {
  const auto rejection = static_cast<Rejection>(number);
  if (row_of(rejection) == nullptr) return std::nullopt;
  return rejection;
}

Error error_of(Rejection rejection) {
  return {ErrorCode::FailedPrecondition, reason::rejected,
          std::string(to_string(rejection)) + ": " + std::string(text_of(rejection))};
}

}  // namespace oort::ledger
