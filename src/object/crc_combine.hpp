// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "oort/core/bytes.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::object {

/// The CRC of two runs of bytes put together, from the CRC of each (big-endian, as S3 writes them)
/// and the length of the second. Empty for a digest that is no CRC or of the wrong size.
[[nodiscard]] std::optional<Bytes> combine_crc(crypto::Digest kind, ByteView first, ByteView second,
                                               std::uint64_t second_length);

}  // namespace oort::object
