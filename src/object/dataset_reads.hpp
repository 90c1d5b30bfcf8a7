// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "bucket_access.hpp"

/// What an account may read that is not its own: the objects of a dataset that it has opened, below
/// `datasets/ROOT/` in a bucket of the version's owner, where `oortd dataset seal` puts them.
namespace oort::object {

/// The dataset that an object of this name belongs to, or all that begin with this prefix: it is
/// `datasets/`, the root in 64 lower-case hexadecimal digits and `/`, and whatever follows.
[[nodiscard]] std::optional<DatasetId> dataset_of(std::string_view name) noexcept;

/// The bucket, opened to read the object `name`, or to list what begins with it: the caller's own,
/// or one where that is of a dataset that the caller has open. Fails as `open_bucket`; NOT_ALLOWED
/// says what there is to do.
[[nodiscard]] Result<OpenBucket> open_to_read(const GatewayEnv& env, Keyring& keyring,
                                              const LedgerSnapshot& now, const Caller& caller,
                                              const std::string& bucket, std::string_view name);

}  // namespace oort::object
