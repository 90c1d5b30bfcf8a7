// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "call.hpp"

namespace oort::ledger {

[[nodiscard]] Rejection apply(Call& call, const AccessKeyCreate& operation);
[[nodiscard]] Rejection apply(Call& call, const AccessKeyDelete& operation);
[[nodiscard]] Rejection apply(Call& call, const GrantCreate& operation);
[[nodiscard]] Rejection apply(Call& call, const GrantRevoke& operation);

/// What somebody wants to do to an owner's bucket.
struct Intent {
  AccountId owner;
  std::optional<BucketId> bucket;  ///< Empty for a bucket that is still to be made.
  GrantedOperation operation = GrantedOperation::PutObject;
  std::uint64_t bytes = 0;  ///< Ciphertext that it adds.
};
/// Whether the sender may do it: as the owner, or under a grant, which is then used up so far.
[[nodiscard]] Rejection authorize(Call& call, const Authority& authority, const Intent& intent);

/// Also for genesis: whether the fields are possible, and the records and indices of one.
[[nodiscard]] bool is_possible(const AccessKey& key);
[[nodiscard]] bool is_possible(const GatewayGrant& grant);
void enter(Overlay& state, const AccessKey& key);
void enter(Overlay& state, const GatewayGrant& grant);

}  // namespace oort::ledger
