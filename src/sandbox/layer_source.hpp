// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "layer.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"

namespace oort::sandbox {

/// The plain tar of a layer as a stream, hashed on its way and held to the limits.
class LayerSource {
 public:
  virtual ~LayerSource() = default;
  /// The next bytes, valid until the next call; none at the end.
  [[nodiscard]] virtual Result<ByteView> next() = 0;
  /// Reads on to the end and compares both digests. Fails with IMAGE_DIGEST_MISMATCH.
  [[nodiscard]] virtual Result<void> verify() = 0;
};

[[nodiscard]] Result<std::unique_ptr<LayerSource>> open_layer(int blob, const Descriptor& layer,
                                                              const std::string& tar_sha256,
                                                              const ImageBudget& budget);

}  // namespace oort::sandbox
