// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "devnet/network.hpp"
#include "oort/core/time.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/genesis.hpp"

namespace oort::cli::devnet {

/// The genesis of a local network: every node its own operator, every super node a validator of
/// equal weight, short windows, and the owner's access key and grants for each gateway, so that S3
/// works from the first block on. Fails with BAD_KEY or BAD_ARGUMENT.
[[nodiscard]] Result<ledger::GenesisParams> make_genesis(const Network& network,
                                                         const PublicKey& owner, WallTime now);

}  // namespace oort::cli::devnet
