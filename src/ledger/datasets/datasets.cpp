// SPDX-License-Identifier: Apache-2.0
#include "datasets/datasets.hpp"

#include "campaigns/campaigns.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"

namespace oort::ledger {
namespace {

using DatasetChange = DatasetChanged::Kind;

bool is_possible(const DatasetSeal& seal) {
  return seal.root != DatasetId{} && is_artefact_name(seal.name) && is_licence(seal.licence) &&
         seal.manifest != Bytes32{} && seal.card != Bytes32{} && seal.samples != Bytes32{} &&
         seal.samples_count >= 1 && seal.not_before != BlockId{} &&
         ascends(seal.campaigns, [](const CampaignId& id) { return id; }) &&
         ascends(seal.parents, [](const DatasetId& id) { return id; });
}

/// Whether what it was made of is there, and the sender may say so.
Rejection check_sources(const Call& call, const DatasetSeal& seal) {
  for (const CampaignId& id : seal.campaigns) {
    const auto campaign = find_campaign(call.state(), id);
    if (!campaign ||
        (campaign->requester != call.sender && campaign->terms.steward != call.sender)) {
      return Rejection::DatasetCampaignWrong;
    }
    if (campaign->status != CampaignStatus::Closed && campaign->status != CampaignStatus::Settled) {
      return Rejection::DatasetCampaignWrong;
    }
  }
  for (const DatasetId& root : seal.parents) {
    if (!call.state().get(keys::dataset(root))) return Rejection::DatasetParentUnknown;
  }
  return Rejection::None;
}

DatasetVersion version_of(const Call& call, const DatasetSeal& seal) {
  DatasetVersion version;
  version.root = seal.root;
  version.owner = call.sender;
  version.name = seal.name;
  version.version = seal.version;
  version.manifest = seal.manifest;
  version.splits = seal.splits;
  version.card = seal.card;
  version.samples = seal.samples;
  version.samples_count = seal.samples_count;
  version.bytes = seal.bytes;
  version.licence = seal.licence;
  version.campaigns = seal.campaigns;
  version.parents = seal.parents;
  version.not_before = seal.not_before;
  version.sealed = call.block.header.height;
  version.sealed_ms = call.block.header.time_ms;
  return version;
}

/// The sender's own version that stands.
Accepted<DatasetVersion> find_own(const Call& call, const DatasetId& root) {
  auto version = find_dataset(call.state(), root);
  if (!version) return version;
  if (version->owner != call.sender) return Refused(Rejection::DatasetNotYours);
  if (version->taken_down_ms != 0) return Refused(Rejection::DatasetTakenDown);
  return version;
}

void save_version(Call& call, const DatasetVersion& version) {
  save(call.state(), keys::dataset(version.root), version);
}

void tell(Call& call, DatasetChange kind, const DatasetId& dataset, const AccountId& account) {
  call.events.emplace_back(DatasetChanged{kind, dataset, account});
}

}  // namespace

std::optional<DatasetsParams> datasets_params(const StateReader& state) {
  return load<DatasetsParams>(state, keys::datasets_params());
}

Result<void> check_datasets(const GenesisParams&, ByteView record) {
  OORT_TRY(const auto datasets, codec::from_bytes<DatasetsGenesis>(record));
  if (is_possible(datasets.params)) return {};
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "genesis: datasets: params are out of their bounds");
}

void enter_datasets(Overlay& state, ByteView record) {
  const auto begin = codec::from_bytes<DatasetsGenesis>(record);
  OORT_ASSERT(begin.has_value(), "check_module passed");
  save(state, keys::datasets_params(), begin->params);
}

Accepted<DatasetVersion> find_dataset(const StateReader& state, const DatasetId& root) {
  if (!datasets_params(state)) return Refused(Rejection::ModuleOff);
  auto version = load<DatasetVersion>(state, keys::dataset(root));
  if (!version) return Refused(Rejection::DatasetUnknown);
  return *std::move(version);
}

Rejection apply(Call& call, const DatasetSeal& operation) {
  if (!datasets_params(call.state())) return Rejection::ModuleOff;
  if (!is_possible(operation)) return Rejection::DatasetFieldInvalid;
  if (call.state().get(keys::dataset(operation.root))) return Rejection::DatasetExists;
  if (const Rejection refused = check_sources(call, operation); refused != Rejection::None) {
    return refused;
  }
  const Bytes name_key = keys::dataset_name(call.sender, operation.name);
  const DatasetName name = load<DatasetName>(call.state(), name_key).value_or(DatasetName{});
  if (name.count > 0 && operation.version <= name.version) return Rejection::DatasetVersionStale;
  DatasetVersion version = version_of(call, operation);
  version.previous = name.newest;
  save_version(call, version);
  save(call.state(), name_key, DatasetName{version.root, version.version, name.count + 1});
  call.state().put(keys::dataset_owner(version.owner, version.root), {});
  tell(call, DatasetChange::Sealed, version.root, version.owner);
  return Rejection::None;
}

Rejection apply(Call& call, const DatasetOffer& operation) {
  auto version = find_own(call, operation.dataset);
  if (!version) return version.error();
  const auto params = datasets_params(call.state());
  const bool is_sold = operation.access == DatasetAccess::Sold;
  if (is_sold == operation.price.is_zero() || operation.grant_ms > params->grant_ms_max) {
    return Rejection::DatasetFieldInvalid;
  }
  version->access = operation.access;
  version->price = operation.price;
  version->grant_ms = operation.grant_ms;
  save_version(call, *version);
  tell(call, DatasetChange::Offered, version->root, version->owner);
  return Rejection::None;
}

Rejection apply(Call& call, const DatasetTakeDown& operation) {
  auto version = find_own(call, operation.dataset);
  if (!version) return version.error();
  version->taken_down_ms = call.block.header.time_ms;
  version->why = operation.why;
  version->access = DatasetAccess::Closed;
  version->price = Oort();
  save_version(call, *version);
  tell(call, DatasetChange::TakenDown, version->root, version->owner);
  return Rejection::None;
}

}  // namespace oort::ledger
