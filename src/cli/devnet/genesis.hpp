// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "devnet/network.hpp"
#include "oort/core/amount.hpp"
#include "oort/core/time.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/genesis.hpp"

namespace oort::cli::devnet {

/// The genesis of a local network: every node its own operator, every super node a validator of
/// equal weight, short windows, and the owner's access key and grants for each gateway, so that S3
/// works from the first block on. Fails with BAD_KEY or BAD_ARGUMENT.
[[nodiscard]] Result<ledger::GenesisParams> make_genesis(const Network& network,
                                                         const PublicKey& owner, WallTime now);

/// What a node's own account begins with: it pays for what the node writes for its clients.
inline constexpr Oort node_funds{10'000 * oort_base_units};

/// What the ledger knows of a node of this network.
[[nodiscard]] ledger::Node node_record(const NodeEntry& entry, const NodeId& id);

}  // namespace oort::cli::devnet
