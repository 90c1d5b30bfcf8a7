// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "ledger_client.hpp"

namespace oort::cli {

/// Gives the key of one bucket to every gateway that its owner has granted: asks the gateway at the
/// session's endpoint to seal it anew, and orders that in the owner's name. Fails with NOT_ALLOWED
/// where that gateway cannot open the bucket, where `owner` is not its owner, and where `wanted` is
/// not among those who hold a grant.
[[nodiscard]] Result<v1::SubmitTransactionResponse> share_bucket(const Session& session,
                                                                 const crypto::KeyPair& owner,
                                                                 const std::string& bucket,
                                                                 const NodeId& wanted);

/// Names of the account's buckets, as the node at the session's endpoint has them.
[[nodiscard]] Result<std::vector<std::string>> buckets_of(const Session& session,
                                                          const AccountId& account);

}  // namespace oort::cli
