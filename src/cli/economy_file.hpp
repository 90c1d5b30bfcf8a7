// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "json_fields.hpp"
#include "oort/core/result.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/modules.hpp"
#include "session.hpp"

/// The economy of a network as its founders describe it, beside the fields of `genesis_file.hpp`:
///
///   "pots": {"mining": "1000000", "treasury": "0", "reserve": "0"},
///   "modules": {
///     "staking": {"params": {…}, "pools": [{"node": "2c59…", "stake": "500000"}]},
///     "governance": {"params": {…}},
///     "market": {"params": {…}, "first_rate": "0.2", "credits": […], "bonds": […]},
///     "jobs": {"params": {…}},
///     "campaigns": {"params": {…}}, "datasets": {"params": {…}}, "models": {"params": {…}},
///     "storage": {"params": {…}, "funds": [{"payer": "311e…", "amount": "1000"}]}}
///
/// A module that is left out is switched off, and a field that is left out has its default. Without
/// `pools` each validator has one of the smallest stake that a witness needs. Rates are OORT for
/// one credit.
namespace oort::cli {

/// Takes `pots` and `modules` out of `fields`, after the nodes were entered in `genesis`. Fails
/// with BAD_ARGUMENT, naming the field.
[[nodiscard]] Result<void> read_economy(JsonFields& fields, ledger::GenesisParams& genesis);
/// Adds `pots` and `modules` to a description, where there are any.
void describe_economy(const ledger::GenesisParams& genesis, Json& description);
/// `modules` with every field, at its default.
[[nodiscard]] Json modules_template();

/// A module's parameters by their names, from the canonical bytes in which the ledger keeps them.
/// Fails with NOT_SUPPORTED for a module without parameters, or as a decoder.
[[nodiscard]] Result<Json> describe_params(ledger::Module module, ByteView canonical);
/// The reverse. Fails with BAD_ARGUMENT, naming the field.
[[nodiscard]] Result<Bytes> read_params(ledger::Module module, const Json& description);

/// The name of a module in a description: "staking", "governance", "honesty", "market", "jobs",
/// "campaigns", "datasets", "models" or "storage". Fails with BAD_ARGUMENT.
[[nodiscard]] Result<ledger::Module> parse_module(const std::string& name);

}  // namespace oort::cli
