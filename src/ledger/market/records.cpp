// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "market/market_fields.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::ledger {

template void encode(codec::Writer&, const CreditBalance&);
template Result<void> decode(codec::Reader&, CreditBalance&);
template void encode(codec::Writer&, const CreditSupply&);
template Result<void> decode(codec::Reader&, CreditSupply&);
template void encode(codec::Writer&, const MarketParams&);
template Result<void> decode(codec::Reader&, MarketParams&);
template void encode(codec::Writer&, const MarketGenesis&);
template Result<void> decode(codec::Reader&, MarketGenesis&);
template void encode(codec::Writer&, const RateReport&);
template Result<void> decode(codec::Reader&, RateReport&);
template void encode(codec::Writer&, const ReporterBond&);
template Result<void> decode(codec::Reader&, ReporterBond&);
template void encode(codec::Writer&, const RateState&);
template Result<void> decode(codec::Reader&, RateState&);
template void encode(codec::Writer&, const CreditSale&);
template Result<void> decode(codec::Reader&, CreditSale&);
template void encode(codec::Writer&, const CreditDay&);
template Result<void> decode(codec::Reader&, CreditDay&);
template void encode(codec::Writer&, const Escrow&);
template Result<void> decode(codec::Reader&, Escrow&);

namespace {

constexpr crypto::Context sale_context("oort.v1 credit sale");

template <class T, class Key>
bool ascends_by(const std::vector<T>& values, Key key) {
  return std::ranges::adjacent_find(
             values, [&](const T& a, const T& b) { return !(key(a) < key(b)); }) == values.end();
}

bool is_rate(Rate rate) { return !rate.is_zero() && rate.units() <= rate_max; }

bool has_possible_processors(const MarketParams& params) {
  return params.processors.size() <= processors_max &&
         params.processors_needed <= params.processors.size() &&
         (params.processors_needed > 0) == !params.processors.empty() &&
         ascends_by(params.processors, [](const PublicKey& key) { return key; });
}

bool has_possible_rate(const MarketParams& params) {
  if (params.fixed_rate) return params.reporters.empty() && is_rate(*params.fixed_rate);
  return !params.reporters.empty() && params.reporters.size() <= reporters_max &&
         params.reporters_needed >= 1 && params.reporters_needed <= params.reporters.size() &&
         ascends_by(params.reporters, [](const AccountId& id) { return id; });
}

Units units(Uint128 value) { return Units(value); }

Units sum(Units a, Units b) {
  const auto both = a.plus(b);
  OORT_ASSERT(both.has_value(), "what an escrow was funded with fits an amount");
  return *both;
}
Units difference(Units a, Units b) {
  const auto left = a.minus(b);
  OORT_ASSERT(left.has_value(), "an escrow owes no more than it holds");
  return *left;
}

std::uint64_t weight_of(const Escrow& escrow) noexcept {
  std::uint64_t total = 0;
  for (const Earner& earner : escrow.earners) total += earner.weight;
  return total;
}

}  // namespace

bool is_possible(const MarketParams& params) {
  const bool has_times = params.sample_ms >= 1 && params.samples >= 1 &&
                         params.samples <= rate_samples_max && params.stale_ms >= 1 &&
                         params.report_lifetime_ms >= 1;
  const bool has_prices =
      params.classes.size() <= class_policies_max &&
      ascends_by(params.classes, [](const ClassPrice& price) { return price.storage_class; });
  return has_possible_processors(params) && has_possible_rate(params) && has_times && has_prices &&
         params.step >= 1 && params.step <= parts_per_million && params.take < parts_per_million &&
         params.discount <= params.take;
}

Bytes32 sale_hash(const ChainId& chain, const CreditPurchase& purchase) {
  codec::Writer out;
  codec::encode(out, chain);
  codec::encode(out, purchase.to);
  codec::encode(out, purchase.amount);
  out.blob(purchase.reference);
  return crypto::hash(sale_context, out.bytes());
}

Escrow settled_at(Escrow escrow, std::uint64_t now_ms) noexcept {
  if (escrow.status == EscrowStatus::Closed || now_ms <= escrow.settled_ms) return escrow;
  const std::uint64_t end = escrow.expires_ms == 0 ? now_ms : std::min(now_ms, escrow.expires_ms);
  const std::uint64_t from = escrow.settled_ms;
  escrow.settled_ms = now_ms;
  if (escrow.status == EscrowStatus::Frozen || end <= from || weight_of(escrow) == 0) {
    return escrow;
  }
  const Units left = unstreamed(escrow);
  const auto product = escrow.rate.times(end - from);
  const auto parts = product ? product->plus(units(escrow.rest)) : std::nullopt;
  Units amount = parts ? units(parts->units() / hour_ms) : left;
  escrow.rest = parts ? static_cast<std::uint32_t>(parts->units() % hour_ms) : 0;
  if (!parts || left < amount) {  // It has run dry: time passes unpaid.
    amount = left;
    escrow.rest = 0;
  }
  escrow.streamed = sum(escrow.streamed, amount);
  return escrow;
}

Units earned_by(const Escrow& escrow, const Earner& earner) noexcept {
  if (earner.weight == 0) return earner.settled;
  const auto part =
      mul_div(escrow.streamed.units(), earner.weight, weight_of(escrow), Rounding::Down);
  OORT_ASSERT(part.has_value(), "a part is no more than the whole");
  return sum(earner.settled, units(*part));
}

Units owed_by(const Escrow& escrow) noexcept {
  Units owed = escrow.streamed;
  for (const Earner& earner : escrow.earners) owed = sum(owed, earner.settled);
  for (const Earner& earner : escrow.earners) owed = difference(owed, earner.taken);
  return owed;
}

Units withdrawable(const Escrow& escrow, const Earner& earner, std::uint64_t now_ms) noexcept {
  const std::uint64_t end =
      escrow.status == EscrowStatus::Closed ? escrow.closed_ms : escrow.expires_ms;
  const bool is_released =
      escrow.holdback == 0 || (end != 0 && end <= now_ms && now_ms - end >= escrow.holdback_ms);
  Units earned = earned_by(escrow, earner);
  if (!is_released) {
    earned = units(share_of(earned.units(), parts_per_million - escrow.holdback, Rounding::Down));
  }
  return earned.minus(earner.taken).value_or(Units());
}

Units unstreamed(const Escrow& escrow) noexcept { return difference(escrow.held, owed_by(escrow)); }

}  // namespace oort::ledger
