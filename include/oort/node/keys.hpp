// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "oort/core/result.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/random.hpp"

namespace oort::node {

/// The node's Ed25519 seed in a file that only its owner may read: one line,
/// `oort-node-key-v1 <64 hexadecimal digits>`.
///
/// Fails with NOT_FOUND, NOT_ALLOWED (others may read it; the detail says how to mend that) or
/// BAD_KEY.
[[nodiscard]] Result<crypto::SecretSeed> load_node_key(const std::filesystem::path& path);

/// The same of an account that `oortd keys new` made: `oort-account-key-v1 <64 digits>`.
[[nodiscard]] Result<crypto::SecretSeed> load_account_key(const std::filesystem::path& path);

/// Makes a new key. Fails with ALREADY_EXISTS rather than write over one.
[[nodiscard]] Result<crypto::SecretSeed> create_node_key(const std::filesystem::path& path,
                                                         env::Random& random);

}  // namespace oort::node
