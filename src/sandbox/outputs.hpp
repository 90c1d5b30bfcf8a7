// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "oort/core/result.hpp"

namespace oort::sandbox {

struct Outputs {
  std::uint64_t files_count = 0;
  std::uint64_t bytes = 0;
  /// "PATH: reason".
  std::vector<std::string> refused;
};

/// Copies the regular files below `out` of the folder `scratch` to `folder`. Nothing is followed:
/// a link, a device, a pipe, a socket, a name deeper than 32 folders, or what would exceed
/// `bytes_max` or 100,000 names in all, is refused by name. A hard link is a file of its own there.
/// Fails with SANDBOX_FAILED when `folder` takes no more.
[[nodiscard]] Result<Outputs> copy_outputs(int scratch, const std::filesystem::path& folder,
                                           std::uint64_t bytes_max);

}  // namespace oort::sandbox
