// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "call.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/honesty_keys.hpp"
#include "oort/ledger/honesty_records.hpp"
#include "oort/ledger/honesty_view.hpp"

namespace oort::ledger {

[[nodiscard]] Rejection apply(Call& call, const RoundPost& operation);
[[nodiscard]] Rejection apply(Call& call, const BaitReveal& operation);
[[nodiscard]] Rejection apply(Call& call, const PanelCommit& operation);
[[nodiscard]] Rejection apply(Call& call, const PanelOpen& operation);
[[nodiscard]] Rejection apply(Call& call, const CaseAppeal& operation);
[[nodiscard]] Rejection apply(Call& call, const WorkAccuse& operation);
[[nodiscard]] Rejection apply(Call& call, const AuditDemand& operation);
[[nodiscard]] Rejection apply(Call& call, const AuditAnswer& operation);

/// Empty where the network began without the module.
[[nodiscard]] std::optional<HonestyParams> honesty_params(const StateReader& state);

/// Work of the block before its transactions: a round may begin, cases and audits that are due go
/// on, the beacon asks for a leaf, old rounds are forgotten; a bounded number of each.
void begin_honesty(Block& block, std::vector<Event>& events);

/// Whether honesty can begin so, and its beginning. It needs staking.
[[nodiscard]] Result<void> check_honesty(const GenesisParams& genesis, ByteView record);
void enter_honesty(Overlay& state, ByteView record);

/// For the module that leases work out: takes a task of this gain into the node's risk; false, and
/// nothing is changed, where its stake would not deter it, and while a case is open about it.
[[nodiscard]] bool hold_risk(Overlay& state, const NodeId& node, Oort gain);
/// The task is settled. Requires: it was held.
void release_risk(Overlay& state, const NodeId& node, Oort gain);

}  // namespace oort::ledger
