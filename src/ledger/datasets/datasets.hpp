// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "call.hpp"
#include "oort/ledger/datahub_events.hpp"
#include "oort/ledger/datahub_keys.hpp"
#include "oort/ledger/datahub_operations.hpp"
#include "oort/ledger/dataset_records.hpp"
#include "oort/ledger/genesis.hpp"

namespace oort::ledger {

[[nodiscard]] Rejection apply(Call& call, const DatasetSeal& operation);
[[nodiscard]] Rejection apply(Call& call, const DatasetOffer& operation);
[[nodiscard]] Rejection apply(Call& call, const DatasetRequest& operation);
[[nodiscard]] Rejection apply(Call& call, const DatasetDecide& operation);
[[nodiscard]] Rejection apply(Call& call, const DatasetUse& operation);
[[nodiscard]] Rejection apply(Call& call, const DatasetTakeDown& operation);
[[nodiscard]] Rejection apply(Call& call, const DatasetOpen& operation);

/// Empty where the network began without the module.
[[nodiscard]] std::optional<DatasetsParams> datasets_params(const StateReader& state);
/// Whether datasets can begin so, and their beginning.
[[nodiscard]] Result<void> check_datasets(const GenesisParams& genesis, ByteView record);
void enter_datasets(Overlay& state, ByteView record);

/// ModuleOff or DatasetUnknown where there is none.
[[nodiscard]] Accepted<DatasetVersion> find_dataset(const StateReader& state,
                                                    const DatasetId& root);
/// Counts `uses` of the sender, the owner or the holder of a live grant. Refused with
/// DatasetUnknown, DatasetTakenDown, DatasetGrantMissing or DatasetUsesSpent.
[[nodiscard]] Rejection use_dataset(Call& call, const DatasetId& root, std::uint64_t uses);

}  // namespace oort::ledger
