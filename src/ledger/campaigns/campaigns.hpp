// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "call.hpp"
#include "oort/ledger/campaign_records.hpp"
#include "oort/ledger/datahub_events.hpp"
#include "oort/ledger/datahub_keys.hpp"
#include "oort/ledger/datahub_operations.hpp"
#include "oort/ledger/genesis.hpp"

namespace oort::ledger {

[[nodiscard]] Rejection apply(Call& call, const CampaignOpen& operation);
[[nodiscard]] Rejection apply(Call& call, const CampaignPause& operation);
[[nodiscard]] Rejection apply(Call& call, const CampaignClose& operation);
[[nodiscard]] Rejection apply(Call& call, const GoldCommit& operation);
[[nodiscard]] Rejection apply(Call& call, const BatchCommit& operation);
[[nodiscard]] Rejection apply(Call& call, const StageOpen& operation);
[[nodiscard]] Rejection apply(Call& call, const ResultPost& operation);
[[nodiscard]] Rejection apply(Call& call, const PayoutPost& operation);
[[nodiscard]] Rejection apply(Call& call, const AppealOpen& operation);
[[nodiscard]] Rejection apply(Call& call, const AppealVote& operation);
[[nodiscard]] Rejection apply(Call& call, const AppealExpire& operation);
[[nodiscard]] Rejection apply(Call& call, const HoldbackRelease& operation);
[[nodiscard]] Rejection apply(Call& call, const CampaignSettle& operation);
[[nodiscard]] Rejection apply(Call& call, const ConsentGive& operation);
[[nodiscard]] Rejection apply(Call& call, const ConsentWithdraw& operation);

/// Empty where the network began without the module.
[[nodiscard]] std::optional<CampaignsParams> campaigns_params(const StateReader& state);
/// Whether campaigns can begin so, and their beginning. They need a market.
[[nodiscard]] Result<void> check_campaigns(const GenesisParams& genesis, ByteView record);
void enter_campaigns(Overlay& state, ByteView record);

/// ModuleOff or CampaignUnknown where there is none.
[[nodiscard]] Accepted<Campaign> find_campaign(const StateReader& state, const CampaignId& id);
void save_campaign(Overlay& state, const Campaign& campaign);
void tell(Call& call, CampaignChanged::Kind kind, const Campaign& campaign,
          std::uint32_t number = 0, Units amount = {}, const Bytes32& subject = {});
/// price × answers; AmountOverflow where that is no amount.
[[nodiscard]] Accepted<Units> price_of(const Campaign& campaign, std::uint64_t answers);

}  // namespace oort::ledger
