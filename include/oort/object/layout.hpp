// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "oort/object/coder.hpp"

namespace oort::object {

/// Where the bytes of a segment lie in its data shards.
///
/// A segment is cut into stripes of k units of 64 KiB; unit i of a stripe belongs to shard i, so
/// coding needs one stripe in memory and a range touches few leaves. The last stripe is divided
/// evenly: its unit is its length divided by k, rounded up, and zero bytes fill what is missing.
/// Frozen: shards that are stored depend on it.
inline constexpr std::uint64_t stripe_unit_bytes = 64 * 1024;

/// A run of bytes inside one data shard that is also a run of the segment.
struct ShardRun {
  std::uint8_t shard = 0;
  std::uint64_t shard_offset = 0;
  std::uint64_t segment_offset = 0;
  std::uint64_t size = 0;
  friend bool operator==(const ShardRun&, const ShardRun&) = default;
};

/// Invariants
///   Y1  The runs of a range cover it exactly, in order, each inside one data shard.
///   Y2  Every shard has `shard_bytes()` bytes, and k times that is at least the segment's length.
class Layout {
 public:
  /// Requires: `data` > 0. `length` is the segment's, in bytes.
  Layout(std::uint64_t length, std::uint8_t data) noexcept : length_(length), data_(data) {}

  [[nodiscard]] std::uint64_t length() const noexcept { return length_; }
  [[nodiscard]] std::uint64_t shard_bytes() const noexcept;
  /// Number of stripes, the last perhaps short; none in an empty segment.
  [[nodiscard]] std::uint64_t stripes_count() const noexcept;
  /// Bytes of the segment in a whole stripe.
  [[nodiscard]] std::uint64_t stripe_bytes() const noexcept { return data_ * stripe_unit_bytes; }
  /// Size of each unit of that stripe. Requires: `stripe` < `stripes_count()`.
  [[nodiscard]] std::uint64_t unit_bytes(std::uint64_t stripe) const noexcept;
  /// Where in every shard that stripe begins.
  [[nodiscard]] std::uint64_t shard_offset(std::uint64_t stripe) const noexcept {
    return stripe * stripe_unit_bytes;
  }
  /// The stripe that holds a byte of the segment.
  [[nodiscard]] std::uint64_t stripe_of(std::uint64_t offset) const noexcept {
    return offset / stripe_bytes();
  }
  /// Requires: offset + size <= length().
  [[nodiscard]] std::vector<ShardRun> runs(std::uint64_t offset, std::uint64_t size) const;

 private:
  std::uint64_t length_;
  std::uint64_t data_;
};

}  // namespace oort::object
