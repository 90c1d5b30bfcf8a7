// SPDX-License-Identifier: Apache-2.0
#include "market/market.hpp"

#include <algorithm>

#include "bank/bank.hpp"
#include "bank/credits.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::ledger {
namespace {

constexpr crypto::Context reference_context("oort.v1 sale reference");

Result<void> refuse(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "genesis: market: " + std::move(detail));
}

/// All credits of a genesis; empty on overflow.
std::optional<Credits> credits_of(const MarketGenesis& market) {
  std::optional<Credits> total = Credits();
  for (const GenesisCredits& entry : market.credits) {
    total = total ? total->plus(entry.balance) : std::nullopt;
  }
  return total;
}

Result<void> check_backing(const GenesisParams& genesis, const MarketGenesis& market) {
  const auto total = credits_of(market);
  const auto worth = total ? oort_for(*total, market.first_rate, Rounding::Up) : std::nullopt;
  const auto pot = std::ranges::find(genesis.pots, Pot::Reserve, &GenesisPot::pot);
  const Oort reserve = pot == genesis.pots.end() ? Oort() : pot->balance;
  if (!worth || reserve < *worth) return refuse("the reserve is less than the credits are worth");
  return {};
}

Result<void> check_bonds(const GenesisParams& genesis, const MarketGenesis& market) {
  if (!ascends(market.bonds, [](const GenesisBond& bond) { return bond.reporter; })) {
    return refuse("bonds do not ascend by reporter");
  }
  for (const GenesisBond& bond : market.bonds) {
    const auto account =
        std::ranges::lower_bound(genesis.accounts, bond.reporter, {}, &GenesisAccount::id);
    if (account == genesis.accounts.end() || account->id != bond.reporter ||
        account->balance < bond.bond || bond.bond.is_zero()) {
      return refuse("a reporter's account does not hold its bond");
    }
  }
  return {};
}

/// Whether enough of the processors signed, each once and nobody else.
Rejection check_signatures(const Call& call, const MarketParams& params,
                           const CreditPurchase& operation) {
  const auto by_key = [](const ProcessorSignature& signature) { return signature.key; };
  if (params.processors.empty() || operation.signatures.size() < params.processors_needed ||
      !ascends(operation.signatures, by_key)) {
    return Rejection::ProcessorSignaturesInvalid;
  }
  const Bytes32 message = sale_hash(call.block.chain, operation);
  for (const ProcessorSignature& signed_by : operation.signatures) {
    if (!std::ranges::binary_search(params.processors, signed_by.key) ||
        !call.block.signatures.verify(signed_by.key, message.view(), signed_by.signature)) {
      return Rejection::ProcessorSignaturesInvalid;
    }
  }
  return Rejection::None;
}

/// Counts the sale for the day; refused above the cap.
Rejection count_sale(Call& call, const MarketParams& params, Credits amount) {
  const std::uint64_t today = call.block.header.time_ms / day_ms;
  CreditDay day = load<CreditDay>(call.state(), keys::credit_day()).value_or(CreditDay{});
  if (day.day != today) day = {today, Credits()};
  const auto sold = day.sold.plus(amount);
  if (!sold || params.daily_cap < *sold) return Rejection::DailyCapReached;
  save(call.state(), keys::credit_day(), CreditDay{today, *sold});
  return Rejection::None;
}

}  // namespace

Result<void> check_market(const GenesisParams& genesis, const Bytes& record) {
  OORT_TRY(const auto market, codec::from_bytes<MarketGenesis>(record));
  if (!is_possible(market.params)) return refuse("params contradict each other or a bound");
  if (market.first_rate.is_zero() || market.first_rate.units() > rate_max) {
    return refuse("first_rate is out of its range");
  }
  if (!ascends(market.credits, [](const GenesisCredits& entry) { return entry.account; })) {
    return refuse("credits do not ascend by account");
  }
  for (const GenesisCredits& entry : market.credits) {
    if (entry.balance.is_zero()) return refuse("an account of no credits is named");
  }
  OORT_TRY(check_backing(genesis, market));
  return check_bonds(genesis, market);
}

void enter_market(Overlay& state, const GenesisParams& genesis, const Bytes& record) {
  const auto market = codec::from_bytes<MarketGenesis>(record);
  OORT_ASSERT(market.has_value(), "check_market passed");
  save(state, keys::market_params(), market->params);
  const Rate first = market->params.fixed_rate.value_or(market->first_rate);
  save(state, keys::rate_state(),
       RateState{{{genesis.time_ms, first}},
                 first,
                 genesis.time_ms,
                 genesis.time_ms / day_ms,
                 first,
                 first});
  std::vector<Event> untold;  // Genesis is where every statement begins.
  const bool is_minted = mint_credits(state, *credits_of(*market));
  OORT_ASSERT(is_minted, "check_market passed");
  for (const GenesisCredits& entry : market->credits) {
    credit_credits(state, untold, entry.account, entry.balance, Purpose::CreditsSold, {});
  }
  for (const GenesisBond& bond : market->bonds) {
    const Rejection refused = take(state, bond.reporter, bond.bond);
    OORT_ASSERT(refused == Rejection::None, "check_market passed");
    put_in(state, Pot::OracleBonds, bond.bond);
    save(state, keys::reporter_bond(bond.reporter), ReporterBond{bond.bond});
  }
}

Rejection apply(Call& call, const CreditPurchase& operation) {
  const auto params = call.view().market_params();
  if (!params) return Rejection::ModuleOff;
  if (operation.amount.is_zero()) return Rejection::ZeroAmount;
  if (operation.reference.empty()) return Rejection::ReferenceInvalid;
  const Bytes32 reference = crypto::hash(reference_context, operation.reference);
  if (call.state().get(keys::credit_sale(reference))) return Rejection::ReferenceUsed;
  const auto rate = rate_of(call.state(), call.block.header.time_ms);
  if (!rate) return rate.error();
  if (const Rejection refused = count_sale(call, *params, operation.amount);
      refused != Rejection::None) {
    return refused;
  }
  if (const Rejection refused = check_signatures(call, *params, operation);
      refused != Rejection::None) {
    return refused;
  }
  const auto cost = oort_for(operation.amount, *rate, Rounding::Up);
  if (!cost) return Rejection::AmountOverflow;
  if (const Rejection refused =
          debit(call.state(), call.events, call.sender, *cost, Purpose::CreditsSold, reference);
      refused != Rejection::None) {
    return refused;
  }
  put_in(call.state(), Pot::Reserve, *cost);
  if (!mint_credits(call.state(), operation.amount)) return Rejection::AmountOverflow;
  credit_credits(call.state(), call.events, operation.to, operation.amount, Purpose::CreditsSold,
                 reference);
  save(call.state(), keys::credit_sale(reference),
       CreditSale{operation.to, operation.amount, call.block.header.height});
  return Rejection::None;
}

}  // namespace oort::ledger
