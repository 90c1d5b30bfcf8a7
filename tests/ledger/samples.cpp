// SPDX-License-Identifier: Apache-2.0
#include "samples.hpp"

#include <algorithm>

#include "kit.hpp"
#include "oort/ledger/staking_records.hpp"
#include "oort/ledger/storage_records.hpp"

namespace oort::ledger::test {
namespace {

/// A value of fixed bytes that begins with `first` and counts up.
template <class T>
T filled(std::uint8_t first) {
  T value;
  for (std::byte& byte : value.mutable_view()) byte = static_cast<std::byte>(first++);
  return value;
}

Extent extent() { return {{filled<SegmentId>(0x20), 7}, 0x1000, 0x2345, filled<TreeRoot>(0x60)}; }
Authority authority() { return {GrantId(9), filled<Bytes32>(0x90)}; }
std::vector<KeySeal> seals() { return {{filled<NodeId>(0x10), to_bytes("sealed")}}; }
std::vector<Endpoint> endpoints() { return {{EndpointKind::S3, "node.example", 20001}}; }
ObjectVersionRef version_ref() {
  return {BucketId(3), filled<NameHash>(0x30), filled<ObjectVersionId>(0x40)};
}
Precondition precondition() { return {Precondition::Kind::Match, filled<ObjectVersionId>(0x50)}; }
ShardReceipt shard_receipt() {
  return {filled<ChainId>(1), filled<SegmentId>(2), 3, filled<TreeRoot>(4), 5, 6, Height(7),
          filled<NodeId>(8),  filled<Signature>(9)};
}
Params params() {
  Params params = small_genesis().params;
  params.epoch_ms = 12'000;
  params.idle_block_ms = 200;
  return params;
}
Object object() {
  return {.bucket = BucketId(3),
          .name_hash = filled<NameHash>(0x30),
          .version = filled<ObjectVersionId>(0x40),
          .is_null_version = true,
          .is_delete_marker = false,
          .is_degraded = true,
          .tolerance = 1,
          .storage_class = StorageClass::StandardIa,
          .size = 100,
          .sealed_size = 116,
          .body_digest = filled<Bytes32>(0x70),
          .time_ms = 1'700'000'000'000,
          .extents = {extent()}};
}
Node node() {
  return {.id = filled<NodeId>(1),
          .owner = filled<AccountId>(2),
          .roles = 3,
          .status = NodeStatus::Draining,
          .endpoints = endpoints(),
          .region = "eu-1",
          .system = 64512,
          .network = 0x0a0000,
          .capacity = 1U << 30,
          .bond = Oort(77)};
}
Transaction transaction() {
  Transaction transaction{.chain = filled<ChainId>(1),
                          .sender = filled<AccountId>(2),
                          .lane = 3,
                          .sequence = 4,
                          .valid_until = Height(5),
                          .fee_max = Oort(6),
                          .flags = 1,
                          .operations = {},
                          .body_bytes = 0,
                          .scheme = SignatureScheme::Ed25519,
                          .public_key = filled<PublicKey>(7),
                          .signature = filled<Signature>(8),
                          .bodies = {}};
  add_operation(transaction, Transfer{filled<AccountId>(1), Oort(5)});
  add_operation(transaction,
                BucketSetPolicy{BucketId(1), body_digest_of(as_bytes("{}")), authority()},
                to_bytes("{}"));
  return transaction;
}

Pool pool() {
  return {.node = filled<NodeId>(1),
          .creator = filled<AccountId>(2),
          .state = PoolState::Offline,
          .commission = 3,
          .commission_epoch = 4,
          .self = Oort(5),
          .delegated = Oort(6),
          .shares = Shares(7),
          .share_ratio = {8, 9},
          .stake_ratio = {10, 11},
          .creator_owed = {12, 13},
          .jailed_until = 14,
          .exits = 15,
          .faults_count = 16,
          .slashes_count = 17};
}

Proposal proposal() {
  return {.id = 1,
          .proposer = filled<AccountId>(2),
          .text = "why",
          .action = SpendAction{filled<AccountId>(3), Oort(4)},
          .state = ProposalState::Executed,
          .deposits = {{filled<AccountId>(5), Oort(6)}},
          .ends = 7,
          .executes = Height(8),
          .votes = {Oort(9), Oort(10), Oort(11), Oort(12)},
          .electorate = Oort(13)};
}

std::vector<Operation> bucket_operations() {
  return {
      BucketCreate{filled<AccountId>(1), "photos", KeyMode::OwnerSealed, seals(), authority()},
      BucketDelete{BucketId(3), authority()},
      BucketSetVersioning{BucketId(3), Versioning::Suspended, authority()},
      BucketSetPolicy{BucketId(3), filled<Bytes32>(0x70), authority()},
      BucketSetKeys{BucketId(3), 2, seals()},
      ObjectCommit{BucketId(3),
                   filled<NameHash>(0x30),
                   StorageClass::Glacier,
                   100,
                   filled<Bytes32>(0x70),
                   {extent()},
                   version_ref(),
                   precondition(),
                   authority()},
      ObjectDelete{BucketId(3), filled<NameHash>(0x30), ObjectDelete::Target::Version,
                   filled<ObjectVersionId>(0x40), precondition(), authority()},
      ObjectRestore{version_ref()},
      MultipartCreate{BucketId(3), filled<NameHash>(0x30), StorageClass::StandardIa,
                      filled<Bytes32>(0x70), authority()},
      MultipartPart{BucketId(3),
                    filled<NameHash>(0x30),
                    filled<UploadId>(0x40),
                    12,
                    100,
                    filled<Bytes32>(0x70),
                    {extent()},
                    authority()},
      MultipartComplete{BucketId(3),
                        filled<NameHash>(0x30),
                        filled<UploadId>(0x40),
                        {1, 2},
                        filled<Bytes32>(0x70),
                        precondition(),
                        authority()},
      MultipartAbort{BucketId(3), filled<NameHash>(0x30), filled<UploadId>(0x40), authority()},
  };
}

std::vector<Operation> segment_operations() {
  return {
      SegmentOpen{4, StorageClass::StandardIa, {filled<NodeId>(1), filled<NodeId>(2)}},
      SegmentAppend{filled<SegmentId>(1), 2, 300, filled<TreeRoot>(4), {shard_receipt()}},
      SegmentSeal{filled<SegmentId>(1), 2, 8, {shard_receipt()}},
      SegmentStore{5, StorageClass::DeepArchive, 8, 300, filled<TreeRoot>(4), {shard_receipt()}},
      ShardReplace{filled<SegmentId>(1), filled<NodeId>(2), shard_receipt()},
  };
}

std::vector<Operation> staking_operations() {
  const auto node = filled<NodeId>(1);
  return {
      PoolCreate{node, Oort(2), 3},
      PoolStake{node, Oort(2)},
      PoolSetCommission{node, 3},
      PoolSetOnline{node, true},
      PoolExit{node},
      Delegate{node, Oort(2)},
      Undelegate{node, Oort(2)},
      Redelegate{node, filled<NodeId>(2), Oort(3)},
      RewardClaim{node},
      BondPost{node, Oort(2)},
      BondWithdraw{node, Oort(2)},
      ProposalSubmit{"why", UpgradeAction{"v2", Height(3)}, Oort(4)},
      ProposalDeposit{1, Oort(2)},
      VoteCast{1, node, VoteOption::Veto},
  };
}

std::vector<Operation> market_operations() {
  const std::vector<EarnerShare> shares = {{filled<AccountId>(1), 3}, {filled<AccountId>(2), 4}};
  return {
      CreditPurchase{filled<AccountId>(1),
                     Credits(Uint128{1} << 70),
                     to_bytes("invoice 7"),
                     {{filled<PublicKey>(2), filled<Signature>(3)}}},
      OracleReport{Rate(5)},
      OracleBondPost{Oort(6)},
      OracleBondReturn{},
      EscrowOpen{Currency::Credits, Units(7), Units(8), shares, 9, 10, 11},
      EscrowFund{EscrowId(12), Units(13)},
      EscrowChange{EscrowId(12), Units(14), shares},
      EscrowClose{EscrowId(12)},
      EscrowWithdraw{EscrowId(12)},
  };
}
MarketParams market_params() {
  MarketParams params;
  params.processors = {filled<PublicKey>(1)};
  params.processors_needed = 1;
  params.daily_cap = Credits(5);
  params.reporters = {filled<AccountId>(2)};
  params.reporters_needed = 1;
  params.reporter_bond = Oort(6);
  params.classes = {{StorageClass::StandardIa, Credits(7)}};
  params.egress_gib = Credits(8);
  params.take = 9;
  params.discount = 8;
  return params;
}
Escrow escrow() {
  return {.id = EscrowId(1),
          .payer = filled<AccountId>(2),
          .kind = EscrowKind::Job,
          .currency = Currency::Credits,
          .status = EscrowStatus::Frozen,
          .arbiter = Module::Jobs,
          .funded = Units(10),
          .paid = Units(2),
          .refunded = Units(3),
          .held = Units(5),
          .rate = Units(6),
          .settled_ms = 7,
          .rest = 8,
          .streamed = Units(4),
          .earners = {{filled<AccountId>(3), 1, Units(2), Units(1)}},
          .expires_ms = 9,
          .take = 10,
          .discount = 11,
          .holdback = 12,
          .holdback_ms = 13,
          .closed_ms = 14};
}

std::vector<Operation> storage_operations() {
  return {
      StorageFund{filled<AccountId>(1), Oort(2)},
      StorageWithdraw{Oort(3)},
      StorageCollect{filled<NodeId>(1), {filled<AccountId>(2), filled<AccountId>(3)}},
  };
}
StorageMeter storage_meter() { return {1, {Wide{2, 3}, Wide{4, 5}, Wide{6, 7}, Wide{8, 9}}}; }
StorageAccount storage_account() {
  return {.escrow = EscrowId(1),
          .bytes = {2, 3, 4, 5},
          .seen = {Wide{6, 7}, Wide{8, 9}, Wide{10, 11}, Wide{12, 13}},
          .index = {Wide{14, 15}, Wide{16, 17}, Wide{18, 19}, Wide{20, 21}},
          .earned = {22, 23},
          .settled_ms = 24,
          .dry_ms = 25};
}
StorageHolding storage_holding() {
  return {{1, 2, 3, 4}, {Wide{5, 6}, Wide{7, 8}, Wide{9, 10}, Wide{11, 12}}, {13, 14}};
}

template <class T>
std::pair<std::string, Bytes> named(const char* name, const T& value) {
  return {name, codec::to_bytes(value)};
}

std::vector<std::pair<std::string, Bytes>> market_records() {
  return {
      named("CreditBalance", CreditBalance{Credits(1)}),
      named("CreditSupply", CreditSupply{Credits(2), Credits(1)}),
      named("MarketParams", market_params()),
      named("MarketGenesis", MarketGenesis{market_params(),
                                           Rate(1),
                                           {{filled<AccountId>(1), Credits(2)}},
                                           {{filled<AccountId>(3), Oort(4)}}}),
      named("RateReport", RateReport{Rate(1), 2}),
      named("ReporterBond", ReporterBond{Oort(1)}),
      named("RateState", RateState{{{1, Rate(2)}}, Rate(3), 4, 5, Rate(6), Rate(7)}),
      named("CreditSale", CreditSale{filled<AccountId>(1), Credits(2), Height(3)}),
      named("CreditDay", CreditDay{1, Credits(2)}),
      named("Escrow", escrow()),
  };
}

std::vector<std::pair<std::string, Bytes>> storage_records() {
  return {
      named("StorageParams", StorageParams{1, 2}),
      named("StorageGenesis", StorageGenesis{{1, 2}, {{filled<AccountId>(3), Oort(4)}}}),
      named("StorageMeter", storage_meter()),
      named("StorageAccount", storage_account()),
      named("StorageHolding", storage_holding()),
  };
}

}  // namespace

std::vector<Operation> sample_operations() {
  std::vector<Operation> all = {
      Transfer{filled<AccountId>(1), Oort(Uint128{1} << 100)},
      NodeRegister{filled<NodeId>(1), 5, endpoints(), "eu-1", 64512, 0x0a0000, 1U << 30,
                   filled<Signature>(9)},
      NodeUpdate{filled<NodeId>(1), NodeStatus::Retired, endpoints(), 1U << 20},
      AccessKeyCreate{"OORT0123", seals(), {BucketId(1), BucketId(2)}, 3, 1'700'000'000'000},
      AccessKeyDelete{"OORT0123"},
      GrantCreate{filled<AccountId>(1), {BucketId(1)}, 8, 1000, Oort(2000), 1'700'000'000'000},
      GrantRevoke{GrantId(9)},
      EvidenceSubmit{to_bytes("proof")},
      ParamsChange{params(), Height(1000)},
  };
  std::ranges::copy(staking_operations(), std::back_inserter(all));
  std::ranges::copy(bucket_operations(), std::back_inserter(all));
  std::ranges::copy(segment_operations(), std::back_inserter(all));
  std::ranges::copy(market_operations(), std::back_inserter(all));
  std::ranges::copy(honesty_operations(), std::back_inserter(all));
  std::ranges::copy(storage_operations(), std::back_inserter(all));
  std::ranges::copy(jobs_operations(), std::back_inserter(all));
  std::ranges::copy(datahub_operations(), std::back_inserter(all));
  std::ranges::sort(all, {}, [](const Operation& operation) { return code_of(operation); });
  return all;
}

std::vector<Event> sample_events() {
  std::vector<Event> all = {
      Transferred{filled<AccountId>(1), filled<AccountId>(2), Oort(3)},
      NodeChanged{filled<NodeId>(1), NodeStatus::Draining},
      BucketChanged{BucketChanged::Kind::Policy, BucketId(2), filled<AccountId>(3)},
      ObjectChanged{ObjectChange::Restored, BucketId(2), filled<NameHash>(3),
                    filled<ObjectVersionId>(4), true, true, 2, true, filled<Bytes32>(5), 6,
                    filled<Bytes32>(7)},
      ObjectPurged{version_ref()},
      SegmentChanged{SegmentChanged::Kind::Sealed, filled<SegmentId>(1), 2, 3, true},
      MultipartChanged{MultipartChanged::Kind::PartPut, BucketId(1), filled<NameHash>(2),
                       filled<UploadId>(3), 4},
      AccessKeyChanged{"OORT0123", filled<AccountId>(1), true},
      GrantChanged{GrantId(1), filled<AccountId>(2), filled<AccountId>(3), true},
      EvidenceAccepted{filled<Bytes32>(1), 2, filled<NodeId>(3)},
      ParamsChanged{Height(1), true},
      BalanceChanged{filled<AccountId>(1), true, Oort(3), Purpose::EscrowPaid, filled<Bytes32>(4)},
      PoolChanged{filled<NodeId>(1), PoolState::Offline, Oort(2), Oort(3)},
      StakeSlashed{filled<NodeId>(1), true, 2, Oort(3), Oort(4), filled<Bytes32>(5)},
      EpochBegan{1, Oort(2), Oort(3), 4},
      BondChanged{filled<NodeId>(1), Oort(2)},
      ProposalChanged{1, ProposalState::Passed},
      VoteCounted{1, filled<NodeId>(2), filled<AccountId>(3), VoteOption::Abstain},
      ModuleParamsChanged{Module::Market},
      CreditsChanged{filled<AccountId>(1), true, Credits(3), Purpose::CreditsSold,
                     filled<Bytes32>(4)},
      EscrowChanged{EscrowChanged::Kind::Forfeited, EscrowId(1), Currency::Credits, Units(2)},
      RateSampled{Rate(1), Rate(2)},
  };
  std::ranges::copy(honesty_events(), std::back_inserter(all));
  all.emplace_back(
      StorageAccountChanged{StorageAccountChanged::Kind::Withdrawn, filled<AccountId>(1), Oort(2)});
  std::ranges::copy(jobs_events(), std::back_inserter(all));
  std::ranges::copy(datahub_events(), std::back_inserter(all));
  return all;
}

std::vector<std::pair<std::string, Bytes>> sample_records() {
  GenesisParams genesis = small_genesis();
  genesis.access_keys = {{"OORT0123", filled<AccountId>(1), seals(), {}, 3, 0, 0}};
  genesis.grants = {
      {GrantId(1), filled<AccountId>(1), filled<AccountId>(2), {}, 8, 0, 0, Oort(), Oort(), 0}};
  const Segment segment{filled<AccountId>(1),
                        SegmentState::Sealed,
                        Scheme::ReedSolomon,
                        2,
                        StorageClass::Glacier,
                        2,
                        true,
                        3,
                        400,
                        filled<TreeRoot>(5),
                        6,
                        Height(7),
                        Height(8),
                        {{filled<NodeId>(9), filled<TreeRoot>(10), 200, 4}}};
  // The events of the first format: this receipt's bytes are frozen, more events are not in it.
  std::vector<Event> events = sample_events();
  events.resize(11);
  const Receipt receipt{filled<TransactionId>(1),
                        Rejection::None,
                        Oort(2),
                        {{Rejection::None, std::move(events)}, {Rejection::BucketUnknown, {}}}};
  std::vector<std::pair<std::string, Bytes>> all = {
      named("Account", Account{Oort(5), {{1, 2}, {3, 4}}}),
      named("PotBalance", PotBalance{Oort(5)}),
      named("Supply", Supply{Oort(6), Oort(7)}),
      named("Node", node()),
      named("ValidatorSet", ValidatorSet{Epoch(2), {{filled<NodeId>(1), 3}}}),
      named("Evidence", Evidence{filled<Bytes32>(1), 2, filled<NodeId>(3), filled<AccountId>(4),
                                 Height(5), filled<Bytes32>(6)}),
      named("Beacon", Beacon{Height(1), Epoch(2), filled<Bytes32>(3)}),
      named("Params", params()),
      named("PendingParams", PendingParams{params(), Height(9)}),
      named("Bucket",
            Bucket{BucketId(1), filled<AccountId>(2), "photos", Versioning::Enabled, KeyMode::Clear,
                   filled<Bytes32>(3), 4, 5, 6, 7, 8, filled<Bytes32>(9)}),
      named("BucketKeys", BucketKeys{2, seals()}),
      named("Object", object()),
      named("RemovedObject", RemovedObject{object(), Height(50)}),
      named("Segment", segment),
      named("Multipart", Multipart{BucketId(1), filled<NameHash>(2), filled<UploadId>(3),
                                   StorageClass::StandardIa, 4, filled<Bytes32>(5), 6}),
      named("Part", Part{1, 2, 3, filled<Bytes32>(4), 5, {extent()}}),
      named("AccessKey",
            AccessKey{"OORT0123", filled<AccountId>(1), seals(), {BucketId(2)}, 3, 4, 5}),
      named("GatewayGrant", GatewayGrant{GrantId(1),
                                         filled<AccountId>(2),
                                         filled<AccountId>(3),
                                         {BucketId(4)},
                                         5,
                                         6,
                                         7,
                                         Oort(8),
                                         Oort(9),
                                         10}),
      named("ShardReceipt", shard_receipt()),
      named("Transaction", transaction()),
      named("Receipt", receipt),
      named("GenesisParams", genesis),
      named("Pool", pool()),
      named("Delegation",
            Delegation{Shares(1), {2, 3}, Liability{filled<NodeId>(4), 5, 6, Shares(7), 8}}),
      named("UnbondingBatch", UnbondingBatch{Oort(1), Shares(2)}),
      named("Unbonding", Unbonding{Shares(1)}),
      named("SlashEvent", SlashEvent{1, 2, 3}),
      named("StakingState", StakingState{1, 2, {3, 4}, Fraction(5), Fraction(6), Oort(7)}),
      named("Witnesses", Witnesses{{filled<NodeId>(1), filled<NodeId>(2)}}),
      named("EpochStart", EpochStart{Height(1), Epoch(2), oort::View(3)}),
      named("StakingParams", StakingParams{}),
      named("StakingGenesis", StakingGenesis{{}, {{filled<NodeId>(1), Oort(2), 3}}}),
      named("Proposal", proposal()),
      named("PoolVotes",
            PoolVotes{true, VoteOption::No, {Shares(1), Shares(2), Shares(3), Shares(4)}}),
      named("DelegatorVote", DelegatorVote{VoteOption::Veto, Shares(1)}),
      named("LiveProposals", LiveProposals{{1, 2}}),
      named("Upgrade", Upgrade{"v2", Height(3)}),
      named("GovernanceParams", GovernanceParams{}),
  };
  std::ranges::copy(honesty_records(), std::back_inserter(all));
  std::ranges::copy(market_records(), std::back_inserter(all));
  std::ranges::copy(storage_records(), std::back_inserter(all));
  std::ranges::copy(jobs_records(), std::back_inserter(all));
  std::ranges::copy(datahub_records(), std::back_inserter(all));
  return all;
}

}  // namespace oort::ledger::test
