// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "oort/core/result.hpp"
#include "oort/env/blob_store.hpp"

namespace oort::host {

/// Blobs as files of `folder`, which is created when missing.
///
/// A name that begins with a dot is refused with BAD_ARGUMENT: those are the store's own. A blob
/// may be open once at a time. Invariants B1 and B2 are `env::Blob`'s; beyond them:
///   B3  After a failed sync, or a failed append that could not be undone, every call on the blob
///       fails with DISK_FAILED.
/// Fails with DISK_FULL (no space, quota or file size limit), DISK_FAILED for everything else that
/// the disk says.
/// Threads: the store from any; a blob's `append`, `sync` and `truncate` from one at a time.
[[nodiscard]] Result<std::unique_ptr<env::BlobStore>> open_blob_store(
    const std::filesystem::path& folder);

}  // namespace oort::host
