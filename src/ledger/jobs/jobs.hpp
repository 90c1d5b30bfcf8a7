// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "call.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/jobs_records.hpp"

namespace oort::ledger {

[[nodiscard]] Rejection apply(Call& call, const OfferPost& operation);
[[nodiscard]] Rejection apply(Call& call, const OfferWithdraw& operation);
[[nodiscard]] Rejection apply(Call& call, const JobOpen& operation);
[[nodiscard]] Rejection apply(Call& call, const JobTakeOver& operation);
[[nodiscard]] Rejection apply(Call& call, const JobAnchor& operation);
[[nodiscard]] Rejection apply(Call& call, const JobResult& operation);
[[nodiscard]] Rejection apply(Call& call, const JobCancel& operation);
[[nodiscard]] Rejection apply(Call& call, const JobClaim& operation);
[[nodiscard]] Rejection apply(Call& call, const JobRedeem& operation);
[[nodiscard]] Rejection apply(Call& call, const JobDispute& operation);

/// Work of the block before its transactions: jobs and offers whose time has come, a bounded number
/// of them.
void begin_jobs(Block& block, std::vector<Event>& events);

/// Whether jobs can begin so, and their beginning. They need the market.
[[nodiscard]] Result<void> check_jobs(const GenesisParams& genesis, ByteView record);
void enter_jobs(Overlay& state, ByteView record);

}  // namespace oort::ledger
