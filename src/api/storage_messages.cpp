// SPDX-License-Identifier: Apache-2.0
#include "storage_messages.hpp"

#include <array>
#include <cstddef>
#include <string>

#include "call.hpp"
#include "economy_messages.hpp"
#include "oort/core/reasons.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/state.hpp"
#include "oort/ledger/storage_records.hpp"
#include "oort/ledger/storage_view.hpp"
#include "oort/ledger/view.hpp"

namespace oort::api {
namespace {

constexpr std::uint64_t gib_bytes = std::uint64_t{1} << 30;

/// S3's names, by the class's number.
constexpr std::array class_names = {"STANDARD", "STANDARD_IA", "GLACIER", "DEEP_ARCHIVE"};
static_assert(class_names.size() == ledger::storage_classes_count);

Result<ledger::StorageParams> params_of(const ledger::StateReader& state) {
  const auto params = ledger::StorageView(state).params();
  if (params) return *params;
  return fail(ErrorCode::Unimplemented, reason::not_supported,
              "this network does not meter storage: its genesis does not begin it");
}

/// Calls `add` for each class of which there are bytes.
template <class Message>
void write(const ledger::ByClass<std::uint64_t>& bytes, Message* out) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes.at(i) == 0) continue;
    v1::StoredBytes* stored = out->add_stored();
    stored->set_storage_class(class_names.at(i));
    stored->set_bytes(bytes.at(i));
  }
}

}  // namespace

Result<void> fill(const ledger::StateReader& state, v1::GetStoragePriceResponse* out) {
  OORT_TRY(const auto params, params_of(state));
  const auto prices = ledger::StorageView(state).prices();
  const auto market = ledger::View(state).market_params().value_or(ledger::MarketParams{});
  out->set_month_ms(params.month_ms);
  out->set_grace_ms(params.grace_ms);
  out->set_take(market.take);
  for (const ledger::ClassPrice& price : market.classes) {
    const auto place = static_cast<std::size_t>(price.storage_class);
    ledger::StorageAccount gib;
    gib.bytes.at(place) = gib_bytes;
    v1::StoragePrice* to = out->add_prices();
    to->set_storage_class(class_names.at(place));
    to->set_credits(digits_of(price.gib_month));
    to->set_oort(digits_of(ledger::cost_ahead(gib, prices, params.month_ms)));
  }
  return {};
}

Result<void> fill(const ledger::StateReader& state, std::uint64_t now_ms,
                  const v1::GetStorageAccountRequest& request, v1::GetStorageAccountResponse* out) {
  OORT_TRY(const auto params, params_of(state));
  OORT_TRY(const AccountId payer, read_id<AccountId>("payer", request.payer()));
  const ledger::StorageView view(state);
  const auto account = view.account(payer);
  const auto escrow = account ? ledger::View(state).escrow(account->escrow) : std::nullopt;
  if (!escrow) {
    return fail(ErrorCode::NotFound, reason::not_found,
                "nobody has funded the storage of account " + payer.hex());
  }
  out->set_escrow(escrow->id.value());
  out->set_funded(digits_of(escrow->funded));
  out->set_paid(digits_of(escrow->paid));
  out->set_refunded(digits_of(escrow->refunded));
  out->set_held(digits_of(escrow->held));
  out->set_earned(to_decimal(account->earned.high));
  write(account->bytes, out);
  out->set_month_cost(digits_of(ledger::cost_ahead(*account, view.prices(), params.month_ms)));
  out->set_dry_ms(account->dry_ms);
  out->set_is_in_arrears(ledger::is_in_arrears(*account, params, now_ms));
  return {};
}

Result<void> fill(const ledger::StateReader& state, const v1::ListStorageHoldingsRequest& request,
                  v1::ListStorageHoldingsResponse* out) {
  OORT_TRY(params_of(state));
  OORT_TRY(const NodeId node, read_id<NodeId>("node", request.node()));
  OORT_TRY(const std::size_t count_max, read_page_size(request.page().page_size()));
  AccountId from;
  if (!request.page().page_token().empty()) {
    const auto token = AccountId::from_hex(request.page().page_token());
    if (!token) return fail(bad_page_token());
    from = *token;
  }
  const auto holdings = ledger::StorageView(state).holdings_of(node, from, count_max + 1);
  for (const auto& [payer, holding] : holdings) {
    if (static_cast<std::size_t>(out->holdings_size()) == count_max) {
      out->set_next_page_token(payer.hex());
      break;
    }
    v1::StorageHolding* to = out->add_holdings();
    to->set_payer(to_field(payer.view()));
    write(holding.bytes, to);
    to->set_earned(to_decimal(holding.earned.high));
  }
  return {};
}

}  // namespace oort::api
