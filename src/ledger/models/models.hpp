// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "call.hpp"
#include "oort/ledger/datahub_events.hpp"
#include "oort/ledger/datahub_keys.hpp"
#include "oort/ledger/datahub_operations.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/model_records.hpp"

namespace oort::ledger {

[[nodiscard]] Rejection apply(Call& call, const TrainingBegin& operation);
[[nodiscard]] Rejection apply(Call& call, const TrainingRecord& operation);
[[nodiscard]] Rejection apply(Call& call, const TrainingAttest& operation);
[[nodiscard]] Rejection apply(Call& call, const ModelRegister& operation);
[[nodiscard]] Rejection apply(Call& call, const ModelDeploy& operation);

/// Empty where the network began without the module.
[[nodiscard]] std::optional<ModelsParams> models_params(const StateReader& state);
/// Whether models can begin so, and their beginning. They need datasets.
[[nodiscard]] Result<void> check_models(const GenesisParams& genesis, ByteView record);
void enter_models(Overlay& state, ByteView record);

}  // namespace oort::ledger
