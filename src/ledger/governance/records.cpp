// SPDX-License-Identifier: Apache-2.0
#include "governance/layouts.hpp"
#include "oort/core/assert.hpp"

namespace oort::ledger {

template void encode(codec::Writer&, const Proposal&);
template Result<void> decode(codec::Reader&, Proposal&);
template void encode(codec::Writer&, const PoolVotes&);
template Result<void> decode(codec::Reader&, PoolVotes&);
template void encode(codec::Writer&, const DelegatorVote&);
template Result<void> decode(codec::Reader&, DelegatorVote&);
template void encode(codec::Writer&, const LiveProposals&);
template Result<void> decode(codec::Reader&, LiveProposals&);
template void encode(codec::Writer&, const Upgrade&);
template Result<void> decode(codec::Reader&, Upgrade&);
template void encode(codec::Writer&, const GovernanceParams&);
template Result<void> decode(codec::Reader&, GovernanceParams&);

Oort deposit_of(const Proposal& proposal) noexcept {
  Oort sum;
  for (const Deposit& deposit : proposal.deposits) {
    const auto next = sum.plus(deposit.amount);
    OORT_ASSERT(next.has_value(), "deposits are part of the supply");
    sum = *next;
  }
  return sum;
}

}  // namespace oort::ledger
