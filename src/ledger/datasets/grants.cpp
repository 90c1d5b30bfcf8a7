// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "bank/bank.hpp"
#include "datasets/datasets.hpp"
#include "oort/core/assert.hpp"
#include "oort/ledger/ratio.hpp"

namespace oort::ledger {
namespace {

using DatasetChange = DatasetChanged::Kind;

void tell(Call& call, DatasetChange kind, const DatasetId& dataset, const AccountId& account) {
  call.events.emplace_back(DatasetChanged{kind, dataset, account});
}

bool is_spent(const DatasetGrant& grant) noexcept {
  return grant.uses_max != 0 && grant.uses >= grant.uses_max;
}

/// Buyer to owner and, by the market's take, to the treasury; rounded up for the latter.
Rejection sell(Call& call, const DatasetVersion& version) {
  const Bytes32 subject(version.root.array());
  if (const Rejection refused = debit(call.state(), call.events, call.sender, version.price,
                                      Purpose::DatasetBought, subject);
      refused != Rejection::None) {
    return refused;
  }
  const auto market = call.view().market_params();
  const std::uint32_t share = market ? market->take : 0;
  const Oort take(share_of(version.price.units(), share, Rounding::Up));
  const auto net = version.price.minus(take);
  OORT_ASSERT(net.has_value(), "the take is less than the whole");
  put_in(call.state(), Pot::Treasury, take);
  credit(call.state(), call.events, version.owner, *net, Purpose::DatasetSold, subject);
  return Rejection::None;
}

/// From now on, for as long as the offer says.
void begin(const Call& call, DatasetVersion& version, DatasetGrant& grant) {
  const std::uint64_t now = call.block.header.time_ms;
  grant.status = GrantStatus::Granted;
  grant.since_ms = now;
  grant.expires_ms = version.grant_ms == 0 ? 0 : now + version.grant_ms;
  ++version.grants_count;
}

}  // namespace

Rejection apply(Call& call, const DatasetRequest& operation) {
  auto version = find_dataset(call.state(), operation.dataset);
  if (!version) return version.error();
  if (version->taken_down_ms != 0) return Rejection::DatasetTakenDown;
  if (version->access == DatasetAccess::Closed) return Rejection::DatasetClosed;
  if (version->owner == call.sender) return Rejection::DatasetGrantKnown;
  const Bytes key = keys::dataset_grant(version->root, call.sender);
  const auto before = load<DatasetGrant>(call.state(), key);
  const std::uint64_t now = call.block.header.time_ms;
  if (before && before->status == GrantStatus::Requested) return Rejection::DatasetGrantKnown;
  if (before && is_live(*version, *before, now) && !is_spent(*before)) {
    return Rejection::DatasetGrantKnown;
  }
  // Whom the owner has sent away comes back by the owner's word or for money, and not by the door
  // that is open to all.
  const bool was_denied =
      before && (before->status == GrantStatus::Refused || before->status == GrantStatus::Revoked);
  if (was_denied && version->access == DatasetAccess::Open) return Rejection::DatasetGrantMissing;
  DatasetGrant grant;
  grant.access = version->access;
  grant.since_ms = now;
  if (version->access == DatasetAccess::Sold) {
    if (operation.price_max < version->price) return Rejection::DatasetPriceTooHigh;
    if (const Rejection refused = sell(call, *version); refused != Rejection::None) return refused;
    grant.paid = version->price;
  }
  if (version->access != DatasetAccess::Gated) begin(call, *version, grant);
  save(call.state(), key, grant);
  save(call.state(), keys::dataset(version->root), *version);
  tell(call,
       grant.status == GrantStatus::Granted ? DatasetChange::Granted : DatasetChange::Requested,
       version->root, call.sender);
  return Rejection::None;
}

Rejection apply(Call& call, const DatasetDecide& operation) {
  auto version = find_dataset(call.state(), operation.dataset);
  if (!version) return version.error();
  if (version->owner != call.sender) return Rejection::DatasetNotYours;
  if (version->taken_down_ms != 0) return Rejection::DatasetTakenDown;
  const Bytes key = keys::dataset_grant(version->root, operation.account);
  auto grant = load<DatasetGrant>(call.state(), key);
  const std::uint64_t now = call.block.header.time_ms;
  const bool is_held = grant && is_live(*version, *grant, now);
  if (operation.is_granted) {
    if (is_held && !is_spent(*grant)) return Rejection::DatasetGrantKnown;
    if (operation.account == version->owner) return Rejection::DatasetGrantKnown;
    DatasetGrant next;
    next.access = grant ? grant->access : version->access;
    next.uses_max = operation.uses_max;
    begin(call, *version, next);
    save(call.state(), key, next);
    save(call.state(), keys::dataset(version->root), *version);
    tell(call, DatasetChange::Granted, version->root, operation.account);
    return Rejection::None;
  }
  if (!grant || (!is_held && grant->status != GrantStatus::Requested)) {
    return Rejection::DatasetGrantMissing;
  }
  if (is_held && !grant->paid.is_zero()) return Rejection::DatasetGrantPaid;
  grant->status = is_held ? GrantStatus::Revoked : GrantStatus::Refused;
  grant->since_ms = now;
  save(call.state(), key, *grant);
  // A grant given later begins closed.
  call.state().erase(keys::dataset_opening(version->root, operation.account));
  tell(call, is_held ? DatasetChange::Revoked : DatasetChange::Refused, version->root,
       operation.account);
  return Rejection::None;
}

Rejection use_dataset(Call& call, const DatasetId& root, std::uint64_t uses) {
  auto version = find_dataset(call.state(), root);
  if (!version) return version.error();
  if (version->taken_down_ms != 0) return Rejection::DatasetTakenDown;
  if (uses == 0) return Rejection::DatasetFieldInvalid;
  const auto total = version->uses_count + uses;
  if (total < uses) return Rejection::DatasetUsesSpent;
  if (version->owner != call.sender) {
    const Bytes key = keys::dataset_grant(root, call.sender);
    auto grant = load<DatasetGrant>(call.state(), key);
    if (!grant || !is_live(*version, *grant, call.block.header.time_ms)) {
      return Rejection::DatasetGrantMissing;
    }
    const std::uint64_t left =
        (grant->uses_max == 0 ? ~std::uint64_t{0} : grant->uses_max) - grant->uses;
    if (left < uses) return Rejection::DatasetUsesSpent;
    grant->uses += uses;
    save(call.state(), key, *grant);
  }
  version->uses_count = total;
  save(call.state(), keys::dataset(root), *version);
  tell(call, DatasetChange::Used, root, call.sender);
  return Rejection::None;
}

Rejection apply(Call& call, const DatasetUse& operation) {
  return use_dataset(call, operation.dataset, operation.uses);
}

Rejection apply(Call& call, const DatasetOpen& operation) {
  if (const Rejection refused = use_dataset(call, operation.dataset, 1);
      refused != Rejection::None) {
    return refused;
  }
  // The owner has none.
  const auto grant =
      load<DatasetGrant>(call.state(), keys::dataset_grant(operation.dataset, call.sender));
  const std::uint64_t ends_ms = grant ? grant->expires_ms : 0;
  DatasetOpening opening{call.block.header.time_ms + dataset_opening_ms};
  if (ends_ms != 0) opening.until_ms = std::min(opening.until_ms, ends_ms);
  save(call.state(), keys::dataset_opening(operation.dataset, call.sender), opening);
  return Rejection::None;
}

}  // namespace oort::ledger
