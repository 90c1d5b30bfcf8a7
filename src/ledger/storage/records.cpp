// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/ledger/ratio.hpp"
#include "storage/storage_fields.hpp"

namespace oort::ledger {

template void encode(codec::Writer&, const StorageParams&);
template Result<void> decode(codec::Reader&, StorageParams&);
template void encode(codec::Writer&, const StorageGenesis&);
template Result<void> decode(codec::Reader&, StorageGenesis&);
template void encode(codec::Writer&, const StorageMeter&);
template Result<void> decode(codec::Reader&, StorageMeter&);
template void encode(codec::Writer&, const StorageAccount&);
template Result<void> decode(codec::Reader&, StorageAccount&);
template void encode(codec::Writer&, const StorageHolding&);
template Result<void> decode(codec::Reader&, StorageHolding&);

namespace {

constexpr Uint128 greatest = ~Uint128{0};
constexpr Uint128 gib_bytes = Uint128{1} << 30;
/// Keeps every product and every sum below 256 bits: a byte that costs as much costs an OORT.
constexpr Wide cost_max{Uint128{1} << 60, 0};

Wide at_most(const Wide& value, const Wide& limit) { return is_less(limit, value) ? limit : value; }
Wide whole(Units amount) { return {amount.units(), 0}; }

/// Requires: `bits` is 0 to 127.
Wide shifted_right(const Wide& value, int bits) {
  if (bits == 0) return value;
  return {value.high >> bits, value.high << (128 - bits) | value.low >> bits};
}

/// How many 2^64ths of `all` are `part`, rounded down. Requires: `part` is less, and `all` is below
/// 2^255.
std::uint64_t part_of(const Wide& part, const Wide& all) {
  // Both lose the low bits with which the greater one does not fit 128.
  int bits = 0;
  while ((all.high >> bits) != 0) ++bits;
  const Uint128 divisor = shifted_right(all, bits).low;
  const Uint128 dividend = shifted_right(part, bits).low;
  if (divisor == greatest) return static_cast<std::uint64_t>(dividend >> 64);
  const auto quotient = mul_div(dividend, Uint128{1} << 64, divisor + 1, Rounding::Down);
  OORT_ASSERT(quotient.has_value(), "a part is less than the whole");
  OORT_ASSERT(*quotient >> 64 == 0, "a part is less than the whole");
  return static_cast<std::uint64_t>(*quotient);
}

/// What the bytes earn when each earns its class's `due`.
Wide earned_with(const ByClass<std::uint64_t>& bytes, const ByClass<Wide>& due) {
  Wide sum;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != 0) sum = plus(sum, times(due[i], bytes[i]));
  }
  return sum;
}

/// Moves the index of each class that has bytes.
void advance(StorageAccount& account, const ByClass<Wide>& due) {
  for (std::size_t i = 0; i < due.size(); ++i) {
    if (account.bytes[i] != 0) account.index[i] = plus(account.index[i], due[i]);
  }
  account.earned = plus(account.earned, earned_with(account.bytes, due));
}

}  // namespace

bool is_possible(const StorageParams& params) noexcept { return params.month_ms >= 1; }

Wide cost_of_byte(Credits gib_month, Rate rate, const StorageParams& params) noexcept {
  const Wide product = product_of(gib_month.units(), rate.units());
  const Uint128 value = product.high == 0 ? product.low : greatest;
  const Uint128 divisor = microcredits_per_credit * gib_bytes * params.month_ms;
  return at_most(divide({value, 0}, divisor).whole, cost_max);
}

StorageAccount settled_at(StorageAccount account, const StorageMeter& meter, Units held) noexcept {
  ByClass<Wide> due{};
  for (std::size_t i = 0; i < due.size(); ++i) {
    due[i] = at_most(minus(meter.cost[i], account.seen[i]), cost_max);
  }
  const std::uint64_t from = account.settled_ms;
  account.seen = meter.cost;
  account.settled_ms = meter.time_ms;
  const Wide cost = earned_with(account.bytes, due);
  const Wide free = minus(whole(held), account.earned);
  if (!is_less(free, cost)) {
    advance(account, due);
    return account;
  }
  const std::uint64_t part = part_of(free, cost);
  for (Wide& each : due) each = shifted_right(times(each, part), 64);
  advance(account, due);
  if (account.dry_ms == 0) {
    const Uint128 lasted = Uint128{meter.time_ms - from} * part >> 64;
    account.dry_ms = std::max<std::uint64_t>(from + static_cast<std::uint64_t>(lasted), 1);
  }
  return account;
}

StorageHolding settled_with(StorageHolding holding, const StorageAccount& account) noexcept {
  ByClass<Wide> due{};
  for (std::size_t i = 0; i < due.size(); ++i) {
    if (holding.bytes[i] != 0) due[i] = minus(account.index[i], holding.index[i]);
  }
  holding.earned = plus(holding.earned, earned_with(holding.bytes, due));
  holding.index = account.index;
  return holding;
}

Units unearned(const StorageAccount& account, Units held) noexcept {
  return Units(minus(whole(held), account.earned).high);
}

bool is_in_arrears(const StorageAccount& account, const StorageParams& params,
                   std::uint64_t now_ms) noexcept {
  return account.dry_ms != 0 && account.dry_ms < now_ms &&
         now_ms - account.dry_ms > params.grace_ms;
}

Units cost_ahead(const StorageAccount& account, const ByClass<Wide>& prices,
                 std::uint64_t span_ms) noexcept {
  constexpr Uint128 sum_max = greatest >> 3;
  Wide sum;
  for (std::size_t i = 0; i < prices.size(); ++i) {
    if (account.bytes[i] == 0) continue;
    const Wide each = times(prices[i], span_ms);
    if (each.high >= sum_max / account.bytes[i]) return Units(greatest);
    sum = plus(sum, times(each, account.bytes[i]));
  }
  return Units(sum.high + (sum.low == 0 ? 0 : 1));
}

}  // namespace oort::ledger
