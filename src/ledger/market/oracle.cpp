// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "bank/bank.hpp"
#include "market/market.hpp"
#include "oort/core/assert.hpp"

namespace oort::ledger {
namespace {

/// What the reporters say whose word is fresh and whose bond is whole; ascending.
std::vector<Rate> fresh_rates(const Block& block, const MarketParams& params) {
  std::vector<Rate> rates;
  const std::uint64_t now = block.header.time_ms;
  for (const AccountId& reporter : params.reporters) {
    const auto report = load<RateReport>(block.state, keys::rate_report(reporter));
    if (!report || now - std::min(now, report->time_ms) > params.report_lifetime_ms) continue;
    const auto bond = load<ReporterBond>(block.state, keys::reporter_bond(reporter));
    if (bond.value_or(ReporterBond{}).bond < params.reporter_bond) continue;
    rates.push_back(report->rate);
  }
  std::ranges::sort(rates);
  return rates;
}

/// The lower of the two in the middle, so that the median is always what somebody said.
Rate median_of(const std::vector<Rate>& ascending) { return ascending[(ascending.size() - 1) / 2]; }

/// `wanted`, no further from `last` than the step; a step is at least one unit.
Rate within_step(Rate wanted, Rate last, std::uint32_t step) {
  const Uint128 reach = std::max<Uint128>(share_of(last.units(), step, Rounding::Down), Uint128{1});
  const Uint128 low = last.units() > reach ? last.units() - reach : 1;
  const Uint128 high = std::min(last.units() + reach, rate_max);
  return Rate(std::clamp(wanted.units(), low, high));
}

Rate mean_of(const std::vector<RateSample>& samples) {
  Uint128 sum = 0;  // At most 60 × rate_max.
  for (const RateSample& sample : samples) sum += sample.rate.units();
  return Rate(sum / samples.size());
}

void turn_day(RateState& rate, std::uint64_t now_ms) {
  const std::uint64_t day = now_ms / day_ms;
  if (day == rate.day) return;
  rate.worst_yesterday = day == rate.day + 1 ? rate.worst_today : rate.average;
  rate.worst_today = rate.average;
  rate.day = day;
}

void add_sample(RateState& rate, const MarketParams& params, Rate median, std::uint64_t now_ms) {
  const Rate sample = within_step(median, rate.samples.back().rate, params.step);
  // A mean over what is older than the window would say what nobody says.
  const std::uint64_t window = params.sample_ms * params.samples;
  std::erase_if(rate.samples, [&](const RateSample& old) {
    return now_ms - std::min(now_ms, old.time_ms) >= window;
  });
  rate.samples.push_back({now_ms, sample});
  if (rate.samples.size() > params.samples) {
    rate.samples.erase(rate.samples.begin(), rate.samples.end() - params.samples);
  }
  rate.average = mean_of(rate.samples);
  turn_day(rate, now_ms);
  rate.worst_today = std::max(rate.worst_today, sample);
}

}  // namespace

void begin_market(Block& block, std::vector<Event>& events) {
  const auto params = block.view().market_params();
  if (!params || params->fixed_rate) return;
  auto rate = block.view().rate_state();
  OORT_ASSERT(rate.has_value(), "a market begins with a rate");
  const std::uint64_t now = block.header.time_ms;
  if (now - std::min(now, rate->tried_ms) < params->sample_ms) return;
  rate->tried_ms = now;
  const std::vector<Rate> rates = fresh_rates(block, *params);
  if (rates.size() >= params->reporters_needed) {
    add_sample(*rate, *params, median_of(rates), now);
    events.emplace_back(RateSampled{rate->samples.back().rate, rate->average});
  }
  save(block.state, keys::rate_state(), *rate);
}

Accepted<Rate> rate_of(const StateReader& state, std::uint64_t now_ms) {
  const auto params = View(state).market_params();
  if (!params) return Refused(Rejection::ModuleOff);
  if (params->fixed_rate) return *params->fixed_rate;
  const auto rate = View(state).rate_state();
  OORT_ASSERT(rate.has_value(), "a market begins with a rate");
  const std::uint64_t last = rate->samples.back().time_ms;
  if (now_ms - std::min(now_ms, last) > params->stale_ms) return Refused(Rejection::RateStale);
  return rate->average;
}

Accepted<Rate> collateral_rate_of(const StateReader& state, std::uint64_t now_ms) {
  const auto now = rate_of(state, now_ms);
  if (!now || View(state).market_params()->fixed_rate) return now;
  const auto rate = View(state).rate_state();
  return std::max({*now, rate->worst_today, rate->worst_yesterday});
}

std::optional<Oort> oort_for(Credits amount, Rate rate, Rounding rounding) {
  const auto value = mul_div(amount.units(), rate.units(), microcredits_per_credit, rounding);
  return value ? std::optional(Oort(*value)) : std::nullopt;
}

Rejection apply(Call& call, const OracleReport& operation) {
  const auto params = call.view().market_params();
  if (!params) return Rejection::ModuleOff;
  if (!std::ranges::binary_search(params->reporters, call.sender)) {
    return Rejection::ReporterUnknown;
  }
  if (operation.rate.is_zero() || operation.rate.units() > rate_max) return Rejection::RateInvalid;
  const auto bond = load<ReporterBond>(call.state(), keys::reporter_bond(call.sender));
  if (bond.value_or(ReporterBond{}).bond < params->reporter_bond) return Rejection::BondTooLow;
  save(call.state(), keys::rate_report(call.sender),
       RateReport{operation.rate, call.block.header.time_ms});
  return Rejection::None;
}

Rejection apply(Call& call, const OracleBondPost& operation) {
  if (!call.view().market_params()) return Rejection::ModuleOff;
  if (operation.amount.is_zero()) return Rejection::ZeroAmount;
  if (const Rejection refused = debit(call.state(), call.events, call.sender, operation.amount,
                                      Purpose::OracleBondPosted, {});
      refused != Rejection::None) {
    return refused;
  }
  put_in(call.state(), Pot::OracleBonds, operation.amount);
  auto bond = load<ReporterBond>(call.state(), keys::reporter_bond(call.sender));
  const auto sum = bond.value_or(ReporterBond{}).bond.plus(operation.amount);
  OORT_ASSERT(sum.has_value(), "all money together fits an amount");
  save(call.state(), keys::reporter_bond(call.sender), ReporterBond{*sum});
  return Rejection::None;
}

Rejection apply(Call& call, const OracleBondReturn&) {
  const auto params = call.view().market_params();
  if (!params) return Rejection::ModuleOff;
  if (std::ranges::binary_search(params->reporters, call.sender)) return Rejection::StillReporter;
  const auto bond = load<ReporterBond>(call.state(), keys::reporter_bond(call.sender));
  if (!bond) return Rejection::BondTooLow;
  call.state().erase(keys::reporter_bond(call.sender));
  if (call.state().get(keys::rate_report(call.sender))) {
    call.state().erase(keys::rate_report(call.sender));
  }
  draw(call.state(), Pot::OracleBonds, bond->bond);
  credit(call.state(), call.events, call.sender, bond->bond, Purpose::OracleBondReturned, {});
  return Rejection::None;
}

}  // namespace oort::ledger
