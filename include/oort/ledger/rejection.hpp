// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "oort/core/error.hpp"
#include "oort/ledger/modules.hpp"

namespace oort::ledger {

/// Why a transaction or an operation was refused. Data of the receipt and so of the result root:
/// numbered for ever, `module << 8 | n`, never renumbered, never reused.
enum class Rejection : std::uint16_t {
  None = 0,

  // Transactions.
  WrongSequence = 1,
  Expired = 2,
  ValidTooLong = 3,
  FeeTooLow = 4,
  FeeNotCovered = 5,
  TooManyLanes = 6,
  AccountUnknown = 7,
  UndecodableOperation = 8,
  AtomicAborted = 9,
  UnknownFlag = 10,
  WrongChain = 11,
  ModuleOff = 12,

  // Bank.
  BalanceTooLow = 0x0101,
  AmountOverflow = 0x0102,
  ZeroAmount = 0x0103,
  CreditsTooLow = 0x0104,

  // Nodes.
  NodeExists = 0x0401,
  NodeUnknown = 0x0402,
  NodeNotYours = 0x0403,
  NodeConsentInvalid = 0x0404,
  NodeFaulty = 0x0405,
  NodeFieldInvalid = 0x0406,

  // Objects: buckets.
  BucketNameInvalid = 0x0601,
  BucketNameTaken = 0x0602,
  BucketUnknown = 0x0603,
  BucketNotEmpty = 0x0604,
  VersioningInvalid = 0x0605,
  KeyEpochInvalid = 0x0606,
  KeySealsInvalid = 0x0607,
  OwnerOnly = 0x0608,
  // Objects: versions.
  PreconditionFailed = 0x0610,
  VersionUnknown = 0x0611,
  ExtentInvalid = 0x0612,
  CopySourceInvalid = 0x0613,
  BodyMissing = 0x0614,
  RestoreConflict = 0x0615,
  SizeInvalid = 0x0616,
  // Objects: segments.
  SegmentUnknown = 0x0620,
  SegmentExists = 0x0621,
  SegmentNotYours = 0x0622,
  SegmentNotOpen = 0x0623,
  FenceStale = 0x0624,
  LengthInvalid = 0x0625,
  ClassUnknown = 0x0626,
  ShardsInvalid = 0x0627,
  ReceiptMismatch = 0x0628,
  ReceiptSignatureInvalid = 0x0629,
  HoldTooShort = 0x062a,
  ShardNodeUnusable = 0x062b,
  FaultDomainShared = 0x062c,
  ToleranceTooLow = 0x062d,
  LeaseRunning = 0x062e,
  ShardChanged = 0x062f,
  // Objects: multipart uploads.
  UploadUnknown = 0x0640,
  PartNumberInvalid = 0x0641,
  PartUnknown = 0x0642,
  TooManyExtents = 0x0643,

  // Access.
  AccessKeyInvalid = 0x0701,
  AccessKeyExists = 0x0702,
  AccessKeyUnknown = 0x0703,
  AccessKeyNotYours = 0x0704,
  GrantUnknown = 0x0705,
  GrantNotYours = 0x0706,
  GrantExpired = 0x0707,
  GrantOperationDenied = 0x0708,
  GrantBucketDenied = 0x0709,
  GrantBytesExceeded = 0x070a,
  GrantSpendExceeded = 0x070b,
  GrantInvalid = 0x070c,
  NotPermitted = 0x070d,

  // Staking.
  PoolUnknown = 0x0201,
  PoolExists = 0x0202,
  PoolNotYours = 0x0203,
  PoolNodeInvalid = 0x0204,
  PoolClosed = 0x0205,
  PoolStateWrong = 0x0206,
  PoolJailed = 0x0207,
  PoolSpent = 0x0208,
  StakeTooLow = 0x0209,
  CommissionInvalid = 0x020a,
  CommissionTooSoon = 0x020b,
  DelegationTooSmall = 0x020c,
  DelegationUnknown = 0x020d,
  RedelegationRunning = 0x020e,

  // Governance.
  ProposalUnknown = 0x0301,
  ProposalStateWrong = 0x0302,
  ProposalInvalid = 0x0303,
  ProposalsTooMany = 0x0304,
  DepositorsTooMany = 0x0305,
  VoteWithoutStake = 0x0306,

  // Market.
  RateStale = 0x0801,
  ProcessorSignaturesInvalid = 0x0802,
  ReferenceInvalid = 0x0803,
  ReferenceUsed = 0x0804,
  DailyCapReached = 0x0805,
  ReporterUnknown = 0x0806,
  RateInvalid = 0x0807,
  BondTooLow = 0x0808,
  StillReporter = 0x0809,
  EscrowUnknown = 0x0810,
  EscrowNotYours = 0x0811,
  EscrowFrozen = 0x0812,
  EscrowEnded = 0x0813,
  EscrowFieldInvalid = 0x0814,
  EscrowTooLow = 0x0815,
  NothingToWithdraw = 0x0816,

