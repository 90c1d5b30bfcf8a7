// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "image_document.hpp"
#include "oort/core/result.hpp"
#include "oort/sandbox/image.hpp"

namespace oort::sandbox {

/// What is left of an image's limits.
struct ImageBudget {
  explicit ImageBudget(const ImageLimits& limits) noexcept
      : bytes(limits.bytes_max), names_count(limits.names_count_max), ratio(limits.ratio_max) {}
  std::uint64_t bytes;
  std::uint64_t names_count;
  std::uint64_t ratio;
};

/// Unpacks the blob that `layer` names from `blob` (a file, from where it stands) into the empty
/// folder `folder`, as a layer of an overlay that is mounted with `userxattr`: a whiteout becomes
/// the character device 0/0, an opaque folder has the attribute user.overlay.opaque. `tar_sha256`
/// is the digest of the plain tar. After a failure the folder holds some of it. Fails as
/// `unpack_image`.
[[nodiscard]] Result<void> unpack_layer(int blob, const Descriptor& layer,
                                        const std::string& tar_sha256, int folder,
                                        ImageBudget& budget);

}  // namespace oort::sandbox
