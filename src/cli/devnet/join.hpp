// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "devnet/network.hpp"
#include "session.hpp"

namespace oort::cli::devnet {

/// One more node for a running network: gives it money, enters it in the ledger with its endpoints
/// and, where it serves S3, with the owner's grant and a seal of the access key's secret; then
/// starts it and waits until it is ready. A super node joins without a vote.
///
/// A bucket that was made before stays closed to a gateway that came later: a bucket's keys are
/// sealed when it is made.
///
/// Fails with NOT_READY when no node runs, BAD_ARGUMENT for another role than super, archive or
/// edge, or what the ledger answers; then nothing of the node is left in the folder.
[[nodiscard]] Result<void> add_node(const Session& session, Network network,
                                    const std::string& role, const std::string& log_level);

}  // namespace oort::cli::devnet
