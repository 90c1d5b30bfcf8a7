// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oort/core/time.hpp"
#include "oort/ledger/genesis.hpp"
#include "session.hpp"

namespace oort::cli {

/// A node as its operator describes it, for a genesis and for the registry. Only `node` and
/// `endpoints` are needed:
///
///   {"node": "2c59…", "owner": "0575…", "roles": ["super"],
///    "endpoints": {"peer": "a.example.org:7100", "s3": "…", "grpc": "…"},
///    "region": "eu", "system": 64496, "capacity_gib": 1000, "weight": 1, "funds": "100"}
///
/// `owner` is the operator's account, by default the node's own; `system` its autonomous system.
/// `weight` and `funds` concern a genesis alone: the vote of a super node, 0 for none, and what the
/// node's own account begins with.
struct DescribedNode {
  ledger::Node node;
  std::uint64_t weight = 0;
  Oort funds;
};
/// Fails with BAD_ARGUMENT, naming the field; unknown fields are errors.
[[nodiscard]] Result<DescribedNode> read_node(const Json& description, const std::string& where);

/// A network as its founders describe it; see `genesis_template`, and economy_file.hpp. Fails with
/// BAD_ARGUMENT, naming the field.
[[nodiscard]] Result<ledger::GenesisParams> read_genesis(const Json& description, WallTime now);
/// A description with every field of a network and of one node.
[[nodiscard]] Json genesis_template();
/// What a genesis says, in the words of its description.
[[nodiscard]] Json describe(const ledger::GenesisParams& genesis);

/// The network's parameters by their names; `read_params` sets those that a description names and
/// leaves the others as they are. Fails with BAD_ARGUMENT, naming the field.
[[nodiscard]] Json describe(const ledger::Params& params);
[[nodiscard]] Result<ledger::Params> read_params(const Json& description, ledger::Params params);

/// Reads JSON from a small file. Fails with NOT_FOUND, TOO_LARGE or BAD_ARGUMENT.
[[nodiscard]] Result<Json> read_json(const std::string& path);

}  // namespace oort::cli