  // Honesty.
  RoundWrong = 0x0501,
  RootKnown = 0x0502,
  HonestyStakeTooLow = 0x0503,
  RootUnknown = 0x0504,
  RevealOutsideWindow = 0x0505,
  RevealInvalid = 0x0506,
  RevealKnown = 0x0507,
  CourtBusy = 0x0508,
  CasesTooMany = 0x0509,
  CaseUnknown = 0x050a,
  CasePhaseWrong = 0x050b,
  SeatWrong = 0x050c,
  AuditUnknown = 0x0510,
  AuditTargetInvalid = 0x0511,
  AuditsTooMany = 0x0512,
  AuditOwn = 0x0513,
  AuditNotDrawn = 0x0514,
  AuditAnswerWrong = 0x0515,

  // Jobs.
  OfferInvalid = 0x0901,
  OfferUnknown = 0x0902,
  JobExists = 0x0910,
  JobUnknown = 0x0911,
  JobNotYours = 0x0912,
  JobFieldInvalid = 0x0913,
  JobBrokerInvalid = 0x0914,
  JobStateWrong = 0x0915,
  JobEpochStale = 0x0916,
  JobLeaseRunning = 0x0917,
  JobTotalsShrink = 0x0918,
  JobOverdrawn = 0x0919,
  JobLeasesOpen = 0x091a,
  JobProofInvalid = 0x0920,
  JobClaimed = 0x0921,
  JobExecutorInvalid = 0x0922,
  VoucherInvalid = 0x0923,
  NothingToRedeem = 0x0924,
  JobDisputeInvalid = 0x0925,
  JobDisputesTooMany = 0x0926,
  // Campaigns.
  CampaignExists = 0x0a01,
  CampaignUnknown = 0x0a02,
  CampaignNotYours = 0x0a03,
  CampaignStatusWrong = 0x0a04,
  CampaignFieldInvalid = 0x0a05,
  GoldKnown = 0x0a06,
  GoldMissing = 0x0a07,
  GoldWrong = 0x0a08,
  BatchUnknown = 0x0a09,
  BatchFieldInvalid = 0x0a0a,
  ConsentWrong = 0x0a0b,
  StageWrong = 0x0a0c,
  StageTooEarly = 0x0a0d,
  ResultKnown = 0x0a0e,
  ResultLate = 0x0a0f,
  ResultWrong = 0x0a10,
  ContributionWrong = 0x0a11,
  PayoutInvalid = 0x0a12,
  PayoutLate = 0x0a13,
  PayKnown = 0x0a14,
  AnswersExceeded = 0x0a15,
  AppealKnown = 0x0a16,
  AppealUnknown = 0x0a17,
  AppealRunning = 0x0a18,
  AppealOutsideWindow = 0x0a19,
  HoldbackTooEarly = 0x0a1a,
  HoldbackLeft = 0x0a1b,
  NothingHeld = 0x0a1c,
  SettleTooEarly = 0x0a1d,
  ConsentKnown = 0x0a1e,
  ConsentUnknown = 0x0a1f,

  // Datasets.
  DatasetExists = 0x0b01,
  DatasetUnknown = 0x0b02,
  DatasetNotYours = 0x0b03,
  DatasetFieldInvalid = 0x0b04,
  DatasetVersionStale = 0x0b05,
  DatasetParentUnknown = 0x0b06,
  DatasetCampaignWrong = 0x0b07,
  DatasetTakenDown = 0x0b08,
  DatasetClosed = 0x0b09,
  DatasetGrantKnown = 0x0b0a,
  DatasetGrantMissing = 0x0b0b,
  DatasetGrantPaid = 0x0b0c,
  DatasetUsesSpent = 0x0b0d,
  DatasetPriceTooHigh = 0x0b0e,

  // Models.
  TrainingExists = 0x0c01,
  TrainingUnknown = 0x0c02,
  TrainingNotYours = 0x0c03,
  TrainingFieldInvalid = 0x0c04,
  TrainingTooEarly = 0x0c05,
  TrainingLate = 0x0c06,
  TrainingOver = 0x0c07,
  AttestInvalid = 0x0c08,
  ModelExists = 0x0c09,
  ModelUnknown = 0x0c0a,
  ModelFieldInvalid = 0x0c0b,
  ModelVersionStale = 0x0c0c,
  DeploymentKnown = 0x0c0d,
  DeploymentUnknown = 0x0c0e,

  // Evidence.
  EvidenceInvalid = 0x0d01,
  EvidenceKnown = 0x0d02,
  EvidenceOutsideWindow = 0x0d03,
  EvidenceTooMany = 0x0d04,

  // Params.
  GovernorOnly = 0x0f01,
  ParamsInvalid = 0x0f02,
  ParamsTooEarly = 0x0f03,

  // Storage.
  StorageUnfunded = 0x1001,
  StorageInArrears = 0x1002,
  StorageAccountUnknown = 0x1003,
  StorageFieldInvalid = 0x1004,
};

/// The enumerator's name: stable, for scripts and logs.
[[nodiscard]] std::string_view to_string(Rejection rejection) noexcept;
/// A sentence for people: what was wrong and what to do.
[[nodiscard]] std::string_view text_of(Rejection rejection) noexcept;
/// Empty for a number that is none of these.
[[nodiscard]] std::optional<Rejection> rejection_from(std::uint16_t number) noexcept;
/// TRANSACTION_REJECTED with the rejection's name and sentence, for those who asked for success.
[[nodiscard]] Error error_of(Rejection rejection);

}  // namespace oort::ledger
