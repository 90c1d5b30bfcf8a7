// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

/// Bounds that more than one room must agree on. Every queue, frame, header and body has one.
namespace oort::limits {

inline constexpr std::size_t kib = 1024;
inline constexpr std::size_t mib = 1024 * kib;

/// A frame between nodes, header included.
inline constexpr std::size_t frame_bytes_max = 8 * mib;
inline constexpr std::size_t validators_count_max = 100;
inline constexpr std::uint64_t validator_weight_total_max = std::uint64_t{1} << 60;
inline constexpr std::size_t operations_per_transaction_max = 256;
inline constexpr std::size_t transaction_bytes_max = 1 * mib;
inline constexpr std::size_t block_body_bytes_max = 4 * mib;
/// Ciphertext in one segment.
inline constexpr std::size_t segment_bytes_max = 64 * mib;
inline constexpr std::size_t shards_per_segment_max = 255;
/// S3's bound on a key, in bytes of UTF-8.
inline constexpr std::size_t object_name_bytes_max = 1024;

}  // namespace oort::limits
