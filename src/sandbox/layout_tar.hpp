// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "oort/core/result.hpp"
#include "oort/sandbox/image.hpp"

namespace oort::sandbox {

/// Puts index.json and the blobs of an OCI layout in a plain tar (from where `archive` stands)
/// below the empty folder `folder`. Names are those of the specification or passed over; only
/// regular files are taken. Fails with IMAGE_BOMB, MALFORMED, SANDBOX_FAILED.
[[nodiscard]] Result<void> unpack_layout(int archive, const std::filesystem::path& folder,
                                         const ImageLimits& limits);

}  // namespace oort::sandbox
