// SPDX-License-Identifier: Apache-2.0
#include "oort/codec/codec.hpp"
#include "oort/ledger/campaign_records.hpp"
#include "oort/ledger/dataset_records.hpp"
#include "oort/ledger/model_records.hpp"
#include "samples.hpp"

namespace oort::ledger::test {
namespace {

template <class T>
T filled(std::uint8_t byte) {
  T value;
  for (std::byte& each : value.mutable_view()) each = std::byte{byte};
  return value;
}
template <class T>
std::pair<std::string, Bytes> named(const char* name, const T& value) {
  return {name, codec::to_bytes(value)};
}

CampaignTerms terms() {
  return {CampaignKind::Review,
          filled<Bytes32>(1),
          filled<Bytes32>(2),
          filled<Bytes32>(3),
          filled<Bytes32>(4),
          5,
          6,
          CampaignMethod::ByGold,
          Units(7),
          8,
          9,
          filled<AccountId>(10),
          filled<AccountId>(11)};
}
Campaign campaign() {
  Campaign campaign;
  campaign.id = filled<CampaignId>(1);
  campaign.requester = filled<AccountId>(2);
  campaign.terms = terms();
  campaign.escrow = EscrowId(3);
  campaign.currency = Currency::Credits;
  campaign.status = CampaignStatus::Closed;
  campaign.opened = Height(4);
  campaign.opened_ms = 5;
  campaign.gold = filled<Bytes32>(6);
  campaign.gold_count = 7;
  campaign.stage = 8;
  campaign.batches_count = 9;
  campaign.last_batch = Height(10);
  campaign.answers_count = 11;
  campaign.accepted_count = 12;
  campaign.paid = Units(13);
  campaign.held = Units(14);
  campaign.reserved = Units(15);
  campaign.appeals_open = 16;
  campaign.closed_ms = 17;
  campaign.result_ms = 18;
  campaign.result = filled<Bytes32>(19);
  campaign.gold_root = filled<Bytes32>(20);
  return campaign;
}
Contribution contribution() {
  return {filled<Bytes32>(1), filled<AccountId>(2), 3, filled<Bytes32>(4)};
}
ContributionPath path() { return {1, 3, {filled<Bytes32>(5), filled<Bytes32>(6)}}; }
DatasetVersion dataset() {
  DatasetVersion version;
  version.root = filled<DatasetId>(1);
  version.owner = filled<AccountId>(2);
  version.name = "street-signs";
  version.version = {3, 4, 5};
  version.previous = filled<DatasetId>(6);
  version.manifest = filled<Bytes32>(7);
  version.splits = filled<Bytes32>(8);
  version.card = filled<Bytes32>(9);
  version.samples = filled<Bytes32>(10);
  version.samples_count = 11;
  version.bytes = 12;
  version.licence = "CC-BY-4.0";
  version.campaigns = {filled<CampaignId>(13)};
  version.parents = {filled<DatasetId>(14)};
  version.not_before = filled<BlockId>(15);
  version.sealed = Height(16);
  version.sealed_ms = 17;
  version.access = DatasetAccess::Sold;
  version.price = Oort(18);
  version.grant_ms = 19;
  version.taken_down_ms = 20;
  version.why = filled<Bytes32>(21);
  version.grants_count = 22;
  version.uses_count = 23;
  return version;
}
TrainingTerms training_terms() {
  return {filled<JobId>(1),   filled<NodeId>(2),  {filled<DatasetId>(3), filled<DatasetId>(4)},
          filled<ModelId>(5), filled<Bytes32>(6), filled<Bytes32>(7),
          filled<Bytes32>(8), filled<BlockId>(9)};
}
Training training() {
  return {filled<Bytes32>(1),
          filled<AccountId>(2),
          training_terms(),
          Height(3),
          4,
          TrainingResult{filled<ModelId>(5), filled<Bytes32>(6), Height(7), 8},
          TrainingGrade::Replayed,
          filled<NodeId>(9),
          filled<NodeId>(10)};
}
ModelVersion model() {
  return {filled<ModelId>(1),
          filled<AccountId>(2),
          "signs-net",
          {3, 4, 5},
          filled<ModelId>(6),
          filled<Bytes32>(7),
          "Apache-2.0",
          filled<Bytes32>(8),
          Height(9),
          10,
          11};
}

}  // namespace

std::vector<Operation> datahub_operations() {
  return {
      CampaignOpen{1, terms(), Currency::Credits, Units(2)},
      CampaignPause{filled<CampaignId>(1), true},
      CampaignClose{filled<CampaignId>(1)},
      GoldCommit{filled<CampaignId>(1), filled<Bytes32>(2), 3},
      BatchCommit{filled<CampaignId>(1), 2, filled<Bytes32>(3), 4, 5, filled<Bytes32>(6),
                  filled<BlockId>(7)},
      StageOpen{filled<CampaignId>(1), 2, filled<Bytes32>(3)},
      ResultPost{filled<CampaignId>(1), filled<Bytes32>(2), filled<Bytes32>(3), filled<Bytes32>(4)},
      PayoutPost{filled<CampaignId>(1), 2, filled<Bytes32>(3), {{contribution(), path(), 4}}},
      AppealOpen{filled<CampaignId>(1), 2, contribution(), path(), 3},
      AppealVote{filled<CampaignId>(1), 2, filled<Bytes32>(3), 4},
      AppealExpire{filled<CampaignId>(1), 2, filled<Bytes32>(3)},
      HoldbackRelease{filled<CampaignId>(1), 2, {filled<Bytes32>(3)}},
      CampaignSettle{filled<CampaignId>(1)},
      ConsentGive{filled<CampaignId>(1), filled<Bytes32>(2)},
      ConsentWithdraw{filled<CampaignId>(1)},
      DatasetSeal{filled<DatasetId>(1),
                  "street-signs",
                  {2, 3, 4},
                  filled<Bytes32>(5),
                  filled<Bytes32>(6),
                  filled<Bytes32>(7),
                  filled<Bytes32>(8),
                  9,
                  10,
                  "CC-BY-4.0",
                  {filled<CampaignId>(11)},
                  {filled<DatasetId>(12)},
                  filled<BlockId>(13)},
      DatasetOffer{filled<DatasetId>(1), DatasetAccess::Sold, Oort(2), 3},
      DatasetRequest{filled<DatasetId>(1), Oort(2)},
      DatasetDecide{filled<DatasetId>(1), filled<AccountId>(2), true, 3},
      DatasetUse{filled<DatasetId>(1), 2},
      DatasetTakeDown{filled<DatasetId>(1), filled<Bytes32>(2)},
      DatasetOpen{filled<DatasetId>(1)},
      TrainingBegin{filled<Bytes32>(1), training_terms()},
      TrainingRecord{filled<Bytes32>(1), filled<ModelId>(2), filled<Bytes32>(3)},
      TrainingAttest{filled<Bytes32>(1), filled<NodeId>(2), filled<ModelId>(3),
                     TrainingGrade::Replayed},
      ModelRegister{filled<ModelId>(1),
                    "signs-net",
                    {2, 3, 4},
                    filled<Bytes32>(5),
                    "Apache-2.0",
                    filled<Bytes32>(6)},
      ModelDeploy{filled<ModelId>(1), filled<NodeId>(2), true},
  };
}

std::vector<Event> datahub_events() {
  return {
      CampaignChanged{CampaignChanged::Kind::PaidOut, filled<CampaignId>(1), 2, Units(3),
                      filled<Bytes32>(4)},
      DatasetChanged{DatasetChanged::Kind::Granted, filled<DatasetId>(1), filled<AccountId>(2)},
      ModelChanged{ModelChanged::Kind::Deployed, filled<Bytes32>(1), filled<ModelId>(2),
                   filled<NodeId>(3)},
  };
}

std::vector<std::pair<std::string, Bytes>> datahub_records() {
  return {
      named("CampaignsParams", CampaignsParams{}),
      named("CampaignsGenesis", CampaignsGenesis{}),
      named("Campaign", campaign()),
      named("Batch", Batch{1, 2, filled<Bytes32>(3), 4, 5, filled<Bytes32>(6), filled<BlockId>(7),
                           Height(8), 9, 10, 11}),
      named("StageEnd", StageEnd{filled<Bytes32>(1), Height(2), 3}),
      named("ContributorPay", ContributorPay{filled<AccountId>(1), 2, Units(3), Units(4)}),
      named("PayAppeal",
            PayAppeal{filled<AccountId>(1), 2, 3, 4, std::nullopt, AppealStatus::TimedOut, 5}),
      named("Consent", Consent{filled<Bytes32>(1), 2, 3}),
      named("DatasetsParams", DatasetsParams{}),
      named("DatasetsGenesis", DatasetsGenesis{}),
      named("DatasetVersion", dataset()),
      named("DatasetName", DatasetName{filled<DatasetId>(1), {2, 3, 4}, 5}),
      named("DatasetGrant",
            DatasetGrant{GrantStatus::Granted, DatasetAccess::Sold, Oort(1), 2, 3, 4, 5}),
      named("DatasetOpening", DatasetOpening{1}),
      named("ModelsParams", ModelsParams{}),
      named("ModelsGenesis", ModelsGenesis{}),
      named("Training", training()),
      named("ModelVersion", model()),
      named("ModelName", ModelName{filled<ModelId>(1), {2, 3, 4}, 5}),
      named("Deployment", Deployment{filled<ModelId>(1), filled<NodeId>(2), filled<AccountId>(3),
                                     Height(4), 5, 6}),
  };
}

}  // namespace oort::ledger::test
