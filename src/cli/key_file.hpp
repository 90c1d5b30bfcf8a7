// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "oort/core/result.hpp"
#include "oort/crypto/signature.hpp"

namespace oort::cli {

/// A key of an account in a file that only its owner may read: one line,
/// `oort-account-key-v1 <64 hexadecimal digits>`. A node's key file (`oort-node-key-v1`) is read
/// too, since a node's key is also the key of the account that it signs with.
///
/// Fails with NOT_FOUND, BAD_KEY, NOT_ALLOWED (others may read it).
[[nodiscard]] Result<crypto::KeyPair> load_key(const std::filesystem::path& path);

/// Writes a new file with mode 0600. Fails with ALREADY_EXISTS rather than write over one.
[[nodiscard]] Result<void> create_key(const std::filesystem::path& path, std::string_view label,
                                      const crypto::SecretSeed& seed);

inline constexpr std::string_view account_key_label = "oort-account-key-v1";
inline constexpr std::string_view node_key_label = "oort-node-key-v1";

/// All of a small file. Fails with NOT_FOUND or TOO_LARGE.
[[nodiscard]] Result<Bytes> read_file(const std::filesystem::path& path, std::size_t size_max);
/// Writes aside, syncs and renames, so that the file is either the old or the new one.
[[nodiscard]] Result<void> write_file(const std::filesystem::path& path, ByteView bytes,
                                      unsigned mode);

}  // namespace oort::cli
