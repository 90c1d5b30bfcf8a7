// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fields.hpp"
#include "oort/ledger/market_events.hpp"
#include "oort/ledger/market_operations.hpp"
#include "oort/ledger/market_records.hpp"

/// The order of these calls is the layout of every record, operation and event of the market:
/// frozen per format version and per code.
namespace oort::ledger {

template <class F>
void walk(F& f, typename F::template As<CreditBalance>& v) {
  f(v.balance);
}
template <class F>
void walk(F& f, typename F::template As<CreditSupply>& v) {
  f(v.total);
  f(v.escrowed);
}
template <class F>
void walk(F& f, typename F::template As<ClassPrice>& v) {
  f.enumeration(v.storage_class, StorageClass::DeepArchive);
  f(v.gib_month);
}
template <class F>
void walk(F& f, typename F::template As<MarketParams>& v) {
  f.list(v.processors, processors_max);
  f(v.processors_needed);
  f(v.daily_cap);
  f.optional(v.fixed_rate);
  f.list(v.reporters, reporters_max);
  f(v.reporters_needed);
  f(v.reporter_bond);
  f(v.report_lifetime_ms);
  f(v.sample_ms);
  f(v.samples);
  f(v.stale_ms);
  f(v.step);
  f.list(v.classes, class_policies_max);
  f(v.egress_gib);
  f(v.take);
  f(v.discount);
}
template <class F>
void walk(F& f, typename F::template As<GenesisCredits>& v) {
  f(v.account);
  f(v.balance);
}
template <class F>
void walk(F& f, typename F::template As<GenesisBond>& v) {
  f(v.reporter);
  f(v.bond);
}
inline constexpr std::size_t genesis_credits_max = 100'000;
template <class F>
void walk(F& f, typename F::template As<MarketGenesis>& v) {
  f(v.params);
  f(v.first_rate);
  f.list(v.credits, genesis_credits_max);
  f.list(v.bonds, reporters_max);
}
template <class F>
void walk(F& f, typename F::template As<RateReport>& v) {
  f(v.rate);
  f(v.time_ms);
}
template <class F>
void walk(F& f, typename F::template As<ReporterBond>& v) {
  f(v.bond);
}
template <class F>
void walk(F& f, typename F::template As<RateSample>& v) {
  f(v.time_ms);
  f(v.rate);
}
template <class F>
void walk(F& f, typename F::template As<RateState>& v) {
  f.list(v.samples, rate_samples_max);
  f(v.average);
  f(v.tried_ms);
  f(v.day);
  f(v.worst_today);
  f(v.worst_yesterday);
}
template <class F>
void walk(F& f, typename F::template As<CreditSale>& v) {
  f(v.to);
  f(v.amount);
  f(v.height);
}
template <class F>
void walk(F& f, typename F::template As<CreditDay>& v) {
  f(v.day);
  f(v.sold);
}
template <class F>
void walk(F& f, typename F::template As<Earner>& v) {
  f(v.account);
  f(v.weight);
  f(v.settled);
  f(v.taken);
}
template <class F>
void walk(F& f, typename F::template As<Escrow>& v) {
  f(v.id);
  f(v.payer);
  f.enumeration(v.kind, EscrowKind::Campaign);
  f.enumeration(v.currency, Currency::Credits);
  f.enumeration(v.status, EscrowStatus::Closed);
  f.enumeration(v.arbiter, Module::Reserved20);
  f(v.funded);
  f(v.paid);
  f(v.refunded);
  f(v.held);
  f(v.rate);
  f(v.settled_ms);
  f(v.rest);
  f(v.streamed);
  f.list(v.earners, earners_max);
  f(v.expires_ms);
  f(v.take);
  f(v.discount);
  f(v.holdback);
  f(v.holdback_ms);
  f(v.closed_ms);
}

template <class F>
void walk(F& f, typename F::template As<ProcessorSignature>& v) {
  f(v.key);
  f(v.signature);
}
template <class F>
void walk(F& f, typename F::template As<CreditPurchase>& v) {
  f(v.to);
  f(v.amount);
  f.blob(v.reference, purchase_reference_bytes_max);
  f.list(v.signatures, processors_max);
}
template <class F>
void walk(F& f, typename F::template As<OracleReport>& v) {
  f(v.rate);
}
template <class F>
void walk(F& f, typename F::template As<OracleBondPost>& v) {
  f(v.amount);
}
template <class F>
void walk(F&, typename F::template As<OracleBondReturn>&) {}
template <class F>
void walk(F& f, typename F::template As<EarnerShare>& v) {
  f(v.account);
  f(v.weight);
}
template <class F>
void walk(F& f, typename F::template As<EscrowOpen>& v) {
  f.enumeration(v.currency, Currency::Credits);
  f(v.amount);
  f(v.rate);
  f.list(v.earners, earners_max);
  f(v.expires_ms);
  f(v.holdback);
  f(v.holdback_ms);
}
template <class F>
void walk(F& f, typename F::template As<EscrowFund>& v) {
  f(v.escrow);
  f(v.amount);
}
template <class F>
void walk(F& f, typename F::template As<EscrowChange>& v) {
  f(v.escrow);
  f(v.rate);
  f.list(v.earners, earners_max);
}
template <class F>
void walk(F& f, typename F::template As<EscrowClose>& v) {
  f(v.escrow);
}
template <class F>
void walk(F& f, typename F::template As<EscrowWithdraw>& v) {
  f(v.escrow);
}

template <class F>
void walk(F& f, typename F::template As<CreditsChanged>& v) {
  f(v.account);
  f(v.is_income);
  f(v.amount);
  f.enumeration(v.purpose, Purpose{0x14ff}, Purpose{0x0100});
  f(v.subject);
}
template <class F>
void walk(F& f, typename F::template As<EscrowChanged>& v) {
  f.enumeration(v.kind, EscrowChanged::Kind::Forfeited);
  f(v.escrow);
  f.enumeration(v.currency, Currency::Credits);
  f(v.amount);
}
template <class F>
void walk(F& f, typename F::template As<RateSampled>& v) {
  f(v.sample);
  f(v.average);
}

}  // namespace oort::ledger
