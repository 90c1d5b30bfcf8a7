// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/datahub_view.hpp"

#include "campaigns/campaigns.hpp"
#include "datasets/datasets.hpp"
#include "models/models.hpp"
#include "oort/core/assert.hpp"
#include "oort/ledger/datahub_keys.hpp"
#include "oort/ledger/keys.hpp"
#include "stored.hpp"

namespace oort::ledger {
namespace {

/// The last bytes of a key.
template <class Id>
Id tail_of(ByteView key) {
  const auto id = Id::from(key.last(Id::size_bytes));
  OORT_ASSERT(id.has_value(), "keys of the state are what the machine wrote");
  return *id;
}

/// Records of a table from a key on.
template <Record T>
std::vector<T> list(const StateReader& state, const Bytes& prefix, const Bytes& from,
                    std::size_t count_max) {
  std::vector<T> found;
  if (count_max == 0) return found;
  state.scan(prefix, from, [&](ByteView, ByteView value) {
    found.push_back(stored<T>(value));
    return found.size() < count_max;
  });
  return found;
}

/// Records that an index names.
template <Record T, class Id, class Key>
std::vector<T> list_indexed(const StateReader& state, const Bytes& prefix, const Bytes& from,
                            std::size_t count_max, Key key_of) {
  std::vector<T> found;
  if (count_max == 0) return found;
  state.scan(prefix, from, [&](ByteView key, ByteView) {
    auto record = load<T>(state, key_of(tail_of<Id>(key)));
    OORT_ASSERT(record.has_value(), "the index names records that are there");
    found.push_back(*std::move(record));
    return found.size() < count_max;
  });
  return found;
}

}  // namespace

std::optional<CampaignsParams> DataHubView::campaigns_params() const {
  return ledger::campaigns_params(*state_);
}
std::optional<Campaign> DataHubView::campaign(const CampaignId& id) const {
  return load<Campaign>(*state_, keys::campaign(id));
}
std::vector<Campaign> DataHubView::campaigns(const CampaignId& from, std::size_t count_max) const {
  return list<Campaign>(*state_, keys::prefix(Module::Campaigns, table::campaign),
                        keys::campaign(from), count_max);
}
std::vector<Campaign> DataHubView::campaigns_of(const AccountId& requester, const CampaignId& from,
                                                std::size_t count_max) const {
  return list_indexed<Campaign, CampaignId>(
      *state_, keys::campaign_requester(requester), keys::campaign_requester(requester, from),
      count_max, [](const CampaignId& id) { return keys::campaign(id); });
}
std::optional<Batch> DataHubView::batch(const CampaignId& campaign, std::uint32_t number) const {
  return load<Batch>(*state_, keys::batch(campaign, number));
}
std::vector<Batch> DataHubView::batches(const CampaignId& campaign, std::uint32_t from,
                                        std::size_t count_max) const {
  return list<Batch>(*state_, keys::batches(campaign), keys::batch(campaign, from), count_max);
}
std::optional<StageEnd> DataHubView::stage_end(const CampaignId& campaign,
                                               std::uint32_t stage) const {
  return load<StageEnd>(*state_, keys::stage_end(campaign, stage));
}
std::optional<ContributorPay> DataHubView::pay(const CampaignId& campaign, std::uint32_t batch,
                                               const Bytes32& pseudonym) const {
  return load<ContributorPay>(*state_, keys::contributor_pay(campaign, batch, pseudonym));
}
std::vector<std::pair<Bytes32, ContributorPay>> DataHubView::pays(const CampaignId& campaign,
                                                                  std::uint32_t batch,
                                                                  const Bytes32& from,
                                                                  std::size_t count_max) const {
  std::vector<std::pair<Bytes32, ContributorPay>> found;
  if (count_max == 0) return found;
  state_->scan(keys::contributor_pays(campaign, batch),
               keys::contributor_pay(campaign, batch, from), [&](ByteView key, ByteView value) {
                 found.emplace_back(tail_of<Bytes32>(key), stored<ContributorPay>(value));
                 return found.size() < count_max;
               });
  return found;
}
std::optional<PayAppeal> DataHubView::appeal(const CampaignId& campaign, std::uint32_t batch,
                                             const Bytes32& pseudonym) const {
  return load<PayAppeal>(*state_, keys::pay_appeal(campaign, batch, pseudonym));
}
std::optional<Consent> DataHubView::consent(const CampaignId& campaign,
                                            const AccountId& account) const {
  return load<Consent>(*state_, keys::consent(campaign, account));
}

std::optional<DatasetsParams> DataHubView::datasets_params() const {
  return ledger::datasets_params(*state_);
}
std::optional<DatasetVersion> DataHubView::dataset(const DatasetId& root) const {
  return load<DatasetVersion>(*state_, keys::dataset(root));
}
std::vector<DatasetVersion> DataHubView::datasets(const DatasetId& from,
                                                  std::size_t count_max) const {
  return list<DatasetVersion>(*state_, keys::prefix(Module::Datasets, table::dataset),
                              keys::dataset(from), count_max);
}
std::vector<DatasetVersion> DataHubView::datasets_of(const AccountId& owner, const DatasetId& from,
                                                     std::size_t count_max) const {
  return list_indexed<DatasetVersion, DatasetId>(
      *state_, keys::dataset_owner(owner), keys::dataset_owner(owner, from), count_max,
      [](const DatasetId& id) { return keys::dataset(id); });
}
std::optional<DatasetGrant> DataHubView::grant(const DatasetId& dataset,
                                               const AccountId& account) const {
  return load<DatasetGrant>(*state_, keys::dataset_grant(dataset, account));
}
std::optional<DatasetOpening> DataHubView::opening(const DatasetId& dataset,
                                                   const AccountId& account) const {
  return load<DatasetOpening>(*state_, keys::dataset_opening(dataset, account));
}

std::optional<ModelsParams> DataHubView::models_params() const {
  return ledger::models_params(*state_);
}
std::optional<Training> DataHubView::training(const Bytes32& id) const {
  return load<Training>(*state_, keys::training(id));
}
std::optional<ModelVersion> DataHubView::model(const ModelId& root) const {
  return load<ModelVersion>(*state_, keys::model(root));
}
std::vector<ModelVersion> DataHubView::models(const ModelId& from, std::size_t count_max) const {
  return list<ModelVersion>(*state_, keys::prefix(Module::Models, table::model), keys::model(from),
                            count_max);
}
std::vector<ModelVersion> DataHubView::models_of(const AccountId& owner, const ModelId& from,
                                                 std::size_t count_max) const {
  return list_indexed<ModelVersion, ModelId>(*state_, keys::model_owner(owner),
                                             keys::model_owner(owner, from), count_max,
                                             [](const ModelId& id) { return keys::model(id); });
}
std::vector<Deployment> DataHubView::deployments(const ModelId& model, const NodeId& from,
                                                 std::size_t count_max) const {
  return list<Deployment>(*state_, keys::deployments(model), keys::deployment(model, from),
                          count_max);
}

}  // namespace oort::ledger
