// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <vector>

#include "market/escrow.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "storage/inner.hpp"

namespace oort::ledger {
namespace {

Result<void> refuse(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "genesis: storage: " + std::move(detail));
}

/// What a genesis leaves of an account's balance for `payer`'s fund: all but its bond as a
/// reporter.
Oort left_for(const GenesisParams& genesis, const MarketGenesis& market, const AccountId& payer) {
  const auto account = std::ranges::lower_bound(genesis.accounts, payer, {}, &GenesisAccount::id);
  if (account == genesis.accounts.end() || account->id != payer) return {};
  const auto bond = std::ranges::find(market.bonds, payer, &GenesisBond::reporter);
  if (bond == market.bonds.end()) return account->balance;
  return account->balance.minus(bond->bond).value_or(Oort());
}

}  // namespace

Result<void> check_storage(const GenesisParams& genesis, const Bytes& record) {
  OORT_TRY(const auto storage, codec::from_bytes<StorageGenesis>(record));
  if (!is_possible(storage.params)) return refuse("params contradict a bound");
  const auto found = std::ranges::find(genesis.modules, Module::Market, &GenesisModule::module);
  if (found == genesis.modules.end()) return refuse("without a market nothing has a price");
  OORT_TRY(const auto market, codec::from_bytes<MarketGenesis>(found->genesis));
  if (!ascends(storage.funds, [](const GenesisStorageFund& fund) { return fund.payer; })) {
    return refuse("funds do not ascend by payer");
  }
  for (const GenesisStorageFund& fund : storage.funds) {
    if (fund.amount.is_zero() || left_for(genesis, market, fund.payer) < fund.amount) {
      return refuse("a payer's account does not hold what its storage is funded with");
    }
  }
  return {};
}

void enter_storage(Overlay& state, const GenesisParams& genesis, const Bytes& record) {
  const auto storage = codec::from_bytes<StorageGenesis>(record);
  OORT_ASSERT(storage.has_value(), "check_storage passed");
  save(state, keys::storage_params(), storage->params);
  StorageMeter meter;
  meter.time_ms = genesis.time_ms;
  save(state, keys::storage_meter(), meter);
  BlockContext header;
  header.time_ms = genesis.time_ms;
  const ChainId chain;  // No operation of a genesis is signed.
  Block block{header, chain, ed25519_verifier(), nullptr, genesis.params, state};
  std::vector<Event> untold;  // Genesis is where every statement begins.
  for (const GenesisStorageFund& fund : storage->funds) {
    Call call{block, fund.payer, 0, 0, nullptr, untold};
    const Rejection refused = apply(call, StorageFund{fund.payer, fund.amount});
    OORT_ASSERT(refused == Rejection::None, "check_storage passed");
  }
}

}  // namespace oort::ledger
