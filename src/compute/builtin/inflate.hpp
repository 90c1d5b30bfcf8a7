// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"

namespace oort::compute::builtin {

/// What a zlib stream (RFC 1950, RFC 1951) of exactly `size` bytes holds. Fails with MALFORMED for
/// any other size or broken stream, CHECKSUM_MISMATCH, and NOT_SUPPORTED for a preset dictionary.
[[nodiscard]] Result<std::vector<std::uint8_t>> inflate_zlib(ByteView stream, std::size_t size);

}  // namespace oort::compute::builtin
