// SPDX-License-Identifier: Apache-2.0
// Records as they come out of a snapshot or a proof; the first byte chooses which.
#include <cstddef>
#include <cstdint>
#include <span>

#include "oort/core/assert.hpp"
#include "oort/ledger/governance_records.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/jobs_spec.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/receipt.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/staking_records.hpp"
#include "oort/ledger/storage_records.hpp"

namespace oort::ledger {
namespace {

template <class T>
void try_one(ByteView bytes) {
  const auto value = codec::from_bytes<T>(bytes);
  if (value) OORT_ASSERT(codec::to_bytes(*value) == to_bytes(bytes), "one encoding");
}

template <class... Ts>
void try_chosen(std::size_t chosen, ByteView bytes) {
  std::size_t index = 0;
  const auto visit = [&]<class T>(const T*) {
    if (index++ == chosen) try_one<T>(bytes);
  };
  (visit(static_cast<const Ts*>(nullptr)), ...);
}

void try_record(std::size_t chosen, ByteView bytes) {
  try_chosen<Account, Supply, Node, ValidatorSet, Evidence, Beacon, Params, PendingParams, Bucket,
             BucketKeys, Object, RemovedObject, Segment, Multipart, Part, AccessKey, GatewayGrant,
             ShardReceipt, Receipt, Pool, Delegation, UnbondingBatch, Unbonding, SlashEvent,
             StakingState, Witnesses, EpochStart, StakingParams, StakingGenesis, Proposal,
             PoolVotes, DelegatorVote, LiveProposals, Upgrade, GovernanceParams, CreditBalance,
             CreditSupply, MarketParams, MarketGenesis, RateReport, ReporterBond, RateState,
             CreditSale, CreditDay, Escrow, StorageParams, StorageGenesis, StorageMeter,
             StorageAccount, StorageHolding, JobsParams, JobsGenesis, OfferRecord, Job, JobEarner,
             JobDisputeRecord, LeaseLine, Voucher, JobSpec>(chosen, bytes);
}

}  // namespace
}  // namespace oort::ledger

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  oort::ledger::try_record(data[0], std::as_bytes(std::span(data + 1, size - 1)));
  return 0;
}
