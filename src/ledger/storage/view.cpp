// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/storage_view.hpp"

#include "oort/core/assert.hpp"
#include "oort/ledger/view.hpp"
#include "storage/storage.hpp"

namespace oort::ledger {

std::optional<StorageParams> storage_params(const StateReader& state) {
  return load<StorageParams>(state, keys::storage_params());
}

ByClass<Wide> storage_prices(const StateReader& state, const StorageParams& params) {
  const auto market = View(state).market_params();
  const auto rate = View(state).rate_state();
  OORT_ASSERT(market && rate, "metering needs a market, and a market begins with a rate");
  ByClass<Wide> prices{};
  for (const ClassPrice& price : market->classes) {
    prices[static_cast<std::size_t>(price.storage_class)] =
        cost_of_byte(price.gib_month, market->fixed_rate.value_or(rate->average), params);
  }
  return prices;
}

std::optional<StorageParams> StorageView::params() const { return storage_params(*state_); }
std::optional<StorageMeter> StorageView::meter() const {
  return load<StorageMeter>(*state_, keys::storage_meter());
}
ByClass<Wide> StorageView::prices() const {
  const auto found = params();
  OORT_ASSERT(found.has_value(), "who asks for prices knows that the network meters");
  return storage_prices(*state_, *found);
}

std::optional<StorageAccount> StorageView::account(const AccountId& payer) const {
  const auto now = meter();
  const auto account = load<StorageAccount>(*state_, keys::storage_account(payer));
  if (!now || !account) return std::nullopt;
  const auto escrow = View(*state_).escrow(account->escrow);
  OORT_ASSERT(escrow.has_value(), "the escrow of an account is never closed");
  return settled_at(*account, *now, escrow->held);
}

std::vector<std::pair<AccountId, StorageHolding>> StorageView::holdings_of(
    const NodeId& node, const AccountId& from, std::size_t count_max) const {
  std::vector<std::pair<AccountId, StorageHolding>> found;
  if (count_max == 0) return found;
  const Bytes prefix = keys::storage_holding(node);
  state_->scan(prefix, keys::storage_holding(node, from), [&](ByteView key, ByteView value) {
    const auto payer = AccountId::from(key.subspan(prefix.size()));
    OORT_ASSERT(payer.has_value(), "keys of the state are what the machine wrote");
    found.emplace_back(*payer, stored<StorageHolding>(value));
    return found.size() < count_max;
  });
  for (auto& [payer, holding] : found) {
    const auto paid_by = account(payer);
    OORT_ASSERT(paid_by.has_value(), "who made a segment has an account");
    holding = settled_with(holding, *paid_by);
  }
  return found;
}

}  // namespace oort::ledger
