// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "devnet/network.hpp"
#include "oort/core/amount.hpp"
#include "oort/core/time.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/genesis.hpp"

namespace oort::cli::devnet {

/// Who may sell credits and who reports the rate: two of each are needed.
struct MarketKeys {
  std::vector<PublicKey> processors;
  std::vector<PublicKey> reporters;
};

/// The genesis of a local network: every node its own operator, every super node a validator of
/// equal weight with a pool of equal stake, the economy with short windows, and the owner's access
/// key and grants for each gateway, so that S3 works from the first block on. Fails with BAD_KEY or
/// BAD_ARGUMENT.
[[nodiscard]] Result<ledger::GenesisParams> make_genesis(const Network& network,
                                                         const PublicKey& owner,
                                                         const MarketKeys& keys, WallTime now);

/// What a node's own account begins with: it pays for what the node writes for its clients.
inline constexpr Oort node_funds{10'000 * oort_base_units};
/// What its storage account begins with, out of that.
inline constexpr Oort storage_funds{1'000 * oort_base_units};

/// What the ledger knows of a node of this network.
[[nodiscard]] ledger::Node node_record(const NodeEntry& entry, const NodeId& id);

}  // namespace oort::cli::devnet
