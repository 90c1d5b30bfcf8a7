// SPDX-License-Identifier: Apache-2.0
#include "oort/core/assert.hpp"
#include "oort/ledger/staking_records.hpp"
#include "staking/record_fields.hpp"

namespace oort::ledger {

template void encode(codec::Writer&, const Pool&);
template Result<void> decode(codec::Reader&, Pool&);
template void encode(codec::Writer&, const Delegation&);
template Result<void> decode(codec::Reader&, Delegation&);
template void encode(codec::Writer&, const UnbondingBatch&);
template Result<void> decode(codec::Reader&, UnbondingBatch&);
template void encode(codec::Writer&, const Unbonding&);
template Result<void> decode(codec::Reader&, Unbonding&);
template void encode(codec::Writer&, const SlashEvent&);
template Result<void> decode(codec::Reader&, SlashEvent&);
template void encode(codec::Writer&, const StakingState&);
template Result<void> decode(codec::Reader&, StakingState&);
template void encode(codec::Writer&, const Witnesses&);
template Result<void> decode(codec::Reader&, Witnesses&);
template void encode(codec::Writer&, const EpochStart&);
template Result<void> decode(codec::Reader&, EpochStart&);
template void encode(codec::Writer&, const StakingParams&);
template Result<void> decode(codec::Reader&, StakingParams&);
template void encode(codec::Writer&, const StakingGenesis&);
template Result<void> decode(codec::Reader&, StakingGenesis&);

bool may_become(PoolState from, PoolState to) noexcept {
  const auto is = [to](std::initializer_list<PoolState> states) {
    for (const PoolState state : states) {
      if (state == to) return true;
    }
    return false;
  };
  using enum PoolState;
  switch (from) {
    case Pending: return is({Candidate, Offline, Exiting});
    case Candidate: return is({Pending, Witnessing, Offline, Exiting});
    case Witnessing: return is({Pending, Candidate, Offline, Exiting});
    case Offline: return is({Pending, Candidate, Exiting});
    case Exiting: return is({Exited});
    case Exited: return false;
  }
  return false;
}

Oort stake_of(const Pool& pool) noexcept {
  const auto sum = pool.self.plus(pool.delegated);
  OORT_ASSERT(sum.has_value(), "stake is part of the supply");
  return *sum;
}

Oort worth_of(const Pool& pool, Shares shares) noexcept {
  if (pool.shares.is_zero()) return {};
  const auto worth =
      mul_div(shares.units(), pool.delegated.units(), pool.shares.units(), Rounding::Down);
  OORT_ASSERT(worth.has_value(), "shares are worth no more than the pool holds");
  return Oort(*worth);
}

}  // namespace oort::ledger
